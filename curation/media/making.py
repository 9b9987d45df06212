"""What `curation.media.maker` asks for, done in its process: one function a job, JSON in and out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from curation.media.cut import cut_media
from curation.media.limits import DecodeLimits
from curation.media.picturehash import picture_hashes
from curation.media.regions import Region
from curation.media.rendition import make_rendition
from curation.media.thumbnail import make_poster
from curation.media.waveform import make_waveform

MAKERS: dict[str, Callable[..., Any]] = {
    "rendition": make_rendition,
    "poster": make_poster,
    "waveform": make_waveform,
    "cut": cut_media,
    "hashes": picture_hashes,
}


def make(request: dict[str, Any]) -> dict[str, Any]:
    """The fields of what was made; its path is the caller's to know. Raises MediaError."""
    arguments = dict(request["arguments"])
    if "region" in arguments:
        arguments["region"] = Region(**arguments["region"])
    positional: list[Any] = [request["path"]]
    if "target" in arguments:
        positional.append(Path(arguments.pop("target")))
    made = asdict(MAKERS[request["do"]](*positional, **arguments, limits=DecodeLimits(**request["limits"])))
    made.pop("path", None)
    return made
