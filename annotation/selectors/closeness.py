"""How close clips lie to the thresholds of their policy, as weights that a draw turns into chances."""

from __future__ import annotations

from django.db import connection

from annotation.errors import BadPlan
from annotation.services.frames import FrameFilter, frame_query
from curation.models import Corpus, Policy
from curation.selectors.policies import policy_rules


def closeness_priority(
    *, corpus: Corpus, policy: Policy, band: float = 0.15, frame: FrameFilter | None = None
) -> dict[int, float]:
    """Id → weight in (0, 1], for ``draw_make(priority=…)``: 1 at a threshold, falling evenly to 0 at the band's edge.

    The nearest threshold counts. ``band`` is a share of the threshold's size (of 0: ``band`` itself), as in a study.
    Clips outside every band, and clips of which nothing was measured, are not named: they are at the draw's floor.
    Raises ``BadPlan`` for a policy without a threshold.
    """
    if not 0 < band <= 1:
        raise BadPlan("the band lies above 0 and at most 1, as a share of the threshold")
    edges = {
        (rule.metric, edge)
        for rule in policy_rules(policy)
        for edge in (rule.low, rule.high)
        if edge is not None
    }
    if not edges:
        raise BadPlan(f"policy {policy.number} has no threshold to be close to")
    distances, values = [], []
    for metric, edge in sorted(edges):
        distances.append(f"abs(s.{metric}::float8 - %s) / %s")
        values += [edge, abs(edge) * band or band]
    subject = str(policy.subject)
    query = frame_query(corpus=corpus, policy=policy, subject=subject, frame=frame or FrameFilter())
    cards, key = (
        ("curation_pairscorecard", "pair_id") if subject == "pair" else ("curation_scorecard", "clip_id")
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, 1 - distance FROM (SELECT s.{key} AS id, least({', '.join(distances)}) AS distance"
            f" FROM (SELECT t.id FROM {query.text}) f JOIN {cards} s ON s.{key} = f.id AND s.origin = %s) d"
            " WHERE distance < 1",
            [*values, *query.parameters, policy.origin],
        )
        return dict(cursor.fetchall())
