"""Renditions to the browser, in the ranges that a player asks for, and nothing else from the disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from django.conf import settings
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)

from curation.media.ranges import decide, read_span, strong_etag
from curation.mediarights import may_watch
from curation.models import Rendition
from curation.storage import stored
from curation.storage.renditions import presigned_get, rendition_address
from curation.storage.s3 import Address, Object, ObjectMissing, object_look, object_read

# What a rendition may be to the browser; anything else in the table is refused rather than guessed.
CONTENT_TYPES = frozenset(
    {"video/mp4", "video/webm", "audio/mp4", "image/jpeg", "image/png", "image/webp", "application/json"}
)


def rendition(request: HttpRequest, pk: int) -> HttpResponseBase:
    """One rendition: 200, 206 for one range, 304, 416. Gone the moment its clip, source or person is withdrawn. Where
    presigned addresses are opted in, a video is a redirect to one: 302, after the same look at the right to it."""
    found = (
        Rendition.objects.select_related("clip__source", "clip__person")
        .filter(
            pk=pk,
            clip__withdrawn_at=None,
            clip__source__withdrawn_at=None,
            content_type__in=CONTENT_TYPES,
        )
        .first()
    )
    if found is None or (found.clip.person is not None and found.clip.person.withdrawn_at is not None):
        raise Http404("no such rendition")
    if not may_watch(request.user, found.clip):
        # Numbers can be counted up: whoever was not given the clip does not even learn that it is there.
        raise Http404("no such rendition")
    address = rendition_address(found.path)
    if address is not None and request.method == "GET" and _is_presigned(found):
        response = HttpResponseRedirect(presigned_get(address, content_type=found.content_type))
        # Whoever comes again asks again, and is looked at again.
        response.headers["Cache-Control"] = "private, no-store"
        return response
    etag = strong_etag(found.sha256)
    try:
        path = stored("renditions", found.path)
        size = path.stat().st_size
    except (ValueError, OSError) as error:
        if address is None:
            raise Http404("the file of this rendition is not in the store") from error
        return object_response(request, _look(address), etag=etag, content_type=found.content_type)
    return file_response(request, path, size=size, content_type=found.content_type, etag=etag)


def _is_presigned(found: Rendition) -> bool:
    return bool(settings.PRESIGNED_SECONDS) and found.content_type.startswith("video/")


def _look(address: Address) -> Object:
    try:
        return object_look(address)
    except ObjectMissing as error:
        raise Http404("the file of this rendition is not in the store") from error


def file_response(
    request: HttpRequest, path: Path, *, size: int, content_type: str, etag: str, download: str = ""
) -> HttpResponseBase:
    """``path`` as a whole or in the range asked for, as ``curation.media.ranges`` decides."""
    return _response(
        request, lambda first, length: read_span(path, first, length), size, content_type, etag, download
    )


def object_response(
    request: HttpRequest,
    one: Object,
    *,
    etag: str,
    content_type: str = "application/octet-stream",
    download: str = "",
) -> HttpResponseBase:
    """An object of the store, passed on as it is read: the browser never meets the store's own address."""
    return _response(
        request,
        lambda first, length: object_read(one, first=first, length=length),
        one.size,
        content_type,
        etag,
        download,
    )


def _response(
    request: HttpRequest,
    read: Callable[[int, int], Iterable[bytes]],
    size: int,
    content_type: str,
    etag: str,
    download: str,
) -> HttpResponseBase:
    answer = decide(
        size,
        etag=etag,
        range_header=request.headers.get("Range"),
        if_range=request.headers.get("If-Range"),
        if_none_match=request.headers.get("If-None-Match"),
    )
    response: HttpResponseBase
    if answer.status in (304, 416):
        response = HttpResponse(status=answer.status, content_type=content_type)
    else:
        content = [] if request.method == "HEAD" else read(answer.first, answer.length)
        response = StreamingHttpResponse(content, status=answer.status, content_type=content_type)
    for name, value in answer.headers.items():
        response.headers[name] = value
    if download:
        response.headers["Content-Disposition"] = f'attachment; filename="{download}"'
    # Ask again each time: a withdrawn clip must not live on in a browser's cache.
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
