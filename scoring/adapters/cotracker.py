"""CoTracker 3, offline: its code is a checkout on this machine, its weights a checkpoint; nothing is fetched.

``COTRACKER_CHECKOUT`` names the folder of the checkout (it holds ``hubconf.py``). That code is run, so let it be
one that you trust; the checkpoint is read as plain tensors.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.adapters import weights
from scoring.adapters.devices import device_name, torch_device
from scoring.scorers.base import Pixels, Unavailable

NAME = "cotracker3"
ENTRY = "cotracker3_offline"
GRID = 10


def checkout() -> Path | None:
    """The checkout's folder, if it is named and holds what torch.hub looks for."""
    named = os.environ.get("COTRACKER_CHECKOUT", "").strip()
    return Path(named) if named and (Path(named) / "hubconf.py").is_file() else None


def available() -> Unavailable | None:
    if not weights.is_present(NAME):
        return Unavailable(weights.missing_words(NAME))
    if checkout() is None:
        return Unavailable(
            "COTRACKER_CHECKOUT names no checkout of github.com/facebookresearch/co-tracker: clone it and set it"
        )
    return None


def device() -> str:
    return device_name()


def followed(frames: Pixels) -> npt.NDArray[np.bool_]:
    """Which points of a 10 × 10 grid laid on the first of ``frames`` (t, h, w, 3) are visible in each: (t, 100).

    Raises ``WeightsError`` where checkout or checkpoint are missing or do not fit.
    """
    import torch

    folder = checkout()
    if folder is None:
        raise weights.WeightsMissing("COTRACKER_CHECKOUT names no checkout of CoTracker")
    predictor = _predictor(str(folder), str(weights.checked_path(NAME)), os.getpid())
    video = torch.from_numpy(frames).permute(0, 3, 1, 2)[None].float().to(torch_device())
    with torch.inference_mode():
        _, visible = predictor(video, grid_size=GRID)
    found = visible.cpu().numpy()[0]
    return (found if found.dtype == bool else found > 0.5).reshape(len(frames), -1)


@cache
def _predictor(folder: str, checkpoint: str, _process: int) -> Any:
    import torch

    had = list(sys.path)
    try:
        model = torch.hub.load(
            folder, ENTRY, source="local", pretrained=False, trust_repo=True, verbose=False
        )
    finally:
        sys.path[:] = had
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    try:
        model.model.load_state_dict(state)
    except RuntimeError as error:
        raise weights.WeightsWrong(
            f"{checkpoint} does not fit the CoTracker of {folder}: {str(error).splitlines()[0]}"
        ) from error
    return model.to(torch_device()).eval()
