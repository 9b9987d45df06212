"""Manifests of released datasets, read row by row. Pure: imports no Django.

``open_manifest`` streams a file or folder; a format's ``parse`` turns one object into a ``ManifestRow`` or says
exactly what is wrong with it.
"""

from __future__ import annotations

from curation.manifests.formats import FORMATS, ManifestFormat, format_named
from curation.manifests.reading import Entry, ManifestUnreadable, open_manifest
from curation.manifests.rows import BadRow, Fault, ManifestRow

__all__ = [
    "FORMATS",
    "BadRow",
    "Entry",
    "Fault",
    "ManifestFormat",
    "ManifestRow",
    "ManifestUnreadable",
    "format_named",
    "open_manifest",
]
