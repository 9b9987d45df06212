"""Renditions in object storage, where settings say so: laid there as they are made, read from there where this machine
has no copy, and, for who opts in, given to browsers by an address that lives for seconds."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from curation.storage.s3 import Address, address_of, asked, client, objects_list
from curation.storage.upload import file_upload


def rendition_address(name: str) -> Address | None:
    """Where the rendition of this name (relative to its shelf) lies in object storage; None: nowhere."""
    return address_of(settings.RENDITIONS_IN) / name if settings.RENDITIONS_IN else None


def rendition_upload(path: Path, name: str, *, sha256: str) -> None:
    """Lay a rendition into object storage, if settings say so. Raises ``StorageFailed``."""
    address = rendition_address(name)
    if address is not None:
        file_upload(path, address, sha256=sha256)


def renditions_remove(names: Iterable[str]) -> None:
    """Remove renditions of these names from object storage, those that are there."""
    for name in names:
        address = rendition_address(name)
        if address is not None:
            asked(f"removing {address}", client().delete_object, Bucket=address.bucket, Key=address.key)


def renditions_below(folder: str, beginning: str) -> list[str]:
    """Names below ``folder`` in object storage whose last part begins with ``beginning``."""
    address = rendition_address(folder)
    if address is None:
        return []
    prefix = Address(address.bucket, f"{address.key}/{beginning}")
    return [f"{folder}/{one.address.name}" for one in objects_list(prefix)]


def presigned_get(address: Address, *, content_type: str) -> str:
    """An address that lets whoever has it read this one object for ``PRESIGNED_SECONDS``, and nothing else."""
    return str(
        client().generate_presigned_url(
            "get_object",
            Params={
                "Bucket": address.bucket,
                "Key": address.key,
                "ResponseContentType": content_type,
                "ResponseCacheControl": "private, no-store",
            },
            ExpiresIn=settings.PRESIGNED_SECONDS,
        )
    )


def presigned_origin() -> str:
    """The one origin that presigned addresses lead to, for the content security policy; "" where nobody opted in."""
    if not settings.PRESIGNED_SECONDS or not settings.RENDITIONS_IN:
        return ""
    return _origin(settings.S3_ENDPOINT_URL, settings.S3_REGION, settings.RENDITIONS_IN)


@lru_cache(maxsize=4)
def _origin(_endpoint: str, _region: str, where: str) -> str:
    parts = urlsplit(presigned_get(address_of(where) / "x", content_type="video/mp4"))
    return f"{parts.scheme}://{parts.netloc}"
