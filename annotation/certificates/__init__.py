"""Certificates: figures from a blind, drawn sample, the document that states them, and its verification."""

from annotation.certificates.canonical import canonical, digest_of
from annotation.certificates.document import (
    FIXED,
    FORMAT,
    SEQUENCE,
    Settings,
    Unsupported,
    build,
    derive,
)
from annotation.certificates.editions import EDITION, edition_of
from annotation.certificates.figures import Counts, Figures, figures
from annotation.certificates.further import Further, further
from annotation.certificates.procedure import TIER_ACCEPTS, TIER_RANKS, Procedure, Reading, read
from annotation.certificates.records import Cast, Design, DrawnRecord, Stratum, raters_of, record_from
from annotation.certificates.verification import (
    BadDocument,
    Difference,
    Findings,
    findings,
    list_sha256,
    order_key,
    read_document,
    verify,
    verify_list,
)
from annotation.certificates.words import claim, percent, spoilers

__all__ = [
    "EDITION",
    "FIXED",
    "FORMAT",
    "SEQUENCE",
    "TIER_ACCEPTS",
    "TIER_RANKS",
    "BadDocument",
    "Cast",
    "Counts",
    "Design",
    "Difference",
    "DrawnRecord",
    "Figures",
    "Findings",
    "Further",
    "Procedure",
    "Reading",
    "Settings",
    "Stratum",
    "Unsupported",
    "build",
    "canonical",
    "claim",
    "derive",
    "digest_of",
    "edition_of",
    "figures",
    "findings",
    "further",
    "list_sha256",
    "order_key",
    "percent",
    "raters_of",
    "read",
    "read_document",
    "record_from",
    "spoilers",
    "verify",
    "verify_list",
]
