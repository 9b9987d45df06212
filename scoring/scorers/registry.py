"""Every scorer there is, by name, in the order in which scorecards list them.

The list is explicit: a scorer is added by naming its module here. Modules are imported when first asked for,
so that a web process that only shows names loads no model code.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

from scoring.scorers.base import Scorer

# name → "module:class"; the class is made without arguments.
PICTURE: dict[str, str] = {
    "probe": "scoring.scorers.probe:Probe",
    "shots": "scoring.scorers.shots:Shots",
    "image_quality": "scoring.scorers.image_quality:ImageQuality",
    "dover": "scoring.scorers.dover:Dover",
    "motion": "scoring.scorers.motion:Motion",
    "cotracker": "scoring.scorers.cotracker:CoTracker",
    "head_detail": "scoring.scorers.head_detail:HeadDetail",
    "people": "scoring.scorers.people:People",
    "identity": "scoring.scorers.identity:Identity",
}
SOUND: dict[str, str] = {
    "speech": "scoring.scorers.speech:Speech",
    "whisper": "scoring.scorers.whisper:Whisper",
    "subtitles": "scoring.scorers.subtitles:Subtitles",
    "lr_asd": "scoring.scorers.lr_asd:LrAsdScorer",
    "mouth_voice": "scoring.scorers.mouth_voice:MouthVoice",
}
LOCATIONS: dict[str, str] = PICTURE | SOUND


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether a scorer can measure on this machine, and why not. ``reason`` is empty if it can."""

    name: str
    available: bool
    reason: str = ""


_made: dict[str, Scorer] = {}


def names() -> tuple[str, ...]:
    """All scorers' names, in order."""
    return tuple(LOCATIONS)


def scorer(name: str) -> Scorer:
    """The one scorer of this process called ``name``; raises ``KeyError`` naming those that exist."""
    if name not in _made:
        try:
            module, _, cls = LOCATIONS[name].partition(":")
        except KeyError:
            raise KeyError(f"no scorer is called {name!r}; there are {', '.join(LOCATIONS)}") from None
        _made[name] = getattr(import_module(module), cls)()
    return _made[name]


def scorers(only: tuple[str, ...] | None = None) -> tuple[Scorer, ...]:
    """All scorers, or those named, in the registry's order. Raises ``KeyError`` for an unknown name."""
    if only is not None:
        for name in only:
            scorer(name)
    return tuple(scorer(name) for name in names() if only is None or name in only)


def availability() -> tuple[Availability, ...]:
    """Each scorer with whether it can measure here; loads no model."""
    found = []
    for name in names():
        missing = scorer(name).available()
        found.append(Availability(name, missing is None, "" if missing is None else missing.reason))
    return tuple(found)
