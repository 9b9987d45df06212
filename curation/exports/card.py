"""README.md of an exported folder: what each file holds, column by column, with units.

Its head is what Hugging Face ``datasets`` reads: ``load_dataset(FOLDER)`` gives the clips, ``load_dataset(FOLDER,
"turns")`` a table that goes along.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from curation.exports.tables import ALONG, CLIPS, Table

CARD = "README.md"
Fields = Sequence[tuple[str, str, str]]  # name, unit, what it means


def card_text(
    *,
    title: str,
    main: str,
    fields: Fields,
    along: str,
    rows: Mapping[str, int],
    within: str = "",
    reading: str = "",
) -> str:
    """``main`` and ``along`` are the patterns of the files' names, the latter with ``{}`` for the table's; "" where
    nothing lies beside the main files, but each clip's rows ``within`` a file of its own; ``reading`` is what holds of
    every file. Tables without rows are told, and left out of the head: there is nothing to load."""
    lines = ["---", "configs:", "- config_name: clips", "  default: true", f"  data_files: {main}"]
    for name in ALONG:
        if along and rows.get(name):
            lines += [f"- config_name: {name}", f"  data_files: {along.format(name)}"]
    lines += ["---", f"# {title}", "", "Times are seconds of the source's presentation time.", ""]
    lines += [reading, ""] if reading else []
    lines += [f"## {main}", "", *_table(fields)]
    for name, table in ALONG.items():
        where = along.format(name) if along else f"{within}, {name}"
        of_clip = () if along else ("id",)
        told = [field for field in fields_of(table) if field[0] not in of_clip]
        lines += ["", f"## {where}: {table.says}; {rows.get(name, 0)} rows", "", *_table(told)]
    return "\n".join(lines) + "\n"


def fields_of(table: Table) -> Fields:
    """A table's columns as a card tells them."""
    return [(column.name, column.unit, column.says) for column in table.columns]


CLIP_FIELDS = fields_of(CLIPS)


def _table(fields: Fields) -> list[str]:
    rows = [f"| {name} | {unit} | {says.replace('|', '/')} |" for name, unit, says in fields]
    return ["| field | unit | meaning |", "|---|---|---|", *rows]
