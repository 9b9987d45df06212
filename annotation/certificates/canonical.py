"""One spelling of a document, so that its hash is always the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

DIGEST = "sha256"


def canonical(document: Mapping[str, Any]) -> str:
    """JSON with sorted keys and no spaces; NaN and infinity are refused with ``ValueError``."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest_of(document: Mapping[str, Any]) -> str:
    """sha256 of the document without its own ``sha256``."""
    rest = {key: value for key, value in document.items() if key != DIGEST}
    return hashlib.sha256(canonical(rest).encode()).hexdigest()
