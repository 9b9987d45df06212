"""Review, one noun a file."""

from .draw import Draw, DrawItem
from .judgment import Draft, Judgment, JudgmentNote, Report
from .queue import Item, Queue, Slot
from .rater import Rater, RaterIdentity
from .round import Round
from .rubric import Rubric, RubricVersion

__all__ = [
    "Draft",
    "Draw",
    "DrawItem",
    "Item",
    "Judgment",
    "JudgmentNote",
    "Queue",
    "Rater",
    "RaterIdentity",
    "Report",
    "Round",
    "Rubric",
    "RubricVersion",
    "Slot",
]
