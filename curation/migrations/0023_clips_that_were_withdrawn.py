"""Withdrawn clips are few and asked for at every download: an index of them alone, else each download reads all clips."""

from __future__ import annotations

from django.db import migrations, models

from curation.migrationsteps import AddIndexBesideWork


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("curation", "0022_tracks_that_people_took_off")]
    operations = [
        AddIndexBesideWork(
            "clip",
            models.Index(
                fields=["corpus", "id"],
                condition=models.Q(withdrawn_at__isnull=False),
                name="clip_withdrawn",
            ),
        )
    ]
