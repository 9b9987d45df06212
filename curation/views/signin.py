"""Signing in, and taking up an invitation."""

from __future__ import annotations

from django.contrib.auth import login
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render

from curation.config.accounts import PASSWORDS
from curation.forms_signin import InvitationForm, SignInForm
from curation.services.invitations import InvitationGone, invitation_find, invitation_take
from curation.services.users import BadLogin


class SignIn(LoginView):
    """The form; 429 while an account or an address has failed too often."""

    form_class = SignInForm
    redirect_authenticated_user = True

    def form_invalid(self, form: SignInForm) -> HttpResponse:  # type: ignore[override]
        response = super().form_invalid(form)
        if form.has_error("__all__", "too_many_attempts"):
            response.status_code = 429
        return response


def invitation(request: HttpRequest, token: str) -> HttpResponseBase:
    """Choose a name and a password; the link then works no more."""
    try:
        found = invitation_find(token=token)
    except InvitationGone as gone:
        return render(request, "registration/invitation_gone.html", {"sentence": str(gone)}, status=410)
    form = InvitationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = invitation_take(
                token=token, username=form.cleaned_data["username"], password=form.cleaned_data["password"]
            )
        except BadLogin as error:
            form.add_error(None, str(error))
        except InvitationGone as gone:
            return render(request, "registration/invitation_gone.html", {"sentence": str(gone)}, status=410)
        else:
            login(request, user, backend=PASSWORDS)
            return redirect("home")
    response = render(
        request, "registration/invitation.html", {"form": form, "role": found.get_role_display()}
    )
    # The address holds the token: it must not travel on.
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response
