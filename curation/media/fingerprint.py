"""A file's fingerprint: the SHA-256 of its bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from curation.media.errors import Missing

BLOCK = 1 << 20


def fingerprint(path: str | Path, *, progress: Callable[[int], None] | None = None) -> str:
    """SHA-256 of the file's bytes, 64 lower-case hexadecimal digits, at constant memory.

    `progress(bytes_done)` is called after each MiB. Raises Missing.
    """
    digest = hashlib.sha256()
    done = 0
    try:
        with Path(path).open("rb") as reader:
            while block := reader.read(BLOCK):
                digest.update(block)
                done += len(block)
                if progress is not None:
                    progress(done)
    except OSError as error:
        raise Missing(f"cannot be read: {error.strerror or error}", path=path) from error
    return digest.hexdigest()
