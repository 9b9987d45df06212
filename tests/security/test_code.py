"""What the code itself never does: run what it reads, fetch what a user names, trust a checkpoint, print user text raw."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

from tests.paths import REPOSITORY

APPS = ("curation", "scoring", "annotation", "dashboards")
# Each speaks to what the operator or the code itself names; nothing of a request or of a file gets there.
MAY_CONNECT = {
    "scoring/adapters/weights_download.py",  # the registry's own addresses, checked by sha256
    "annotation/labelstudio/server.py",  # the Label Studio server that a person with a shell names, through its SDK
    "annotation/simulation.py",  # a load run against the operator's own site
    "curation/embedded/parts.py",  # asks the site that it has started
    "curation/embedded/redis.py",
    "curation/embedded/supervisor.py",
    "curation/embedded/preflight.py",
}
_CLIENTS = {
    "urllib.request",
    "http.client",
    "requests",
    "httpx",
    "aiohttp",
    "ftplib",
    "socket",
    "smtplib",
    "telnetlib",
}


def trees() -> Iterator[tuple[str, ast.Module]]:
    for app in APPS:
        for path in sorted((REPOSITORY / app).rglob("*.py")):
            yield str(path.relative_to(REPOSITORY)), ast.parse(path.read_text(encoding="utf-8"))


def imported(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
    return names


def calls(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def test_nothing_that_could_fetch_an_address_is_used_outside_the_few_that_may() -> None:
    found = {name: sorted(imported(tree) & _CLIENTS) for name, tree in trees() if imported(tree) & _CLIENTS}
    assert not {name: clients for name, clients in found.items() if name not in MAY_CONNECT}


def test_nothing_that_is_read_can_run() -> None:
    forbidden = {"pickle", "cPickle", "dill", "marshal", "shelve", "joblib", "yaml"}
    wrong = [
        f"{name}: {sorted(imported(tree) & forbidden)}"
        for name, tree in trees()
        if imported(tree) & forbidden
    ]
    for name, tree in trees():
        for called, node in calls(tree):
            words = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
            if called in ("eval", "exec", "compile", "__import__", "os.system", "os.popen"):
                wrong.append(f"{name}:{node.lineno}: {called}")
            if called.endswith("torch.load") and words.get("weights_only") != "True":
                wrong.append(f"{name}:{node.lineno}: torch.load without weights_only=True")
            if words.get("shell") == "True" or words.get("allow_pickle") == "True":
                wrong.append(f"{name}:{node.lineno}: {called} with a shell or with pickles")
    assert not wrong, "\n".join(wrong)


def test_a_checkpoint_that_would_run_something_is_refused(tmp_path: Path) -> None:
    import torch

    owned = tmp_path / "owned"

    class Harm:
        def __reduce__(self):  # type: ignore[no-untyped-def]
            return (Path.touch, (owned,))

    torch.save({"state_dict": Harm()}, tmp_path / "model.pth")
    with pytest.raises(Exception, match=r"(?i)weights.?only|unsupported"):
        torch.load(tmp_path / "model.pth", weights_only=True)
    assert not owned.exists()


def test_templates_print_nothing_raw_that_a_user_wrote() -> None:
    raw = re.compile(r"\|\s*safe\b|{%\s*autoescape\s+off|\|\s*safeseq\b")
    found = {
        str(path.relative_to(REPOSITORY)): line.strip()
        for path in (REPOSITORY / "templates").rglob("*.html")
        for line in path.read_text().splitlines()
        # Dash's own parts of its page, made by its server from its own files.
        if raw.search(line) and not all("dash." in part for part in re.findall(r"{{[^}]*\|\s*safe\b", line))
    }
    assert not found


def test_templates_hold_no_inline_script_style_or_outside_address() -> None:
    inline = re.compile(
        r"<script(?![^>]*\ssrc=)[^>]*>|<style|\sstyle=|\son[a-z]+=|javascript:|(src|href|action)=\"(https?:)?//"
    )
    found = [
        f"{path.relative_to(REPOSITORY)}: {line.strip()[:100]}"
        for path in (REPOSITORY / "templates").rglob("*.html")
        for line in path.read_text().splitlines()
        if inline.search(line) and 'type="application/json"' not in line
    ]
    assert not found


def test_mark_safe_takes_only_text_of_our_own() -> None:
    for name, tree in trees():
        for called, node in calls(tree):
            if called.split(".")[-1] == "mark_safe":
                assert isinstance(node.args[0], ast.Constant), f"{name}:{node.lineno}: use format_html"


def test_dash_is_one_that_escapes_what_it_links_to() -> None:
    major, minor = (int(part) for part in metadata.version("dash").split(".")[:2])
    assert (major, minor) >= (2, 15)
