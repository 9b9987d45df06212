"""A Whisper checkpoint of random numbers and tiny dimensions: it speaks nonsense through the real loading code."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import torch

END = 50257


def checkpoint(path: Path) -> Path:
    from whisper.model import ModelDimensions, Whisper

    torch.manual_seed(0)
    dims = ModelDimensions(
        n_mels=80,
        n_audio_ctx=1500,
        n_audio_state=16,
        n_audio_head=2,
        n_audio_layer=1,
        n_vocab=51865,
        n_text_ctx=16,
        n_text_state=16,
        n_text_head=2,
        n_text_layer=2,
    )
    state = Whisper(dims).state_dict()
    torch.nn.init.normal_(state["decoder.positional_embedding"], std=0.02)  # whisper leaves it unset
    state["decoder.token_embedding.weight"][END] = 0  # or it may end before its first word
    torch.save({"dims": asdict(dims), "model_state_dict": state}, path)
    return path
