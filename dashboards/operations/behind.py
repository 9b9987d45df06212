"""The clips behind the numbers of the operations dashboard that count clips; the others count pieces of work."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from curation.models import Corpus
from dashboards.data.behind import Behind, NoSuchNumber
from dashboards.data.drift import DriftView, drift_of


def drift(corpus: str, asked: Mapping[str, str]) -> Behind:
    """The clips of one point of the watch: settled blind in a week, measured by one build."""
    found = drift_of(Corpus.objects.select_related("active_policy").get(slug=corpus))
    if not isinstance(found, DriftView):
        raise NoSuchNumber(found.reason)
    week, build = asked.get("week", ""), asked.get("build", "")
    here = [one for one in found.watched if (one.period, one.build) == (week, build)]
    if not here:
        raise NoSuchNumber("week, build")
    differ = sum(one.differs for one in here)
    words = (
        f"settled blind in {week}, measured by {build}; people and the policy differ on {differ:,} of them"
    )
    ids = np.array(sorted(one.clip for one in here), np.int64)
    return Behind(words, ids, float(sum(one.seconds for one in here)))
