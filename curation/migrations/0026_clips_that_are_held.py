"""Held clips are few: an index of them alone, else whoever asks for them has all clips of a corpus read."""

from __future__ import annotations

from django.db import migrations, models

from curation.migrationsteps import AddIndexBesideWork


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("curation", "0025_subsets_know_their_job")]
    operations = [
        AddIndexBesideWork(
            "clip",
            models.Index(
                fields=["corpus", "id"],
                condition=models.Q(held_at__isnull=False),
                name="clip_held",
            ),
        )
    ]
