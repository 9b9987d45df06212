"""The index of a list's members by list alone goes: their key begins with it.

An export asks for a range of positions. While a list is fresh the planner takes both indexes for as good, and walked all
of the list for each range.
"""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

from curation.migrationsteps import StopIndexingBesideWork


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("curation", "0020_verdicts_by_corpus_and_question")]
    operations = [
        StopIndexingBesideWork(
            "subsetclip",
            "subset",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="members",
                to="curation.subset",
            ),
            "curation_subsetclip_subset_id_d35d3f2f",
        )
    ]
