"""Who signs in by a password; the login of a session read by one prepared statement."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.contrib.auth.backends import ModelBackend

PASSWORDS = "curation.config.accounts.Passwords"


class Passwords(ModelBackend):
    """Django's own, but for how the user of each request is read."""

    def get_user(self, user_id: Any) -> Any:
        from curation.models import User  # models are loaded after the settings, which name this class
        from curation.prepared import objects_of

        for user in objects_of(User, _statement(User), [user_id]):
            return user if self.user_can_authenticate(user) else None
        return None


@cache
def _statement(model: Any) -> str:
    columns = ", ".join(field.column for field in model._meta.concrete_fields)
    return f"SELECT {columns} FROM {model._meta.db_table} WHERE id = %s"
