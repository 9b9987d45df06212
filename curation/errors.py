"""What a service refuses, as typed errors: a stable code to act on and a sentence for people."""

from __future__ import annotations


class RushesError(Exception):
    """A request that cannot be carried out. ``code`` is stable; the text says what, where and what to do."""

    code = "refused"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class NotFound(RushesError):
    """What was named does not exist."""

    code = "not_found"


class Gone(NotFound):
    """What was named was withdrawn, and stays so."""

    code = "gone"


class Cancelled(RushesError):
    """Somebody cancelled the work while it was being done."""

    code = "cancelled"


class StaleLease(RushesError):
    """The lease that this write belongs to has gone to somebody else."""

    code = "stale_lease"
