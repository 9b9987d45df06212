"""Files into object storage: whole by checksum, in parts when large, gone on with after a kill."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from curation.storage.s3 import Address, ObjectMissing, StorageFailed, asked, client, object_look

PART = 16 << 20  # bytes; S3 takes parts from 5 MiB on, 10,000 of them
MOST_PARTS = 10_000
Tell = Callable[[int], None]


def file_upload(path: Path, address: Address, *, sha256: str, tell: Tell = lambda _octets: None) -> bool:
    """Put ``path``, whose hash is ``sha256``, at ``address``. False where it lay there already.

    A large file goes in parts, each checked by the service against its hash; parts that an earlier, killed upload
    left are not sent again. ``tell`` hears of each part's bytes and may raise to stop. Raises ``StorageFailed``.
    """
    size = path.stat().st_size
    try:
        there = object_look(address)
        if (there.size, there.sha256) == (size, sha256):
            return False
    except ObjectMissing:
        pass
    if size <= PART:
        with path.open("rb") as file:
            body = file.read()
        asked(
            f"writing {address}",
            client().put_object,
            Bucket=address.bucket,
            Key=address.key,
            Body=body,
            ChecksumSHA256=_base64(hashlib.sha256(body)),
            Metadata={"sha256": sha256},
        )
        tell(size)
    else:
        _in_parts(path, size, address, sha256, tell)
    there = object_look(address)
    if (there.size, there.sha256) != (size, sha256):
        raise StorageFailed(f"{address}: what lies there now is not what was sent")
    return True


def _in_parts(path: Path, size: int, address: Address, sha256: str, tell: Tell) -> None:
    part_size = max(PART, -(-size // MOST_PARTS))
    upload, sent = _taken_up(path, part_size, address) or (None, {})
    if upload is None:
        begun = asked(
            f"writing {address}",
            client().create_multipart_upload,
            Bucket=address.bucket,
            Key=address.key,
            ChecksumAlgorithm="SHA256",
            Metadata={"sha256": sha256},
        )
        upload = begun["UploadId"]
    parts = []
    with path.open("rb") as file:
        number = 0
        while body := file.read(part_size):
            number += 1
            digest = _base64(hashlib.sha256(body))
            if number not in sent:
                answer = asked(
                    f"writing {address}, part {number}",
                    client().upload_part,
                    Bucket=address.bucket,
                    Key=address.key,
                    UploadId=upload,
                    PartNumber=number,
                    Body=body,
                    ChecksumSHA256=digest,
                )
                sent[number] = answer["ETag"]
            parts.append({"PartNumber": number, "ETag": sent[number], "ChecksumSHA256": digest})
            tell(len(body))
    asked(
        f"finishing {address}",
        client().complete_multipart_upload,
        Bucket=address.bucket,
        Key=address.key,
        UploadId=upload,
        MultipartUpload={"Parts": parts},
    )


def _taken_up(path: Path, part_size: int, address: Address) -> tuple[str, dict[int, str]] | None:
    """An unfinished upload of this very file to this key, with the ETags of its parts; others to the key are given up.

    A part counts by its checksum, or, where the service keeps none, by its MD5 (the ETag of a part in the clear).
    """
    answer = asked(
        f"writing {address}", client().list_multipart_uploads, Bucket=address.bucket, Prefix=address.key
    )
    found = None
    for each in answer.get("Uploads", ()):
        if each["Key"] != address.key:
            continue
        parts = list(_parts(address, each["UploadId"]))
        if found is None and parts and all(_is_part(path, part_size, part) for part in parts):
            found = each["UploadId"], {part["PartNumber"]: part["ETag"] for part in parts}
            continue
        asked(
            f"giving up an earlier upload to {address}",
            client().abort_multipart_upload,
            Bucket=address.bucket,
            Key=address.key,
            UploadId=each["UploadId"],
        )
    return found


def _parts(address: Address, upload: str) -> Iterator[dict[str, Any]]:
    marker: Any = 0
    while True:
        listed = asked(
            f"writing {address}",
            client().list_parts,
            Bucket=address.bucket,
            Key=address.key,
            UploadId=upload,
            PartNumberMarker=marker,
        )
        yield from listed.get("Parts", ())
        if not listed.get("IsTruncated"):
            return
        marker = listed["NextPartNumberMarker"]


def _is_part(path: Path, part_size: int, part: dict[str, Any]) -> bool:
    with path.open("rb") as file:
        file.seek((part["PartNumber"] - 1) * part_size)
        body = file.read(part_size)
    if len(body) != part["Size"]:
        return False
    if noted := part.get("ChecksumSHA256"):
        return noted == _base64(hashlib.sha256(body))
    return part["ETag"].strip('"') == hashlib.md5(body, usedforsecurity=False).hexdigest()


def _base64(digest: Any) -> str:
    return base64.b64encode(digest.digest()).decode()
