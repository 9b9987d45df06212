"""On which device models run: ``RUSHES_DEVICE`` (``auto``, ``cpu``, ``cuda``, ``cuda:1``), CUDA if present by default."""

from __future__ import annotations

import os

import torch


def torch_device(name: str | None = None) -> torch.device:
    """The device called ``name``, else the one of ``RUSHES_DEVICE``, else CUDA where there is one, else the CPU.

    Raises ``ValueError`` for a name that torch does not know, or CUDA that is asked for and absent.
    """
    asked = (name or os.environ.get("RUSHES_DEVICE", "")).strip() or "auto"
    if asked == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(asked)
    except RuntimeError:
        raise ValueError(f"{asked!r} is no device; RUSHES_DEVICE may be auto, cpu, cuda or cuda:N") from None
    if device.type == "cuda" and not torch.cuda.is_available():
        raise ValueError(f"{asked!r} was asked for, but torch sees no CUDA device here")
    return device
