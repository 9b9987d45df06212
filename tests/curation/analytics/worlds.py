"""Small random corpora with few different numbers, as segments, and the same as plain rows to count by hand."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from curation.analytics.schema import WORD_COLUMNS
from curation.analytics.store import SnapshotStore, Words
from curation.analytics.table import Table, open_table
from curation.policies.evaluate import Decision, decide
from curation.policies.rules import Rule, RuleList

METRICS = ("movement_min", "speech_share", "luminance", "snr_db")
NUMBERS = np.array([0.0, 0.1, 0.6, 1.0, 20.0, 60.0, 100.0, np.nan], np.float32)
RULES = RuleList(
    (
        Rule("sft", "movement_min", "at_least", 60),
        Rule("sft", "luminance", "within", 0.6, 60),
        Rule("sft", "snr_db", "outside", 0.1, 0.6),
        Rule("sft", "speech_share", "at_least", 0.6),
        Rule("pretrain", "movement_min", "at_least", 20),
        Rule("pretrain", "luminance", "at_most", None, 60),
        Rule("pretrain", "snr_db", "at_most", None, 60),
    )
)


@dataclass
class World:
    table: Table
    rows: dict[int, dict] = field(repr=False)

    def decisions(self, rules: RuleList) -> dict[int, Decision]:
        return {
            key: decide(rules, {name: row[name] for name in METRICS})
            for key, row in self.rows.items()
            if row["usable"]
        }


def random_columns(random: np.random.Generator, ids: np.ndarray, words: Words) -> dict[str, np.ndarray]:
    count = len(ids)
    columns: dict[str, np.ndarray] = {
        "clip_id": ids,
        "length_us": random.integers(1_000_000, 15_000_000, count).astype(np.float64),
        "usable": (random.random(count) > 0.1).astype(np.int8),
        "source_id": random.integers(1, 5, count),
    }
    for name, choices in (
        ("branch", ["", "single", "dialogue"]),
        ("language", ["", "en", "fr"]),
        ("verdict", ["", "sft"]),
    ):
        columns[name] = np.array(
            [words.code(name, choices[i]) for i in random.integers(0, len(choices), count)]
        )
    for name in METRICS:
        columns[name] = NUMBERS[random.integers(0, len(NUMBERS), count)]
        columns[name][random.random(count) < 0.2] = np.float32(random.random())
    columns["speech_share"] = np.minimum(columns["speech_share"], 1)
    return columns


def plain_rows(columns: dict[str, np.ndarray], words: Words) -> dict[int, dict]:
    lists = words.as_dict()
    rows: dict[int, dict] = {}
    for i, key in enumerate(columns["clip_id"].tolist()):
        row = {name: values[i].item() for name, values in columns.items()}
        for name in METRICS:
            row[name] = None if math.isnan(row[name]) else row[name]
        for name in WORD_COLUMNS:
            if name in row:
                row[name] = lists[name][row[name]]
        rows[key] = row
    return rows


def build_world(root, seed: int, count: int = 400, deltas: int = 0) -> World:
    """``count`` clips in a first segment; each delta changes some of them and adds some, ids in between included."""
    random, words, store = np.random.default_rng(seed), Words(), SnapshotStore(root)
    ids = np.sort(random.choice(np.arange(1, 3 * count), count, replace=False))
    columns = random_columns(random, ids, words)
    rows = plain_rows(columns, words)
    with store.writing():
        store.publish([columns], words=words, watermark={})
        for number in range(deltas):
            changed = np.unique(random.integers(1, 3 * count + 50 * number, count // 10))
            columns = random_columns(random, changed, words)
            rows |= plain_rows(columns, words)
            store.publish([columns], words=words, watermark={"delta": number})
    return World(open_table(store), rows)
