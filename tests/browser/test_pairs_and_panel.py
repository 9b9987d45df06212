"""Dialogue pairs on one clock, and the panel that votes blind before it sees the others."""

from __future__ import annotations

import pytest

from annotation.models import Judgment, Queue
from annotation.services.plans import queue_plan
from curation.models import Clip, DialoguePair, Turn, Verdict
from tests import factories
from tests.annotation import rooms
from tests.browser import takes
from tests.browser.room import AT_ONCE, WAITING, film_all, picture, until, wait_for_item
from tests.chromium import soon

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def dialogue(store, **film_options):
    """An initiator, its answer 0.4 s later, another candidate, and who spoke around them."""
    source = factories.source()
    spans = ((10.0, 12.0), (12.4, 14.4), (15.0, 16.5))
    clips = [factories.clip(source, scored=False, start_s=start, end_s=end) for start, end in spans]
    for number, clip in enumerate(clips):
        takes.preview(clip, store, hue=number * 40, **film_options)
        Turn.objects.create(
            source=source, start_s=clip.start_s, end_s=clip.end_s, speaker=f"voice {number % 2 + 1}"
        )
    takes.measure(clips[0])
    Turn.objects.create(source=source, start_s=6.0, end_s=9.5, off_screen=True)
    pairs = [
        DialoguePair.objects.create(corpus=source.corpus, source=source, initiator=clips[0], responder=clip)
        for clip in clips[1:]
    ]
    return source.corpus, pairs


def test_a_pair_is_heard_in_its_true_timing_and_judged(sign_in, store, live_server):
    corpus, pairs = dialogue(store)
    queue = queue_plan(
        corpus=corpus,
        policy=None,
        name="Pairs",
        kind=Queue.Kind.PAIRS,
        rubric="pairs",
        subject="pair",
        seed=1,
    )
    page = sign_in(factories.user("annotator"))
    page.goto(f"/review/{queue.pk}/work/")
    wait_for_item(page)
    pair = queue.items.order_by("position").first().pair
    gap = pair.responder.start_s - pair.initiator.end_s
    told = f"gap {gap * 1000:.0f} ms".replace("3000", "3\u202f000")
    soon(page, page.locator("[data-gap]").inner_text, told)
    page.wait_for_selector("[data-words]:visible")
    assert "".join(page.locator(".word-a").all_text_contents()).split() == ["well", "there", "you", "are"]
    page.evaluate(WRITE_DOWN)
    page.keyboard.press("Enter")
    until(page, "window.spoke.join(' ').includes('10 00 01')")  # the gap is heard as silence
    page.keyboard.press("ArrowRight")  # look at the other candidate and come back
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("q")
    page.keyboard.press("1")
    wait_for_item(page)
    page.keyboard.press("2")
    page.wait_for_selector("#lull[data-state=done]:visible")
    until(page, f"{WAITING} === 0")
    verdicts = Verdict.objects.filter(question="answers").values_list("pair_id", "answer")
    assert dict(verdicts) == {
        pair.pk: "yes",
        next(other.pk for other in pairs if other != pair): "no",
    }
    assert Judgment.objects.get(pair=pair).reasons == ["cut_off"]


# Who spoke, as often as it changed: a gap of 0.4 s is over before a busy machine has asked twice.
WRITE_DOWN = """() => {
    window.spoke = [];
    const sides = [...document.querySelectorAll('.side')];
    const look = () => {
        const now = sides.map((one) => Number(one.classList.contains('side-speaks'))).join('');
        if (now !== window.spoke.at(-1)) window.spoke.push(now);
    };
    const watch = new MutationObserver(look);
    for (const side of sides) watch.observe(side, { attributeFilter: ['class'] });
}"""
# Of each picture the box that it has and the box that its frames fill, in pixels.
BOXES = """[...document.querySelectorAll('.side')].map((side) => {
    const box = side.getBoundingClientRect(), video = side.querySelector('video');
    const filled = Math.min(box.width / video.videoWidth, box.height / video.videoHeight);
    return [box.width, box.height, filled * video.videoWidth, filled * video.videoHeight];
})"""
# The widths in pixels of the exchange's mark, close and among all who spoke around it.
MARKS = """['[data-close] .lane-gap, [data-close] .lane-overlap', '[data-wide] .lane-window'].map((one) =>
    document.querySelector(one)?.getBoundingClientRect().width)"""


