"""What can go wrong here, each with the mend in its message."""

from __future__ import annotations


class EmbeddedError(Exception):
    """An embedded service could not start or stop; the message says why and what to do."""


class ForeignFolder(EmbeddedError):
    """The data folder belongs to another user."""


class AlreadyRunning(EmbeddedError):
    """Another supervisor already serves this data folder."""
