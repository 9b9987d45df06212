"""What the page does by itself while a slider moves. Dash puts these into the page; their hashes let them run."""

from __future__ import annotations

THEME = "function(path) { return document.documentElement.dataset.theme || 'dark'; }"

# A slider stands on stops, a typed number is exact: whichever moved leads, the other follows.
FOLLOW = """function(slide, number, stops) {
    const same = window.dash_clientside.no_update;
    const moved = window.dash_clientside.callback_context.triggered_id;
    if (!moved || !stops || !stops.length) return [same, same];
    if (moved.part === 'slide') return [same, stops[Math.round(Number(slide))]];
    if (number === null || number === undefined || number === '') return [same, same];
    let best = 0;
    stops.forEach((stop, place) => {
        if (Math.abs(stop - number) < Math.abs(stops[best] - number)) best = place;
    });
    return [best, same];
}"""

# Every number that differs from the base policy's is the draft; the address says it, so that it can be shared.
DRAFT = """function(numbers, evidence, pane, curve, target, base) {
    if (!base || !evidence) return window.dash_clientside.no_update;
    const context = window.dash_clientside.callback_context;
    const asked = {policy: String(base.policy)};
    for (const each of context.inputs_list[0]) {
        const side = each.id.side;
        if (each.value === null || each.value === undefined || each.value === '') continue;
        if (Number(each.value) !== base.numbers[side]) asked[side] = String(each.value);
    }
    const changed = Object.keys(asked).filter((key) => key !== 'policy');
    asked.verdicts = evidence;
    if (pane === 'curve') {
        asked.pane = pane;
        if (curve) asked.curve = curve;
        if (target !== null && target !== undefined && target !== '') asked.target = String(target);
    }
    window.history.replaceState(window.history.state, '', '?' + new URLSearchParams(asked));
    document.dispatchEvent(new CustomEvent('rushes:draft', {detail: {changed, policy: base.policy}}));
    const moved = context.triggered_id;
    return {asked, moving: moved && moved.side ? moved.side : null};
}"""

# A curve is drawn when the hand rests: a drag asks for what is kept, dozens of times, and for one curve at its end.
SETTLED = """function(draft) {
    const before = window.rushesSettling;
    if (before) {
        clearTimeout(before.timer);
        before.resolve(window.dash_clientside.no_update);
    }
    return new Promise((resolve) => {
        const timer = setTimeout(() => {
            window.rushesSettling = null;
            resolve(draft);
        }, 300);
        window.rushesSettling = {timer, resolve};
    });
}"""

PANES = "function(pane) { return [pane === 'curve', pane !== 'curve']; }"
