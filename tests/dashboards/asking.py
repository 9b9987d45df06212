"""Asking a dashboard's callbacks as its page would."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.test import Client

from tests import factories


def signed_in(role: str) -> Client:
    client = Client()
    client.force_login(factories.user(role))
    return client


def ask(
    client: Client,
    dashboard: str,
    outputs: list[tuple[Any, str]],
    inputs: list[tuple[Any, str, Any]],
    state: Sequence[tuple[Any, str, Any]] = (),
    changed: str = "",
    pattern: str = "",
) -> Any:
    """POST to the callback with these outputs; ids are strings or dictionaries. ``pattern`` is what Dash calls an
    output of many components."""

    def name(one: Any) -> str:
        return one if isinstance(one, str) else json.dumps(one, sort_keys=True, separators=(",", ":"))

    told = [{"id": one, "property": prop} for one, prop in outputs]
    output = "...".join(f"{name(one)}.{prop}" for one, prop in outputs)
    body = {
        "output": pattern or (f"..{output}.." if len(outputs) > 1 else output),
        "outputs": told if len(outputs) > 1 else told[0],
        "inputs": [{"id": one, "property": prop, "value": value} for one, prop, value in inputs],
        "state": [{"id": one, "property": prop, "value": value} for one, prop, value in state],
        "changedPropIds": [changed or f"{name(inputs[0][0])}.{inputs[0][1]}"],
    }
    return client.post(
        f"/dashboards/{dashboard}/_dash-update-component", json.dumps(body), content_type="application/json"
    )
