"""One process's view of a snapshot: the table, and a policy's index, curves and pages on it, kept while they hold.

Several processes may each have one; they share the segments' memory, not these caches.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from curation.analytics.browse import Browser
from curation.analytics.errors import NoSnapshot
from curation.analytics.funnel import funnel
from curation.analytics.histogram import Histogram, edges_for, histogram_by_tier
from curation.analytics.index import PolicyIndex, build_index
from curation.analytics.people import judged_rows, verdicts_by_tier
from curation.analytics.store import SnapshotStore
from curation.analytics.table import Table, open_table
from curation.analytics.whatif import ThresholdCurve, WhatIf, curve_of, what_if
from curation.policies.funnel import Amount, TierFunnel
from curation.policies.rules import RuleList
from curation.policies.tiers import Tier


class Explorer:
    """Questions on one policy and one table. Safe between threads."""

    def __init__(self, index: PolicyIndex) -> None:
        self.index = index
        self.browser = Browser(index)
        self._curves: dict[int, ThresholdCurve] = {}
        self._making: set[int] = set()
        self._histograms: dict[tuple[str, int], dict[Tier, Histogram]] = {}
        self._funnel: tuple[TierFunnel, ...] | None = None
        self._judged: NDArray[np.int64] | None = None
        self._lock = Lock()

    def one(self, ordinal: int, *, low: float | None = None, high: float | None = None) -> WhatIf:
        """What the policy would propose with other numbers in one rule.

        The first question about a rule is answered by a pass over the masks, while its curve is made in the
        background; from then on any threshold takes under a millisecond.
        """
        curve = self._curves.get(ordinal)
        if curve is None:
            self.prepare(ordinal)
        else:
            answer = curve.at(low, high)
            if answer is not None:
                return answer
        return what_if(self.index, self.index.rules.with_threshold(ordinal, low=low, high=high))

    def all(self, rules: RuleList) -> WhatIf:
        """What any other resolved rule list would propose."""
        return what_if(self.index, rules)

    def people(self, rules: RuleList | None = None) -> Mapping[tuple[Tier, str], Amount]:
        """Judged clips by the tier that ``rules`` (by default the policy's own) give and what people settled on."""
        if self._judged is None:
            self._judged = judged_rows(self.index.table)
        return verdicts_by_tier(self.index.table, rules or self.index.rules, self._judged)

    def prepare(self, ordinal: int, *, wait: bool = False) -> None:
        """Make the curve of a rule: in the background, or (``wait``) before returning. A slider calls it when grabbed."""
        if wait:
            self._curves.setdefault(ordinal, curve_of(self.index, ordinal))
            return
        with self._lock:
            if ordinal in self._making:
                return
            self._making.add(ordinal)
        _background().submit(self.prepare, ordinal, wait=True)

    def curve(self, ordinal: int) -> ThresholdCurve:
        """The curve of a rule, made now if need be."""
        self.prepare(ordinal, wait=True)
        return self._curves[ordinal]

    def funnel(self) -> tuple[TierFunnel, ...]:
        """Clips and hours lost to each rule, a funnel per tier."""
        if self._funnel is None:
            self._funnel = funnel(self.index)
        return self._funnel

    def histogram(self, name: str, bins: int = 60) -> dict[Tier, Histogram]:
        """A metric's histogram by tier, on even edges."""
        key = (name, bins)
        if key not in self._histograms:
            edges = edges_for(self.index.table, name, bins)
            self._histograms[key] = histogram_by_tier(self.index, name, edges)
        return self._histograms[key]


class Engine:
    """A snapshot folder as this process sees it; looks at its manifest on each question and follows it."""

    def __init__(self, root: Path, keep: int = 3) -> None:
        self.store = SnapshotStore(root)
        self._keep = keep
        self._lock = Lock()
        self._stamp: tuple[int, int] | None = None
        self._table: Table | None = None
        self._explorers: OrderedDict[RuleList, Explorer] = OrderedDict()

    def table(self) -> Table:
        """The latest published table; raises ``NoSnapshot`` before the first."""
        stamp = self.store.stamp()
        with self._lock:
            if self._table is None or stamp != self._stamp:
                self._table, self._stamp = open_table(self.store), stamp
                self._explorers.clear()
            return self._table

    def explorer(self, rules: RuleList) -> Explorer:
        """Everything that can be asked of ``rules`` (resolved) on the latest table; kept for the last few lists."""
        table = self.table()
        with self._lock:
            found = self._explorers.get(rules)
            if found is not None and found.index.table is table:
                self._explorers.move_to_end(rules)
                return found
        made = Explorer(build_index(table, rules))
        with self._lock:
            self._explorers[rules] = made
            while len(self._explorers) > self._keep:
                self._explorers.popitem(last=False)
        return made

    def age_s(self) -> float | None:
        """Seconds since the snapshot was last found to be up to date; None if there is none."""
        try:
            return max(0.0, time.time() - self.store.checked()[1])
        except NoSnapshot:
            return None


_pool: list[ThreadPoolExecutor] = []


def _background() -> ThreadPoolExecutor:
    # Made on first use, so after a web worker's fork; one thread, so that answers keep the other processor.
    if not _pool:
        _pool.append(ThreadPoolExecutor(1, thread_name_prefix="curves"))
    return _pool[0]
