"""Putting a folder in another's place so that at every moment one of the two is there, whole."""

from __future__ import annotations

import ctypes
import os
import shutil
from pathlib import Path

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


def folder_replace(new: Path, old: Path) -> None:
    """Give ``new`` the name of ``old``, which may be there already and is then removed. Both lie on one file system.

    Where the kernel and the file system can (Linux, not NFS) the two change places at once: a kill loses neither.
    Elsewhere ``old`` is put aside first, and for an instant nothing has its name. Raises ``OSError``.
    """
    if not old.exists():
        new.rename(old)
        return
    if not _exchanged(new, old):
        aside = new.with_name(f"{new.name}-replaced")
        old.rename(aside)
        new.rename(old)
        new = aside
    shutil.rmtree(new, ignore_errors=True)


def _exchanged(one: Path, other: Path) -> bool:
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    names = os.fsencode(one), os.fsencode(other)
    return rename(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE) == 0
