"""The browser for the tests of these pages."""

from tests.chromium import signed_in

__all__ = ["signed_in"]
