import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from curation.migrationsteps import AddFieldBesideWork, AddIndexBesideWork, AddUniqueBesideWork


class Migration(migrations.Migration):
    """Slots know their judgment; nobody counts twice; disputes know where they came from."""

    atomic = False

    dependencies = [
        ("annotation", "0002_initial"),
        ("curation", "0003_scoring_target_scorers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddFieldBesideWork(
            model_name="item",
            name="context",
            field=models.JSONField(default=dict),
        ),
        AddFieldBesideWork(
            model_name="item",
            name="origin",
            field=models.ForeignKey(
                help_text="The disputed item that this one settles.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="adjudicated_in",
                to="annotation.item",
            ),
        ),
        AddFieldBesideWork(
            model_name="item",
            name="question",
            field=models.CharField(blank=True, max_length=60),
        ),
        AddFieldBesideWork(
            model_name="queue",
            name="origin",
            field=models.ForeignKey(
                help_text="The queue whose disputes this one settles.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="adjudications",
                to="annotation.queue",
            ),
        ),
        AddFieldBesideWork(
            model_name="slot",
            name="done_at",
            field=models.DateTimeField(null=True),
        ),
        AddFieldBesideWork(
            model_name="slot",
            name="judgment",
            field=models.OneToOneField(
                help_text="The counted judgment that fills this place, the latest of its chain.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="slot",
                to="annotation.judgment",
            ),
        ),
        AddIndexBesideWork(
            model_name="slot",
            index=models.Index(fields=["queue", "state"], name="slot_queue_state"),
        ),
        AddUniqueBesideWork(
            model_name="item",
            constraint=models.UniqueConstraint(fields=("origin",), name="a_dispute_is_settled_once"),
        ),
        AddUniqueBesideWork(
            model_name="judgment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("counted", True), ("supersedes__isnull", True)),
                fields=("item", "rater"),
                name="counted_once_an_item_and_rater",
            ),
        ),
        AddUniqueBesideWork(
            model_name="queue",
            constraint=models.UniqueConstraint(fields=("corpus", "name"), name="queue_name_once_a_corpus"),
        ),
        AddUniqueBesideWork(
            model_name="queue",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "adjudication")),
                fields=("origin",),
                name="one_adjudication_a_queue",
            ),
        ),
    ]
