"""Forms to sign in, to invite, and to take up an invitation."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError

from curation.config.addresses import client_address
from curation.models import Role
from curation.services.signin import TooManyAttempts, attempt_begin, attempt_succeed


class SignInForm(AuthenticationForm):
    """Name and password, looked at only while not too many have been wrong."""

    def clean(self) -> dict[str, Any]:
        name = self.cleaned_data.get("username") or ""
        if not name or not self.cleaned_data.get("password"):
            return self.cleaned_data
        address = client_address(self.request) if self.request is not None else None
        try:
            attempt = attempt_begin(account=name, address=address)
        except TooManyAttempts as error:
            raise ValidationError(str(error), code="too_many_attempts") from error
        cleaned = super().clean()
        attempt_succeed(attempt=attempt)
        return cleaned


class InviteForm(forms.Form):
    """For which role."""

    role = forms.ChoiceField(choices=Role.choices)


class InvitationForm(forms.Form):
    """One's own name, and a password twice."""

    username = forms.CharField(max_length=150, strip=True)
    password = forms.CharField(max_length=200, strip=False, widget=forms.PasswordInput)
    again = forms.CharField(max_length=200, strip=False, widget=forms.PasswordInput)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("password") != cleaned.get("again"):
            self.add_error("again", "The two passwords are not the same.")
        return cleaned
