"""How a file is opened for reading: in this process, or in the decoding process of `curation.media.child`.

What reads media takes an `Opener` and need not know which. Whoever reads files of others (ingest, workers) passes
`decoder()`; tests and benchmarks on files of their own may read them `HERE`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from fractions import Fraction
from pathlib import Path
from typing import Protocol

from curation.media.decode import FrameRecord, PictureReader, PictureSummary
from curation.media.limits import DEFAULT_LIMITS, DecodeLimits
from curation.media.probe import ProbeResult, probe
from curation.media.sound import SoundBlock, iter_sound


class Pictures(Protocol):
    """A `PictureReader`, wherever it decodes. `average_fps` and `sample_aspect` hold once iterating has begun."""

    summary: PictureSummary

    @property
    def average_fps(self) -> float | None: ...
    @property
    def sample_aspect(self) -> Fraction: ...
    def __iter__(self) -> Iterator[FrameRecord]: ...


class Opener(Protocol):
    """Everything that a media file is read by; the arguments and errors are those of `probe`, `PictureReader` and
    `iter_sound`. While one thread reads pictures, another reads by what `beside` gives."""

    def beside(self) -> Opener: ...

    def probe(self, path: str | Path, *, need_picture: bool = False) -> ProbeResult: ...

    def pictures(
        self,
        path: str | Path,
        *,
        start_s: float | None = None,
        end_s: float | None = None,
        limits: DecodeLimits = DEFAULT_LIMITS,
        threads: int = 2,
    ) -> AbstractContextManager[Pictures]: ...

    def sound(
        self,
        path: str | Path,
        *,
        rate: int | None = None,
        channels: int | None = None,
        block_s: float = 1.0,
        start_s: float | None = None,
        end_s: float | None = None,
        limits: DecodeLimits = DEFAULT_LIMITS,
    ) -> Iterator[SoundBlock]: ...


class Here:
    """Reads in this process: whatever a file breaks, it breaks here."""

    def beside(self) -> Opener:
        """Itself: nothing is shared between two files that are read."""
        return self

    probe = staticmethod(probe)
    pictures = staticmethod(PictureReader)
    sound = staticmethod(iter_sound)


HERE: Opener = Here()
