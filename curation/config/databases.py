"""Two roles on one database: `default` is the application, `owner` owns the tables and migrates them."""

from __future__ import annotations

from typing import Any


class OwnerMigrates:
    """Every read and write goes to the application's role; only the owner changes the schema."""

    def db_for_read(self, model: type[Any], **hints: Any) -> str:
        return "default"

    def db_for_write(self, model: type[Any], **hints: Any) -> str:
        return "default"

    def allow_relation(self, first: Any, second: Any, **hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == "owner"
