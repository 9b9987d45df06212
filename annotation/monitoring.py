"""What is measured of the review: slots, leases, judgments."""

from __future__ import annotations

from curation.monitoring import Sample, counts, register


def review() -> list[Sample]:
    """Counts over slots and judgments; the latter as the planner knows them, which costs nothing."""
    return [
        *counts(
            "SELECT state, count(*) FROM annotation_slot GROUP BY 1",
            "rushes_review_slots",
            "Places for raters on items.",
            "state",
        ),
        *counts(
            "SELECT count(*) FROM annotation_judgment WHERE received_at > now() - interval '1 hour'",
            "rushes_judgments_last_hour",
            "Judgments received in the last hour.",
        ),
        *counts(
            "SELECT greatest(reltuples, 0) FROM pg_class WHERE relname = 'annotation_judgment'",
            "rushes_judgments_estimate",
            "Judgments in all, by the planner's estimate.",
        ),
    ]


register("annotation", review)
