"""What the file itself says: sizes, rates, clarity. Looks at no picture."""

from __future__ import annotations

from scoring.runner.series import SeriesReader
from scoring.scorers.base import Build, Measured, Outcome, SourceFacts, Span, Unavailable


class Probe:
    """From the facts of probing and the span alone; what the file doesn't say is ``None``."""

    name = "probe"
    version = "1"

    def available(self) -> Unavailable | None:
        return None

    def build(self) -> Build:
        return Build(self.name, self.version)

    def aggregate(self, series: SeriesReader, span: Span, facts: SourceFacts) -> Outcome:
        width, height, bits = facts.width_px, facts.height_px, facts.bit_rate_bps
        clarity = bits / (width * height) if bits is not None and width and height else None
        return Measured(
            {
                "duration_s": span.duration_s,
                "frame_rate_fps": facts.frame_rate_fps,
                "width_px": _number(width),
                "height_px": _number(height),
                "bit_rate_bps": bits,
                "clarity": clarity,
                "has_sound": float(facts.has_sound),
            }
        )


def _number(value: int | None) -> float | None:
    return None if value is None else float(value)
