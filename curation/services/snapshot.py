"""The analytic snapshot of a corpus: built once by COPY, then refreshed by what the database says has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.db import connection, transaction
from numpy.typing import NDArray

from curation.analytics.engine import Engine, Explorer
from curation.analytics.errors import Busy, NoSnapshot
from curation.analytics.schema import DTYPES, KEY
from curation.analytics.segments import Columns
from curation.analytics.store import Manifest, SnapshotStore, Words
from curation.analytics.table import Table, open_table
from curation.models import MEASURED, Clip, Corpus
from curation.policies.rules import RuleList
from curation.selectors.policies import default_origin
from curation.services.snapshot_rows import read_ids, read_ranges, read_words

FULL_STEP = 100_000  # clips per COPY: some 60 MB on their way
LOG_DAYS = 7  # how long the log of changes is kept; a snapshot left longer is built anew
MAX_SEGMENTS = 12
FRESH_S = 5.0  # a page may answer from a state that was checked this recently
INLINE_CLIPS = 200_000  # a first snapshot of more than this is built by command, not by a page


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh did: ``kind`` is ``built``, ``updated``, ``joined`` or ``unchanged``; ``clips`` it read anew."""

    kind: str
    clips: int
    generation: int


def snapshot_root(corpus_id: int, origin: str = MEASURED) -> Path:
    """The folder of a corpus's snapshot of one origin, on this machine's disk."""
    safe = "".join(letter if letter.isalnum() else "-" for letter in origin.lower())[:40]
    return Path(settings.VAR) / "analytics" / str(corpus_id) / f"{safe}-{_digest(origin)}"


@lru_cache(maxsize=16)
def snapshot_engine(corpus_id: int, origin: str = MEASURED) -> Engine:
    """This process's engine on the snapshot; it follows what is published."""
    return Engine(snapshot_root(corpus_id, origin))


def snapshot_explorer(*, corpus: Corpus, rules: RuleList, origin: str | None = None) -> Explorer:
    """Everything that can be asked of ``rules`` (resolved) on the corpus's snapshot, brought up to date if it was not
    looked at for ``FRESH_S`` seconds.

    While another process refreshes, answers come from the state before; ``snapshot_engine(…).age_s()`` says how old.
    Raises ``NoSnapshot`` for a large corpus that has none yet: building it takes longer than a page may.
    """
    origin = origin or default_origin(corpus)
    engine = snapshot_engine(corpus.pk, origin)
    age = engine.age_s()
    if age is None and Clip.objects.filter(corpus=corpus)[INLINE_CLIPS : INLINE_CLIPS + 1].exists():
        raise NoSnapshot(f"build it first: manage.py snapshot --corpus {corpus.slug}")
    if age is None or age > FRESH_S:
        with suppress(Busy):
            snapshot_refresh(corpus=corpus, origin=origin, wait=age is None)
    return engine.explorer(rules)


def snapshot_refresh(
    *, corpus: Corpus, origin: str | None = None, rebuild: bool = False, wait: bool = True
) -> Refreshed:
    """Bring the snapshot up to date: whole the first time, afterwards only clips that changed since.

    Everything is read in one repeatable-read transaction. The watermark is the oldest transaction then running:
    whatever commits later is read next time, so nothing is ever missed. One refresh at a time; another waits, or
    (without ``wait``) raises ``Busy``.
    """
    origin = origin or default_origin(corpus)
    store = SnapshotStore(snapshot_root(corpus.pk, origin))
    with store.writing(wait=wait), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text, now()")
        xmin, now = cursor.fetchone()
        watermark = {"xid": xmin, "corpus": corpus.pk, "origin": origin, "columns": sorted(DTYPES)}
        try:
            manifest, (seen, checked_at) = store.manifest(), store.checked()
        except NoSnapshot:
            return _build(store, corpus, origin, watermark)
        of_old = seen.get("columns") != watermark["columns"]  # made by a version that kept other columns
        if rebuild or of_old or now.timestamp() - checked_at > (LOG_DAYS - 1) * 86_400:
            return _build(store, corpus, origin, watermark)
        words = Words(manifest.words)
        parts = _news(store, list(_changed_rows(corpus, origin, words, seen["xid"])))
        count = sum(len(part[KEY]) for part in parts)
        if not count:
            store.note_checked(watermark)
            return Refreshed("unchanged", 0, manifest.generation)
        manifest = store.publish(_one_by_id(parts), words=words, watermark=watermark)
        if _is_scattered(manifest):
            manifest = _join(store, words, watermark)
            return Refreshed("joined", count, manifest.generation)
        return Refreshed("updated", count, manifest.generation)


