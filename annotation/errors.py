"""What review refuses, each with a stable code for the page's scripts."""

from __future__ import annotations

from curation.errors import RushesError


class BadAnswer(RushesError):
    """An answer, a reason or a question that the rubric does not have."""

    code = "bad_answer"


class BadPlan(RushesError):
    """A queue or a draw that cannot be made as asked."""

    code = "bad_plan"


class NotYours(RushesError):
    """The slot, judgment or id belongs to another rater."""

    code = "not_yours"


class NotClaimable(RushesError):
    """This rater may not claim from this queue."""

    code = "not_claimable"


class AlreadyReplaced(RushesError):
    """The judgment was superseded before; only the latest can be corrected or taken back."""

    code = "already_replaced"


class QueueIsClosed(RushesError):
    """The queue is closed: nothing can be changed in it any more."""

    code = "queue_closed"


class CannotCertify(RushesError):
    """An audit or a subset that carries no certificate; the sentence says why and what would."""

    code = "cannot_certify"
