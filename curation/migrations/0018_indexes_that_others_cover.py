"""Indexes of references go where another index begins with the same column, or where nobody asks by it.

Each made every clip dearer to write and to keep, and gave the planner a second way to find few rows among millions:
asked for a person by corpus and name, it could read the whole corpus.
"""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

NAMES = (
    ("curation_clip", "corpus_id", "916535c7"),
    ("curation_clip", "source_id", "00d11fe0"),
    ("curation_clip", "recipe_id", "f805aa67"),
    ("curation_dialoguepair", "corpus_id", "d5883538"),
    ("curation_dialoguepair", "initiator_id", "47c06a98"),
    ("curation_source", "corpus_id", "eb458f62"),
    ("curation_person", "corpus_id", "a7afffba"),
    ("curation_track", "source_id", "29379c3e"),
    ("curation_turn", "source_id", "f3c47894"),
    ("curation_scorecard", "clip_id", "d53dbb3d"),
    ("curation_scorecard", "provenance_id", "56987681"),
    ("curation_pairscorecard", "pair_id", "fcb2cb8d"),
    ("curation_pairscorecard", "provenance_id", "53722009"),
)


def _reference(to: str, related_name: str, *, null: bool = False) -> models.ForeignKey:
    return models.ForeignKey(
        db_index=False,
        null=null,
        on_delete=django.db.models.deletion.PROTECT,
        related_name=related_name,
        to=f"curation.{to}",
    )


class Migration(migrations.Migration):
    """Drops them beside others' work."""

    atomic = False
    dependencies = [("curation", "0017_persons_that_people_compared")]
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
                    ("clip", "corpus", _reference("corpus", "clips")),
                    ("clip", "source", _reference("source", "clips")),
                    ("clip", "recipe", _reference("recipe", "clips")),
                    ("dialoguepair", "corpus", _reference("corpus", "pairs")),
                    ("dialoguepair", "initiator", _reference("clip", "pairs_begun")),
                    ("source", "corpus", _reference("corpus", "sources")),
                    ("person", "corpus", _reference("corpus", "persons")),
                    ("track", "source", _reference("source", "tracks")),
                    ("turn", "source", _reference("source", "turns")),
                    ("scorecard", "clip", _reference("clip", "scorecards")),
                    ("scorecard", "provenance", _reference("provenance", "+", null=True)),
                    ("pairscorecard", "pair", _reference("dialoguepair", "scorecards")),
                    ("pairscorecard", "provenance", _reference("provenance", "+", null=True)),
                )
            ],
        )
    ]
