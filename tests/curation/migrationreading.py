"""Reads a migration's statements for what would hold people up on a big table, lose rows, or break when run again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# A table may have any number of rows unless it is one of these, which hold a few hundred at most.
SMALL = frozenset(
    {
        "curation_corpus",
        "curation_policy",
        "curation_rule",
        "curation_resolvedthreshold",
        "curation_recipe",
        "curation_subset",
        "curation_benchmark",
        "curation_trainingsplit",
        "curation_user",
        "curation_invitation",
        "curation_apitoken",
        "curation_savedfilter",
        "annotation_queue",
        "annotation_draw",
        "annotation_rubric",
        "annotation_rubricversion",
        "annotation_round",
        "annotation_rater",
    }
)
_NAME = r'"?(?:public"?\.)?"?([a-z0-9_]+)"?'
_INDEX = re.compile(
    rf"CREATE (?:UNIQUE )?INDEX (CONCURRENTLY )?(?:IF NOT EXISTS )?{_NAME} ON (?:ONLY )?{_NAME}", re.I
)
_ALTER = re.compile(rf"ALTER TABLE (?:IF EXISTS )?(?:ONLY )?{_NAME} (.*)", re.I | re.S)
_CONSTRAINT = re.compile(rf"ADD CONSTRAINT {_NAME} (.*)", re.I | re.S)
_MADE = re.compile(rf"CREATE (?:UNLOGGED )?TABLE (?:IF NOT EXISTS )?{_NAME}", re.I)
_CONSTANT = re.compile(r"""DEFAULT ('(?:[^']|'')*'(::\w+)?|-?[\d.]+|true|false|null|now\(\))(\s|\Z)""", re.I)
_AGAIN = re.compile(
    r"IF NOT EXISTS|IF EXISTS|CREATE OR REPLACE|VALIDATE CONSTRAINT|(?:DROP|SET) (?:DEFAULT|NOT NULL)|^(?:RE)?SET ",
    re.I,
)


@dataclass(frozen=True)
class Step:
    """One migration: its name, whether it runs in one transaction, its statements in order."""

    name: str
    atomic: bool
    statements: list[str]


def faults(step: Step) -> list[str]:
    """A sentence for each statement that a migration must not hold; empty where all is well."""
    made: set[str] = set()
    gone: set[str] = set()  # indexes and constraints dropped before, so that they can be made again
    validated: set[str] = set()
    found = []
    for statement in _single(step.statements):
        made |= {name.lower() for name in _MADE.findall(statement)}
        # Bodies of functions run later, on what they are called for.
        text = re.sub(r"\$\$.*?\$\$", "$$ $$", statement, flags=re.S)
        for problem in _blocking(text, made, validated):
            found.append(f"{step.name}: {problem}: {text[:160]}")
        if not step.atomic and not _repeatable(text, gone):
            found.append(f"{step.name}: cannot be run again after a kill: {text[:160]}")
        gone |= {
            one.lower()
            for one in re.findall(rf"DROP (?:INDEX CONCURRENTLY|CONSTRAINT) IF EXISTS {_NAME}", text, re.I)
        }
        if "VALIDATE CONSTRAINT" in text.upper() and (match := _ALTER.match(text)):
            validated.add(match[1].lower())
    return found


def _single(statements: list[str]) -> Iterator[str]:
    """Statements one by one, without comments."""
    for script in statements:
        text = re.sub(r"^\s*--[^\n]*$", "", script, flags=re.M)
        for part in re.split(r";(?=(?:[^$]*\$\$[^$]*\$\$)*[^$]*\Z)", text):
            if part.strip():
                yield " ".join(part.split()) if "$$" not in part else part.strip()


def _blocking(text: str, made: set[str], validated: set[str]) -> Iterator[str]:
    def big(table: str) -> bool:
        return table.lower() not in made and table.lower() not in SMALL

    if (match := _INDEX.match(text)) and not match[1] and big(match[3]):
        yield f"builds an index while {match[3]} is locked (AddIndexBesideWork)"
    if re.match(r"(CLUSTER|VACUUM FULL|LOCK TABLE|LOCK |TRUNCATE|REINDEX (?!.*CONCURRENTLY))", text, re.I):
        yield "locks a whole table"
    if (match := re.match(rf"(UPDATE|DELETE FROM) (?:ONLY )?{_NAME}", text, re.I)) and big(match[2]):
        yield f"writes every row of {match[2]} in one statement (do it in batches, in a task)"
    if re.match(r"DROP TABLE|DROP SCHEMA", text, re.I):
        yield "loses rows"
    if not (match := _ALTER.match(text)):
        return
    table, change = match[1], match[2]
    if re.search(r"\bDROP COLUMN\b|\bRENAME\b", change, re.I):
        yield f"takes a column of {table} from the version that still runs"
    if not big(table):
        return
    if re.search(
        r"\b(SET LOGGED|SET UNLOGGED|SET TABLESPACE|SET ACCESS METHOD)\b", change, re.I
    ) or re.search(r"ALTER COLUMN \S+ (SET DATA )?TYPE\b", change, re.I):
        yield f"rewrites {table}"
    if re.search(r"ALTER COLUMN \S+ SET NOT NULL", change, re.I) and table.lower() not in validated:
        yield f"looks through {table} while it is locked (validate a CHECK (… IS NOT NULL) first)"
    yield from _column(table, change)
    yield from _constraint(table, change)


def _column(table: str, change: str) -> Iterator[str]:
    if not (match := re.match(r"ADD COLUMN (?:IF NOT EXISTS )?(.*)", change, re.I | re.S)):
        return
    definition = match[1]
    if re.search(r"\bNOT NULL\b", definition, re.I) and not _CONSTANT.search(definition):
        yield f"fails where {table} has rows: NOT NULL without a constant default"
    elif re.search(r"\bDEFAULT\b", definition, re.I) and not _CONSTANT.search(definition):
        yield f"rewrites {table}: the default differs from row to row"
    if re.search(r"\bGENERATED\b|\b(big)?serial\b", definition, re.I):
        yield f"rewrites {table}: the column is computed"
    if re.search(r"\bUNIQUE\b|\bPRIMARY KEY\b|\bREFERENCES\b|\bCHECK\b", definition, re.I):
        yield f"looks through {table} while it is locked (AddFieldBesideWork)"


def _constraint(table: str, change: str) -> Iterator[str]:
    if not (match := _CONSTRAINT.match(change)):
        return
    rule = match[2].upper()
    if rule.startswith(("UNIQUE", "PRIMARY KEY", "EXCLUDE")) and "USING INDEX" not in rule:
        yield f"builds an index while {table} is locked (AddUniqueBesideWork)"
    if rule.startswith(("CHECK", "FOREIGN KEY")) and "NOT VALID" not in rule:
        yield f"looks through {table} while it is locked (NOT VALID, then VALIDATE)"


def _repeatable(text: str, gone: set[str]) -> bool:
    if match := _INDEX.match(text):
        # IF NOT EXISTS would keep one that was left half made.
        return match[2].lower() in gone
    if (match := _ALTER.match(text)) and (constraint := _CONSTRAINT.match(match[2])):
        return constraint[1].lower() in gone
    return bool(_AGAIN.search(text))
