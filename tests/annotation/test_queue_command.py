"""Queues from the command line."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from annotation.models import Queue, Slot
from tests import factories

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("queue", *arguments, stdout=out)
    return out.getvalue()


def test_creating_twice_makes_one_queue():
    world = factories.world()
    first = run("create", "--corpus", world.corpus.slug, "--name", "Demo")
    again = run("create", "--corpus", world.corpus.slug, "--name", "Demo")
    assert "is open with 8 items" in first and "is there already" in again
    assert Queue.objects.count() == 1 and Slot.objects.count() == 8


def test_an_audit_is_blind_with_two_people_and_drawn_within_each_tier():
    world = factories.world(sft=6, pretrain=4, reject=4, undecided=2)
    run("create", "--corpus", world.corpus.slug, "--kind", "audit", "--size", "8")
    queue = Queue.objects.get()
    assert queue.blind and queue.overlap == 2
    drawn = {one["name"]: (one["n"], one["N"]) for one in queue.draw.strata}
    assert drawn == {"3": (3, 6), "2": (2, 4), "1": (2, 4), "0": (1, 2)}
    for item in queue.items.select_related("draw_item"):
        n, population = drawn[item.draw_item.stratum]
        assert item.draw_item.inclusion_probability == pytest.approx(n / population)


def test_the_same_seed_draws_the_same_clips_in_the_same_order():
    world = factories.world(sft=9)
    for name in ("one", "two"):
        run("create", "--corpus", world.corpus.slug, "--name", name, "--size", "5", "--seed", "7")
    one, two = (
        list(queue.items.order_by("position").values_list("clip_id", flat=True))
        for queue in Queue.objects.all()
    )
    assert one == two and len(set(one)) == 5


def test_what_is_wrong_is_said():
    with pytest.raises(CommandError, match="no corpus 'nowhere'"):
        run("create", "--corpus", "nowhere")
    empty = factories.corpus()
    with pytest.raises(CommandError, match="nothing in this corpus fits"):
        run("create", "--corpus", empty.slug)


def test_pause_and_close():
    world = factories.world()
    run("create", "--corpus", world.corpus.slug)
    queue = Queue.objects.get()
    assert "paused" in run("pause", str(queue.pk)) and "0 / 8" in run("list")
    run("close", str(queue.pk))
    with pytest.raises(CommandError, match="closed"):
        run("resume", str(queue.pk))
