"""Signing in: guessing is slowed by account and address, sessions can be seen and ended, links work once."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from curation.models import AuditEvent, Invitation, SignInAttempt, User, UserSession
from curation.services.invitations import InvitationGone, invitation_make, invitation_take
from curation.services.signin import LIMITS, TooManyAttempts, attempt_begin
from curation.services.users import BadLogin
from tests import factories

pytestmark = pytest.mark.django_db


def sign_in(client: Client, name: str, password: str = factories.PASSWORD, address: str = "203.0.113.7"):
    return client.post("/login/", {"username": name, "password": password}, REMOTE_ADDR=address)


def test_a_guesser_is_stopped_even_with_the_right_password_and_others_are_not() -> None:
    user = factories.user("curator")
    for _ in range(LIMITS["pair"]):
        assert sign_in(Client(), user.username, "wrong").status_code == 200
    refused = sign_in(Client(), user.username)
    assert refused.status_code == 429 and b"Too many attempts" in refused.content
    # The owner, elsewhere, still gets in, and with that the slate of the account is clean.
    assert sign_in(Client(), user.username, address="198.51.100.9").status_code == 302
    # Names that mean the same login are one account.
    other = factories.user("curator")
    for spelling in (other.username, other.username.upper(), f" {other.username}") * 2:
        sign_in(Client(), spelling, "wrong")
    assert sign_in(Client(), other.username).status_code == 429


def test_guesses_from_many_addresses_at_one_account_are_stopped_too() -> None:
    user = factories.user("curator")
    for number in range(LIMITS["account"]):
        sign_in(Client(), user.username, "wrong", address=f"203.0.113.{number}")
    assert sign_in(Client(), user.username, address="198.51.100.9").status_code == 429


def test_guesses_from_one_address_at_many_accounts_are_stopped_too() -> None:
    for number in range(LIMITS["address"]):
        attempt_begin(account=f"somebody-{number}", address="203.0.113.7")
    with pytest.raises(TooManyAttempts):
        attempt_begin(account="somebody-else", address="203.0.113.7")
    attempt_begin(account="somebody-else", address="203.0.113.8")


def test_after_the_window_it_is_open_again_and_waiting_is_said() -> None:
    for _ in range(LIMITS["pair"]):
        attempt_begin(account="ada", address="203.0.113.7")
    with pytest.raises(TooManyAttempts) as refused:
        attempt_begin(account="ada", address="203.0.113.7")
    assert 0 < refused.value.wait_s <= 15 * 60
    SignInAttempt.objects.update(at=timezone.now() - timedelta(minutes=16))
    attempt_begin(account="ada", address="203.0.113.7")


@pytest.mark.django_db(transaction=True)
def test_many_guesses_at_once_are_no_way_around() -> None:
    passed: list[int] = []
    start = threading.Barrier(12)

    def guess(number: int) -> None:
        start.wait()
        try:
            attempt_begin(account="ada", address="203.0.113.7")
            passed.append(number)
        except TooManyAttempts:
            pass
        finally:
            connections.close_all()

    threads = [threading.Thread(target=guess, args=[number]) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(passed) <= LIMITS["pair"]


def test_no_name_and_no_address_is_kept_of_an_attempt() -> None:
    sign_in(Client(), "lovelace", "wrong")
    kept = str(list(SignInAttempt.objects.values()))
    assert "lovelace" not in kept and "203.0.113.7" not in kept
    event = AuditEvent.objects.get(action="session.refuse")
    assert "lovelace" not in str(event.detail) and event.object_id == ""


def test_a_forged_forwarding_header_is_no_other_address(settings: object) -> None:
    user = factories.user("curator")
    for number in range(LIMITS["pair"]):
        Client(headers={"x-forwarded-for": f"198.51.100.{number}"}).post(
            "/login/", {"username": user.username, "password": "wrong"}
        )
    assert sign_in(Client(), user.username, address="127.0.0.1").status_code == 429
    settings.BEHIND_PROXY = True  # type: ignore[attr-defined]
    fresh = factories.user("curator")
    for number in range(LIMITS["pair"]):
        Client(headers={"x-forwarded-for": f"198.51.100.{number}, 192.0.2.1"}).post(
            "/login/", {"username": fresh.username, "password": "wrong"}
        )
    response = Client(headers={"x-forwarded-for": "192.0.2.1"}).post(
        "/login/", {"username": fresh.username, "password": factories.PASSWORD}
    )
    assert response.status_code == 429, "only what the proxy itself wrote counts"


def test_sessions_are_listed_and_each_can_be_ended_by_its_owner_alone() -> None:
    user, other = factories.user("curator"), factories.user("curator")
    here, there, stranger = Client(), Client(headers={"user-agent": "<b>Old</b> browser"}), Client()
    sign_in(here, user.username)
    sign_in(there, user.username, address="198.51.100.9")
    sign_in(stranger, other.username)
    page = here.get("/account/").content.decode()
    assert "198.51.100.9" in page and "&lt;b&gt;Old" in page and "<b>Old" not in page and "this one" in page
    elsewhere = UserSession.objects.get(user=user, address="198.51.100.9")
    stranger.post(f"/account/sessions/{elsewhere.pk}/end/")
    assert there.get("/account/").status_code == 200
    here.post(f"/account/sessions/{elsewhere.pk}/end/")
    assert there.get("/account/").status_code == 302
    assert here.get("/account/").status_code == 200


def test_a_new_password_ends_every_other_session() -> None:
    user = factories.user("curator")
    here, there = Client(), Client()
    sign_in(here, user.username)
    sign_in(there, user.username)
    new = "a-quite-different-password-9"
    here.post("/account/", {"old_password": factories.PASSWORD, "new_password1": new, "new_password2": new})
    assert there.get("/account/").status_code == 302
    assert here.get("/account/").status_code == 200
    assert UserSession.objects.filter(user=user).count() == 1


def test_a_closed_login_is_out_at_once() -> None:
    admin, user = factories.user("admin"), factories.user("curator")
    theirs, ours = Client(), Client()
    sign_in(theirs, user.username)
    ours.force_login(admin)
    ours.post(f"/people/{user.pk}/active/", {"active": "no"})
    assert theirs.get("/account/").status_code == 302
    assert sign_in(Client(), user.username).status_code == 200
    ours.post(f"/people/{admin.pk}/active/", {"active": "no"})
    assert User.objects.get(pk=admin.pk).is_active, "nobody closes themselves out"


def test_an_invitation_makes_one_login_of_the_role_that_was_chosen() -> None:
    admin = Client()
    admin.force_login(factories.user("admin"))
    page = admin.post("/people/", {"role": "auditor"}).content.decode()
    token = page.split("/invitations/")[1].split("/")[0]
    assert token not in str(list(Invitation.objects.values())), "the link itself is kept nowhere"
    assert token not in admin.get("/people/").content.decode(), "and shown once"
    guest = Client()
    form = {
        "username": "grace",
        "password": "correct-horse-battery",
        "again": "correct-horse-battery",
        "role": "admin",
    }
    shown = guest.get(f"/invitations/{token}/")
    assert shown.headers["Referrer-Policy"] == "no-referrer"
    assert guest.post(f"/invitations/{token}/", {**form, "again": "another"}).status_code == 200
    assert (
        guest.post(f"/invitations/{token}/", {**form, "password": "short", "again": "short"}).status_code
        == 200
    )
    assert guest.post(f"/invitations/{token}/", form).status_code == 302
    made = User.objects.get(username="grace")
    assert made.role == "auditor" and not made.is_staff and guest.get("/account/").status_code == 200
    assert Client().get(f"/invitations/{token}/").status_code == 410
    assert Client().post(f"/invitations/{token}/", {**form, "username": "second"}).status_code == 410


def test_an_invitation_ends_by_time_and_by_being_taken_back() -> None:
    made, token = invitation_make(role="curator")
    Invitation.objects.filter(pk=made.pk).update(expires_at=timezone.now())
    with pytest.raises(InvitationGone):
        invitation_take(token=token, username="ada", password="correct-horse-battery")
    made, token = invitation_make(role="curator")
    admin = Client()
    admin.force_login(factories.user("admin"))
    admin.post(f"/people/invitations/{made.pk}/revoke/")
    with pytest.raises(InvitationGone):
        invitation_take(token=token, username="ada", password="correct-horse-battery")
    with pytest.raises(BadLogin):
        invitation_make(role="owner")


@pytest.mark.django_db(transaction=True)
def test_two_guests_with_one_link_get_one_login() -> None:
    _, token = invitation_make(role="annotator")
    outcomes: list[str] = []
    start = threading.Barrier(2)

    def take(name: str) -> None:
        start.wait()
        try:
            invitation_take(token=token, username=name, password="correct-horse-battery")
            outcomes.append("made")
        except InvitationGone:
            outcomes.append("gone")
        finally:
            connection.close()

    threads = [threading.Thread(target=take, args=[name]) for name in ("ada", "grace")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (
        sorted(outcomes) == ["gone", "made"]
        and User.objects.filter(username__in=["ada", "grace"]).count() == 1
    )
