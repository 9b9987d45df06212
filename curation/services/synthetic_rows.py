"""The rows of one synthetic block, written by COPY."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import numpy as np
from django.db import connection, transaction
from django.utils import timezone
from numpy.typing import NDArray

from curation.metrics import clip_metrics
from curation.services.binarycopy import SIGNATURE, TRAILER, Field, encode_rows
from curation.synthetic import SYNTHETIC
from curation.synthetic.truth import synthetic_id
from curation.synthetic.world import BLOCK, BRANCHES, CATEGORIES, LANGUAGES, Block, gap_metrics, metric_values

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)  # PostgreSQL counts microseconds from here


class Loading:
    """One block on its way into the database, with the ids that it gets there."""

    def __init__(
        self,
        corpus: int,
        recipe: int,
        seed: int,
        block: Block,
        people: NDArray[np.int64],
        provenances: list[int],
    ) -> None:
        self.corpus, self.recipe, self.seed = corpus, recipe, seed
        self.block, self.people, self.provenances = block, people, provenances
        self.now = int((timezone.now() - _EPOCH).total_seconds() * 1e6)
        self.sources = np.empty(0, np.int64)
        self.tracks = np.empty((0, 2), np.int64)
        self.clips = np.empty(0, np.int64)

    @property
    def persons(self) -> NDArray[np.int64]:
        """The person of each clip."""
        return self.people[self.block.cast[self.block.source, self.block.speaker]]


@transaction.atomic
def load_block(load: Loading) -> None:
    """All facts of the block in one transaction: sources, tracks, clips, scorecards, turns, pairs."""
    block = load.block
    load.sources = _new_ids("curation_source", block.sources)
    load.tracks = _new_ids("curation_track", 2 * block.sources).reshape(-1, 2)
    load.clips = _new_ids("curation_clip", block.clips)
    _copy_sources(load)
    _copy_tracks(load)
    _copy_clips(load)
    _copy_scorecards(load)
    _copy_turns(load)
    _copy_pairs(load)


def _copy_sources(load: Loading) -> None:
    block = load.block
    ends = np.zeros(block.sources)
    np.maximum.at(ends, block.source, block.end_s)
    columns = (
        "id, corpus_id, sha256, external_id, uri, name, state, failure_code, failure, container, picture_codec, "
        "sound_codec, width, height, fps, duration_s, has_sound, facts, language, category, link, attributes, added_at"
    )
    now = timezone.now()
    with connection.cursor() as cursor, cursor.copy(f"COPY curation_source ({columns}) FROM STDIN") as copy:
        for i in range(block.sources):
            key = f"{SYNTHETIC}:{block.number}:{i}"
            digest = hashlib.sha256(f"{load.seed}:{key}".encode()).hexdigest()
            name = f"synthetic-{block.number:04d}-{i:04d}"
            language, category = LANGUAGES[block.language[i]][0], CATEGORIES[block.category[i]][0]
            copy.write_row(
                (int(load.sources[i]), load.corpus, digest, key, f"{SYNTHETIC}:{name}", name, "ready", "", "", "", "", "",
                 1920, 1080, 25.0, float(ends[i]) + 2, True, '{"synthetic": true}', language, category, "", "{}", now)
            )  # fmt: skip


def _copy_tracks(load: Loading) -> None:
    block = load.block
    ends = np.zeros(block.sources)
    np.maximum.at(ends, block.source, block.end_s)
    count = 2 * block.sources
    with _copying("curation_track", "id, source_id, person_id, number, start_s, end_s") as write:
        write(
            count,
            Field("id", "bigint", load.tracks.ravel()),
            Field("source", "bigint", np.repeat(load.sources, 2)),
            Field("person", "bigint", load.people[block.cast].ravel()),
            Field("number", "integer", np.tile([1, 2], block.sources)),
            Field("start", "float8", 0.0),
            Field("end", "float8", np.repeat(ends + 1, 2)),
        )


def _copy_clips(load: Loading) -> None:
    block = load.block
    first = block.number * BLOCK
    external = np.array([synthetic_id(load.seed, first + i) for i in range(block.clips)], "S17")
    columns = (
        "id, corpus_id, source_id, recipe_id, track_id, person_id, external_id, start_s, end_s, branch, language, "
        "is_current, added_at"
    )
    with _copying("curation_clip", columns) as write:
        for code, branch in enumerate(BRANCHES):
            at = np.flatnonzero(block.branch == code)
            write(
                len(at),
                Field("id", "bigint", load.clips[at]),
                Field("corpus", "bigint", load.corpus),
                Field("source", "bigint", load.sources[block.source[at]]),
                Field("recipe", "bigint", load.recipe),
                Field("track", "bigint", load.tracks[block.source[at], block.speaker[at]]),
                Field("person", "bigint", load.persons[at]),
                Field("external", "text", external[at]),
                Field("start", "float8", block.start_s[at]),
                Field("end", "float8", block.end_s[at]),
                Field("branch", "text", branch),
                Field("language", "text", ""),
                Field("current", "boolean", True),
                Field("added", "bigint", load.now),
            )


def _copy_scorecards(load: Loading) -> None:
    block = load.block
    values = metric_values(load.seed, block)
    names = [spec.name for spec in clip_metrics() if spec.name in values]
    columns = ", ".join(["clip_id", "origin", "provenance_id", "scored_at", *(f'"{name}"' for name in names)])
    with _copying("curation_scorecard", columns) as write:
        for code, absent in enumerate(gap_metrics()):
            at = np.flatnonzero(block.gap == code)
            write(
                len(at),
                Field("clip", "bigint", load.clips[at]),
                Field("origin", "text", SYNTHETIC),
                Field("provenance", "bigint", load.provenances[code]),
                Field("scored", "bigint", load.now),
                *(Field(name, "real", None if name in absent else values[name][at]) for name in names),
            )


def _copy_turns(load: Loading) -> None:
    """A turn per clip by the person shown, and after nine of ten clips a short one by the other or off-screen."""
    block = load.block
    random = np.random.default_rng([load.seed, block.number, 3])
    columns = "source_id, person_id, track_id, start_s, end_s, speaker, off_screen, origin"
    with _copying("curation_turn", columns) as write:
        write(
            block.clips,
            Field("source", "bigint", load.sources[block.source]),
            Field("person", "bigint", load.persons),
            Field("track", "bigint", load.tracks[block.source, block.speaker]),
            Field("start", "float8", block.start_s),
            Field("end", "float8", block.end_s),
            Field("speaker", "text", ""),
            Field("off", "boolean", False),
            Field("origin", "text", SYNTHETIC),
        )
        at = np.flatnonzero(random.random(block.clips) < 0.9)
        write(
            len(at),
            Field("source", "bigint", load.sources[block.source[at]]),
            Field("person", "bigint", None),
            Field("track", "bigint", None),
            Field("start", "float8", block.end_s[at]),
            Field("end", "float8", block.end_s[at] + random.uniform(0.3, 2.0, len(at)).round(3)),
            Field("speaker", "text", ""),
            Field("off", "boolean", True),
            Field("origin", "text", SYNTHETIC),
        )


def _copy_pairs(load: Loading) -> None:
    block = load.block
    at = np.flatnonzero(block.answers)
    if not len(at):
        return
    random = np.random.default_rng([load.seed, block.number, 4])
    ids = _new_ids("curation_dialoguepair", len(at))
    with _copying(
        "curation_dialoguepair", "id, corpus_id, source_id, initiator_id, responder_id, chain"
    ) as write:
        write(
            len(at),
            Field("id", "bigint", ids),
            Field("corpus", "bigint", load.corpus),
            Field("source", "bigint", load.sources[block.source[at]]),
            Field("initiator", "bigint", load.clips[at - 1]),
            Field("responder", "bigint", load.clips[at]),
            Field("chain", "text", ""),
        )
    length = block.end_s - block.start_s
    gap = block.start_s[at] - block.end_s[at - 1]
    shares = (1 / (1 + np.exp(-(1.2 + 0.9 * block.aspects[places, 5]))) for places in (at - 1, at))
    columns = (
        "pair_id, origin, scored_at, pair_gap_s, pair_initiator_turn_s, pair_responder_turn_s, pair_overlap_s, "
        "pair_initiator_talk_share, pair_responder_talk_share"
    )
    with _copying("curation_pairscorecard", columns) as write:
        write(
            len(at),
            Field("pair", "bigint", ids),
            Field("origin", "text", SYNTHETIC),
            Field("scored", "bigint", load.now),
            Field("gap", "real", gap),
            Field("initiator", "real", length[at - 1]),
            Field("responder", "real", length[at]),
            Field("overlap", "real", np.maximum(0, -gap) + random.exponential(0.05, len(at))),
            *(Field("share", "real", share) for share in shares),
        )


@contextmanager
def _copying(table: str, columns: str) -> Iterator[Callable[..., None]]:
    """``write(count, *fields)`` into one binary COPY."""
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({columns}) FROM STDIN (FORMAT BINARY)") as copy,
    ):
        copy.write(SIGNATURE)

        def write(count: int, *fields: Field) -> None:
            if count:
                copy.write(encode_rows(count, fields))

        yield write
        copy.write(TRAILER)


def _new_ids(table: str, count: int) -> NDArray[np.int64]:
    """``count`` fresh ids of ``table``, ascending."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT array_agg(nextval(pg_get_serial_sequence(%s, 'id'))) FROM generate_series(1, %s)",
            [table, count],
        )
        return np.array(cursor.fetchone()[0], np.int64)
