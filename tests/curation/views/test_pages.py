"""What each role is shown and what it is kept from; what pages say when there is nothing, or something is wrong."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse

from curation.models import Activation, AuditEvent, ExportJob, Policy, Subset
from curation.selectors import overview
from curation.selectors.browser import PAGE
from curation.services.activation import policy_activate
from curation.services.exports import export_request, export_run
from curation.services.policies import policy_from_preset
from curation.services.subsets import subset_freeze
from curation.templatetags.rushes import hours
from tests import factories

pytestmark = pytest.mark.django_db


def signed_in(role: str) -> Client:
    client = Client()
    client.force_login(factories.user(role))
    return client


def text(response: Any) -> str:
    assert response.status_code == 200, response.status_code
    return response.content.decode()


@pytest.fixture(autouse=True)
def store(settings: Any, tmp_path: Path) -> None:
    settings.STORAGE = str(tmp_path)


def test_an_empty_site_says_how_to_begin() -> None:
    assert "manage.py ingest FOLDER --corpus NAME" in text(signed_in("curator").get("/"))
    corpus = factories.corpus()
    assert f"manage.py ingest FOLDER --corpus {corpus.slug}" in text(
        signed_in("curator").get(f"/corpora/{corpus.slug}/")
    )


def test_each_role_meets_its_own_next_step() -> None:
    world = factories.world()
    address = f"/corpora/{world.corpus.slug}/"
    assert "Export the" not in text(signed_in("auditor").get(address)), "nothing is settled yet"
    factories.verdict(world.sft[0])
    assert "Export the 1 validated clip<" in text(signed_in("auditor").get(address))
    assert "See how far the filters and people agree" in text(signed_in("curator").get(address))
    assert "Review clips" in text(signed_in("annotator").get(address))
    unruled = factories.clip(factories.source()).corpus
    assert "Choose a policy" in text(signed_in("curator").get(f"/corpora/{unruled.slug}/"))


def test_the_funnel_counts_in_hours_or_clips_alone_in_order_and_only() -> None:
    world = factories.world()
    address = f"/corpora/{world.corpus.slug}/"
    step = overview.corpus_funnels(world.corpus)[1][0].steps[0]
    in_clips = text(signed_in("curator").get(address, {"in": "clips"}))
    row = in_clips.split("movement, worst")[1].split("</tr>")[0]
    cells = [
        re.sub(r"<[^>]*>", "", cell).strip() for cell in re.findall(r'<td class="number.*?</td>', row, re.S)
    ]
    assert step.alone.clips and cells == [
        str(step.left.clips),
        str(step.alone.clips),
        f"−{step.in_order.clips}",
        str(step.only.clips),
        str(step.unknown.clips),
    ]
    assert f"?rule={step.ordinal}" in row
    assert hours(step.left.seconds) in text(signed_in("curator").get(address))


def test_a_numbered_page_is_that_page_or_said_not_to_be() -> None:
    world = factories.world(sft=40, pretrain=10, reject=10, undecided=0)
    client, address = signed_in("curator"), f"/corpora/{world.corpus.slug}/clips/"
    second = text(client.get(address, {"page": "2", "view": "table"}))
    shown = [int(pk) for pk in re.findall(r'<a href="/clips/(\d+)/">', second)]
    assert shown == [clip.pk for clip in world.clips[PAGE:]] and len(shown) == 12
    for number in ("3", "0", "x"):
        refused = client.get(address, {"page": number})
        assert refused.status_code == 400 and "there is no page" in refused.content.decode()


def test_raters_meet_neither_rules_nor_scores() -> None:
    world = factories.world()
    home = text(signed_in("annotator").get(f"/corpora/{world.corpus.slug}/"))
    assert "movement, worst" not in home and "/clips/" not in home and "/policies/" not in home
    assert "movement, worst" in text(signed_in("curator").get(f"/corpora/{world.corpus.slug}/"))


def test_a_synthetic_corpus_says_so_wherever_it_shows() -> None:
    world = factories.world(is_synthetic=True)
    client = signed_in("curator")
    for address in (
        "/",
        f"/corpora/{world.corpus.slug}/",
        f"/corpora/{world.corpus.slug}/clips/",
        f"/clips/{world.sft[0].pk}/",
    ):
        assert "synthetic" in text(client.get(address)), address


def test_what_people_wrote_is_shown_as_text() -> None:
    world = factories.world(name="<script>alert(1)</script>", slug="x")
    world.source.__class__.objects.filter(pk=world.source.pk).update(name='"><img src=x onerror=alert(1)>')
    client = signed_in("admin")
    for address in (
        "/",
        "/corpora/x/",
        "/corpora/x/clips/",
        f"/clips/{world.sft[0].pk}/",
        f"/sources/{world.source.pk}/",
    ):
        page = text(client.get(address))
        assert "<script>alert" not in page and "<img src=x" not in page, address


def test_a_clip_without_a_score_says_why() -> None:
    world = factories.world()
    page = text(signed_in("curator").get(f"/clips/{world.undecided[0].pk}/"))
    assert "head_detail ran and found nothing to measure here" in page
    assert "dover is not available: the weights of dover are not installed" in page


def test_a_policy_says_what_cannot_be_measured_here() -> None:
    world = factories.world()
    policy = factories.policy(world.corpus, rules=[("sft", "cotracker_ratio", "within", 0.85, 0.999)])
    page = text(signed_in("curator").get(f"/corpora/{world.corpus.slug}/policies/{policy.number}/"))
    assert "the weights of cotracker are not installed" in page


def test_under_talkvids_rules_pages_say_what_would_make_the_missing_scorers_available() -> None:
    world = factories.world(sft=1, pretrain=0, reject=0, undecided=0)
    clip = factories.clip(
        world.source,
        scores={"movement_avg": 96.0, "rotation_avg": 97.0, "orientation_avg": 88.0},
        scored=False,
    )
    factories.scorecard(
        clip,
        dover=("unavailable", "the weights dover are not in weights: put them there as onnx_dover.onnx"),
        cotracker=("unavailable", "run `manage.py weights download cotracker3`"),
    )
    policy = policy_from_preset(corpus=world.corpus, preset_name="talkvid-paper")
    policy_activate(policy=policy, why="as published")
    client = signed_in("curator")
    page = text(client.get(f"/clips/{clip.pk}/"))
    decision = page.split("decision decision-undecided")[1].split("</section>")[0]
    assert "put them there as onnx_dover.onnx" in decision
    assert "cotracker is not available: run `manage.py weights download cotracker3`" in decision
    page = text(client.get(f"/corpora/{world.corpus.slug}/policies/{policy.number}/"))
    assert "2 scorers that these rules need measured nothing here" in page
    assert "put them there as onnx_dover.onnx" in page and "weights download cotracker3" in page


def test_activating_keeps_who_and_why_and_is_in_the_log() -> None:
    world = factories.world()
    policy = factories.policy(world.corpus, rules=[("sft", "sharpness", "at_least", 1.0, None)])
    client = signed_in("curator")
    response = client.post(
        reverse("curation:policy-activate", args=[world.corpus.slug, policy.number]),
        {"why": "a try"},
        follow=True,
    )
    assert f"Policy {policy.number} is active" in text(response)
    event = Activation.objects.latest("id")
    assert (event.policy, event.why, event.by_id) == (policy, "a try", int(client.session["_auth_user_id"]))
    assert AuditEvent.objects.filter(action="policy.activate", object_id=str(policy.pk)).exists()


def test_a_percentile_of_what_was_never_measured_is_not_activated() -> None:
    world = factories.world()
    policy = Policy.objects.create(corpus=world.corpus, number=9, name="p", rules_sha256="0")
    policy.rules.create(ordinal=0, tier=3, metric="dover_fused", operator="percentile_at_least", percentile=5)
    response = signed_in("curator").post(
        reverse("curation:policy-activate", args=[world.corpus.slug, 9]), follow=True
    )
    assert "was not activated: dover_fused has not been measured" in text(response)
    world.corpus.refresh_from_db()
    assert world.corpus.active_policy == world.policy


def test_a_preset_becomes_a_policy_once() -> None:
    world = factories.world()
    client, address = signed_in("curator"), f"/corpora/{world.corpus.slug}/policies/"
    for _ in range(2):
        assert client.post(address, {"preset": "talkvid-paper"}, follow=True).status_code == 200
    assert world.corpus.policies.filter(preset="talkvid-paper").count() == 1
    assert "no preset is called" in text(client.post(address, {"preset": "nothing"}, follow=True))


def test_an_export_gives_out_only_what_its_manifest_lists() -> None:
    world = factories.world()
    factories.verdict(world.sft[0])
    subset = subset_freeze(corpus=world.corpus, name="s", tiers=["sft"])
    record = export_run(job_id=export_request(subset=subset, format="csv").pk)
    assert record is not None
    client = signed_in("auditor")
    got = client.get(reverse("curation:export-file", args=[record.pk, "clips.csv"]))
    assert got.status_code == 200 and got.headers["Content-Disposition"] == 'attachment; filename="clips.csv"'
    assert got.headers["Content-Type"] == "application/octet-stream"
    assert AuditEvent.objects.filter(action="export.download", object_id=str(record.pk)).count() == 1
    for name in ("../../../secret-key", "clips.csv/../clips.csv", "other.csv", "/etc/passwd"):
        assert client.get(f"/exports/{record.pk}/files/{name}").status_code == 404, name


def test_freezing_nothing_says_so_and_keeps_what_was_typed() -> None:
    world = factories.world()
    response = signed_in("auditor").post(
        f"/corpora/{world.corpus.slug}/exports/",
        {"name": "my subset", "tiers": ["sft"], "validated_only": "yes"},
    )
    page = text(response)
    assert "No clip is in this selection: nothing of these tiers has been settled by people yet." in page
    assert 'value="my subset"' in page
    assert not Subset.objects.exists()


def test_cancelling_an_export_ends_it() -> None:
    world = factories.world()
    factories.verdict(world.sft[0])
    job = export_request(subset=subset_freeze(corpus=world.corpus, name="s", tiers=["sft"]), format="csv")
    signed_in("auditor").post(reverse("curation:export-cancel", args=[job.pk]))
    assert ExportJob.objects.get(pk=job.pk).state == "cancelled"


def test_what_failed_is_listed_with_its_reason() -> None:
    world = factories.world()
    world.corpus.refused_files.create(
        uri="/x/notes.txt", name="notes.txt", code="no_video", reason="it holds no picture"
    )
    page = text(signed_in("curator").get(f"/corpora/{world.corpus.slug}/failures/"))
    assert "notes.txt" in page and "it holds no picture" in page and "/x/notes.txt" not in page


def test_a_password_is_changed_by_its_owner() -> None:
    client = signed_in("annotator")
    new = "a-much-longer-secret"
    response = client.post(
        "/account/",
        {"old_password": factories.PASSWORD, "new_password1": new, "new_password2": new},
        follow=True,
    )
    assert "Your password is changed" in text(response)
    assert client.get("/account/").status_code == 200, "this session goes on"
    assert "field-error" in text(
        client.post("/account/", {"old_password": "x", "new_password1": new, "new_password2": new})
    )


def test_error_pages_stand_without_what_broke() -> None:
    missing = signed_in("curator").get("/clips/987654321/")
    assert missing.status_code == 404 and "Nothing here" in missing.content.decode()
    refused = signed_in("annotator").get("/corpora/x/policies/")
    assert refused.status_code == 403 and "Not for this role" in refused.content.decode()
    from django.views.defaults import server_error

    broken = server_error(RequestFactory().get("/"))
    assert broken.status_code == 500 and b"What you had saved is kept" in broken.content


def test_a_page_too_old_to_be_sent_says_what_to_do() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(factories.user("curator"))
    refused = client.post("/account/", {"old_password": "x"})
    assert refused.status_code == 403 and "load the page again" in refused.content.decode()
    as_json = client.post("/account/", "{}", content_type="application/json")
    assert as_json.json()["error"] == "csrf"


def test_progress_refreshes_by_itself_and_stops_when_there_is_nothing_left() -> None:
    world = factories.world()
    target = world.source.scoring_targets.create(stage="look", builds_key="b")
    client, address = signed_in("curator"), f"/corpora/{world.corpus.slug}/"
    fragment = text(client.get(address, headers={"hx-request": "true", "hx-target": "scoring"}))
    assert fragment.startswith("<section") and "every 2s" in fragment and "<html" not in fragment
    target.__class__.objects.filter(pk=target.pk).update(state="done")
    assert "every 2s" not in text(client.get(address, headers={"hx-request": "true", "hx-target": "scoring"}))
