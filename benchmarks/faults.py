"""The long storm: a thousand faults over a whole running Rushes, and a count of what was lost (which must be nothing).

    .venv/bin/python -m benchmarks.faults                  # 1,000 faults, about 25 minutes on two idle cores
    .venv/bin/python -m benchmarks.faults --faults 200     # `--help` lists the rest

What is struck is said in tests/faults/storm.py, what is promised in tests/faults/checks.py; the suite runs a short one.
"""

from __future__ import annotations

from tests.faults.__main__ import main

if __name__ == "__main__":
    raise SystemExit(main())
