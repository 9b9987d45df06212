"""Tables that the application's database role may add to and read, and nothing else."""

from __future__ import annotations

APPEND_ONLY_TABLES: tuple[str, ...] = (
    "annotation_judgment",
    "curation_activation",
    "curation_auditevent",
    "curation_auditlink",
    "curation_benchmark",
    "curation_benchmarkleak",
    "curation_certificate",
    "curation_exportrecord",
    "curation_personlink",
    "curation_personverdict",
    "curation_policy",
    "curation_resolvedthreshold",
    "curation_rule",
    "curation_splitsource",
    "curation_subsetclip",
    "curation_tracklink",
    "curation_trainingsplit",
    "curation_verdict",
    "curation_withdrawal",
    "curation_withdrawnspan",
)
