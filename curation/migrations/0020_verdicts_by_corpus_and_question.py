"""A verdict's corpus is found by the index over corpus and question; the one over the corpus alone goes."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

from curation.migrationsteps import StopIndexingBesideWork


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("curation", "0019_cuts_for_exports")]
    operations = [
        StopIndexingBesideWork(
            "verdict",
            "corpus",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="verdicts",
                to="curation.corpus",
            ),
            "curation_verdict_corpus_id_6b2eee9f",
        )
    ]
