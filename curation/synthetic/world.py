"""Blocks of a synthetic corpus: each follows from the seed and its number alone, so any can be made again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from curation.policies.tiers import Tier
from curation.synthetic.shapes import ASPECTS, aspect_of, synthetic_metrics, value_of

BLOCK = 50_000  # clips
CLIPS_A_SOURCE = 34
CLIPS_A_PERSON = 62
BRANCHES: tuple[str, ...] = ("single", "dialogue", "listening", "multi_turn")
LANGUAGES: tuple[tuple[str, float], ...] = (
    ("en", 0.46), ("zh", 0.12), ("es", 0.07), ("de", 0.05), ("fr", 0.05), ("ja", 0.05), ("ko", 0.04), ("ru", 0.03),
    ("pt", 0.03), ("it", 0.03), ("ar", 0.02), ("hi", 0.02), ("pl", 0.01), ("th", 0.01), ("", 0.01),
)  # fmt: skip
GENDERS = (("female", 0.44), ("male", 0.5), ("", 0.06))
AGES = (("0–19", 0.07), ("19–30", 0.27), ("31–45", 0.34), ("46–60", 0.2), ("60+", 0.08), ("", 0.04))
ETHNICITIES = (("Asian", 0.3), ("Black", 0.13), ("White", 0.42), ("Other", 0.05), ("", 0.1))
CATEGORIES = (("interview", 0.35), ("lecture", 0.2), ("vlog", 0.25), ("news", 0.12), ("film", 0.08))

# What was not measured comes by scorer: (share of clips, scorer → state, metrics then NULL beside the scorer's).
# A missing hand is no failure: the scorer ran and saw none.
GAPS: tuple[tuple[float, tuple[tuple[str, str], ...], tuple[str, ...]], ...] = (
    (0.70, (), ()),
    (0.15, (), ("hand_blur",)),
    (0.04, (("whisper", "not_run"),), ()),
    (0.04, (("dover", "unavailable"),), ()),
    (0.03, (("cotracker", "not_run"), ("dover", "not_run"), ("whisper", "not_run")), ()),
    (0.02, (("head_detail", "failed"),), ()),
    (0.01, (("speech", "failed"), ("whisper", "failed")), ()),
    (0.01, (("mouth_voice", "not_run"), ("lr_asd", "unavailable")), ()),
)


@dataclass(frozen=True, slots=True)
class Block:
    """``n`` clips of ``s`` sources. ``source``, ``speaker`` (0 or 1 of the source's two persons), ``branch``, ``gap``
    are codes of shape (n,); ``start_s`` and ``end_s`` seconds; ``aspects`` (n, 6) the truth; ``cast`` (s, 2) persons
    of the corpus; ``answers`` marks clips that reply to the one before them."""

    number: int
    source: NDArray[np.int64]
    speaker: NDArray[np.int64]
    branch: NDArray[np.int64]
    gap: NDArray[np.int64]
    start_s: NDArray[np.float64]
    end_s: NDArray[np.float64]
    answers: NDArray[np.bool_]
    aspects: NDArray[np.float32]
    cast: NDArray[np.int64]
    language: NDArray[np.int64]
    category: NDArray[np.int64]

    @property
    def clips(self) -> int:
        """Number of clips."""
        return len(self.source)

    @property
    def sources(self) -> int:
        """Number of sources."""
        return len(self.cast)


def block_count(clips: int) -> int:
    """How many blocks a corpus of ``clips`` has."""
    return -(-clips // BLOCK)


def person_count(clips: int) -> int:
    """How many persons appear in a corpus of ``clips``."""
    return max(2, clips // CLIPS_A_PERSON)


def make_block(seed: int, number: int, clips: int) -> Block:
    """Block ``number`` of a corpus of ``clips`` in all."""
    count = min(BLOCK, clips - number * BLOCK)
    aspects = aspects_of_block(seed, number)[:count]
    random = np.random.default_rng([seed, number, 1])
    sources = -(-count // CLIPS_A_SOURCE)
    source = np.arange(count) // CLIPS_A_SOURCE
    talkative = random.random(sources) < 0.4  # sources in which two people talk with each other
    speaker = np.where(talkative[source], np.arange(count) % 2, 0)
    first = np.arange(count) % CLIPS_A_SOURCE == 0
    length = np.clip(random.lognormal(1.75, 0.38, count), 3.0, 14.0).round(3)
    pause = np.where(
        talkative[source], random.normal(0.5, 0.7, count).clip(-0.4, 4.9), random.exponential(4.0, count)
    ).round(3)
    pause[first] = 0.0
    steps = pause + np.concatenate([[0.0], length[:-1]])
    steps[first] = 0.0
    running = np.cumsum(steps)
    start = (running - running[first][source] + 1.0).round(3)
    chance = random.random(count)
    branch = np.where(talkative[source], np.where(chance < 0.62, 1, np.where(chance < 0.8, 3, 2)), 0)
    answers = talkative[source] & ~first & (random.random(count) < 0.4)
    gaps = np.array([share for share, _, _ in GAPS])
    return Block(
        number=number,
        source=source,
        speaker=speaker,
        branch=branch,
        gap=random.choice(len(GAPS), count, p=gaps / gaps.sum()),
        start_s=start,
        end_s=(start + length).round(3),
        answers=answers,
        aspects=aspects,
        cast=random.integers(0, person_count(clips), (sources, 2)),
        language=pick(random, LANGUAGES, sources),
        category=pick(random, CATEGORIES, sources),
    )


def aspects_of_block(seed: int, number: int) -> NDArray[np.float32]:
    """The truth of a whole block's clips, (BLOCK, 6): standard normal, correlated through the clip and its source."""
    random = np.random.default_rng([seed, number, 0])
    sources = -(-BLOCK // CLIPS_A_SOURCE)
    of_source = np.repeat(random.standard_normal((sources, 1), np.float32), CLIPS_A_SOURCE, axis=0)[:BLOCK]
    of_clip = random.standard_normal((BLOCK, 1), np.float32)
    own = random.standard_normal((BLOCK, len(ASPECTS)), np.float32)
    return np.float32(0.4) * of_source + np.float32(0.5) * of_clip + np.float32(0.7681) * own


def metric_values(seed: int, block: Block) -> dict[str, NDArray[np.float32]]:
    """What scorers would say of the block's clips: the truth of each metric's aspect, seen through noise."""
    random = np.random.default_rng([seed, block.number, 2])
    found = {"duration_s": (block.end_s - block.start_s).astype(np.float32)}
    for spec in synthetic_metrics():
        noise = random.standard_normal(block.clips, np.float32)
        seen = np.float32(0.85) * block.aspects[:, aspect_of(spec)] + np.float32(0.5268) * noise
        found[spec.name] = value_of(spec, seen)
    for name in ("movement", "rotation", "orientation", "completeness", "resolution"):
        found[f"{name}_min"] = np.minimum(found[f"{name}_min"], found[f"{name}_avg"])
    return found


def tiers_of(aspects: NDArray[np.float32]) -> NDArray[np.int8]:
    """The tier that each clip deserves: no aspect bad for sft, none hopeless for pretrain. Codes of shape (n,)."""
    worst = aspects.min(axis=1)
    tier = np.where(
        worst > -0.75, int(Tier.SFT), np.where(worst > -1.6, int(Tier.PRETRAIN), int(Tier.REJECT))
    )
    return tier.astype(np.int8)


def pick(
    random: np.random.Generator, choices: tuple[tuple[str, float], ...], count: int
) -> NDArray[np.int64]:
    """Places in ``choices``, drawn by their shares."""
    shares = np.array([share for _, share in choices])
    return random.choice(len(choices), count, p=shares / shares.sum())


@lru_cache(maxsize=1)
def gap_metrics() -> tuple[frozenset[str], ...]:
    """For each of ``GAPS``, the metrics that are NULL."""
    return tuple(
        frozenset(also) | {spec.name for spec in synthetic_metrics() if spec.scorer in dict(states)}
        for _, states, also in GAPS
    )
