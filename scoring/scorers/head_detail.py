"""Heads in detail: keypoints, pose, size and sharpness of every tracked face five times a second; hands once.

Detection is at full range; the mesh runs on the enlarged crop of each face found, so that small faces count too.
TalkVid's scores then take, for each whole second k of a clip, the sample nearest to clip start + k s: of a track's
clip the samples of that person, of a whole-frame clip those with exactly one face in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from scoring.adapters import mediapipe_models
from scoring.runner.series import Series, SeriesReader
from scoring.scorers.base import (
    Box,
    Build,
    LookingAtFaces,
    Measured,
    OpenSource,
    Outcome,
    Pixels,
    SourceFacts,
    Span,
    TrackedFace,
    TrackedFrame,
    Unavailable,
)
from scoring.scorers.head_formulas import head_scores

BLUR_SIDE = 128
BLUR_UNIT = 1000.0
HANDS_EVERY_S = 1.0
HAND_REACH_FACES = 5.0
"""A hand further from every face than so many face heights is nobody's."""


class HeadDetail:
    name = "head_detail"
    version = "2"

    def available(self) -> Unavailable | None:
        return mediapipe_models.available()

    def build(self) -> Build:
        return Build(self.name, self.version, mediapipe_models.models_sha256())

    def begin_faces(self, source: OpenSource) -> LookingAtFaces:
        return LookingAtHeads()

    def aggregate(self, series: SeriesReader, span: Span, facts: SourceFacts) -> Outcome:
        samples, faces, head, hands = (series.get(name) for name in ("samples", "faces", "head", "hands"))
        if samples is None or faces is None or head is None or hands is None:
            return Unavailable("this source's series hold no heads: look at it again")
        times = samples.between(span.start_s, span.end_s).times_s
        if len(times) == 0:
            return Measured({}, {"face_count_mean": "no frame of the 5 Hz grid lies inside the clip"})
        seen = faces.between(span.start_s, span.end_s)
        values: dict[str, float | None] = {"face_count_mean": len(seen) / len(times)}
        mine, hand = head.between(span.start_s, span.end_s), hands.between(span.start_s, span.end_s)
        if span.track is None:
            # As TalkVid has it: of the whole frame, only samples with exactly one face are in the sequence.
            moments, count = np.unique(seen.times_s, return_counts=True)
            mine = mine.where(np.isin(mine.times_s, moments[count == 1]))
        else:
            mine, hand = mine.of_track(span.track), hand.of_track(span.track)
        meshed = mine.where(np.isfinite(mine["pose"]).all(axis=1))
        boxes = meshed["box"].astype(np.float64)
        sizes = np.sqrt((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]))
        values |= {
            "face_size_px": float(sizes.mean()) if len(sizes) else None,
            "face_blur": float(mine["blur"].mean(dtype=np.float64)) if len(mine) else None,
            "hand_blur": float(hand["blur"].mean(dtype=np.float64)) if len(hand) else None,
        }
        values |= _talkvid(meshed, times, span, facts)
        notes = {} if len(hand) else {"hand_blur": "no hand of this person was seen"}
        if not len(meshed):
            whom = "of this person" if span.track is not None else "alone in the frame"
            notes["movement_avg"] = f"no sample shows a face {whom} that could be measured"
        return Measured(values, notes)


def second_samples(times_s: np.ndarray[Any, Any], span: Span) -> np.ndarray[Any, Any]:
    """Of the sample times (n,) inside the span, those nearest to span start + k s for each whole second k.

    At least one; each at most once.
    """
    seconds = max(1, int(span.duration_s + 1e-6))
    wanted = span.start_s + np.arange(seconds)
    after = np.searchsorted(times_s, wanted).clip(0, len(times_s) - 1)
    before = (after - 1).clip(0)
    nearest = np.where(wanted - times_s[before] < times_s[after] - wanted, before, after)
    return times_s[np.unique(nearest)]


def _talkvid(meshed: Series, times: np.ndarray[Any, Any], span: Span, facts: SourceFacts) -> dict[str, float]:
    chosen = second_samples(times, span)
    rows = meshed.where(np.isin(meshed.times_s, chosen))
    return head_scores(
        rows["keypoints"].reshape(-1, 5, 2),
        rows["pose"],
        rows["box"],
        sampled_frames=len(chosen),
        width=float(facts.width_px or 0),
        height=float(facts.height_px or 0),
    )


