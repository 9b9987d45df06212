"""From the chance of a voice to spans of voice activity, by silero-vad's own rule and defaults."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Spans = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class VoiceRule:
    """silero-vad's defaults: a voice begins at ``begin`` and ends below ``end`` for ``silence_s``; spans shorter
    than ``speech_s`` are none; what is left is widened by ``pad_s`` on both sides, to the middle of a short gap."""

    begin: float = 0.5
    end: float = 0.35
    speech_s: float = 0.25
    silence_s: float = 0.1
    pad_s: float = 0.03


def voice_spans(
    chances: npt.NDArray[np.floating],
    step_s: float,
    *,
    end_s: float | None = None,
    rule: VoiceRule | None = None,
) -> Spans:
    """Spans ``[start, end)`` in seconds from the first step's start; ``end_s``: where the sound ends."""
    rule = rule or VoiceRule()
    stop = len(chances) * step_s if end_s is None else end_s
    found: Spans = []
    start: float | None = None
    quiet: float | None = None
    for n, chance in enumerate(chances):
        at = n * step_s
        if chance >= rule.begin:
            quiet = None
            start = at if start is None else start
        elif chance < rule.end and start is not None:
            quiet = at if quiet is None else quiet
            if at - quiet >= rule.silence_s - 1e-9:
                if quiet - start > rule.speech_s:
                    found.append((start, quiet))
                start = quiet = None
    if start is not None and stop - start > rule.speech_s:
        found.append((start, stop))
    return _padded(found, rule.pad_s, stop)


def _padded(spans: Spans, pad_s: float, stop: float) -> Spans:
    out: Spans = []
    for n, (start, end) in enumerate(spans):
        before = spans[n - 1][1] if n else None
        after = spans[n + 1][0] if n + 1 < len(spans) else None
        left = pad_s if before is None else min(pad_s, (start - before) / 2)
        right = pad_s if after is None else min(pad_s, (after - end) / 2)
        out.append((max(0.0, start - left), min(stop, end + right)))
    return out


def seconds_inside(spans: Spans, start_s: float, end_s: float) -> float:
    """Seconds of ``[start_s, end_s)`` that disjoint ``spans`` cover."""
    return float(sum(max(0.0, min(end, end_s) - max(start, start_s)) for start, end in spans))


def active_at(spans: Spans, times_s: npt.NDArray[np.floating]) -> npt.NDArray[np.bool_]:
    """Whether each moment lies in one of the sorted, disjoint ``spans``."""
    if not spans:
        return np.zeros(len(times_s), bool)
    starts, ends = np.array(spans).T
    at = np.searchsorted(starts, times_s, side="right") - 1
    return (at >= 0) & (times_s < ends[np.maximum(at, 0)])
