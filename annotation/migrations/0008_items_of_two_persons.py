import django.db.models.deletion
from django.db import migrations, models

from curation.migrationsteps import AddFieldBesideWork

_SUBJECT = "(clip_id IS NOT NULL)::int + (pair_id IS NOT NULL)::int + (persons_id IS NOT NULL)::int = 1"
_ONE = models.Q(clip__isnull=False, pair__isnull=True, persons__isnull=True)
_TWO = models.Q(clip__isnull=True, pair__isnull=False, persons__isnull=True)
_THREE = models.Q(clip__isnull=True, pair__isnull=True, persons__isnull=False)
_NAME = "item_is_a_clip_a_pair_or_two_persons"


class Migration(migrations.Migration):
    """An identity queue asks about two persons."""

    atomic = False

    dependencies = [
        ("annotation", "0007_slots_are_vacuumed_early"),
        ("curation", "0017_persons_that_people_compared"),
    ]

    operations = [
        AddFieldBesideWork(
            model_name="drawitem",
            name="persons",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="curation.personpair",
            ),
        ),
        AddFieldBesideWork(
            model_name="item",
            name="persons",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="queue_items",
                to="curation.personpair",
            ),
        ),
        # The new check stands before the old one goes; each statement can be run again.
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    [
                        f"ALTER TABLE annotation_item DROP CONSTRAINT IF EXISTS {_NAME}",
                        f"ALTER TABLE annotation_item ADD CONSTRAINT {_NAME} CHECK ({_SUBJECT}) NOT VALID",
                        f"ALTER TABLE annotation_item VALIDATE CONSTRAINT {_NAME}",
                        "ALTER TABLE annotation_item DROP CONSTRAINT IF EXISTS item_is_a_clip_or_a_pair",
                    ],
                    migrations.RunSQL.noop,
                )
            ],
            state_operations=[
                migrations.RemoveConstraint("item", "item_is_a_clip_or_a_pair"),
                migrations.AddConstraint(
                    "item", models.CheckConstraint(condition=_ONE | _TWO | _THREE, name=_NAME)
                ),
            ],
        ),
    ]
