"""The registry of model weights: what each file is, where it comes from, and whether the one on disk is it.

Nothing is downloaded by itself: ``manage.py weights download NAME`` does it, from the addresses below and no
others, and a file is used only after its checksum held. Pure: imports no Django.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from scoring.scorers.base import sha256_of

_WHISPER = "https://openaipublic.azureedge.net/main/whisper/models"
_REPOSITORY = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True, slots=True)
class WeightSpec:
    """One file of weights.

    ``address``: where it is published, empty where it can only be put in place by hand (``note`` says how).
    ``sha256``: of the published file, ``None`` where its publisher states none. ``about_bytes``: its size, for
    people; the checksum alone decides. ``file``: its name in the weights folder.
    """

    name: str
    file: str
    address: str
    sha256: str | None
    licence: str
    about_bytes: int | None
    purpose: str
    note: str = ""


def _whisper(size: str, sha256: str, about_bytes: int, stem: str = "") -> WeightSpec:
    file = f"{stem or size}.pt"
    return WeightSpec(
        name=f"whisper-{size}",
        file=f"whisper-{file}",
        address=f"{_WHISPER}/{sha256}/{file}",
        sha256=sha256,
        licence="MIT",
        about_bytes=about_bytes,
        purpose="words with times, language, and Whisper's confidence",
    )


_SPECS: tuple[WeightSpec, ...] = (
    WeightSpec(
        name="lr_asd",
        file="lr_asd_talkset.model",
        address="https://raw.githubusercontent.com/Junhua-Liao/LR-ASD/HEAD/weight/finetuning_TalkSet.model",
        sha256="6b4ef53694e874e96cf630198dc479c78aebb3993bbf166aee3d926dfe7d9342",
        licence="MIT",
        about_bytes=3_426_337,
        purpose="who of the visible people speaks, frame by frame (LR-ASD, fine-tuned on TalkSet)",
    ),
    _whisper("tiny", "65147644a518d12f04e32d6f3b26facc3f8dd46e5390956a9424a650c0ce22b9", 75_000_000),
    _whisper("base", "ed3a0b6b1c0edf879ad9b11b1af5a0e6ab5db9205f891f668f8b0e6c6326e34e", 145_000_000),
    _whisper("small", "9ecf779972d90ba49c06d968637d720dd632c55bbf19d441fb42bf17a411e794", 484_000_000),
    _whisper("medium", "345ae4da62f9b3d59415adc60127b97c714f32e89e936602e85993674d08dcb1", 1_530_000_000),
    _whisper("large-v3", "e5b1a55b89c1367dacf97e3e19bfd829a01529dbfdeefa8caeb59b3f1b81dadb", 3_090_000_000),
    _whisper(
        "turbo",
        "aff26ae408abcba5fbf8813c21e62b0941638c5f6eebfb145be0c9839262a19a",
        1_620_000_000,
        "large-v3-turbo",
    ),
    _whisper("tiny.en", "d3dd57d32accea0b295c96e26691aa14d8822fac7d9d27d5dc00b4ca2826dd03", 75_000_000),
    _whisper("base.en", "25a8566e1d0c1e2231d1c762132cd20e0f96a85d16145c3a00adf5d1ac670ead", 145_000_000),
    _whisper("small.en", "f953ad0fd29cacd07d5a9eda5624af0f6bcf2258be67c92b79389873d91e0872", 484_000_000),
    _whisper("medium.en", "d7440d1dc186f76616474e0ff0b3b6b879abc9d1a4926b7adfa41db2d497ab4f", 1_530_000_000),
    WeightSpec(
        name="dover",
        file="onnx_dover.onnx",
        address="",
        sha256=None,
        licence="S-Lab 1.0 (research; see the DOVER repository)",
        about_bytes=None,
        purpose="how good a video looks, technically and aesthetically (DOVER)",
        note="export it with convert_to_onnx.py of the DOVER repository: inputs aes_view and tech_view",
    ),
    WeightSpec(
        name="cotracker3",
        file="cotracker3_scaled_offline.pth",
        address="https://huggingface.co/facebook/cotracker3/resolve/main/scaled_offline.pth",
        sha256=None,
        licence="CC BY-NC 4.0 (not for commercial use)",
        about_bytes=102_000_000,
        purpose="points followed through occlusion (CoTracker 3, offline); its code is a checkout named by COTRACKER_CHECKOUT",
    ),
    WeightSpec(
        name="face_embedding",
        file="face_embedding.onnx",
        address="",
        sha256=None,
        licence="that of the model you choose",
        about_bytes=None,
        purpose="who is the same person within a source; biometric, so off unless FACE_EMBEDDINGS=1",
        note="any ONNX model from aligned faces (n, 3, 112, 112), RGB, (x − 127.5) / 127.5, to vectors (n, d)",
    ),
)

WEIGHTS: dict[str, WeightSpec] = {spec.name: spec for spec in _SPECS}


class WeightsError(RuntimeError):
    """Weights are missing or are not what they should be; the message says which, where and what to do."""


class WeightsMissing(WeightsError):
    """The file is not in the weights folder."""


class WeightsWrong(WeightsError):
    """The file is there, but its bytes are not those that were published."""


Standing = Literal["verified", "absent", "wrong", "unknown checksum"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What ``verify`` found: ``sha256`` is the computed one, empty where the file is absent."""

    spec: WeightSpec
    standing: Standing
    sha256: str
    path: Path


