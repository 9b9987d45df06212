"""silero-vad: the chance of a voice, 31.25 times a second. Its model comes inside the package."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import numpy as np
import numpy.typing as npt

RATE = 16_000
WINDOW = 512
"""Samples a step: 32 ms."""
_CONTEXT = 64


class SileroVad:
    """Loaded once a process, after a fork; each source gets a :class:`VoiceStream` of its own."""

    def __init__(self) -> None:
        self._session = None

    @property
    def version(self) -> str:
        return version("silero-vad")

    @property
    def model_path(self) -> Path:
        """The ONNX file in the package's wheel."""
        import silero_vad

        return Path(silero_vad.__file__).parent / "data" / "silero_vad.onnx"

    def stream(self) -> VoiceStream:
        """A fresh listener; loads the model with the first."""
        if self._session is None:
            import onnxruntime

            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = options.inter_op_num_threads = 1
            options.log_severity_level = 3
            self._session = onnxruntime.InferenceSession(
                str(self.model_path), options, providers=["CPUExecutionProvider"]
            )
        return VoiceStream(self._session)


class VoiceStream:
    """Listens to one sound in order; remembers 64 samples and the model's state, nothing else."""

    def __init__(self, session) -> None:  # type: ignore[no-untyped-def]
        self._session = session
        self._state = np.zeros((2, 1, 128), np.float32)
        self._context = np.zeros(_CONTEXT, np.float32)
        self._rest = np.zeros(0, np.float32)

    def hear(self, samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Voice probabilities (n,) of the whole steps of 512 samples that are now complete; mono, 16 kHz."""
        sound = np.concatenate([self._rest, samples.astype(np.float32, copy=False)])
        whole = len(sound) // WINDOW * WINDOW
        self._rest = sound[whole:]
        return np.array([self._step(sound[at : at + WINDOW]) for at in range(0, whole, WINDOW)], np.float32)

    def finish(self) -> npt.NDArray[np.float32]:
        """The last step (1,), filled up with silence; empty where nothing was left."""
        if not len(self._rest):
            return np.zeros(0, np.float32)
        return self.hear(np.zeros(WINDOW - len(self._rest), np.float32))

    def _step(self, window: npt.NDArray[np.float32]) -> float:
        given = np.concatenate([self._context, window])[None]
        chance, self._state = self._session.run(
            None, {"input": given, "state": self._state, "sr": np.array(RATE, np.int64)}
        )
        self._context = window[-_CONTEXT:]
        return float(chance[0, 0])
