"""From a drawn audit to its estimates, with a latent truth that nobody tells them and raters who err."""

from __future__ import annotations

import random
from collections.abc import Callable

import psycopg
import pytest
from scipy.stats import binom

from annotation.certificates import FIXED, Design, figures, verify
from annotation.estimation import Estimate, Interval
from annotation.selectors.estimates import audit_report
from annotation.services.certificates import certificate_document, certification_open
from annotation.services.plans import queue_plan
from tests.annotation import audits, rooms
from tests.annotation.certificates import sheets

ROWS = ("curation_clip", "annotation_item", "annotation_queue")


@pytest.fixture
def same_numbers(owner_connection: psycopg.Connection) -> None:
    """Rows get the same ids whatever ran before: order of the draw and the panel's tenth are hashes of them."""
    for table in ROWS:
        owner_connection.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), 5000000)", [table])
    owner_connection.commit()


def latent(made) -> Callable[[int], str]:
    """85 % of what is proposed sft is good, and 12 % of what is rejected."""
    rng = random.Random(11)
    truth = {clip.pk: "sft" if rng.random() < 0.85 else "reject" for clip in made.sft}
    truth |= {clip.pk: "sft" if rng.random() < 0.12 else "reject" for clip in made.reject}
    return truth.__getitem__


@pytest.mark.django_db
@pytest.mark.parametrize("error", [0.05, 0.15])
def test_the_corrected_interval_of_a_drawn_audit_holds_the_latent_truth(same_numbers, error):
    made = audits.world(140, rejects=60, sources=4)
    truth = latent(made)
    queue = queue_plan(
        corpus=made.corpus, policy=made.policy, name="audit", kind="audit", design="stratified", size=120,
        overlap=2, seed=9, needs_preview=False,
    )  # fmt: skip
    audits.judge(queue, truth, error=error, seed=2, raters=[rooms.rater() for _ in range(5)])
    report = audit_report(queue)
    kept = sum(truth(clip.pk) == "sft" for clip in made.sft)
    lost = sum(truth(clip.pk) == "sft" for clip in made.reject)
    corrected = report.kept.found.corrected.corrected
    assert report.kept.found.counts.prefix == len(report.kept.items) and report.kept.found.counts.checked
    assert isinstance(corrected.interval, Interval) and kept / 140 in corrected.interval
    assert corrected.interval.width < 0.5
    whole = report.whole.found.corrected.corrected
    assert (kept + lost) / 200 in whole.interval
    assert kept / (kept + lost) in report.lost.recall.interval
    assert report.kept.found.raters.share.n == 2 * len(report.kept.items)


@pytest.mark.django_db
def test_a_certificate_of_erring_raters_claims_no_more_than_the_truth(same_numbers):
    made = audits.world(160, sources=3)
    rng = random.Random(3)
    good = {clip.pk for clip in made.sft if rng.random() < 0.93}
    subset = audits.frozen(made)
    queue = certification_open(
        subset=subset, size=100, target=0.8, reading=FIXED, seed=21, needs_preview=False
    )
    audits.judge(queue, lambda clip: "sft" if clip in good else "reject", error=0.08, seed=6)
    document = certificate_document(queue=queue, subset=subset)
    assert verify(document) == []
    assert document["figures"]["lower_bound"] <= len(good) / 160
    corrected = document["figures"]["corrected"]["interval"]
    assert corrected["lower"] <= len(good) / 160 <= corrected["upper"]


@pytest.mark.parametrize(("good", "error"), [(0.9, 0.05), (0.8, 0.15), (0.97, 0.1)])
def test_over_many_audits_the_corrected_interval_holds_as_often_as_it_says(good, error):
    """150 whole audits of 300 clips a cell: the share that the list holds is within, no seldomer than 95 times in 100."""
    rng = random.Random(f"{good} {error}")
    held = shown = 0
    for _ in range(150):
        population = ["sft" if rng.random() < good else "reject" for _ in range(3000)]
        first = rng.randrange(1, 10**9)
        rows = []
        for place, truth in enumerate(rng.sample(population, 300)):
            wrong = "reject" if truth == "sft" else "sft"
            said = [wrong if rng.random() < error else truth for _ in range(2)]
            item = first + place
            asked = said[0] != said[1] or sheets.PROCEDURE.due(item)
            rows.append(sheets.record(item, *said, panel=truth if asked else None))
        found = figures(rows, sheets.PROCEDURE, Design("simple", 3000, 300), target=0.8).corrected.corrected
        if isinstance(found, Estimate) and isinstance(found.interval, Interval):
            shown += 1
            held += population.count("sft") / 3000 in found.interval
    # It is withheld where chance let the panel check no item of a group that matters.
    assert shown >= 120
    assert binom.cdf(held, shown, 0.95) > 0.001, f"held {held} of {shown}"
