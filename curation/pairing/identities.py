"""Who is one person, from what people said about pairs: joined where "same", never across "different"."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

Edge = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Identities:
    """``root`` maps each person to the lowest id of its group; ``refused`` are the "same" that could not be followed."""

    root: Mapping[int, int]
    refused: tuple[Edge, ...]


def identities(
    persons: Collection[int], *, same: Sequence[Edge], different: Collection[Edge] = ()
) -> Identities:
    """Group ``persons`` (ids) by the edges of ``same``, in their order.

    An edge that would put two persons of ``different`` into one group is refused and reported, so that a contradiction
    among answers joins nobody. The result depends on the order of ``same`` only where answers contradict each other.
    """
    group = {person: {person} for person in persons}
    apart = {frozenset(edge) for edge in different}
    refused = []
    for a, b in same:
        one, other = group[a], group[b]
        if one is other:
            continue
        if any(frozenset((x, y)) in apart for x in one for y in other):
            refused.append((a, b))
            continue
        one |= other
        for person in other:
            group[person] = one
    return Identities({person: min(members) for person, members in group.items()}, tuple(refused))
