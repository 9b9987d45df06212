"""How good the picture is, by plain measurements on tensors, in batches, on CUDA where it is there.

Twice a second, at the source's own size; only sharpness and overlaid text are measured at 360 lines, so that
sources of different sizes compare. All in 8-bit steps of BT.601 luma.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import IntEnum
from typing import Any

import numpy as np

from scoring.adapters.devices import device_name, torch_device
from scoring.runner.series import Series, SeriesReader
from scoring.scorers.base import (
    Build,
    FrameBatch,
    Measured,
    OpenSource,
    Outcome,
    SourceFacts,
    Span,
    Unavailable,
    Wants,
)
from scoring.scorers.overlaid_text import TextFinder

LINES = 360
STRIP_ROWS = 64
RATE_HZ = 2.0
DARK, BRIGHT = 5.0, 250.0
FIELDS = ("luminance", "clipped", "contrast", "noise", "blockiness", "sharpness", "colourfulness")


class ImageQuality:
    name = "image_quality"
    version = "1"
    wants = Wants(rate_hz=RATE_HZ, batch=2)

    def available(self) -> Unavailable | None:
        return None

    def build(self) -> Build:
        return Build(self.name, self.version, device=device_name())

    def begin(self, source: OpenSource) -> LookingAtQuality:
        return LookingAtQuality()

    def aggregate(self, series: SeriesReader, span: Span, facts: SourceFacts) -> Outcome:
        found = series.get("image_quality")
        if found is None:
            return Unavailable("this source's series hold no image quality: look at it again")
        samples = found.between(span.start_s, span.end_s)
        if len(samples) == 0:
            # A clip shorter than the step between samples: the sample nearest to its middle speaks for it.
            samples = _nearest(found, (span.start_s + span.end_s) / 2)
        picture = series.get("picture")
        flicker = (
            None if picture is None else flicker_of(picture.between(span.start_s, span.end_s)["luma"] / 100.0)
        )
        return Measured(
            {
                "luminance": _mean(samples["luminance"]),
                "exposure_clipped_share": _mean(samples["clipped"]),
                "contrast": _mean(samples["contrast"]),
                "noise": _median(samples["noise"]),
                "blockiness": _mean(samples["blockiness"]),
                "sharpness": _mean(samples["sharpness"]),
                "colourfulness": _mean(samples["colourfulness"]),
                "text_share": _mean(samples["text"]),
                "flicker": flicker,
            }
        )


@contextmanager
def _one_thread() -> Iterator[None]:
    """Such small operations are faster on one thread than on several that wait for each other."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class LookingAtQuality:
    def __init__(self) -> None:
        self._times: list[float] = []
        self._rows: list[np.ndarray[Any, Any]] = []
        self._text = TextFinder()

    def look(self, batch: FrameBatch) -> None:
        import torch

        with torch.inference_mode(), _one_thread():
            rgb = torch.from_numpy(batch.pixels).to(torch_device(), non_blocking=True)
            values, small = measure(rgb)
            self._rows.append(values.cpu().numpy())
            greys = small.round().clamp(0, 255).to(torch.uint8).cpu().numpy()
        for time_s, grey in zip(batch.times_s.tolist(), greys, strict=True):
            self._times.append(time_s)
            self._text.add(grey)

    def finish(self) -> Sequence[Series]:
        rows = np.concatenate(self._rows) if self._rows else np.zeros((0, len(FIELDS)), np.float32)
        columns: dict[str, np.ndarray[Any, Any]] = {"time_s": np.array(self._times, np.float64)}
        columns |= {name: rows[:, i].astype(np.float32) for i, name in enumerate(FIELDS)}
        columns["text"] = np.array(self._text.shares(), np.float32)
        return [Series("image_quality", columns, {"rate_hz": RATE_HZ})]


def measure(rgb: Any) -> tuple[Any, Any]:
    """Frames (n, h, w, 3) uint8 to values (n, 7) float32 in the order of ``FIELDS``, and their luma at 360 lines.

    A value that the frame is too small or too plain for (blockiness) is NaN.
    """
    import torch

    count, height, width = rgb.shape[:3]
    # On a processor, strips that fit its cache are several times faster than whole pictures of floats.
    rows = STRIP_ROWS if rgb.device.type == "cpu" else height
    luma = torch.empty((count, height, width), device=rgb.device)
    sums = torch.zeros((count, len(_Sum)), dtype=torch.float64, device=rgb.device)
    for top in range(0, height, rows):
        strip = luma[:, top : top + rows]
        red, green, blue = (rgb[:, top : top + rows, :, channel].float() for channel in range(3))
        torch.mul(red, 0.299, out=strip).add_(green, alpha=0.587).add_(blue, alpha=0.114)
        _add_colours(sums, red, green, blue)
    across = torch.zeros((count, width - 1), device=rgb.device)
    down = torch.zeros((count, height - 1), device=rgb.device)
    for top in range(0, height, rows):
        # Two rows of the next strip belong to the second differences that begin in this one.
        _add_lumas(sums, luma[:, top : top + rows], luma[:, top : top + rows + 2], across, down, top)
    pixels = float(height * width)
    mean = sums[:, _Sum.LUMA] / pixels
    contrast = (sums[:, _Sum.LUMA_SQUARED] / pixels - mean.square()).clamp(min=0).sqrt()
    inner = float(max(1, (height - 2) * (width - 2)))
    noise = sums[:, _Sum.SECOND_DIFFERENCE] / inner * (math.sqrt(math.pi / 2) / 6)
    small = _at_lines(luma, LINES)
    middle = small[:, 1:-1, 1:-1]
    laplacian = (
        small[:, 1:-1, 2:] + small[:, 1:-1, :-2] + small[:, 2:, 1:-1] + small[:, :-2, 1:-1] - 4 * middle
    )
    values = [
        mean,
        sums[:, _Sum.CLIPPED] / pixels,
        contrast,
        noise,
        _blockiness(across / height, down / width),
        laplacian.flatten(1).var(1, unbiased=False),
        _colourfulness(sums / pixels),
    ]
    return torch.stack([value.float() for value in values], 1), small


