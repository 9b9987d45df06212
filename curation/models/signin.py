"""Signing in: attempts to hold against guessing, sessions to list and end, invitations to take up."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from .user import Role


class SignInAttempt(models.Model):
    """One attempt under one key; ``key`` is a keyed hash of account or address, so that neither is kept here."""

    key = models.CharField(max_length=64)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(fields=["key", "at"], name="signin_key_at"),
            models.Index(fields=["at"], name="signin_at"),
        ]


class UserSession(models.Model):
    """Where a login is signed in: what its owner sees of each session, and ends it by. Erasable."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sessions")
    session_key = models.CharField(max_length=40, unique=True)
    address = models.GenericIPAddressField(null=True)
    browser = models.CharField(max_length=200, blank=True)
    began_at = models.DateTimeField(auto_now_add=True)


class Invitation(models.Model):
    """A one-time link by which somebody makes their own login with the role given. Only its hash is kept."""

    token_sha256 = models.CharField(max_length=64, unique=True)
    role = models.CharField(max_length=16, choices=Role.choices)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    used_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
