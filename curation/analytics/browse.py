"""The clip browser's questions: how many clips meet a filter, and one page of them from a cursor.

A page by id is a slice. A page by a metric needs no full sort: a sorted sample of the keys bounds where the page
lies, and only what falls between the bounds is sorted. So the 10,000th page costs what the first one does.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from curation.analytics.errors import BadFilter
from curation.analytics.filters import ClipFilter, matching_rows
from curation.analytics.index import PolicyIndex, as_amount
from curation.analytics.schema import KEY, LENGTH, METRIC_COLUMNS
from curation.policies.funnel import Amount

Order = Literal["ascending", "descending"]
Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True)
class Sorting:
    """Order of the pages: by clip id, or by a metric (clips without it come last), ids breaking ties."""

    metric: str | None = None
    order: Order = "ascending"


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last row of a page; ``value`` is its metric (None: not measured) where pages are sorted by one."""

    clip_id: int
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Clip ids in order, and the cursor for what follows (None: this was the last page)."""

    clip_ids: tuple[int, ...]
    next: Cursor | None


class Browser:
    """Answers filters on one policy's index, keeping the rows and keys of the last few. Safe between threads."""

    def __init__(self, index: PolicyIndex, keep: int = 8) -> None:
        self.index = index
        self._rows = _Kept(keep)
        self._keys = _Kept(max(1, keep // 2))

    def count(self, wanted: ClipFilter) -> Amount:
        """Clips and hours that meet the filter. Raises ``BadFilter``."""
        rows = self.rows(wanted)
        return as_amount(np.array([len(rows), self.index.table.take(LENGTH, rows).sum()]))

    def rows(self, wanted: ClipFilter) -> NDArray[np.int64]:
        """Row numbers of the clips that meet the filter, ascending. Raises ``BadFilter``."""
        return self._rows.get(wanted, lambda: matching_rows(self.index, wanted))

    def page(
        self, wanted: ClipFilter, *, sorting: Sorting = Sorting(), after: Cursor | None = None, size: int = 50
    ) -> Page:
        """The next ``size`` clips after a cursor; any page costs what the first does. Raises ``BadFilter``."""
        keys = self._sorted_keys(wanted, sorting)
        if after is None:
            return self._after(keys, sorting, None, 0, size)
        return self._after(keys, sorting, _key_of(after, sorting), after.clip_id, size)

    def numbered_page(
        self, wanted: ClipFilter, number: int, *, sorting: Sorting = Sorting(), size: int = 50
    ) -> Page:
        """Page ``number``, from 1; empty beyond the last. Raises ``BadFilter``."""
        keys, skip = self._sorted_keys(wanted, sorting), (number - 1) * size
        if skip <= 0:
            return self._after(keys, sorting, None, 0, size)
        if skip >= len(keys.rows):
            return Page((), None)
        key, before = keys.ranked(skip - 1)
        ties = np.sort(self.index.table.take(KEY, keys.rows[keys.between(key, key)]))
        return self._after(keys, sorting, key, int(ties[skip - 1 - before]), size)

    def _after(self, keys: _Keys, sorting: Sorting, key: Any, clip_id: int, size: int) -> Page:
        """The first ``size`` rows that come after (key, clip_id); from the start if ``key`` is None."""
        table = self.index.table
        places, complete = keys.following(key, size + 1)
        rows, found = keys.rows[places], keys.keys[places]
        ids = table.take(KEY, rows)
        if key is not None:
            later = (found > key) | (ids > clip_id)
            if not complete and np.count_nonzero(later) <= size:
                # So many share the cursor's key that they filled the bounds.
                places, _ = keys.following(key, len(places) + size + 1)
                rows, found = keys.rows[places], keys.keys[places]
                ids = table.take(KEY, rows)
                later = (found > key) | (ids > clip_id)
            ids, found = ids[later], found[later]
        order = np.lexsort((ids, found))[:size]
        chosen = tuple(ids[order].tolist())
        if len(ids) <= size or not chosen:
            return Page(chosen, None)
        last = _plain(found[order[-1]], sorting) if sorting.metric is not None else None
        return Page(chosen, Cursor(chosen[-1], last))

    def _sorted_keys(self, wanted: ClipFilter, sorting: Sorting) -> _Keys:
        if sorting.metric is not None and sorting.metric not in METRIC_COLUMNS:
            raise BadFilter(f"clips cannot be sorted by {sorting.metric!r}")
        return self._keys.get((wanted, sorting), lambda: self._make_keys(self.rows(wanted), sorting))

    def _make_keys(self, rows: NDArray[np.int64], sorting: Sorting) -> _Keys:
        values = self.index.table.take(sorting.metric or KEY, rows)
        if sorting.order == "descending":
            np.negative(values, out=values)
        if sorting.metric is not None:
            values[np.isnan(values)] = np.inf
        return _Keys(rows, values)


class _Keys:
    """Keys of rows (ascending in the wanted order; infinite where not measured) with a sorted sample of them."""

    STRIDE = 512

    def __init__(self, rows: NDArray[np.int64], keys: NDArray) -> None:
        self.rows, self.keys = rows, keys
        self.sample = np.sort(keys[:: self.STRIDE])

    def between(self, low: Any, high: Any) -> NDArray[np.intp]:
        """Places of the keys from ``low`` (None: the least) to ``high``, both included."""
        good = self.keys <= high
        if low is not None:
            good &= self.keys >= low
        return np.flatnonzero(good)

    def following(self, key: Any, count: int) -> tuple[NDArray[np.intp], bool]:
        """Places of all keys from ``key`` up to some bound, at least ``count`` of them, or (then True) all there are."""
        start = 0 if key is None else int(np.searchsorted(self.sample, key, "left"))
        step = 4 + 2 * count // self.STRIDE
        while start + step < len(self.sample):
            places = self.between(key, self.sample[start + step])
            if len(places) >= count:
                return places, False
            step *= 4
        last = self.keys.max() if len(self.keys) else 0
        return self.between(key, last), True

    def ranked(self, place: int) -> tuple[Any, int]:
        """The key at ``place`` in order, and how many keys are less than it."""
        middle, step = place // self.STRIDE, 8
        while True:
            low_at, high_at = middle - step, middle + step
            low = self.sample[low_at] if low_at > 0 else None
            high = self.sample[high_at] if high_at < len(self.sample) else None
            less = 0 if low is None else int(np.count_nonzero(self.keys < low))
            inside = self.keys if low is None else self.keys[self.keys >= low]
            inside = inside if high is None else inside[inside <= high]
            if less <= place < less + len(inside):
                key = np.partition(inside, place - less)[place - less]
                return key, less + int(np.count_nonzero(inside < key))
            step *= 8


class _Kept:
    """The last few answers by their question."""

    def __init__(self, size: int) -> None:
        self._size, self._lock = size, Lock()
        self._answers: OrderedDict[Any, Any] = OrderedDict()

    def get(self, question: Any, make: Callable[[], Kept]) -> Kept:
        with self._lock:
            if question in self._answers:
                self._answers.move_to_end(question)
                return self._answers[question]
        answer = make()
        with self._lock:
            self._answers[question] = answer
            while len(self._answers) > self._size:
                self._answers.popitem(last=False)
        return answer


def _key_of(cursor: Cursor, sorting: Sorting) -> Any:
    sign = 1 if sorting.order == "ascending" else -1
    if sorting.metric is None:
        return np.int64(sign * cursor.clip_id)
    return np.float32(np.inf if cursor.value is None else sign * cursor.value)


def _plain(key: Any, sorting: Sorting) -> float | None:
    if not np.isfinite(key):
        return None
    return float(key) if sorting.order == "ascending" else -float(key)
