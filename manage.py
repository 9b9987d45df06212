#!/usr/bin/env python
"""Rushes on the command line: `python manage.py help` lists every command."""

from __future__ import annotations

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "curation.config.settings")
    try:
        from curation.config.commandline import execute
    except ImportError as error:
        raise SystemExit(
            f"Rushes is not installed in this Python ({error}).\n"
            "Run `make install` and use .venv/bin/python, or activate the virtual environment."
        ) from error
    execute(sys.argv)


if __name__ == "__main__":
    main()
