"""What is filmed: each take, who is in it, what they say, how the camera stands, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from curation.media.demo.speech import Line, Voice

Person = Literal["collins", "hopper"]
Expected = Literal["sft", "pretrain", "reject", "failed"]

COLLINS = Voice("en-us+f2", 165, 55)
HOPPER = Voice("en+f4", 150, 32)
COLLINS_GERMAN = Voice("de+f2", 160, 55)


@dataclass(frozen=True, slots=True)
class Camera:
    """How a person is framed. `face` is where the middle of the face lies in the frame (0–1 both ways), `width`
    the face's width as a share of the frame's, `drift` a slow move and `shake` a fast one in face widths, `leave`
    how far the frame slides off the face, at its worst, in frame widths."""

    face: tuple[float, float] = (0.5, 0.44)
    width: float = 0.19
    drift: float = 0.03
    shake: float = 0.0
    leave: float = 0.0


@dataclass(frozen=True, slots=True)
class Motion:
    """How the head moves. `sway` in face widths, `turn` in face widths, `roll` in degrees, `pace` in hertz."""

    sway: float = 0.035
    turn: float = 0.03
    roll: float = 2.0
    pace: float = 0.28


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with the picture. `blur` sigma in pixels at 640 wide; `gain` multiplies light; `noise` sigma in
    levels of 255."""

    blur: float = 0.0
    gain: float = 1.0
    noise: float = 1.2


@dataclass(frozen=True, slots=True)
class Take:
    """One file. `staging`: `single` (one person), `split` (two side by side), `shots` (a cut to whoever speaks),
    `cut` (a hard cut half way, from `camera` to `camera_after` or to the next person). `expected` is the tier that
    `rushes-default` should find."""

    name: str
    shows: str
    expected: Expected
    people: tuple[Person, ...]
    lines: tuple[Line, ...]
    staging: Literal["single", "split", "shots", "cut"] = "single"
    size: tuple[int, int] = (640, 360)
    camera: Camera = field(default_factory=Camera)
    motion: Motion = field(default_factory=Motion)
    flaw: Flaw = field(default_factory=Flaw)
    codec: Literal["h264", "mpeg4"] = "h264"
    truncated: bool = False
    tail_s: float = 0.5


def _hopper(text: str, pause_s: float = 0.3, who: int = 0) -> Line:
    return Line(who, text, HOPPER, pause_s)


def _collins(text: str, pause_s: float = 0.3, who: int = 0) -> Line:
    return Line(who, text, COLLINS, pause_s)


