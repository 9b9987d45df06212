"""What scoring costs: decoded once for everything, against a decode for every filter and a seek for every second.

    python -m benchmarks.scoring FILE [FILE …] [--lines 1080] [--keyframes 250] [--minutes 1] [--json OUT]

Each file is first coded anew as H.264 with a stated key frame distance (as published videos have it), repeated to
the asked length; then three programs read the same footage, each in a process of its own:

- *bare*: decoding alone, then decoding and the conversions that the scorers ask for, and nothing else;
- *ours*: ``look_source`` with every picture scorer that needs no weights: one decoding, ahead of the scorers;
- *a decode per filter*: the same scorers, each with its own decoding and, for those that sample, a seek per second.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from fractions import Fraction
from pathlib import Path

SCORERS = ("shots", "image_quality", "motion", "head_detail", "people")


def main() -> None:
    options = _options()
    if options.part:
        print(json.dumps(PARTS[options.part](Path(options.files[0]))))
        return
    reports = []
    with tempfile.TemporaryDirectory() as folder:
        for file in options.files:
            film = Path(folder) / f"{Path(file).stem}.mp4"
            recode(
                Path(file), film, lines=options.lines, keyframes=options.keyframes, minutes=options.minutes
            )
            parts = {name: _in_own_process(name, film) for name in PARTS}
            reports.append(summary(Path(file).name, film, options, parts))
            print(table(reports[-1]))
    if options.json:
        Path(options.json).write_text(json.dumps(reports, indent=2))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+")
    parser.add_argument("--lines", type=int, default=1080, help="shorter side of the recoded footage")
    parser.add_argument("--keyframes", type=int, default=250, help="pictures from key frame to key frame")
    parser.add_argument("--minutes", type=float, default=0.5, help="the footage is repeated to this length")
    parser.add_argument("--json", help="write the figures here too")
    parser.add_argument("--part", choices=sorted(PARTS), help=argparse.SUPPRESS)
    return parser.parse_args()


def recode(source: Path, target: Path, *, lines: int, keyframes: int, minutes: float) -> None:
    """H.264 at ``lines``, a key frame only every ``keyframes`` pictures, the source played over and over."""
    import av

    from curation.media.decode import PictureReader
    from scoring.runner.frames import fit

    with PictureReader(source) as reader:
        rate = Fraction(reader.average_fps or 25).limit_denominator(1001)
    count, wanted = 0, round(minutes * 60 * rate)
    with av.open(str(target), "w") as out:
        stream = None
        while count < wanted:
            with PictureReader(source) as reader:
                for record in reader:
                    width, height = (side // 2 * 2 for side in fit(record.width, record.height, lines, True))
                    if stream is None:
                        options = {"preset": "veryfast", "crf": "21", "sc_threshold": "0"}
                        stream = out.add_stream("libx264", rate=rate, options=options)
                        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
                        stream.codec_context.gop_size = keyframes
                    frame = av.VideoFrame.from_ndarray(record.rgb(size=(width, height)), format="rgb24")
                    frame.pts, frame.time_base = count, 1 / rate
                    out.mux(stream.encode(frame))
                    count += 1
                    if count >= wanted:
                        break
        assert stream is not None
        out.mux(stream.encode(None))


# --- the three programs ---------------------------------------------------------------------------------


def bare(film: Path) -> dict:
    """Seconds for decoding, and for decoding with the conversions that the scorers ask for."""
    from curation.media.decode import PictureReader
    from scoring.runner.faces import faces_wanted
    from scoring.runner.frames import Converter, wanted_by
    from scoring.scorers.registry import scorers

    began = time.perf_counter()
    with PictureReader(film) as reader:
        frames = sum(1 for _ in reader)
    decode = time.perf_counter() - began
    wanted = [wanted_by(one.wants) for one in scorers(SCORERS) if hasattr(one, "wants")] + [faces_wanted()]
    began = time.perf_counter()
    converter = Converter()
    with PictureReader(film) as reader:
        for record in reader:
            converter.take(record)
            for wants in (want for one in wanted for want in one(record.pts_s)):
                converter.pixels(wants)
    return {"frames": frames, "decode_s": decode, "decode_and_convert_s": time.perf_counter() - began}


def ours(film: Path) -> dict:
    """One pass for all; the models are warmed up before, as in a worker that has seen a file already."""
    from scoring.runner.look import look_source, source_facts
    from scoring.scorers.registry import scorers

    chosen = scorers(SCORERS)
    facts = source_facts(film)
    _warm_up(film)
    idle = GpuIdle()
    with tempfile.TemporaryDirectory() as folder, idle:
        processor = time.process_time()
        result = look_source(film, folder, chosen, facts=facts)
        processor = time.process_time() - processor
        size = result.series_path.stat().st_size
    seconds = result.seconds
    # Faces are found beside the scorers: of that only what was waited for is part of the total.
    models = sum(seconds[name] for name in SCORERS) + seconds["faces_waited"]
    return {
        "frames": result.frames,
        "total_s": seconds["total"],
        "processor_s": processor,
        "models_s": models,
        "faces_beside_s": seconds["faces"] - seconds["faces_waited"],
        "read_ahead_s": seconds["ahead"],
        "outside_models_s": seconds["total"] - models,
        "by_scorer_s": {name: seconds[name] for name in (*SCORERS, "faces")},
        "statuses": {name: status.word for name, status in result.statuses.items()},
        "series_bytes": size,
        "duration_s": facts.duration_s,
        "peak_mb": _peak_mb(),
        "gpu_idle_share": idle.share,
    }


def per_filter(film: Path) -> dict:
    """The same scorers, models and conversions at each scorer's own samples, each decoding for itself, one after the
    other; a seek for each second where it samples. Faces are searched for at those samples only (ours: at 15 a
    second, for the tracks), by each of the two filters that want them."""
    from scoring.runner.look import source_facts
    from scoring.scorers.base import OpenSource, PictureScorer
    from scoring.scorers.registry import scorers

    facts = source_facts(film)
    _warm_up(film)
    source = OpenSource(film, facts)
    seconds, decoded = {}, 0
    began, processor = time.perf_counter(), time.process_time()
    for scorer in scorers(SCORERS):
        at = time.perf_counter()
        if isinstance(scorer, PictureScorer):
            decoded += _filter_of_pictures(film, facts, scorer, scorer.begin(source))
        else:
            decoded += _filter_of_faces(film, facts, scorer.begin_faces(source))
        seconds[scorer.name] = time.perf_counter() - at
    return {
        "total_s": time.perf_counter() - began,
        "processor_s": time.process_time() - processor,
        "by_filter_s": seconds,
        "frames_decoded": decoded,
        "peak_mb": _peak_mb(),
    }


def _filter_of_pictures(film: Path, facts, scorer, looking) -> int:
    import numpy as np

    from scoring.runner.frames import fit
    from scoring.scorers.base import FrameBatch

    decoded = 0
    for count, time_s, frame in _sampled(film, facts, scorer.wants.rate_hz):
        decoded += count
        if frame is None:
            continue
        size = fit(frame.width, frame.height, scorer.wants.short_side, scorer.wants.enlarge)
        pixels = frame.grey(size=size) if scorer.wants.colour == "grey" else frame.rgb(size=size)
        scale = (frame.width / size[0], frame.height / size[1])
        looking.look(FrameBatch(np.array([time_s]), np.array([0]), pixels[None], scale))
    looking.finish()
    return decoded


def _filter_of_faces(film: Path, facts, looking) -> int:
    import cv2

    from scoring.adapters.face_search import search
    from scoring.scorers.base import TrackedFace, TrackedFrame

    decoded = 0
    for number, (count, time_s, frame) in enumerate(_sampled(film, facts, 5.0)):
        decoded += count
        if frame is None:
            continue
        rgb = frame.rgb()
        faces = tuple(
            TrackedFace(track, face.box, face.box, face.score)
            for track, face in enumerate(sorted(search(rgb, 1 + number % 2), key=lambda one: one.box[0]))
        )
        grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
        looking.look([TrackedFrame(time_s, 0, 0, grey, rgb, (1.0, 1.0), faces)])
    looking.finish()
    return decoded


def _sampled(film: Path, facts, rate_hz: float | None):
    """(frames decoded since the last, seconds, FrameRecord or None): in order where every frame is wanted, else a
    seek to each whole second and on from the key frame before it, to the last sample of that second."""
    import av

    from curation.media.decode import FrameRecord
    from scoring.runner.frames import Grid

    def record(frame) -> FrameRecord:
        return FrameRecord(frame, index=0, pts_s=frame.time, duration_s=None, turn=0)

    with av.open(str(film)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        stream.codec_context.thread_count = 2
        if rate_hz is None:
            for frame in container.decode(stream):
                yield 1, frame.time, record(frame)
            return
        grid = Grid(rate_hz)
        for second in range(int(facts.duration_s + 0.999)):
            container.seek(int(second / stream.time_base), stream=stream, backward=True)
            count = taken = 0
            for frame in container.decode(stream):
                count += 1
                if frame.time >= second + 1 - 1e-6:
                    break
                if frame.time >= second - 1e-6 and grid.takes(frame.time):
                    yield count, frame.time, record(frame)
                    count, taken = 0, taken + 1
                    if taken >= rate_hz:
                        break
            yield count, 0.0, None


PARTS = {"bare": bare, "ours": ours, "per_filter": per_filter}


# --- measuring ------------------------------------------------------------------------------------------


def _warm_up(film: Path) -> None:
    """Load every model on the first picture, so that loading is not timed."""
    from curation.media.decode import PictureReader
    from scoring.adapters import mediapipe_models
    from scoring.scorers.image_quality import measure

    with PictureReader(film, end_s=1.0) as reader:
        rgb = next(iter(reader)).rgb()
    height, width = rgb.shape[:2]
    mediapipe_models.find_faces(rgb)
    mediapipe_models.mesh(rgb, (width * 0.3, height * 0.2, width * 0.7, height * 0.8))
    mediapipe_models.find_hands(rgb)
    mediapipe_models.body_pose(rgb, (0, 0, width, height))
    import torch

    measure(torch.from_numpy(rgb[None]))
    import numpy as np

    from scoring.runner.series import Series, write_series
    from scoring.scorers.base import SourceFacts

    with tempfile.TemporaryDirectory() as folder:
        one = Series("one", {"time_s": np.zeros(1)})
        write_series(
            Path(folder) / "a", stage="look", facts=SourceFacts("", 1.0), series=[one], builds={}, statuses={}
        )


class GpuIdle:
    """Share of samples at which NVIDIA's tool says that no kernel ran; ``None`` where there is no such GPU."""

    def __init__(self) -> None:
        self.share: float | None = None
        self._samples: list[float] = []
        self._stop = threading.Event()

    def __enter__(self) -> GpuIdle:
        import torch

        if torch.cuda.is_available():
            threading.Thread(target=self._watch, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._samples:
            self.share = sum(100 - one for one in self._samples) / 100 / len(self._samples)

    def _watch(self) -> None:
        ask = ["nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits"]
        while not self._stop.wait(0.2):
            try:
                self._samples.append(float(subprocess.check_output(ask, text=True).splitlines()[0]))
            except (OSError, subprocess.CalledProcessError, ValueError):
                return


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _in_own_process(part: str, film: Path) -> dict:
    command = [sys.executable, "-m", "benchmarks.scoring", str(film), "--part", part]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def summary(name: str, film: Path, options: argparse.Namespace, parts: dict) -> dict:
    bare_, ours_, theirs = parts["bare"], parts["ours"], parts["per_filter"]
    hours = ours_["duration_s"] / 3600
    return {
        "file": name,
        "lines": options.lines,
        "keyframe_distance": options.keyframes,
        "duration_s": ours_["duration_s"],
        "frames_in_file": bare_["frames"],
        **{f"bare_{key}": value for key, value in bare_.items() if key != "frames"},
        "ours": ours_,
        "a_decode_per_filter": theirs,
        "outside_models_over_bare": ours_["outside_models_s"] / bare_["decode_and_convert_s"],
        "video_hours_an_hour": hours / (ours_["total_s"] / 3600),
        "series_kb_a_minute": ours_["series_bytes"] / 1000 / (ours_["duration_s"] / 60),
        "theirs_over_ours": theirs["total_s"] / ours_["total_s"],
        "theirs_over_ours_processor": theirs["processor_s"] / ours_["processor_s"],
        "load": [round(one, 2) for one in os.getloadavg()],
    }


def table(report: dict) -> str:
    ours_, theirs = report["ours"], report["a_decode_per_filter"]
    length = report["duration_s"]
    lines = [
        f"{report['file']}: {length:.1f} s, {report['lines']} lines, key frames {report['keyframe_distance']} apart",
        f"  frames: {report['frames_in_file']} in the file, {ours_['frames']} decoded by us, "
        f"{theirs['frames_decoded']} with a decode per filter",
        f"  bare decode {report['bare_decode_s']:.2f} s, with conversion {report['bare_decode_and_convert_s']:.2f} s",
        f"  ours {ours_['total_s']:.2f} s: models {ours_['models_s']:.2f} s, outside them "
        f"{ours_['outside_models_s']:.2f} s = {report['outside_models_over_bare']:.2f} × bare decode and conversion",
        f"    beside that, in two threads: finding faces {ours_['faces_beside_s']:.2f} s, "
        f"decoding and converting {ours_['read_ahead_s']:.2f} s",
    ]
    for name, seconds in ours_["by_scorer_s"].items():
        lines.append(f"    {name:14} {seconds:7.2f} s  {1000 * seconds / length:6.1f} ms a second of video")
    lines += [
        f"  {report['video_hours_an_hour']:.1f} video-hours an hour, peak {ours_['peak_mb']:.0f} MB, "
        f"series {report['series_kb_a_minute']:.0f} kB a minute"
        + ("" if ours_["gpu_idle_share"] is None else f", GPU idle {ours_['gpu_idle_share']:.0%}"),
        f"  a decode per filter, a seek per second: {theirs['total_s']:.2f} s = {report['theirs_over_ours']:.1f} × ours",
        f"  processor seconds: theirs {theirs['processor_s']:.1f}, ours {ours_['processor_s']:.1f}, "
        f"{report['theirs_over_ours_processor']:.1f} × ours; load after it {report['load']}",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
