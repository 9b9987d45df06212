"""What can be wrong with what is asked of the dashboards."""

from __future__ import annotations


class NoSuchBundle(LookupError):
    """A script that no dashboard needs, or that is not there."""

    def __init__(self, package: str, inside: str) -> None:
        super().__init__(f"no script {inside!r} of {package!r} is served")
