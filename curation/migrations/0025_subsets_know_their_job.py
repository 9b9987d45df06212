"""A list that a worker froze points to its job, once: a job that is done twice over gives one list."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

from curation.migrationsteps import AddFieldBesideWork


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("curation", "0024_lists_that_workers_freeze")]
    operations = [
        AddFieldBesideWork(
            "subset",
            "job",
            models.OneToOneField(
                help_text="Which job froze it; NULL: it was short, and frozen at once.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="subset",
                to="curation.freezejob",
            ),
        )
    ]