@pytest.mark.parametrize("portrait", [False, True])
def test_the_exchange_has_the_room_and_its_gap_is_seen(sign_in, store, live_server, portrait):
    corpus, pairs = dialogue(store, portrait=portrait)
    Clip.objects.filter(pk=pairs[1].responder_id).update(start_s=11.88, end_s=13.88)  # B breaks in
    queue = queue_plan(
        corpus=corpus, policy=None, name="Pairs", kind="pairs", rubric="pairs", subject="pair", seed=1
    )
    page = sign_in(factories.user("annotator"))
    page.goto(f"/review/{queue.pk}/work/")
    for size in ((1280, 720), (1920, 1080)):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        wait_for_item(page)
        until(page, "[...document.querySelectorAll('.take')].every((one) => one.videoWidth)")
        for width, height, filled_wide, filled_high in page.evaluate(BOXES):
            assert abs(width - filled_wide) <= 2 and abs(height - filled_high) <= 2  # nothing black around it
            assert height > 0.3 * size[1]
        assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
        for theme in ("dark", "light"):
            picture(page, f"pair-{'portrait-' if portrait else ''}{size[0]}-{theme}")
            page.locator("[data-theme-switch]").click()
    told = set()
    for _ in range(2):
        told.add(page.locator("[data-gap]").inner_text())
        until(page, "document.querySelectorAll('[data-wide] .lane-name').length > 2")  # the others, too
        close, window = page.evaluate(MARKS)
        assert close > 60 and window > 0  # 120 ms are seen; around them the others are
        picture(page, f"gap-{len(told)}-{portrait}")
        page.keyboard.press("ArrowRight")
    assert told == {"gap 400 ms", "overlap 120 ms"}


def test_the_panel_votes_blind_then_sees_both_and_may_change_its_mind(sign_in, store, live_server):
    world = factories.world(sft=2, pretrain=0, reject=0, undecided=0)
    film_all(world, store)
    queue = rooms.verify_queue(world, overlap=2, blind=True)
    for tier in ("sft", "reject"):
        who = rooms.rater()
        for _ in range(2):
            rooms.say(who, rooms.claim(queue, who).slot_id, tier)
    panel = Queue.objects.get(origin=queue)
    Queue.objects.filter(pk=panel.pk).update(needs_preview=True)
    page = sign_in(factories.user("auditor"))
    bodies = []
    page.on("response", lambda answer: "/claim" in answer.url and bodies.append(answer.text()))
    page.goto(f"/review/{panel.pk}/work/")
    wait_for_item(page)
    assert all("votes" not in body for body in bodies)
    page.keyboard.press("3")
    page.wait_for_selector("#others[open]")
    soon(page, page.locator("#others li").count, 3)
    until(page, "document.getElementById('room').dataset.ahead === '1'")
    # Enter keeps the own answer, whatever button stands first; the next key is the next clip's, however quick it comes.
    page.evaluate(AT_ONCE, ["Enter", "1"])
    page.wait_for_selector("#others[open]")
    page.keyboard.press("3")
    page.wait_for_selector("#lull[data-state=done]:visible")
    until(page, f"{WAITING} === 0")
    standing = Verdict.objects.filter(superseded_by__isnull=True).values_list("answer", "method")
    assert sorted(standing) == [("reject", "majority"), ("reject", "panel")]
    assert Clip.objects.filter(verdicts__isnull=False).distinct().count() == 2
