"""Files of object storage on this machine's disk for as long as they are worked on: bounded, shared, gone on with.

A decoder reads paths, not objects. What was not used for longest goes first; what was used within ``IN_USE_S`` stays
even where that goes over the bound.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from pathlib import Path

from django.conf import settings

from curation.storage.s3 import Object, StorageFailed, address_of, is_address, object_look, object_read

IN_USE_S = 2 * 3600.0


def local_path(uri: str) -> Path:
    """Where the file of a source can be read: its own path, or a fetched copy of the object.

    Raises what ``object_read`` raises, and ``StorageRefused`` for a bucket no longer allowed.
    """
    if not is_address(uri):
        return Path(uri)
    return object_fetch(object_look(address_of(uri)))


def object_fetch(one: Object) -> Path:
    """A local copy of exactly this version of the object; a fetch that broke off goes on where it stopped."""
    folder = _folder()
    target = (
        folder / f"{_digest(str(one.address), one.etag, one.size)}{Path(one.address.key).suffix.lower()[:8]}"
    )
    partial = target.with_name(f".{target.name}.part")
    with (folder / f".{target.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one process fetches, the others wait for it
        if not target.exists():
            _make_room(folder, one.size)
            with partial.open("ab") as file:
                for block in object_read(one, first=file.tell()):
                    file.write(block)
            if partial.stat().st_size != one.size:
                partial.unlink()
                raise StorageFailed(
                    f"{one.address}: the copy is not as long as the object; it is fetched anew"
                )
            partial.replace(target)
        os.utime(target)
    return target


def object_forget(uri: str, etag: str, size: int) -> None:
    """Remove the copy of one version of an object, if there is one."""
    for path in _folder().glob(f"*{_digest(uri, etag, size)}*"):
        path.unlink(missing_ok=True)


def _digest(uri: str, etag: str, size: int) -> str:
    return hashlib.sha256(f"{uri}\n{etag}\n{size}".encode()).hexdigest()[:32]


def _folder() -> Path:
    folder = Path(settings.VAR) / "cache" / "s3"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _make_room(folder: Path, wanted: int) -> None:
    files = sorted(
        ((path.stat(), path) for path in folder.iterdir() if not path.name.endswith(".lock")),
        key=lambda each: each[0].st_mtime,
    )
    total = sum(stat.st_size for stat, _ in files)
    now = time.time()
    for stat, path in files:
        if total + wanted <= settings.S3_CACHE_BYTES or now - stat.st_mtime < IN_USE_S:
            return
        path.unlink(missing_ok=True)
        total -= stat.st_size
