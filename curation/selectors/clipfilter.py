"""The filter of clips that pages, addresses, queues and subsets share: allow-listed fields, nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from curation.errors import RushesError
from curation.metrics import METRICS
from curation.models import Branch, Corpus, Policy, Subset
from curation.policies.compiled import compile_rules
from curation.policies.rules import RuleList
from curation.policies.sql import quoted
from curation.policies.tiers import Tier, tier_from_word
from curation.policies.words import rule_words
from curation.selectors.policies import default_origin, policy_rules
from curation.selectors.verdicts import stands

VERDICTS = ("any", "none", "sft", "pretrain", "reject", "differs")
SCORED = ("yes", "no")
# What people or an import said of the person; "unknown" asks for clips of which nobody said it.
ATTRIBUTES = ("gender", "age_group", "ethnicity")
UNKNOWN = "unknown"


class BadFilter(RushesError):
    """A filter names a field or value that does not exist."""

    code = "bad_filter"


@dataclass(frozen=True, slots=True)
class ClipFilter:
    """Which clips of a corpus; empty means all current ones that are not withdrawn.

    ``tiers`` are proposed tiers' words; ``rule`` the ordinal of a rule of the active policy that the clip fails
    (``only``: and no other of its tier); ``metric`` with ``low`` and ``high`` (inclusive) a range of one score;
    ``verdict`` one of ``VERDICTS``: settled at all, not yet, as this tier, or otherwise than proposed.
    ``language`` and ``category`` are the clip's or its source's; ``gender``, ``age_group`` and ``ethnicity`` the
    person's attributes as imported or given; each may be ``unknown``.
    """

    tiers: tuple[str, ...] = ()
    branch: str = ""
    language: str = ""
    category: str = ""
    rule: int | None = None
    only: bool = False
    verdict: str = ""
    metric: str = ""
    low: float | None = None
    high: float | None = None
    source: int | None = None
    person: int | None = None
    held: bool = False
    scored: str = ""
    gender: str = ""
    age_group: str = ""
    ethnicity: str = ""

    def __post_init__(self) -> None:
        for word in self.tiers:
            try:
                tier_from_word(word)
            except ValueError as error:
                raise BadFilter(f"tier: {error}") from None
        _one_of("branch", self.branch, Branch.values)
        _one_of("verdict", self.verdict, VERDICTS)
        _one_of("scored", self.scored, SCORED)
        if self.metric and (self.metric not in METRICS or METRICS[self.metric].scope == "pair"):
            raise BadFilter(f"score: no clip metric is called {self.metric!r}")
        if (self.low is not None or self.high is not None) and not self.metric:
            raise BadFilter("score: choose which score the range is of")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise BadFilter(f"score: the range begins at {self.low:g}, above its end {self.high:g}")
        if self.rule is not None and not 0 <= self.rule < 63:
            raise BadFilter(f"rule: {self.rule} is no rule's number")

    @property
    def is_empty(self) -> bool:
        """Whether every clip meets it."""
        return self == ClipFilter()

    def as_dict(self) -> dict[str, Any]:
        """Only what is set, as JSON keeps it; ``filter_from_dict`` reads it back."""
        empty = ClipFilter()
        return {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in asdict(self).items()
            if value != getattr(empty, key)
        }


def filter_from_dict(values: Mapping[str, Any]) -> ClipFilter:
    """The filter kept as JSON; raises ``BadFilter`` for a field that does not exist."""
    known = {field.name for field in fields(ClipFilter)}
    if unknown := set(values) - known:
        raise BadFilter(f"no such filter: {', '.join(sorted(unknown))}; there are {', '.join(sorted(known))}")
    changed = dict(values)
    if "tiers" in changed:
        changed["tiers"] = tuple(changed["tiers"])
    return ClipFilter(**changed)


def filter_from_query(query: Any) -> ClipFilter:
    """The filter in an address (a ``QueryDict``). Unknown parameters are other people's business; bad values raise."""
    return ClipFilter(
        tiers=tuple(dict.fromkeys(word for word in query.getlist("tier") if word)),
        branch=query.get("branch", ""),
        language=query.get("language", "").strip()[:20],
        category=query.get("category", "").strip()[:80],
        rule=_whole("rule", query.get("rule", "")),
        only=query.get("only", "") == "1" and bool(query.get("rule")),
        verdict=query.get("verdict", ""),
        metric=query.get("metric", ""),
        low=_number("score from", query.get("low", "")) if query.get("metric") else None,
        high=_number("score to", query.get("high", "")) if query.get("metric") else None,
        source=_whole("source", query.get("source", "")),
        person=_whole("person", query.get("person", "")),
        held=query.get("held", "") == "1",
        scored=query.get("scored", ""),
        **{name: query.get(name, "").strip()[:60] for name in ATTRIBUTES},
    )


