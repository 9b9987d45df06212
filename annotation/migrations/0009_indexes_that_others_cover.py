"""Indexes of references go where another index begins with the same column.

Each made every claim and every judgment dearer to write. Worse, a queue that was just made looks empty to the planner:
it then found the queue's places by such an index, sorted them all and looked at each before it gave out one. Without
it there is only the index that has them in their order already.
"""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

from curation.migrationsteps import StopIndexingBesideWork


def _reference(
    to: str,
    related_name: str,
    *,
    null: bool = False,
    help_text: str = "",
    on_delete: object = django.db.models.deletion.PROTECT,
) -> models.ForeignKey:
    return models.ForeignKey(
        db_index=False, help_text=help_text, null=null, on_delete=on_delete, related_name=related_name, to=to
    )


_DISPUTED = "The disputed item that this one settles."
_REFERENCES = (
    ("slot", "queue", _reference("annotation.queue", "slots"), "b080915b"),
    ("slot", "item", _reference("annotation.item", "slots"), "72f3fa2e"),
    ("slot", "rater", _reference("annotation.rater", "slots", null=True), "cf607313"),
    ("item", "queue", _reference("annotation.queue", "items"), "8cf1b284"),
    (
        "item",
        "origin",
        _reference("annotation.item", "adjudicated_in", null=True, help_text=_DISPUTED),
        "affcabcc",
    ),
    ("judgment", "corpus", _reference("curation.corpus", "judgments"), "8980db64"),
    ("judgment", "item", _reference("annotation.item", "judgments"), "d6d37935"),
    ("judgment", "rater", _reference("annotation.rater", "judgments"), "60163fe6"),
    (
        "draft",
        "item",
        _reference("annotation.item", "drafts", on_delete=django.db.models.deletion.CASCADE),
        "c318252d",
    ),
)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("annotation", "0008_items_of_two_persons")]
    operations = [
        StopIndexingBesideWork(model, name, field, f"annotation_{model}_{name}_id_{digest}")
        for model, name, field, digest in _REFERENCES
    ]
