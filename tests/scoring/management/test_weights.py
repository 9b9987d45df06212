import hashlib
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from scoring.adapters import weights
from tests.scoring.adapters.test_weights_download import BODY, SHA256, Shelf, shop  # noqa: F401 - a fixture


@pytest.fixture
def here(monkeypatch, tmp_path):
    monkeypatch.setenv("WEIGHTS_DIR", str(tmp_path))
    return tmp_path


def run(*arguments):
    out = StringIO()
    call_command("weights", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def toy(monkeypatch, address, sha256=SHA256):
    spec = weights.WeightSpec("toy", "toy.bin", address, sha256, "MIT", 1_000_000, "a test")
    monkeypatch.setitem(weights.WEIGHTS, "toy", spec)


def test_the_list_says_what_is_here_its_licence_and_what_to_do_by_hand(here):
    said = run("list")
    assert str(here) in said
    for spec in weights.WEIGHTS.values():
        assert spec.name in said and spec.licence in said
    assert "to be put there by hand as onnx_dover.onnx" in said


def test_a_download_is_verified_and_put_in_place(here, monkeypatch, shop):  # noqa: F811
    toy(monkeypatch, f"http://127.0.0.1:{shop.server_port}/toy")
    assert f"toy: verified, sha256 {SHA256}" in run("download", "toy")
    assert (here / "toy.bin").read_bytes() == BODY
    assert "toy: verified" in run("verify")


def test_offline_it_fails_with_what_to_do(here, monkeypatch):
    toy(monkeypatch, "http://127.0.0.1:1/toy")
    with pytest.raises(CommandError, match="copy the file from another machine"):
        run("download", "toy")


def test_a_wrong_file_fails_verification_with_both_checksums(here, monkeypatch):
    toy(monkeypatch, "https://example.org/toy")
    (here / "toy.bin").write_bytes(b"other")
    out = StringIO()
    with pytest.raises(CommandError, match="not right: toy"):
        call_command("weights", "verify", stdout=out)
    assert hashlib.sha256(b"other").hexdigest() in out.getvalue() and SHA256 in out.getvalue()


def test_only_names_of_the_registry_are_fetched(here):
    with pytest.raises(CommandError, match=r"no weights are called 'https://example\.org/x'"):
        run("download", "https://example.org/x")


def test_nothing_here_is_said_so(here):
    assert "no weights of the registry" in run("verify")
