"""Who signs in, and what they may do."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models


class Role(models.TextChoices):
    """One role a person; an admin may do what every other role may."""

    ANNOTATOR = "annotator", "annotator"
    CURATOR = "curator", "curator"
    AUDITOR = "auditor", "auditor"
    ADMIN = "admin", "admin"


class User(AbstractUser):
    """A login. Judgments never refer to it, only to a pseudonymous rater, so that it can be erased."""

    role = models.CharField(max_length=16, choices=Role.choices, default=Role.ANNOTATOR)

    def has_role(self, *roles: str) -> bool:
        """True if the user holds one of ``roles`` or is an admin."""
        return self.is_active and (self.role == Role.ADMIN or self.role in roles)
