"""Where the tests find footage and weights that are not part of the project; they skip where it is absent."""

from __future__ import annotations

from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
SHARED_MEDIA = REPOSITORY.parent / "shared" / "media"
SHARED_WEIGHTS = REPOSITORY.parent / "shared" / "weights"

needs_shared_media = pytest.mark.skipif(
    not SHARED_MEDIA.is_dir(), reason=f"real footage is not at {SHARED_MEDIA}"
)
needs_shared_weights = pytest.mark.skipif(
    not SHARED_WEIGHTS.is_dir(), reason=f"model weights are not at {SHARED_WEIGHTS}"
)
