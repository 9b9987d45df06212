"""Where models run: CUDA if it is there, else the processor, and how many threads they may take."""

from __future__ import annotations

import os
from functools import cache
from typing import Any


@cache
def torch_device() -> Any:
    """The device for torch models (see :mod:`scoring.adapters.device`), torch's threads set to a modest number."""
    import torch

    from scoring.adapters.device import torch_device as chosen

    torch.set_num_threads(max(1, min(thread_count(), torch.get_num_threads())))
    return chosen()


@cache
def thread_count() -> int:
    """Threads a model may use: ``RUSHES_THREADS``, else the processors this process may run on, at most four."""
    asked = os.environ.get("RUSHES_THREADS", "")
    if asked:
        return max(1, int(asked))
    return max(
        1, min(4, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    )


def device_name() -> str:
    """``cpu`` or ``cuda``, as builds record it, without loading a model."""
    return str(torch_device().type)
