"""Counting an exported folder again from its own files: what its manifest states must be what they hold."""

from __future__ import annotations

import csv
import hashlib
import json
import tarfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from curation.exports.tables import ALONG


class _Clip(NamedTuple):
    start_s: float
    end_s: float
    tier: str
    settled: bool
    number: int
    split: str | None
    policy: int | None


def recount(folder: Path, format: str) -> dict[str, Any] | None:
    """``counts``, rows along, the hash of the list and the numbers of policies as a manifest states them, read from the
    files of ``folder``, a clip in memory at a time; None for a format that this code does not know. Raises
    ``ValueError`` where a file cannot be read."""
    if format not in _READERS:
        return None
    clips, seconds, settled = 0, 0.0, 0
    tiers: Counter[str] = Counter()
    splits: Counter[str] = Counter()
    policies: set[int] = set()
    listed = hashlib.sha256()
    try:
        for clip in _READERS[format](folder):
            clips += 1
            seconds += clip.end_s - clip.start_s
            tiers[clip.tier] += 1
            settled += clip.settled
            listed.update(f"{clip.number}\n".encode())
            if clip.split is not None:
                splits[clip.split] += 1
            if clip.policy is not None:
                policies.add(clip.policy)
        along = _along(folder, format)
    except (KeyError, TypeError, OSError, EOFError, tarfile.TarError, csv.Error, StopIteration) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from None
    return {
        "counts": {
            "clips": clips,
            "seconds": round(seconds, 3),
            "by_tier": dict(sorted(tiers.items())),
            "by_split": dict(sorted(splits.items())),
            "settled_by_people": settled,
        },
        "along": along,
        "list_sha256": listed.hexdigest(),
        "policies": sorted(policies),
    }


def recount_faults(folder: Path, manifest: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(file, problem) wherever the files hold something else than ``manifest`` states."""
    format = _part(manifest, "format").get("name")
    try:
        found = recount(folder, str(format))
    except ValueError as error:
        yield "the files", f"cannot be counted: {error}"
        return
    if found is None:
        yield (
            "manifest.json",
            f"format.name says {format!r}, and nothing here reads that: clips were not counted",
        )
        return
    stated, subset = _part(manifest, "counts"), _part(manifest, "subset")
    for name, value in found["counts"].items():
        if stated.get(name) != value:
            yield "manifest.json", f"counts.{name} says {stated.get(name)}, the files hold {value}"
    for name, rows in found["along"].items():
        said = _part(_part(manifest, "along"), name).get("rows")
        if said != rows:
            yield "manifest.json", f"along.{name}.rows says {said}, the files hold {rows}"
    clips, frozen = found["counts"]["clips"], subset.get("frozen_clips")
    gone = stated.get("withdrawn_since_frozen")
    if type(frozen) is not int or gone != frozen - clips:
        yield (
            "manifest.json",
            f"counts.withdrawn_since_frozen says {gone}: {frozen} clips were frozen, the files hold {clips}",
        )
    elif not gone and subset.get("list_sha256") != found["list_sha256"]:
        yield "manifest.json", "subset.list_sha256 is not that of the list in the files"
    policy = _part(manifest, "policy").get("number")
    if other := [number for number in found["policies"] if number != policy]:
        yield "manifest.json", f"policy.number says {policy}, the files hold proposals of policy {other[0]}"


def _part(facts: dict[str, Any], name: str) -> dict[str, Any]:
    found = facts.get(name)
    return found if isinstance(found, dict) else {}


def _of_ours(start_s: float, end_s: float, ours: dict[str, Any]) -> _Clip:
    policy = (ours["proposal"] or {}).get("policy")
    return _Clip(
        start_s, end_s, ours["tier"], ours["verdict"] is not None, ours["clip"], ours["split"], policy
    )


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def _talkvid(folder: Path) -> Iterator[_Clip]:
    for row in _lines(folder / "clips.jsonl"):
        yield _of_ours(row["start-time"], row["end-time"], row["rushes"])


def _speakervid(folder: Path) -> Iterator[_Clip]:
    for row in _lines(folder / "clips.jsonl"):
        yield _of_ours(row["start_seconds"], row["end_seconds"], row["rushes"])


def _labelstudio(folder: Path) -> Iterator[_Clip]:
    # Written a task a line between brackets, so that it can be read as it was written.
    with (folder / "tasks.json").open(encoding="utf-8") as file:
        for line in file:
            text = line.strip().removesuffix(",")
            if text not in ("", "[", "]", "[]"):
                data = json.loads(text)["data"]
                yield _of_ours(data["start"], data["end"], data["rushes"])


def _csv(folder: Path) -> Iterator[_Clip]:
    with (folder / "clips.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield _Clip(
                float(row["start_s"]),
                float(row["end_s"]),
                row["tier"],
                row["verdict"] != "",
                int(row["clip"]),
                row["split"] or None,
                int(row["policy"]) if row["policy"] else None,
            )


_COLUMNS = ("start_s", "end_s", "tier", "verdict", "clip", "split", "policy")


def _parquet(folder: Path) -> Iterator[_Clip]:
    import pyarrow.parquet as pq

    for path in sorted(folder.glob("clips-*.parquet")):
        for batch in pq.ParquetFile(path).iter_batches(10_000, columns=list(_COLUMNS)):
            columns = (batch.column(name).to_pylist() for name in _COLUMNS)
            for start_s, end_s, tier, verdict, *others in zip(*columns, strict=True):
                yield _Clip(start_s, end_s, tier, verdict is not None, *others)


def _members(folder: Path, ending: str) -> Iterator[Any]:
    for path in sorted(folder.glob("clips-*.tar")):
        with tarfile.open(path) as shard:
            for member in shard:
                if member.name.partition(".")[2] == ending:
                    yield json.load(shard.extractfile(member))  # type: ignore[arg-type]


def _shards(folder: Path) -> Iterator[_Clip]:
    for row in _members(folder, "json"):
        yield _of_ours(row["start-time"], row["end-time"], row["rushes"])


_READERS: dict[str, Callable[[Path], Iterable[_Clip]]] = {
    "talkvid-jsonl": _talkvid,
    "speakervid-jsonl": _speakervid,
    "label-studio": _labelstudio,
    "csv": _csv,
    "parquet": _parquet,
    "webdataset": _shards,
}


def _along(folder: Path, format: str) -> dict[str, int]:
    if format == "webdataset":
        found: Counter[str] = Counter()
        for along in _members(folder, "along.json"):
            found.update({name: len(rows) for name, rows in along.items()})
        return {name: found[name] for name in ALONG}
    if format == "parquet":
        import pyarrow.parquet as pq

        return {
            name: sum(pq.read_metadata(path).num_rows for path in folder.glob(f"{name}-*.parquet"))
            for name in ALONG
        }
    if format == "csv":
        return {name: _csv_rows(folder / f"{name}.csv") for name in ALONG}
    return {name: sum(1 for _ in _lines(folder / f"{name}.jsonl")) for name in ALONG}


def _csv_rows(path: Path) -> int:
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        return sum(1 for _ in rows)
