"""What the browser asks of a callback, checked before Dash takes it apart: Dash itself answers a malformed one with 500."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from types import NoneType
from typing import Any

CALLBACK = "_dash-update-component"
# What a property holds whoever sends it; what a control or a store holds, its callback checks.
_KINDS: dict[str, tuple[type, ...]] = {"pathname": (str,), "search": (str, NoneType)}


def callback_fault(body: bytes, callbacks: Mapping[str, Mapping[str, Any]]) -> str:
    """Why ``body`` asks for none of ``callbacks`` (Dash's map: output → its inputs and state); empty where it does."""
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        return "the body is no JSON, or nested too deeply"
    if not isinstance(asked, dict):
        return "the body must be a JSON object"
    output = asked.get("output")
    if not isinstance(output, str) or "callback" not in callbacks.get(
        output, ()
    ):  # some run in the browser alone
        return "no callback has this output"
    for name in ("inputs", "state"):
        if fault := _values_fault(name, asked.get(name, []), callbacks[output][name]):
            return fault
    outputs = asked.get("outputs")
    places = outputs if isinstance(outputs, list) else [outputs]
    if isinstance(outputs, list) != output.startswith("..") or not all(_is_place(one) for one in places):
        return "outputs must name components and properties"
    if not all(_fits(one, name) for one, name in zip_longest(places, _places_of(output))):
        return "outputs must be those of the callback"
    changed = asked.get("changedPropIds", [])
    if not isinstance(changed, list) or not all(isinstance(one, str) and "." in one for one in changed):
        return "changedPropIds must be a list of component.property"
    if not isinstance(asked.get("parsedChangedPropsIds", []), list):
        return "parsedChangedPropsIds must be a list"
    return ""


def _values_fault(name: str, given: Any, declared: Sequence[Mapping[str, Any]]) -> str:
    """Whether every declared place is given once, in order; a place for many components takes a list of them."""
    if not isinstance(given, list) or len(given) != len(declared):
        return f"{name} must be a list of {len(declared)}"
    for one, wanted in zip(given, declared, strict=True):
        many = str(wanted["id"]).startswith("{")
        if isinstance(one, list) and many and all(_is_place(each) for each in one):
            continue
        if not _is_place(one) or not _fits(one, f"{wanted['id']}.{wanted['property']}"):
            return f"{name} must hold {wanted['id']}.{wanted['property']}"
        if not isinstance(one.get("value"), _KINDS.get(one["property"], object)):
            return f"{wanted['id']}.{wanted['property']} has a value of another kind"
    return ""


def _places_of(output: str) -> list[str]:
    """``a.b`` of each place in Dash's name of an output: ``..a.b...c.d@hash..`` or ``a.b``."""
    found = output.removeprefix("..").removesuffix("..").split("...")
    return [one.split("@", 1)[0] for one in found]


def _fits(one: Mapping[str, Any] | None, name: str | None) -> bool:
    """Whether a place is the one that Dash names so; of a pattern only the keys are compared."""
    if one is None or name is None:
        return False
    of, _, property = name.rpartition(".")
    if of.startswith("{"):
        return (
            isinstance(one["id"], dict)
            and one["id"].keys() == json.loads(of).keys()
            and one["property"] == property
        )
    return (one["id"], one["property"]) == (of, property)


def _is_place(one: Any) -> bool:
    return (
        isinstance(one, dict)
        and isinstance(one.get("id"), str | dict)
        and isinstance(one.get("property"), str)
    )
