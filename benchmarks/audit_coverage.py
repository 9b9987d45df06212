"""Whole audits over a synthetic corpus: how often an estimate's interval holds the latent truth.

The corpus is what `synthesise` makes, with a truth that no table holds. An audit is drawn, judged and read by the same
services and selectors as on the site; only HTTP is left out (`simulate_raters` goes through it), because a vote costs
several times as much there. Raters err as often as the cell says, each by themselves; the panel, which is the reference
procedure's last word, does not. Everything lands in the database below RUSHES_VAR (default var/benchmark).
"""

from __future__ import annotations

import os
import random
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CLIPS, SIZE, RATERS = 4_000, 160, 5
WRONG = (0.05, 0.10, 0.15)
DESIGNS = ("simple", "stratified", "poisson")


def set_up() -> None:
    """Django with a database of the benchmarks' own; to be called before anything of it is imported."""
    repository = Path(__file__).resolve().parent.parent
    os.environ.setdefault("RUSHES_VAR", str(repository / "var" / "benchmark"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "curation.config.settings")
    os.environ.setdefault("DEBUG", "0")
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    import django

    django.setup()


@dataclass(frozen=True, slots=True)
class Room:
    """A corpus with a policy in force, its latent truth (clip → tier's word) and people who judge."""

    corpus: Any
    policy: Any
    truth: dict[int, str]
    proposed: dict[int, int]
    raters: list[Any]


def room_of(clips: int = CLIPS) -> Room:
    """Made once, then found again."""
    from annotation.models import Rater
    from curation.models import Clip, Proposal
    from curation.policies.presets import PRESETS
    from curation.services.activation import policy_activate
    from curation.services.policies import policy_create
    from curation.services.synthetic import corpus_synthesise
    from curation.synthetic.truth import truths_of

    corpus = corpus_synthesise(name=f"coverage-{clips}", clips=clips, seed=3)
    if corpus.active_policy is None:
        policy = policy_create(
            corpus=corpus, rules=PRESETS["talkvid-paper"].rules, name="TalkVid", reuse=True
        )
        policy_activate(policy=policy)
        corpus.refresh_from_db()
    known = dict(Clip.objects.filter(corpus=corpus).values_list("pk", "external_id"))
    truths = truths_of(known.values())
    raters = [Rater.objects.get_or_create(pseudonym=f"covering-{place}")[0] for place in range(RATERS + 1)]
    return Room(
        corpus,
        corpus.active_policy,
        {pk: truths[name].tier.word for pk, name in known.items()},
        dict(Proposal.objects.filter(policy=corpus.active_policy).values_list("clip_id", "tier")),
        raters,
    )


class Truths(dict[int, str]):
    """The truth of each clip that is asked for, for a corpus too large to know all of it."""

    def __missing__(self, clip: int) -> str:
        from curation.models import Clip
        from curation.synthetic.truth import truths_of

        (truth,) = truths_of([Clip.objects.values_list("external_id", flat=True).get(pk=clip)]).values()
        self[clip] = truth.tier.word
        return self[clip]


def judge_some(corpus: Any, size: int) -> None:
    """One audit of ``size`` clips of a synthetic corpus, judged by people who are wrong one time in ten."""
    from annotation.models import Rater

    raters = [Rater.objects.get_or_create(pseudonym=f"covering-{place}")[0] for place in range(RATERS + 1)]
    audit(Room(corpus, corpus.active_policy, Truths(), {}, raters), "simple", 0.1, 1, size)


def audit(room: Room, design: str, wrong: float, seed: int, size: int = SIZE) -> Any:
    """One audit, drawn and judged to the end; the queue, closed."""
    from annotation.models import Item, Queue
    from annotation.selectors.next_best import next_best_priority
    from annotation.services.draws import draw_make
    from annotation.services.queues import queue_create, queue_state_set
    from annotation.services.rubrics import rubric_preset

    weights = (
        next_best_priority(corpus=room.corpus, policy=room.policy, want="all")
        if design == "poisson"
        else None
    )
    draw = draw_make(
        corpus=room.corpus,
        policy=room.policy,
        design=design,
        size=size,
        seed=seed,
        split=True,
        priority=weights,
    )
    queue = queue_create(
        corpus=room.corpus,
        name=f"{design}, {wrong:.0%} wrong, {seed} {uuid.uuid4().hex[:6]}",
        kind="audit",
        rubric_version=rubric_preset(slug="tier"),
        draw=draw,
        overlap=2,
        blind=True,
        needs_preview=False,
    )
    chance = random.Random(f"{design} {wrong} {seed}")
    for item in queue.items.order_by("position"):
        _answer(item, chance.sample(room.raters[:RATERS], 2), room.truth, wrong, chance)
    panel = Queue.objects.filter(origin=queue, kind="adjudication").first()
    for item in panel.items.filter(state=Item.State.OPEN).order_by("position") if panel else ():
        (vote,) = _answer(item, room.raters[RATERS:], room.truth, 0.0, chance)
        if Item.objects.filter(pk=item.origin_id, state=Item.State.DISPUTED).exists():
            # Three people, three answers: the third sees the others' and has the last word.
            _answer(item, room.raters[RATERS:], room.truth, 0.0, chance, seen=vote)
    for each in (queue, panel):
        if each is not None:
            each.refresh_from_db()
            queue_state_set(queue=each, state=Queue.State.CLOSED)
    return queue


def _answer(
    item: Any,
    people: list[Any],
    truth: dict[int, str],
    wrong: float,
    chance: random.Random,
    seen: uuid.UUID | None = None,
) -> list[uuid.UUID]:
    """Votes of ``people`` on an item, right but for ``wrong``; with ``seen`` the vote of that id is said anew."""
    from annotation.models import Slot
    from annotation.services.judgments import Answer, judgment_submit

    places = Slot.objects.filter(item=item, judgment=seen).order_by("number")
    made = []
    for place, who in zip(places, people, strict=False):
        said = truth[item.clip_id]
        if chance.random() < wrong:
            said = chance.choice([word for word in ("sft", "pretrain", "reject") if word != said])
        answer = Answer(
            answers={"tier": said}, active_ms=6000, watched_share=1.0, details={"seen": True} if seen else {}
        )
        made.append(uuid.uuid4())
        judgment_submit(id=made[-1], rater=who, slot_id=place.pk, answer=answer, supersedes=seen)
    return made


def truths(room: Room) -> dict[str, float]:
    """What the intervals are to hold: of all clips and of those that the policy keeps, the share that is sft."""
    from curation.policies.tiers import Tier

    kept = [pk for pk, tier in room.proposed.items() if tier >= int(Tier.SFT)]
    return {
        "whole list": sum(word == "sft" for word in room.truth.values()) / len(room.truth),
        "what is kept": sum(room.truth[pk] == "sft" for pk in kept) / len(kept),
    }


def audited_cells(
    replicates: int, tally: Callable[[], Any], promised: float, limit: Callable[[str], None]
) -> Iterator[Any]:
    """A row for each design, error rate and part of the list, and one for all of them together."""
    set_up()
    from django.conf import settings
    from django.core.management import call_command

    from annotation.selectors.estimates import audit_report
    from curation.embedded.postgres import lease

    with lease(settings.EMBEDDED_POSTGRES):
        call_command("migrate", verbosity=0)
        room = room_of()
        truth = truths(room)
        limit(", ".join(f"{name}: {share:.4f} sft in truth" for name, share in truth.items()))
        together = tally()
        for design in DESIGNS:
            for wrong in WRONG:
                tallies = {name: tally() for name in truth}
                for seed in range(replicates):
                    report = audit_report(audit(room, design, wrong, seed))
                    for name, part in (("whole list", report.whole), ("what is kept", report.kept)):
                        found = part.found.corrected
                        measure = getattr(found, "corrected", found)
                        tallies[name].add(measure, truth[name])
                        together.add(measure, truth[name])
                for name, one in tallies.items():
                    yield one.result(f"audit, {name}", f"{design}, n={SIZE}, raters wrong {wrong}", promised)
        yield together.result("audits, all together", f"{SIZE} clips each", promised)
