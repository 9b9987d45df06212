"""`manage.py user`: list logins, make one, give one a new password."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from curation.models import Role, User
from curation.services.invitations import invitation_make
from curation.services.users import (
    BadLogin,
    password_random,
    user_active_set,
    user_create,
    user_password_set,
)


class Command(BaseCommand):
    help = (
        "List the logins, add one with a role, or give one a new random password. There is no open sign-up."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        commands = parser.add_subparsers(dest="what", required=True)
        commands.add_parser("list", help="every login and its role")
        add = commands.add_parser("add", help="make a login; its random password is printed once")
        add.add_argument("username")
        add.add_argument("--role", required=True, choices=Role.values)
        reset = commands.add_parser("password", help="give a login a new random password, printed once")
        reset.add_argument("username")
        invite = commands.add_parser(
            "invite", help="print a one-time link by which somebody makes their own login"
        )
        invite.add_argument("--role", required=True, choices=Role.values)
        invite.add_argument(
            "--site", default="", help="the site's address, such as https://rushes.example.org"
        )
        for word, text in (
            ("close", "end a login's sessions and refuse new ones"),
            ("open", "let it sign in again"),
        ):
            commands.add_parser(word, help=text).add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['what']}")(options)
        except BadLogin as error:
            raise CommandError(str(error)) from error

    def _list(self, options: dict[str, Any]) -> None:
        users = User.objects.order_by("username")
        for user in users:
            self.stdout.write(f"{user.username}  {user.role}{'' if user.is_active else '  (inactive)'}")
        if not users:
            self.stdout.write("Nobody has a login yet: `manage.py user add NAME --role admin` makes one.")

    def _add(self, options: dict[str, Any]) -> None:
        password = password_random()
        user = user_create(username=options["username"], role=options["role"], password=password)
        self.stdout.write(f"{user.username}, {user.role}: {password}")

    def _password(self, options: dict[str, Any]) -> None:
        password = password_random()
        user_password_set(username=options["username"], password=password)
        self.stdout.write(f"{options['username']}: {password}")

    def _invite(self, options: dict[str, Any]) -> None:
        if options["site"] and not options["site"].startswith(("http://", "https://")):
            raise CommandError(
                f"--site is an address such as https://rushes.example.org, not {options['site']!r}"
            )
        _, token = invitation_make(role=options["role"])
        self.stdout.write(f"{options['site'].rstrip('/')}{reverse('invitation', args=[token])}")

    def _close(self, options: dict[str, Any]) -> None:
        user = self._user(options)
        user_active_set(user=user, active=False)
        self.stdout.write(f"{user.username} is signed out everywhere and cannot sign in.")

    def _open(self, options: dict[str, Any]) -> None:
        user = self._user(options)
        user_active_set(user=user, active=True)
        self.stdout.write(f"{user.username} may sign in again.")

    def _user(self, options: dict[str, Any]) -> User:
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise BadLogin(f"there is no login called {options['username']!r}")
        return user
