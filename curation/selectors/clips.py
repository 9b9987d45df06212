"""One clip in full: its scores against the thresholds, why it is where it is, and what people said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from curation.errors import Gone, NotFound
from curation.metrics import GROUPS, METRICS, MetricSpec, clip_metrics
from curation.models import Clip, Policy, Proposal, Rendition, Scorecard, ScorerBuild, Verdict
from curation.models.verdict import REOPENED
from curation.policies.evaluate import Decision
from curation.policies.rules import RuleList
from curation.policies.tiers import Tier
from curation.policies.words import Explanation, condition, explain, missing_reason
from curation.selectors.policies import policy_rules


@dataclass(frozen=True, slots=True)
class Held:
    """A rule held against a value: ``passes`` is None where the value is not measured."""

    ordinal: int
    tier: Tier
    words: str
    passes: bool | None


@dataclass(frozen=True, slots=True)
class Score:
    """One metric of a clip: its value, or why there is none, and the rules that read it.

    ``at`` and ``marks`` place the value and its thresholds from 0 to 1000 along the metric's range, for a bar;
    None where the metric has no natural range.
    """

    spec: MetricSpec
    value: float | None
    state: str
    reason: str
    build: str
    held: tuple[Held, ...]
    at: float | None = None
    marks: tuple[float, ...] = ()

    @property
    def weight(self) -> int:
        """How much it explains the tier: 2 fails a rule or is unknown to one, 1 passes, 0 no rule reads it."""
        return max((1 if held.passes else 2 for held in self.held), default=0)


@dataclass(frozen=True, slots=True)
class ScoreGroup:
    """The scores of one group of the catalogue, those that explain the tier first."""

    name: str
    scores: list[Score]

    @property
    def weight(self) -> int:
        """The weight of its heaviest score."""
        return max(score.weight for score in self.scores)


@dataclass(frozen=True, slots=True)
class Scored:
    """A scorecard of one origin, in groups, those that explain the tier first; ``quiet`` scores are neither measured nor ruled."""

    origin: str
    card: Scorecard
    groups: list[ScoreGroup]
    quiet: list[Score]
    builds: list[tuple[str, ScorerBuild]]


@dataclass(frozen=True, slots=True)
class ClipDetail:
    """Everything that the clip page shows. ``lacking``: scorers without which the tier cannot be told, and why."""

    clip: Clip
    policy: Policy | None
    tier: Tier | None
    explanation: Explanation | None
    scored: list[Scored]
    verdicts: list[Verdict]
    renditions: dict[str, Rendition]
    lacking: list[tuple[str, str]]
    previous_id: int | None
    next_id: int | None

    @property
    def verdict(self) -> Verdict | None:
        """The verdict in force on the tier."""
        standing = (each for each in self.verdicts if each.question == "tier" and each.is_latest)  # type: ignore[attr-defined]
        return next((each for each in standing if each.method != REOPENED), None)


def clip_get(pk: int) -> Clip:
    """The clip; raises ``NotFound``, and ``Gone`` if it, its source or its person was withdrawn."""
    clip = (
        Clip.objects.select_related("corpus__active_policy", "source", "recipe", "shot", "track", "person")
        .filter(pk=pk)
        .first()
    )
    if clip is None:
        raise NotFound(f"there is no clip {pk}")
    left = clip.withdrawn_at or clip.source.withdrawn_at or (clip.person and clip.person.withdrawn_at)
    if left:
        raise Gone(f"Clip {pk} was withdrawn on {left:%d %B %Y}, with its source or with a person in it.")
    return clip


def clip_detail(clip: Clip) -> ClipDetail:
    """Scores of every origin against the active policy, verdicts newest first, neighbours within the source."""
    policy = clip.corpus.active_policy
    rules = policy_rules(policy) if policy else None
    cards = list(clip.scorecards.select_related("provenance").order_by("origin"))
    scored = [_scored(card, rules if policy and card.origin == policy.origin else None) for card in cards]
    scored.sort(key=lambda each: (policy is None or each.origin != policy.origin, each.origin))
    tier = explanation = None
    lacking: dict[str, str] = {}
    if policy and rules:
        proposal = Proposal.objects.filter(policy_id=policy.pk, clip_id=clip.pk).first()
        if proposal:
            tier = Tier(proposal.tier)
            card = next((each for each in cards if each.origin == policy.origin), None)
            statuses = card.provenance.statuses if card and card.provenance else {}
            explanation = explain(
                rules,
                Decision(tier, proposal.failing, proposal.missing),
                {name: getattr(card, name) if card else None for name in rules.metrics},
                statuses,
            )
            if tier is Tier.UNDECIDED:
                lacking = {
                    line.scorer: missing_reason(line.scorer, statuses.get(line.scorer))[1]
                    for line in explanation.unknown
                }
    verdicts = list(clip.verdicts.order_by("-id"))
    superseded = {each.supersedes_id for each in verdicts}
    for each in verdicts:
        each.is_latest = each.pk not in superseded  # type: ignore[attr-defined]
    siblings = Clip.objects.filter(source=clip.source_id, is_current=True, withdrawn_at=None)
    return ClipDetail(
        clip=clip,
        policy=policy,
        tier=tier,
        explanation=explanation,
        scored=scored,
        verdicts=verdicts,
        renditions={each.kind: each for each in clip.renditions.all()},
        lacking=list(lacking.items()),
        previous_id=siblings.filter(pk__lt=clip.pk).order_by("-pk").values_list("pk", flat=True).first(),
        next_id=siblings.filter(pk__gt=clip.pk).order_by("pk").values_list("pk", flat=True).first(),
    )


def _scored(card: Scorecard, rules: RuleList | None) -> Scored:
    statuses: dict[str, Any] = card.provenance.statuses if card.provenance else {}
    wanted = {status.get("build") for status in statuses.values() if status.get("build")}
    builds = ScorerBuild.objects.in_bulk(wanted)
    scores = [_score(spec, card, statuses.get(spec.scorer), builds, rules) for spec in clip_metrics()]
    shown = [score for score in scores if score.value is not None or score.held]
    groups = [
        ScoreGroup(group, sorted(own, key=lambda score: -score.weight))
        for group in GROUPS
        if (own := [score for score in shown if score.spec.group == group])
    ]
    groups.sort(key=lambda group: -group.weight)
    quiet = [score for score in scores if score.value is None and not score.held]
    made_by = [
        (scorer, builds[status["build"]])
        for scorer, status in statuses.items()
        if status.get("build") in builds
    ]
    return Scored(card.origin, card, groups, quiet, sorted(made_by, key=lambda pair: pair[0]))


def _score(
    spec: MetricSpec,
    card: Scorecard,
    status: dict[str, Any] | None,
    builds: dict[int, ScorerBuild],
    rules: RuleList | None,
) -> Score:
    value: float | None = getattr(card, spec.name)
    state, reason = ("measured", "") if value is not None else missing_reason(spec.scorer, status, spec.name)
    build = builds.get((status or {}).get("build") or 0)
    own = [(i, rule) for i, rule in enumerate(rules) if rule.metric == spec.name] if rules else []
    held = tuple(
        Held(i, rule.tier, condition(rule), None if value is None else rule.accepts(value)) for i, rule in own
    )
    thresholds = [edge for _, rule in own for edge in (rule.low, rule.high) if edge is not None]
    at, marks = _places(spec, value, thresholds)
    return Score(spec, value, state, reason, str(build) if build else "", held, at, marks)


def _places(
    spec: MetricSpec, value: float | None, thresholds: list[float]
) -> tuple[float | None, tuple[float, ...]]:
    """Where value and thresholds lie along the bar; scores without a lower bound are drawn from 0."""
    high = spec.high
    if high is None:
        high = max([*(2 * edge for edge in thresholds), value or 0.0], default=0.0) if thresholds else None
    if high is None or not thresholds:
        return None, ()
    low = min(spec.low if spec.low is not None else 0.0, *thresholds)
    if spec.low is None and spec.high is not None and spec.high <= 0:
        low = min(2 * min(thresholds), value or 0.0)
    span = high - low
    if span <= 0:
        return None, ()

    def place(number: float) -> float:
        return round(1000 * min(1.0, max(0.0, (number - low) / span)), 1)

    return (None if value is None else place(value)), tuple(sorted({place(edge) for edge in thresholds}))


METRIC_CHOICES: tuple[tuple[str, list[MetricSpec]], ...] = tuple(
    (group, [spec for spec in METRICS.values() if spec.group == group and spec.scope != "pair"])
    for group in GROUPS
    if group != "pairs"
)
