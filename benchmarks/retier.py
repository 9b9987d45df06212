"""Decides every clip anew by one policy, in a process of its own, as a worker does: for `benchmarks.review`."""

from __future__ import annotations

import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "curation.config.settings")

import django

django.setup()

from curation.models import Policy  # noqa: E402
from curation.services.activation import (  # noqa: E402
    activation_cancel,
    activation_fill,
    activation_start,
    policy_activate,
)


def main(number: str, *options: str) -> None:
    """Activate the policy with this key; with ``--no-switch`` give up just before the switch."""
    policy = Policy.objects.get(pk=int(number))
    if "--no-switch" not in options:
        policy_activate(policy=policy)
        return
    activation_start(policy=policy)
    activation_fill(policy=policy)
    activation_cancel(policy=policy)


if __name__ == "__main__":
    main(*sys.argv[1:])
