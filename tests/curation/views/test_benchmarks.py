"""Pages of benchmarks: what is asked wrongly is said at the field, what is refused is made by nobody."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from curation.models import Benchmark, Corpus, Subset, TrainingSplit
from tests import factories
from tests.curation.services import benchmarkroom as room

pytestmark = pytest.mark.django_db
ASKED = {
    "name": "bench", "seed": "s", "unit": "clip", "tiers": ["sft"], "allocation": "equal",
    "training": "sft,pretrain", "unseen": "report", "near": "8", "size_age_group": "6",
}  # fmt: skip


@pytest.fixture
def corpus() -> Corpus:
    made = factories.corpus(slug="evening")
    list(room.people(made, 6))
    return made


def client(role: str = "auditor") -> Client:
    made = Client()
    made.force_login(factories.user(role))
    return made


def asked(who: Client, query: str = "", **changed: Any) -> Any:
    return who.post(f"/corpora/evening/benchmarks/new/{query}", {**ASKED, "do": "make", **changed})


def test_an_auditor_makes_one_and_a_curator_looks_at_it(corpus: Corpus) -> None:
    made = asked(client())
    benchmark = Benchmark.objects.get()
    assert made.headers["Location"] == f"/benchmarks/{benchmark.pk}/" and benchmark.made_by is not None
    assert client("curator").get(f"/benchmarks/{benchmark.pk}/").status_code == 200
    assert asked(client("curator")).status_code == 403 and Benchmark.objects.count() == 1
    assert b"New benchmark" not in client("curator").get("/corpora/evening/benchmarks/").content


def test_trying_shows_what_would_be_drawn_and_keeps_nothing(corpus: Corpus) -> None:
    page = asked(client(), do="try")
    assert page.status_code == 200 and b"This would draw 6" in page.content
    assert not Benchmark.objects.exists() and not Subset.objects.exists()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"size_age_group": ""}, "how many to draw"),
        ({"size_age_group": "0"}, "greater than or equal to 1"),
        ({"near": "40"}, "less than or equal to 16"),
        ({"crossed": ["gender"]}, "say how many in all"),
        ({"expected": "age_group"}, "does not read as"),
        ({"expected": "shoe_size: 43"}, "is none of"),
        ({"training": "99999"}, "Select a valid choice"),
        ({"tiers": ["pretrain"]}, "settled by people"),
        ({"seed": " "}, "required"),
    ],
)
def test_what_cannot_be_read_or_drawn_is_said_and_nothing_is_kept(
    corpus: Corpus, changed: dict[str, Any], said: str
) -> None:
    page = asked(client(), **changed)
    assert page.status_code == 200 and said in page.content.decode()
    assert not Benchmark.objects.exists() and not Subset.objects.exists()


def test_the_browsers_filter_narrows_it_and_a_broken_one_is_said(corpus: Corpus) -> None:
    assert asked(client(), "?gender=f").status_code == 302
    benchmark = Benchmark.objects.get()
    assert {m.clip.person.gender for m in benchmark.subset.members.all()} == {"f"}
    assert "gender f" in client().get(f"/benchmarks/{benchmark.pk}/").content.decode()
    assert "no number" in asked(client(), "?metric=sharpness&low=x").content.decode()
    assert Benchmark.objects.count() == 1


def test_names_are_escaped(corpus: Corpus) -> None:
    asked(client(), name="<script>alert(1)</script>")
    page = client().get(f"/benchmarks/{Benchmark.objects.get().pk}/").content.decode()
    assert "<script>alert(1)" not in page and "&lt;script&gt;" in page


def test_a_split_is_made_and_shown(corpus: Corpus) -> None:
    said = {
        "name": "split", "seed": "s", "train": "60", "validation": "20", "test": "20",
        "tiers": ["sft"], "validated_only": "yes", "unknown_persons": "on",
    }  # fmt: skip
    who = client()
    assert (
        b"at least one other side"
        in who.post("/corpora/evening/splits/new/", {**said, "validation": "0", "test": "0"}).content
    )
    made = who.post("/corpora/evening/splits/new/", said)
    split = TrainingSplit.objects.get()
    assert made.headers["Location"] == f"/splits/{split.pk}/"
    page = who.get(f"/splits/{split.pk}/").content.decode()
    assert "no source and no known person is on two sides" in page
    assert "Not measured: fewer than two sides" in page, "no picture was hashed"
    assert f"/splits/{split.pk}/" in who.get("/corpora/evening/benchmarks/").content.decode(), (
        "holds out nothing"
    )
    assert f"/splits/{split.pk}/" in who.get(f"/subsets/{split.subset_id}/").content.decode()


def test_pictures_alike_on_two_sides_are_shown_with_their_clips(corpus: Corpus) -> None:
    for clip in corpus.clips.all():
        room.hashed(clip, 0x0123456789ABCDEF)
    who = client()
    said = {"name": "split", "seed": "s", "train": "60", "validation": "20", "test": "20", "tiers": ["sft"]}
    who.post("/corpora/evening/splits/new/", {**said, "validated_only": "yes", "near": "3"})
    split = TrainingSplit.objects.get()
    page = who.get(f"/splits/{split.pk}/").content.decode()
    clips = split.report["sides"]["test"]["clips"]
    assert (
        clips and f"{clips} clips of test look like one of train" in page and "at most 3 of 63 bits" in page
    )
    first = split.report["pictures"]["found"][0]
    assert f"/clips/{first['clip']}/" in page and f"/clips/{first['other']}/" in page


def test_the_command_draws_shows_and_splits(corpus: Corpus, capsys: Any) -> None:
    call_command(
        "benchmark", "make", "--corpus", "evening", "--name", "b", "--seed", "s", "--part", "age_group=8",
        "--expected", "age_group: 60+", "--unseen", "hold_out", "--per-person", "1",
    )  # fmt: skip
    benchmark = Benchmark.objects.get()
    told = capsys.readouterr().out
    assert "age_group: 60+: wanted" in told and "available 0, taken 0 (nothing validated in it)" in told
    call_command("benchmark", "show", str(benchmark.pk))
    assert '"kind": "no_picture"' in capsys.readouterr().out
    with pytest.raises(CommandError, match="held out"):
        call_command(
            "benchmark", "split", "--corpus", "evening", "--name", "x", "--seed", "s", "--validated-only",
            "--benchmark", str(benchmark.pk),
        )  # fmt: skip
    call_command(
        "benchmark", "split", "--corpus", "evening", "--name", "x", "--seed", "s", "--validated-only"
    )
    told = capsys.readouterr().out
    assert "train: " in told and "nothing on test: the largest group" in told
    for wrong, said in (
        (["make", "--corpus", "nowhere", "--name", "x", "--seed", "s", "--part", "all=1"], "there is no 'nowhere'"),
        (["make", "--corpus", "evening", "--name", "x", "--seed", "s"], "Say what to draw"),
        (["make", "--corpus", "evening", "--name", "x", "--seed", "s", "--part", "shoe=2"], "none of"),
        (["split", "--corpus", "evening", "--name", "x", "--seed", "s", "--shares", "8"], "does not read"),
        (["make", "--corpus", "evening", "--name", "x", "--seed", "s", "--preset", "vidchatbench"],
         "of no pair were both clips settled"),
        (["make", "--corpus", "evening", "--name", "x", "--seed", "s", "--part", "all=1", "--language", "zz"],
         "no clip was settled by people as one of these tiers within this filter"),
    ):  # fmt: skip
        with pytest.raises(CommandError, match=said):
            call_command("benchmark", *wrong)
