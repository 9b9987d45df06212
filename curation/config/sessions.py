"""Django's sessions in the database, read by one prepared statement: every request of the review room begins with it."""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends import db
from django.utils import timezone

_LIVE = """
SELECT session_key, session_data, expire_date FROM django_session WHERE session_key = %s AND expire_date > %s
"""


class SessionStore(db.SessionStore):
    """As Django's own; ``SESSION_ENGINE`` names this module."""

    def _get_session_from_db(self) -> Any:
        from curation.prepared import objects_of  # needs the settings, which name this module

        key = self.session_key
        # PostgreSQL has no text with a NUL in it: no session can have such a key.
        for found in objects_of(self.model, _LIVE, [key, timezone.now()]) if key and "\0" not in key else ():
            return found
        self._session_key = None
        return None
