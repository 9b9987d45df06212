"""Subtitles beside the video, as a measure of their own: never Whisper's words, never proof of speech.

Series written: ``subtitles`` (time_s, end_s, text), with the file's name, format and language.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from curation.media.sound import SoundBlock
from curation.media.subtitles import Subtitles as Read
from curation.media.subtitles import SubtitlesError, beside, read_subtitles
from scoring.runner.series import Series, SeriesReader
from scoring.scorers.base import Build, Measured, NotRun, OpenSource, Outcome, SourceFacts, Span, Unavailable
from scoring.scorers.speech import NATIVE, spans_of
from scoring.scorers.voice_activity import seconds_inside


class Subtitles:
    name = "subtitles"
    version = "1"
    wants_sound = NATIVE

    def available(self) -> Unavailable | None:
        return None

    def build(self) -> Build:
        return Build(self.name, self.version)

    def begin_sound(self, source: OpenSource) -> ReadingSubtitles:
        return ReadingSubtitles(source)

    def aggregate(self, series: SeriesReader, span: Span, facts: SourceFacts) -> Outcome:
        cues = series.get("subtitles")
        if cues is None:
            return NotRun("subtitles were not looked for yet")
        if not cues.meta.get("file"):
            return Unavailable("no subtitles (.vtt, .srt) lie beside this video")
        merged = _merged(spans_of(cues))
        share = seconds_inside(merged, span.start_s, span.end_s) / span.duration_s
        return Measured({"subtitle_share": min(1.0, share)})


class ReadingSubtitles:
    """Reads the file beside the source once; needs no sound."""

    def __init__(self, source: OpenSource) -> None:
        self._path = source.path

    def hear(self, block: SoundBlock) -> None:
        return None

    def finish(self) -> Sequence[Series]:
        found: Read | None = None
        name, problems = "", []
        for path in beside(self._path):
            try:
                found, name = read_subtitles(path), path.name
                break
            except SubtitlesError as error:
                problems.append(str(error))
        if found is None and problems:
            raise SubtitlesError("; ".join(problems))
        cues = () if found is None else found.cues
        meta = {
            "by": "subtitle",
            "file": name,
            "format": "" if found is None else found.format,
            "language": "" if found is None else found.language,
            "bad_cues": [] if found is None else [[bad.line, bad.reason] for bad in found.bad[:100]],
        }
        return [
            Series(
                "subtitles",
                {
                    "time_s": np.array([cue.start_s for cue in cues], np.float64),
                    "end_s": np.array([cue.end_s for cue in cues], np.float64),
                    "text": np.array([cue.text for cue in cues], object),
                },
                meta,
            )
        ]


def _merged(spans: list[tuple[float, float]]) -> list[tuple[float, float]]:
    out: list[tuple[float, float]] = []
    for start, end in sorted(spans):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return out
