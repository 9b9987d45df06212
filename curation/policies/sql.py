"""The rules as PostgreSQL: tier, failing and missing computed from the columns of a scorecard.

Thresholds travel as parameters (``%s``); column names come from the catalogue, and table and key names, which the
caller takes from its models, are checked to be plain identifiers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from curation.policies.compiled import compile_rules
from curation.policies.errors import PolicyError
from curation.policies.rules import Operator, Rule, RuleList
from curation.policies.tiers import Tier

_IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]{0,62}\Z")


class BadIdentifier(PolicyError):
    """A table, column or alias is no plain lower-case identifier."""

    code = "bad_identifier"


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with ``%s`` placeholders and their values in order."""

    sql: str
    params: tuple[object, ...]


def quoted(name: str) -> str:
    """``name`` (possibly ``schema.table``) as a quoted identifier; raises ``BadIdentifier``."""
    parts = name.split(".")
    if len(parts) > 2 or not all(_IDENTIFIER.match(part) for part in parts):
        raise BadIdentifier(f"{name!r} is no plain lower-case identifier")
    return ".".join(f'"{part}"' for part in parts)


def fails_expression(rule: Rule, alias: str) -> Statement:
    """A boolean that is true where the rule is broken, NULL or false otherwise."""
    column = f"{quoted(alias)}.{quoted(rule.metric)}"
    if rule.operator is Operator.OUTSIDE:
        return Statement(f"{column} BETWEEN %s::real AND %s::real", (rule.low, rule.high))
    if rule.low is not None and rule.high is not None:
        return Statement(f"{column} NOT BETWEEN %s::real AND %s::real", (rule.low, rule.high))
    if rule.low is not None:
        return Statement(f"{column} < %s::real", (rule.low,))
    return Statement(f"{column} > %s::real", (rule.high,))


def failing_expression(rules: RuleList, alias: str) -> Statement:
    """The failing mask as a ``bigint`` expression over the scorecard aliased ``alias``."""
    parts = [(ordinal, fails_expression(rule, alias)) for ordinal, rule in enumerate(rules)]
    sql = " | ".join(
        f"CASE WHEN {part.sql} THEN {1 << ordinal}::bigint ELSE 0 END" for ordinal, part in parts
    )
    return Statement(f"({sql})", tuple(value for _, part in parts for value in part.params))


def missing_expression(rules: RuleList, alias: str) -> Statement:
    """The missing mask as a ``bigint`` expression over the scorecard aliased ``alias``."""
    bits = compile_rules(rules).bits
    sql = " | ".join(
        f"CASE WHEN {quoted(alias)}.{quoted(name)} IS NULL THEN {mask}::bigint ELSE 0 END"
        for name, mask in bits.items()
    )
    return Statement(f"({sql})", ())


def tier_expression(rules: RuleList, *, failing: str, missing: str) -> str:
    """The tier's ``smallint`` code from two ``bigint`` columns named ``failing`` and ``missing``."""
    branches: list[str] = []
    for masks in compile_rules(rules).tiers:
        held = f"({failing} & {masks.rules}::bigint) = 0"
        if masks.dead:
            held += f" AND ({missing} & {masks.dead}::bigint) = 0"
        branches.append(f"WHEN {held} AND ({missing} & {masks.doubt}::bigint) = 0 THEN {int(masks.tier)}")
        branches.append(f"WHEN {held} THEN {int(Tier.UNDECIDED)}")
    return f"(CASE {' '.join(branches)} ELSE {int(Tier.REJECT)} END)::smallint"


def select_decisions(
    rules: RuleList, *, from_sql: str, key: str, where: str = "TRUE", params: Sequence[object] = ()
) -> Statement:
    """``SELECT key, tier, failing, missing`` for each row of ``from_sql``, in which ``s`` is the scorecard.

    ``from_sql``, ``key`` (an expression such as ``c.id``) and ``where`` are the caller's own text, never a user's;
    their values come in ``params``, those of ``from_sql`` before those of ``where``.
    """
    failing, missing = failing_expression(rules, "s"), missing_expression(rules, "s")
    tier = tier_expression(rules, failing="d.failing", missing="d.missing")
    # OFFSET 0 keeps the planner from computing both masks anew for each use of them in the tier.
    sql = (
        f"SELECT d.key, {tier} AS tier, d.failing, d.missing FROM ("
        f"SELECT {key} AS key, {failing.sql} AS failing, {missing.sql} AS missing "
        f"FROM {from_sql} WHERE {where} OFFSET 0) d"
    )
    return Statement(sql, (*failing.params, *missing.params, *params))
