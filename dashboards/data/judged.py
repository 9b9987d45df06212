"""Judged clips as evidence about a draft: what people settled, and how each clip came to be judged."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from annotation.estimation import Measure, Undefined, proportion, weighted_share
from annotation.models import Judgment, Queue
from annotation.selectors.drawn import DrawnSample, drawn_sample
from curation.analytics.schema import KEY, USABLE
from curation.analytics.table import Table
from curation.models import Corpus, Verdict
from curation.policies.numpy_engine import decide_columns
from curation.policies.rules import RuleList
from curation.policies.tiers import Tier, tier_from_word
from curation.selectors.verdicts import stands

EVIDENCE: tuple[str, ...] = ("drawn", "all")


@dataclass(frozen=True, slots=True)
class Audit:
    """The blind audit of the whole corpus with the most settled items: the evidence that speaks for all clips.

    ``skipped`` clips at the head of its order could not be judged; ``beyond`` settled ones wait for the first open one.
    """

    queue: int
    name: str
    items: int
    settled: int
    skipped: int = 0
    beyond: int = 0

    def left_out(self) -> str:
        """What of its settled clips does not count where it speaks for the corpus, and why; "" for nothing."""
        said = []
        if self.skipped:
            said.append(
                f"{self.skipped:,} could not be judged and are left out; the audit’s page counts them worst-case."
            )
        if self.beyond:
            wait = "waits" if self.beyond == 1 else "wait"
            said.append(f"{self.beyond:,} settled later in the drawn order {wait} for the first open one.")
        return " ".join(said)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Settled clips that the snapshot knows; arrays of one length. ``rows`` are places in ``table``.

    ``probability`` in (0, 1] and ``split`` (tune, certify or None) belong to the audit's draw: NaN and None where the
    clips came by other ways. ``sample`` is what the audit drew, by the longest settled prefix of its order.
    """

    table: Table
    rows: NDArray[np.int64]
    clip_ids: NDArray[np.int64]
    verdict: NDArray[np.int8]
    blind: NDArray[np.bool_]
    probability: NDArray[np.float64]
    stratum: NDArray[Any]
    split: NDArray[Any]
    audit: Audit | None
    sample: Evidence | None = None
    why_none: str = ""

    def __len__(self) -> int:
        return len(self.rows)

    def column(self, name: str) -> NDArray:
        """The metric's values of the judged clips; NaN where not measured."""
        return self.table.take(name, self.rows)

    def drawn(self) -> Evidence:
        """Only what the audit drew; ``why_none`` says why that is nothing."""
        return self if self.sample is None else self.sample


@dataclass(frozen=True, slots=True)
class Quality:
    """Precision and recall of a policy for one cut, from judged clips."""

    precision: Measure
    recall: Measure


def tiers_under(evidence: Evidence, rules: RuleList) -> NDArray[np.int8]:
    """What ``rules`` (resolved) propose for each judged clip."""
    return decide_columns(rules, {name: evidence.column(name) for name in rules.metrics}).tier


def passes_others(evidence: Evidence, rules: RuleList, ordinal: int) -> NDArray[np.bool_]:
    """Which judged clips keep every other rule of the tier that this rule belongs to; an unmeasured one is not kept."""
    passes = np.ones(len(evidence), bool)
    for other, each in rules.of_tier(rules.rules[ordinal].tier):
        if other == ordinal:
            continue
        values = evidence.column(each.metric)
        inside = np.ones(len(evidence), bool)
        if each.low is not None:
            inside &= values >= np.float32(each.low)
        if each.high is not None:
            inside &= values <= np.float32(each.high)
        passes &= (inside != (each.operator == "outside")) & ~np.isnan(values)
    return passes


def quality(evidence: Evidence, tiers: NDArray[np.int8], cut: Tier, *, weighted: bool) -> Quality:
    """Of what is kept at ``cut`` or better, the share that people accept; and of what they accept, the share kept.

    ``weighted``: by inclusion probability, so that it speaks for the corpus; else bare shares of judged clips.
    Clips that the policy leaves undecided are not kept.
    """
    kept, accepted = tiers >= int(cut), evidence.verdict >= int(cut)
    return Quality(
        _share(evidence, accepted, kept, weighted, "no judged clip is kept"),
        _share(evidence, kept, accepted, weighted, "people accepted no judged clip"),
    )


def _share(
    evidence: Evidence, top: NDArray[np.bool_], base: NDArray[np.bool_], weighted: bool, why: str
) -> Measure:
    if not len(evidence):
        return Undefined((evidence.why_none or _NO_AUDIT) if weighted else "nothing was judged")
    if not base.any():
        return Undefined(why)
    if not weighted:
        return proportion(int((top & base).sum()), int(base.sum()))
    strata = evidence.stratum if len(set(evidence.stratum.tolist())) > 1 else None
    if strata is None and np.ptp(evidence.probability) < 1e-12:
        return proportion(int((top & base).sum()), int(base.sum()))
    return weighted_share(
        (top & base).astype(float),
        base.astype(float),
        evidence.probability,
        strata=None if strata is None else strata.tolist(),
    )


_kept: OrderedDict[tuple[Any, ...], Evidence] = OrderedDict()


