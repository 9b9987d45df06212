"""A folder in object storage as an export is: check it against its manifest, or take away what was not finished."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

from curation.exports.manifest import MANIFEST, Fault, Manifest, NoManifest, manifest_of, statement_faults
from curation.storage.s3 import (
    Address,
    Object,
    ObjectMissing,
    asked,
    client,
    object_look,
    object_read,
    objects_list,
)


def remote_manifest(folder: Address) -> Manifest:
    """The manifest of ``folder``; raises ``NoManifest``, and ``StorageFailed`` where the service does not answer."""
    try:
        data = b"".join(object_read(object_look(folder / MANIFEST)))
    except ObjectMissing:
        raise NoManifest(
            f"{folder} holds no {MANIFEST}: it is no export, or one that was not finished"
        ) from None
    return manifest_of(data, str(folder / MANIFEST))


def verify_remote(folder: Address) -> list[Fault]:
    """Everything that differs from the manifest: objects changed, gone, or beside it, and counts that they do not bear
    out; each is read once, into a temporary folder that goes with the answer.

    Raises ``NoManifest``, and ``StorageFailed`` where the service does not answer.
    """
    manifest = remote_manifest(folder)
    entries = {entry["name"]: entry for entry in manifest.files}
    faults, root = [], str(folder / "")
    seen = {MANIFEST}
    with tempfile.TemporaryDirectory(prefix="rushes-verify-") as room:
        for one in objects_list(Address(folder.bucket, f"{folder.key.rstrip('/')}/")):
            name = str(one.address).removeprefix(root)
            if name == MANIFEST:
                continue
            seen.add(name)
            entry = entries.get(name)
            if entry is None:
                faults.append(Fault(name, "is not in the manifest"))
            elif one.size != entry["bytes"]:
                faults.append(Fault(name, f"has {one.size} bytes, not {entry['bytes']}"))
            elif _fetched(one, Path(room), name) != entry["sha256"]:
                faults.append(Fault(name, "has other content: its sha256 differs"))
        faults += [Fault(name, "is missing") for name in entries if name not in seen]
        return faults or statement_faults(manifest, Path(room))


def _fetched(one: Object, room: Path, name: str) -> str:
    """The object's sha256; a copy lies at ``name`` below ``room`` then."""
    digest, path = hashlib.sha256(), (room / name).resolve()
    if not path.is_relative_to(room.resolve()):
        return ""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        for block in object_read(one):
            digest.update(block)
            file.write(block)
    return digest.hexdigest()


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
