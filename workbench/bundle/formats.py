r"""CSV for people and JSON Lines for programs, of the same rows at the same time.

A spreadsheet takes a cell that begins with ``=``, ``+``, ``-``, ``@``, their full-width forms, a tab or a line end for
a formula. Such cells get an apostrophe in front. Control characters, which terminals obey and which end lines, are
written as ``\xNN``, those that turn the direction of writing as ``\uNNNN``. The column ``guarded`` names such cells;
the exact value stands in the JSON Lines.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

Row = dict[str, Any]

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""C0, DEL and C1 (ECMA-48), line and paragraph separators, and marks of direction (Unicode UAX #9)."""
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
            sheet.writerow(cells(columns, row))
            count += 1
    return count


def json_line(value: object) -> str:
    """One line. The characters that some programs take for line ends are escaped."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    for sign in ("\x85", "\u2028", "\u2029"):
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text + "\n"


def cells(columns: Sequence[str], row: Row) -> list[str]:
    """The cells of a row, guarded, and which of them are."""
    cells: list[str] = []
    guarded: list[str] = []
    for column in columns:
        cell = cell_text(row.get(column))
        guarding = guarded_text(cell) if isinstance(row.get(column), str) else _visible(cell)
        if guarding != cell:
            guarded.append(column)
        cells.append(guarding)
    return [*cells, " ".join(guarded)]


def guarded_text(text: str) -> str:
    """A text as a cell may hold it: nothing that a spreadsheet runs or a terminal obeys."""
    shown = _visible(text)
    return f"'{shown}" if text.startswith(DANGEROUS) else shown


def _visible(text: str) -> str:
    return _CONTROL.sub(lambda found: _escape(ord(found[0])), text)


def _escape(code: int) -> str:
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


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
