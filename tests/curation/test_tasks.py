"""Which worker sees to what waits."""

from __future__ import annotations

import pytest

from curation import tasks


@pytest.mark.parametrize(
    ("served", "queue"),
    [
        ({"desk"}, "desk"),
        ({"cpu", "gpu", "desk"}, "desk"),
        ({"cpu"}, "cpu"),
        ({"gpu"}, None),
    ],
)
def test_work_that_somebody_waits_for_is_found_with_and_without_a_worker_of_its_own(
    served: set[str], queue: str | None
) -> None:
    assert tasks.queue_of(served) == queue
