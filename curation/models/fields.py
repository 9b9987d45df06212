"""Field types that say what a number may be."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models


class RealField(models.FloatField):
    """A nullable-by-choice ``real`` (float32). NaN and the infinities are refused by the database."""

    def db_type(self, connection: Any) -> str:
        return "real"

    def deconstruct(self) -> Any:
        # Words for people come from the metric catalogue; rewording one is no change of the database.
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("help_text", None)
        kwargs.pop("verbose_name", None)
        return name, path, args, kwargs

    def db_check(self, connection: Any) -> str:
        # PostgreSQL orders NaN above infinity, so two comparisons refuse all three.
        name = connection.ops.quote_name(self.column)
        return f"{name} > '-Infinity'::real AND {name} < 'Infinity'::real"


class SecondsField(models.FloatField):
    """Seconds of presentation time as double precision; NaN and the infinities are refused."""

    def db_check(self, connection: Any) -> str:
        name = connection.ops.quote_name(self.column)
        return f"{name} > '-Infinity'::float8 AND {name} < 'Infinity'::float8"


def by_whom() -> models.ForeignKey[Any, Any]:
    """Who did what an append-only row tells of. The row outlives the login, so the database does not tie the two."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
    )
