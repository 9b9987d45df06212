"""Batches of a manifest, read ahead by a second process while the database takes in the batch before.

The pipe between the two holds less than a batch, so neither can run away from the other: memory stays that of two
batches. ``python -m curation.manifests.ahead`` is the second process.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

from curation.manifests.batches import Batch, read_batches
from curation.manifests.formats import ManifestFormat, format_named
from curation.manifests.reading import ManifestUnreadable
from curation.manifests.rows import Fault
from curation.media.wire import Wire, WireClosed

_ROOT = Path(__file__).resolve().parent.parent.parent


class ReaderGone(RuntimeError):
    """The reading process ended before the manifest did; the batches that it gave are whole."""


def batches_ahead(
    path: Path, format: ManifestFormat, *, origin: str, size: int, position: int = 0, line: int = 0
) -> Generator[Batch]:
    """As ``read_batches``. Raises ``ManifestUnreadable``, and ``ReaderGone`` if the other process is ended."""
    wanted = {
        "path": os.fsencode(path.resolve()).decode("utf-8", "surrogateescape"),
        "format": format.name,
        "origin": origin,
        "size": size,
        "position": position,
        "line": line,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "curation.manifests.ahead", json.dumps(wanted)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        cwd=_ROOT,
        start_new_session=True,  # a Ctrl-C at the terminal is the importing process's to handle
        bufsize=0,
    )
    assert process.stdout is not None
    try:
        wire = Wire(process.stdout.fileno(), -1)
        while True:
            try:
                message = wire.receive()
            except WireClosed as error:
                raise ReaderGone(_how(process)) from error
            if "refused" in message:
                raise ManifestUnreadable(message["refused"])
            if "end" in message:
                return
            faults = tuple((at, Fault(field, reason)) for at, field, reason in message["faults"])
            yield Batch(
                message["position"], message["line"], message["good"], message["rows"].encode(), faults
            )
    finally:
        process.stdout.close()
        process.kill()
        process.wait()


def _how(process: subprocess.Popen[bytes]) -> str:
    code = process.wait()
    name = signal.Signals(-code).name if code < 0 else f"status {code}"
    return f"the process that reads the manifest was ended by {name}"


def main(wanted: str) -> None:
    """Send every batch, then the end, or why it cannot be read."""
    told = json.loads(wanted)
    wire = Wire(-1, os.dup(sys.stdout.fileno()))
    batches = read_batches(
        Path(told["path"]),
        format_named(told["format"]),
        origin=told["origin"],
        size=told["size"],
        position=told["position"],
        line=told["line"],
    )
    try:
        for batch in batches:
            wire.send(
                {
                    "position": batch.position,
                    "line": batch.line,
                    "good": batch.good,
                    "rows": batch.rows.decode(),
                    "faults": [(at, fault.field, fault.reason) for at, fault in batch.faults],
                }
            )
        wire.send({"end": True})
    except (ManifestUnreadable, OSError) as error:
        wire.send({"refused": str(error)})
    except WireClosed:
        return  # nobody listens any more: the import was ended


if __name__ == "__main__":
    main(sys.argv[1])
