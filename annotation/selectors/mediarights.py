"""Which clips a login may watch because it was given them to review."""

from __future__ import annotations

from django.db import connection

from annotation.models import RaterIdentity
from curation.models import Clip, User

_GIVEN = """
WITH about AS (
    SELECT id FROM annotation_item WHERE clip_id = %(clip)s
    UNION ALL
    SELECT i.id FROM curation_dialoguepair p JOIN annotation_item i ON i.pair_id = p.id WHERE p.initiator_id = %(clip)s
    UNION ALL
    SELECT i.id FROM curation_dialoguepair p JOIN annotation_item i ON i.pair_id = p.id WHERE p.responder_id = %(clip)s
    UNION ALL  -- the page of a pair offers the other answers to the same clip
    SELECT i.id FROM curation_dialoguepair p JOIN curation_dialoguepair other USING (initiator_id)
    JOIN annotation_item i ON i.pair_id = other.id WHERE p.responder_id = %(clip)s
    UNION ALL
    SELECT i.id FROM curation_personpair x JOIN annotation_item i ON i.persons_id = x.id WHERE x.first_id = %(person)s
    UNION ALL
    SELECT i.id FROM curation_personpair x JOIN annotation_item i ON i.persons_id = x.id WHERE x.second_id = %(person)s
)
SELECT EXISTS (
    SELECT 1 FROM about a
    WHERE EXISTS (SELECT 1 FROM annotation_slot s WHERE s.item_id = a.id AND s.rater_id = %(rater)s)
       OR EXISTS (SELECT 1 FROM annotation_judgment j WHERE j.item_id = a.id AND j.rater_id = %(rater)s)
       OR EXISTS (
           SELECT 1 FROM annotation_item i JOIN annotation_round r ON r.queue_id = i.queue_id
           JOIN annotation_round_raters m ON m.round_id = r.id
           WHERE i.id = a.id AND r.closed_at IS NOT NULL AND m.rater_id = %(rater)s)
)
"""
# Calibration decided them for everybody who works with the rubric.
_EXAMPLE = """
SELECT EXISTS (
    SELECT 1 FROM annotation_rubricversion v
    WHERE v.examples @> jsonb_build_array(jsonb_build_object('clip', %(clip)s::bigint))
       OR v.examples @> jsonb_build_array(jsonb_build_object('sheet', jsonb_build_array(jsonb_build_array(%(clip)s::bigint))))
       OR EXISTS (
           SELECT 1 FROM curation_dialoguepair p WHERE (p.initiator_id = %(clip)s OR p.responder_id = %(clip)s)
           AND v.examples @> jsonb_build_array(jsonb_build_object('pair', p.id)))
)
"""


def was_given(user: User, clip: Clip) -> bool:
    """Whether an item that shows ``clip`` is or was in this login's hands, or the clip is an example of a rubric."""
    rater = RaterIdentity.objects.filter(user=user).values_list("rater_id", flat=True).first()
    if rater is None:
        return False
    values = {"clip": clip.pk, "person": clip.person_id, "rater": rater}
    with connection.cursor() as cursor:
        for question in (_GIVEN, _EXAMPLE):
            cursor.execute(question, values)
            if cursor.fetchone() == (True,):
                return True
    return False
