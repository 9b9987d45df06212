"""Whatever reads a file gives a sign of life while it does, so that a long one is not taken for one that hangs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from curation.media import pulse
from curation.media.probe import probe
from curation.media.shots import detect_shots
from curation.media.sound import read_sound


@pytest.mark.parametrize("read", [probe, detect_shots, read_sound])
def test_each_reader_beats_once_a_packet(samples: dict[str, Path], read: Callable[[Path], object]) -> None:
    beats: list[None] = []
    pulse.tell_to(lambda: beats.append(None), every_s=0.0)
    try:
        read(samples["plain.mp4"])
    finally:
        pulse.tell_to(None)
    assert len(beats) >= 30
    seen = len(beats)
    read(samples["plain.mp4"])
    assert len(beats) == seen