def change_log_prune() -> int:
    """Forget changes older than every snapshot that can still be updated. Returns rows removed."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM curation_clipchange WHERE at < now() - %s * interval '1 day'", [LOG_DAYS])
        return cursor.rowcount


def _build(store: SnapshotStore, corpus: Corpus, origin: str, watermark: dict[str, Any]) -> Refreshed:
    words = Words()
    read_words(corpus.pk, words)
    rows = read_ranges(corpus.pk, origin, words, _ranges(corpus.pk))
    manifest = store.publish(rows, words=words, watermark=watermark, replace=True)
    return Refreshed("built", manifest.rows, manifest.generation)


def _ranges(corpus_id: int) -> Iterator[tuple[int, int]]:
    """Ranges (low, high] of ids with ``FULL_STEP`` clips of the corpus each."""
    after = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT max(id) FROM (SELECT id FROM curation_clip WHERE corpus_id = %s AND id > %s ORDER BY id LIMIT %s) s",
                [corpus_id, after, FULL_STEP],
            )
            upto = cursor.fetchone()[0]
        if upto is None:
            return
        yield after, upto
        after = upto


def _changed_rows(corpus: Corpus, origin: str, words: Words, since: str) -> Iterator[Columns]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT unnest(ids) FROM curation_clipchange WHERE xid >= %s::xid8 AND ids IS NOT NULL",
            [since],
        )
        ids = sorted(row[0] for row in cursor.fetchall())
        cursor.execute(
            "SELECT low - 1, high FROM curation_clipchange WHERE xid >= %s::xid8 AND ids IS NULL ORDER BY 1",
            [since],
        )
        spans = _joined(cursor.fetchall())
    if ids or spans:
        read_words(corpus.pk, words)
    for start in range(0, len(ids), FULL_STEP):
        yield read_ids(corpus.pk, origin, words, ids[start : start + FULL_STEP])
    yield from read_ranges(corpus.pk, origin, words, _split(spans))


def _news(store: SnapshotStore, parts: list[Columns]) -> list[Columns]:
    """The rows that the snapshot does not hold just so already.

    While a transaction stays open, all that committed after it began is read again and again; readers need not know.
    """
    if not any(len(part[KEY]) for part in parts):
        return []
    table = open_table(store)
    found: list[Columns] = []
    for part in parts:
        news = np.ones(len(part[KEY]), bool)
        for chunk in table.chunks:
            at = np.minimum(np.searchsorted(chunk.column(KEY), part[KEY]), chunk.rows - 1)
            same = chunk.column(KEY)[at] == part[KEY]
            for name, values in part.items():
                held = chunk.column(name)[at]
                same &= (held == values) | ((held != held) & (values != values))
            news &= ~same
        if news.any():
            found.append({name: values[news] for name, values in part.items()})
    return found


def _joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Overlapping or touching spans as one."""
    found: list[tuple[int, int]] = []
    for low, high in spans:
        if found and low <= found[-1][1]:
            found[-1] = (found[-1][0], max(high, found[-1][1]))
        else:
            found.append((low, high))
    return found


def _split(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    for low, high in spans:
        for start in range(low, high, FULL_STEP):
            yield start, min(start + FULL_STEP, high)


def _one_by_id(parts: Sequence[Columns]) -> list[Columns]:
    """The parts as one, sorted by clip id, each clip once (all were read in one snapshot, so any copy will do)."""
    names = {name for part in parts for name in part}
    whole: dict[str, NDArray] = {name: np.concatenate([part[name] for part in parts]) for name in names}
    _, first = np.unique(whole[KEY], return_index=True)
    return [{name: values[first] for name, values in whole.items()}]


def _is_scattered(manifest: Manifest) -> bool:
    late = manifest.rows - manifest.segments[0].rows
    return len(manifest.segments) > MAX_SEGMENTS or late > max(50_000, manifest.segments[0].rows // 20)


def _join(store: SnapshotStore, words: Words, watermark: dict[str, Any]) -> Manifest:
    """All segments as one, without asking the database."""
    return store.publish(_in_order(open_table(store)), words=words, watermark=watermark, replace=True)


def _in_order(table: Table) -> Iterator[Columns]:
    ids = np.concatenate([chunk.column(KEY) for chunk in table.chunks])
    order = np.argsort(ids, kind="stable")
    names = {name for chunk in table.chunks for name in chunk.columns}
    for start in range(0, len(order), FULL_STEP):
        rows = order[start : start + FULL_STEP]
        yield {name: table.take(name, rows) for name in names}


def _digest(origin: str) -> str:
    return hashlib.sha256(origin.encode()).hexdigest()[:8]