def filter_query(chosen: ClipFilter) -> dict[str, Any]:
    """The filter as parameters of an address, values ready for ``urlencode(…, doseq=True)``."""
    query = chosen.as_dict()
    if "tiers" in query:
        query["tier"] = query.pop("tiers")
    return {key: "1" if value is True else value for key, value in query.items()}


def filter_words(chosen: ClipFilter, rules: RuleList | None) -> list[str]:
    """The filter as short phrases, for headings and manifests."""
    words = []
    if chosen.tiers:
        words.append("proposed " + " or ".join(chosen.tiers))
    if chosen.rule is not None and rules is not None and chosen.rule < len(rules):
        words.append(("fails only " if chosen.only else "fails ") + rule_words(rules.rules[chosen.rule]))
    if chosen.verdict:
        words.append(
            {
                "any": "settled by people",
                "none": "not yet settled",
                "differs": "settled otherwise than proposed",
            }.get(chosen.verdict, f"settled as {chosen.verdict}")
        )
    if chosen.metric:
        spec = METRICS[chosen.metric]
        low = "" if chosen.low is None else f" from {chosen.low:g}"
        high = "" if chosen.high is None else f" to {chosen.high:g}"
        words.append(f"{spec.label}{low}{high}" if low or high else f"{spec.label} measured")
    words += [
        f"{name} {value}"
        for name, value in (
            ("branch", chosen.branch),
            ("language", chosen.language),
            ("category", chosen.category),
            *((name.replace("_", " "), getattr(chosen, name)) for name in ATTRIBUTES),
        )
        if value
    ]
    words += [
        f"{name} {value}"
        for name, value in (("source", chosen.source), ("person", chosen.person))
        if value is not None
    ]
    if chosen.held:
        words.append("held by a report")
    if chosen.scored:
        words.append("scored" if chosen.scored == "yes" else "not scored")
    return words


def subset_words(subset: Subset) -> list[str]:
    """The filter that ``subset`` was frozen by, in the words of the rules that it was frozen under."""
    rules = policy_rules(subset.policy) if subset.policy else None
    return filter_words(filter_from_dict(subset.filter.get("filter", {})), rules)


# The answer that stands on the tier of clip ``c``, else NULL.
_SETTLED = f"(SELECT v.answer FROM curation_verdict v WHERE v.clip_id = c.id AND v.question = 'tier' AND {stands('v')})"


# A clip's own language, else its source's.
LANGUAGE = (
    "coalesce(nullif(c.language, ''), (SELECT o.language FROM curation_source o WHERE o.id = c.source_id))"
)
_CATEGORY = "(SELECT o.category FROM curation_source o WHERE o.id = c.source_id)"


