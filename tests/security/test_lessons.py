"""What other tools of this kind were broken by, rule by rule, and the tests that hold each rule here."""

from __future__ import annotations

import ast
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from curation.storage import s3
from curation.storage.s3 import Address, StorageFailed, object_look
from tests.paths import REPOSITORY

# Rule, with the reports that it comes from → the tests that fail where it is broken.
LESSONS: dict[str, tuple[str, ...]] = {
    "fetch nothing that a user names (CVE-2022-36551, -2023-47116, -2025-25297, -2024-37164)": (
        "tests/security/test_pages.py::test_an_address_that_a_user_names_is_never_opened",
        "tests/security/test_code.py::test_nothing_that_could_fetch_an_address_is_used_outside_the_few_that_may",
        "tests/curation/storage/test_s3.py::test_only_allowed_buckets_are_spoken_to",
    ),
    "check again on every redirect, and never echo what an address answered": (
        "tests/security/test_lessons.py::test_storage_that_leads_elsewhere_is_not_followed_and_not_echoed",
        "tests/scoring/adapters/test_weights_download.py"
        "::test_an_answer_that_leads_to_an_inner_service_is_not_followed",
    ),
    "filters are an allow-list, not a walk through tables (CVE-2023-47117)": (
        "tests/security/test_pages.py::test_filters_lead_nowhere_but_where_they_are_meant_to",
    ),
    "no secret key in the code: refuse to start without one (CVE-2023-43791)": (
        "tests/security/test_production.py::test_what_would_be_unsafe_does_not_start",
    ),
    "user text is never markup; strict policy; types set here (CVE-2024-26152, -2025-25296, -2025-47783, -2026-22033)": (
        "tests/security/test_pages.py::test_text_of_others_is_never_markup_and_every_answer_is_locked_down",
        "tests/security/test_code.py::test_templates_print_nothing_raw_that_a_user_wrote",
        "tests/security/test_code.py::test_templates_hold_no_inline_script_style_or_outside_address",
        "tests/curation/views/test_media.py::test_a_path_that_leaves_the_store_or_a_type_that_runs_is_refused",
    ),
    "paths stay within their folder (CVE-2025-25295, -2026-47682)": (
        "tests/security/test_pages.py::test_a_stored_name_never_leaves_its_shelf",
        "tests/security/test_pages.py::test_nothing_is_listed_and_nothing_beside_the_export_is_sent",
        "tests/security/test_media.py::test_names_are_only_names",
    ),
    "nothing that is read can run; checksums before use (CVE-2025-5173, -2025-23045)": (
        "tests/security/test_code.py::test_nothing_that_is_read_can_run",
        "tests/security/test_code.py::test_a_checkpoint_that_would_run_something_is_refused",
        "tests/scoring/adapters/test_weights_download.py::test_other_bytes_than_published_never_take_the_files_name",
    ),
    "method × role × object is one table (CVE-2024-47172, -2024-45393)": (
        "tests/test_access.py::test_every_route_has_its_line_in_the_table",
        "tests/test_access.py::test_every_route_method_and_role_meets_exactly_what_the_table_says",
        "tests/security/test_pages.py::test_no_page_but_the_public_few_answers_a_stranger",
    ),
    "Dash that escapes its links, its callbacks guarded like its pages": (
        "tests/security/test_code.py::test_dash_is_one_that_escapes_what_it_links_to",
        "tests/test_access.py::test_every_route_method_and_role_meets_exactly_what_the_table_says",
        "tests/fuzzing/test_callbacks.py::test_callbacks_of_the_dashboards",
    ),
    "a media file opens nothing but itself: playlists, concat, data:, SVG, foreign data references": (
        "tests/security/test_media.py::test_every_way_of_opening_refuses_what_points_elsewhere",
        "tests/security/test_media.py::test_each_is_refused_with_its_reason_and_the_good_one_is_scored",
        "tests/security/test_media.py"
        "::test_a_film_that_says_its_samples_lie_in_another_file_shows_only_its_own",
        "tests/curation/media/test_containers.py::test_a_playlist_opens_nothing_even_beside_the_video_it_names",
        "tests/curation/media/test_containers.py::test_a_name_that_looks_like_a_protocol_is_only_a_name",
    ),
    "decoding is bounded in time, memory, frames and open files, in a child": (
        "tests/curation/media/test_child.py::test_processor_time_is_bounded",
        "tests/curation/media/test_child.py::test_memory_is_bounded",
        "tests/curation/media/test_child.py::test_open_files_and_written_bytes_are_bounded",
        "tests/curation/media/test_child.py::test_a_decoder_that_hangs_is_given_up",
        "tests/curation/media/test_child.py::test_limits_hold_there_too",
        "tests/security/test_media.py::test_nobody_decodes_media_in_a_process_of_the_site_or_of_the_workers",
    ),
}


@pytest.mark.parametrize("lesson", LESSONS)
def test_each_lesson_has_its_tests(lesson: str) -> None:
    for named in LESSONS[lesson]:
        path, name = named.split("::")
        tree = ast.parse((REPOSITORY / path).read_text())
        there = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        assert name in there, f"{path} holds no {name} any more: what holds “{lesson}” now?"


class _Leading(BaseHTTPRequestHandler):
    """A storage service that answers as it is told, and counts who comes."""

    def log_message(self, *_: Any) -> None:
        pass

    def do_HEAD(self) -> None:
        server: Any = self.server
        server.met.append(self.path)
        self.send_response(server.status)
        if server.leads_to:
            self.send_header("Location", server.leads_to)
        self.send_header("x-secret", "kept-inside")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_HEAD


@pytest.fixture
def two_servers() -> Iterator[list[Any]]:
    servers: list[Any] = []
    for _ in range(2):
        server: Any = ThreadingHTTPServer(("127.0.0.1", 0), _Leading)
        server.met, server.status, server.leads_to = [], 200, ""
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
    yield servers
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400])
def test_storage_that_leads_elsewhere_is_not_followed_and_not_echoed(
    two_servers: list[Any], status: int, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    storage, inner = two_servers
    storage.status, storage.leads_to = status, f"http://127.0.0.1:{inner.server_port}/latest/meta-data"
    settings.S3_ENDPOINT_URL = f"http://127.0.0.1:{storage.server_port}"
    settings.S3_REGION, settings.S3_BUCKETS = "us-east-1", ["films"]
    s3._client.cache_clear()
    try:
        with pytest.raises(StorageFailed) as refused:
            object_look(Address("films", "a.mp4"))
    finally:
        s3._client.cache_clear()
    assert storage.met and inner.met == []
    assert "kept-inside" not in str(refused.value) and "meta-data" not in str(refused.value)
