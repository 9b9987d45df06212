"""Object storage on a real S3-speaking server: what is sent arrives whole, through throttling and lost connections."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from curation.storage import cache, upload
from curation.storage.cache import local_path, object_fetch
from curation.storage.remote import remote_remove
from curation.storage.s3 import (
    Address,
    ObjectChanged,
    ObjectMissing,
    StorageFailed,
    StorageRefused,
    address_of,
    object_look,
    object_read,
    objects_list,
)
from curation.storage.upload import file_upload
from tests.s3 import Bucket


def filled(path: Path, size: int) -> str:
    data = os.urandom(size)
    path.write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def test_only_allowed_buckets_are_spoken_to(bucket: Bucket) -> None:
    assert address_of(f"s3://{bucket.name}/a/b.mp4").name == "b.mp4"
    for text in (
        "s3://elsewhere/x",
        "http://169.254.169.254/",
        "s3://",
        f"s3://{bucket.name}/../x",
        "file:///etc",
    ):
        with pytest.raises(StorageRefused):
            address_of(text)
    assert not bucket.door.seen, "nothing was asked of anybody"


@pytest.mark.parametrize("fault", ["slow", "drop"])
def test_small_files_arrive_through_throttling_and_lost_connections(
    bucket: Bucket, tmp_path: Path, fault: str
) -> None:
    digest = filled(tmp_path / "a", 1000)
    bucket.door.faults = [fault] * 4
    assert file_upload(tmp_path / "a", Address(bucket.name, "x/a"), sha256=digest)
    assert hashlib.sha256(bucket.get("x/a")).hexdigest() == digest
    assert not file_upload(tmp_path / "a", Address(bucket.name, "x/a"), sha256=digest), "it lay there already"


def test_large_files_go_in_parts_and_a_killed_upload_goes_on(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload, "PART", 5 << 20)
    digest, address = filled(tmp_path / "a", 23 << 20), Address(bucket.name, "big/a")

    def killed(_octets: int) -> None:
        if sum(method == "PUT" for method, _ in bucket.door.seen) == 3:
            raise KeyboardInterrupt

    bucket.door.faults = ["", "", "", "slow", "drop"]
    with pytest.raises(KeyboardInterrupt):
        file_upload(tmp_path / "a", address, sha256=digest, tell=killed)
    with pytest.raises(ObjectMissing):
        object_look(address)
    bucket.door.seen.clear()
    assert file_upload(tmp_path / "a", address, sha256=digest)
    assert sum(method == "PUT" for method, _ in bucket.door.seen) == 2, "three of five parts lay there"
    assert hashlib.sha256(bucket.get("big/a")).hexdigest() == digest
    assert object_look(address).sha256 == digest


def test_a_part_of_another_file_under_the_same_name_is_sent_anew(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload, "PART", 5 << 20)
    filled(tmp_path / "old", 12 << 20)
    digest, address = filled(tmp_path / "new", 12 << 20), Address(bucket.name, "a")

    def killed(_octets: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        file_upload(tmp_path / "old", address, sha256="0", tell=killed)
    assert file_upload(tmp_path / "new", address, sha256=digest)
    assert hashlib.sha256(bucket.get("a")).hexdigest() == digest
    assert not bucket.direct.list_multipart_uploads(Bucket=bucket.name).get("Uploads")


def test_what_was_not_finished_is_removed_and_nothing_else(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload, "PART", 5 << 20)
    digest = filled(tmp_path / "a", 12 << 20)

    def killed(_octets: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        file_upload(tmp_path / "a", Address(bucket.name, "set-1/a"), sha256=digest, tell=killed)
    bucket.put("set-1/b", b"x")
    bucket.put("set-10/b", b"x")
    assert remote_remove(Address(bucket.name, "set-1")) == 1
    assert bucket.names() == ["set-10/b"]
    assert not bucket.direct.list_multipart_uploads(Bucket=bucket.name).get("Uploads")


def test_listing_is_in_order_in_pieces_and_goes_on_after_a_key(bucket: Bucket) -> None:
    bucket.fill(f"in/{number:04d}.mp4" for number in range(1005))
    bucket.put("other/x.mp4", b"x")
    listing = objects_list(Address(bucket.name, "in/"))
    next(listing)
    assert sum("list-type=2" in path for _, path in bucket.door.seen) == 1, (
        "only the first thousand was asked for"
    )
    assert [one.address.name for one in listing] == [f"{number:04d}.mp4" for number in range(1, 1005)]
    rest = objects_list(Address(bucket.name, "in/"), after="in/1002.mp4")
    assert [one.address.name for one in rest] == ["1003.mp4", "1004.mp4"]


def test_reading_goes_on_where_the_connection_broke(bucket: Bucket) -> None:
    data = os.urandom(3_000_001)
    bucket.put("a", data)
    one = object_look(Address(bucket.name, "a"))
    bucket.door.faults = ["cut", "slow", "cut", "drop"]
    assert b"".join(object_read(one)) == data
    assert b"".join(object_read(one, first=5, length=7)) == data[5:12]
    bucket.door.faults = ["cut"] * 100
    with pytest.raises((StorageFailed, AssertionError)):
        assert b"".join(object_read(one)) != data


def test_an_object_replaced_meanwhile_is_not_mixed_with_the_old_one(bucket: Bucket) -> None:
    bucket.put("a", b"one" * 1000)
    one = object_look(Address(bucket.name, "a"))
    bucket.put("a", b"two" * 1000)
    with pytest.raises(ObjectChanged):
        b"".join(object_read(one))


def test_a_server_that_is_down_is_said_in_words(settings: Any, bucket: Bucket) -> None:
    settings.S3_ENDPOINT_URL = "http://127.0.0.1:1"
    with pytest.raises(StorageFailed, match="cannot be reached"):
        object_look(Address(bucket.name, "a"))


def test_a_fetched_copy_is_kept_shared_and_gone_on_with(
    bucket: Bucket, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.VAR, settings.S3_CACHE_BYTES = tmp_path, 2_500
    data = os.urandom(2_000)
    bucket.put("a.mp4", data)
    one = object_look(Address(bucket.name, "a.mp4"))
    path = object_fetch(one)
    path.rename(path.with_name(f".{path.name}.part"))
    path.with_name(f".{path.name}.part").write_bytes(data[:700])
    bucket.door.seen.clear()
    assert object_fetch(one) == path and path.read_bytes() == data and path.suffix == ".mp4"
    assert object_fetch(one) == path and len(bucket.door.seen) == 1, "the second asks nobody"
    bucket.put("b.mp4", os.urandom(1_000))
    monkeypatch.setattr(cache, "IN_USE_S", -1.0)
    second = local_path(f"s3://{bucket.name}/b.mp4")
    assert second.exists() and not path.exists(), "the oldest makes room"
    assert local_path("/films/a.mp4") == Path("/films/a.mp4")
