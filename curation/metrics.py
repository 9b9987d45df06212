"""The one list of metrics: what each number is called, measured in, bounded by, computed from and owed to.

A metric becomes a nullable ``real`` column of the scorecard (or of the pair scorecard, where its scope is
``pair``). Adding one takes three steps: a ``MetricSpec`` here, a migration (``manage.py makemigrations``),
and a scorer that fills it. Pure: imports no Django.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Scope = Literal["source", "frame", "track", "pair"]
Direction = Literal["higher", "lower", "neither"]
Group = Literal["file", "picture", "motion", "head", "people", "sound", "speaking", "pairs"]

GROUPS: tuple[Group, ...] = ("file", "picture", "motion", "head", "people", "sound", "speaking", "pairs")


@dataclass(frozen=True, slots=True)
class MetricSpec:
    """One named number.

    ``low`` and ``high`` bound what can be measured (``None``: unbounded); ``direction`` says which end a
    curator usually wants; ``scope`` what it describes: the source, the clip's whole frame, one track of the
    clip, or a dialogue pair.
    """

    name: str
    label: str
    unit: str
    low: float | None
    high: float | None
    direction: Direction
    scope: Scope
    scorer: str
    group: Group
    formula: str
    source: str = "Rushes"
    decimals: int = 2
    imported_only: bool = False


def _m(
    name: str,
    label: str,
    unit: str,
    bounds: tuple[float | None, float | None],
    direction: Direction,
    scope: Scope,
    scorer: str,
    group: Group,
    formula: str,
    source: str = "Rushes",
    decimals: int = 2,
    imported_only: bool = False,
) -> MetricSpec:
    return MetricSpec(
        name, label, unit, *bounds, direction, scope, scorer, group, formula, source, decimals, imported_only
    )


_ANY: tuple[None, None] = (None, None)
_POS: tuple[float, None] = (0.0, None)
_SHARE: tuple[float, float] = (0.0, 1.0)
_TALKVID = "TalkVid, arXiv 2508.13618"
_SPEAKERVID = "SpeakerVid-5M, arXiv 2507.09862"
_MIT = "MIT, arXiv 2508.03050"

# fmt: off
_SPECS: tuple[MetricSpec, ...] = (
    # probe
    _m("duration_s", "duration", "s", _POS, "neither", "frame", "probe", "file", "clip end − clip start"),
    _m("frame_rate_fps", "frame rate", "fps", _POS, "higher", "source", "probe", "file", "frames / duration of the picture stream"),
    _m("width_px", "width", "px", _POS, "higher", "source", "probe", "file", "width as displayed, rotation applied", decimals=0),
    _m("height_px", "height", "px", _POS, "higher", "source", "probe", "file", "height as displayed, rotation applied", decimals=0),
    _m("bit_rate_bps", "bit rate", "bit/s", _POS, "higher", "source", "probe", "file", "bits of the picture stream / its duration", decimals=0),
    _m("clarity", "clarity", "bit/s/px", _POS, "higher", "source", "probe", "file", "bit rate / (width · height)", _SPEAKERVID, 3),
    _m("has_sound", "has sound", "0 or 1", _SHARE, "higher", "source", "probe", "file", "1 if the file carries a sound stream that decodes", decimals=0),
    # shots
    _m("cut_count", "cuts inside", "cuts", _POS, "lower", "frame", "shots", "picture", "hard cuts strictly inside the clip", decimals=0),
    _m("cross_fade_count", "cross-fades inside", "fades", _POS, "lower", "frame", "shots", "picture", "gradual transitions that touch the clip", decimals=0),
    _m("black_share", "black", "share", _SHARE, "lower", "frame", "shots", "picture", "share of frames whose mean luminance is at video black"),
    _m("frozen_share", "frozen", "share", _SHARE, "lower", "frame", "shots", "picture", "share of frames equal to the one before, within coding noise"),
    _m("still_share", "still picture", "share", _SHARE, "lower", "frame", "shots", "picture", "share of the clip in runs of 1 s and more without any movement but a camera's pan, turn or zoom"),
    # image_quality
    _m("luminance", "luminance", "0–255", (0.0, 255.0), "neither", "frame", "image_quality", "picture", "mean of BT.601 luma over pixels and sampled frames", _SPEAKERVID, 1),
    _m("exposure_clipped_share", "clipped exposure", "share", _SHARE, "lower", "frame", "image_quality", "picture", "share of pixels with luma ≤ 5 or ≥ 250"),
    _m("contrast", "contrast", "0–255", (0.0, 255.0), "higher", "frame", "image_quality", "picture", "standard deviation of luma within a frame, mean over frames", decimals=1),
    _m("noise", "noise", "luma", _POS, "lower", "frame", "image_quality", "picture", "Immerkær's fast noise estimate on luma, median over frames", "Immerkær 1996"),
    _m("blockiness", "blockiness", "ratio", _POS, "lower", "frame", "image_quality", "picture", "luma steps across the 8 × 8 grid / steps elsewhere", decimals=3),
    _m("sharpness", "sharpness", "variance", _POS, "higher", "frame", "image_quality", "picture", "variance of the 3 × 3 Laplacian of luma at 360 lines, mean over frames", decimals=1),
    _m("colourfulness", "colourfulness", "M", _POS, "higher", "frame", "image_quality", "picture", "Hasler–Süsstrunk M3", "Hasler and Süsstrunk 2003", 1),
    _m("flicker", "flicker", "luma", _POS, "lower", "frame", "image_quality", "picture", "mean |second difference| of the frame luma, every frame"),
    _m("text_share", "overlaid text", "share", _SHARE, "lower", "frame", "image_quality", "picture", "share of the frame under steady text-like regions", decimals=3),
    # dover
    _m("dover_fused", "DOVER fused", "0–1", _SHARE, "higher", "frame", "dover", "picture", "sigmoid(0.6104 · normalised technical + 0.3896 · normalised aesthetic), outputs averaged over windows by overlap", "DOVER, arXiv 2211.04894", 3),
    _m("dover_technical", "DOVER technical", "normalised", _ANY, "higher", "frame", "dover", "picture", "(technical output − 0.1107) / 0.07355, mean of windows weighted by overlap", _TALKVID),
    # motion
    _m("lk_track_ratio", "steady tracks (LK)", "share", _SHARE, "neither", "frame", "motion", "motion", "share of 10 × 10 grid points that forward–backward Lucas–Kanade at 10 Hz keeps to the window's end, minimum over the windows", "windows of " + _TALKVID, 3),
    _m("shake", "camera shake", "% of diagonal", _POS, "lower", "frame", "motion", "motion", "root mean square of the camera path (median steps of grid points, 10 Hz) minus its mean over 1 s", decimals=3),
    _m("motion_level", "motion level", "% of diagonal/s", _POS, "neither", "frame", "motion", "motion", "mean over steps (10 Hz) of the median length of grid points' steps a second"),
    _m("cotracker_ratio", "CoTracker ratio", "share", _SHARE, "neither", "frame", "cotracker", "motion", "share of 10 × 10 grid points visible in every frame (10 Hz) to the window's end, minimum over the windows", _TALKVID, 3),
    # head_detail: TalkVid's eleven
    _m("movement_avg", "movement, average", "score", (None, 100.0), "higher", "track", "head_detail", "head", "100 − 100 · mean over pairs of mean |Δ keypoint| / min(W, H)", _TALKVID),
    _m("movement_min", "movement, worst", "score", (None, 100.0), "higher", "track", "head_detail", "head", "100 − 100 · max over pairs of mean |Δ keypoint| / min(W, H)", _TALKVID),
    _m("rotation_avg", "rotation, average", "score", (None, 100.0), "higher", "track", "head_detail", "head", "100 − mean over pairs of √(Δpitch² + Δyaw² + Δroll²)", _TALKVID),
    _m("rotation_min", "rotation, worst", "score", (None, 100.0), "higher", "track", "head_detail", "head", "100 − max over pairs of √(Δpitch² + Δyaw² + Δroll²)", _TALKVID),
    _m("orientation_avg", "orientation, average", "score", (None, 100.0), "higher", "track", "head_detail", "head", "100 − mean over faces of √(Σ (|angle| / 180 · 100)²)", _TALKVID),
    _m("orientation_min", "orientation, worst", "score", (None, 100.0), "higher", "track", "head_detail", "head", "100 − max over faces of √(Σ (|angle| / 180 · 100)²)", _TALKVID),
    _m("completeness_avg", "completeness, average", "score", (0.0, 100.0), "higher", "track", "head_detail", "head", "mean of 100 · (0.3 eyes inside + 0.4 nose inside + 0.3 mouth corners inside)", _TALKVID),
    _m("completeness_min", "completeness, worst", "score", (0.0, 100.0), "higher", "track", "head_detail", "head", "minimum of 100 · (0.3 eyes inside + 0.4 nose inside + 0.3 mouth corners inside)", _TALKVID),
    _m("resolution_avg", "face size score, average", "score", _POS, "higher", "track", "head_detail", "head", "mean of 30 · 100 · box area / frame area, box around the face mesh; may exceed 100", _TALKVID),
    _m("resolution_min", "face size score, worst", "score", _POS, "higher", "track", "head_detail", "head", "minimum of 30 · 100 · box area / frame area, box around the face mesh", _TALKVID),
    _m("face_consistency", "face consistency", "score", (0.0, 100.0), "higher", "track", "head_detail", "head", "100 if every sampled frame has exactly one face, else max(0, 100 − 20 · other frames)", _TALKVID, 0),
    _m("face_count_mean", "faces a frame", "faces", _POS, "neither", "frame", "head_detail", "people", "mean number of tracked faces over frames at 5 Hz"),
    _m("face_size_px", "face size", "px", _POS, "higher", "track", "head_detail", "head", "mean of √(area of the box around the face mesh) at 5 Hz, in the source's pixels", decimals=0),
    _m("face_blur", "face sharpness (SpeakerVid's blur)", "variance / 1000", _POS, "higher", "track", "head_detail", "head", "Laplacian variance of the 128 × 128 face crop / 1000, mean", _SPEAKERVID, 3),
    _m("hand_blur", "hand sharpness (SpeakerVid's blur)", "variance / 1000", _POS, "higher", "track", "head_detail", "head", "Laplacian variance of 128 × 128 hand crops / 1000, mean; NULL where no hand is seen", _SPEAKERVID, 3),
    # people
    _m("persons_max", "people at once", "people", _POS, "neither", "frame", "people", "people", "most tracks present in one sampled frame", decimals=0),
    _m("persons_clip", "people in the clip", "people", _POS, "neither", "frame", "people", "people", "tracks present in at least half of the clip", _MIT, 0),
    _m("face_area_mean_px2", "mean face area", "px²", _POS, "higher", "frame", "people", "people", "smallest over the people in the clip of the mean detected face box area", _MIT, 0),
    _m("face_area_ratio", "smallest / largest face", "ratio", _SHARE, "higher", "frame", "people", "people", "smallest mean face area / largest", _MIT),
    _m("joint_overlap_s", "all visible together", "s", _POS, "higher", "frame", "people", "people", "longest run in which everybody is visible", _MIT),
    _m("body_visible_share", "body visible", "share", _SHARE, "higher", "track", "people", "people", "mean share of pose landmarks of the upper body that are visible inside the frame"),
    # speech
    _m("speech_share", "speech (silero)", "share", _SHARE, "higher", "frame", "speech", "sound", "seconds of voice activity / duration", "silero-vad"),
    _m("loudness_lufs", "loudness", "LUFS", (None, 20.0), "neither", "frame", "speech", "sound", "gated integrated loudness over the clip's steps of 100 ms; NULL where silent or under 0.4 s", "ITU-R BS.1770-4", 1),
    _m("clipping_share", "clipped samples", "share", _SHARE, "lower", "frame", "speech", "sound", "share of samples beyond full scale, or in flat runs of three or more at it", decimals=4),
    _m("snr_db", "speech to background", "dB", _ANY, "higher", "frame", "speech", "sound", "mean power inside voice activity over that outside it, the latter at least 16-bit rounding; NULL under 0.2 s of either", decimals=1),
    _m("music_share", "music-like", "share", _SHARE, "lower", "frame", "speech", "sound", "share of the whole seconds outside speech in which steady tonal peaks carry 30 % of the power of 150–5000 Hz; NULL where there is none"),
    _m("asr_avg_logprob", "ASR confidence (Whisper)", "log p", (None, 0.0), "higher", "frame", "whisper", "sound", "token-weighted mean of Whisper's avg_logprob over overlapping windows", _SPEAKERVID),
    _m("asr_no_speech_prob", "no-speech probability (Whisper)", "p", _SHARE, "lower", "frame", "whisper", "sound", "mean of Whisper's no_speech_prob over overlapping windows, weighted by shared time", _SPEAKERVID, 3),
    _m("asr_compression_ratio", "compression ratio (Whisper)", "ratio", _POS, "lower", "frame", "whisper", "sound", "largest of Whisper's compression_ratio over overlapping windows that hold words", _SPEAKERVID),
    _m("subtitle_share", "subtitled", "share", _SHARE, "higher", "frame", "subtitles", "sound", "seconds under a cleaned subtitle cue / duration"),
    # speaking
    _m("lr_asd_score", "speaking score (LR-ASD)", "logit", _ANY, "higher", "track", "lr_asd", "speaking", "mean of the per-frame score of the track", "LR-ASD, IJCV 2025"),
    _m("lr_asd_talk_share", "talking (LR-ASD)", "share", _SHARE, "higher", "track", "lr_asd", "speaking", "share of frames labelled talk after median filter and zero crossings", _MIT),
    _m("mouth_voice_score", "mouth against voice", "r", (-1.0, 1.0), "higher", "track", "mouth_voice", "speaking", "correlation of mouth motion with the voice's level (dB above −60 of full scale × voice probability), 25 fps, smoothed over 3 frames"),
    _m("mouth_voice_talk_share", "talking (mouth against voice)", "share", _SHARE, "higher", "track", "mouth_voice", "speaking", "share of frames in which the mouth moves (motion over 7 % of its contrast a frame) while a voice is active, both smoothed over 9 frames"),
    _m("sync_offset_frames", "sync offset", "frames", (-15.0, 15.0), "neither", "track", "mouth_voice", "speaking", "shift within ±15 frames of 25 fps at which mouth and voice correlate best; above 0: the sound is late; NULL where the best of 31 shifts may be chance", decimals=0),
    _m("sync_confidence", "sync confidence", "score", _POS, "higher", "track", "mouth_voice", "speaking", "best correlation minus the median over the 31 shifts"),
    _m("offscreen_voice_share", "off-screen voice", "share", _SHARE, "lower", "frame", "mouth_voice", "speaking", "share of voice activity during which no track talks, by LR-ASD where it was measured, else by mouth against voice"),
    _m("syncnet_confidence", "SyncNet confidence", "score", _ANY, "higher", "track", "import", "speaking", "as released", _SPEAKERVID, imported_only=True),
    _m("syncnet_distance", "SyncNet distance", "score", _POS, "lower", "track", "import", "speaking", "as released", _SPEAKERVID, imported_only=True),
    _m("syncnet_offset_frames", "SyncNet offset", "frames", _ANY, "neither", "track", "import", "speaking", "as released", _SPEAKERVID, 0, imported_only=True),
    # pairs
    _m("pair_gap_s", "gap", "s", _ANY, "neither", "pair", "pairing", "pairs", "responder's turn start − initiator's turn end"),
    _m("pair_initiator_turn_s", "initiator's turn", "s", _POS, "higher", "pair", "pairing", "pairs", "length of the initiator's turn"),
    _m("pair_responder_turn_s", "responder's turn", "s", _POS, "higher", "pair", "pairing", "pairs", "length of the responder's turn"),
    _m("pair_overlap_s", "talking over each other", "s", _POS, "lower", "pair", "pairing", "pairs", "seconds in which both speak"),
    _m("pair_initiator_talk_share", "initiator talking", "share", _SHARE, "higher", "pair", "pairing", "pairs", "talk share of the initiator's track over its turn"),
    _m("pair_responder_talk_share", "responder talking", "share", _SHARE, "higher", "pair", "pairing", "pairs", "talk share of the responder's track over its turn"),
    _m("pair_turns_between", "turns between", "turns", _POS, "lower", "pair", "pairing", "pairs", "turns that start after the initiator's and before the responder's; 0: neighbours", decimals=0),
)
# fmt: on

METRICS: dict[str, MetricSpec] = {spec.name: spec for spec in _SPECS}
SCORERS: tuple[str, ...] = tuple(dict.fromkeys(spec.scorer for spec in _SPECS))


def metric(name: str) -> MetricSpec:
    """The spec of ``name``; raises ``KeyError`` with the nearest known names."""
    try:
        return METRICS[name]
    except KeyError:
        import difflib

        near = ", ".join(difflib.get_close_matches(name, METRICS, 3)) or "none near"
        raise KeyError(f"no metric is called {name!r} (near: {near})") from None


def clip_metrics() -> Iterator[MetricSpec]:
    """The metrics that a clip's scorecard holds, in catalogue order."""
    return (spec for spec in _SPECS if spec.scope != "pair")


def pair_metrics() -> Iterator[MetricSpec]:
    """The metrics that a pair's scorecard holds, in catalogue order."""
    return (spec for spec in _SPECS if spec.scope == "pair")


def of_scorer(scorer: str) -> tuple[MetricSpec, ...]:
    """The metrics that ``scorer`` fills; empty for an unknown scorer."""
    return tuple(spec for spec in _SPECS if spec.scorer == scorer)
