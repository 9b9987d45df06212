"""Tiny videos made on the spot, good and bad, for any test that needs one.

    path = footage.video(tmp_path / "a.mp4", seconds=2)
    footage.BAD["truncated"].make(tmp_path)          # a file that must be refused, with its reason code
    footage.frame_number(rgb)                        # which frame of `video` this picture is

Every picture carries its own number as a bar code, so that a test can tell which frame it got.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import av
import numpy as np

BITS = 10
RATE = 16_000


def picture(number: int, size: tuple[int, int] = (160, 120), *, scene: int = 0) -> np.ndarray:
    """uint8 (H, W, 3): a gradient that moves, a scene's own colour, and `number` as a bar code on top."""
    width, height = size
    image = _gradient(number % 32, size, scene % 4).copy()
    bar = max(4, height // 5)
    edges = np.linspace(0, width, BITS + 1).round().astype(int)
    code = number ^ (number >> 1)  # Gray code: one bar changes at a time, so that no number looks like a cut
    for bit in range(BITS):
        image[:bar, edges[bit] : edges[bit + 1]] = 255 if code >> bit & 1 else 0
    return image


@lru_cache(maxsize=64)
def _gradient(step: int, size: tuple[int, int], scene: int) -> np.ndarray:
    """What is behind the bar code; it comes again every 32 pictures."""
    width, height = size
    rows, columns = np.mgrid[0:height, 0:width]
    image = np.empty((height, width, 3), np.uint8)
    wave = ((columns + rows + 2 * step) % 64).astype(np.int16) - 32
    for channel, shade in enumerate([(60, 120, 200), (210, 90, 40), (40, 190, 80), (190, 190, 60)][scene]):
        image[..., channel] = np.clip(shade + wave // 2, 0, 255)
    return image


def frame_number(rgb: np.ndarray) -> int:
    """The number in the bar code of a decoded `picture`, whatever its size."""
    height, width = rgb.shape[:2]
    bar = max(1, height // 10)
    edges = np.linspace(0, width, BITS + 1)
    middles = ((edges[:-1] + edges[1:]) / 2).astype(int)
    code = sum(int(rgb[bar // 2 : bar, x].mean() > 127) << bit for bit, x in enumerate(middles))
    number = 0
    while code:
        number ^= code
        code >>= 1
    return number


def tone(seconds: float, *, rate: int = RATE, channels: int = 1, hertz: float = 220.0) -> np.ndarray:
    """float32 (channels, n): a tone that swells twice a second."""
    t = np.arange(round(seconds * rate)) / rate
    wave = 0.3 * np.sin(2 * np.pi * hertz * t) * (0.6 + 0.4 * np.sin(4 * np.pi * t))
    return np.tile(wave.astype(np.float32), (channels, 1))


def video(
    path: Path,
    *,
    seconds: float = 2.0,
    fps: int = 25,
    size: tuple[int, int] = (160, 120),
    codec: str = "libx264",
    pixels: str = "yuv420p",
    sound: bool = True,
    sound_codec: str = "aac",
    sound_rate: int = RATE,
    sound_channels: int = 1,
    wave: np.ndarray | None = None,
    images: Iterable[np.ndarray] | None = None,
    cuts_s: Iterable[float] = (),
    times: Iterable[Fraction | float] | None = None,
    rotation: int | None = None,
    keyframe_interval: int = 12,
    b_frames: int | None = None,
    container: str | None = None,
    container_options: dict[str, str] | None = None,
    sample_aspect: Fraction | None = None,
    picture_options: dict[str, str] | None = None,
) -> Path:
    """Write one video. `times`: presentation seconds of each picture (else n / fps); `cuts_s`: where the scene
    changes; `images`: other pictures than the numbered ones; `wave`: float32 (channels, n) at `sound_rate`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    count = max(1, round(seconds * fps))
    cuts = sorted(cuts_s)
    moments = [Fraction(n, fps) for n in range(count)] if times is None else [Fraction(t) for t in times]
    pictures = (
        (picture(n, size, scene=sum(float(t) >= c - 1e-9 for c in cuts)) for n, t in enumerate(moments))
        if images is None
        else images
    )
    base = Fraction(1, 90_000) if times is not None else Fraction(1, fps)
    with av.open(str(path), "w", format=container, options=container_options or {}) as out:
        stream = out.add_stream(codec, rate=fps, options=picture_options or _fast(codec))
        stream.width, stream.height, stream.pix_fmt = size[0], size[1], pixels
        stream.codec_context.gop_size = keyframe_interval
        stream.codec_context.max_b_frames = b_frames or 0
        if sample_aspect is not None:
            stream.codec_context.sample_aspect_ratio = sample_aspect
        if rotation is not None:
            stream.set_display_rotation(rotation)
        if times is not None:
            stream.codec_context.time_base = base
        voice = None
        if sound:
            layout = "mono" if sound_channels == 1 else "stereo"
            voice = out.add_stream(sound_codec, rate=sound_rate, layout=layout)
            _float_samples(voice, sound_codec)
        for image, moment in zip(pictures, moments, strict=False):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24").reformat(
                format=pixels
            )
            frame.pts, frame.time_base = round(moment / base), base
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        if voice is not None:
            length = float(max(moments)) + 1 / fps
            samples = tone(length, rate=sound_rate, channels=sound_channels) if wave is None else wave
            _write_sound(out, voice, samples, sound_rate)
    return path


def _float_samples(stream: object, codec: str) -> None:
    if codec == "mp3":
        stream.codec_context.format = "fltp"  # type: ignore[attr-defined]


def _fast(codec: str) -> dict[str, str]:
    return {
        "libx264": {"preset": "ultrafast", "crf": "18"},
        "libx265": {"preset": "ultrafast", "x265-params": "log-level=none"},
    }.get(codec, {})


def _write_sound(out: object, stream: object, samples: np.ndarray, rate: int) -> None:
    layout = "mono" if len(samples) == 1 else "stereo"
    format_name = stream.codec_context.format.name  # type: ignore[attr-defined]
    planar = format_name.endswith("p")
    if format_name.startswith("s16"):
        samples = (np.clip(samples, -1, 1) * 32767).astype(np.int16)
    for first in range(0, samples.shape[1], 1024):
        part = np.ascontiguousarray(samples[:, first : first + 1024])
        data = part if planar else np.ascontiguousarray(part.T.reshape(1, -1))
        frame = av.AudioFrame.from_ndarray(data, format=format_name, layout=layout)
        frame.sample_rate, frame.pts, frame.time_base = rate, first, Fraction(1, rate)
        out.mux(stream.encode(frame))  # type: ignore[attr-defined]
    out.mux(stream.encode(None))  # type: ignore[attr-defined]


def sound_only(
    path: Path, *, seconds: float = 2.0, codec: str = "aac", rate: int = RATE, channels: int = 1
) -> Path:
    """A file without a picture (m4a, wav, flac, mp3, ogg by its ending and codec)."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=rate, layout="mono" if channels == 1 else "stereo")
        _float_samples(stream, codec)
        _write_sound(out, stream, tone(seconds, rate=rate, channels=channels), rate)
    return path


def uneven_times(count: int = 40) -> list[Fraction]:
    """Presentation times of a variable frame rate: 20, 40 and 100 ms apart in turn."""
    steps = [Fraction(20, 1000), Fraction(40, 1000), Fraction(100, 1000)]
    times, now = [], Fraction(0)
    for n in range(count):
        times.append(now)
        now += steps[n % 3]
    return times


@dataclass(frozen=True)
class Sample:
    """A file to make: `make(folder)` writes it and gives its path. `reason`: the code it must be refused with."""

    name: str
    write: Callable[[Path], object]
    reason: str | None = None

    def make(self, folder: Path) -> Path:
        path = folder / self.name
        self.write(path)
        return path


def _truncated(path: Path) -> None:
    video(path, seconds=4)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def _truncated_faststart(path: Path) -> None:
    video(path, seconds=6, container_options={"movflags": "faststart"})
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def _garbage_inside(path: Path) -> None:
    video(path, seconds=4, size=(320, 240), sound=False)
    data = bytearray(path.read_bytes())
    start = data.find(b"mdat") + (data.find(b"moov") - data.find(b"mdat")) // 4
    noise = np.random.default_rng(1).bytes((data.find(b"moov") - start) * 9 // 10)
    data[start : start + len(noise)] = noise
    path.write_bytes(bytes(data))


def _text(text: str) -> Callable[[Path], object]:
    return lambda path: path.write_text(text)


GOOD: dict[str, Sample] = {
    one.name: one
    for one in (
        Sample("plain.mp4", video),
        Sample("faststart.mp4", lambda p: video(p, container_options={"movflags": "faststart"})),
        Sample("b_frames.mp4", lambda p: video(p, b_frames=3, picture_options={"preset": "medium"})),
        Sample("mpeg4.avi", lambda p: video(p, codec="mpeg4", sound_codec="pcm_s16le", sound_rate=44_100)),
        Sample(
            "mpeg4_b_frames.avi",
            lambda p: video(p, codec="mpeg4", b_frames=2, sound_codec="pcm_s16le", sound_rate=44_100),
        ),
        Sample("vp9.webm", lambda p: video(p, codec="libvpx-vp9", sound_codec="libopus", sound_rate=48_000)),
        Sample("stream.ts", lambda p: video(p)),
        Sample("matroska.mkv", lambda p: video(p, sound_channels=2, sound_rate=48_000)),
        Sample("no_duration.mkv", lambda p: video(p, container_options={"live": "1"})),
        Sample(
            "fragmented.mp4", lambda p: video(p, container_options={"movflags": "frag_keyframe+delay_moov"})
        ),
        Sample("flash.flv", lambda p: video(p, sound_rate=44_100)),
        Sample("picture_only.mp4", lambda p: video(p, sound=False)),
        Sample("one_frame.mp4", lambda p: video(p, seconds=0.04, sound=False)),
        Sample("uneven.mp4", lambda p: video(p, times=uneven_times())),
        Sample("rotated.mp4", lambda p: video(p, rotation=90)),
        Sample("odd_size.mkv", lambda p: video(p, size=(161, 121), codec="ffv1", pixels="yuv444p")),
        Sample("ten_bit.mkv", lambda p: video(p, codec="libx265", pixels="yuv420p10le")),
        Sample("wide_pixels.mp4", lambda p: video(p, sample_aspect=Fraction(4, 3))),
        Sample("hard_cut.mp4", lambda p: video(p, seconds=4, cuts_s=[2.0])),
    )
}
"""Files that must be read. All last 2 s at 25 fps and 160 × 120 with sound unless their name says otherwise."""

SOUNDS: dict[str, Sample] = {
    one.name: one
    for one in (
        Sample("sound.m4a", sound_only),
        Sample("sound.wav", lambda p: sound_only(p, codec="pcm_s16le")),
        Sample("sound.flac", lambda p: sound_only(p, codec="flac")),
        Sample("sound.mp3", lambda p: sound_only(p, codec="mp3", rate=44_100, channels=2)),
    )
}
"""Files with sound and no picture: probed as such; `no_picture` where a picture is needed."""

BAD: dict[str, Sample] = {
    one.name.split(".")[0]: one
    for one in (
        Sample("truncated.mp4", _truncated, "unreadable"),
        Sample("truncated_late.mp4", _truncated_faststart, "truncated"),
        Sample("empty.mp4", lambda p: p.write_bytes(b""), "empty"),
        Sample("text.mp4", _text("this is no video\n" * 40), "refused_container"),
        Sample("playlist.mp4", _text("#EXTM3U\n#EXTINF:2,\nplain.mp4\n#EXT-X-ENDLIST\n"), "refused_container"),
        Sample("concat.mp4", _text("ffconcat version 1.0\nfile plain.mp4\n"), "refused_container"),
        Sample("session.mp4", _text("v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n"), "refused_container"),
        Sample("dash.mp4", _text('<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"/>'), "refused_container"),
        Sample("web_page.mp4", _text("<html><body>404</body></html>"), "refused_container"),
        Sample("noise.mp4", lambda p: p.write_bytes(np.random.default_rng(2).bytes(4096)), "refused_container"),
        Sample("only_a_header.mp4", lambda p: p.write_bytes(b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"), "unreadable"),
    )
}  # fmt: skip
"""Files that must be refused, each with its reason code."""

DAMAGED = Sample("garbage_inside.mp4", _garbage_inside, "damaged")
"""Opens and probes, but most of its pictures cannot be decoded."""
