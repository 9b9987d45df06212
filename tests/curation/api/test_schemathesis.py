"""Whatever is sent to the API, it answers as its own document says: nothing breaks, nothing is undescribed."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
import schemathesis.specs.openapi.checks
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from curation.benchmarks.plan import BenchmarkPlan, Part
from curation.services.benchmarks import benchmark_make
from curation.services.subsets import subset_freeze
from curation.services.tokens import SCOPES, token_create
from tests import factories
from tests.annotation import rooms
from tests.fuzzing.harness import fuzz

pytestmark = pytest.mark.django_db
CHECKS = schemathesis.checks.CHECKS.get_by_names(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_schema_conformance",
    ]
)


@pytest.fixture
def document(db: None, settings: Any, tmp_path: Any) -> Any:
    """The document as the site serves it, over a small corpus with a queue and a subset."""
    settings.STORAGE, settings.API_PER_MINUTE = str(tmp_path), 10**6
    settings.ALLOWED_HOSTS = ["*"]
    # As Django's own test client does: a request must not end the test's connection.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield schemathesis.openapi.from_wsgi("/api/v1/openapi.json", WSGIHandler())
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def known(db: None) -> dict[str, Any]:
    """Names and ids that exist, by path parameter, and a token that may do everything."""
    world = factories.world()
    factories.verdict(world.sft[0])
    queue, who = rooms.verify_queue(world), rooms.rater()
    rooms.say(who, rooms.claim(queue, who).slot_id)
    subset = subset_freeze(corpus=world.corpus, name="s", tiers=["sft"])
    benchmark = benchmark_make(corpus=world.corpus, name="b", plan=BenchmarkPlan((Part((), 1),)), seed="s")
    _, secret = token_create(user=factories.user("admin"), name="t", scopes=list(SCOPES), days=1)
    return {
        "corpus": world.corpus.slug,
        "clip": world.sft[0].pk,
        "number": 1,
        "queue": queue.pk,
        "subset": subset.pk,
        "benchmark": benchmark.pk,
        "secret": secret,
    }


def test_answers_are_as_described(document: Any, known: dict[str, Any]) -> None:
    tried = set()
    for found in document.get_all_operations():
        operation = found.ok()
        tried.add(operation.label)

        def ask(case: Any) -> None:
            if len(str(case.query)) % 3:  # two thirds ask about things that exist
                for name in list(case.path_parameters):
                    case.path_parameters[name] = known.get(name, case.path_parameters[name])
            response = case.call(headers={"Authorization": f"Bearer {known['secret']}"})
            case.validate_response(response, checks=CHECKS)

        assert fuzz(f"API: {operation.label}", operation.as_strategy(), ask, short=8)
    assert len(tried) >= 19
