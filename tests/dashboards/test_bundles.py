"""Dash's and Plotly's scripts: one address for all dashboards, kept by browsers, and nothing else served there."""

from __future__ import annotations

import gzip
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import plotly
import pytest

from dashboards.agreement import AGREEMENT
from dashboards.bundles import bundle_address, opened, release
from dashboards.mount import Dashboard
from tests import factories
from tests.dashboards.asking import signed_in

pytestmark = pytest.mark.django_db
_SCRIPT = re.compile(r'<script src="([^"]+)"')
_PLOTLY = "plotly/package_data/plotly.min.js"


def test_every_script_of_every_dashboard_is_served_to_be_kept() -> None:
    slug, client = factories.world().corpus.slug, signed_in("curator")
    seen = []
    for name in ("agreement", "thresholds", "subgroups", "operations"):
        page = client.get(f"/corpora/{slug}/{name}/").text
        found = [address for address in _SCRIPT.findall(page) if "_dash-component-suites" in address]
        assert found and all(address.startswith(bundle_address("")) for address in found)
        assert bundle_address(_PLOTLY) in page
        seen.append(found)
    assert all(found == seen[0] for found in seen)
    for address in [*seen[0], bundle_address(_PLOTLY), bundle_address("dash/dcc/async-graph.js")]:
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert "immutable" in answer.headers["Cache-Control"] and "private" in answer.headers["Cache-Control"]
        assert answer.headers["Content-Type"].startswith("text/javascript")


def test_a_script_is_compressed_for_who_can_read_that() -> None:
    client = signed_in("curator")
    address = bundle_address("dash/dcc/async-graph.js")
    plain, packed = client.get(address), client.get(address, headers={"accept-encoding": "gzip, br"})
    assert "Content-Encoding" not in plain.headers and packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content and len(packed.content) < len(plain.content)
    assert "Accept-Encoding" in plain.headers["Vary"]


def test_plotly_is_served_as_a_page_runs_it_and_whole() -> None:
    plain = signed_in("curator").get(bundle_address(_PLOTLY)).content
    installed = (Path(plotly.__file__).parent / "package_data" / "plotly.min.js").read_bytes()
    start = plain.index(b'"use strict";var Plotly=')
    # The licence, then the code itself and not a function that holds it; of the code nothing is missing.
    assert plain[:start].count(b"/*") == plain[:start].count(b"*/") == 1 and b"MIT license" in plain[:start]
    assert plain[start:] in installed and plain.endswith(b"window.Plotly = Plotly;\n")
    assert len(installed) - len(plain) < 500


@pytest.mark.parametrize(
    "content", [b"", b"/* a licence */ var Plotly = 1;", b"(function(root, factory) {})"]
)
def test_a_plotly_that_is_wrapped_otherwise_is_served_as_it_is(content: bytes) -> None:
    assert opened(content) == content


def test_no_page_loads_what_no_dashboard_uses() -> None:
    page = signed_in("curator").get(f"/corpora/{factories.world().corpus.slug}/operations/").text
    scripts = " ".join(_SCRIPT.findall(page))
    assert "polyfill" not in scripts and "dash_table" not in scripts and "dash_core_components" in scripts


def test_a_page_of_another_release_is_served_and_nothing_kept() -> None:
    old = bundle_address("dash/dcc/async-graph.js").replace(release(), "1.0-2.0")
    answer = signed_in("curator").get(old)
    assert answer.status_code == 200 and "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize(
    "inside",
    [
        "dash/dash.py",
        "dash/version.py",
        "dash/dcc/Graph.py",
        "dash/dcc/metadata.json",
        "dash/../django/__init__.py",
        "dash/dcc/../../django/contrib/admin/static/admin/js/core.js",
        "django/contrib/admin/static/admin/js/core.js",
        "plotly/package_data/no-such.js",
        "os/path.js",
    ],
)
def test_nothing_else_is_served_there(inside: str) -> None:
    assert signed_in("curator").get(bundle_address(inside)).status_code == 404


def test_a_dashboard_made_by_many_requests_at_once_is_made_once_and_whole() -> None:
    made: list[object] = []

    def build(app: object) -> None:
        made.append(app)
        AGREEMENT._build(app)  # type: ignore[arg-type]

    fresh = Dashboard("agreement", "Agreement", "", build)
    together = Barrier(6)

    def ask(_number: int) -> object:
        together.wait(30)
        return fresh.app

    with ThreadPoolExecutor(6) as threads:
        apps = list(threads.map(ask, range(6)))
    assert len(made) == 1 and all(app is made[0] for app in apps)
    # Whoever gets the app finds its scripts listed: Dash refuses those that are not.
    assert "dash-renderer/build/dash_renderer.min.js" in fresh.app.registered_paths["dash"]
