"""Judged clips as evidence about a draft: what people settled, and how each clip came to be judged."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from annotation.estimation import Measure, Undefined, proportion, weighted_share
from annotation.models import Judgment
from curation.analytics.schema import KEY, LENGTH, USABLE
from curation.analytics.table import Table
from curation.models import Corpus, Verdict
from curation.policies.numpy_engine import decide_columns
from curation.policies.rules import RuleList
from curation.policies.tiers import Tier, tier_from_word

EVIDENCE: tuple[str, ...] = ("drawn", "all")


@dataclass(frozen=True, slots=True)
class Audit:
    """The blind audit of the whole corpus with the most settled items: the evidence that speaks for all clips."""

    queue: int
    name: str
    items: int
    settled: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """Settled clips that the snapshot knows; arrays of one length. ``probability`` is NaN where none was drawn for
    the audit. ``rows`` are places in ``table``."""

    table: Table
    rows: NDArray[np.int64]
    clip_ids: NDArray[np.int64]
    verdict: NDArray[np.int8]
    blind: NDArray[np.bool_]
    probability: NDArray[np.float64]
    stratum: NDArray[Any]
    audit: Audit | None

    def __len__(self) -> int:
        return len(self.rows)

    def column(self, name: str) -> NDArray:
        """The metric's values of the judged clips; NaN where not measured."""
        return self.table.take(name, self.rows)

    def drawn(self) -> Evidence:
        """Only what the audit drew."""
        return self._only(~np.isnan(self.probability))

    def _only(self, keep: NDArray[np.bool_]) -> Evidence:
        return Evidence(
            self.table,
            self.rows[keep],
            self.clip_ids[keep],
            self.verdict[keep],
            self.blind[keep],
            self.probability[keep],
            self.stratum[keep],
            self.audit,
        )


@dataclass(frozen=True, slots=True)
class Quality:
    """Precision and recall of a policy for one cut, from judged clips."""

    precision: Measure
    recall: Measure


def tiers_under(evidence: Evidence, rules: RuleList) -> NDArray[np.int8]:
    """What ``rules`` (resolved) propose for each judged clip."""
    return decide_columns(rules, {name: evidence.column(name) for name in rules.metrics}).tier


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
        return Undefined(
            "no audit of the whole corpus was drawn and settled" if weighted else "nothing was judged"
        )
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
        cursor.execute(_VERDICTS, {"corpus": corpus.pk, "queue": audit.queue if audit else None})
        found = cursor.fetchall()
    ids = np.array([row[0] for row in found], np.int64)
    rows = rows_of(table, ids)
    keep = rows >= 0
    return Evidence(
        table,
        rows[keep],
        ids[keep],
        np.array([int(tier_from_word(row[1])) for row in found], np.int8)[keep],
        np.array([row[2] for row in found], bool)[keep],
        np.array([np.nan if row[3] is None else row[3] for row in found], np.float64)[keep],
        np.array([row[4] or "" for row in found], object)[keep],
        audit,
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


def lengths_of(evidence: Evidence) -> NDArray[np.float64]:
    """The judged clips' lengths in microseconds."""
    return evidence.table.take(LENGTH, evidence.rows)


_VERDICTS = """
SELECT verdict.clip_id, verdict.answer, verdict.blind, drawn.probability, drawn.stratum
FROM curation_verdict verdict
LEFT JOIN (
    SELECT item.clip_id, max(chosen.inclusion_probability) AS probability, max(chosen.stratum) AS stratum
    FROM annotation_item item JOIN annotation_drawitem chosen ON chosen.id = item.draw_item_id
    WHERE item.queue_id = %(queue)s AND item.state = 'settled' GROUP BY 1
) drawn ON drawn.clip_id = verdict.clip_id
WHERE verdict.corpus_id = %(corpus)s AND verdict.question = 'tier' AND verdict.clip_id IS NOT NULL
  AND verdict.answer IN ('sft', 'pretrain', 'reject')
  AND NOT EXISTS (SELECT 1 FROM curation_verdict later WHERE later.supersedes_id = verdict.id)
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