class _Sum(IntEnum):
    """What is summed up over a picture, strip by strip."""

    LUMA = 0
    LUMA_SQUARED = 1
    CLIPPED = 2
    SECOND_DIFFERENCE = 3
    RED_GREEN = 4
    RED_GREEN_SQUARED = 5
    YELLOW_BLUE = 6
    YELLOW_BLUE_SQUARED = 7


def _add_colours(sums: Any, red: Any, green: Any, blue: Any) -> None:
    """The opponent colours, red − green and yellow − blue; the arguments are used up."""
    yellow_blue = (red + green).mul_(0.5).sub_(blue)
    red_green = red.sub_(green)
    sums[:, _Sum.RED_GREEN] += red_green.sum((1, 2))
    sums[:, _Sum.YELLOW_BLUE] += yellow_blue.sum((1, 2))
    sums[:, _Sum.RED_GREEN_SQUARED] += red_green.square_().sum((1, 2))
    sums[:, _Sum.YELLOW_BLUE_SQUARED] += yellow_blue.square_().sum((1, 2))


def _add_lumas(sums: Any, strip: Any, longer: Any, across: Any, down: Any, top: int) -> None:
    """Level, spread, clipping, noise, and the steps between neighbours by column and by row."""
    sums[:, _Sum.LUMA] += strip.sum((1, 2))
    sums[:, _Sum.LUMA_SQUARED] += strip.square().sum((1, 2))
    sums[:, _Sum.CLIPPED] += ((strip <= DARK) | (strip >= BRIGHT)).sum((1, 2))
    across += (strip[:, :, 1:] - strip[:, :, :-1]).abs_().sum(1)
    one_more = longer[:, : strip.shape[1] + 1]
    steps = (one_more[:, 1:] - one_more[:, :-1]).abs_().sum(2)
    down[:, top : top + steps.shape[1]] = steps
    # Immerkær's mask is a second difference both ways: it cancels straight edges, so that mostly noise is left.
    if longer.shape[1] >= 3:
        second = longer[:, :, 2:] + longer[:, :, :-2]
        second.sub_(longer[:, :, 1:-1], alpha=2)
        both = second[:, 2:] + second[:, :-2]
        both.sub_(second[:, 1:-1], alpha=2)
        sums[:, _Sum.SECOND_DIFFERENCE] += both.abs_().sum((1, 2))


def _colourfulness(means: Any) -> Any:
    """(n,) Hasler and Süsstrunk's M3: spread of the opponent colours plus 0.3 of their mean's length."""
    first, second = means[:, _Sum.RED_GREEN], means[:, _Sum.YELLOW_BLUE]
    spread = means[:, _Sum.RED_GREEN_SQUARED] - first.square()
    spread = spread + means[:, _Sum.YELLOW_BLUE_SQUARED] - second.square()
    return spread.clamp(min=0).sqrt() + 0.3 * (first.square() + second.square()).sqrt()


def _at_lines(luma: Any, lines: int) -> Any:
    """(n, h, w) luma with the shorter side at ``lines``."""
    import torch.nn.functional as F

    height, width = luma.shape[1:]
    factor = lines / min(height, width)
    if factor == 1:
        return luma
    size = (max(3, round(height * factor)), max(3, round(width * factor)))
    if factor < 1:
        # A plain mean over the area keeps more detail than a wider filter, so that large sources aren't marked down.
        return F.interpolate(luma[:, None], size=size, mode="area")[:, 0]
    return F.interpolate(luma[:, None], size=size, mode="bilinear", align_corners=False)[:, 0]


def _blockiness(across: Any, down: Any) -> Any:
    """(n,) mean luma step across the 8 × 8 grid over the mean step elsewhere; 1 = no block edges to be seen.

    ``across`` (n, w − 1) and ``down`` (n, h − 1): the mean |step| from each column and row to the next.
    """
    import torch

    if min(across.shape[1], down.shape[1]) < 23:
        return torch.full((len(across),), float("nan"), device=across.device)
    on = torch.cat([across[:, 7::8], down[:, 7::8]], 1)
    total = torch.cat([across, down], 1)
    edge = on.mean(1)
    elsewhere = (total.sum(1) - on.sum(1)) / (total.shape[1] - on.shape[1])
    ratio = edge / elsewhere.clamp(min=1e-3)
    return torch.where(elsewhere > 1e-3, ratio, torch.full_like(ratio, float("nan")))


def flicker_of(luma: np.ndarray[Any, Any]) -> float | None:
    """Mean |second difference| of the frame luma (n,); ``None`` under three frames."""
    return float(np.abs(np.diff(luma.astype(np.float64), n=2)).mean()) if len(luma) >= 3 else None


def _nearest(series: Series, time_s: float) -> Series:
    if len(series) == 0:
        return series
    mask = np.zeros(len(series), bool)
    mask[int(np.argmin(np.abs(series.times_s - time_s)))] = True
    return series.where(mask)


def _mean(values: np.ndarray[Any, Any]) -> float | None:
    good = values[np.isfinite(values)]
    return float(good.mean(dtype=np.float64)) if len(good) else None


def _median(values: np.ndarray[Any, Any]) -> float | None:
    good = values[np.isfinite(values)]
    return float(np.median(good)) if len(good) else None
