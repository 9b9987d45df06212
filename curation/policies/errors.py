"""What can be wrong with a policy, each with a stable ``code`` and a sentence that says what to do."""

from __future__ import annotations


class PolicyError(ValueError):
    """Any fault of a rule or a rule list."""

    code = "policy"


class UnknownMetric(PolicyError):
    """A rule names a metric that the catalogue does not hold."""

    code = "unknown_metric"


class UnknownTier(PolicyError):
    """A rule names a tier that carries no rules."""

    code = "unknown_tier"


class UnknownOperator(PolicyError):
    """A rule names an operator that does not exist."""

    code = "unknown_operator"


class BadThreshold(PolicyError):
    """A threshold is absent, superfluous, not finite, beyond float32, or low lies above high."""

    code = "bad_threshold"


class MixedScope(PolicyError):
    """One rule list judges clips and dialogue pairs at once."""

    code = "mixed_scope"


class DuplicateRule(PolicyError):
    """The same rule stands twice."""

    code = "duplicate_rule"


class RuleCount(PolicyError):
    """There is no rule, or more than a 63-bit mask can hold."""

    code = "rule_count"


class UnresolvedPercentile(PolicyError):
    """A percentile has no number yet; it gets one from the corpus at activation."""

    code = "unresolved_percentile"


class MissingColumn(PolicyError):
    """The values handed to an engine lack the column of a metric that a rule reads."""

    code = "missing_column"


class BadDocument(PolicyError):
    """A JSON document is no policy; ``faults`` lists every ``(path, message)`` found."""

    code = "bad_document"

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        self.faults = faults
        super().__init__("; ".join(f"{path}: {message}" for path, message in faults))
