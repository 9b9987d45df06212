"""Benchmarks and training splits as pure rules: quotas, seeded draws, groups that stay together, near-duplicates."""
