"""How many from which stratum: equal or proportional, and what becomes of what a stratum cannot give.

Proportional shares are rounded by largest remainder (Hamilton's method of apportionment), so that quotas add up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from curation.benchmarks.errors import BadPlan
from curation.permanent import permanent_random_number

ALLOCATIONS = ("equal", "proportional")


def quotas(available: Mapping[str, int], size: int, *, how: str, seed: str) -> dict[str, int]:
    """How many are wanted from each stratum; they add up to ``size`` whatever there is.

    ``equal``: the same from each, what does not divide goes one by one to the strata with the smallest permanent random
    numbers. ``proportional``: as the strata are large. Raises ``BadPlan``.
    """
    if size < 1:
        raise BadPlan(f"size: {size} is not at least 1")
    if how not in ALLOCATIONS:
        raise BadPlan(f"allocation: {how!r} is none of {', '.join(ALLOCATIONS)}")
    if not available:
        raise BadPlan("there is no stratum to take anything from")
    order = sorted(available, key=lambda name: (permanent_random_number(f"quota {seed}", name), name))
    total = sum(available.values())
    if how == "equal" or total == 0:
        share, rest = divmod(size, len(order))
        return {name: share + (place < rest) for place, name in enumerate(order)}
    whole = {name: size * available[name] // total for name in order}
    # Python sorts stably: equal remainders stay in the seeded order.
    by_remainder = sorted(order, key=lambda name: -(size * available[name] % total))
    for name in by_remainder[: size - sum(whole.values())]:
        whole[name] += 1
    return whole


def refilled(wanted: Mapping[str, int], available: Mapping[str, int], *, seed: str) -> dict[str, int]:
    """``wanted`` with what some strata cannot give spread one by one over those that still can, the least filled first.

    Never more than ``available``; adds up to the smaller of what is wanted and what there is.
    """
    sizes = {name: min(wanted[name], available[name]) for name in wanted}
    order: Sequence[str] = sorted(
        wanted, key=lambda name: (permanent_random_number(f"refill {seed}", name), name)
    )
    short = sum(wanted.values()) - sum(sizes.values())
    while short:
        room = [name for name in order if sizes[name] < available[name]]
        if not room:
            break
        least = min(sizes[name] for name in room)
        for name in room:
            if short and sizes[name] == least:
                sizes[name] += 1
                short -= 1
    return sizes
