"""Every address of the site; each app's own list by string only."""

from __future__ import annotations

from importlib.util import find_spec

from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, URLResolver, include, path

from curation.api.site import api
from curation.views import account, audit, corpora, health, people, signin, tokens

urlpatterns: list[URLPattern | URLResolver] = [
    path("", corpora.corpus_list, name="home"),
    path("login/", signin.SignIn.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("account/", account.account, name="account"),
    path("account/sessions/<int:pk>/end/", account.account_session_end, name="account-session-end"),
    path("invitations/<str:token>/", signin.invitation, name="invitation"),
    path("people/", people.people, name="people"),
    path("people/<int:pk>/active/", people.person_active, name="person-active"),
    path("people/invitations/<int:pk>/revoke/", people.invitation_revoke_view, name="invitation-revoke"),
    path("audit/", audit.audit_log, name="audit"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("account/tokens/", tokens.tokens, name="tokens"),
    path("account/tokens/<int:pk>/revoke/", tokens.token_revoke_view, name="token-revoke"),
    path("api/v1/openapi.json", tokens.openapi, name="openapi"),
    path("api/v1/", api.urls),
    path("", include("curation.urls")),
]
for _app in ("annotation", "dashboards"):
    if find_spec(f"{_app}.urls"):
        urlpatterns.append(path("", include(f"{_app}.urls")))

handler403 = "curation.views.errors.forbidden"
