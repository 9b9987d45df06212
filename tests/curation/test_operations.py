"""What an operator sees: readiness, numbers, log lines with ids and without people, bounds on waiting."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from curation.config.logs import Ids, JsonLines
from curation.services.audit import audit_write
from tests import factories

pytestmark = pytest.mark.django_db


def test_ready_says_what_is_there_and_refuses_what_is_not(settings: Any, tmp_path: Path) -> None:
    settings.STORAGE = str(tmp_path)
    ready = Client().get("/readyz")
    assert ready.status_code == 200
    assert {**ready.json(), "broker": "any"} == {
        "database": "ok",
        "migrations": "ok",
        "storage": "ok",
        "broker": "any",
    }
    (tmp_path / "file").write_text("")
    settings.STORAGE = str(tmp_path / "file")
    ready = Client().get("/readyz")
    assert ready.status_code == 503 and ready.json()["storage"] == "missing"


def test_metrics_can_be_read_by_prometheus_and_count_what_is_there() -> None:
    factories.world()
    audit_write(action="thing.do")
    text = Client().get("/metrics", REMOTE_ADDR="127.0.0.1").content.decode()
    line = re.compile(
        r"(# (HELP|TYPE) \S+ .+|[a-z_]+(\{[a-z_]+=\"[^\"]*\"(,[a-z_]+=\"[^\"]*\")*\})? -?[0-9.e+-]+)\Z"
    )
    assert [one for one in text.splitlines() if not line.match(one)] == []
    assert 'rushes_sources{state="ready"} 1' in text
    assert re.search(r"^rushes_audit_unsealed [1-9]", text, re.M)
    assert (
        text.count('rushes_reading_up{source="') >= 2 and 'rushes_reading_up{source="annotation"} 1' in text
    )
    names = [one.split()[2] for one in text.splitlines() if one.startswith("# TYPE")]
    assert len(names) == len(set(names))


def test_metrics_are_for_this_machine_or_for_who_holds_the_token(settings: Any) -> None:
    assert Client().get("/metrics", REMOTE_ADDR="203.0.113.7").status_code == 403
    assert Client().get("/metrics", REMOTE_ADDR="::1").status_code == 200
    through_proxy = Client(headers={"x-forwarded-for": "203.0.113.7"})
    assert through_proxy.get("/metrics", REMOTE_ADDR="127.0.0.1").status_code == 403
    settings.METRICS_TOKEN = "a-long-secret"
    for given, status in (
        ("Bearer a-long-secret", 200),
        ("Bearer a-long-secre", 403),
        ("", 403),
        ("Bearer é", 403),
    ):
        response = Client(headers={"authorization": given}).get("/metrics", REMOTE_ADDR="203.0.113.7")
        assert response.status_code == status, given


def test_a_request_is_one_line_with_its_id_and_no_person(caplog: Any, settings: Any) -> None:
    user = factories.user("curator", username="ada.lovelace")
    client = Client(headers={"x-request-id": "given-by-somebody"})
    client.force_login(user)
    caplog.handler.addFilter(Ids())
    with caplog.at_level(logging.INFO):
        response = client.get("/account/", {"q": "ada.lovelace"}, REMOTE_ADDR="203.0.113.7")
        client.get("/invitations/a-secret-token/")
    lines = [
        json.loads(JsonLines().format(record)) for record in caplog.records if record.name == "rushes.request"
    ]
    assert [line["message"] for line in lines] == ["GET account 200", "GET invitation 410"]
    assert lines[0]["request_id"] == response.headers["X-Request-Id"] != "given-by-somebody"
    assert lines[0]["ms"] > 0
    said = json.dumps(lines)
    assert not any(word in said for word in ("ada", "203.0.113.7", "a-secret-token"))
    settings.BEHIND_PROXY = True
    assert client.get("/account/").headers["X-Request-Id"] == "given-by-somebody"
    bad = Client(headers={"x-request-id": "x\ny" * 20})
    assert re.fullmatch(r"[0-9a-f]{32}", bad.get("/healthz").headers["X-Request-Id"])


def test_an_event_carries_the_id_of_its_request() -> None:
    from curation.models import AuditEvent

    user = factories.user("curator")
    response = Client().post("/login/", {"username": user.username, "password": factories.PASSWORD})
    event = AuditEvent.objects.get(action="session.begin")
    assert event.request_id == response.headers["X-Request-Id"]


def test_no_line_of_json_is_broken_by_what_it_tells() -> None:
    record = logging.LogRecord("a", logging.INFO, __file__, 1, "two\nlines %s", ("\u2028 \x00",), None)
    text = JsonLines().format(record)
    assert "\n" not in text and json.loads(text)["message"] == "two\nlines \u2028 \x00"


def test_nobody_waits_for_a_lock_or_holds_a_transaction_for_ever() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("1min",)
        cursor.execute("SHOW idle_in_transaction_session_timeout")
        assert cursor.fetchone() == ("1h",)


def test_tables_that_change_all_the_time_are_vacuumed_early() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, reloptions FROM pg_class WHERE relname IN ('annotation_slot', 'curation_scoringtarget')"
        )
        found = dict(cursor.fetchall())
    for name in ("annotation_slot", "curation_scoringtarget"):
        assert "autovacuum_vacuum_scale_factor=0.02" in found[name], name
