"""Whatever is sent to a dashboard's callbacks, they answer: no 500, no hang."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import strategies as st

from dashboards.agreement import AGREEMENT
from dashboards.asked import CALLBACK, callback_fault
from dashboards.mount import Dashboard
from dashboards.operations import OPERATIONS
from dashboards.subgroups import SUBGROUPS
from dashboards.thresholds import THRESHOLDS
from tests.fuzzing.harness import fuzz
from tests.fuzzing.site import Site
from tests.fuzzing.strategies import as_json, nearly

pytestmark = pytest.mark.django_db(transaction=True)
DRAFT = {"asked": {"policy": "1", "low0": "55", "verdicts": "all", "pane": "curve"}, "moving": "low0"}
JSON = {"content_type": "application/json"}


@pytest.mark.parametrize(
    "dashboard", [AGREEMENT, THRESHOLDS, SUBGROUPS, OPERATIONS], ids=lambda one: one.name
)
def test_callbacks_of_the_dashboards(transactional_db: None, site: Site, dashboard: Dashboard) -> None:
    """What a dashboard's page asks of its callbacks, with places changed, dropped and doubled."""
    page, asked = f"/corpora/{site.known['corpus'][0]}/{dashboard.name}/", []
    for output, entry in dashboard.app.callback_map.items():
        if "callback" not in entry:
            continue  # runs in the browser alone
        inputs, state = ([_given(one, page) for one in entry[name]] for name in ("inputs", "state"))
        names = output.removeprefix("..").removesuffix("..").split("...")
        outputs = [
            _given(dict(zip(("id", "property"), one.rsplit(".", 1), strict=True)), page) for one in names
        ]
        asked.append(
            {
                "output": output,
                "outputs": outputs if output.startswith("..") else outputs[0],
                "inputs": inputs,
                "state": state,
                "changedPropIds": [
                    f"{json.dumps(one['id']).strip(chr(34))}.{one['property']}" for one in inputs
                ],
            }
        )
    for body in asked:
        site.send("POST", f"/dashboards/{dashboard.name}/{CALLBACK}", as_json(body), undone=False, **JSON)
        assert callback_fault(as_json(body), dashboard.app.callback_map) == "", (
            "as the page asks, it is let in"
        )
    near = st.sampled_from(asked).flatmap(nearly).map(as_json)

    def ask(body: bytes) -> None:
        site.send("POST", f"/dashboards/{dashboard.name}/{CALLBACK}", body, undone=False, **JSON)

    assert fuzz(f"callbacks of {dashboard.name}", near, ask, short=15)


def _given(one: dict[str, str], page: str) -> dict[str, Any]:
    """A place as the browser names it, with a value of its kind."""
    pattern = one["id"].startswith("{")
    found: dict[str, Any] = {"id": dict.fromkeys(json.loads(one["id"]), 0) if pattern else one["id"]}
    found["property"] = one["property"]
    found["value"] = {"pathname": page, "search": "", "data": {"policy": 1, "numbers": []}}.get(
        one["property"]
    )
    return found
