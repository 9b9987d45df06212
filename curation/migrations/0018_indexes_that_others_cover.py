"""Indexes of references go where another index begins with the same column, or where nobody asks by it.

Each made every clip dearer to write and to keep, and gave the planner a second way to find few rows among millions:
asked for a person by corpus and name, it could read the whole corpus.
"""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

from curation.migrationsteps import StopIndexingBesideWork


def _reference(to: str, related_name: str, *, null: bool = False) -> models.ForeignKey:
    return models.ForeignKey(
        db_index=False,
        null=null,
        on_delete=django.db.models.deletion.PROTECT,
        related_name=related_name,
        to=f"curation.{to}",
    )


_REFERENCES = (
    ("clip", "corpus", _reference("corpus", "clips"), "916535c7"),
    ("clip", "source", _reference("source", "clips"), "00d11fe0"),
    ("clip", "recipe", _reference("recipe", "clips"), "f805aa67"),
    ("dialoguepair", "corpus", _reference("corpus", "pairs"), "d5883538"),
    ("dialoguepair", "initiator", _reference("clip", "pairs_begun"), "47c06a98"),
    ("source", "corpus", _reference("corpus", "sources"), "eb458f62"),
    ("person", "corpus", _reference("corpus", "persons"), "a7afffba"),
    ("track", "source", _reference("source", "tracks"), "29379c3e"),
    ("turn", "source", _reference("source", "turns"), "f3c47894"),
    ("scorecard", "clip", _reference("clip", "scorecards"), "d53dbb3d"),
    ("scorecard", "provenance", _reference("provenance", "+", null=True), "56987681"),
    ("pairscorecard", "pair", _reference("dialoguepair", "scorecards"), "fcb2cb8d"),
    ("pairscorecard", "provenance", _reference("provenance", "+", null=True), "53722009"),
)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("curation", "0017_persons_that_people_compared")]
    operations = [
        StopIndexingBesideWork(model, name, field, f"curation_{model}_{name}_id_{digest}")
        for model, name, field, digest in _REFERENCES
    ]
