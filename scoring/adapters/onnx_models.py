"""ONNX models by the names of the weights registry: loaded once a process, on CUDA where ONNX Runtime has it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from typing import Any

from scoring.adapters import weights
from scoring.adapters.devices import thread_count


@dataclass(frozen=True, slots=True)
class OnnxModel:
    """A session with its inputs and outputs by name; ``shapes``: an input's dimensions, ``None`` where free."""

    session: Any
    shapes: dict[str, tuple[int | None, ...]]
    outputs: tuple[str, ...]
    device: str

    def run(self, **inputs: Any) -> list[Any]:
        """The outputs (arrays) in the model's order."""
        return self.session.run(None, inputs)


def loaded(name: str) -> OnnxModel:
    """The model called ``name``; raises ``WeightsError`` where it is missing, wrong or no ONNX model."""
    path = weights.checked_path(name)
    return _loaded(str(path), path.stat().st_mtime_ns, os.getpid())


def device_of() -> str:
    """``cuda`` or ``cpu``: where ONNX models run here, without loading one."""
    import onnxruntime

    return "cuda" if "CUDAExecutionProvider" in onnxruntime.get_available_providers() else "cpu"


@cache
def _loaded(path: str, _changed: int, _process: int) -> OnnxModel:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = thread_count()
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    wanted = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    providers = [one for one in wanted if one in onnxruntime.get_available_providers()]
    try:
        session = onnxruntime.InferenceSession(path, options, providers=providers)
    except Exception as error:  # ONNX Runtime raises classes of its own, one for each way to be broken
        raise weights.WeightsWrong(f"{path} cannot be loaded as an ONNX model: {error}") from error
    shapes = {
        one.name: tuple(size if isinstance(size, int) else None for size in one.shape)
        for one in session.get_inputs()
    }
    on_gpu = session.get_providers()[0].startswith("CUDA")
    return OnnxModel(
        session, shapes, tuple(one.name for one in session.get_outputs()), "cuda" if on_gpu else "cpu"
    )
