"""Indexes of references go where another index begins with the same column.

Each made every claim and every judgment dearer to write. Worse, a queue that was just made looks empty to the planner:
it then found the queue's places by such an index, sorted them all and looked at each before it gave out one. Without
it there is only the index that has them in their order already.
"""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

NAMES = (
    ("annotation_slot", "queue_id", "b080915b"),
    ("annotation_slot", "item_id", "72f3fa2e"),
    ("annotation_slot", "rater_id", "cf607313"),
    ("annotation_item", "queue_id", "8cf1b284"),
    ("annotation_item", "origin_id", "affcabcc"),
    ("annotation_judgment", "corpus_id", "8980db64"),
    ("annotation_judgment", "item_id", "d6d37935"),
    ("annotation_judgment", "rater_id", "60163fe6"),
    ("annotation_draft", "item_id", "c318252d"),
)


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


class Migration(migrations.Migration):
    """Drops them beside others' work."""

    atomic = False
    dependencies = [("annotation", "0008_items_of_two_persons")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    f"DROP INDEX CONCURRENTLY IF EXISTS {table}_{column}_{digest}",
                    f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {table}_{column}_{digest} ON {table} ({column})",
                )
                for table, column, digest in NAMES
            ],
            state_operations=[
                migrations.AlterField(model, name, field)
                for model, name, field in (
                    ("slot", "queue", _reference("annotation.queue", "slots")),
                    ("slot", "item", _reference("annotation.item", "slots")),
                    ("slot", "rater", _reference("annotation.rater", "slots", null=True)),
                    ("item", "queue", _reference("annotation.queue", "items")),
                    (
                        "item",
                        "origin",
                        _reference(
                            "annotation.item",
                            "adjudicated_in",
                            null=True,
                            help_text="The disputed item that this one settles.",
                        ),
                    ),
                    ("judgment", "corpus", _reference("curation.corpus", "judgments")),
                    ("judgment", "item", _reference("annotation.item", "judgments")),
                    ("judgment", "rater", _reference("annotation.rater", "judgments")),
                    (
                        "draft",
                        "item",
                        _reference(
                            "annotation.item", "drafts", on_delete=django.db.models.deletion.CASCADE
                        ),
                    ),
                )
            ],
        )
    ]
