"""Making files out of a source (previews, posters, outlines, cuts) in the limited process, decoding and encoding alike.

Drop-ins for `make_rendition`, `make_poster`, `make_waveform` and `cut_media`; `maker()` gives the one of this process.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from curation.media.child import ChildLimits, Decoder, named
from curation.media.cut import Cut
from curation.media.limits import DEFAULT_LIMITS, DecodeLimits
from curation.media.picturehash import PictureHashes
from curation.media.regions import Region
from curation.media.rendition import Quality, Rendition
from curation.media.thumbnail import Still
from curation.media.waveform import Waveform

MAKER_LIMITS = ChildLimits(file_bytes=8 * 1024**3, silence_s=300.0, cpu_s=3600)


class Maker(Decoder):
    """A decoding process that may also write the one file that it is asked for, up to `file_bytes`."""

    def __init__(self, limits: ChildLimits | None = None) -> None:
        super().__init__(limits or MAKER_LIMITS)

    def rendition(
        self,
        source: str | Path,
        target: Path,
        *,
        start_s: float,
        end_s: float,
        region: Region | None = None,
        quality: Quality = "preview",
        limits: DecodeLimits = DEFAULT_LIMITS,
    ) -> Rendition:
        """As `make_rendition`."""
        made = self._make("rendition", source, target, start_s, end_s, region, limits, quality=quality)
        return Rendition(**made | {"path": target})

    def poster(
        self,
        source: str | Path,
        target: Path,
        *,
        start_s: float,
        end_s: float,
        region: Region | None = None,
        limits: DecodeLimits = DEFAULT_LIMITS,
    ) -> Still:
        """As `make_poster`."""
        made = self._make("poster", source, target, start_s, end_s, region, limits)
        return Still(**made | {"path": target})

    def waveform(
        self, source: str | Path, *, start_s: float, end_s: float, limits: DecodeLimits = DEFAULT_LIMITS
    ) -> Waveform:
        """As `make_waveform`."""
        return Waveform(**self._make("waveform", source, None, start_s, end_s, None, limits))

    def cut(
        self,
        source: str | Path,
        target: Path,
        *,
        start_s: float,
        end_s: float,
        region: Region | None = None,
        copy: bool = True,
        limits: DecodeLimits = DEFAULT_LIMITS,
    ) -> Cut:
        """As `cut_media`."""
        made = self._make("cut", source, target, start_s, end_s, region, limits, copy=copy)
        return Cut(**made | {"path": target})

    def hashes(
        self, source: str | Path, *, start_s: float, end_s: float, limits: DecodeLimits = DEFAULT_LIMITS
    ) -> PictureHashes:
        """As `picture_hashes`."""
        return PictureHashes(**self._make("hashes", source, None, start_s, end_s, None, limits))

    def _make(
        self,
        what: str,
        source: str | Path,
        target: Path | None,
        start_s: float,
        end_s: float,
        region: Region | None,
        limits: DecodeLimits,
        **more: Any,
    ) -> dict[str, Any]:
        request = {"do": what, "path": named(source), "limits": asdict(limits)}
        arguments = {"start_s": start_s, "end_s": end_s} | more
        if region is not None:
            arguments["region"] = asdict(region)
        if target is None:
            return self.answer(request | {"arguments": arguments})
        # In a folder of its own, so that a process that is killed in the middle leaves nothing in the store.
        target.parent.mkdir(parents=True, exist_ok=True)
        room = Path(tempfile.mkdtemp(prefix=".making-", dir=target.parent))
        try:
            whole = room / target.name
            made: dict[str, Any] = self.answer(request | {"arguments": arguments | {"target": named(whole)}})
            whole.replace(target)
            return made
        finally:
            shutil.rmtree(room, ignore_errors=True)


_mine: Maker | None = None


def maker() -> Maker:
    """The maker of this process, started when first used; a forked process starts its own."""
    global _mine
    if _mine is None:
        _mine = Maker()
        atexit.register(_mine.close)
    return _mine
