"""An auditor plans a benchmark, sees what it would draw, draws it, splits the rest and goes on to the exports."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from curation.benchmarks.sides import SplitPlan
from curation.models import Benchmark, Corpus, TrainingSplit
from curation.selectors.clipfilter import ClipFilter
from curation.services.savedfilters import filter_save
from curation.services.splits import split_make
from tests import factories
from tests.chromium import shot, soon
from tests.curation.services import benchmarkroom as room

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def corpus() -> Corpus:
    """Nine persons of three ages with two clips each, one of them with four in two sources; a source with nobody known.

    One clip of each looks like one of the training tiers. Of twenty candidates an odd number is drawn, so somebody is
    drawn in part.
    """
    made = factories.corpus(name="Evening interviews", slug="evening")
    sets = list(room.people(made, 9, clips=2))
    room.spoken(made, sets[0][0].person, 2)
    room.spoken(made, None, 2)
    for clips in sets:
        room.hashed(clips[0], 0x0123456789ABCDEF)
    twin = room.spoken(made, room.person(made, age_group="60+"), 1, settled=0)
    factories.verdict(twin[0], "pretrain")
    room.hashed(twin[0], 0x0123456789ABCDEF ^ 0b101)
    room.hashed(sets[0][1], problem="the pictures show no detail to compare")
    filter_save(corpus=made, name="English", chosen=ClipFilter(language="en"))
    return made


def test_from_the_plan_to_the_split(corpus: Corpus, signed_in: Callable[..., Any]) -> None:
    page = signed_in("auditor")
    page.goto("/corpora/evening/benchmarks/")
    shot(page, "benchmarks-empty")
    page.click("text=New benchmark")
    page.click("text=talkvid-bench")
    soon(page, lambda: page.input_value("#id_size_language"), "195")
    page.goto("/corpora/evening/benchmarks/new/")
    page.click("text=English")
    page.wait_for_url("**language=en")
    page.fill("#id_size_age_group", "12")
    page.fill("#id_size_gender", "4")
    page.fill("input[name=name]", "bench, first")
    shot(page, "benchmark-new")
    page.click("text=See what it would draw")
    page.wait_for_selector("#trial")
    soon(page, lambda: page.locator("#trial tbody tr").count() >= 5, True)
    assert "short" in page.inner_text("#trial h2") and not Benchmark.objects.exists()
    shot(page, "benchmark-trial")
    page.click("text=Draw and freeze")
    page.wait_for_url("**/benchmarks/*/")
    made = Benchmark.objects.get()
    assert made.subset.filter["filter"] == {"language": "en"}
    for words in (
        "60+",
        "nothing validated in it",
        "same person",
        "near-duplicate picture",
        "it has no preview, so there is no picture to compare",
    ):
        assert words in page.inner_text("main"), words
    shot(page, "benchmark")
    page.click("text=Split the rest")
    page.fill("input[name=name]", "training, first")
    page.check("input[name=tiers][value=pretrain]")
    page.check("input[name=validated_only][value=yes]")
    shot(page, "split-new")
    page.click("text=Split and freeze")
    page.wait_for_selector(".notice, .errorlist")
    shot(page, "split")
    split = TrainingSplit.objects.get()
    assert split.benchmark == made
    page.click("text=Export >> nth=-1")
    page.wait_for_url("**/subsets/*/")
    assert page.inner_text("a:has-text('Split report')")
    shot(page, "split-subset")
    alike = split_make(corpus=corpus, name="alike", plan=SplitPlan(validated_only=True), seed="s")
    page.goto(f"/splits/{alike.pk}/")
    assert page.inner_text("main").count("like one of train") >= 1, "nine persons with the same picture"
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    shot(page, "split-alike")
    page.goto("/corpora/evening/benchmarks/")
    shot(page, "benchmarks")
    page.goto("/corpora/evening/exports/")
    shot(page, "exports")
