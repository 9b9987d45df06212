"""An S3-speaking server on loopback (moto's), and a door to it that throttles and drops connections when told to.

Every test may ask for the fixture ``bucket``.
``bucket.door.faults`` is a list of what befalls the next requests: ``"slow"`` (503 SlowDown), ``"drop"`` (the
connection closes before an answer), ``"cut"`` (it closes in the middle of the answer's body), ``""`` (nothing).
"""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest

SLOW = b"<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"


@dataclass
class Door:
    """Forwards to the server; ``seen`` are methods and paths of requests that reached it."""

    target: str
    faults: list[str] = field(default_factory=list)
    seen: list[tuple[str, str]] = field(default_factory=list)
    only: str = ""  # faults befall requests of this method only

    def fault(self, method: str) -> str:
        if self.faults and (not self.only or method == self.only):
            return self.faults.pop(0)
        return ""


def _handler(door: Door) -> type[BaseHTTPRequestHandler]:
    host = urlsplit(door.target).netloc

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: Any) -> None:
            pass

        def handle_expect_100(self) -> bool:
            self.send_response_only(100)
            self.end_headers()
            return True

        def _forward(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length) if length else b""
            fault = door.fault(self.command)
            if fault == "drop":
                self.close_connection = True
                self.connection.close()
                return
            if fault == "slow":
                self.send_response(503)
                self.send_header("Content-Length", str(len(SLOW)))
                self.end_headers()
                self.wfile.write(SLOW)
                return
            door.seen.append((self.command, self.path))
            upstream = http.client.HTTPConnection(host, timeout=30)
            skipped = {"host", "expect", "connection"}
            headers = {k: v for k, v in self.headers.items() if k.lower() not in skipped}
            upstream.request(self.command, self.path, body, headers | {"Host": self.headers["Host"]})
            answer = upstream.getresponse()
            data = answer.read()
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("transfer-encoding", "content-length", "connection"):
                    self.send_header(name, value)
            size = answer.getheader("Content-Length") if self.command == "HEAD" else len(data)
            self.send_header("Content-Length", str(size or 0))
            self.end_headers()
            if fault == "cut":
                self.wfile.write(data[: len(data) // 2])
                self.close_connection = True
                self.connection.close()
                return
            self.wfile.write(data)
            upstream.close()

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _forward

    return Handler


@dataclass
class Bucket:
    """An empty bucket behind its door; ``direct`` speaks to the server past the door."""

    name: str
    door: Door
    direct: Any

    def put(self, key: str, body: bytes) -> None:
        self.direct.put_object(Bucket=self.name, Key=key, Body=body)

    def fill(self, keys: Iterable[str]) -> None:
        """Many objects of one byte, laid into the server, which runs in this process, without a request for each."""
        from moto.core import DEFAULT_ACCOUNT_ID
        from moto.s3.models import s3_backends

        for key in keys:
            s3_backends[DEFAULT_ACCOUNT_ID]["aws"].put_object(self.name, key, b"x")

    def get(self, key: str) -> bytes:
        return self.direct.get_object(Bucket=self.name, Key=key)["Body"].read()

    def names(self, prefix: str = "") -> list[str]:
        answer = self.direct.list_objects_v2(Bucket=self.name, Prefix=prefix)
        return [each["Key"] for each in answer.get("Contents", ())]


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The address of the server."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(
    s3_server: str, settings: Any, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Bucket]:
    """A bucket that settings allow, reached through a door of its own; waits between attempts are short."""
    import boto3
    import botocore.retries.standard as retries

    from curation.storage import s3

    for name, value in (("AWS_ACCESS_KEY_ID", "testing"), ("AWS_SECRET_ACCESS_KEY", "testing")):
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(retries.ExponentialBackoff, "delay_amount", lambda *_: 0.01)
    name = f"rushes-{abs(hash(request.node.nodeid)) % 10**9}"
    direct = boto3.client("s3", endpoint_url=s3_server, region_name="us-east-1")
    direct.create_bucket(Bucket=name)
    door = Door(s3_server)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(door))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    settings.S3_ENDPOINT_URL = f"http://127.0.0.1:{server.server_port}"
    settings.S3_REGION, settings.S3_BUCKETS = "us-east-1", [name]
    s3._client.cache_clear()
    yield Bucket(name, door, direct)
    s3._client.cache_clear()
    server.shutdown()
    server.server_close()
    thread.join()
