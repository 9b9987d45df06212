"""Who signs in by a password; the login of a session read by one prepared statement."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend

PASSWORDS = "curation.config.accounts.Passwords"


class Passwords(ModelBackend):
    """Django's own, but for how the user of each request is read."""

    def get_user(self, user_id: Any) -> Any:
        from curation.models import User  # models are loaded after the settings, which name this class
        from curation.prepared import columns_of, objects_of

        statement = f"SELECT {columns_of(User, 'u')} FROM curation_user u WHERE u.id = %s"
        for user in objects_of(User, statement, [user_id]):
            return user if self.user_can_authenticate(user) else None
        return None
