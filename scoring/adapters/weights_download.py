"""Fetching a file of the weights registry: resumable, its checksum checked before it is put into use."""

from __future__ import annotations

import fcntl
import http.client
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from scoring.adapters.weights import WeightsError, WeightSpec, folder, known_sha256

PIECE = 1 << 20
TIMEOUT_S = 30.0
Progress = Callable[[int, int | None], None]


class DownloadFailed(WeightsError):
    """The file could not be fetched, or what came was not it."""


class _HttpsOnly(urllib.request.HTTPRedirectHandler):
    """Follows an answer that leads elsewhere only over https: never to an inner service, a file or an open line."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        if not newurl.startswith("https://"):
            raise DownloadFailed(
                f"{req.full_url} leads to {newurl}, which is not https; nothing was fetched from it"
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


_OPENER = urllib.request.build_opener(_HttpsOnly)


def download(spec: WeightSpec, *, into: Path | None = None, progress: Progress | None = None) -> Path:
    """Fetch ``spec`` into the weights folder and return its path; a file that is there and right is kept.

    What came before a broken line is kept as ``FILE.part`` and continued next time. The checksum is compared
    before the file takes its name, so that nothing half or foreign is ever used. ``progress(done, whole)`` is
    told bytes. Raises ``DownloadFailed``.
    """
    into = into or folder()
    target = into / spec.file
    if target.is_file() and (spec.sha256 is None or known_sha256(target) == spec.sha256):
        return target
    if not spec.address:
        raise DownloadFailed(f"{spec.name} has no address to download from: {spec.note}")
    if not spec.address.startswith(("https://", "http://127.0.0.1:")):
        raise DownloadFailed(f"{spec.name} would not come over https: {spec.address}")
    into.mkdir(parents=True, exist_ok=True)
    part = target.with_name(spec.file + ".part")
    with part.open("ab") as out:
        try:
            fcntl.flock(out, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DownloadFailed(f"another process is downloading {spec.name} right now") from None
        _fetch(spec, part, out, progress)
        out.flush()
        found = known_sha256(part)
        if spec.sha256 is not None and found != spec.sha256:
            part.unlink()
            raise DownloadFailed(
                f"{spec.address} sent other bytes than were published as {spec.name}: sha256 {found}, expected "
                f"{spec.sha256}; they were deleted. Try again, or put the right file at {target}"
            )
        part.replace(target)
    return target


def _fetch(spec: WeightSpec, part: Path, out: BinaryIO, progress: Progress | None) -> None:
    have = part.stat().st_size
    if have and spec.sha256 is not None and known_sha256(part) == spec.sha256:
        return  # only the last step was missing
    headers = {"User-Agent": "rushes", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    request = urllib.request.Request(spec.address, headers=headers)  # noqa: S310 - scheme checked above
    try:
        with _OPENER.open(request, timeout=TIMEOUT_S) as answer:
            if have and not _continues(answer, have):
                have = 0
                out.seek(0)
                out.truncate()
            length = answer.headers.get("Content-Length")
            whole = have + int(length) if length and length.isdigit() else None
            while piece := answer.read(PIECE):
                out.write(piece)
                have += len(piece)
                if progress:
                    progress(have, whole)
            if whole is not None and have < whole:
                raise DownloadFailed(_broken(spec, have, f"the line broke off {whole - have} bytes early"))
    except urllib.error.HTTPError as error:
        if error.code == 416:
            out.truncate(0)
            raise DownloadFailed(
                f"the half download of {spec.name} no longer fits its address; it was deleted, try again"
            ) from error
        raise DownloadFailed(f"{spec.address} answers {error.code} {error.reason}") from error
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise DownloadFailed(_broken(spec, have, str(reason) or type(error).__name__)) from error


def _continues(answer: http.client.HTTPResponse, have: int) -> bool:
    return answer.status == 206 and (answer.headers.get("Content-Range") or "").startswith(f"bytes {have}-")


def _broken(spec: WeightSpec, have: int, reason: str) -> str:
    kept = f" {have} bytes are kept and the next try goes on from there." if have else ""
    return (
        f"{spec.name} could not be downloaded from {spec.address} ({reason}).{kept} Without a line to the outside, "
        f"copy the file from another machine to {folder() / spec.file} and run `manage.py weights verify`"
    )
