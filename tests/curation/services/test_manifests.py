"""A manifest goes in as its own origin: again changes nothing, a kill loses no place, bad rows are listed."""

from __future__ import annotations

import json
import subprocess
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from curation.manifests import FORMATS
from curation.models import Clip, ManifestFault, ManifestImport, Person, Proposal, Scorecard, Source
from curation.policies.tiers import Tier
from curation.services import manifests
from curation.services.manifests import ManifestRefused, manifest_import
from tests import factories
from tests.curation.manifests import samples

pytestmark = pytest.mark.django_db


def written(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def everything() -> list[Any]:
    return [
        list(model.objects.order_by("pk").values())  # type: ignore[attr-defined]
        for model in (Source, Person, Clip, Scorecard, ManifestFault)
    ]


def take(corpus: Any, path: Path, format: str = "talkvid") -> ManifestImport:
    return manifest_import(corpus=corpus, path=path, format=FORMATS[format])


def test_rows_go_in_as_their_own_origin(tmp_path: Path) -> None:
    job = take(factories.corpus(), written(tmp_path / "a.jsonl", [samples.talkvid(n) for n in range(3)]))
    assert (job.good, job.bad, job.state) == (3, 0, "done")
    source = Source.objects.get()
    assert (source.state, source.clips.count(), source.language) == ("listed", 3, "English")
    card = Scorecard.objects.select_related("provenance", "clip__person").first()
    assert card is not None and card.origin == "talkvid" and card.dover_technical == pytest.approx(8.9)
    assert card.luminance is None
    assert card.provenance.statuses["image_quality"]["state"] == "not_run"
    assert card.clip.person is not None and card.clip.person.attributes_origin == "talkvid"
    assert Person.objects.count() == 1


def test_again_changes_nothing_and_a_corrected_row_changes_alone(tmp_path: Path) -> None:
    corpus = factories.corpus()
    rows = [samples.talkvid(n) for n in range(3)] + [samples.talkvid(9, fps="x")]
    path = written(tmp_path / "a.jsonl", rows)
    take(corpus, path)
    before = everything()
    job = take(corpus, path)
    assert (job.good, job.bad) == (3, 1)
    after = everything()
    assert after[:4] == before[:4]
    assert [(f["line"], f["field"]) for f in after[4]] == [(4, "fps")]
    rows[1]["dover_scores"] = 5.0
    take(corpus, written(path, rows))
    changed = [new for old, new in zip(before[3], everything()[3], strict=True) if old != new]
    assert [card["dover_technical"] for card in changed] == [5.0]


def test_bad_rows_are_listed_by_line_field_and_reason(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    rows = [
        json.dumps(samples.talkvid(0)),
        "{",
        json.dumps(samples.talkvid(1, **{"end-time": 1.0, "fps": "x"})),
    ]
    path.write_text("\n".join(rows))
    out, report = StringIO(), tmp_path / "report.jsonl"
    call_command(
        "import_manifest",
        str(path),
        corpus="t",
        format="talkvid",
        report=report,
        stdout=out,
        stderr=StringIO(),
    )
    assert "1 rows are in as origin talkvid, 2 are not" in out.getvalue()
    listed = [json.loads(line) for line in report.read_text().splitlines()]
    assert (listed[0]["line"], listed[0]["field"]) == (2, "row")
    assert {one["field"] for one in listed if one["line"] == 3} == {"end-time", "fps"}
    assert Clip.objects.count() == 1


def test_a_killed_import_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = factories.corpus()
    path = written(tmp_path / "a.jsonl", [samples.talkvid(n) for n in range(50)])
    monkeypatch.setattr(manifests, "BATCH", 8)

    class Killed(BaseException):
        pass

    def kill(position: int, good: int, bad: int) -> None:
        if good >= 24:
            raise Killed

    with pytest.raises(Killed):
        manifest_import(corpus=corpus, path=path, format=FORMATS["talkvid"], progress=kill)
    assert Clip.objects.count() == 24
    first = list(Scorecard.objects.order_by("pk").values())
    job = take(corpus, path)
    assert (job.good, Clip.objects.count(), Scorecard.objects.count()) == (50, 50, 50)
    assert list(Scorecard.objects.order_by("pk").values())[:24] == first


def test_two_clips_of_one_span_do_not_overwrite_each_other(tmp_path: Path) -> None:
    rows = [samples.talkvid(0), samples.talkvid(0, id="another", dover_scores=1.0)]
    job = take(factories.corpus(), written(tmp_path / "a.jsonl", rows))
    assert (job.good, job.bad) == (1, 1)
    assert Scorecard.objects.get().dover_technical == pytest.approx(8.9)
    assert "same span" in job.faults.get().reason and job.faults.get().line == 2


def test_no_value_can_end_an_import(tmp_path: Path) -> None:
    """What the database could not hold is listed as bad, or kept as near as a float32 comes; the rest goes in."""
    strange = [
        samples.talkvid(1, width=10**12),
        samples.talkvid(2, dover_scores=10**400),
        samples.talkvid(3, **{"end-time": 1e300, "durations": None}),
        samples.talkvid(4, description="\ud800"),
        samples.talkvid(5, cotracker_ratio=1e-60),
        samples.talkvid(6, id="tab\tnew line\nback\\slash \\N é 語", description='\\u0000 \\ "quoted"'),
    ]
    job = take(factories.corpus(), written(tmp_path / "a.jsonl", [samples.talkvid(0), *strange]))
    assert (job.good, job.state) == (3, "done")
    told = {fault.line: fault.field for fault in job.faults.all()}
    assert told == {2: "width", 3: "dover_scores", 4: "end-time", 5: "description"}
    assert Scorecard.objects.get(clip__external_id="videovideoAbc-scene5").cotracker_ratio == 0
    clip = Clip.objects.get(external_id=strange[5]["id"])
    assert clip.attributes == {"description": strange[5]["description"]}


def test_mit_speakers_that_cannot_be_kept_are_listed(tmp_path: Path) -> None:
    meta = {"video": "a.mp4", "period": [0, 250], "num_speaker": 2}
    rows = [
        {"meta": meta, "speaker_info": {"speak": [["\x00"]]}},
        {"meta": {**meta, "period": [0, 10**400]}},
        {"meta": {**meta, "period": [300, 600]}, "speaker_info": {"speak": [[0, 99]]}},
    ]
    job = take(factories.corpus(), written(tmp_path / "a.jsonl", rows), "mit")
    assert [(fault.line, fault.field) for fault in job.faults.order_by("line")] == [
        (1, "speaker_info"),
        (2, "period"),
    ]
    assert Clip.objects.get().attributes == {"speak": [[0, 99]]}


def test_an_import_whose_reader_is_killed_says_so_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = factories.corpus()
    path = written(tmp_path / "a.jsonl", [samples.talkvid(n) for n in range(400)])
    monkeypatch.setattr(manifests, "BATCH", 8)
    readers: list[Any] = []
    start = subprocess.Popen
    monkeypatch.setattr(
        subprocess, "Popen", lambda *args, **kw: readers.append(start(*args, **kw)) or readers[-1]
    )

    def kill(position: int, good: int, bad: int) -> None:
        if good == 24:
            readers[0].kill()

    with pytest.raises(ManifestRefused, match=r"SIGKILL; .* rows are in, and the same command goes on"):
        manifest_import(corpus=corpus, path=path, format=FORMATS["talkvid"], progress=kill)
    assert 24 <= Clip.objects.count() < 400
    job = take(corpus, path)
    assert (job.good, job.bad, Clip.objects.count()) == (400, 0, 400)


def test_a_policy_that_reads_the_origin_decides_the_rows(tmp_path: Path) -> None:
    corpus = factories.corpus()
    call_command(
        "policy", "preset", "talkvid-paper", corpus=corpus.slug, origin="talkvid", activate=True, why="as released",
        stdout=StringIO(), stderr=StringIO(),
    )  # fmt: skip
    rows = [
        samples.talkvid(0),
        samples.talkvid(1, cotracker_ratio=0.2),
        samples.talkvid(2, dover_scores=None),
    ]
    take(corpus, written(tmp_path / "a.jsonl", rows))
    tiers = list(Proposal.objects.order_by("clip_id").values_list("tier", flat=True))
    assert tiers[1] == Tier.REJECT
    assert tiers[0] in (Tier.SFT, Tier.PRETRAIN, Tier.UNDECIDED) and tiers[2] == Tier.UNDECIDED


def test_imports_never_mix_with_what_is_measured_here(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="measured"):
        call_command(
            "import_manifest", str(written(tmp_path / "a.jsonl", [])), corpus="t", format="talkvid",
            origin="measured", stdout=StringIO(), stderr=StringIO(),
        )  # fmt: skip
