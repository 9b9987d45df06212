"""The rubrics that come with Rushes. A change of wording is a new version: bump nothing by hand, content decides."""

from __future__ import annotations

from dataclasses import dataclass

from annotation.rubrics.parts import ACCEPTABLE, DEFECTS, TIERS, YES_NO, Question, option, question


@dataclass(frozen=True, slots=True)
class RubricPreset:
    """A rubric as shipped: ``subject`` says whether it asks about clips, dialogue pairs or pairs of persons."""

    slug: str
    name: str
    subject: str
    guideline: str
    questions: tuple[Question, ...]


_TALKVID = (
    ("cotracker", "Does the picture move steadily, without jumps, freezes or chaos?",
     ("cotracker_ratio", "lk_track_ratio")),
    ("dover", "Is the picture good to look at: sharp, well exposed, free of blocks and noise?",
     ("dover_technical", "dover_fused")),
    ("completeness", "Is the whole face inside the picture all the time?",
     ("completeness_avg", "completeness_min")),
    ("movement", "Does the head stay calm, without sudden shifts of place?", ("movement_avg", "movement_min")),
    ("orientation", "Does the face look towards the camera throughout?", ("orientation_avg", "orientation_min")),
    ("resolution", "Is the face large enough in the picture?", ("resolution_avg", "resolution_min")),
    ("rotation", "Does the head turn smoothly, without sudden jerks?", ("rotation_avg", "rotation_min")),
)  # fmt: skip

_PRESETS = (
    RubricPreset(
        slug="tier",
        name="Tier with reasons",
        subject="clip",
        guideline=(
            "Watch the whole clip once, with sound.\n\n"
            "sft: one person talks, face and mouth clearly seen from start to end, picture sharp, voice clean and in "
            "time with the lips. You would show it to a model as an example to follow.\n\n"
            "pretrain: usable, with a flaw that does not mislead: some blur, a short turn of the head, light music.\n\n"
            "reject: it would teach something wrong: no reliably visible face, a cut inside, dubbing, a still "
            "picture, a covered mouth, another voice.\n\n"
            "In doubt between two tiers, take the lower one and give the reason."
        ),
        questions=(
            question("tier", "Which tier is this clip?", TIERS, kind="tier", reasons=DEFECTS),
        ),
    ),
    RubricPreset(
        slug="talkvid-seven",
        name="TalkVid's seven dimensions",
        subject="clip",
        guideline=(
            "One dimension is asked of each clip; judge that one alone. Watch the whole clip.\n\n"
            "A clip in which no face can be found reliably is unacceptable in every dimension."
        ),
        questions=tuple(question(key, text, ACCEPTABLE, metrics=metrics) for key, text, metrics in _TALKVID),
    ),
    RubricPreset(
        slug="branch",
        name="Branch",
        subject="clip",
        guideline="What kind of talk is this? Listening: visible and silent while somebody else speaks.",
        questions=(
            question(
                "branch",
                "What kind of talk is this?",
                (
                    option("single", "single speaker", "1"),
                    option("dialogue", "dialogue", "2"),
                    option("listening", "listening", "3"),
                    option("multi_turn", "several turns", "4"),
                ),
            ),
        ),
    ),
    RubricPreset(
        slug="speaker-binding",
        name="Whose voice is it?",
        subject="clip",
        guideline="The two largest faces are lettered A and B, from left to right. Look at the lips before you decide.",
        questions=(
            question(
                "speaker",
                "Which face does the voice belong to?",
                (
                    option("a", "face A", "1"),
                    option("b", "face B", "2"),
                    option("both", "both", "3"),
                    option("nobody", "nobody speaks", "4"),
                    option("off_screen", "somebody off screen", "5"),
                ),
            ),
        ),
    ),
    RubricPreset(
        slug="boundaries",
        name="Boundaries",
        subject="clip",
        guideline="Use [ and ] to watch the first and the last half second.",
        questions=(
            question(
                "boundaries",
                "Does the clip begin and end cleanly?",
                (
                    option("clean", "clean", "1"),
                    option("cut_inside", "a cut inside", "2"),
                    option("late_start", "the start is missing", "3"),
                    option("early_end", "the end is missing", "4"),
                ),
            ),
        ),
    ),
    RubricPreset(
        slug="transcript",
        name="Transcript",
        subject="clip",
        guideline="Small slips of spelling do not matter; a wrong, missing or invented word does.",
        questions=(question("transcript", "Does the transcript say what is spoken?", YES_NO),),
    ),
    RubricPreset(
        slug="pairs",
        name="Dialogue pairs",
        subject="pair",
        guideline=(
            "Play the exchange in its true timing first.\n\n"
            "yes: the second clip answers the first, and each clip shows the person who speaks in it.\n\n"
            "An interruption or an agreeing word counts as an answer; a change of subject by a third voice does not."
        ),
        questions=(
            question(
                "answers",
                "Does B answer A?",
                (
                    option("yes", "yes", "1"),
                    option("no", "no", "2"),
                    option("wrong_order", "wrong order", "3"),
                    option("wrong_speaker", "wrong speaker", "4"),
                ),
                reasons=(
                    option("cut_off", "cut off", "q"),
                    option("third_voice", "third voice", "w"),
                    option("overlap", "voices overlap", "e"),
                    option("monologue", "same person", "r"),
                    option("unseen", "speaker unseen", "t"),
                ),
            ),
        ),
    ),
    RubricPreset(
        slug="identity",
        name="The same person?",
        subject="persons",
        guideline=(
            "Each row shows clips of one person, as the tracks have it. Look at ears, hairline, teeth and how they move; "
            "clothes, light and make-up change, faces do not. Enter lets you hear one clip after the other.\n\n"
            "same: everybody in both rows is one person.\n\n"
            "different: the rows are two people.\n\n"
            "mixed: one row shows more than one person. Mark the clips that do not belong to their row first.\n\n"
            "Relatives, doubles and actors in a role are different people. In doubt, say that it cannot be judged: "
            "two who are joined wrongly mislead more than two who stay apart."
        ),
        questions=(
            question(
                "identity",
                "Is this one person?",
                (
                    option("same", "the same", "1"),
                    option("different", "different", "2"),
                    option("mixed", "a row is mixed", "3"),
                ),
            ),
        ),
    ),
)  # fmt: skip

PRESETS: dict[str, RubricPreset] = {one.slug: one for one in _PRESETS}


def preset(slug: str) -> RubricPreset:
    """The preset called ``slug``; raises ``KeyError`` naming those that exist."""
    try:
        return PRESETS[slug]
    except KeyError:
        raise KeyError(f"no rubric is called {slug!r}; there are {', '.join(PRESETS)}") from None