def evidence_of(corpus: Corpus, table: Table) -> Evidence:
    """Every settled clip of the corpus, from the database as it is now; kept while nothing new is said."""
    newest = (
        Judgment.objects.filter(corpus=corpus, question="tier").order_by("-received_at").values_list("pk")[:1]
    )
    verdict = Verdict.objects.filter(corpus=corpus, question="tier").order_by("-id").values_list("pk")[:1]
    key = (corpus.pk, id(table), table.generation, newest.first(), verdict.first())
    found = _kept.get(key)
    if found is None:
        found = _kept[key] = _read(corpus, table)
        while len(_kept) > 4:
            _kept.popitem(last=False)
    return found


def _read(corpus: Corpus, table: Table) -> Evidence:
    audit = audit_of(corpus)
    with connection.cursor() as cursor:
        cursor.execute(_VERDICTS, {"corpus": corpus.pk})
        found = cursor.fetchall()
    count = len(found)
    return _evidence(
        table,
        np.array([row[0] for row in found], np.int64),
        np.array([int(tier_from_word(row[1])) for row in found], np.int8),
        np.array([row[2] for row in found], bool),
        np.full(count, np.nan),
        np.full(count, "", object),
        np.full(count, None, object),
        *_sample(audit, table),
    )


def _sample(audit: Audit | None, table: Table) -> tuple[Audit | None, Evidence]:
    """The audit with what its prefix leaves out, and what it drew."""
    found = Undefined(_NO_AUDIT) if audit is None else drawn_sample(Queue.objects.get(pk=audit.queue))
    if isinstance(found, Undefined):
        return audit, _of_sample(DrawnSample((), 0, 0), table, audit, found.reason)
    assert audit is not None
    told = replace(audit, skipped=found.skipped, beyond=found.beyond)
    why = "" if found.verdicts else "no clip at the head of its order is settled yet"
    return told, _of_sample(found, table, told, why)


def _of_sample(sample: DrawnSample, table: Table, audit: Audit | None, why: str) -> Evidence:
    rows = sorted(sample.verdicts, key=lambda one: one.clip)
    return _evidence(
        table,
        np.array([one.clip for one in rows], np.int64),
        np.array([int(one.tier) for one in rows], np.int8),
        np.ones(len(rows), bool),
        np.array([one.probability for one in rows], np.float64),
        np.array([one.stratum for one in rows], object),
        np.array([one.split for one in rows], object),
        audit,
        None,
        why,
    )


def _evidence(
    table: Table,
    ids: NDArray[np.int64],
    verdict: NDArray[np.int8],
    blind: NDArray[np.bool_],
    probability: NDArray[np.float64],
    stratum: NDArray[Any],
    split: NDArray[Any],
    audit: Audit | None,
    sample: Evidence | None,
    why: str = "",
) -> Evidence:
    rows = rows_of(table, ids)
    keep = rows >= 0
    return Evidence(
        table,
        rows[keep],
        ids[keep],
        verdict[keep],
        blind[keep],
        probability[keep],
        stratum[keep],
        split[keep],
        audit,
        sample,
        why,
    )


def evidence_for(corpus: Corpus | None, asked: str | None) -> str:
    """Which verdicts to read: as asked; else those drawn at random if there are any, and all otherwise."""
    if asked in EVIDENCE:
        return asked
    return "drawn" if corpus is not None and audit_of(corpus) is not None else "all"


def audit_of(corpus: Corpus) -> Audit | None:
    """The blind audit, drawn at random from the whole corpus, of which most is settled."""
    with connection.cursor() as cursor:
        cursor.execute(_AUDIT, [corpus.pk])
        found = cursor.fetchone()
    return Audit(*found) if found else None


def rows_of(table: Table, ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """The place of each clip in the table; −1 for one that it does not hold or that does not count."""
    found = np.full(len(ids), -1, np.int64)
    for chunk in table.chunks:
        keys = chunk.column(KEY)
        if not len(keys) or not len(ids):
            continue
        at = np.minimum(np.searchsorted(keys, ids), len(keys) - 1)
        here = (keys[at] == ids) & (chunk.column(USABLE)[at] != 0)
        found[here] = at[here] + chunk.offset
    return found


_NO_AUDIT = "no audit of the whole corpus was drawn and settled"
_VERDICTS = f"""
SELECT verdict.clip_id, verdict.answer, verdict.blind
FROM curation_verdict verdict
WHERE verdict.corpus_id = %(corpus)s AND verdict.question = 'tier' AND verdict.clip_id IS NOT NULL
  AND verdict.answer IN ('sft', 'pretrain', 'reject')
  AND {stands("verdict")}
ORDER BY verdict.clip_id
"""
_AUDIT = """
SELECT queue.id, queue.name, count(*), count(*) FILTER (WHERE item.state = 'settled')
FROM annotation_queue queue
JOIN annotation_draw draw ON draw.id = queue.draw_id
JOIN annotation_item item ON item.queue_id = queue.id AND item.clip_id IS NOT NULL
WHERE queue.corpus_id = %s AND queue.kind = 'audit' AND queue.blind
  AND draw.design IN ('simple', 'stratified', 'poisson', 'census') AND draw.frame - 'subject' = '{}'::jsonb
GROUP BY 1, 2 HAVING count(*) FILTER (WHERE item.state = 'settled') > 0
ORDER BY 4 DESC, 1 DESC LIMIT 1
"""
