"""Exports, measured: `.venv/bin/python -m benchmarks.exports --sizes 50000 5200000`, and `--peer` beside Label Studio.

For each size: the whole synthetic corpus `bench-SIZE` (made if it is not there, as `benchmarks.corpus` makes it), frozen
with its evidence, then written as Parquet and as JSONL with its tracks and turns along, hashed and given its manifest,
each in a process of its own: rows a second and the most memory that the process ever held.

`--peer`: 10,000 clips with a verdict each out of Rushes as Label Studio's JSON, beside the very same tasks with their
annotations out of a Label Studio that is installed (RUSHES_PEERS: it is there) and started; `--peer URL` with
LABEL_STUDIO_TOKEN: out of that server. What is compared: `benchmarks.export_peer`. Data goes below RUSHES_VAR (default
var/benchmark).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent
os.environ.setdefault("RUSHES_VAR", str(REPOSITORY / "var" / "benchmark"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "curation.config.settings")
os.environ.setdefault("DEBUG", "0")
os.environ.setdefault("LOG_LEVEL", "WARNING")

import django  # noqa: E402

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connections  # noqa: E402

from benchmarks.export_peer import REVIEWED, START, beside  # noqa: E402
from benchmarks.machine import say  # noqa: E402
from curation.embedded.postgres import lease  # noqa: E402
from curation.exports.manifest import verify_folder  # noqa: E402
from curation.models import ExportJob, Subset, Verdict  # noqa: E402
from curation.policies.presets import PRESETS  # noqa: E402
from curation.services.activation import policy_activate  # noqa: E402
from curation.services.exports import export_cancel, export_request, export_run  # noqa: E402
from curation.services.policies import policy_create  # noqa: E402
from curation.services.subsets import subset_freeze  # noqa: E402
from curation.services.synthetic import corpus_synthesise  # noqa: E402
from curation.storage import shelf  # noqa: E402

FORMATS = ("parquet", "talkvid-jsonl")
LIMIT_MB = 400
NAME = "benchmark of exports"


def frozen(clips: int, *, reviewed: bool = False) -> tuple[Subset, float | None]:
    """The whole corpus of so many clips as a subset, and the seconds that freezing took; None: it was there."""
    name = f"bench-reviewed-{clips}" if reviewed else f"bench-{clips}"
    corpus = corpus_synthesise(name=name, clips=clips, seed=1)
    if corpus.active_policy is None:
        policy_activate(
            policy=policy_create(corpus=corpus, rules=PRESETS["talkvid-paper"].rules, name="benchmark")
        )
        corpus.refresh_from_db()
    if reviewed and not Verdict.objects.filter(corpus=corpus).exists():
        evidence = {"raters": ["rater-amber", "rater-birch"], "answers": ["sft", "sft"], "rule": "agreed"}
        Verdict.objects.bulk_create(
            (
                Verdict(
                    corpus=corpus, clip_id=clip, answer="sft", method="agreed", blind=True, evidence=evidence
                )
                for clip in corpus.clips.values_list("pk", flat=True)
            ),
            batch_size=2_000,
        )
    found = Subset.objects.filter(corpus=corpus, clip_count=clips).order_by("pk").first()
    if found is not None:
        return found, None
    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE curation_clip, curation_scorecard, curation_source, curation_person")
    began = time.perf_counter()
    tiers = ["sft", "pretrain", "reject", "undecided"]
    subset = subset_freeze(corpus=corpus, name=NAME, tiers=tiers, validated_only=False)
    return subset, time.perf_counter() - began


def write(subset: int, format: str, stop_after: float) -> dict[str, Any]:
    """Write one export in this process, and take it away again; cancelled after so many seconds, if any."""
    chosen = Subset.objects.get(pk=subset)
    job = export_request(subset=chosen, format=format, to="")
    stop = threading.Timer(stop_after or 1e6, _cancel, [job])
    stop.daemon = True
    stop.start()
    began, worked, load = time.perf_counter(), time.process_time(), os.getloadavg()[0]
    record = export_run(job_id=job.pk)
    seconds, worked = time.perf_counter() - began, time.process_time() - worked
    stop.cancel()
    job.refresh_from_db()
    if job.state == job.State.CANCELLED:
        return _figures(format, job.done, seconds, worked, load) | {"stopped": True}
    if record is None:
        job.refresh_from_db()
        raise SystemExit(f"the export did not finish: {job.error or job.state}")
    found = _figures(format, record.manifest["counts"]["clips"], seconds, worked, load)
    folder = shelf("exports") / record.destination
    faults = verify_folder(folder) if chosen.clip_count <= 100_000 else None
    shutil.rmtree(folder)
    return found | {
        "stopped": False,
        "rows_along": {name: told["rows"] for name, told in record.manifest["along"].items()},
        "mb_written": round(sum(entry["bytes"] for entry in record.manifest["files"]) / 1e6),
        "faults_found_by_verify": "not looked for" if faults is None else len(faults),
    }


def _figures(format: str, clips: int, seconds: float, worked: float, load: float) -> dict[str, Any]:
    return {
        "format": format,
        "clips": clips,
        "seconds": round(seconds, 1),
        "processor_seconds": round(worked, 1),
        "clips_a_second": round(clips / seconds),
        "clips_a_processor_second": round(clips / worked),
        "peak_mb": peak_mb(),
        "load_at_begin": round(load, 1),
    }


def _cancel(job: ExportJob) -> None:
    export_cancel(job=job)
    connections.close_all()


def peak_mb() -> float:
    """The most memory that this process ever held, as the kernel counts it for it alone."""
    status = Path("/proc/self/status").read_text()
    return round(int(status.split("VmHWM:")[1].split()[0]) / 1024)


def apart(subset: Subset, format: str, stop_after: float) -> dict[str, Any]:
    """``write`` in a process of its own."""
    words = [sys.executable, "-m", "benchmarks.exports", "--write", str(subset.pk), format, str(stop_after)]
    done = subprocess.run(words, check=True, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def grow(sizes: list[int], stop_after: float) -> list[dict[str, Any]]:
    """Every format at every size."""
    found = []
    for clips in sizes:
        subset, seconds = frozen(clips)
        if seconds is not None:
            say(f"{clips:,} clips frozen in {seconds:.1f} s")
        for format in FORMATS:
            one = apart(subset, format, stop_after)
            found.append(one)
            whole = f"stopped after {one['clips']:,}" if one["stopped"] else f"{one['mb_written']:,} MB"
            say(
                f"{clips:>9,} clips · {format:13} {one['seconds']:7.1f} s  {one['clips_a_second']:6,} clips/s  "
                f"{one['clips_a_processor_second']:6,} a processor second  peak {one['peak_mb']:.0f} MB  "
                f"load {one['load_at_begin']}  {whole}"
            )
            if not one["stopped"]:
                say(
                    f"            along {one['rows_along']}; faults found by verify: {one['faults_found_by_verify']}"
                )
    for format in FORMATS:
        its = [one for one in found if one["format"] == format]
        peaks, first, last = [one["peak_mb"] for one in its], its[0]["clips"], its[-1]["clips"]
        verdict = "holds" if max(peaks) < LIMIT_MB else "DOES NOT HOLD"
        say(
            f"{format}: from {first:,} to {last:,} clips written the peak grew by {peaks[-1] - peaks[0]:.0f} MB; under {LIMIT_MB} MB {verdict}"
        )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="*", default=[50_000])
    parser.add_argument(
        "--peer",
        nargs="?",
        const=START,
        metavar="URL",
        help="beside Label Studio: one that is started, or this one (its token in LABEL_STUDIO_TOKEN)",
    )
    parser.add_argument(
        "--stop-after",
        type=float,
        default=0,
        metavar="SECONDS",
        help="cancel each export then; 0: write it whole",
    )
    parser.add_argument("--out", type=Path, help="write the figures as JSON, too")
    parser.add_argument("--write", nargs=3, metavar=("SUBSET", "FORMAT", "SECONDS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    assert settings.EMBEDDED_POSTGRES is not None, "this benchmark makes its own database: unset DATABASE_URL"
    with lease(settings.EMBEDDED_POSTGRES) as database:
        if options.write:
            print(json.dumps(write(int(options.write[0]), options.write[1], float(options.write[2]))))
            return
        call_command("migrate", verbosity=0)
        say(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
        report: dict[str, Any] = {"sizes": grow(options.sizes, options.stop_after) if options.sizes else []}
        if options.peer:
            report["peer"] = beside(frozen(REVIEWED, reviewed=True)[0], options.peer, database.home)
        if options.out:
            options.out.write_text(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
