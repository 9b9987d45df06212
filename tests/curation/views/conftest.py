"""The browser for tests of pages."""

from tests.chromium import signed_in  # noqa: F401