def filter_sql(
    chosen: ClipFilter, corpus: Corpus, policy: Policy | None, rules: RuleList | None
) -> tuple[str, list[Any]]:
    """``(FROM … WHERE …, parameters)`` over clips ``c`` (with proposals ``p`` and scorecards ``s`` where needed).

    Raises ``BadFilter`` where the filter asks for proposals and the corpus has no active policy.
    """
    joins, where = ["curation_clip c"], ["c.corpus_id = %s", "c.is_current", "c.withdrawn_at IS NULL"]
    join_values: list[Any] = []
    values: list[Any] = [corpus.pk]
    if chosen.tiers or chosen.rule is not None or chosen.verdict == "differs":
        if policy is None or rules is None:
            raise BadFilter("tier and rule need an active policy: this corpus has none yet")
        joins.append("JOIN curation_proposal p ON p.clip_id = c.id AND p.policy_id = %s")
        join_values.append(policy.pk)
    if chosen.metric or chosen.scored:
        origin = policy.origin if policy else default_origin(corpus)
        joins.append("LEFT JOIN curation_scorecard s ON s.clip_id = c.id AND s.origin = %s")
        join_values.append(origin)
    if chosen.tiers:
        where.append("p.tier = ANY(%s)")
        values.append([int(tier_from_word(word)) for word in chosen.tiers])
    if chosen.rule is not None and rules is not None:
        if chosen.rule >= len(rules):
            raise BadFilter(f"rule: the active policy has rules 0 to {len(rules) - 1}, not {chosen.rule}")
        bit = 1 << chosen.rule
        if chosen.only:
            # As the funnel counts what is lost to one rule only.
            tier = Tier(rules.rules[chosen.rule].tier)
            own = next(masks for masks in compile_rules(rules).tiers if masks.tier is tier)
            where.append("p.failing & %s = %s AND p.missing & %s = 0")
            values += [own.rules, bit, own.dead | own.doubt]
        else:
            where.append("p.failing & %s <> 0")
            values.append(bit)
    if chosen.verdict in ("none", "any"):
        where.append(f"{_SETTLED} IS {'' if chosen.verdict == 'none' else 'NOT '}NULL")
    elif chosen.verdict == "differs":
        where.append(f"{_SETTLED} <> (ARRAY['undecided', 'reject', 'pretrain', 'sft'])[p.tier + 1]")
    elif chosen.verdict:
        where.append(f"{_SETTLED} = %s")
        values.append(chosen.verdict)
    if chosen.metric:
        column = f"s.{quoted(chosen.metric)}"
        where.append(f"{column} IS NOT NULL")
        for sign, bound in ((">=", chosen.low), ("<=", chosen.high)):
            if bound is not None:
                where.append(f"{column} {sign} %s::real")
                values.append(bound)
    if chosen.scored:
        # By what its index holds: PostgreSQL then sees what it is, and reads no card.
        where.append("s.clip_id IS NOT NULL" if chosen.scored == "yes" else "s.clip_id IS NULL")
    if chosen.branch:
        where.append("c.branch = %s")
        values.append(chosen.branch)
    for column, wanted in ((LANGUAGE, chosen.language), (_CATEGORY, chosen.category)):
        if wanted:
            where.append(f"{column} = %s")
            values.append("" if wanted == UNKNOWN else wanted)
    for name in ATTRIBUTES:
        if wanted := getattr(chosen, name):
            said = f"coalesce((SELECT n.{name} FROM curation_person n WHERE n.id = c.person_id), '')"
            where.append(f"{said} = %s")
            values.append("" if wanted == UNKNOWN else wanted)
    for column, number in (("source_id", chosen.source), ("person_id", chosen.person)):
        if number is not None:
            where.append(f"c.{column} = %s")
            values.append(number)
    if chosen.held:
        where.append("c.held_at IS NOT NULL")
    return f"FROM {' '.join(joins)} WHERE {' AND '.join(where)}", [*join_values, *values]


def _one_of(name: str, value: str, allowed: Any) -> None:
    if value and value not in allowed:
        raise BadFilter(f"{name}: {value!r} is none of {', '.join(allowed)}")


def _number(name: str, text: str) -> float | None:
    if not text.strip():
        return None
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        raise BadFilter(f"{name}: {text!r} is no number") from None
    if value != value or abs(value) > 3.4e38:
        raise BadFilter(f"{name}: {text!r} is no finite number")
    return value


def _whole(name: str, text: str) -> int | None:
    if not text.strip():
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise BadFilter(f"{name}: {text!r} is no whole number")
    return int(text)
