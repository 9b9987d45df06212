"""What the first visitor of a web process would otherwise wait for: Dash, its scripts, and the active policies' masks."""

from __future__ import annotations

import gc
import logging
from importlib import import_module
from threading import Thread

from django.db import DatabaseError, connection
from django.urls import get_resolver

from curation.analytics.errors import NoSnapshot

_MOST_CORPORA = 3
_log = logging.getLogger("rushes.warm")


def warm_beside() -> Thread:
    """``warm`` in a thread of its own, so that the process answers at once."""
    thread = Thread(target=warm, name="warm", daemon=True)
    thread.start()
    return thread


def warm() -> None:
    """Load what dashboards need. What is not to be had now (a database that starts later) is loaded when asked for."""
    get_resolver().url_patterns  # noqa: B018 - the site's views
    from dashboards.bundles import bundles_read
    from dashboards.views import ALL

    for dashboard in ALL:
        _ = dashboard.app
    bundles_read()
    import_module("scipy.stats")  # the first interval's: most of a second
    try:
        _read_policies()
    except DatabaseError as error:
        _log.info("no database to read active policies from yet: %s", error)
    finally:
        connection.close()
    # All this stays as long as the process: Python's collector need not go over it again with every large answer.
    gc.collect()
    gc.freeze()


def _read_policies() -> None:
    """The masks of the newest active policies on the snapshots that there are; nothing is refreshed or built."""
    from curation.models import Corpus
    from curation.selectors.policies import policy_rules
    from curation.services.snapshot import snapshot_engine

    active = Corpus.objects.filter(active_policy__isnull=False).select_related("active_policy")
    for corpus in active.order_by("-active_policy_id")[:_MOST_CORPORA]:
        assert corpus.active_policy is not None
        try:
            snapshot_engine(corpus.pk, corpus.active_policy.origin).explorer(
                policy_rules(corpus.active_policy)
            )
        except NoSnapshot:
            continue
