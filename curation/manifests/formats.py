"""The manifest formats by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from curation.manifests import mit, own, speakervid, talkvid
from curation.manifests.rows import ManifestRow


@dataclass(frozen=True, slots=True)
class ManifestFormat:
    """A format: how one object becomes a row, which metrics it can carry, where its scores came from."""

    name: str
    parse: Callable[[Any, str], ManifestRow]
    metrics: tuple[str, ...]
    origin: str
    folder_of: str = ""
    """For a folder: the file that stands for one clip (``*.json``, or a name such as ``meta.json``)."""


FORMATS: dict[str, ManifestFormat] = {
    one.name: one
    for one in (
        ManifestFormat("talkvid", lambda item, _: talkvid.parse(item), talkvid.METRICS, "talkvid"),
        ManifestFormat("speakervid", speakervid.parse, speakervid.METRICS, "speakervid", "*.json"),
        ManifestFormat("mit", mit.parse, mit.METRICS, "mit", "meta.json"),
        ManifestFormat("rushes", lambda item, _: own.parse(item), own.METRICS, "manifest"),
    )
}


def format_named(name: str) -> ManifestFormat:
    """The format called ``name``; raises ``ValueError`` naming those that exist."""
    if name not in FORMATS:
        raise ValueError(f"no manifest format is called {name!r}; there are {', '.join(FORMATS)}")
    return FORMATS[name]
