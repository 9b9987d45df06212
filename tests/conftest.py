"""The database of the test suite: real PostgreSQL, the application's role as default, cleaned by the owner."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import hypothesis
import psycopg
import pytest
from django.test import TransactionTestCase

from tests.chromium import browser  # noqa: F401
from tests.database import TestDatabase, test_database
from tests.s3 import bucket, s3_server  # noqa: F401

# How long an example takes is the machine's affair, not a promise.
hypothesis.settings.register_profile("rushes", deadline=None)
hypothesis.settings.load_profile("rushes")


_LONG = ("test_storm.py", "test_whole_loop.py", "test_worker.py")


@pytest.fixture(scope="session")
def test_cluster() -> Iterator[TestDatabase]:
    """An empty database of this run, owner and application roles in place."""
    with test_database() as database:
        yield database


@pytest.fixture(scope="session")
def django_db_setup(test_cluster: TestDatabase, django_db_blocker: Any) -> Iterator[None]:
    """Migrate as the owner, then let Django's connections meet this run's database."""
    with django_db_blocker.unblock():
        test_cluster.adopt()
        patch = pytest.MonkeyPatch()
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _case: test_cluster.clean())
        # Django's own TestCase rolls back and has nothing to clean.
        yield
        patch.undo()
        test_cluster.disown()


@pytest.fixture
def owner_connection(test_cluster: TestDatabase, db: None) -> Iterator[psycopg.Connection]:
    """A connection of the tables' owner, outside Django and outside the test's transaction."""
    with test_cluster.connect("rushes_owner") as connection:
        yield connection


@pytest.fixture
def database_environment(test_cluster: TestDatabase, transactional_db: None) -> dict[str, str]:
    """Variables that let a subprocess (manage.py, a worker) use this run's database."""
    return test_cluster.environment()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One run more than there are cores: a test that waits for a worker or a browser leaves its core to another."""
    return len(os.sched_getaffinity(0)) + 1 if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest goes first, so that the other runs do not wait for it in the end."""
    items.sort(key=lambda item: item.path.name not in _LONG)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Where everything should be installed (CI=true), a browser test that cannot run is a failure."""
    report = yield
    if report.skipped and os.environ.get("CI") == "true" and item.get_closest_marker("browser"):
        report.outcome = "failed"
        report.longrepr = f"a browser test could not run under CI: {report.longrepr}"
    return report
