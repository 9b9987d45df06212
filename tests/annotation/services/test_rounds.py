"""A calibration gives everybody the same clips, blind, and shows answers only when nobody can be swayed any more."""

from __future__ import annotations

from itertools import pairwise

import pytest

from annotation.errors import BadPlan, NotClaimable
from annotation.models import Judgment, Queue
from annotation.selectors.rounds import round_discussion
from annotation.services.claims import Claimed, Nothing, slot_claim
from annotation.services.plans import queue_plan
from annotation.services.raters import rater_for_user
from annotation.services.rounds import round_close, round_create, round_decide
from annotation.services.rubrics import rubric_preset
from curation.models import DialoguePair, PersonVerdict, Verdict
from tests import factories
from tests.annotation import rooms
from tests.annotation.services.test_identity_queues import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return factories.world(sft=32, pretrain=0, reject=0, undecided=0)


def calibrate(world, raters, **fields):
    return round_create(
        **{
            "corpus": world and world.corpus,
            "policy": world and world.policy,
            "name": "First look",
            "rubric_version": rubric_preset(slug="tier"),
            "raters": raters,
            "size": 30,
            "needs_preview": False,
            **fields,
        }
    )


def answer_all(round_, who, wrong=0):
    number = 0
    while isinstance(found := slot_claim(queue=round_.queue, rater=who), Claimed):
        rooms.say(who, found.slot_id, "reject" if number < wrong else "sft")
        number += 1
    round_.refresh_from_db()
    return number, found


def test_everybody_answers_every_item_and_nothing_of_it_counts(world):
    people = [rooms.rater() for _ in range(3)]
    round_ = calibrate(world, people)
    for who in people[:2]:
        assert answer_all(round_, who) == (30, Nothing("done"))
        assert round_.closed_at is None and round_discussion(round_) is None
    answer_all(round_, people[2])
    assert round_.closed_at is not None
    assert not Judgment.objects.filter(counted=True).exists() and not Verdict.objects.exists()
    found = round_discussion(round_)
    assert len(found.items) == 30 and all(len(one.votes) == 3 and all(one.votes) for one in found.items)
    assert found.agreement.raw.value == 1.0


def test_only_who_passed_may_claim_from_a_queue_that_asks_for_it(world):
    near, alike, far = (rooms.rater() for _ in range(3))
    round_ = calibrate(world, [near, alike, far], required_agreement=0.5)
    queue = rooms.verify_queue(world, who={"round": round_.pk})
    answer_all(round_, near)
    with pytest.raises(NotClaimable, match="First look"):
        slot_claim(queue=queue, rater=near)
    answer_all(round_, alike, wrong=3)
    answer_all(round_, far, wrong=30)
    assert {name: one["passed"] for name, one in round_.results.items()} == {
        near.pseudonym: False,
        alike.pseudonym: True,
        far.pseudonym: False,
    }
    assert round_.results[near.pseudonym]["agreement"] == pytest.approx(27 / 60)
    assert isinstance(slot_claim(queue=queue, rater=alike), Claimed)
    for who in (far, rooms.rater()):
        with pytest.raises(NotClaimable):
            slot_claim(queue=queue, rater=who)


def test_who_has_not_answered_everything_when_a_curator_closes_has_not_passed(world):
    one, other = rooms.rater(), rooms.rater()
    round_ = calibrate(world, [one, other])
    answer_all(round_, one)
    found = rooms.claim(round_.queue, other)
    rooms.say(other, found.slot_id, "sft")
    rooms.claim(round_.queue, other)
    closed = round_close(round_=round_, by=factories.user("curator"))
    assert closed.results[one.pseudonym]["passed"] and not closed.results[other.pseudonym]["passed"]
    assert slot_claim(queue=closed.queue, rater=other) == Nothing("closed")


def test_decisions_become_examples_of_the_next_number_that_new_queues_ask(world):
    people = [rooms.rater(), rooms.rater()]
    round_ = calibrate(world, people)
    item = round_.queue.items.first()
    curator = factories.user("curator")
    with pytest.raises(BadPlan, match="close the calibration first"):
        round_decide(round_=round_, decisions={item.pk: {"answer": "reject"}}, by=curator)
    round_close(round_=round_, by=curator)
    before = round_.queue.rubric_version
    made = round_decide(
        round_=round_, decisions={item.pk: {"answer": "reject", "note": "mouth covered"}}, by=curator
    )
    assert made.number == before.number + 1 and made.questions == before.questions
    assert (
        made.examples[0] | {"clip": item.clip_id, "answer": "reject", "note": "mouth covered"}
        == made.examples[0]
    )
    assert rubric_preset(slug="tier") == made
    before.refresh_from_db()
    assert before.examples == []
    with pytest.raises(BadPlan, match="decided already"):
        round_decide(round_=round_, decisions={item.pk: {"answer": "sft"}}, by=curator)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"size": 10}, "30 to 50"),
        ({"required_agreement": 1.5}, "0 to 1"),
        ({"raters": []}, "two raters"),
        ({"name": " "}, "needs a name"),
    ],
)
def test_a_round_that_could_not_work_is_refused(world, fields, sentence):
    with pytest.raises(BadPlan, match=sentence):
        calibrate(world, **{"raters": [rooms.rater(), rooms.rater()], **fields})


