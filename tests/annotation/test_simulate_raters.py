"""Simulated raters go through the same doors as people."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from annotation.models import Judgment, Slot
from curation.models import Verdict
from tests import factories
from tests.annotation import rooms

pytestmark = pytest.mark.django_db(transaction=True)


def test_they_finish_a_queue_over_http_and_disputes_appear(live_server):
    world = factories.world(sft=10, pretrain=4, reject=4, undecided=0)
    queue = rooms.verify_queue(world, overlap=2)
    out = StringIO()
    call_command("simulate_raters", queue.pk, site=live_server.url, raters=3, error_rate=0.3, stdout=out)
    assert "36 counted" in out.getvalue() and "claim: median" in out.getvalue()
    assert Slot.objects.filter(queue=queue, state="done").count() == 36
    disputed = queue.items.filter(state="disputed").count()
    assert disputed > 0 and Verdict.objects.count() == 18 - disputed
    assert all(one.shown.get("scores") for one in Judgment.objects.all())


def test_those_who_vanish_leave_their_item_to_others(live_server):
    queue = rooms.verify_queue(factories.world(sft=6, pretrain=0, reject=0, undecided=0), lease_seconds=1)
    out = StringIO()
    call_command(
        "simulate_raters", queue.pk, site=live_server.url, raters=4, vanish_rate=0.25, seed=3, stdout=out
    )
    call_command("simulate_raters", queue.pk, site=live_server.url, raters=2, stdout=out)
    assert queue.items.filter(state="settled").count() == 6


def test_a_site_that_does_not_answer_is_named():
    queue = rooms.verify_queue()
    with pytest.raises(CommandError, match="does not answer"):
        call_command("simulate_raters", queue.pk, site="http://127.0.0.1:9", raters=1)


def test_a_made_up_corpus_has_nothing_to_watch_and_is_judged_all_the_same(live_server):
    world = factories.world(sft=2, pretrain=0, reject=0, undecided=0)
    waiting = rooms.verify_queue(world, name="Footage", needs_preview=True)
    out = StringIO()
    call_command("simulate_raters", waiting.pk, site=live_server.url, raters=1, stdout=out)
    assert "Nothing was given out: what is left waits for a preview." in out.getvalue()
    world.corpus.is_synthetic = True
    world.corpus.save()
    made_up = rooms.verify_queue(world, name="Made up", needs_preview=True)
    call_command("simulate_raters", made_up.pk, site=live_server.url, raters=1, stdout=out)
    assert "2 counted" in out.getvalue()
