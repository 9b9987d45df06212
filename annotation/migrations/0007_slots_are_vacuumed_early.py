"""Slots and scoring work change their state over and over: room on each page for the next version of a row, and a
vacuum after two in a hundred rows rather than twenty. Neither rewrites the table nor keeps anybody waiting."""

from __future__ import annotations

from django.db import migrations

_SETTINGS = (
    "fillfactor = 85, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500, "
    "autovacuum_analyze_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0"
)
_NAMES = (
    "fillfactor, autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold, "
    "autovacuum_analyze_scale_factor, autovacuum_vacuum_cost_delay"
)


class Migration(migrations.Migration):
    dependencies = [
        ("annotation", "0006_calibration_and_golds"),
        ("curation", "0003_scoring_target_scorers"),
    ]

    operations = [
        migrations.RunSQL(f"ALTER TABLE {table} SET ({_SETTINGS})", f"ALTER TABLE {table} RESET ({_NAMES})")
        for table in ("annotation_slot", "curation_scoringtarget")
    ]
