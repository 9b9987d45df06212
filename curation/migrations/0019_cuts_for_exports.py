"""A clip's region cut out of its source is a rendition too, and says how it was made."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("curation", "0018_indexes_that_others_cover")]

    operations = [
        migrations.AlterField(
            model_name="rendition",
            name="kind",
            field=models.CharField(
                choices=[
                    ("preview", "preview"),
                    ("original", "original quality"),
                    ("poster", "poster"),
                    ("waveform", "waveform"),
                    ("cut", "cut for exports"),
                ],
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="rendition",
            name="made",
            field=models.JSONField(
                help_text="Of a cut: how picture and sound were made (copied or encoded), and how many pictures.",
                null=True,
            ),
        ),
    ]
