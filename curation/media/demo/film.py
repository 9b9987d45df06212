"""Filming a take: poses from the sound, pictures from the puppets, one file written."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from curation.media.demo.portraits import Portrait, collins, hopper
from curation.media.demo.puppet import Pose, Puppet, View
from curation.media.demo.speech import SPEECH_RATE, Spoken, openness, perform
from curation.media.demo.takes import Camera, Flaw, Person, Take

FPS = 25
SOUND_RATE = 48_000


def film(take: Take, path: Path) -> None:
    """Write `take` to `path` (whose ending names the container).

    The poses are seeded; the voice is not: espeak-ng varies by a few samples from one call to the next.
    """
    spoken = perform(list(take.lines), people=len(take.people), tail_s=take.tail_s)
    with av.open(str(path), "w", options={"fflags": "+bitexact"}) as out:
        picture, sound = _streams(out, take)
        for number, image in enumerate(_pictures(take, spoken)):
            frame = av.VideoFrame.from_ndarray(image, format="bgr24").reformat(format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            out.mux(picture.encode(frame))
        out.mux(picture.encode(None))
        _write_sound(out, sound, spoken.wave)
    if take.truncated:
        data = path.read_bytes()
        path.write_bytes(data[: len(data) * 6 // 10])


def _streams(out: Any, take: Take) -> tuple[Any, Any]:
    if take.codec == "h264":
        picture = out.add_stream(
            "libx264", rate=FPS, options={"preset": "veryfast", "crf": "21", "threads": "1"}
        )
        sound = out.add_stream("aac", rate=SOUND_RATE, layout="mono")
        sound.bit_rate = 96_000
    else:
        picture = out.add_stream("mpeg4", rate=FPS, options={"qscale": "4", "threads": "1"})
        picture.codec_context.max_b_frames = 0
        picture.bit_rate = 1_800_000
        sound = out.add_stream("pcm_s16le", rate=SOUND_RATE, layout="mono")
    picture.width, picture.height, picture.pix_fmt = *take.size, "yuv420p"
    picture.codec_context.gop_size = 2 * FPS
    return picture, sound


def _write_sound(out: Any, stream: Any, wave: np.ndarray) -> None:
    resampler = av.AudioResampler(format=stream.codec_context.format.name, layout="mono", rate=SOUND_RATE)
    for first in range(0, len(wave), 4096):
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(wave[None, first : first + 4096]), format="flt", layout="mono"
        )
        frame.sample_rate, frame.pts, frame.time_base = SPEECH_RATE, first, Fraction(1, SPEECH_RATE)
        for part in resampler.resample(frame):
            out.mux(stream.encode(part))
    for part in resampler.resample(None):
        out.mux(stream.encode(part))
    out.mux(stream.encode(None))


def _pictures(take: Take, spoken: Spoken) -> Iterator[np.ndarray]:
    frames = math.ceil(spoken.seconds * FPS)
    width, height = take.size
    pane = (width // 2, height) if take.staging == "split" else take.size
    actors = [
        _Actor(who, take, pane, openness(voice, fps=FPS, frames=frames), seed=index)
        for index, (who, voice) in enumerate(zip(take.people, spoken.solo, strict=True))
    ]
    noise = _Noise(take.size, take.flaw.noise)
    for number in range(frames):
        if take.staging == "split":
            image = np.hstack([actor.render(number) for actor in actors])
            image[:, width // 2 - 2 : width // 2 + 2] = 24
        else:
            image = actors[_on_screen(take, spoken, number / FPS)].render(number)
        yield noise.add(_flawed(image, take.flaw), number)


def _on_screen(take: Take, spoken: Spoken, at_s: float) -> int:
    """Who the camera shows: with `shots` and `cut` whoever spoke last, a little before they begin."""
    if take.staging == "single":
        return 0
    shown = take.lines[0].who
    for line, start in zip(take.lines, spoken.starts_s, strict=True):
        if at_s >= start - 0.18:
            shown = line.who
    return shown


class _Actor:
    """One person in one take, with the plate scaled for its frame."""

    def __init__(
        self, who: Person, take: Take, pane: tuple[int, int], mouth: np.ndarray, *, seed: int
    ) -> None:
        raw = collins() if who == "collins" else hopper()
        zoom = take.camera.width * pane[0] / raw.face_width
        wide = raw.extended(**_margins(raw, take.camera, pane[0] / zoom, pane[1] / zoom))
        # Enlarging happens once, with a good filter; the camera then works near one to one.
        plate = wide.scaled(zoom) if zoom > 0.5 else wide.scaled(0.5)
        self._zoom = zoom / max(zoom, 0.5)
        self._puppet, self._plate = Puppet(plate), plate
        self._take, self._pane, self._mouth = take, pane, mouth
        self._random = np.random.default_rng(17 * seed + sum(map(ord, take.name)))
        self._phases = self._random.uniform(0, 2 * np.pi, 8)
        self._jolts = _jolts(self._random, len(mouth))
        self._blinks = _blinks(self._random, len(mouth))

    def render(self, number: int) -> np.ndarray:
        motion, t, phase = self._take.motion, number / FPS, self._phases
        wave = [
            math.sin(2 * math.pi * motion.pace * rate * t + phase[n])
            for n, rate in enumerate((1.0, 1.37, 0.73, 1.19))
        ]
        mouth = float(self._mouth[number])
        pose = Pose(
            mouth=mouth,
            blink=float(self._blinks[number]),
            shift=(motion.sway * wave[0], 0.4 * motion.sway * wave[1] + 0.008 * mouth),
            turn=(motion.turn * wave[2], 0.5 * motion.turn * wave[3]),
            roll=motion.roll * wave[1],
        )
        return self._puppet.render(pose, self._view(number, t), self._pane)

    def _view(self, number: int, t: float) -> View:
        camera: Camera = self._take.camera
        plate: Portrait = self._plate
        width, height = self._pane
        face = plate.face_width
        x = plate.face[0] + (0.5 - camera.face[0]) * width / self._zoom
        y = plate.face[1] + (0.5 - camera.face[1]) * height / self._zoom
        x += camera.drift * face * math.sin(0.5 * t + self._phases[4])
        y += 0.5 * camera.drift * face * math.sin(0.41 * t + self._phases[5])
        x += camera.shake * face * self._jolts[0][number]
        y += camera.shake * face * self._jolts[1][number]
        total = len(self._mouth) / FPS
        # Out of the frame and back once, worst a little past the middle.
        x += camera.leave * width / self._zoom * math.sin(math.pi * min(1.0, t / total)) ** 2
        roll = 9.0 * camera.shake * self._jolts[2][number]
        return View(centre=(x, y), zoom=self._zoom, roll=roll)


def _margins(raw: Portrait, camera: Camera, seen_width: float, seen_height: float) -> dict[str, int]:
    """How far the camera may look past the portrait's edges, in the portrait's pixels."""
    slack = raw.face_width * (camera.drift + 3 * camera.shake) + 30
    left = seen_width * camera.face[0] - raw.face[0]
    right = seen_width * (1 - camera.face[0] + camera.leave) - (raw.image.shape[1] - raw.face[0])
    top = seen_height * camera.face[1] - raw.face[1]
    return {
        side: max(0, round(need + slack)) for side, need in (("left", left), ("right", right), ("top", top))
    }


def _jolts(random: np.random.Generator, frames: int) -> np.ndarray:
    """(3, frames): a hand's tremble, about unit size, changing within a few frames."""
    rough = random.normal(size=(3, frames + 12))
    kernel = np.hanning(7)
    smooth = np.stack([np.convolve(row, kernel, mode="same") for row in rough])[:, 6 : frames + 6]
    return smooth / max(1e-6, float(smooth.std()))


