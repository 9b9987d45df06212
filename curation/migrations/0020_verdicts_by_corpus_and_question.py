"""A verdict's corpus is found by the index over corpus and question; the one over the corpus alone goes."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

_INDEX = "curation_verdict_corpus_id_6b2eee9f"


class Migration(migrations.Migration):
    """Drops it beside others' work."""

    atomic = False
    dependencies = [("curation", "0019_cuts_for_exports")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    f"DROP INDEX CONCURRENTLY IF EXISTS {_INDEX}",
                    f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {_INDEX} ON curation_verdict (corpus_id)",
                )
            ],
            state_operations=[
                migrations.AlterField(
                    "verdict",
                    "corpus",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="verdicts",
                        to="curation.corpus",
                    ),
                )
            ],
        )
    ]
