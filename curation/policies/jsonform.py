"""A policy as a JSON document, out and in. Whatever is wrong with it is said by path, all at once."""

from __future__ import annotations

import json
from typing import Any

from curation.policies.errors import BadDocument, PolicyError
from curation.policies.rules import Rule, RuleList, shortest

FORMAT = "rushes-policy"
VERSION = 1
_TOP = ("format", "version", "subject", "name", "rules")
_RULE = ("tier", "metric", "operator", "low", "high", "percentile")
_NUMBERS = ("low", "high", "percentile")


def to_document(rules: RuleList, *, name: str = "") -> dict[str, Any]:
    """The document of ``rules``: thresholds with the fewest digits that mean the same float32.

    A percentile is exported as written, without the number that a corpus gave it.
    """
    return {
        "format": FORMAT,
        "version": VERSION,
        "subject": rules.subject,
        "name": name,
        "rules": [_rule_out(rule.unresolved()) for rule in rules],
    }


def to_json(rules: RuleList, *, name: str = "") -> str:
    """``to_document`` as text with a rule a line, ending in a newline."""
    document = to_document(rules, name=name)
    lines = ",\n    ".join(json.dumps(rule, ensure_ascii=False) for rule in document.pop("rules"))
    head = json.dumps(document, ensure_ascii=False, indent=2).removesuffix("\n}")
    return f'{head},\n  "rules": [\n    {lines}\n  ]\n}}\n'


def from_json(text: str | bytes) -> tuple[RuleList, str]:
    """``(rules, name)`` read from a document; raises ``BadDocument`` with every fault and its path."""
    try:
        document = json.loads(text)
    except RecursionError:
        raise BadDocument([("document", "is nested too deeply")]) from None
    except (ValueError, UnicodeDecodeError) as error:
        raise BadDocument([("document", f"is not JSON: {error}")]) from None
    return from_document(document)


def from_document(document: Any) -> tuple[RuleList, str]:
    """``(rules, name)`` of a parsed document; raises ``BadDocument`` with every fault and its path."""
    faults: list[tuple[str, str]] = []
    if not isinstance(document, dict):
        raise BadDocument([("document", f"must be an object, not {_kind(document)}")])
    if document.get("format") != FORMAT:
        faults.append(("format", f"must be {FORMAT!r}, not {document.get('format')!r}"))
    version = document.get("version")
    if version != VERSION or isinstance(version, bool):
        faults.append(("version", f"must be {VERSION}, not {version!r}; this release reads no other"))
    faults += [
        (str(key), f"is not known here; there are {', '.join(_TOP)}") for key in document if key not in _TOP
    ]
    name = document.get("name", "")
    if not isinstance(name, str):
        faults.append(("name", f"must be text, not {_kind(name)}"))
    rows = document.get("rules")
    if not isinstance(rows, list):
        raise BadDocument([*faults, ("rules", f"must be a list, not {_kind(rows)}")])
    rules = [_rule_in(f"rules[{i}]", row, faults) for i, row in enumerate(rows)]
    if faults:
        raise BadDocument(faults)
    try:
        found = RuleList(tuple(rule for rule in rules if rule is not None))
    except PolicyError as error:
        raise BadDocument([("rules", str(error))]) from None
    subject = document.get("subject", found.subject)
    if subject != found.subject:
        raise BadDocument([("subject", f"says {subject!r}, but the rules read {found.subject} metrics")])
    return found, name


def _rule_out(rule: Rule) -> dict[str, Any]:
    row: dict[str, Any] = {"tier": rule.tier.word, "metric": rule.metric, "operator": rule.operator.value}
    for key in _NUMBERS:
        value = getattr(rule, key)
        if value is not None:
            row[key] = shortest(value)
    return row


def _rule_in(path: str, row: Any, faults: list[tuple[str, str]]) -> Rule | None:
    before = len(faults)
    if not isinstance(row, dict):
        faults.append((path, f"must be an object, not {_kind(row)}"))
        return None
    faults += [
        (f"{path}.{key}", f"is not known here; there are {', '.join(_RULE)}")
        for key in row
        if key not in _RULE
    ]
    for key in ("tier", "metric", "operator"):
        if not isinstance(row.get(key), str):
            faults.append(
                (f"{path}.{key}", "is missing" if key not in row else f"must be text, not {_kind(row[key])}")
            )
    for key in _NUMBERS:
        if row.get(key) is not None and (isinstance(row[key], bool) or not isinstance(row[key], int | float)):
            faults.append((f"{path}.{key}", f"must be a number, not {_kind(row[key])}"))
    if len(faults) > before:
        return None
    try:
        rule = Rule(row["tier"], row["metric"], row["operator"], *(row.get(key) for key in _NUMBERS))
    except PolicyError as error:
        where = {"unknown_metric": ".metric", "unknown_tier": ".tier", "unknown_operator": ".operator"}
        faults.append((path + where.get(error.code, ""), str(error)))
        return None
    if rule.operator.is_percentile and rule.is_resolved:
        faults.append((path, "a percentile gets its number from the corpus; leave low and high out"))
        return None
    return rule


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "nothing"}
    return names.get(type(value), "a number" if isinstance(value, int | float) else type(value).__name__)
