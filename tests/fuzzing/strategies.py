"""Inputs that are nearly right, and inputs that are nothing of the kind."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import strategies as st

TEXTS = (
    "",
    " ",
    "\0",
    "a\0b",
    "\ud800",
    "\u202e\u200b",
    "é" * 3000,
    "x" * 70_000,
    "../../etc/passwd",
    "<script>alert(1)</script>",
    "%s%n{0}{{7*7}}",
    "';--",
    "NaN",
    "-Infinity",
    "1e400",
    "9999999999999999999999",
    "-1",
    "0x1F",
    "１２",
    "1970-01-01",
    "99:99:99,999",
    "on",
    "null",
)
NUMBERS = (0, -1, 1, 2**31, 2**63, -(2**63) - 1, 10**400, 1e308, -0.0, float("nan"), float("inf"), 0.1)
_SHAPES: tuple[Any, ...] = ([], {}, [[]], [{}], {"": None}, [None] * 50, {"a": {"b": {"c": []}}})

texts = st.one_of(st.sampled_from(TEXTS), st.text(max_size=40))
scalars = st.one_of(st.none(), st.booleans(), st.sampled_from(NUMBERS), st.integers(), st.floats(), texts)
values = st.one_of(scalars, st.sampled_from(_SHAPES).map(copy.deepcopy), st.lists(scalars, max_size=4))
documents = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=5), st.dictionaries(st.text(max_size=12), inner, max_size=5)
    ),
    max_leaves=20,
)


@st.composite
def nearly(draw: Any, sample: Any) -> Any:
    """A copy of ``sample`` (lists, dicts, scalars) in which one to three places are changed, dropped or doubled."""
    found = copy.deepcopy(sample)
    for _ in range(draw(st.integers(1, 3))):
        holder, key = _place(draw, found)
        if holder is None:
            return draw(values)
        how = draw(st.integers(0, 5))
        if how == 0:
            del holder[key]
        elif how == 1 and isinstance(holder, list):
            holder.insert(key, copy.deepcopy(holder[key]))
        elif how == 1:
            holder[draw(texts)] = holder.pop(key)
        else:
            holder[key] = draw(values)
    return found


def _place(draw: Any, tree: Any) -> tuple[Any, Any]:
    """Some list or dict within ``tree`` and a key of it; (None, None) where there is none."""
    holder = key = None
    while isinstance(tree, (list, dict)) and tree:
        keys = list(range(len(tree))) if isinstance(tree, list) else sorted(tree, key=str)
        holder, key = tree, draw(st.sampled_from(keys))
        tree = tree[key]
        if draw(st.integers(0, 3)) == 0:
            break
    return holder, key


@st.composite
def nearly_bytes(draw: Any, *samples: bytes) -> bytes:
    """One of ``samples`` with up to four pieces cut out, overwritten or put in; now and then anything at all."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.binary(max_size=300))
    found = draw(st.sampled_from(samples))
    pieces = st.one_of(
        st.binary(max_size=8),
        texts.map(lambda text: text.encode("utf-8", "surrogatepass")),
        st.sampled_from((b"\r", b"\n\n", b"\xff\xfe", b"\xef\xbb\xbf", b"\0" * 9, b"{" * 900, b"[" * 9000)),
    )
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(found)))
        until = min(len(found), at + draw(st.integers(0, 12)))
        found = found[:at] + draw(pieces) + found[until:]
    return found


def as_json(document: Any) -> bytes:
    """JSON as a careless program writes it: NaN, Infinity and half characters included."""
    return json.dumps(document, default=str).encode()
