"""Runs a management command, starting the embedded database first where a command needs it.

The database stays up for as long as any process of this checkout uses it, and stops with the last of them.
"""

from __future__ import annotations

import os
import sys
from contextlib import redirect_stderr, redirect_stdout

from django.conf import settings
from django.core.management import execute_from_command_line

from curation.config.commandfaults import explained
from curation.config.env import EnvironmentProblem
from curation.embedded.errors import EmbeddedError
from curation.embedded.postgres import lease
from curation.terminal import Terminal, shown

# These talk to no database, or (up, demo) bring it up themselves and say what they do.
_WITHOUT_DATABASE = frozenset(
    {
        "",
        "up",
        "demo",
        "help",
        "version",
        "--help",
        "-h",
        "--version",
        "makemessages",
        "compilemessages",
        "collectstatic",
        "startapp",
        "diffsettings",
        "weights",
    }
)


def needs_database(argv: list[str]) -> bool:
    command = argv[1] if len(argv) > 1 else ""
    return command not in _WITHOUT_DATABASE and not {"--help", "-h"} & set(argv[2:])


def execute(argv: list[str]) -> None:
    # help and version work whatever the environment says
    if argv[1:2] in ([], ["help"], ["version"], ["--help"], ["--version"]):
        execute_from_command_line(argv)
        return
    if argv[1] == "demo":
        os.environ.setdefault("RUSHES_MODE", "demo")
    try:
        home = settings.EMBEDDED_POSTGRES
    except EnvironmentProblem as problem:
        raise SystemExit(str(problem)) from problem
    if home is None or not needs_database(argv):
        _run(argv)
        return
    try:
        database = lease(home)
    except EmbeddedError as error:
        raise SystemExit(f"The embedded database did not start. {error}") from error
    with database:
        _run(argv)


def _run(argv: list[str]) -> None:
    """The command; what stops it is told in a sentence, or with `--traceback` in full."""
    # Commands print names of files and people: whatever those hold, the terminal shows it and does not do it.
    out, errors = (Terminal(stream) for stream in (sys.stdout, sys.stderr))
    try:
        with redirect_stdout(out), redirect_stderr(errors):
            execute_from_command_line(argv)
    except (Exception, KeyboardInterrupt) as error:
        sentence = None if "--traceback" in argv else explained(error)
        if sentence is None:
            raise
        raise SystemExit(shown(sentence) or 1) from None
