"""An auditor certifies a frozen subset from a blind audit of it; whoever gets the file can check it."""

from __future__ import annotations

import copy
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, transaction
from django.utils import timezone

from annotation.certificates import FIXED, digest_of, verify
from annotation.errors import BadPlan, CannotCertify
from annotation.models import DrawItem, Item, Queue
from annotation.selectors.certificates import compare_with_database
from annotation.services.certificates import certificate_document, certificate_issue, certification_open
from annotation.services.plans import queue_plan
from curation.models import AuditEvent, Certificate, Clip
from curation.services.certificates import NotACertificate, certificate_record
from tests import factories
from tests.annotation import audits

pytestmark = pytest.mark.django_db


@pytest.fixture
def subset():
    return audits.frozen(audits.world(40))


def opened(subset, **fields) -> Queue:
    fields = {"size": 24, "target": 0.6, "reading": FIXED, "seed": 3, "needs_preview": False, **fields}
    return certification_open(subset=subset, **fields)


@pytest.fixture
def issued(subset) -> Certificate:
    queue = opened(subset)
    bad = set(queue.items.values_list("clip_id", flat=True)[:2])
    audits.judge(queue, lambda clip: "reject" if clip in bad else "sft")
    return certificate_issue(queue=queue, subset=subset, by=factories.user("auditor"))


def test_the_audit_is_drawn_from_exactly_the_frozen_list_blind_and_by_two(subset):
    queue = opened(subset)
    assert queue.blind and queue.overlap == 2 and queue.items.count() == 24
    assert queue.draw.frame_sha256 == subset.list_sha256 and queue.draw.frame_count == 40
    assert {item.draw_item.inclusion_probability for item in queue.items.all()} == {24 / 40}
    assert queue.draw.frame["plan"] == {"target": 0.6, "reading": FIXED}


def test_what_it_says_is_what_the_statistics_give(issued):
    document = issued.document
    assert document["counts"]["accepted"] == 22 and document["counts"]["prefix"] == 24
    assert document["figures"]["method"] == "exact hypergeometric"
    assert document["figures"]["estimate"] == pytest.approx(22 / 24)
    bound = document["figures"]["lower_bound"]
    assert f"at least {int(bound * 1000) / 10:.1f} % of the 40 clips" in document["statement"]["sentence"]
    assert all(name.startswith("rater-") for name in document["raters"])
    assert verify(document) == []


def test_it_is_kept_for_good_and_written_into_the_log(issued):
    kept = Certificate.objects.get(pk=issued.pk)
    assert digest_of(kept.document) == kept.document_sha256
    assert AuditEvent.objects.filter(action="certificate.issue", object_id=str(issued.pk)).exists()
    with pytest.raises(ProgrammingError), transaction.atomic():
        Certificate.objects.filter(pk=issued.pk).update(document={})


def test_the_command_recomputes_it_and_compares_it_with_the_database(issued, tmp_path):
    path = tmp_path / "certificate.json"
    path.write_text(json.dumps(issued.document))
    out = StringIO()
    call_command("certificate", "verify", str(path), stdout=out)
    assert "Every figure follows" in out.getvalue() and "Compared with this database too" in out.getvalue()


def test_a_consistent_lie_passes_alone_and_is_found_with_the_database(issued, tmp_path):
    """Two votes of one refused clip turned, every figure made to fit: only the kept judgments know better."""
    from annotation.certificates import derive

    document = copy.deepcopy(issued.document)
    place = document["outcomes"].index("refused")
    for vote in [*document["items"][place]["votes"], document["items"][place]["panel"]]:
        if vote:
            vote["answer"] = "sft"
    document.update(derive(document))
    document["sha256"] = digest_of(document)
    assert verify(document) == []
    told = compare_with_database(document)
    assert {f"items[{place}].answer", "sha256"} <= {each.where for each in told}
    path = tmp_path / "lie.json"
    path.write_text(json.dumps(document))
    out = StringIO()
    with pytest.raises(CommandError, match="things differ"):
        call_command("certificate", "verify", str(path), stdout=out)
    assert "the database says reject" in out.getvalue()
    call_command("certificate", "verify", str(path), "--alone", stdout=StringIO())


