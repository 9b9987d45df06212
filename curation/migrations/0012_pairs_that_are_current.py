import curation.models.fields
from django.db import migrations, models

from curation.migrationsteps import AddFieldBesideWork


class Migration(migrations.Migration):
    """Pairs that later turns no longer give, and how many turns lie between the two of a pair."""

    atomic = False

    dependencies = [
        ('curation', '0011_saved_filters'),
    ]

    operations = [
        AddFieldBesideWork(
            model_name='dialoguepair',
            name='is_current',
            field=models.BooleanField(db_default=True, default=True, help_text='False once the turns no longer give it.'),
        ),
        AddFieldBesideWork(
            model_name='pairscorecard',
            name='pair_turns_between',
            field=curation.models.fields.RealField(null=True),
        ),
    ]
