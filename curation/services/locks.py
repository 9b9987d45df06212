"""Advisory locks that outlive no transaction, one purpose each."""

from __future__ import annotations

from django.db import connection

from curation.prepared import rows_of

_POLICIES = 0x50_4F_4C  # numbering and resolving a corpus's policies
_PROPOSALS = 0x50_52_4F  # which policies of a corpus are being written to
_WITHDRAWAL = 0x57_44_52  # what has left a corpus
_RECIPES = 0x52_45_43  # which recipes a corpus is cut by


def corpus_policy_lock(corpus_id: int) -> None:
    """Let nobody else number or resolve policies of this corpus until the transaction ends."""
    _take("pg_advisory_xact_lock", _POLICIES, corpus_id)


def proposals_write_lock(corpus_id: int) -> None:
    """Hold the corpus's set of live policies still while proposals are written; many may hold it at once."""
    _take("pg_advisory_xact_lock_shared", _PROPOSALS, corpus_id)


def proposals_switch_lock(corpus_id: int) -> None:
    """Wait until no transaction is writing proposals of the corpus, and keep others waiting: to be held briefly."""
    _take("pg_advisory_xact_lock", _PROPOSALS, corpus_id)


def withdrawal_lock(corpus_id: int) -> None:
    """Withdraw alone: wait until nobody is publishing what might hold it."""
    _take("pg_advisory_xact_lock", _WITHDRAWAL, corpus_id)


def no_withdrawal_lock(corpus_id: int) -> None:
    """Hold still what has left the corpus while something is published; many may hold it at once."""
    _take("pg_advisory_xact_lock_shared", _WITHDRAWAL, corpus_id)


def recipes_switch_lock(corpus_id: int) -> None:
    """Change a corpus's recipes alone: wait until nobody is deriving clips by them."""
    _take("pg_advisory_xact_lock", _RECIPES, corpus_id)


def recipes_read_lock(corpus_id: int) -> None:
    """Hold the corpus's recipes still while clips are derived by them; many may hold it at once."""
    _take("pg_advisory_xact_lock_shared", _RECIPES, corpus_id)


def named_lock(name: str) -> None:
    """Let nobody else go on under this name until the transaction ends. Names of different purposes begin differently."""
    rows_of("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def _take(function: str, purpose: int, corpus_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, %s)", [purpose, corpus_id])
