"""The site over a small world in which everything is there once, for requests of every kind."""

from __future__ import annotations

import copy
from contextlib import nullcontext
from http.cookies import SimpleCookie
from typing import Any

from django.db import transaction
from django.test import Client

from curation.services.subsets import subset_freeze
from tests import factories
from tests.annotation import rooms


class Site:
    """The site over a small world, asked by an admin who is also a rater; every request is undone afterwards."""

    def __init__(self) -> None:
        world = factories.world()
        factories.verdict(world.sft[0])
        self.queue = rooms.verify_queue(world, overlap=2)
        self.admin = factories.user("admin")
        self.client = Client()
        self.client.force_login(self.admin)
        self.item = self.client.post(
            f"/review/{self.queue.pk}/claim", {"have": []}, content_type="application/json"
        ).json()["item"]
        judged = rooms.say(who := rooms.rater(), rooms.claim(self.queue, who).slot_id)
        subset = subset_freeze(corpus=world.corpus, name="s", tiers=["sft"], validated_only=False)
        numbers = [world.sft[0].pk, world.source.pk, self.queue.pk, subset.pk, self.admin.pk, 1, 2**63]
        self.known: dict[str, list[Any]] = {
            "corpus": [world.corpus.slug],
            **dict.fromkeys(("pk", "item", "queue", "id"), numbers),
            "number": [1, 2**31],
            "judgment": [judged.id],
            "token": ["a"],
            "inside": ["_dash-update-component"],
        }

    def send(self, method: str, address: str, data: Any, *, undone: bool = True, **options: Any) -> None:
        """Send it, see that the answer is none of a fault, and undo what it did (``undone`` false: it only reads)."""
        client = Client()
        client.cookies = SimpleCookie(copy.deepcopy(self.client.cookies))
        with transaction.atomic() if undone else nullcontext():
            response = getattr(client, method.lower())(address, data, **options)
            if response.streaming:
                b"".join(response.streaming_content)
            assert response.status_code < 500, f"{method} {address}: {response.status_code}"
            if undone:
                transaction.set_rollback(True)
