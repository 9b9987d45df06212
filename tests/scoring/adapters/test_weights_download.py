"""Downloads against a real web server on this machine that serves ranges, and one that breaks off."""

import hashlib
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from scoring.adapters.weights import WeightSpec
from scoring.adapters.weights_download import DownloadFailed, download

BODY = bytes(range(256)) * 5000
SHA256 = hashlib.sha256(BODY).hexdigest()


class Shelf(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        shop = self.server
        asked = self.headers.get("Range")
        shop.asked.append(asked)
        if shop.away:
            self.send_response(302)
            self.send_header("Location", shop.away)
            self.end_headers()
            return
        start = int(re.match(r"bytes=(\d+)-", asked)[1]) if asked and shop.ranges else 0
        if start >= len(BODY) and asked:
            self.send_error(416)
            return
        rest = BODY[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(rest)))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(BODY) - 1}/{len(BODY)}")
        self.end_headers()
        if shop.break_after:
            rest, shop.break_after = rest[: shop.break_after], 0
        self.wfile.write(rest)


@pytest.fixture
def shop():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shelf)
    server.asked, server.ranges, server.break_after, server.away = [], True, 0, ""
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def spec(shop, sha256=SHA256):
    return WeightSpec(
        "toy", "toy.bin", f"http://127.0.0.1:{shop.server_port}/toy", sha256, "MIT", None, "a test"
    )


def test_a_file_arrives_whole_and_its_progress_is_told(shop, tmp_path):
    told = []
    path = download(spec(shop), into=tmp_path, progress=lambda done, whole: told.append((done, whole)))
    assert path.read_bytes() == BODY
    assert told[-1] == (len(BODY), len(BODY))
    assert list(tmp_path.iterdir()) == [path]


def test_a_second_download_fetches_nothing(shop, tmp_path):
    download(spec(shop), into=tmp_path)
    download(spec(shop), into=tmp_path)
    assert len(shop.asked) == 1


@pytest.mark.parametrize("ranges", [True, False])
def test_after_a_broken_line_it_goes_on_where_it_stopped(shop, tmp_path, ranges):
    shop.break_after, shop.ranges = 300_000, ranges
    with pytest.raises(DownloadFailed, match="goes on from there"):
        download(spec(shop), into=tmp_path)
    assert not (tmp_path / "toy.bin").exists()
    assert download(spec(shop), into=tmp_path).read_bytes() == BODY
    assert shop.asked == [None, "bytes=300000-"]


def test_other_bytes_than_published_never_take_the_files_name(shop, tmp_path):
    with pytest.raises(DownloadFailed, match="other bytes than were published"):
        download(spec(shop, sha256="0" * 64), into=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_part_that_is_too_long_is_thrown_away(shop, tmp_path):
    (tmp_path / "toy.bin.part").write_bytes(BODY + b"more")
    with pytest.raises(DownloadFailed, match="try again"):
        download(spec(shop), into=tmp_path)
    assert download(spec(shop), into=tmp_path).read_bytes() == BODY


def test_a_whole_part_only_takes_its_name(shop, tmp_path):
    (tmp_path / "toy.bin.part").write_bytes(BODY)
    assert download(spec(shop), into=tmp_path).read_bytes() == BODY
    assert shop.asked == []


def test_offline_it_says_what_else_to_do(tmp_path):
    gone = WeightSpec("toy", "toy.bin", "http://127.0.0.1:1/toy", "0" * 64, "MIT", None, "a test")
    with pytest.raises(DownloadFailed, match="copy the file from another machine"):
        download(gone, into=tmp_path)


@pytest.mark.parametrize("address", ["http://example.org/x", "file:///etc/passwd", "ftp://example.org/x"])
def test_only_https_is_fetched(tmp_path, address):
    with pytest.raises(DownloadFailed, match="not come over https"):
        download(WeightSpec("toy", "toy.bin", address, None, "MIT", None, "a test"), into=tmp_path)


def test_an_answer_that_leads_to_an_inner_service_is_not_followed(shop, tmp_path):
    shop.away = f"http://127.0.0.1:{shop.server_port}/inner"
    with pytest.raises(DownloadFailed, match="which is not https"):
        download(spec(shop), into=tmp_path)
    assert shop.asked == [None] and not (tmp_path / "toy.bin").exists()
