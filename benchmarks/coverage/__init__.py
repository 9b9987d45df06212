"""Coverage of every interval over a grid: `python -m benchmarks.coverage`."""
