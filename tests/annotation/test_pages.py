"""What curators and raters see of queues, and what the scripts of the page are answered."""

from __future__ import annotations

import json
import uuid

import pytest
from django.urls import reverse

from annotation.models import Judgment, Queue, Report
from tests import factories
from tests.annotation import rooms
from tests.annotation.services.test_identity_queues import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_(client):
    def enter(role):
        user = factories.user(role)
        client.force_login(user)
        return client

    return enter


def ask(client, route, body, *args):
    return client.post(
        reverse(f"annotation:{route}", args=args), json.dumps(body), content_type="application/json"
    )


def test_the_first_thing_to_do_has_the_button(as_):
    queue = rooms.verify_queue()
    page = as_("annotator").get("/review/").content.decode()
    assert queue.name in page and f"/review/{queue.pk}/work/" in page and "New queue" not in page


def test_a_plan_says_what_it_means_before_anything_is_made(as_):
    world = factories.world()
    client = as_("curator")
    client.get(f"/corpora/{world.corpus.slug}/")
    form = {"name": "Only the best", "kind": "verify", "tiers": ["sft"], "overlap": "2"}
    page = client.post("/review/new/", form, headers={"HX-Request": "true"}).content.decode()
    assert "of 3 that fit" in page and not Queue.objects.exists()
    client.post("/review/new/", {**form, "make": "1"})
    assert Queue.objects.get().items.count() == 3


def test_an_audit_by_one_person_is_refused_with_the_reason(as_):
    factories.world()
    form = {"name": "Audit", "kind": "audit", "overlap": "1", "size": "4", "make": "1"}
    page = as_("auditor").post("/review/new/", form).content.decode()
    assert "needs two people an item" in page and not Queue.objects.exists()


def test_one_click_makes_a_queue_of_the_flips(as_):
    world = factories.world()
    looser = factories.policy(
        world.corpus, rules=[rule for rule in factories.RULES if rule[1] != "movement_min"]
    )
    factories.propose(looser)
    factories.activate(looser)
    client = as_("curator")
    page = client.get("/review/").content.decode()
    assert "2 clips changed tier" in page
    client.post(
        "/review/new/",
        {"name": "Flips", "kind": "verify", "overlap": "1", "flips_from": world.policy.pk, "make": "1"},
    )
    assert {item.clip for item in Queue.objects.get().items.all()} == set(world.pretrain)
    assert "changed tier" not in client.get("/review/").content.decode()


def test_pausing_stops_giving_out_and_says_so(as_):
    queue = rooms.verify_queue()
    client = as_("curator")
    client.post(f"/review/{queue.pk}/state", {"state": "paused"})
    assert ask(client, "claim", {}, queue.pk).json()["state"] == "paused"
    assert "This queue is paused" in client.get(f"/review/{queue.pk}/").content.decode()


def test_claim_judge_and_take_back_over_http(as_):
    queue, client = rooms.verify_queue(), as_("annotator")
    item = ask(client, "claim", {"have": []}, queue.pk).json()["item"]
    assert item["proposal"]["policy"] == 1 and {group["name"] for group in item["scores"]} == {
        "picture",
        "head",
    }
    body = {"id": str(uuid.uuid4()), "slot": item["slot"], "answers": {"tier": "sft"}, "shown": item["shown"]}
    assert ask(client, "judgments", body).json()["state"] == "counted"
    assert ask(client, "judgments", body).json()["state"] == "counted"
    given = Judgment.objects.get()
    assert given.shown["scores"]["sharpness"] is not None and given.shown["builds"]
    back = ask(client, "retract", {"id": str(uuid.uuid4())}, body["id"]).json()
    assert back["item"]["item"] == item["item"]


def test_a_record_of_what_was_shown_cannot_be_forged(as_):
    queue, client = rooms.verify_queue(), as_("annotator")
    item = ask(client, "claim", {}, queue.pk).json()["item"]
    body = {"id": str(uuid.uuid4()), "slot": item["slot"], "answers": {"tier": "sft"}, "shown": "made-up"}
    assert ask(client, "judgments", body).json()["state"] == "counted"
    assert "unknown" in Judgment.objects.get().shown


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"not json", 400),
        ({"id": "no uuid", "slot": 1}, 404),
        ({"id": str(uuid.uuid4()), "slot": "one"}, 400),
        ({"id": str(uuid.uuid4()), "slot": 10**30}, 400),
        ({"id": str(uuid.uuid4()), "slot": 999_999}, 404),
        ([1, 2], 400),
    ],
)
def test_nonsense_gets_a_typed_refusal(as_, body, status):
    client = as_("annotator")
    sent = body if isinstance(body, bytes) else json.dumps(body)
    answer = client.post("/review/judgments", sent, content_type="application/json")
    assert answer.status_code == status and set(answer.json()) == {"error", "message"}


