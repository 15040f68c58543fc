"""CSV for people and JSON Lines for programs, of the same rows at the same time.

A spreadsheet takes a cell that begins with ``=``, ``+``, ``-``, ``@``, a tab or a carriage return for a formula. Such
cells get an apostrophe in front, and the column ``guarded`` names them; the exact value stands in the JSON Lines.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

Row = dict[str, Any]

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
BOM = "\ufeff"
"""Excel takes UTF-8 without it for the system's code page."""


def counted(count: int, one: str, many: str | None = None) -> str:
    """``1 look``, ``1,200 looks``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def write_table(folder: Path, name: str, columns: Sequence[str], rows: Iterable[Row]) -> int:
    """Write ``NAME.csv`` and ``NAME.jsonl`` into a folder; returns the number of rows.

    `columns` are those of the CSV; the JSON Lines hold every field of a row.
    """
    count = 0
    with (
        (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as plain,
        (folder / f"{name}.jsonl").open("w", encoding="utf-8", newline="\n") as exact,
    ):
        plain.write(BOM)
        sheet = csv.writer(plain, lineterminator="\r\n")
        sheet.writerow([*columns, "guarded"])
        for row in rows:
            exact.write(json_line(row))
            sheet.writerow(_cells(columns, row))
            count += 1
    return count


def json_line(value: object) -> str:
    """One line. The characters that some programs take for line ends are escaped."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    for sign in ("\x85", "\u2028", "\u2029"):
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text + "\n"


def _cells(columns: Sequence[str], row: Row) -> list[str]:
    cells: list[str] = []
    guarded: list[str] = []
    for column in columns:
        cell = cell_text(row.get(column))
        if isinstance(row.get(column), str) and cell.startswith(DANGEROUS):
            cell = f"'{cell}"
            guarded.append(column)
        cells.append(cell)
    return [*cells, " ".join(guarded)]


def cell_text(value: object) -> str:
    """A value in a cell: nothing for null, JSON for lists."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False) if value else ""
    return str(value)