TAKES: tuple[Take, ...] = (
    Take(
        name="hopper_steady.mp4",
        shows="one person, well lit, speaking to the camera",
        expected="sft",
        people=("hopper",),
        size=(1280, 720),
        lines=(
            _hopper("The most dangerous phrase in any language is: we have always done it this way."),
            _hopper("So keep a clock on your wall that runs the other way round.", 0.35),
        ),
    ),
    Take(
        name="collins_steady.mp4",
        shows="one person, well lit, speaking to the camera",
        expected="sft",
        people=("collins",),
        size=(1280, 720),
        lines=(
            _collins("From up there you see weather, rivers and coasts, and no borders at all."),
            _collins("You come home and look at every map a little differently.", 0.35),
        ),
    ),
    Take(
        name="hopper_close.mp4",
        shows="one person, framed closer",
        expected="sft",
        people=("hopper",),
        size=(854, 480),
        camera=Camera(width=0.27, face=(0.5, 0.5)),
        lines=(
            _hopper(
                "A ship in port is safe, but that is not what ships are built for. Go out to sea, and do new things."
            ),
        ),
    ),
    Take(
        name="collins_german.mp4",
        shows="one person speaking German",
        expected="sft",
        people=("collins",),
        size=(854, 480),
        camera=Camera(width=0.24, face=(0.46, 0.46)),
        lines=(
            Line(
                0, "Guten Tag. Heute sehen wir uns das Material des Tages gemeinsam an.", COLLINS_GERMAN, 0.3
            ),
            Line(0, "Was unscharf ist, bleibt draussen.", COLLINS_GERMAN, 0.3),
        ),
    ),
    Take(
        name="dialogue_side_by_side.mp4",
        shows="two people side by side, taking turns",
        expected="sft",
        people=("collins", "hopper"),
        staging="split",
        size=(1280, 720),
        camera=Camera(width=0.33, face=(0.5, 0.46)),
        lines=(
            _collins("Did you ever think that machines would learn to talk?", who=0),
            _hopper(
                "I taught one to read English words, and they told me it could not be done.", 0.45, who=1
            ),
            _collins("What did you say?", 0.4, who=0),
            _hopper("That I had it running already.", 0.35, who=1),
        ),
    ),
    Take(
        name="dialogue_shots.mp4",
        shows="two people in alternating shots, one answering the other",
        expected="sft",
        people=("hopper", "collins"),
        staging="shots",
        size=(854, 480),
        camera=Camera(width=0.22),
        lines=(
            _hopper(
                "How long is a nanosecond? About thirty centimetres of wire.",
                who=0,
            ),
            _collins(
                "In orbit we travel eight metres in every millisecond.",
                0.4,
                who=1,
            ),
            _hopper("Then bring a longer wire, my dear.", 0.35, who=0),
        ),
    ),
    Take(
        name="hard_cut.mp4",
        shows="a hard cut from one person to the other",
        expected="pretrain",
        people=("collins", "hopper"),
        staging="cut",
        lines=(
            _collins("This sentence begins in one place, and it goes on for a while.", who=0),
            _hopper("This one is somebody else, in another place altogether.", 0.3, who=1),
        ),
    ),
    Take(
        name="soft_archive.avi",
        shows="one person, a little soft, MPEG-4 in AVI",
        expected="pretrain",
        people=("hopper",),
        codec="mpeg4",
        flaw=Flaw(blur=0.9, noise=2.5),
        lines=(
            _hopper(
                "This comes from an older camera and an older file, and it is still good enough to learn from."
            ),
        ),
    ),
    Take(
        name="two_silent_seconds.mp4",
        shows="one person who says nothing for over two seconds",
        expected="pretrain",
        people=("collins",),
        lines=(
            _collins("Let me think about that for a moment."),
            _collins("No, I would not have wanted it any other way.", 2.4),
        ),
    ),
    Take(
        name="restless.mp4",
        shows="a head that never keeps still",
        expected="pretrain",
        people=("hopper",),
        motion=Motion(sway=0.2, turn=0.12, roll=11.0, pace=0.9),
        lines=(
            _hopper(
                "I nod, I turn, I lean to one side and then to the other, and I cannot sit still for a second."
            ),
        ),
    ),
    Take(
        name="blurred.mp4",
        shows="out of focus",
        expected="reject",
        people=("collins",),
        flaw=Flaw(blur=5.5, noise=0.6),
        lines=(
            _collins(
                "Somebody forgot to focus, and nobody noticed until the evening, when everybody had gone home."
            ),
        ),
    ),
    Take(
        name="dark.mp4",
        shows="almost no light",
        expected="reject",
        people=("hopper",),
        flaw=Flaw(gain=0.055, noise=1.5),
        lines=(
            _hopper(
                "I am quite sure that there was a lamp in this room a minute ago, and now I cannot find it."
            ),
        ),
    ),
    Take(
        name="shaky.mp4",
        shows="a camera in an unsteady hand",
        expected="reject",
        people=("collins",),
        camera=Camera(shake=0.55),
        lines=(_collins("Please hold the camera still, I am getting seasick, and I do not get seasick."),),
    ),
    Take(
        name="leaving_frame.mp4",
        shows="a face that slides out of the frame",
        expected="reject",
        people=("hopper",),
        camera=Camera(width=0.24, leave=0.5),
        lines=(
            _hopper("Where is everybody going? I am over here, and I have not finished my sentence yet."),
        ),
    ),
    Take(
        name="far_away.mp4",
        shows="a small face far away",
        expected="reject",
        people=("collins",),
        camera=Camera(width=0.07, face=(0.42, 0.36)),
        lines=(
            _collins(
                "Can you see me from there? I am the small one next to the rocket, and I am waving at you."
            ),
        ),
    ),
    Take(
        name="corrupt.mp4",
        shows="a file that was cut off while it was copied",
        expected="failed",
        people=("hopper",),
        truncated=True,
        lines=(_hopper("This file ends before its own index says so, and no score may be made of it."),),
    ),
)
