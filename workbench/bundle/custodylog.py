"""The record of every op, with what is not part of the selection withheld, and the rows that it vouches for.

Hashes and digests always stand there, so that the chain can be computed again from end to end. A salt is given only
where all that it covers is in the bundle: actor, arguments, or the rows that the op added to a table.
"""

# ruff: noqa: S608 - SQL is put together from our own names

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workbench.bundle.formats import Row, json_line
from workbench.bundle.masks import STEP
from workbench.bundle.selection import Selection
from workbench.case import schema
from workbench.case.readers import Reader
from workbench.case.transaction import column_names
from workbench.core.progress import Progress
from workbench.queries import custody


def entries(reader: Reader, selection: Selection, progress: Progress) -> Iterator[Row]:
    """The custody log for the recipient, and counts of what was withheld in `selection.left_out`."""
    restricted = not selection.whole or bool(selection.redaction)
    for entry in custody.rows(reader):
        progress.check()
        own = [each for each in entry["rows"] if each["table"] in schema.PRIVATE]
        for each in own:
            each["salt"] = None
        sets = [each for each in entry["rows"] if each["table"] not in schema.PRIVATE]
        open_sets = [
            each["table"] in schema.RECORDED and selection.has_all(each["table"], each["first"], each["last"])
            for each in sets
        ]
        for each, is_open in zip(sets, open_sets, strict=True):
            if not is_open:
                each["salt"] = None
                selection.left_out["custody-rows"] += 1
        mentions = selection.hidden.mentions_text(json.dumps(entry["arguments"], ensure_ascii=False))
        if not all(open_sets) or (restricted and not sets) or mentions:
            entry["arguments"] = entry["arguments_salt"] = None
            selection.left_out["custody-arguments"] += 1
        if selection.redaction.hides(entry["actor"]) or (restricted and sets and not any(open_sets)):
            entry["actor"] = entry["actor_salt"] = None
            selection.left_out["custody-actors"] += 1
        yield entry


def write_custody(reader: Reader, selection: Selection, file: Path, progress: Progress) -> int:
    """Write ``custody.jsonl``; returns how many ops there are."""
    count = 0
    with file.open("w", encoding="utf-8", newline="\n") as out:
        for entry in entries(reader, selection, progress):
            out.write(json_line(entry))
            count += 1
    return count


def closed_sets(file: Path) -> list[Row]:
    """How many row sets of each table, with how many rows, a custody log names without their salt."""
    sets: Counter[str] = Counter()
    rows: Counter[str] = Counter()
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            for each in json.loads(line)["rows"]:
                if each["salt"] is None:
                    sets[each["table"]] += 1
                    rows[each["table"]] += each["count"]
    return [{"table": table, "sets": sets[table], "rows": rows[table]} for table in sorted(sets)]


def write_rows(reader: Reader, selection: Selection, folder: Path, progress: Progress) -> list[str]:
    """Write the rows whose salts are given, a file a table: ``{"table", "columns"}``, then ``[id, value, …]`` lines.

    A blob is ``{"b": hexadecimal}``. Returns the tables that have any.
    """
    made: list[str] = []
    for table in schema.RECORDED:
        spans = [
            (first, last)
            for first, last in reader.all("SELECT first, last FROM op_rows WHERE tab = ? ORDER BY first", (table,))
            if selection.has_all(table, first, last)
        ]
        if not spans:
            continue
        made.append(table)
        names = column_names(table)
        with (folder / f"{table}.jsonl").open("w", encoding="utf-8", newline="\n") as out:
            out.write(json_line({"table": table, "columns": list(names)}))
            for first, last in _joined(spans):
                for low in range(first, last + 1, STEP):
                    progress.check()
                    high = min(low + STEP - 1, last)
                    for row in reader.conn.execute(
                        f"SELECT id, {', '.join(names)} FROM {table} WHERE id BETWEEN ? AND ? ORDER BY id",
                        (low, high),
                    ):
                        out.write(json.dumps([_plain(each) for each in row], ensure_ascii=True) + "\n")
    return made


def _joined(spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Neighbouring spans as one."""
    first, last = spans[0]
    for low, high in spans[1:]:
        if low == last + 1:
            last = high
        else:
            yield first, last
            first, last = low, high
    yield first, last


def _plain(value: Any) -> Any:
    return {"b": value.hex()} if isinstance(value, bytes) else value
