"""How quick the dashboards answer at size: `.venv/bin/python -m benchmarks.dashboards --clips 5200000`.

Uses (or makes) the synthetic corpus of `benchmarks.corpus` below RUSHES_VAR (default var/benchmark). Measured are whole
callbacks as the page sends them, through session, roles, CSRF check and Dash, from a process that has just started:
sliders dragged stop by stop (the first stop of each counted like the others), typed numbers, several rules at once;
and, where there is a Chromium, the time from asking for the page to the first figure in it (`benchmarks.visits`).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent
os.environ.setdefault("RUSHES_VAR", str(REPOSITORY / "var" / "benchmark"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "curation.config.settings")
os.environ.setdefault("DEBUG", "0")
os.environ.setdefault("LOG_LEVEL", "WARNING")
os.environ.setdefault("ALLOWED_HOSTS", "localhost,127.0.0.1,testserver")

import django  # noqa: E402

django.setup()

import numpy as np  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402

from benchmarks.audit_coverage import judge_some  # noqa: E402
from benchmarks.machine import say  # noqa: E402
from benchmarks.visits import first_figures  # noqa: E402
from benchmarks.visits import late as visits_late  # noqa: E402
from curation.config.running import running  # noqa: E402
from curation.embedded.postgres import lease  # noqa: E402
from curation.models import Corpus, User, Verdict  # noqa: E402
from curation.policies.presets import PRESETS  # noqa: E402
from curation.services.activation import policy_activate  # noqa: E402
from curation.services.policies import policy_create  # noqa: E402
from curation.services.snapshot import snapshot_refresh  # noqa: E402
from curation.services.synthetic import corpus_synthesise  # noqa: E402
from dashboards.data.draft import draft_of, sides_of  # noqa: E402
from dashboards.data.stops import stops_of  # noqa: E402
from dashboards.data.thresholds import desk_of  # noqa: E402

SLIDER_MS, FIRST_S = 300.0, 2.5
WARM_S = 10.0  # nobody opens a dashboard in the first seconds of a site; what they would wait for is loaded meanwhile


def spread(seconds: list[float]) -> dict[str, float]:
    at = np.array(seconds) * 1000
    return {
        "n": len(at),
        "p50_ms": round(float(np.median(at)), 1),
        "p95_ms": round(float(np.quantile(at, 0.95)), 1),
        "max_ms": round(float(at.max()), 1),
    }


def prepare(clips: int, judged: int) -> Corpus:
    """The corpus with an up-to-date snapshot, TalkVid's rules in force, and an audit of ``judged`` clips settled."""
    corpus = corpus_synthesise(name=f"bench-{clips}", clips=clips, seed=1)
    snapshot_refresh(corpus=corpus)
    corpus.refresh_from_db()
    if corpus.active_policy is None:
        policy = policy_create(
            corpus=corpus, rules=PRESETS["talkvid-paper"].rules, name="TalkVid", reuse=True
        )
        policy_activate(policy=policy)
        corpus.refresh_from_db()
    if Verdict.objects.filter(corpus=corpus, question="tier").count() < judged:
        judge_some(corpus, judged)
    return corpus


def post(client: Client, outputs: list[dict], inputs: list[dict], state: list[dict], key: str = "") -> float:
    """One callback; seconds until the answer is whole. ``key`` is what Dash calls a repeated output."""

    def name(one: dict) -> str:
        where = (
            one["id"]
            if isinstance(one["id"], str)
            else json.dumps(one["id"], sort_keys=True, separators=(",", ":"))
        )
        return f"{where}.{one['property']}"

    joined = "...".join(name(one) for one in outputs)
    body = {
        "output": key or (f"..{joined}.." if len(outputs) > 1 else joined),
        "outputs": outputs if len(outputs) > 1 else outputs[0],
        "inputs": inputs,
        "state": state,
        "changedPropIds": [name(inputs[0])],
    }
    began = time.perf_counter()
    response = client.post(
        "/dashboards/thresholds/_dash-update-component", json.dumps(body), content_type="application/json"
    )
    seconds = time.perf_counter() - began
    if response.status_code != 200:
        sys.exit(f"the callback answered {response.status_code}")
    return seconds


class Page:
    """The thresholds page of a corpus, as its scripts speak to the server."""

    def __init__(self, client: Client, corpus: Corpus) -> None:
        self.client = client
        self.path = f"/corpora/{corpus.slug}/thresholds/"
        self.where = {"id": "address", "property": "pathname", "value": self.path}

    def move(self, asked: dict[str, str], moving: str | None) -> float:
        draft = {"id": "draft", "property": "data", "value": {"asked": asked, "moving": moving}}
        theme = {"id": "theme", "property": "data", "value": "dark"}
        return post(self.client, [{"id": "outcome", "property": "children"}], [draft, theme], [self.where])

    def histogram(self, ordinal: int) -> float:
        which = {"figure": ordinal}
        inputs = [
            {"id": which, "property": "id", "value": which},
            {"id": "theme", "property": "data", "value": "dark"},
            {"id": "redraw", "property": "n_clicks", "value": None},
        ]
        state = [
            {"id": which, "property": "data-drawn", "value": None},
            {"id": "draft", "property": "data", "value": None},
            self.where,
            {"id": "address", "property": "search", "value": ""},
        ]
        return post(
            self.client,
            [{"id": which, "property": "children"}],
            inputs,
            state,
            '{"figure":["MATCH"]}.children',
        )


