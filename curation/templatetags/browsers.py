"""A browser's long name for itself, in a few words."""

from __future__ import annotations

from django import template

register = template.Library()
# In this order: each calls itself those that follow, too.
_BROWSERS = (
    ("Firefox/", "Firefox"),
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (("Android", "Android"), ("iPhone", "iOS"), ("iPad", "iOS"), ("Windows", "Windows"), ("Mac OS X", "macOS"), ("Linux", "Linux"))  # fmt: skip
_LONGEST = 40


@register.filter
def browser_words(said: str) -> str:
    """``Firefox on Linux``; what is none of the known ones as it calls itself, cut short."""
    browser = next((word for mark, word in _BROWSERS if mark in said), "")
    system = next((word for mark, word in _SYSTEMS if mark in said), "")
    if browser and system:
        return f"{browser} on {system}"
    return browser or (said if len(said) <= _LONGEST else f"{said[: _LONGEST - 1]}…")
