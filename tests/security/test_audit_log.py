"""The audit log holds: the application cannot change it, a change by anybody else shows, and a person can be erased."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import Client

from annotation.models import Judgment, JudgmentNote, RaterIdentity
from annotation.services.raters import rater_for_user
from curation.models import AuditEvent, AuditLink, AuditOrigin, User
from curation.services.audit import audit_write
from curation.services.seal import audit_seal, audit_verify, heads_path
from tests import factories
from tests.annotation import rooms

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def own_heads(settings: Any, tmp_path: Path) -> None:
    settings.VAR = tmp_path


def events(count: int) -> None:
    for number in range(count):
        audit_write(action="thing.do", detail={"number": number, "word": "Grüße"})


def test_new_events_are_chained_once_and_the_head_is_outside() -> None:
    events(5)
    assert audit_seal() == 5 and audit_seal() == 0
    events(2)
    assert audit_seal() == 2
    heads = [json.loads(line) for line in heads_path().read_text().splitlines()]
    assert [head["position"] for head in heads] == [5, 7]
    assert heads[-1]["chain_sha256"] == AuditLink.objects.get(position=7).chain_sha256
    found = audit_verify()
    assert (found.links, found.heads, found.unsealed, found.faults) == (7, 2, 0, ())


def test_an_event_that_commits_late_is_sealed_later_not_lost() -> None:
    """Ids are given before a transaction commits: one with a lower id may appear after a higher one was sealed."""
    begun, go = threading.Event(), threading.Event()

    def late() -> None:
        from django.db import transaction

        try:
            with transaction.atomic():
                audit_write(action="late.one")
                begun.set()
                go.wait(30)
        finally:
            connections.close_all()

    thread = threading.Thread(target=late)
    thread.start()
    begun.wait(30)
    audit_write(action="early.one")
    assert audit_seal() == 1
    go.set()
    thread.join()
    assert audit_seal() == 1
    assert list(AuditLink.objects.order_by("position").values_list("event__action", flat=True)) == [
        "early.one",
        "late.one",
    ]
    assert audit_verify().faults == ()


def test_many_sealers_at_once_make_one_chain() -> None:
    events(40)
    counts: list[int] = []

    def seal() -> None:
        try:
            counts.append(audit_seal())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=seal) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) + audit_seal() == 40
    assert audit_verify().faults == ()


Tamper = Callable[[psycopg.Connection], object]


@pytest.mark.parametrize(
    ("tamper", "word"),
    [
        (lambda c: c.execute("UPDATE curation_auditevent SET action = 'thing.undo' WHERE id = (SELECT event_id FROM curation_auditlink WHERE position = 3)"), "changed"),
        (lambda c: c.execute("UPDATE curation_auditevent SET at = at - interval '1 day' WHERE id = (SELECT event_id FROM curation_auditlink WHERE position = 3)"), "changed"),
        (lambda c: c.execute("UPDATE curation_auditevent SET actor_id = 7 WHERE id = (SELECT event_id FROM curation_auditlink WHERE position = 3)"), "changed"),
        (lambda c: c.execute("DELETE FROM curation_auditevent WHERE id = (SELECT event_id FROM curation_auditlink WHERE position = 3)"), "missing"),
        (lambda c: c.execute("DELETE FROM curation_auditlink WHERE position = 3"), "missing"),
        (lambda c: c.execute("UPDATE curation_auditorigin SET address = '192.0.2.99'"), "address"),
        (lambda c: c.execute("DELETE FROM curation_auditlink WHERE position > 4"), "cut"),
        (lambda c: c.execute("TRUNCATE curation_auditlink"), "cut"),
    ],
    ids=["action", "time", "actor", "event gone", "link gone", "address", "end cut off", "all gone"],
)  # fmt: skip
def test_whatever_is_changed_shows(tamper: Tamper, word: str, rf: Any, test_cluster: Any) -> None:
    audit_write(action="from.somewhere", request=rf.get("/", REMOTE_ADDR="203.0.113.7"))
    events(5)
    audit_seal()
    assert audit_verify().faults == ()
    with test_cluster.connect("rushes_owner") as owner:
        tamper(owner)
    found = audit_verify()
    assert found.faults and any(word in fault.sentence for fault in found.faults)
    with pytest.raises(CommandError, match="does not hold"):
        call_command("audit", "verify", stdout=StringIO())


def test_a_chain_written_anew_by_somebody_with_all_power_meets_the_published_heads(test_cluster: Any) -> None:
    events(5)
    audit_seal()
    with test_cluster.connect("rushes_owner") as owner:
        owner.execute(
            "UPDATE curation_auditevent SET action = 'harmless' WHERE id = (SELECT min(id) FROM curation_auditevent)"
        )
        owner.execute("TRUNCATE curation_auditlink")
    copy = heads_path().read_text()
    audit_seal()  # the forger seals again, and the chain is sound in itself
    heads_path().write_text(copy)
    assert [fault.position for fault in audit_verify().faults] == [5]


def test_the_application_cannot_change_the_chain(db: None) -> None:
    from django.db import DatabaseError

    events(1)
    audit_seal()
    for change in (
        lambda: AuditEvent.objects.update(action="x"),
        lambda: AuditLink.objects.update(chain_sha256="x"),
        lambda: AuditEvent.objects.all()._raw_delete("default"),
        lambda: AuditLink.objects.all()._raw_delete("default"),
    ):
        with pytest.raises(DatabaseError, match="permission denied"):
            change()


def test_erasing_a_rater_leaves_judgments_and_an_unbroken_chain_and_nothing_that_names_them(
    test_cluster: Any,
) -> None:
    user = factories.user("annotator", first_name="Ada", email="ada@example.org")
    client = Client()
    client.post(
        "/login/", {"username": user.username, "password": factories.PASSWORD}, REMOTE_ADDR="203.0.113.7"
    )
    rater = rater_for_user(user=user)
    queue = rooms.verify_queue()
    slot = rooms.claim(queue, rater)
    rooms.say(rater, slot.slot_id)
    judgment = Judgment.objects.get(rater=rater)
    JudgmentNote.objects.create(judgment=judgment, text="I know this person")
    name = user.username
    audit_seal()
    out = StringIO()
    call_command("rater", "erase", "--login", name, stdout=out)
    assert f"{rater.pseudonym} leads to nobody now: 1 judgments are kept" in out.getvalue()
    audit_seal()
    assert audit_verify().faults == ()
    assert Judgment.objects.filter(rater=rater).count() == 1
    assert not RaterIdentity.objects.filter(rater=rater).exists() and not JudgmentNote.objects.exists()
    assert not AuditOrigin.objects.filter(address="203.0.113.7").exists()
    assert client.get("/account/").status_code == 302
    assert not User.objects.filter(username=name).exists()
    with test_cluster.connect("rushes_owner") as owner:
        tables = [
            row[0] for row in owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        ]
        for table in tables:
            found = owner.execute(
                f'SELECT count(*) FROM "{table}" t WHERE t::text ~ %s', [f"{name}\\y|ada@example|203.0.113.7"]
            )
            assert found.fetchone() == (0,), table
    with pytest.raises(CommandError, match="nobody is known"):
        call_command("rater", "erase", "--login", name, stdout=StringIO())


def test_admins_and_auditors_read_it_filtered_and_escaped(rf: Any) -> None:
    auditor = factories.user("auditor")
    audit_write(
        actor=auditor,
        action="subset.freeze",
        detail={"name": "<script>alert(1)</script>"},
        request=rf.get("/", REMOTE_ADDR="203.0.113.7"),
    )
    audit_write(action="policy.activate")
    client = Client()
    client.force_login(auditor)
    page = client.get("/audit/", {"action": "subset.freeze", "actor": auditor.username}).content.decode()
    assert "&lt;script&gt;" in page and "<script>alert" not in page and "203.0.113.7" in page
    assert page.count("<tr>") == 2
    for said in (
        {"actor__password__startswith": "p"},
        {"since": "never"},
        {"before": "x"},
        {"action": "' OR 1=1"},
    ):
        assert client.get("/audit/", said).status_code == 200
    client.force_login(factories.user("curator"))
    assert client.get("/audit/").status_code == 403