def test_a_report_holds_the_clip_until_a_curator_decides(as_, client):
    queue = rooms.verify_queue(factories.world(sft=1, pretrain=0, reject=0, undecided=0))
    client = as_("annotator")
    item = ask(client, "claim", {}, queue.pk).json()["item"]
    clip = item["clips"][0]["id"]
    assert ask(client, "report", {"clip": clip, "problem": "privacy", "note": "a face"}).json() == {
        "state": "held"
    }
    assert ask(client, "claim", {}, queue.pk).json()["state"] == "done"
    client = as_("curator")
    assert "a face" in client.get("/review/").content.decode()
    client.post(
        reverse("annotation:report_resolve", args=[Report.objects.get().pk]), {"resolution": "release"}
    )
    assert ask(client, "claim", {}, queue.pk).json()["state"] == "item"


def test_nobody_reports_or_looks_around_a_clip_that_was_not_theirs(as_):
    queue = rooms.verify_queue()
    item = queue.items.first()
    client = as_("annotator")
    assert ask(client, "report", {"clip": item.clip_id, "problem": "privacy"}).status_code == 404
    assert client.get(reverse("annotation:item_context", args=[item.pk])).status_code == 404


def test_my_work_shows_history_and_agreement_with_an_interval(as_, client):
    from annotation.services.raters import rater_for_user
    from curation.models import User

    queue = rooms.verify_queue(overlap=2)
    client = as_("annotator")
    mine = rater_for_user(user=User.objects.get(pk=client.session["_auth_user_id"]))
    other = rooms.rater()
    for who, tier in ((mine, "sft"), (other, "sft")):
        for _ in range(3):
            rooms.say(who, rooms.claim(queue, who).slot_id, tier, active_ms=3000, reasons=["blur"])
    page = client.get("/review/me/").content.decode()
    assert mine.pseudonym in page and "3.0 s" in page and "blur" in page and "to 100" in page


def test_the_headline_says_how_many_were_judged_blind(as_):
    world = factories.world()
    queue = rooms.verify_queue(world, overlap=2, blind=True)
    client = as_("curator")
    address = reverse("annotation:agreement_headline", args=[world.corpus.slug])
    assert "Nobody has judged" in client.get(address).content.decode()
    for _ in range(2):
        who = rooms.rater()
        for _ in range(8):
            rooms.say(who, rooms.claim(queue, who).slot_id, "sft")
    page = client.get(address).content.decode()
    assert "of 7 judged clips" in page and "95 % interval" in page
    # Eight clips were judged blind; the policy is undecided on one of them, which is not among the seven.
    assert "7 of them were judged blind" in page


def test_a_plan_mixes_in_golds_from_what_people_settled(as_):
    world = factories.world()
    first, who = rooms.verify_queue(world), rooms.rater()
    for _ in range(3):
        rooms.say(who, rooms.claim(first, who).slot_id)
    client = as_("curator")
    client.get(f"/corpora/{world.corpus.slug}/")
    form = {"name": "Again", "kind": "verify", "overlap": "1", "gold_percent": "10", "make": "1"}
    page = client.post("/review/new/", form).content.decode()
    assert "Say which queue" in page and not Queue.objects.filter(name="Again").exists()
    client.post("/review/new/", {**form, "golds_from": first.pk})
    made = Queue.objects.get(name="Again")
    assert made.gold_share == 0.1 and made.golds.items.count() == 3


def test_an_identity_plan_counts_pairs_of_persons_and_my_work_shows_what_was_said(as_):
    a, _ = cast()
    client = as_("curator")
    client.get(f"/corpora/{a.corpus.slug}/")
    form = {"name": "Who is who", "kind": "identity", "overlap": "1"}
    page = client.post("/review/new/", form, headers={"HX-Request": "true"}).content.decode()
    assert "persons who may be one" in page and not Queue.objects.exists()
    client.post("/review/new/", {**form, "make": "1"})
    queue = Queue.objects.get()
    claimed = ask(client, "claim", {}, queue.pk).json()["item"]
    body = {"id": str(uuid.uuid4()), "slot": claimed["slot"], "answers": {"identity": "same"}}
    told = ask(client, "judgments", {**body, "kind": "answer", "shown": claimed["shown"]}).json()
    assert told["state"] == "counted"
    assert "two persons" in client.get("/review/me/").content.decode()
    assert ask(client, "report", {"clip": claimed["clips"][0]["id"], "problem": "privacy"}).status_code == 200


def test_the_original_is_only_for_who_holds_the_item(as_):
    queue = rooms.verify_queue()
    assert ask(as_("annotator"), "original", {}, queue.items.first().pk).status_code == 404
