"""The tables of a bundle, computed again from its case, and compared line by line with what lies there."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from workbench import __version__
from workbench.bundle import layout
from workbench.bundle.excerpts import Excerpts
from workbench.bundle.formats import BOM, Row, cells
from workbench.bundle.hostile import plain_json
from workbench.bundle.numbering import Renumbering
from workbench.bundle.recheck import Recheck
from workbench.bundle.selection import Selection
from workbench.bundle.tables import COLUMNS, FILE_FACTS, Tables

WHOLE = ("files", "sightings", "events", "origins", "marks", "warnings", "datasets", "requests", "coverage")
"""Tables that are computed again with every column."""
PARTLY = ("snapshots", "logs")
"""Tables of which the case of the bundle has some columns only: it has excerpts of logs, and looks that are partial."""
WORDS = frozenset({"reason", "warnings"})
"""Columns in the words of a version of the program; another version may word them otherwise."""


csv.field_size_limit(2**31 - 1)  # a cell may hold a line that could not be read, or all paths of a file


def tables_hold(recheck: Recheck) -> None:
    """Compare every table; what differs is a problem of `recheck`."""
    index = recheck.index()
    made = [SimpleNamespace(log=_log_of(recheck, each), log_sha256=str(each["log"])) for each in index]
    tables = Tables(
        recheck.made,
        recheck.made,
        cast(Selection, None),
        cast(Renumbering, recheck.numbers),
        cast(Excerpts, SimpleNamespace(made=made)),
        recheck.progress,
    )
    exact = recheck.summary["programs"].get("Workbench") == __version__
    for name in COLUMNS:
        expected = getattr(tables, name)() if name in WHOLE else None
        if name in PARTLY:
            expected = _looks(recheck) if name == "snapshots" else _logs(recheck, index)
        count = _compare(recheck, f"{layout.TABLES}/{name}", COLUMNS[name], expected, exact and name in WHOLE)
        if count is not None and recheck.summary["rows"].get(name) != count:
            recheck.problem("bundle-count", "", f"{layout.SUMMARY} ({name})")
    _compare(recheck, f"{layout.EVIDENCE}/objects", FILE_FACTS, tables.objects(), exact)


def _log_of(recheck: Recheck, about: Mapping[str, Any]) -> int:
    """The id of a log in the case that the bundle comes from: its places are named by the reading that found them."""
    reading = int(str(about["places"]).removesuffix(".jsonl").rpartition("-")[2])
    (own,) = recheck.numbers.moved("reading", np.array([reading], np.int64)).tolist()
    log = int(recheck.made.value("SELECT log FROM reading WHERE id = ?", (own,)) or 0)
    return int(recheck.numbers.old("log")[log])


def _looks(recheck: Recheck) -> Iterator[Row]:
    """The looks as the case of the bundle has them; scope and status as the chain vouches for them, where it does."""
    old = recheck.numbers.old("snapshot")
    for row, source, kind, basis, scope, name, status in recheck.made.all(
        "SELECT n.id, s.name, s.kind, n.basis, n.scope, n.name, e.status FROM snapshot n "
        "JOIN source s ON s.id = n.source LEFT JOIN snapshot_end e ON e.snapshot = n.id ORDER BY n.observed, n.id"
    ):
        own = int(old[row])
        told = {"id": own, "source": source, "kind": kind, "basis": basis, "name": name}
        if own in recheck.looks:
            told["scope"] = recheck.looks[own]
        elif scope == "complete":
            told["scope"] = scope
        if own in recheck.ends:
            told["status"] = recheck.ends[own]
        elif status not in (None, "partial"):
            told["status"] = status
        yield told


def _logs(recheck: Recheck, index: list[dict[str, Any]]) -> Iterator[Row]:
    for each in index:
        about = {name: each[name] for name in ("log", "size", "name", "source", "compression", "content_sha256")}
        excerpt = each["excerpt"]
        yield {**about, "excerpt": excerpt["sha256"], "excerpt_lines": excerpt["lines"], "problem": each["problem"]}


def _compare(
    recheck: Recheck, stem: str, columns: tuple[str, ...], expected: Iterator[Row] | None, exact: bool
) -> int | None:
    """Are the JSON lines what is expected, and the CSV what the JSON lines are? Returns how many rows there are."""
    sizes = recheck.bag.files.sizes
    if f"{stem}.jsonl" not in sizes or f"{stem}.csv" not in sizes:
        return None  # told already
    count = 0
    told = 0
    missing: Any = object()
    with (
        recheck.bag.files.open(f"{stem}.csv") as raw,
        io.TextIOWrapper(raw, "utf-8", errors="strict", newline="") as text,
    ):
        sheet = csv.reader(text, strict=True)
        header = next(sheet, [])
        names = [name.removeprefix(BOM) for name in header[:1]] + header[1:]
        if (exact and names != [*columns, "guarded"]) or names[-1:] != ["guarded"]:
            recheck.problem("bundle-table-differs", "", f"{stem}.csv (columns)")
            return None
        rows = map(plain_json, recheck.lines(f"{stem}.jsonl"))
        for number, (row, cell) in enumerate(zip_longest(rows, sheet, fillvalue=missing), start=1):
            if row is missing or cell is missing or cells(names[:-1], row) != cell:
                recheck.problem("bundle-table-differs", "", f"{stem}.csv {number}")
                told += 1
            if row is not missing:
                count += 1
                wanted = None if expected is None else next(expected, missing)
                if wanted is missing or (wanted is not None and not _same(wanted, row, exact)):
                    recheck.problem("bundle-table-differs", "", f"{stem}.jsonl {number}")
                    told += 1
            if told >= 20:
                break
        else:
            if expected is not None and next(expected, missing) is not missing:
                recheck.problem("bundle-table-differs", "", f"{stem}.jsonl {count + 1}")
    return count


def _same(wanted: Row, row: Any, exact: bool) -> bool:
    if not isinstance(row, dict):
        return False
    if exact:
        return _typed(wanted) == _typed(row)
    return all(name not in row or name in WORDS or _typed(row[name]) == _typed(value) for name, value in wanted.items())


def _typed(value: Any) -> str:
    """As JSON, in which true differs from 1, and 1 from 1.0."""
    return json.dumps(value, sort_keys=True)
