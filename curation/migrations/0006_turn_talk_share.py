import curation.models.fields
from django.db import migrations

from curation.migrationsteps import AddFieldBesideWork


class Migration(migrations.Migration):
    """How much of a turn its speaker is seen talking."""

    atomic = False

    dependencies = [
        ('curation', '0005_corpus_recipes'),
    ]

    operations = [
        AddFieldBesideWork(
            model_name='turn',
            name='talk_share',
            field=curation.models.fields.RealField(null=True),
        ),
    ]
