"""Scoring work: claimed once, given back when a worker is lost, refused when the lease is stale."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import uuid4

import pytest
from django.db import connection, connections

from curation.errors import StaleLease
from curation.models import Corpus, ScoringTarget, Source
from curation.services import targets

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def source() -> Source:
    corpus = Corpus.objects.create(name="c", slug="c")
    return Source.objects.create(corpus=corpus, sha256="a" * 64, uri="/nowhere/a.mp4", name="a.mp4")


def let_leases_run_out() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE curation_scoringtarget SET leased_until = now() - interval '1 second' WHERE state = 'leased'"
        )


def test_the_same_build_is_asked_for_once(source: Source) -> None:
    assert targets.target_enqueue(source=source, stage="look", builds_key="k1")
    assert not targets.target_enqueue(source=source, stage="look", builds_key="k1")
    assert targets.target_enqueue(source=source, stage="look", builds_key="k2")


def test_a_lost_worker_leaves_its_work_to_the_next_and_cannot_write(source: Source) -> None:
    targets.target_enqueue(source=source, stage="look", builds_key="k", scorers=["probe"])
    lost = targets.target_claim(queues=["cpu"])
    assert lost is not None and lost.scorers == ("probe",)
    assert targets.target_claim(queues=["cpu"]) is None
    let_leases_run_out()
    taken = targets.target_claim(queues=["cpu"])
    assert taken is not None and taken.target_id == lost.target_id and taken.attempt == 2
    with pytest.raises(StaleLease):
        targets.target_finish(claim=lost)
    with pytest.raises(StaleLease):
        targets.target_renew(claim=lost)
    targets.target_finish(claim=taken)
    assert ScoringTarget.objects.get().state == "done"


def test_work_that_kills_three_workers_fails_with_the_reason(source: Source) -> None:
    targets.target_enqueue(source=source, stage="look", builds_key="k")
    for _ in range(targets.MAX_ATTEMPTS):
        assert targets.target_claim(queues=["cpu"]) is not None
        let_leases_run_out()
    assert targets.target_claim(queues=["cpu"]) is None
    target = ScoringTarget.objects.get()
    assert (target.state, target.failure_code) == ("failed", "worker_lost")


def test_a_transient_fault_is_tried_three_times_and_a_lasting_one_once(source: Source) -> None:
    targets.target_enqueue(source=source, stage="look", builds_key="k")
    again = []
    while claim := targets.target_claim(queues=["cpu"]):
        again.append(targets.target_fail(claim=claim, code="io", reason="the disk was away", transient=True))
    assert again == [True, True, False]
    targets.target_enqueue(source=source, stage="listen", builds_key="k")
    claim = targets.target_claim(queues=["cpu"])
    assert claim is not None
    assert not targets.target_fail(claim=claim, code="damaged", reason="cannot be decoded")
    assert targets.target_claim(queues=["cpu"]) is None
    assert targets.targets_retry_failed(corpus_id=source.corpus_id) == 2
    assert targets.target_claim(queues=["cpu"]) is not None


def test_work_handed_back_is_free_at_once_and_costs_no_attempt(source: Source) -> None:
    targets.target_enqueue(source=source, stage="look", builds_key="k")
    claim = targets.target_claim(queues=["cpu"])
    assert claim is not None
    targets.target_hand_back(claim=replace(claim, token=uuid4()))
    assert targets.target_claim(queues=["cpu"]) is None, "a stranger's token must not free it"
    targets.target_hand_back(claim=claim)
    again = targets.target_claim(queues=["cpu"])
    assert again is not None and again.attempt == 1


def test_sixteen_workers_share_two_hundred_targets_without_meeting(source: Source) -> None:
    for number in range(200):
        targets.target_enqueue(source=source, stage="look", builds_key=f"k{number}")

    def work(_: int) -> list[int]:
        mine = []
        try:
            while claim := targets.target_claim(queues=["cpu"]):
                mine.append(claim.target_id)
                targets.target_finish(claim=claim)
        finally:
            connections.close_all()
        return mine

    with ThreadPoolExecutor(16) as pool:
        taken = [one for some in pool.map(work, range(16)) for one in some]
    assert len(taken) == len(set(taken)) == 200


def test_queues_do_not_take_each_others_work(source: Source) -> None:
    targets.target_enqueue(source=source, stage="look", builds_key="k", queue="gpu")
    assert targets.target_claim(queues=["cpu"]) is None
    assert targets.target_claim(queues=["cpu", "gpu"]) is not None
