"""What the rules of benchmarks and splits refuse."""

from __future__ import annotations


class BadPlan(ValueError):
    """A plan that cannot be followed; the sentence says what and where."""
