"""The tables of an export and what each column means: the clips, and what goes along with them.

Times are seconds of the source's presentation time, as in the clips themselves; rows that reach beyond a clip are not
cut. An empty cell is not measured or not told. ``id`` is the clip's name in every table.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from curation.metrics import METRICS, clip_metrics

Kind = Literal["text", "whole", "number", "flag", "score"]


@dataclass(frozen=True, slots=True)
class Column:
    """``unit`` is "" where there is none. A score is a 32-bit number, a number a 64-bit one."""

    name: str
    kind: Kind
    unit: str
    says: str


@dataclass(frozen=True)
class Table:
    """``name`` begins its files' names."""

    name: str
    says: str
    columns: tuple[Column, ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Columns in order."""
        return tuple(column.name for column in self.columns)


_ID = Column("id", "text", "", "the clip")
_OF_TRACK = Column("track", "whole", "", "number of the track in its source")

TRACKS = Table(
    "tracks",
    "who is seen while a clip lasts: one row a clip and track that overlaps it",
    (
        _ID,
        _OF_TRACK,
        Column("start_s", "number", "s", "begin of the track"),
        Column("end_s", "number", "s", "end of the track"),
        Column("person", "text", "", "label of the person, linked across sources where known"),
        Column("x", "number", "share", "left edge of the mean box, share of the picture's width"),
        Column("y", "number", "share", "top edge of the mean box, share of the picture's height"),
        Column("width", "number", "share", "width of the mean box, share of the picture's width"),
        Column("height", "number", "share", "height of the mean box, share of the picture's height"),
    ),
)
TURNS = Table(
    "turns",
    "who speaks while a clip lasts: one row a clip and turn that overlaps it",
    (
        _ID,
        Column("start_s", "number", "s", "begin of the turn"),
        Column("end_s", "number", "s", "end of the turn"),
        _OF_TRACK,
        Column("person", "text", "", "label of the speaker's person"),
        Column("speaker", "text", "", "name that an import gave"),
        Column("off_screen", "flag", "", "whether no visible track speaks"),
        Column("talk_share", "score", "share", "share of the turn's frames labelled as talking"),
        Column("origin", "text", "", "measured, or the import that it came from"),
    ),
)
WORDS = Table(
    "words",
    "what is said while a clip lasts, as Whisper heard it: one row a clip and word",
    (
        _ID,
        Column("start_s", "number", "s", "begin of the word"),
        Column("end_s", "number", "s", "end of the word"),
        Column("word", "text", "", "the word, with the space before it that Whisper gives"),
        Column("probability", "score", "share", "Whisper's probability of the word"),
    ),
)
_POINTS = (
    ("eye_left", "eye on the left of the picture"),
    ("eye_right", "eye on the right of the picture"),
    ("nose", "tip of the nose"),
    ("mouth_left", "corner of the mouth on the left of the picture"),
    ("mouth_right", "corner of the mouth on the right of the picture"),
)
LANDMARKS = Table(
    "landmarks",
    "where faces are, five times a second: one row a clip, sample and track",
    (
        _ID,
        Column("time_s", "number", "s", "time of the sample"),
        _OF_TRACK,
        *(
            Column(f"{name}_{axis}", "score", "pixel", f"{says}, {axis} in the source's picture")
            for name, says in _POINTS
            for axis in ("x", "y")
        ),
        Column("pitch", "score", "degree", "turn of the head, up is positive"),
        Column("yaw", "score", "degree", "turn of the head, towards the picture's right is positive"),
        Column("roll", "score", "degree", "turn of the head, clockwise is positive"),
        *(
            Column(f"box_{edge}", "score", "pixel", f"{edge} edge of the box around the face")
            for edge in ("left", "top", "right", "bottom")
        ),
    ),
)
ALONG: dict[str, Table] = {table.name: table for table in (TRACKS, TURNS, WORDS, LANDMARKS)}

_FACTS: tuple[tuple[str, Kind, str, str], ...] = (
    ("id", "text", "", "name of the clip, the same on every machine"),
    ("clip", "whole", "", "number of the clip in Rushes"),
    (
        "tier",
        "text",
        "",
        "sft, pretrain, reject or undecided: the verdict where there is one, else the proposal",
    ),
    ("proposed_tier", "text", "", "what the policy says"),
    ("policy", "whole", "", "number of that policy"),
    ("verdict", "text", "", "what people settled"),
    ("verdict_method", "text", "", "how they settled it"),
    ("verdict_blind", "flag", "", "whether nobody behind it saw the proposal"),
    ("verdict_raters", "whole", "persons", "how many people stand behind it"),
    ("raters", "text", "", "their pseudonyms, with spaces between"),
    ("source_sha256", "text", "", "hash of the source's file"),
    ("source_name", "text", "", "name of the source's file"),
    ("source_link", "text", "", "where the source comes from"),
    ("source_category", "text", "", "category that an import gave"),
    ("start_s", "number", "s", "begin of the clip"),
    ("end_s", "number", "s", "end of the clip, exclusive"),
    ("duration_s_exact", "number", "s", "end less begin"),
    ("width", "whole", "pixel", "width of the source's picture as shown"),
    ("height", "whole", "pixel", "height of the source's picture as shown"),
    ("fps", "number", "1/s", "pictures a second of the source"),
    ("branch", "text", "", "single, dialogue, listening or multi_turn"),
    ("language", "text", "", "language of the clip, else of its source"),
    ("track", "whole", "", "number of the track that the clip follows; empty: the whole frame"),
    ("region", "text", "share", "left, top, width and height in shares of the picture; empty: all of it"),
    ("recipe", "text", "", "what derived the clip, and its version"),
    ("person", "text", "", "label of the person"),
    ("gender", "text", "", "as imported or given by people, never inferred"),
    ("age_group", "text", "", "as imported or given by people, never inferred"),
    ("ethnicity", "text", "", "as imported or given by people, never inferred"),
    ("attributes_origin", "text", "", "who said so"),
    ("origin", "text", "", "origin of the scores: measured, or the import that they came from"),
    ("split", "text", "", "benchmark, train, validation or test, where the list is a benchmark or a split"),
    ("stratum", "text", "", "what a benchmark drew the clip for"),
    ("pair", "whole", "", "number of the dialogue pair in the benchmark"),
    ("pair_role", "text", "", "initiator or responder of that pair"),
    (
        "builds",
        "text",
        "",
        "what measured: SCORER=NUMBER with spaces between; the manifest names each build's version and model",
    ),
    (
        "not_measured",
        "text",
        "",
        "what did not: SCORER=STATE with spaces between, not_run, unavailable or failed; formats of JSON say why",
    ),
)
SCORES: tuple[str, ...] = tuple(spec.name for spec in clip_metrics())
CLIPS = Table(
    "clips",
    "one row a clip",
    (
        *(Column(*fact) for fact in _FACTS),
        *(Column(name, "score", METRICS[name].unit, METRICS[name].formula) for name in SCORES),
    ),
)