def measure(client: Client, corpus: Corpus, drags: int) -> dict[str, Any]:
    page = Page(client, corpus)
    report: dict[str, Any] = {}
    began = time.perf_counter()
    client.get(page.path)
    report["page_s"] = round(time.perf_counter() - began, 2)
    report["first_outcome_s"] = round(page.move({}, None), 2)
    report["first_histogram_s"] = round(page.histogram(0), 2)
    desk = desk_of(corpus.slug, {})
    rules = desk.draft.rules
    report["histograms"] = spread([page.histogram(ordinal) for ordinal in range(1, len(rules))])

    random = np.random.default_rng(1)
    dragged, firsts, typed, several = [], [], [], []
    sliders = [(i, side) for i, rule in enumerate(rules) for side in sides_of(rule) if side != "percentile"]
    held: dict[str, str] = {}
    for number in range(drags):
        ordinal, side = sliders[int(random.integers(len(sliders)))]
        stops = stops_of(desk.index.table, rules.rules[ordinal])
        place = int(random.integers(len(stops)))
        step = 1 if random.random() < 0.5 else -1
        for pull in range(25):
            place = min(len(stops) - 1, max(0, place + step))
            asked = {**held, f"{side}{ordinal}": repr(stops[place])}
            seconds = page.move(asked, f"{side}{ordinal}")
            (several if held else dragged).append(seconds)
            if pull == 0:
                firsts.append(seconds)
        if number % 2:
            # Leave this one where it is: the next slider is dragged beside it.
            held = {f"{side}{ordinal}": repr(stops[place])} if not held else {}
    for _ in range(20):
        ordinal, side = sliders[int(random.integers(len(sliders)))]
        stops = stops_of(desk.index.table, rules.rules[ordinal])
        value = float(random.uniform(stops[0], stops[-1]))
        typed.append(page.move({f"{side}{ordinal}": repr(value)}, f"{side}{ordinal}"))
    report["dragging_one"] = spread(dragged)
    report["dragging_beside_another"] = spread(several) if several else None
    report["all_moves"] = spread([*dragged, *several])
    report["first_stop_of_a_drag"] = spread(firsts)
    report["typed_between_stops"] = spread(typed)
    assert draft_of(corpus, {}, desk.engine) is not None
    return report


def in_browser(client: Client, corpus: Corpus, visits: int) -> dict[str, Any]:
    """``first_figures`` from processes of their own, begun just now."""
    with running(say=lambda text: None, host="127.0.0.1", port=8610) as rushes:
        site = rushes.site()().rstrip("/")
        time.sleep(WARM_S)
        return first_figures(site, client.cookies[settings.SESSION_COOKIE_NAME].value, corpus.slug, visits)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", type=int, default=50_000)
    parser.add_argument("--judged", type=int, default=600, help="Clips that a blind audit has settled.")
    parser.add_argument("--drags", type=int, default=16, help="How many sliders are dragged, 25 stops each.")
    parser.add_argument(
        "--visits", type=int, default=5, help="How often each dashboard is opened in Chromium."
    )
    parser.add_argument("--no-browser", action="store_true")
    parser.add_argument("--out", type=Path, help="Write the figures as JSON, too.")
    options = parser.parse_args()
    with lease(settings.EMBEDDED_POSTGRES):
        call_command("migrate", verbosity=0)
        corpus = prepare(options.clips, options.judged)
        user, _ = User.objects.get_or_create(username="bench-curator", defaults={"role": "curator"})
        client = Client()
        client.force_login(user)
        report: dict[str, Any] = {
            "clips": options.clips,
            "rules": len(desk_rules(corpus)),
            "verdicts": Verdict.objects.filter(corpus=corpus).count(),
            "load_before": os.getloadavg(),
        }
        report |= measure(client, corpus, options.drags)
        say(json.dumps(report, indent=1))
        if not options.no_browser:
            os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
            report["browser"] = in_browser(client, corpus, options.visits)
        report["load_after"] = os.getloadavg()
    for key, value in report.items():
        say(f"  {key}: {value}")
    if options.out:
        options.out.write_text(json.dumps(report, indent=2))
    late = []
    if report["all_moves"]["p95_ms"] > SLIDER_MS:
        late.append(f"a slider's p95 is {report['all_moves']['p95_ms']} ms, wanted at most {SLIDER_MS:.0f}")
    late += visits_late(report.get("browser", {}), FIRST_S, say)
    if late:
        sys.exit("; ".join(late))


def desk_rules(corpus: Corpus) -> Any:
    """The active policy's rules."""
    from curation.selectors.policies import policy_rules

    assert corpus.active_policy is not None
    return policy_rules(corpus.active_policy)


if __name__ == "__main__":
    main()
