"""The index of a list's members by list alone goes: their key begins with it.

An export asks for a range of positions. While a list is fresh the planner takes both indexes for as good, and walked all
of the list for each range.
"""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

NAME = "curation_subsetclip_subset_id_d35d3f2f"


class Migration(migrations.Migration):
    """Drops it beside others' work."""

    atomic = False
    dependencies = [("curation", "0020_verdicts_by_corpus_and_question")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    f"DROP INDEX CONCURRENTLY IF EXISTS {NAME}",
                    f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {NAME} ON curation_subsetclip (subset_id)",
                )
            ],
            state_operations=[
                migrations.AlterField(
                    "subsetclip",
                    "subset",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="members",
                        to="curation.subset",
                    ),
                )
            ],
        )
    ]
