"""What a web process prepares before anyone asks: the dashboards, and the masks of active policies. It changes nothing."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import pytest

from curation.selectors.policies import policy_rules
from curation.services.snapshot import snapshot_engine, snapshot_refresh, snapshot_root
from dashboards.views import ALL
from dashboards.warm import warm_beside
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def own_folder(settings: Any, tmp_path: Any) -> Iterator[None]:
    settings.VAR = tmp_path
    snapshot_engine.cache_clear()
    yield
    gc.unfreeze()  # this process serves no pages: its garbage is to be found


def test_dashboards_and_masks_are_there_before_the_first_visit(monkeypatch: pytest.MonkeyPatch) -> None:
    world = factories.world()
    snapshot_refresh(corpus=world.corpus, origin=world.policy.origin)
    for dashboard in ALL:
        monkeypatch.setattr(dashboard, "_app", None)
    warm_beside().join(60)
    assert all(dashboard._app is not None for dashboard in ALL)
    engine = snapshot_engine(world.corpus.pk, world.policy.origin)
    kept = engine._explorers.get(policy_rules(world.policy))
    assert kept is not None and kept is engine.explorer(policy_rules(world.policy))


def test_what_is_loaded_is_not_gone_over_again_with_every_answer() -> None:
    warm_beside().join(60)
    assert gc.get_freeze_count() > 100_000 and gc.isenabled()


def test_a_snapshot_that_is_not_there_is_not_built() -> None:
    world = factories.world()
    warm_beside().join(60)
    assert not snapshot_root(world.corpus.pk, world.policy.origin).exists()