def test_the_page_shows_nobodys_answers_before_the_end_and_everybodys_after(world, client):
    users = [factories.user("annotator") for _ in range(2)]
    people = [rater_for_user(user=user) for user in users]
    curator = factories.user("curator")
    client.force_login(curator)
    client.get(f"/corpora/{world.corpus.slug}/")
    form = {
        "name": "First look",
        "rubric": "tier",
        "size": "30",
        "required": "80",
        "raters": [user.pk for user in users],
    }
    made = client.post("/review/rounds/", form)
    assert made.status_code == 302
    address = made["Location"]
    round_ = people[0].rounds.get()
    type(round_.queue).objects.filter(pk=round_.queue_id).update(needs_preview=False)
    answer_all(round_, people[0])
    for who in (users[0], curator):
        client.force_login(who)
        page = client.get(address).content.decode()
        assert "shown to nobody" in page and 'id="answers"' not in page
    client.force_login(users[1])
    assert client.get(f"/review/{round_.queue_id}/work/").status_code == 200
    answer_all(round_, people[1], wrong=2)
    page = client.get(address).content.decode()
    assert 'id="answers"' in page and "Krippendorff" in page
    # What they disagree on comes first; of two who differ neither is the common answer.
    assert page.index("The answers differ") < page.index("Everybody said the same")
    assert page.count('<td class="said-differs">') == 4
    assert client.post(f"{address}decide").status_code == 403
    client.force_login(curator)
    item = round_.queue.items.first()
    client.post(f"{address}decide", {f"answer-{item.pk}": "reject", f"note-{item.pk}": "see the hand"})
    assert "see the hand" in client.get(address).content.decode()
    assert "First look" in client.get("/review/rounds/").content.decode()


def pairs_of_one_source(number=30):
    source = factories.source()
    clips = [
        factories.clip(source, scored=False, start_s=3.0 * n, end_s=3.0 * n + 2) for n in range(number + 1)
    ]
    return [
        DialoguePair.objects.create(corpus=source.corpus, source=source, initiator=a, responder=b)
        for a, b in pairwise(clips)
    ]


def answer_alike(round_, who, answers):
    while isinstance(found := slot_claim(queue=round_.queue, rater=who), Claimed):
        rooms.say(who, found.slot_id, answers=answers)
    round_.refresh_from_db()


@pytest.mark.parametrize("rubric", ["pairs", "identity"])
def test_pairs_and_persons_are_calibrated_like_clips(client, rubric):
    if rubric == "pairs":
        corpus, answers = pairs_of_one_source()[0].corpus, {"answers": "yes"}
    else:
        corpus, answers = cast(9, clips=1)[0].corpus, {"identity": "different"}
    users = [factories.user("annotator") for _ in range(2)]
    people = [rater_for_user(user=user) for user in users]
    curator = factories.user("curator")
    client.force_login(curator)
    client.get(f"/corpora/{corpus.slug}/")
    form = {
        "name": "Who",
        "rubric": rubric,
        "size": "30",
        "required": "80",
        "raters": [one.pk for one in users],
    }
    address = client.post("/review/rounds/", form)["Location"]
    round_ = people[0].rounds.get()
    Queue.objects.filter(pk=round_.queue_id).update(needs_preview=False)
    client.force_login(users[0])
    page = client.get(f"/review/{round_.queue_id}/work/").content.decode()
    assert "sheet-stage" in page if rubric == "identity" else "stage-pair" in page
    answer_alike(round_, people[0], answers)
    assert 'id="answers"' not in client.get(address).content.decode()  # the other has not answered yet
    later = queue_plan(
        corpus=corpus, policy=None, name="Later", kind=rubric, rubric=rubric,
        subject="pair" if rubric == "pairs" else "persons", who={"round": round_.pk}, needs_preview=False,
    )  # fmt: skip
    with pytest.raises(NotClaimable, match="Who"):
        slot_claim(queue=later, rater=people[0])
    answer_alike(round_, people[1], answers)
    assert 'id="answers"' in client.get(address).content.decode()
    assert all(one["passed"] for one in round_.results.values()) and not Verdict.objects.exists()
    assert not PersonVerdict.objects.exists()  # nobody is linked by an exercise
    assert isinstance(slot_claim(queue=later, rater=people[0]), Claimed)
    item = round_.queue.items.order_by("position").first()
    made = round_decide(
        round_=round_, decisions={item.pk: {"answer": next(iter(answers.values()))}}, by=curator
    )
    example = made.examples[0]
    assert example["pair" if rubric == "pairs" else "persons"] == (item.pair_id or item.persons_id)


def test_too_few_pairs_are_counted_by_their_name():
    corpus = pairs_of_one_source(3)[0].corpus
    with pytest.raises(BadPlan, match="only 3 dialogue pairs of this corpus fit"):
        calibrate(
            None, [rooms.rater(), rooms.rater()], corpus=corpus, policy=None,
            rubric_version=rubric_preset(slug="pairs"),
        )  # fmt: skip
