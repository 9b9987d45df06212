"""The inclusion probabilities that belong to the settled prefix of a draw, rather than to the whole of it."""

from __future__ import annotations

from collections.abc import Sequence

from annotation.certificates.records import Design, DrawnRecord
from annotation.estimation import InputError, Undefined


def prefix_probabilities(
    records: Sequence[DrawnRecord], n: int, design: Design
) -> tuple[float, ...] | Undefined:
    """Of the first ``n`` records: what a draw of that size would have stated, in (0, 1].

    Simple: n / N. Stratified: those of a stratum in the prefix over its size. Sequential Poisson: min(1, π·u'/π')
    with u' and π' of the first record after the prefix (see :mod:`annotation.sampling.poisson`: the prefix of such
    a draw is such a draw); not defined if one of the stated probabilities is 1, because its target is then unknown.
    """
    if n > len(records):
        raise InputError(f"the draw has {len(records)} items, not {n}")
    seen = records[:n]
    if design.kind in ("simple", "census"):
        # A part of the list whose size is not known: equal chances all the same, and only their ratio matters.
        return (n / design.population if design.population else 1.0,) * n
    if design.kind == "stratified":
        sizes = {stratum.name: stratum.population for stratum in design.strata}
        found = {name: sum(record.stratum == name for record in seen) for name in sizes}
        unknown = sorted({record.stratum for record in seen} - set(sizes))
        if unknown:
            raise InputError(f"the population of stratum {unknown[0]!r} is not given")
        return tuple(found[record.stratum] / sizes[record.stratum] for record in seen)
    stated = [record.probability for record in records]
    if any(chance is None for chance in stated):
        return Undefined("items without an inclusion probability were drawn: they say nothing of the rest")
    whole = [float(chance) for chance in stated if chance is not None]
    if n == len(records):
        return tuple(whole)
    if any(record.number is None for record in records[: n + 1]) or max(whole[: n + 1], default=1.0) >= 1.0:
        return Undefined(
            "this draw took some clips for certain: its shares are defined once all drawn items are settled"
        )
    following = records[n]
    assert following.number is not None
    scale = following.number / whole[n]
    return tuple(min(1.0, chance * scale) for chance in whole[:n])
