"""What people thought of the clips that a policy would put into each tier."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from curation.analytics.index import as_amount
from curation.analytics.schema import LENGTH, USABLE
from curation.analytics.table import Table
from curation.policies.funnel import Amount
from curation.policies.numpy_engine import decide_columns
from curation.policies.rules import RuleList
from curation.policies.tiers import Tier


def judged_rows(table: Table) -> NDArray[np.int64]:
    """Row numbers of the usable clips that have a verdict on their tier."""
    parts = [
        np.flatnonzero((chunk.column("verdict") != 0) & (chunk.column(USABLE) != 0)) + chunk.offset
        for chunk in table.chunks
    ]
    return np.concatenate(parts) if parts else np.empty(0, np.int64)


def verdicts_by_tier(
    table: Table, rules: RuleList, rows: NDArray[np.int64] | None = None
) -> Mapping[tuple[Tier, str], Amount]:
    """Clips and hours by the tier that ``rules`` (resolved) give and the word that people settled on.

    These are bare counts of judged clips, not estimates: which clips were judged was not left to chance here.
    ``rows`` saves finding the judged clips again.
    """
    at = judged_rows(table) if rows is None else rows
    tiers = decide_columns(rules, {name: table.take(name, at) for name in rules.metrics}).tier.astype(np.intp)
    words, lengths = table.take("verdict", at), table.take(LENGTH, at)
    known = table.words["verdict"]
    pairs = tiers * len(known) + words
    counts = np.bincount(pairs, minlength=4 * len(known))
    sums = np.bincount(pairs, lengths, 4 * len(known))
    return {
        (Tier(place // len(known)), known[place % len(known)]): as_amount(
            np.array([counts[place], sums[place]])
        )
        for place in np.flatnonzero(counts).tolist()
    }