def test_judgments_of_here_under_a_list_that_is_not_from_here_are_told(issued, tmp_path):
    document = copy.deepcopy(issued.document)
    document["subset"]["list_sha256"] = document["draw"]["frame_sha256"] = "0" * 64
    document["subset"]["name"] = "\x1b[2Janother"
    document["sha256"] = digest_of(document)
    assert verify(document) == []
    path = tmp_path / "other.json"
    path.write_text(json.dumps(document))
    out = StringIO()
    with pytest.raises(CommandError, match="1 thing differs"):
        call_command("certificate", "verify", str(path), stdout=out)
    assert "its judgments are kept here, and no frozen list with this hash is" in out.getvalue()
    for row in document["items"]:
        for vote in row["votes"]:
            vote["judgment"] = f"elsewhere-{vote['judgment']}"
    assert compare_with_database(document) is None, (
        "a certificate of another database says nothing of this one"
    )


def test_an_audit_that_is_not_done_certifies_nothing(subset):
    queue = opened(subset)
    audits.judge(queue, most=10)
    with pytest.raises(CannotCertify, match="10 at the head"):
        certificate_document(queue=queue, subset=subset)


def test_a_sequence_may_stop_early_and_stays_as_planned(subset):
    queue = opened(subset, reading="sequence", size=40)
    audits.judge(queue, most=30)
    document = certificate_document(queue=queue, subset=subset)
    assert document["counts"]["prefix"] == 30 and document["settings"]["reading"] == "sequence"
    with pytest.raises(CannotCertify, match="that stays"):
        certificate_document(queue=queue, subset=subset, target=0.5)


def test_an_audit_of_another_list_or_for_tuning_or_not_blind_certifies_nothing(subset):
    corpus = subset.corpus
    corpus.refresh_from_db()
    plain = queue_plan(
        corpus=corpus, policy=subset.policy, name="Audit", kind="audit", design="simple", size=20, overlap=2
    )
    # Which sources tune follows from their hashes; here one certainly does.
    one = DrawItem.objects.filter(draw=plain.draw).earliest("position")
    DrawItem.objects.filter(pk=one.pk).update(purpose=DrawItem.Purpose.TUNE)
    with pytest.raises(CannotCertify, match="tuning"):
        certificate_document(queue=plain, subset=subset)
    factories.clip(Item.objects.first().clip.source)
    other = queue_plan(
        corpus=corpus, policy=None, name="Other", kind="audit", design="simple", size=20, overlap=2
    )
    with pytest.raises(CannotCertify, match="another list"):
        certificate_document(queue=other, subset=subset)
    shown = queue_plan(corpus=corpus, policy=subset.policy, name="Verify", kind="verify", overlap=2)
    with pytest.raises(CannotCertify, match="blind audit"):
        certificate_document(queue=shown, subset=subset)


def test_a_list_that_has_lost_clips_is_to_be_frozen_again(subset):
    Clip.objects.filter(pk=subset.members.first().clip_id).update(withdrawn_at=timezone.now())
    with pytest.raises(CannotCertify, match="Freeze it again"):
        opened(subset)


def test_a_clip_that_leaves_later_is_counted_as_refused(subset):
    queue = opened(subset)
    gone = queue.items.order_by("position").first()
    audits.judge(queue)
    Item.objects.filter(pk=gone.pk).update(state=Item.State.OPEN)
    Clip.objects.filter(pk=gone.clip_id).update(withdrawn_at=timezone.now())
    document = certificate_document(queue=queue, subset=subset)
    assert document["counts"]["skipped"] == 1 and document["counts"]["prefix"] == 24


def test_nobody_certifies_rejects_or_with_one_person(subset):
    made = audits.world(4, rejects=4)
    with pytest.raises(CannotCertify, match="reject"):
        opened(audits.frozen(made, ("reject",)))
    with pytest.raises(BadPlan, match="two"):
        opened(subset, overlap=1)


def test_a_document_of_another_list_is_not_kept(issued):
    other = audits.frozen(audits.world(5))
    with pytest.raises(NotACertificate):
        certificate_record(subset=other, document=issued.document)
    with pytest.raises(NotACertificate):
        certificate_record(subset=issued.subset, document={**issued.document, "rubric": {}})
