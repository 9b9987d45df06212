"""The API answers what pages show to the same people, in pages by key, and asks for work where a token may."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from curation.models import ApiToken, AuditEvent, Clip, ExportJob, IngestJob
from curation.selectors.browser import clips_count
from curation.selectors.clipfilter import ClipFilter
from curation.services.exports import export_run
from curation.services.subsets import subset_freeze
from curation.services.tokens import BadToken, token_create, token_revoke, token_use
from curation.services.withdrawal import source_withdraw
from tests import factories
from tests.annotation import rooms

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def store(settings: Any, tmp_path: Path) -> None:
    settings.STORAGE = str(tmp_path / "storage")


class Program:
    """A client that sends a token of a login of this role."""

    def __init__(self, role: str = "admin", scopes: tuple[str, ...] = ("read",)) -> None:
        self.user = factories.user(role)
        self.token, self.secret = token_create(user=self.user, name="test", scopes=scopes, days=1)
        self.client = Client(headers={"authorization": f"Bearer {self.secret}"})

    def get(self, path: str, status: int = 200, **query: Any) -> Any:
        return self._told(self.client.get(f"/api/v1{path}", query), status)

    def post(self, path: str, body: Any = None, status: int = 200) -> Any:
        answer = self.client.post(f"/api/v1{path}", json.dumps(body), content_type="application/json")
        return self._told(answer, status)

    def _told(self, answer: Any, status: int) -> Any:
        assert answer.status_code == status, answer.content
        assert answer.headers["Content-Type"].startswith("application/json")
        return answer.json()


def test_corpora_and_clips_are_paged_by_key() -> None:
    world, ask = factories.world(sft=5, pretrain=2, reject=1, undecided=1), Program("curator")
    factories.verdict(world.sft[0], "sft")
    assert [each["slug"] for each in ask.get("/corpora")["items"]] == [world.corpus.slug]
    corpus = ask.get(f"/corpora/{world.corpus.slug}")
    assert corpus["clips"] == 9 and corpus["active_policy"] == 1 and corpus["age_s"] is None
    assert corpus["tiers"][0] == {
        "tier": "sft", "proposed_clips": 5, "proposed_seconds": 30.0, "settled_clips": 1, "settled_seconds": 6.0,
    }  # fmt: skip
    found, after = [], 0
    while after is not None:
        page = ask.get(f"/corpora/{world.corpus.slug}/clips", after=after, limit=4)
        found += [each["id"] for each in page["items"]]
        after = page["next"]
    assert found == [clip.pk for clip in world.clips]
    sft = ask.get(f"/corpora/{world.corpus.slug}/clips", tier="sft", verdict="none")
    assert (
        len(sft["items"]) == clips_count(world.corpus, ClipFilter(tiers=("sft",), verdict="none")).clips == 4
    )
    assert ask.get(f"/corpora/{world.corpus.slug}/clips", status=400, tier="best")["error"] == "bad_filter"


def test_a_clip_with_its_scores_says_what_was_not_measured() -> None:
    world, ask = factories.world(), Program("auditor")
    clip = world.reject[0]
    found = ask.get(f"/clips/{clip.pk}")
    assert (found["proposed"], found["source"], found["failing_rules"]) == ("reject", world.source.pk, [3, 4])
    (card,) = ask.get(f"/clips/{clip.pk}/scores")
    assert card["scores"]["sharpness"] == 8.0 and "dover_fused" not in card["scores"]
    assert card["not_measured"]["dover"] == {
        "state": "unavailable",
        "reason": "the weights of dover are not installed",
    }
    page = ask.get(f"/corpora/{world.corpus.slug}/scores", limit=3)
    assert [each["clip"] for each in page["items"]] == [clip.pk for clip in world.clips[:3]]
    assert ask.get(f"/corpora/{world.corpus.slug}/scores", after=page["next"], limit=500)["next"] is None
    source_withdraw(source=world.source, reason="asked")
    assert ask.get(f"/clips/{clip.pk}", status=410)["error"] == "gone"
    assert ask.get("/clips/987654321", status=404)["error"] == "not_found"
    assert ask.get(f"/corpora/{world.corpus.slug}/scores")["items"] == []


def test_policies_subsets_and_certificates() -> None:
    world, ask = factories.world(), Program("auditor")
    factories.verdict(world.sft[0])
    (policy,) = ask.get(f"/corpora/{world.corpus.slug}/policies")["items"]
    assert policy == ask.get(f"/corpora/{world.corpus.slug}/policies/1") and policy["active"]
    assert policy["rules"][0]["words"] == "movement, worst: at least 60"
    subset = subset_freeze(corpus=world.corpus, name="s", tiers=["sft"])
    (found,) = ask.get(f"/corpora/{world.corpus.slug}/subsets")["items"]
    assert (found["id"], found["clips"], found["list_sha256"]) == (subset.pk, 1, subset.list_sha256)
    assert ask.get(f"/corpora/{world.corpus.slug}/certificates") == {"items": [], "next": None}


def test_queues_and_judgments_name_raters_by_pseudonym() -> None:
    world = factories.world()
    queue, who = rooms.verify_queue(world), rooms.rater()
    for _ in range(3):
        rooms.say(who, rooms.claim(queue, who).slot_id)
    ask = Program("curator")
    (found,) = ask.get(f"/corpora/{world.corpus.slug}/queues")["items"]
    assert (found["id"], found["items"], found["judgments_left"]) == (queue.pk, 8, 5)
    first = ask.get(f"/queues/{queue.pk}/judgments", limit=2)
    rest = ask.get(f"/queues/{queue.pk}/judgments", after=first["next"], limit=2)
    assert len({each["id"] for each in first["items"] + rest["items"]}) == 3 and rest["next"] is None
    assert {each["rater"] for each in first["items"]} == {who.pseudonym}


def test_policies_and_queues_are_paged_by_key() -> None:
    world, ask = factories.world(), Program("curator")
    for _ in range(4):
        factories.policy(world.corpus)
    queues = [rooms.verify_queue(world).pk for _ in range(3)]
    for noun, name, expected in (("policies", "number", [1, 2, 3, 4, 5]), ("queues", "id", queues)):
        found, after = [], 0
        while after is not None:
            page = ask.get(f"/corpora/{world.corpus.slug}/{noun}", after=after, limit=2)
            assert len(page["items"]) <= 2
            found += [each[name] for each in page["items"]]
            after = page["next"]
        assert found == expected


def test_an_export_is_asked_for_followed_and_found() -> None:
    world, ask = factories.world(), Program("auditor", ("read", "export"))
    factories.verdict(world.sft[0])
    subset = subset_freeze(corpus=world.corpus, name="s", tiers=["sft"])
    job = ask.post(f"/subsets/{subset.pk}/exports", {"format": "csv"}, status=202)
    assert job["state"] == "waiting" and ExportJob.objects.get().requested_by == ask.user
    assert export_run(job_id=job["id"]) is not None
    done = ask.get(f"/export-jobs/{job['id']}")
    assert (done["state"], done["done"], done["total"]) == ("done", 1, 1)
    (export,) = ask.get(f"/corpora/{world.corpus.slug}/exports")["items"]
    assert export["id"] == done["export"] and export["manifest"]["counts"]["clips"] == 1
    assert (
        ask.post(f"/subsets/{subset.pk}/exports", {"format": "tape"}, status=400)["error"] == "unknown_format"
    )
    to = {"format": "csv", "to": "s3://elsewhere/x"}
    assert ask.post(f"/subsets/{subset.pk}/exports", to, status=400)["error"] == "storage_refused"
    assert ask.post(f"/subsets/{subset.pk}/exports", {"form": 1}, status=422)["error"] == "invalid"
    again = ask.post(f"/subsets/{subset.pk}/exports", {"format": "parquet"}, status=202)
    assert ask.post(f"/export-jobs/{again['id']}/cancel")["state"] == "cancelled"


def test_an_ingest_is_asked_for_only_from_allowed_places(settings: Any, tmp_path: Path) -> None:
    corpus, ask = factories.corpus(), Program("curator", ("read", "ingest"))
    path = f"/corpora/{corpus.slug}/ingests"
    for address in ("s3://elsewhere/in", "/etc", "http://169.254.169.254/latest", "../films"):
        refused = ask.post(path, {"address": address}, status=400)
        assert refused["error"] in ("storage_refused", "folder_refused"), address
    assert not IngestJob.objects.exists()
    settings.MEDIA_ROOTS = [tmp_path]
    job = ask.post(path, {"address": str(tmp_path)}, status=202)
    assert ask.get(f"/ingests/{job['id']}")["state"] == "waiting"
    assert ask.post(f"/ingests/{job['id']}/cancel")["state"] == "cancelled"


def test_a_token_does_no_more_than_its_scopes_and_its_login() -> None:
    world = factories.world()
    subset = subset_freeze(corpus=world.corpus, name="s", tiers=["sft"], validated_only=False)
    assert (
        Program("auditor").post(f"/subsets/{subset.pk}/exports", {"format": "csv"}, 403)["error"]
        == "wrong_scope"
    )
    curator = Program("curator", ("read", "export"))
    assert curator.post(f"/subsets/{subset.pk}/exports", {"format": "csv"}, 403)["error"] == "wrong_role"
    assert Program("auditor", ("export",)).get("/corpora", 403)["error"] == "wrong_scope"
    rater = Program("annotator")
    assert rater.get("/corpora")["items"]
    assert rater.get(f"/clips/{world.sft[0].pk}", 403)["error"] == "wrong_role"
    assert rater.get(f"/corpora/{world.corpus.slug}/scores", 403)["error"] == "wrong_role"
    assert not ExportJob.objects.exists()


def test_a_session_is_no_token_and_no_page_can_be_made_to_ask() -> None:
    world, client = factories.world(), Client()
    client.force_login(factories.user("admin"))
    subset = subset_freeze(corpus=world.corpus, name="s", tiers=["sft"], validated_only=False)
    assert client.get("/api/v1/corpora").status_code == 401
    posted = client.post(
        f"/api/v1/subsets/{subset.pk}/exports", '{"format": "csv"}', content_type="application/json"
    )
    assert posted.status_code == 401 and posted.json()["error"] == "no_token"
    assert not ExportJob.objects.exists()


def test_a_token_ends_by_date_by_revoking_and_with_its_login() -> None:
    ask = Program("curator")
    ApiToken.objects.filter(pk=ask.token.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert ask.get("/corpora", 401)["error"] == "bad_token"
    ask = Program("curator")
    assert token_revoke(token=ask.token) and not token_revoke(token=ask.token)
    assert ask.get("/corpora", 401)["error"] == "bad_token"
    ask = Program("curator")
    ask.user.is_active = False
    ask.user.save()
    assert ask.get("/corpora", 401)["error"] == "bad_token"
    assert token_use(secret="rushes_" + "x" * 43) is None


def test_only_a_hash_of_a_token_is_kept() -> None:
    ask = Program()
    row = ApiToken.objects.values().get()
    assert row["digest"] == hashlib.sha256(ask.secret.encode()).hexdigest()
    assert ask.secret not in json.dumps(row, default=str) and ask.secret.startswith(row["hint"])
    assert ask.secret not in json.dumps(list(AuditEvent.objects.values("detail", "object_id")))
    for fields in ({"name": " "}, {"scopes": ["all"]}, {"scopes": []}, {"days": 0}, {"days": 4000}):
        with pytest.raises(BadToken):
            token_create(**{"user": ask.user, "name": "x", "scopes": ["read"], "days": 1, **fields})


def test_too_many_requests_are_told_when_to_go_on(settings: Any) -> None:
    settings.API_PER_MINUTE = 3
    ask, other = Program("curator"), Program("curator")
    for _ in range(3):
        ask.get("/corpora")
    answer = ask.client.get("/api/v1/corpora")
    assert answer.status_code == 429 and 1 <= int(answer.headers["Retry-After"]) <= 60
    assert answer.json()["error"] == "too_many"
    other.get("/corpora")
    ApiToken.objects.filter(pk=ask.token.pk).update(window_at=timezone.now() - timedelta(seconds=61))
    ask.get("/corpora")


def test_odd_requests_are_answered_in_the_same_form() -> None:
    world, ask = factories.world(sft=1, pretrain=0, reject=0, undecided=0), Program()
    clips = f"/corpora/{world.corpus.slug}/clips"
    for query in ({"limit": 0}, {"limit": 501}, {"after": -1}, {"after": "x"}, {"after": 2**63}):
        assert ask.get(clips, 422, **query)["error"] == "invalid", query
    for query in (
        {"low": "x", "metric": "sharpness"},
        {"metric": "password"},
        {"rule": "-1"},
        {"source": "1e9"},
    ):
        assert ask.get(clips, 400, **query)["error"] == "bad_filter", query
    answer = ask.client.post("/api/v1/subsets/1/exports", "{", content_type="application/json")
    assert answer.status_code in (400, 422) and answer.json()["error"] == "invalid"
    assert ask.get("/queues/1/judgments", 422, after="no-uuid")["error"] == "invalid"
    assert ask.get("/nowhere", 404)["error"] == "not_found"
    refused = ask.client.delete(f"/api/v1{clips}")
    assert refused.status_code == 405 and refused.json()["error"] == "method_not_allowed"
    assert Clip.objects.count() == 1


def test_the_document_describes_every_operation() -> None:
    document = Client().get("/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.") and document["security"] == [{"token": []}]
    operations = [op for each in document["paths"].values() for op in each.values()]
    assert len(operations) >= 19 and all(op.get("description") or op.get("summary") for op in operations)
    names = [op["operationId"] for op in operations]
    assert len(names) == len(set(names))
    for operation in operations:
        assert {"400", "401", "403", "404", "429"} <= set(operation["responses"])


def test_a_token_is_made_on_the_page_and_shown_once() -> None:
    client = Client()
    user = factories.user("auditor")
    client.force_login(user)
    page = client.post("/account/tokens/", {"name": "nightly", "scopes": ["read", "export"], "days": "30"})
    token = ApiToken.objects.get()
    secret = page.content.decode().split("<code>")[1].split("</code>")[0]
    assert (
        token.digest == hashlib.sha256(secret.encode()).hexdigest()
        and page.headers["Cache-Control"] == "no-store"
    )
    assert secret not in client.get("/account/tokens/").content.decode()
    assert (
        client.post("/account/tokens/", {"name": "x", "scopes": ["read"], "days": "9999"}).status_code == 400
    )
    other = Client()
    other.force_login(factories.user("admin"))
    assert other.post(f"/account/tokens/{token.pk}/revoke/").status_code == 404
    client.post(f"/account/tokens/{token.pk}/revoke/")
    assert ApiToken.objects.get().revoked_at is not None
