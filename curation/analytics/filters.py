"""Which clips meet a filter: allow-listed columns, words, ranges and rules, nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from curation.analytics.errors import BadFilter
from curation.analytics.index import PolicyIndex
from curation.analytics.parallel import each
from curation.analytics.schema import DTYPES, HOW, ID_COLUMNS, LENGTH, METRIC_COLUMNS, USABLE, WORD_COLUMNS
from curation.analytics.table import Chunk, Table
from curation.policies.compiled import compile_rules
from curation.policies.tiers import Tier


@dataclass(frozen=True, slots=True)
class ClipFilter:
    """What a clip must be; everything given must hold, an empty part asks nothing.

    ``words`` maps a word column to accepted words ("" is 'not known'), ``ids`` ``source_id`` or ``person_id`` to an
    id, ``ranges`` a metric to (low, high), bounds included and None for open; ``missing`` names metrics that must
    not be measured; ``fails``, ``lacks`` and ``only_fails`` are rule ordinals of the index's policy; ``differs`` asks for
    a verdict other than the tier; ``min_s`` and ``max_s`` bound the length in seconds; ``scored`` whether there is a scorecard
    at all (None: either). Hashable, so that answers can be kept.
    """

    tiers: frozenset[Tier] = frozenset()
    words: tuple[tuple[str, frozenset[str]], ...] = ()
    ids: tuple[tuple[str, int], ...] = ()
    ranges: tuple[tuple[str, float | None, float | None], ...] = ()
    missing: frozenset[str] = frozenset()
    fails: frozenset[int] = frozenset()
    only_fails: int | None = None
    lacks: frozenset[int] = frozenset()
    differs: bool = False
    min_s: float | None = None
    max_s: float | None = None
    scored: bool | None = None

    @staticmethod
    def of(words: Mapping[str, Sequence[str]] | None = None, **parts: object) -> ClipFilter:
        """A filter with ``words`` as a plain mapping."""
        pairs = tuple(sorted((name, frozenset(chosen)) for name, chosen in (words or {}).items() if chosen))
        return ClipFilter(words=pairs, **parts)  # type: ignore[arg-type]


def matching_rows(index: PolicyIndex, wanted: ClipFilter) -> NDArray[np.int64]:
    """Row numbers of the usable clips that meet ``wanted``, ascending. Raises ``BadFilter``."""
    codes = _checked_codes(index.table, wanted)
    _check_ordinals(index, wanted)
    kind = index.failing.dtype.type
    tiers = [int(tier) for tier in wanted.tiers]
    must_fail = kind(sum(1 << i for i in wanted.fails))
    must_lack = kind(sum(1 << i for i in wanted.lacks))
    only = wanted.only_fails
    only_tier = only_open = kind(0)
    if only is not None:
        # As the funnel counts what is lost to one rule only.
        own = next(m for m in compile_rules(index.rules).tiers if m.tier is index.rules.rules[only].tier)
        only_tier, only_open = kind(own.rules), kind(own.dead | own.doubt)
    settled_as = _tier_of_word(index.table)

    def work(blocks: list[tuple[Chunk, slice, slice]]) -> list[NDArray[np.int64]]:
        found = []
        for chunk, inside, whole in blocks:
            good = chunk.column(USABLE)[inside] != 0
            if tiers:
                good &= _is_one_of(index.tier[whole], tiers)
            if must_fail:
                good &= (index.failing[whole] & must_fail) == must_fail
            if must_lack:
                good &= (index.missing[whole] & must_lack) == must_lack
            if only is not None:
                good &= (index.failing[whole] & only_tier) == kind(1 << only)
                good &= (index.missing[whole] & only_open) == 0
            if wanted.differs:
                verdict = settled_as[chunk.column("verdict")[inside]]
                good &= (verdict >= 0) & (verdict != index.tier[whole])
            for name, accepted in codes.items():
                good &= _is_one_of(chunk.column(name)[inside], accepted)
            for name, number in wanted.ids:
                good &= chunk.column(name)[inside] == number
            for name, low, high in wanted.ranges:
                good &= _between(chunk.column(name)[inside], low, high)
            for name in wanted.missing:
                good &= np.isnan(chunk.column(name)[inside])
            if wanted.min_s is not None or wanted.max_s is not None:
                bounds = (None if at is None else round(at * 1e6) for at in (wanted.min_s, wanted.max_s))
                good &= _between(chunk.column(LENGTH)[inside], *bounds)
            if wanted.scored is not None:
                good &= (chunk.column(HOW)[inside] != 0) == wanted.scored
            found.append(np.flatnonzero(good) + whole.start)
        return found

    parts = [part for share in each(work, index.table.blocks()) for part in share]
    return np.concatenate(parts) if parts else np.empty(0, np.int64)


def _tier_of_word(table: Table) -> NDArray[np.int8]:
    """Tier code of each verdict word of the table; −1 for a word that is no tier, and for none."""
    codes = {tier.word: int(tier) for tier in Tier}
    return np.array([codes.get(word, -1) for word in table.words.get("verdict", ("",))], np.int8)


def _is_one_of(values: NDArray, accepted: Sequence[int]) -> NDArray[np.bool_]:
    good = np.zeros(len(values), bool)
    for code in accepted:
        good |= values == code
    return good


def _between(values: NDArray, low: float | None, high: float | None) -> NDArray[np.bool_]:
    good = ~np.isnan(values)
    if low is not None:
        good &= values >= values.dtype.type(low)
    if high is not None:
        good &= values <= values.dtype.type(high)
    return good


def _checked_codes(table: Table, wanted: ClipFilter) -> dict[str, list[int]]:
    """Codes accepted per word column; a word that no clip has matches nothing."""
    codes = {}
    for name, chosen in wanted.words:
        if name not in WORD_COLUMNS:
            raise BadFilter(f"clips cannot be filtered by {name!r}; there are {', '.join(WORD_COLUMNS)}")
        known = table.words.get(name, ("",))
        codes[name] = [code for code, word in enumerate(known) if word in chosen]
    for name in [*(r[0] for r in wanted.ranges), *wanted.missing]:
        if DTYPES.get(name) is None or name not in METRIC_COLUMNS:
            raise BadFilter(f"no metric is called {name!r}")
    for name, _ in wanted.ids:
        if name not in ID_COLUMNS:
            raise BadFilter(f"clips cannot be filtered by {name!r}; there are {', '.join(ID_COLUMNS)}")
    return codes


def _check_ordinals(index: PolicyIndex, wanted: ClipFilter) -> None:
    ordinals = {*wanted.fails, *wanted.lacks, *({wanted.only_fails} if wanted.only_fails is not None else ())}
    bad = [ordinal for ordinal in ordinals if not 0 <= ordinal < len(index.rules)]
    if bad:
        raise BadFilter(f"the policy has no rule {bad[0]}; it has {len(index.rules)}")