@dataclass(slots=True)
class _Rows:
    times: list[float] = field(default_factory=list)
    tracks: list[int] = field(default_factory=list)
    values: list[np.ndarray[Any, Any]] = field(default_factory=list)

    def add(self, time_s: float, track: int, values: np.ndarray[Any, Any]) -> None:
        self.times.append(time_s)
        self.tracks.append(track)
        self.values.append(values)

    def columns(self, width: int) -> tuple[dict[str, np.ndarray[Any, Any]], np.ndarray[Any, Any]]:
        table = np.array(self.values, np.float32).reshape(-1, width)
        return {"time_s": np.array(self.times, np.float64), "track": np.array(self.tracks, np.int32)}, table


class LookingAtHeads:
    """Rows of ``head``: keypoints (10), pose (3), box (4) in the source's pixels, NaN where the mesh found nothing
    in the face's box; blur. Rows of ``hands``: box (4), blur; track −1 = nobody's."""

    def __init__(self) -> None:
        self._head = _Rows()
        self._hands = _Rows()
        self._hands_due = -np.inf

    def look(self, frames: Sequence[TrackedFrame]) -> None:
        for frame in frames:
            if frame.rgb is None:
                continue
            for face in frame.faces:
                row = self._face(frame, face)
                # Where the detector missed a face that it found before and after, the mesh says if it is there.
                if face.score is not None or np.isfinite(row[0]):
                    self._head.add(frame.time_s, face.track, row)
            if frame.faces and frame.time_s >= self._hands_due:
                self._hands_due = frame.time_s + HANDS_EVERY_S - 1e-3
                self._look_for_hands(frame)

    @staticmethod
    def _face(frame: TrackedFrame, face: TrackedFace) -> np.ndarray[Any, Any]:
        assert frame.rgb is not None
        scale = np.array(frame.scale)
        row = np.full(18, np.nan)
        local = to_picture(face.box, frame.scale)
        found = mediapipe_models.mesh(frame.rgb, local)
        if found is not None:
            row[:10] = (found.keypoints * scale).reshape(-1)
            row[10:13] = found.pose
            row[13:17] = np.array(found.box) * np.tile(scale, 2)
        row[17] = blur(frame.grey, local)
        return row

    def _look_for_hands(self, frame: TrackedFrame) -> None:
        assert frame.rgb is not None
        for hand in mediapipe_models.find_hands(frame.rgb):
            box = np.array(hand.box) * np.tile(np.array(frame.scale), 2)
            row = np.append(box, blur(frame.grey, hand.box))
            self._hands.add(frame.time_s, owner(box, frame.faces), row)

    def finish(self) -> Sequence[Series]:
        head, values = self._head.columns(18)
        head |= {
            "keypoints": values[:, :10],
            "pose": values[:, 10:13],
            "box": values[:, 13:17],
            "blur": values[:, 17],
        }
        hands, rows = self._hands.columns(5)
        hands |= {"box": rows[:, :4], "blur": rows[:, 4]}
        return [
            Series("head", head, {"rate_hz": 5.0}),
            Series("hands", hands, {"rate_hz": 1.0 / HANDS_EVERY_S}),
        ]


def blur(grey: Pixels, box: Box) -> float:
    """Laplacian variance / 1000 of the square crop around ``box`` at 128 × 128 (SpeakerVid's blur; higher is sharper).

    The crop is the part of the square that lies inside the picture, so that no edge of black is counted as detail.
    """
    height, width = grey.shape
    side = max(box[2] - box[0], box[3] - box[1])
    cx, cy = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    left, right = max(0, round(cx - side / 2)), min(width, round(cx + side / 2))
    top, bottom = max(0, round(cy - side / 2)), min(height, round(cy + side / 2))
    if right - left < 2 or bottom - top < 2:
        return 0.0
    crop = grey[top:bottom, left:right]
    shrinks = min(crop.shape) > BLUR_SIDE
    crop = cv2.resize(
        crop, (BLUR_SIDE, BLUR_SIDE), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    )
    return float(cv2.Laplacian(crop, cv2.CV_32F).var()) / BLUR_UNIT


def owner(hand: np.ndarray[Any, Any], faces: Sequence[TrackedFace]) -> int:
    """The track whose face is nearest to the hand's box, in heights of that face; −1 beyond reach."""
    centre = (hand[:2] + hand[2:]) / 2
    best, nearest = -1, HAND_REACH_FACES
    for face in faces:
        box = np.array(face.box)
        away = float(np.linalg.norm(centre - (box[:2] + box[2:]) / 2) / max(1.0, box[3] - box[1]))
        if away < nearest:
            best, nearest = face.track, away
    return best


def to_picture(box: Box, scale: tuple[float, float]) -> Box:
    """A box in the source's pixels in those of a picture of the given scale."""
    return box[0] / scale[0], box[1] / scale[1], box[2] / scale[0], box[3] / scale[1]
