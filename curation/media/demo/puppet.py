"""A portrait that talks: the jaw drops with the loudness, the eyes blink, the head sways and turns.

Everything is a warp of the still picture. The mouth is parted along the line of the lips and what appears between
is painted; the head moves by a displacement that fades out around it, so the background stays where it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from curation.media.demo.portraits import Eye, Portrait

GRID = 8
_MOUTH_BGR = np.array([26.0, 24.0, 50.0], np.float32)
_TEETH_BGR = np.array([158.0, 182.0, 198.0], np.float32)


@dataclass(frozen=True, slots=True)
class Pose:
    """One moment. `mouth`, `blink` 0–1; `shift` and `turn` in face widths (x, y); `roll` in degrees."""

    mouth: float = 0.0
    blink: float = 0.0
    shift: tuple[float, float] = (0.0, 0.0)
    turn: tuple[float, float] = (0.0, 0.0)
    roll: float = 0.0


@dataclass(frozen=True, slots=True)
class View:
    """What the camera sees: `centre` in the portrait's pixels, `zoom` output pixels per portrait pixel, `roll` in
    degrees."""

    centre: tuple[float, float]
    zoom: float
    roll: float = 0.0


class Puppet:
    """One portrait, ready to be posed. Not for several threads at once."""

    def __init__(self, portrait: Portrait) -> None:
        self.portrait = portrait
        self._mouth = _MouthWarp(portrait)

    def render(self, pose: Pose, view: View, size: tuple[int, int]) -> np.ndarray:
        """uint8 (height, width, 3) blue first, of `size` (width, height)."""
        image = self.portrait.image.copy()
        if pose.mouth > 0.02:
            self._mouth.apply(image, min(pose.mouth, 1.2))
        if pose.blink > 0.05:
            for eye in self.portrait.eyes:
                _close(image, eye, min(pose.blink, 1.0))
        maps = self._maps(pose, view, size)
        return cv2.remap(image, maps[0], maps[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)

    def _maps(self, pose: Pose, view: View, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
        """Where each output pixel comes from: worked out on a coarse grid, then enlarged."""
        width, height = size
        rows, columns = np.mgrid[0 : height // GRID + 2, 0 : width // GRID + 2].astype(np.float32) * GRID
        angle = np.deg2rad(view.roll)
        dx, dy = (columns - width / 2) / view.zoom, (rows - height / 2) / view.zoom
        x = view.centre[0] + np.cos(angle) * dx - np.sin(angle) * dy
        y = view.centre[1] + np.sin(angle) * dx + np.cos(angle) * dy
        sx, sy = self._head(pose, x, y)
        grow = np.array([[GRID, 0, 0], [0, GRID, 0]], np.float32)
        mapped = [cv2.warpAffine(a.astype(np.float32), grow, size, flags=cv2.INTER_LINEAR) for a in (sx, sy)]
        return mapped[0], mapped[1]

    def _head(self, pose: Pose, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        p = self.portrait
        fx, fy = p.face
        reach_x, reach_y = p.head_radius
        distance = np.sqrt(((x - fx) / reach_x) ** 2 + ((y - fy) / reach_y) ** 2)
        weight = 1.0 - _smooth((distance - 1.0) / 0.9)
        pivot_y = p.chin + 0.3 * p.face_width
        roll = np.deg2rad(pose.roll) * weight
        sx = x - weight * pose.shift[0] * p.face_width + roll * (y - pivot_y)
        sy = y - weight * pose.shift[1] * p.face_width - roll * (x - fx)
        # Turning: the middle of the face travels, its edge stays; a cheap likeness of yaw and pitch.
        near = np.exp(
            -0.5 * (((x - fx) / (0.42 * p.face_width)) ** 2 + ((y - fy) / (0.5 * p.face_width)) ** 2)
        )
        sx -= near * pose.turn[0] * p.face_width
        sy -= near * pose.turn[1] * p.face_width
        return sx, sy


class _MouthWarp:
    """Opens the mouth of one portrait in place."""

    def __init__(self, portrait: Portrait) -> None:
        left, middle, right = portrait.mouth_left, portrait.mouth_middle, portrait.mouth_right
        width = right[0] - left[0]
        self._drop = 0.27 * width  # how far the fully open lip falls
        depth = portrait.chin - middle[1]
        self._x0, self._y0 = int(left[0] - 0.9 * width), int(middle[1] - 0.5 * width)
        x1, y1 = int(right[0] + 0.9 * width), int(portrait.chin + 1.1 * depth)
        rows, columns = np.mgrid[self._y0 : y1, self._x0 : x1].astype(np.float32)
        self._size = (y1 - self._y0, x1 - self._x0)
        curve = np.polyfit([left[0], middle[0], right[0]], [left[1], middle[1], right[1]], 2)
        centre, half = (left[0] + right[0]) / 2, width / 2
        across = (columns - centre) / half
        line = np.polyval(curve, np.clip(columns, left[0], right[0]))
        self._below = rows - line
        self._lips = np.sqrt(np.clip(1.0 - (across / 0.92) ** 2, 0.0, 1.0))
        self._jaw = np.exp(-((across / 1.55) ** 4))
        self._depth = depth
        self._fade = 1.0 - _smooth((rows - portrait.chin) / depth)
        self._rows, self._columns = rows - self._y0, columns - self._x0
        self._above_fade = 1.0 - _smooth(-self._below / (0.45 * width))
        self._teeth = portrait.teeth
        self._edge = max(0.6, width / 60)

    def apply(self, image: np.ndarray, amount: float) -> None:
        """Open by `amount` (0 shut, 1 wide)."""
        patch = image[self._y0 : self._y0 + self._size[0], self._x0 : self._x0 + self._size[1]]
        drop = self._drop * amount
        opening = drop * self._lips
        deeper = _smooth((self._below - opening) / self._depth)
        fall = (opening * (1 - deeper) + drop * self._jaw * deeper) * self._fade
        lift = -0.12 * opening * self._above_fade
        source = self._rows - np.where(self._below > 0, fall, lift)
        warped = cv2.remap(
            patch, self._columns, source.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        inside = np.clip(
            np.minimum(self._below + 0.12 * opening, opening - self._below) / self._edge + 0.5, 0.0, 1.0
        ) * np.clip(opening / 2.0, 0.0, 1.0)
        fraction = np.clip((self._below + 0.12 * opening) / np.maximum(opening, 1e-3), 0.0, 1.0)[..., None]
        paint = _MOUTH_BGR * (0.75 + 0.5 * fraction)
        if self._teeth:
            row = _smooth((0.34 - fraction) / 0.12)
            paint = paint * (1 - 0.7 * row) + _TEETH_BGR * 0.7 * row
        mixed = warped * (1 - inside[..., None]) + paint * inside[..., None]
        patch[:] = np.clip(mixed, 0, 255).astype(np.uint8)


def _close(image: np.ndarray, eye: Eye, amount: float) -> None:
    """Draw the skin above an eye over it, in place."""
    height = eye.bottom - eye.top
    strip = 0.9 * height
    x0, x1 = int(eye.left - 1), int(eye.right + 2)
    y0, y1 = int(eye.top - strip), int(eye.bottom + 0.6 * height)
    rows, columns = np.mgrid[y0:y1, x0:x1].astype(np.float32)
    middle, half = (eye.left + eye.right) / 2, (eye.right - eye.left) / 2 + 1
    arch = np.sqrt(np.clip(1 - ((columns - middle) / half) ** 2, 0, 1))
    lid = eye.top + amount * arch * height * 1.1
    top = eye.top - strip
    # The strip of lid is stretched from its fold down to where the lid now is.
    stretched = top + (rows - top) * (eye.top - top) / np.maximum(lid - top, 1e-3)
    source = np.where(rows < lid, stretched, rows)
    patch = image[y0:y1, x0:x1]
    warped = cv2.remap(
        patch,
        columns - x0,
        (source - y0).astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    patch[:] = warped


def _smooth(value: np.ndarray) -> np.ndarray:
    """0 below 0, 1 above 1, smooth between."""
    t = np.clip(value, 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)
