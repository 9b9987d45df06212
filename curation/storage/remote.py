"""A folder in object storage as an export is: check it against its manifest, or take away what was not finished."""

from __future__ import annotations

import hashlib
import json

from curation.exports.manifest import MANIFEST, Fault, NoManifest
from curation.storage.s3 import (
    Address,
    ObjectMissing,
    asked,
    client,
    object_look,
    object_read,
    objects_list,
)


def verify_remote(folder: Address) -> list[Fault]:
    """Everything that differs from the manifest: objects changed, gone, or beside it; each read whole.

    Raises ``NoManifest``, and ``StorageFailed`` where the service does not answer.
    """
    try:
        text = b"".join(object_read(object_look(folder / MANIFEST)))
        manifest = json.loads(text)
        entries = {str(entry["name"]): entry for entry in manifest["files"]}
    except ObjectMissing:
        raise NoManifest(
            f"{folder} holds no {MANIFEST}: it is no export, or one that was not finished"
        ) from None
    except (ValueError, KeyError, TypeError) as error:
        raise NoManifest(f"{folder / MANIFEST} cannot be read: {error}") from None
    faults, root = [], str(folder / "")
    seen = {MANIFEST}
    for one in objects_list(Address(folder.bucket, f"{folder.key.rstrip('/')}/")):
        name = str(one.address).removeprefix(root)
        if name == MANIFEST:
            continue
        seen.add(name)
        entry = entries.get(name)
        if entry is None:
            faults.append(Fault(name, "is not in the manifest"))
        elif one.size != entry.get("bytes"):
            faults.append(Fault(name, f"has {one.size} bytes, not {entry.get('bytes')}"))
        else:
            digest = hashlib.sha256()
            for block in object_read(one):
                digest.update(block)
            if digest.hexdigest() != entry.get("sha256"):
                faults.append(Fault(name, "has other content: its sha256 differs"))
    return faults + [Fault(name, "is missing") for name in entries if name not in seen]


def remote_remove(folder: Address) -> int:
    """Remove every object below ``folder`` and give up unfinished uploads to it. Returns how many objects went."""
    prefix = Address(folder.bucket, f"{folder.key.rstrip('/')}/")
    removed, some = 0, []
    for one in objects_list(prefix):
        some.append({"Key": one.address.key})
        if len(some) == 1000:
            removed += _delete(folder, some)
            some = []
    removed += _delete(folder, some)
    uploads = asked(
        f"clearing {folder}", client().list_multipart_uploads, Bucket=folder.bucket, Prefix=prefix.key
    )
    for each in uploads.get("Uploads", ()):
        asked(
            f"clearing {folder}",
            client().abort_multipart_upload,
            Bucket=folder.bucket,
            Key=each["Key"],
            UploadId=each["UploadId"],
        )
    return removed


def _delete(folder: Address, keys: list[dict[str, str]]) -> int:
    if keys:
        asked(
            f"clearing {folder}",
            client().delete_objects,
            Bucket=folder.bucket,
            Delete={"Objects": keys, "Quiet": True},
        )
    return len(keys)
