"""Frames: the set that a draw is taken from, as a filter of allow-listed fields compiled to SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from annotation.errors import BadPlan
from curation.metrics import METRICS
from curation.models import Corpus, Policy
from curation.policies.tiers import tier_from_word
from curation.selectors.verdicts import stands


@dataclass(frozen=True, slots=True)
class Band:
    """Values of a metric from ``low`` to ``high`` (either may be open), of the policy's origin of scores."""

    metric: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class FrameFilter:
    """What belongs to a frame. Everything given must hold; withdrawn, held and retired ones never belong.

    ``tiers`` are proposals of the policy; ``flips_from`` keeps what that earlier policy proposed differently;
    ``without_verdict`` leaves out what people settled on ``question`` already; ``ids`` names clips or pairs one by one;
    ``subset`` keeps the clips of that frozen list.
    """

    tiers: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    sources: tuple[int, ...] = ()
    bands: tuple[Band, ...] = ()
    flips_from: int | None = None
    failing: int | None = None
    without_verdict: str = ""
    ids: tuple[int, ...] = ()
    subset: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """As a draw keeps it: what was asked for, nothing else."""
        found: dict[str, Any] = {}
        for name in ("tiers", "branches", "languages", "sources", "ids"):
            if getattr(self, name):
                found[name] = list(getattr(self, name))
        if self.bands:
            found["bands"] = [{"metric": b.metric, "low": b.low, "high": b.high} for b in self.bands]
        for name in ("flips_from", "failing", "subset"):
            if getattr(self, name) is not None:
                found[name] = getattr(self, name)
        if self.without_verdict:
            found["without_verdict"] = self.without_verdict
        return found


@dataclass(frozen=True, slots=True)
class FrameQuery:
    """``SELECT t.id`` and what is needed beside it; ``text`` follows FROM, ``parameters`` belong to it."""

    text: str
    parameters: list[Any]
    subject: str

    @property
    def tier(self) -> str:
        """The proposal's tier code, NULL where there is none."""
        return "p.tier"


def frame_query(*, corpus: Corpus, policy: Policy | None, subject: str, frame: FrameFilter) -> FrameQuery:
    """``FROM … WHERE …`` over the clips or pairs (alias ``t``) of the frame. Raises ``BadPlan``."""
    pair = subject == "pair"
    table = "curation_dialoguepair" if pair else "curation_clip"
    key = "pair_id" if pair else "clip_id"
    proposals = "curation_pairproposal" if pair else "curation_proposal"
    values: list[Any] = []
    text = [f"{table} t"]
    if policy is not None:
        if policy.subject != subject:
            raise BadPlan(f"policy {policy.number} is about {policy.subject}s, this queue about {subject}s")
        text.append(f"LEFT JOIN {proposals} p ON p.policy_id = %s AND p.{key} = t.id")
        values.append(policy.pk)
    elif frame.tiers or frame.flips_from is not None or frame.failing is not None:
        raise BadPlan("tiers and flips need a policy; activate one first")
    else:
        text.append("CROSS JOIN (SELECT NULL::smallint AS tier) p")
    where = ["t.corpus_id = %s", "t.withdrawn_at IS NULL", "t.is_current"]
    values_where: list[Any] = [corpus.pk]
    if pair:
        where.append(
            "NOT EXISTS (SELECT 1 FROM curation_clip c WHERE c.id IN (t.initiator_id, t.responder_id)"
            " AND (c.withdrawn_at IS NOT NULL OR c.held_at IS NOT NULL OR NOT c.is_current))"
        )
    else:
        where.append("t.held_at IS NULL")
    _narrow(frame, subject, proposals, key, policy, where, values_where)
    return FrameQuery(f"{' '.join(text)} WHERE {' AND '.join(where)}", [*values, *values_where], subject)


def _narrow(
    frame: FrameFilter,
    subject: str,
    proposals: str,
    key: str,
    policy: Policy | None,
    where: list[str],
    values: list[Any],
) -> None:
    def among(column: str, wanted: Sequence[Any]) -> None:
        where.append(f"{column} = ANY(%s)")
        values.append(list(wanted))

    if frame.tiers:
        try:
            codes = [int(tier_from_word(word)) for word in frame.tiers]
        except ValueError as error:
            raise BadPlan(str(error)) from None
        among("p.tier", codes)
    if frame.ids:
        among("t.id", frame.ids)
    if frame.sources:
        among("t.source_id", frame.sources)
    if subject == "clip":
        if frame.branches:
            among("t.branch", frame.branches)
        if frame.languages:
            among("t.language", frame.languages)
        if frame.subset is not None:
            where.append("t.id IN (SELECT m.clip_id FROM curation_subsetclip m WHERE m.subset_id = %s)")
            values.append(frame.subset)
    if frame.flips_from is not None:
        where.append(
            f"EXISTS (SELECT 1 FROM {proposals} o WHERE o.policy_id = %s AND o.{key} = t.id AND o.tier <> p.tier)"
        )
        values.append(frame.flips_from)
    if frame.failing is not None:
        where.append("(p.failing >> %s) & 1 = 1")
        values.append(frame.failing)
    if frame.without_verdict:
        where.append(
            f"NOT EXISTS (SELECT 1 FROM curation_verdict v WHERE v.{key} = t.id AND v.question = %s AND {stands('v')})"
        )
        values.append(frame.without_verdict)
    for band in frame.bands:
        _band(band, subject, key, policy, where, values)


def _band(
    band: Band, subject: str, key: str, policy: Policy | None, where: list[str], values: list[Any]
) -> None:
    if band.metric not in METRICS:
        raise BadPlan(f"no metric is called {band.metric!r}")
    cards = "curation_pairscorecard" if subject == "pair" else "curation_scorecard"
    bounds = [
        (f"s.{band.metric} >= %s::real", band.low),
        (f"s.{band.metric} <= %s::real", band.high),
    ]
    conditions = [text for text, value in bounds if value is not None] or [f"s.{band.metric} IS NOT NULL"]
    where.append(
        f"EXISTS (SELECT 1 FROM {cards} s WHERE s.{key} = t.id AND s.origin = %s AND {' AND '.join(conditions)})"
    )
    values.append(policy.origin if policy else "measured")
    values.extend(value for _, value in bounds if value is not None)


def filter_from(document: Mapping[str, Any]) -> FrameFilter:
    """A filter as a form or a command gives it; unknown fields raise ``BadPlan``."""
    known = set(FrameFilter.__dataclass_fields__)
    unknown = sorted(set(document) - known)
    if unknown:
        raise BadPlan(f"a frame knows no {', '.join(unknown)}; it knows {', '.join(sorted(known))}")
    found = dict(document)
    found["bands"] = tuple(Band(**band) for band in found.get("bands", ()))
    for name in ("tiers", "branches", "languages", "sources", "ids"):
        found[name] = tuple(found.get(name, ()))
    return FrameFilter(**found)
