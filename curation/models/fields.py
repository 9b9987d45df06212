"""Field types that say what a number may be."""

from __future__ import annotations

from typing import Any

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
