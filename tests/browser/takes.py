"""Small real videos for the player: H.264 and AAC, a moving picture, a tone that swells."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from curation.models import Clip, Rendition
from tests import factories

RATE = 48_000


def film(
    path: Path,
    *,
    seconds: float = 3.0,
    fps: int = 25,
    hue: int = 0,
    irregular: bool = False,
    portrait: bool = False,
) -> list[float]:
    """Write an MP4 and return the presentation time of each frame; ``irregular``: every third frame stays longer; ``portrait``: its middle only, 202 by 360."""
    key = (seconds, fps, hue, irregular, portrait)
    if key not in _films:
        _films[key] = _film(path, *key), path.read_bytes()
    times, data = _films[key]
    path.write_bytes(data)
    return list(times)


# Each kind of film is made once a run, as it takes a second.
_films: dict[tuple[float, int, int, bool, bool], tuple[list[float], bytes]] = {}


def _film(path: Path, seconds: float, fps: int, hue: int, irregular: bool, portrait: bool) -> list[float]:
    times: list[float] = []
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as out:
        picture = out.add_stream("libx264", rate=fps)
        picture.width, picture.height, picture.pix_fmt = 202 if portrait else 640, 360, "yuv420p"
        picture.time_base = Fraction(1, 1000)
        picture.codec_context.time_base = Fraction(1, 1000)
        picture.options = {"preset": "ultrafast", "g": str(fps // 2), "bf": "0"}
        sound = out.add_stream("aac", rate=RATE)
        sound.layout = "mono"
        at = 0.0
        number = 0
        while at < seconds - 1e-6:
            pixels = _picture(number, at / seconds, hue)[:, slice(219, 421) if portrait else slice(None)]
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
            frame.pts = round(at * 1000)
            frame.time_base = Fraction(1, 1000)
            times.append(round(at * 1000) / 1000)
            out.mux(picture.encode(frame))
            at += (2.0 if irregular and number % 3 == 2 else 1.0) / fps
            number += 1
        out.mux(picture.encode())
        total = int(seconds * RATE)
        wave = np.sin(2 * math.pi * (180 + hue) * np.arange(total) / RATE)
        wave *= 0.4 * np.abs(np.sin(np.arange(total) / RATE * 4.2))
        samples = (wave * 32767).astype(np.int16)
        for start in range(0, total, 1024):
            block = av.AudioFrame.from_ndarray(
                samples[None, start : start + 1024], format="s16", layout="mono"
            )
            block.sample_rate, block.pts = RATE, start
            out.mux(sound.encode(block))
        out.mux(sound.encode())
    return times


def _picture(number: int, share: float, hue: int) -> np.ndarray:
    """A head and shoulders in front of a wall, the mouth moving; enough for the eye to see that it plays."""
    y, x = np.mgrid[0:360, 0:640]
    base = np.zeros((360, 640, 3), dtype=np.float32)
    base[:] = (46 + hue % 40, 52 + hue % 23, 66)
    base += ((x / 640) * 30)[..., None]
    shoulders = ((x - 320) / 190) ** 2 + ((y - 400) / 150) ** 2 < 1
    base[shoulders] = (70 + hue, 86, 120 - hue // 2)
    sway = 6 * math.sin(share * 9)
    head = ((x - 320 - sway) / 72) ** 2 + ((y - 170) / 96) ** 2 < 1
    base[head] = (214, 168, 140)
    for side in (-26, 26):
        eye = ((x - 320 - sway - side) / 8) ** 2 + ((y - 152) / 5) ** 2 < 1
        base[eye] = (40, 34, 36)
    mouth = ((x - 320 - sway) / 26) ** 2 + ((y - 214) / (3 + 9 * abs(math.sin(number * 0.7)))) ** 2 < 1
    base[mouth] = (120, 44, 52)
    return base.clip(0, 255).astype(np.uint8)


def preview(clip: Clip, store: Path, **film_options) -> Rendition:
    """A preview of the clip in the store, with the table of its frames' times."""
    path = store / f"clip-{clip.pk}.mp4"
    times = film(path, seconds=film_options.pop("seconds", clip.duration_s), **film_options)
    width = 202 if film_options.get("portrait") else 640
    return factories.rendition(clip, path, root=store, width=width, height=360, timestamps=times)


def waveform(clip: Clip, store: Path, buckets: int = 300) -> Rendition:
    """The outline of the sound as the media room writes it."""
    import json

    path = store / f"clip-{clip.pk}.json"
    high = [round(40 * abs(math.sin(n / buckets * clip.duration_s * 4.2))) for n in range(buckets)]
    path.write_text(
        json.dumps(
            {
                "start_s": clip.start_s,
                "end_s": clip.end_s,
                "bucket_s": clip.duration_s / buckets,
                "low": [-one for one in high],
                "high": high,
            }
        )
    )
    return factories.rendition(clip, path, root=store, kind="waveform", content_type="application/json")


def measure(clip: Clip) -> None:
    """Series of a clip as scoring keeps them: words, voice, a face that drifts, one sudden movement of the head."""
    from curation.models import SeriesFile
    from curation.storage import stored
    from scoring.runner.series import Series, write_series
    from scoring.scorers.base import SourceFacts

    start, end = clip.start_s, clip.end_s
    times = start + np.arange(0, end - start, 0.2)
    box = np.array([[480 + 6 * n, 120, 800 + 6 * n, 560] for n in range(len(times))], np.float32)
    points = np.full((len(times), 10), 300.0, np.float32)
    points[times >= start + 0.9] += 90.0
    track = np.ones(len(times), np.int32)
    spoken = [(0.1, 0.5, " well"), (0.5, 1.1, " there"), (1.1, 1.9, " you are")]
    series = {
        "listen": [
            Series("voice", {"time_s": np.array([start + 0.1]), "end_s": np.array([start + 1.9])}),
            Series(
                "words",
                {
                    "time_s": np.array([start + a for a, _, _ in spoken]),
                    "end_s": np.array([start + b for _, b, _ in spoken]),
                    "word": np.array([word for _, _, word in spoken], object),
                },
            ),
        ],
        "look": [
            Series("faces", {"time_s": times, "track": track, "box": box}),
            Series("head", {"time_s": times, "track": track, "keypoints": points}),
        ],
    }
    facts = SourceFacts(sha256=clip.source.sha256, duration_s=600.0, width_px=1280, height_px=720)
    for stage, content in series.items():
        path = stored("series", f"{clip.source_id}-{stage}.parquet")
        write_series(path, stage=stage, facts=facts, series=content, builds={}, statuses={})
        SeriesFile.objects.create(
            source=clip.source, stage=stage, builds_key="k", path=path.name, sha256="0" * 64, size_bytes=1
        )
