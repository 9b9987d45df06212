"""Permanent random numbers in SQL: the very numbers of ``annotation.sampling``, without fetching the frame."""

from __future__ import annotations


def number_sql(seed: str, item: str) -> str:
    """An expression for the permanent random number of ``item`` under ``seed``, both expressions of type text.

    The first 53 bits of the SHA-256 of both, as a float strictly between 0 and 1.
    """
    text = f"'prn' || chr(31) || length({seed}) || chr(31) || {seed} || chr(31) || {item}"
    digits = f"substr(encode(sha256(convert_to({text}, 'UTF8')), 'hex'), 1, 14)"
    return f"((('x' || {digits})::bit(56)::bigint >> 3)::float8 + 0.5) / 9007199254740992"