def _blinks(random: np.random.Generator, frames: int) -> np.ndarray:
    """(frames,): 0 open to 1 shut; a blink of seven frames every two to four seconds."""
    shut = np.zeros(frames + 8)
    at = int(random.integers(FPS // 2, 2 * FPS))
    while at < frames:
        shut[at : at + 7] = (0.4, 0.9, 1.0, 1.0, 0.8, 0.45, 0.15)
        at += int(random.integers(2 * FPS, 4 * FPS))
    return shut[:frames]


def _flawed(image: np.ndarray, flaw: Flaw) -> np.ndarray:
    if flaw.blur:
        image = cv2.GaussianBlur(image, (0, 0), flaw.blur * image.shape[1] / 640)
    if flaw.gain != 1.0:
        image = cv2.convertScaleAbs(image, alpha=flaw.gain)
    return image


class _Noise:
    """A sensor's grain: a few fixed sheets, shifted about, cheap and never twice the same in a row."""

    def __init__(self, size: tuple[int, int], sigma: float) -> None:
        width, height = size
        random = np.random.default_rng(5)
        self._sheets = [random.normal(0.0, sigma, (height, width)).round().astype(np.int8) for _ in range(4)]

    def add(self, image: np.ndarray, number: int) -> np.ndarray:
        sheet = np.roll(self._sheets[number % 4], 37 * number, axis=1)
        grey = cv2.merge([sheet, sheet, sheet])
        return cv2.add(image, grey, dtype=cv2.CV_8U)
