"""The analytic engine: columns of a corpus's scorecards in immutable, memory-mapped segments, and quick answers on them.

Pure: imports no Django. ``store`` keeps segments behind a manifest that is renamed into place, ``table`` is one
consistent reading of them, ``index`` a policy's masks on it; ``whatif``, ``funnel``, ``histogram`` and ``browse``
answer. Counts are exact, and so are hours: lengths are whole microseconds, whose sums fit a float64 in any order.
"""
