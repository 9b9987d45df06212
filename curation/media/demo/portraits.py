"""Two public-domain portraits out of installed wheels, and where their eyes and mouths are.

Eileen Collins (NASA, in scikit-image) and Grace Hopper (US Navy, in matplotlib).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Eye:
    """Corners and lid heights in pixels."""

    left: float
    right: float
    top: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Portrait:
    """A picture, uint8 (H, W, 3) blue first, with its face in its own pixels."""

    name: str
    image: np.ndarray
    face: Point
    """Middle of the face."""
    face_width: float
    head_radius: Point
    """Half width and half height of the head with hair or cap."""
    mouth_left: Point
    mouth_middle: Point
    """Where the lips part (under the upper teeth, where they show)."""
    mouth_right: Point
    chin: float
    eyes: tuple[Eye, ...]
    teeth: bool
    """Whether teeth must be painted into an open mouth (else the picture shows them already)."""

    def scaled(self, scale: float) -> Portrait:
        """The same, `scale` times as large, sharpened a little as enlarging softens."""
        size = (round(self.image.shape[1] * scale), round(self.image.shape[0] * scale))
        image = cv2.resize(
            self.image, size, interpolation=cv2.INTER_LANCZOS4 if scale > 1 else cv2.INTER_AREA
        )
        if scale > 1:
            soft = cv2.GaussianBlur(image, (0, 0), 0.8 * scale)
            amount = min(0.7, 0.7 * (scale - 1))
            image = cv2.addWeighted(image, 1 + amount, soft, -amount, 0)
        return self._moved(image, lambda p: (p[0] * scale, p[1] * scale), scale)

    def extended(self, *, left: int, right: int, top: int) -> Portrait:
        """The same on a wider canvas: its edges go on outwards, out of focus, as a studio's backdrop would."""
        image = cv2.copyMakeBorder(self.image, top, 0, left, right, cv2.BORDER_REPLICATE)
        soft = cv2.GaussianBlur(image, (0, 0), 22)
        weight = np.zeros(image.shape[:2], np.float32)
        width = weight.shape[1]
        weight[top:, left : width - right] = 1.0
        weight = cv2.erode(weight, np.ones((25, 25), np.uint8), borderType=cv2.BORDER_REPLICATE)
        weight = cv2.GaussianBlur(weight, (0, 0), 9, borderType=cv2.BORDER_REPLICATE)[..., None]
        blended = image * weight + soft * (1 - weight)
        return self._moved(blended.astype(np.uint8), lambda p: (p[0] + left, p[1] + top), 1.0)

    def _moved(self, image: np.ndarray, at: Callable[[Point], Point], scale: float) -> Portrait:
        def eye(one: Eye) -> Eye:
            (x0, y0), (x1, y1) = at((one.left, one.top)), at((one.right, one.bottom))
            return Eye(left=x0, right=x1, top=y0, bottom=y1)

        return Portrait(
            name=self.name,
            image=image,
            face=at(self.face),
            face_width=self.face_width * scale,
            head_radius=(self.head_radius[0] * scale, self.head_radius[1] * scale),
            mouth_left=at(self.mouth_left),
            mouth_middle=at(self.mouth_middle),
            mouth_right=at(self.mouth_right),
            chin=at((0.0, self.chin))[1],
            eyes=tuple(eye(one) for one in self.eyes),
            teeth=self.teeth,
        )


class PortraitMissing(RuntimeError):
    """An installed package no longer carries its portrait."""


def collins() -> Portrait:
    """Eileen Collins, 512 × 512, face 91 pixels wide. Raises PortraitMissing."""
    return Portrait(
        name="collins",
        image=_read("skimage", "data/astronaut.png", "scikit-image"),
        face=(224.0, 122.0),
        face_width=91.0,
        head_radius=(74.0, 88.0),
        mouth_left=(203.0, 139.5),
        mouth_middle=(223.2, 150.0),
        mouth_right=(244.0, 141.3),
        chin=177.0,
        eyes=(Eye(194.0, 214.0, 98.0, 105.0), Eye(236.5, 257.0, 99.5, 106.5)),
        teeth=False,
    )


def hopper() -> Portrait:
    """Grace Hopper, 512 × 600, face 181 pixels wide. Raises PortraitMissing."""
    return Portrait(
        name="hopper",
        image=_read("matplotlib", "mpl-data/sample_data/grace_hopper.jpg", "matplotlib"),
        face=(266.0, 225.0),
        face_width=181.0,
        head_radius=(122.0, 185.0),
        mouth_left=(233.0, 279.5),
        mouth_middle=(267.7, 279.0),
        mouth_right=(302.0, 276.5),
        chin=333.0,
        eyes=(Eye(206.0, 243.0, 186.0, 197.0), Eye(289.0, 323.0, 182.5, 192.5)),
        teeth=True,
    )


def _read(package: str, inside: str, wheel: str) -> np.ndarray:
    spec = find_spec(package)  # finds the folder without importing the package
    if spec is None or spec.origin is None:
        raise PortraitMissing(f"{wheel} is not installed; the demo takes a portrait from it")
    path = Path(spec.origin).parent / inside
    try:
        with Image.open(path) as picture:  # not OpenCV, which prints a warning about one's colour profile
            return np.ascontiguousarray(np.asarray(picture.convert("RGB"))[..., ::-1])
    except OSError as error:
        raise PortraitMissing(
            f"{wheel} no longer carries {inside}; install the version that requirements.txt names"
        ) from error
