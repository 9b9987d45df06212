"""Manifests of any size for measuring imports: TalkVid's rows as JSON Lines, made up from a seed, written as a stream."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np

BLOCK = 20_000
CLIPS_A_SOURCE = 60
BAD_ONE_IN = 1_000
"""Of so many rows one has a score that is no number: real manifests are never clean."""
_HEAD = tuple(
    f"{side}_{name}"
    for side in ("avg", "min")
    for name in ("movement", "rotation", "completeness", "resolution", "orientation")
)
_SEEN = "A person speaks to the camera in a quiet room, with a bookshelf behind and even light."
_GROUPS = {
    "Ethnicity": ("White", "Asian", "African", "Hispanic"),
    "Age Group": ("0-19", "19-30", "31-45", "46-60", "60+"),
    "Gender": ("Male", "Female"),
    "Language": ("English", "Chinese", "German", "Spanish", "Arabic"),
    "Video Category": ("Personal Experience", "Popular Science", "Interview"),
}


def write_manifest(path: Path, rows: int, seed: int = 1) -> int:
    """Write ``rows`` rows to ``path``; returns how many of them are bad. A file that is there is used again."""
    bad = len(range(BAD_ONE_IN - 1, rows, BAD_ONE_IN))
    if not path.exists():
        unfinished = path.with_name(path.name + ".part")
        with unfinished.open("w", encoding="utf-8") as file:
            for first in range(0, rows, BLOCK):
                file.writelines(_block(first, min(BLOCK, rows - first), seed))
        unfinished.replace(path)
    return bad


def _block(first: int, count: int, seed: int) -> Iterator[str]:
    random = np.random.default_rng([seed, first])
    heads = np.round(100 - random.exponential(12, (count, len(_HEAD))).clip(0, 100), 4).tolist()
    dovers = np.round(random.normal(8, 2, count).clip(0, 12), 6).tolist()
    ratios = np.round(random.beta(8, 1.5, count), 6).tolist()
    lengths = np.round(random.uniform(3, 14, count), 3).tolist()
    for i in range(count):
        number = first + i
        source, place = divmod(number, CLIPS_A_SOURCE)
        start, length = place * 20.0, lengths[i]
        dover = '"?"' if number % BAD_ONE_IN == BAD_ONE_IN - 1 else repr(dovers[i])
        # Written out, not by a JSON encoder: five million rows of it would take longer than what is measured.
        yield (
            f'{{"id": "videovideos{source:010d}-scene{place}", "height": 1080, "width": 1920, "fps": 25.0, '
            f'"start-time": {start}, "start-frame": {int(start * 25)}, "end-time": {round(start + length, 3)}, '
            f'"end-frame": {int((start + length) * 25)}, "durations": "{length}s", "description": "{_SEEN}", '
            f'"dover_scores": {dover}, "cotracker_ratio": {ratios[i]}, "info": {_info(source)}, '
            f'"head_detail": {{"scores": {json.dumps(dict(zip(_HEAD, heads[i], strict=True)))}}}}}\n'
        )


@lru_cache(maxsize=2)
def _info(source: int) -> str:
    # Attributes belong to the source's one speaker, so they follow from its number.
    info = {name: values[source * 7 % 83 % len(values)] for name, values in _GROUPS.items()}
    link = f"https://www.youtube.com/watch?v=s{source:010d}"
    return json.dumps({"Person ID": str(source), **info, "Video Link": link})
