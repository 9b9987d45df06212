"""What a page's script cannot have meant is refused in words, and nothing of it is kept."""

from __future__ import annotations

import pytest
from django.test import Client

from annotation.models import Draft
from tests import factories
from tests.annotation import rooms

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "[" * 9000,
        "[1]",
        '{"content": {"note": "a\\u0000b"}}',
        '{"content": {"note": "\\ud800"}}',
        '{"content": {"at": NaN}}',
        '{"content": {"at": -Infinity}}',
    ],
    ids=["no JSON", "too deep", "no object", "zero byte", "half a character", "NaN", "infinity"],
)
def test_a_message_that_cannot_be_kept_is_refused_in_words(body: str) -> None:
    queue, user = rooms.verify_queue(), factories.user("annotator")
    client = Client()
    client.force_login(user)
    claimed = client.post(f"/review/{queue.pk}/claim", {}, content_type="application/json").json()
    answer = client.post(
        f"/review/items/{claimed['item']['item']}/draft", body, content_type="application/json"
    )
    assert (answer.status_code, answer.json()["error"]) == (400, "bad_request")
    assert answer.json()["message"].startswith("the body") and not Draft.objects.exists()