def folder() -> Path:
    """Where weights lie: ``WEIGHTS_DIR``, else ``weights`` below ``RUSHES_VAR``, else ``var/weights`` here."""
    named = os.environ.get("WEIGHTS_DIR", "").strip()
    if named:
        return Path(named)
    var = os.environ.get("RUSHES_VAR", "").strip()
    return (Path(var) if var else _REPOSITORY / "var") / "weights"


def spec_of(name: str) -> WeightSpec:
    """The registry's entry; raises ``WeightsError`` naming those that exist."""
    try:
        return WEIGHTS[name]
    except KeyError:
        raise WeightsError(f"no weights are called {name!r}; there are {', '.join(WEIGHTS)}") from None


def is_present(name: str) -> bool:
    """Whether the file is in place; says nothing of its checksum."""
    return (folder() / spec_of(name).file).is_file()


def missing_words(name: str) -> str:
    """One sentence: the weights are not here, and how to get them."""
    spec = spec_of(name)
    if spec.address:
        return f"the weights {name} are not in {folder()}: run `manage.py weights download {name}`"
    return f"the weights {name} are not in {folder()}: put them there as {spec.file} ({spec.note})"


def checked_path(name: str) -> Path:
    """The file, its checksum held; raises ``WeightsMissing`` or ``WeightsWrong``. Hashes a file once a process."""
    verdict = verify(name)
    if verdict.standing == "absent":
        raise WeightsMissing(missing_words(name))
    if verdict.standing == "wrong":
        raise WeightsWrong(
            f"{verdict.path} is not the published file of {name}: its sha256 is {verdict.sha256}, expected "
            f"{verdict.spec.sha256}; delete it and run `manage.py weights download {name}`"
        )
    return verdict.path


def verify(name: str) -> Verdict:
    """Hash the file of ``name`` and compare; raises ``WeightsError`` for an unknown name only."""
    spec = spec_of(name)
    path = folder() / spec.file
    if not path.is_file():
        return Verdict(spec, "absent", "", path)
    found = known_sha256(path)
    if spec.sha256 is None:
        return Verdict(spec, "unknown checksum", found, path)
    return Verdict(spec, "verified" if found == spec.sha256 else "wrong", found, path)


_hashes: dict[tuple[str, int, int], str] = {}


def known_sha256(path: Path) -> str:
    """The sha256 of a file; computed again only if its size or modification time changed."""
    stat = path.stat()
    key = (str(path.resolve()), stat.st_size, stat.st_mtime_ns)
    if key not in _hashes:
        _hashes[key] = sha256_of(path)
    return _hashes[key]
