"""Lists that are long to freeze are asked for as jobs."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("curation", "0023_clips_that_were_withdrawn")]
    operations = [
        migrations.CreateModel(
            name="FreezeJob",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120)),
                ("asked", models.JSONField(help_text="tiers, validated_only and filter, as ``subset_freeze`` takes them; split, where one is asked for.")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("leased", "leased"),
                            ("done", "done"),
                            ("failed", "failed"),
                            ("cancelled", "cancelled"),
                        ],
                        default="waiting",
                        max_length=12,
                    ),
                ),
                ("token", models.UUIDField(null=True)),
                ("leased_until", models.DateTimeField(null=True)),
                ("attempts", models.SmallIntegerField(default=0)),
                ("done", models.BigIntegerField(default=0, help_text="Clips of the corpus looked at so far.")),
                ("total", models.BigIntegerField(default=0, help_text="Clips of the corpus, counted by who does it.")),
                ("error", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "corpus",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="freeze_jobs", to="curation.corpus"
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
    ]
