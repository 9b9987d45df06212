"""Object storage over S3: which buckets may be used, one client, addresses, listing, reading with ranges.

The service is the operator's (endpoint, region, credentials by boto3's own chain); an address that somebody names may
only choose among the buckets that settings allow.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError, ResponseStreamingError
from django.conf import settings
from urllib3.exceptions import HTTPError as StreamBroken

from curation.errors import NotFound, RushesError

SCHEME = "s3://"
ATTEMPTS = (
    8  # of each request, with waits that grow; throttling (503 SlowDown) and lost connections among them
)
_BLOCK = 1 << 20


class StorageRefused(RushesError):
    """The address is not one of this installation's buckets, or no address at all."""

    code = "storage_refused"


class StorageFailed(RushesError, ConnectionError):
    """The service did not do what was asked, after all attempts; the sentence says what it answered."""

    code = "storage_failed"


class ObjectMissing(NotFound):
    """There is no such object (any more)."""

    code = "object_missing"


class ObjectChanged(RushesError):
    """The object was replaced while it was being read."""

    code = "object_changed"


@dataclass(frozen=True, slots=True)
class Address:
    """``s3://bucket/key``; a prefix is a key too."""

    bucket: str
    key: str

    def __str__(self) -> str:
        return f"{SCHEME}{self.bucket}/{self.key}"

    def __truediv__(self, name: str) -> Address:
        return Address(self.bucket, f"{self.key.rstrip('/')}/{name}" if self.key else name)

    @property
    def name(self) -> str:
        """The last part of the key."""
        return PurePosixPath(self.key).name


@dataclass(frozen=True, slots=True)
class Object:
    """One object as a listing or a look at it tells: ``etag`` without quotes; ``sha256`` where its writer noted it."""

    address: Address
    size: int
    etag: str
    changed_at: datetime
    sha256: str = ""


def is_address(text: str) -> bool:
    """Whether ``text`` is meant as an address in object storage."""
    return text.startswith(SCHEME)


def address_of(text: str) -> Address:
    """Parse and check an address; raises ``StorageRefused`` for a bucket that settings do not allow."""
    bucket, _, key = text.removeprefix(SCHEME).partition("/")
    if not is_address(text) or not bucket:
        raise StorageRefused(f"{text!r} is no address in object storage: write it as s3://bucket/prefix")
    if ".." in key.split("/") or "\\" in key or any(ord(letter) < 32 for letter in key):
        raise StorageRefused(f"{text!r} holds a path that leads elsewhere")
    allowed = settings.S3_BUCKETS
    if bucket not in allowed:
        known = ", ".join(allowed) or "none"
        raise StorageRefused(f"the bucket {bucket!r} is not one of this installation's (S3_BUCKETS: {known})")
    return Address(bucket, key)


def client() -> Any:
    """The one client of this process and setting; safe between threads."""
    with _lock:
        return _client(settings.S3_ENDPOINT_URL, settings.S3_REGION)


_lock = threading.Lock()


@lru_cache(maxsize=4)
def _client(endpoint: str, region: str) -> Any:
    import boto3  # a fifth of a second, which only who uses object storage shall pay

    made = boto3.session.Session().client(
        "s3",
        endpoint_url=endpoint or None,
        region_name=region or None,
        config=Config(
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
            # Also for presigned addresses: their older form says when they end, not how long they live.
            signature_version="s3v4",
            connect_timeout=5,
            read_timeout=60,
            max_pool_connections=8,
            # Services other than Amazon's may not know the newer trailing checksums; we send our own.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3={"addressing_style": "path"} if endpoint else {},
        ),
    )
    if endpoint:
        made.meta.events.register_last("before-parameter-build.s3", _stay)
    return made


def _stay(context: dict[str, Any], **_kwargs: Any) -> None:
    """Outside Amazon no answer leads to another region: boto3 would ask the same service for it without end."""
    context.setdefault("s3_redirect", {})["redirected"] = True


def asked(what: str, call: Any, **arguments: Any) -> Any:
    """``call(**arguments)``, its faults as ``ObjectMissing`` or ``StorageFailed``."""
    try:
        return call(**arguments)
    except ClientError as error:
        answer = error.response.get("Error", {})
        code = str(answer.get("Code", ""))
        if code in ("404", "NoSuchKey", "NoSuchBucket"):
            raise ObjectMissing(f"{what}: there is no such object or bucket") from None
        if code in ("412", "PreconditionFailed"):
            raise ObjectChanged(f"{what}: it was replaced while it was being read") from None
        raise StorageFailed(
            f"{what}: object storage answered {code} {answer.get('Message', '')}".rstrip()
        ) from None
    except BotoCoreError as error:
        raise StorageFailed(f"{what}: object storage cannot be reached or used: {error}") from None


def objects_list(prefix: Address, *, after: str = "") -> Iterator[Object]:
    """Objects under ``prefix`` in order of their keys, from the one after key ``after``; a thousand in memory."""
    arguments: dict[str, Any] = {"Bucket": prefix.bucket, "Prefix": prefix.key}
    if after:
        arguments["StartAfter"] = after
    while True:
        answer = asked(f"listing {prefix}", client().list_objects_v2, **arguments)
        for entry in answer.get("Contents", ()):
            yield Object(
                Address(prefix.bucket, entry["Key"]),
                entry["Size"],
                entry["ETag"].strip('"'),
                entry["LastModified"],
            )
        if not answer.get("IsTruncated"):
            return
        arguments["ContinuationToken"] = answer["NextContinuationToken"]


def object_look(address: Address) -> Object:
    """Size and ETag of one object; raises ``ObjectMissing``."""
    found = asked(str(address), client().head_object, Bucket=address.bucket, Key=address.key)
    noted = found.get("Metadata", {}).get("sha256", "")
    return Object(address, found["ContentLength"], found["ETag"].strip('"'), found["LastModified"], noted)


def object_read(one: Object, *, first: int = 0, length: int | None = None) -> Iterator[bytes]:
    """The object's bytes from ``first`` on, in pieces. A connection that breaks goes on where it broke, so long as the
    object is still the same. Raises ``ObjectChanged``, ``ObjectMissing`` and ``StorageFailed``."""
    end = one.size if length is None else min(one.size, first + length)
    at, failures = first, 0
    while at < end:
        answer = asked(
            str(one.address),
            client().get_object,
            Bucket=one.address.bucket,
            Key=one.address.key,
            Range=f"bytes={at}-{end - 1}",
            IfMatch=f'"{one.etag}"',
        )
        body = answer["Body"]
        try:
            while block := body.read(min(_BLOCK, end - at)):
                at += len(block)
                failures = 0
                yield block
        except (StreamBroken, ReadTimeoutError, ResponseStreamingError, OSError, BotoCoreError) as error:
            failures += 1
            if failures >= ATTEMPTS:
                raise StorageFailed(
                    f"{one.address}: the connection broke {failures} times: {error}"
                ) from None
        else:
            if at < end:
                failures += 1
                if failures >= ATTEMPTS:
                    raise StorageFailed(f"{one.address}: it ended {end - at} bytes early, {failures} times")
        finally:
            body.close()
