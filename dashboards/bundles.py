"""Dash's and Plotly's scripts at one address for all dashboards: compressed, and kept by browsers until the next version.

At Dash's own addresses each dashboard has scripts of its own, and the largest is asked for anew with each visit.
"""

from __future__ import annotations

import gzip
import mimetypes
import re
from functools import lru_cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from dashboards.errors import NoSuchBundle

PLACE = "dashboards/bundles"
_FOLDERS = {"dash": ("deps", "dcc", "html", "dash-renderer/build", "dash_table"), "plotly": ("package_data",)}
_PLOTLY = ("plotly", "package_data/plotly.min.js")
_LARGE = (
    _PLOTLY,
    ("dash", "dcc/dash_core_components.js"),
    ("dash", "dash-renderer/build/dash_renderer.min.js"),
    ("dash", "html/dash_html_components.min.js"),
)
_WRAPPED = re.compile(
    rb"(?P<licence>/\*.*?\*/\s*)\(\s*function\(root, factory\) \{.{1,300}?\} \(typeof self [^,]+, \(\) => \{\n"
    rb"(?P<body>.*window\.Plotly = Plotly;\n)return Plotly;\n\}\)\);\s*",
    re.DOTALL,
)
_SERVED = "2"  # to be raised when the same release is served otherwise: browsers keep what they have
_YEAR_S = 31_536_000


@lru_cache(maxsize=1)
def release() -> str:
    """The versions of what is served, as the address holds them, and how it is served."""
    return "-".join([*(version(package) for package in _FOLDERS), _SERVED])


def bundle_address(inside: str) -> str:
    """The address of a package's file, such as ``plotly/package_data/plotly.min.js``.

    Dash's scripts find their parts beside themselves, and know the name of this folder.
    """
    return f"/{PLACE}/{release()}/_dash-component-suites/{inside}"


def bundle_response(request: HttpRequest, asked: str, package: str, inside: str) -> HttpResponse:
    """A script of Dash or Plotly; raises ``NoSuchBundle``. Of another release than asked for, it is not kept."""
    plain, packed, kind = _read(package, inside)
    takes_gzip = "gzip" in request.headers.get("Accept-Encoding", "")
    response = HttpResponse(packed if takes_gzip else plain, content_type=kind)
    if takes_gzip:
        response.headers["Content-Encoding"] = "gzip"
    patch_vary_headers(response, ["Accept-Encoding"])
    kept = f"private, max-age={_YEAR_S}, immutable" if asked == release() else "private, no-store"
    response.headers["Cache-Control"] = kept
    return response


def bundles_read() -> None:
    """Read and compress the largest scripts now."""
    for package, inside in _LARGE:
        _read(package, inside)


def opened(plotly: bytes) -> bytes:
    """Plotly without the wrapper for other loaders than a page; as it is where that does not look as expected.

    Browsers compile what a script runs at its top level while it is still coming in, beside the page; a function that
    is handed on they compile only when it is called, and hold the page for it.
    """
    found = _WRAPPED.fullmatch(plotly)
    return found["licence"] + found["body"] if found else plotly


@lru_cache(maxsize=64)
def _read(package: str, inside: str) -> tuple[bytes, bytes, str]:
    """A script, the same compressed, and its kind; kept, as there are few and each browser asks for all of them."""
    folder, _, name = _plain(inside).rpartition("/")
    found = find_spec(package) if package in _FOLDERS else None
    if found is None or found.origin is None or folder not in _FOLDERS[package]:
        raise NoSuchBundle(package, inside)
    file = Path(found.origin).parent / folder / name
    if file.suffix != ".js" or not file.is_file():
        raise NoSuchBundle(package, inside)
    content = opened(file.read_bytes()) if (package, inside) == _PLOTLY else file.read_bytes()
    return content, gzip.compress(content, 6, mtime=0), mimetypes.types_map[".js"]


def _plain(inside: str) -> str:
    """The file's own name, without the fingerprint that Dash puts before its first dot: ``a.v4_4_1m17.min.js``."""
    from dash.fingerprint import check_fingerprint

    return str(check_fingerprint(inside)[0])
