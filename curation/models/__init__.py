"""The facts, one noun a file."""

from .benchmark import Benchmark, BenchmarkLeak, PictureHash, SplitSource, TrainingSplit
from .clip import Branch, Clip, DialoguePair, DroppedSpan, Recipe
from .corpus import Corpus
from .export import Certificate, ExportJob, ExportRecord, Subset, SubsetClip
from .footage import Person, SeriesFile, Shot, Track, Turn
from .freezing import FreezeJob
from .identity import PersonLink, PersonPair, PersonVerdict, TrackLink
from .ingest import IngestJob
from .manifest import ManifestFault, ManifestImport
from .policy import Activation, ActivationJob, PairProposal, Policy, Proposal, ResolvedThreshold, Rule
from .record import AuditEvent, AuditLink, AuditOrigin, Purge, Withdrawal, WithdrawnSpan
from .rendition import Rendition
from .saved import SavedFilter
from .scorecard import MEASURED, PairScorecard, Provenance, Scorecard, ScorerBuild
from .signin import Invitation, SignInAttempt, UserSession
from .source import RefusedFile, Source
from .token import ApiToken
from .user import Role, User
from .verdict import Verdict
from .work import ScoringTarget

__all__ = [
    "MEASURED",
    "Activation",
    "ActivationJob",
    "ApiToken",
    "AuditEvent",
    "AuditLink",
    "AuditOrigin",
    "Benchmark",
    "BenchmarkLeak",
    "Branch",
    "Certificate",
    "Clip",
    "Corpus",
    "DialoguePair",
    "DroppedSpan",
    "ExportJob",
    "ExportRecord",
    "FreezeJob",
    "IngestJob",
    "Invitation",
    "ManifestFault",
    "ManifestImport",
    "PairProposal",
    "PairScorecard",
    "Person",
    "PersonLink",
    "PersonPair",
    "PersonVerdict",
    "PictureHash",
    "Policy",
    "Proposal",
    "Provenance",
    "Purge",
    "Recipe",
    "RefusedFile",
    "Rendition",
    "ResolvedThreshold",
    "Role",
    "Rule",
    "SavedFilter",
    "Scorecard",
    "ScorerBuild",
    "ScoringTarget",
    "SeriesFile",
    "Shot",
    "SignInAttempt",
    "Source",
    "SplitSource",
    "Subset",
    "SubsetClip",
    "Track",
    "TrackLink",
    "TrainingSplit",
    "Turn",
    "User",
    "UserSession",
    "Verdict",
    "Withdrawal",
    "WithdrawnSpan",
]
