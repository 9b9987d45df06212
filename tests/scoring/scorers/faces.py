"""Made-up faces: a grey picture with a textured head and a mouth that opens as told."""

from __future__ import annotations

import numpy as np

from scoring.scorers.base import TrackedFace, TrackedFrame

SIZE = 320
BOX = (90.0, 60.0, 230.0, 200.0)


def picture(opening: float, shift: int = 0, seed: int = 1):
    """Grey (320, 320); ``opening`` 0–1; ``shift``: the whole head so many pixels to the right."""
    rng = np.random.default_rng(seed)
    texture = rng.integers(90, 170, (40, 40)).astype(np.uint8).repeat(8, 0).repeat(8, 1)
    rows, columns = np.mgrid[0:SIZE, 0:SIZE]
    mouth = ((columns - 160) / 32) ** 2 + ((rows - 172) / (4 + 18 * opening)) ** 2 <= 1
    face = texture.copy()
    face[mouth] = 30
    return np.roll(face, shift, axis=1)


def frames(openings, *, track=0, start=0, faces=True, rate_hz=25):
    """Tracked frames of one face whose mouth opens as ``openings`` (n,) say."""
    made = []
    for n, opening in enumerate(openings):
        face = (TrackedFace(track, BOX, BOX, 0.9),) if faces else ()
        made.append(
            TrackedFrame((start + n) / rate_hz, start + n, 0, picture(float(opening)), None, (1.0, 1.0), face)
        )
    return made
