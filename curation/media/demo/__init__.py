"""Demo footage made on the spot: nothing is downloaded, nobody's likeness but two public-domain portraits."""

from __future__ import annotations

from curation.media.demo.make import DemoFile, make_demo_footage
from curation.media.demo.takes import TAKES, Take

__all__ = ["TAKES", "DemoFile", "Take", "make_demo_footage"]
