"""What is known around an item: who spoke when, the words, where the faces are, movement a second. Nothing invented."""

from __future__ import annotations

from typing import Any

import numpy as np

from annotation.models import Item
from curation.models import Clip, Policy, Turn
from curation.policies.tiers import Tier
from curation.selectors.policies import policy_rules
from curation.selectors.series import Columns, series_between

AROUND_S = 15.0
# A sample of the head further than this from its second does not stand for it.
_NEAR_S = 0.15
_WANTED = {
    "voice": (),
    "words": ("word",),
    "subtitles": ("text",),
    "faces": ("box",),
    "head": ("keypoints",),
}


def context_of(item: Item) -> dict[str, Any]:
    """``lanes``, ``transcript``, ``boxes`` and ``strip`` of an item, in the source's presentation time.

    A lane per speaker (``label``, ``off_screen``, ``spans``); words with their times and where they come from; per track
    the times and boxes ([left, top, width, height], shares of the clip's region) and the landmarks; movement a second with its threshold,
    which a blind queue does not get. Empty or None where nothing was measured.
    """
    if item.persons_id:  # a sheet's clips lie anywhere: nothing is common to them
        return {"lanes": [], "transcript": [], "transcript_origin": "", "boxes": [], "strip": None}
    clips = _clips(item)
    first = clips[0]
    start, end = min(one.start_s for one in clips), max(one.end_s for one in clips)
    around = AROUND_S if item.pair_id else 0.0
    measured = series_between(source=first.source, start_s=start - around, end_s=end + around, wanted=_WANTED)
    told = item.queue.policy if item.clip_id and not item.queue.blind else None
    return {
        "start_s": start,
        "end_s": end,
        "around_s": around,
        "lanes": _lanes(first, start - around, end + around, measured),
        **_transcript(measured),
        "boxes": _boxes(first, measured.get("faces"), measured.get("head")) if item.clip_id else [],
        "strip": _strip(first, measured.get("head"), told) if told is not None else None,
    }


def _clips(item: Item) -> list[Clip]:
    ids = [item.clip_id] if item.pair is None else [item.pair.initiator_id, item.pair.responder_id]
    found = Clip.objects.select_related("source", "track").in_bulk([one for one in ids if one is not None])
    return [found[one] for one in ids if one is not None]


def _lanes(clip: Clip, start_s: float, end_s: float, measured: dict[str, Columns]) -> list[dict[str, Any]]:
    turns = (
        Turn.objects.filter(source_id=clip.source_id, end_s__gt=start_s, start_s__lt=end_s)
        .select_related("person")
        .order_by("start_s")
    )
    lanes: dict[str, dict[str, Any]] = {}
    for turn in turns:
        name = _who(turn)
        lane = lanes.setdefault(name, {"label": name, "off_screen": turn.off_screen, "spans": []})
        lane["spans"].append([turn.start_s, turn.end_s])
    voice = measured.get("voice")
    if not lanes and voice is not None and len(voice["time_s"]):
        # Nobody knows whose voice it is yet, only that there is one.
        spans = [[float(a), float(b)] for a, b in zip(voice["time_s"], voice["end_s"], strict=True)]
        return [{"label": "voice (silero)", "off_screen": False, "spans": spans}]
    return list(lanes.values())


def _who(turn: Turn) -> str:
    if turn.off_screen:
        return "off screen"
    if turn.person is not None:
        return turn.person.label
    return turn.speaker or "voice"


def _transcript(measured: dict[str, Columns]) -> dict[str, Any]:
    for series, field, origin in (("words", "word", "Whisper"), ("subtitles", "text", "subtitles")):
        found = measured.get(series)
        if found is None or field not in found or not len(found["time_s"]):
            continue
        rows = zip(found["time_s"], found["end_s"], found[field], strict=True)
        words = [
            {"start_s": float(a), "end_s": float(b), "text": str(text).strip()} for a, b, text in rows if text
        ]
        return {"transcript": words, "transcript_origin": origin}
    return {"transcript": [], "transcript_origin": ""}


def _boxes(clip: Clip, faces: Columns | None, head: Columns | None) -> list[dict[str, Any]]:
    width, height = clip.source.width, clip.source.height
    if faces is None or not width or not height:
        return []
    x, y, w, h = clip.region or (0.0, 0.0, 1.0, 1.0)
    tracks = []
    for track in np.unique(faces["track"]):
        mine = faces["track"] == track
        shares = faces["box"][mine] / np.array([width, height, width, height])
        left, top = (shares[:, 0] - x) / w, (shares[:, 1] - y) / h
        wide, high = (shares[:, 2] - shares[:, 0]) / w, (shares[:, 3] - shares[:, 1]) / h
        tracks.append(
            {
                "track": int(track),
                "own": clip.track is None or clip.track.number == int(track),
                "times": [round(float(one) - clip.start_s, 4) for one in faces["time_s"][mine]],
                "boxes": np.round(np.stack([left, top, wide, high], axis=1), 4).tolist(),
                "landmarks": _landmarks(clip, head, int(track)),
            }
        )
    return tracks


def _landmarks(clip: Clip, head: Columns | None, track: int) -> dict[str, Any]:
    """``times`` and ``points`` of one track: eyes, nose tip and mouth corners, [x, y] as shares of the clip's region."""
    if head is None:
        return {"times": [], "points": []}
    mine = (head["track"] == track) & np.isfinite(head["keypoints"]).all(axis=1)
    x, y, w, h = clip.region or (0.0, 0.0, 1.0, 1.0)
    points = head["keypoints"][mine].reshape(-1, 5, 2) / np.array([clip.source.width, clip.source.height])
    points = (points - np.array([x, y])) / np.array([w, h])
    times = [round(float(one) - clip.start_s, 4) for one in head["time_s"][mine]]
    return {"times": times, "points": np.round(points, 4).tolist()}


def _strip(clip: Clip, head: Columns | None, policy: Policy) -> dict[str, Any] | None:
    """Movement from each second to the next, 100 − 100 · mean |Δ keypoint| / min(W, H): where did it dip?"""
    width, height = clip.source.width, clip.source.height
    if head is None or not len(head["time_s"]) or not width or not height:
        return None
    mine = np.isfinite(head["keypoints"]).all(axis=1)
    tracks = head["track"][mine]
    if not len(tracks):
        return None
    track = clip.track.number if clip.track is not None else np.bincount(tracks).argmax()
    mine &= head["track"] == track
    times, points = head["time_s"][mine], head["keypoints"][mine]
    values: list[dict[str, Any]] = []
    before: np.ndarray[Any, Any] | None = None
    for second in np.arange(clip.start_s, clip.end_s, 1.0):
        near = int(np.abs(times - second).argmin()) if len(times) else -1
        now = points[near] if near >= 0 and abs(times[near] - second) <= _NEAR_S else None
        if now is not None and before is not None:
            step = float(np.abs(now - before).mean()) / min(width, height)
            values.append({"time_s": float(second) - 0.5, "value": round(100.0 - 100.0 * step, 3)})
        before = now
    if not values:
        return None
    rules = [rule for rule in policy_rules(policy) if rule.metric == "movement_min" and rule.low is not None]
    threshold = next((rule.low for rule in rules if rule.tier is Tier.SFT), rules[0].low if rules else None)
    return {"label": "movement a second", "values": values, "threshold": threshold, "higher_is_better": True}
