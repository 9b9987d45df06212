"""The clip browser's filter as the API takes it: every parameter in the document, and a misspelt one refused.

A page forgives what it does not know; a program that meant a filter would take every clip of the corpus for its answer.
"""

from __future__ import annotations

from typing import Any

from django.http import QueryDict

from curation.metrics import clip_metrics
from curation.models.clip import Branch
from curation.policies.tiers import Tier
from curation.selectors.clipfilter import (
    ATTRIBUTES,
    SCORED,
    UNKNOWN,
    VERDICTS,
    BadFilter,
    ClipFilter,
    filter_from_query,
)

_PAGING = ("after", "limit")
_ID = {"type": "integer", "minimum": 0, "maximum": 2**62}
_FLAG = {"type": "string", "enum": ["1"]}


def _one(name: str, schema: dict[str, Any], says: str) -> dict[str, Any]:
    return {"in": "query", "name": name, "required": False, "schema": schema, "description": says}


def _text(most: int) -> dict[str, Any]:
    return {"type": "string", "maxLength": most}


def _of(words: Any) -> dict[str, Any]:
    return {"type": "string", "enum": list(words)}


# As OpenAPI has it.
PARAMETERS: list[dict[str, Any]] = [
    _one(
        "tier",
        {"type": "array", "items": _of(tier.word for tier in Tier)},
        "proposed by the active policy; repeated: any of them",
    ),
    _one("branch", _of(Branch.values), "how the clip came about"),
    _one("language", _text(20), "of the clip, else of its source"),
    _one("category", _text(80), "of the source, as imported"),
    *(
        _one(name, _text(60), f"of the person, as imported or given by people; {UNKNOWN}: nobody said it")
        for name in ATTRIBUTES
    ),
    _one("verdict", _of(VERDICTS), "what people settled; differs: otherwise than proposed"),
    _one("metric", _of(spec.name for spec in clip_metrics()), "measured, and within low and high"),
    _one("low", {"type": "number"}, "least value of the metric"),
    _one("high", {"type": "number"}, "largest value of the metric"),
    _one("rule", {"type": "integer", "minimum": 0, "maximum": 62}, "fails this rule of the active policy"),
    _one("only", _FLAG, "fails the rule, and no other of its tier"),
    _one("source", _ID, "of this source"),
    _one("person", _ID, "of this person"),
    _one("held", _FLAG, "taken out by a report until a curator looks"),
    _one("scored", _of(SCORED), "has a scorecard of the policy's origin, or none"),
]
_NAMES = tuple(each["name"] for each in PARAMETERS)


def filter_of(query: QueryDict) -> ClipFilter:
    """The filter of an API address; raises ``BadFilter`` for whatever would else be passed over in silence."""
    if unknown := sorted(set(query) - {*_NAMES, *_PAGING}):
        raise BadFilter(f"{unknown[0][:40]!r} is no filter; there are {', '.join(_NAMES)}")
    for name in _NAMES:
        given = query.getlist(name)
        if len(given) > 1 and name != "tier":
            raise BadFilter(f"{name} is there {len(given)} times: once is what it can be")
        if name in ("held", "only") and given and given[0] not in ("1", ""):
            raise BadFilter(f"{name}: write 1, or leave it out")
    if (query.get("low") or query.get("high")) and not query.get("metric"):
        raise BadFilter("low, high: name the metric that the range is of")
    if query.get("only") and not query.get("rule"):
        raise BadFilter("only: name the rule by its number")
    return filter_from_query(query)
