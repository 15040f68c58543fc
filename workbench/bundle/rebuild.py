"""The case of a bundle: made anew from the selected rows, with its own chain, never a copy of the case it came from.

Ids are given out afresh, so that they run without a gap. A log points at its excerpt. Bytes that are not in the bundle
leave their sightings *withheld*, with a warning that names them. A look of which not all sightings came along is
partial here, and declared to be, so that nothing that merely stayed behind can seem to have been removed.
"""

# ruff: noqa: S608 - SQL is put together from our own names

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from workbench.bundle.excerpts import Excerpt, Excerpts
from workbench.bundle.exchanges import Carried
from workbench.bundle.masks import STEP, Mask
from workbench.bundle.numbering import REFERS, TARGETS, Renumbering
from workbench.bundle.selection import Selection
from workbench.case import case as cases
from workbench.case import driver
from workbench.case.case import Case
from workbench.case.operation import operation
from workbench.case.readers import Reader
from workbench.case.secret import commitment
from workbench.case.transaction import Transaction, column_names
from workbench.case.uids import uuid7
from workbench.core.progress import Progress
from workbench.core.records import State, Status


@dataclass(frozen=True)
class Origin:
    """Where a rebuilt case comes from."""

    case_uid: bytes
    seq: int
    head: bytes
    title: str | None
    examiner: str | None
    number: str | None
    filter: dict[str, object]
    exporter: str


@operation("bundle.origin")
def origin(tx: Transaction, settings: dict[str, str | None], filter_json: dict[str, object]) -> None:
    """Say which case, at which point of its chain and by which filter, this one was made from."""
    tx.append("setting", key=list(settings), value=list(settings.values()))
    tx.arguments.update(settings)
    tx.arguments["filter"] = filter_json


@operation("bundle.rows")
def rows(tx: Transaction, table: str, columns: dict[str, list[Any]]) -> int:
    """Take rows of the selection over into this case."""
    ids = tx.append(table, **columns)
    if table == "path":
        tx.index_text("path", ids, columns["display"])
    tx.arguments.update(table=table, rows=len(ids))
    return len(ids)


@operation("bundle.marks")
def marks(tx: Transaction, columns: dict[str, list[Any]], authors: list[str]) -> int:
    """Take marks of the selection over, each in the name of its author."""
    known: dict[str, int] = {}
    for name in dict.fromkeys(authors):
        found = tx.value("SELECT id FROM actor WHERE name = ?", (name,))
        known[name] = int(found) if found is not None else tx.add("actor", uid=uuid7(), name=name)
    columns = {**columns, "actor": [known[name] for name in authors]}
    ids = tx.append("mark", **columns)
    names = ("target_kind", "target", "kind", "actor", "slot", "value", "present")
    tx.conn.executemany(
        f"INSERT INTO mark_now ({', '.join(names)}, mark) VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT DO UPDATE SET value = excluded.value, present = excluded.present, mark = excluded.mark",
        zip(*(columns[name] for name in names), ids, strict=True),
    )
    tx.touches("mark_now")
    noted = [
        (row, value)
        for row, kind, value in zip(ids, columns["kind"], columns["value"], strict=True)
        if kind in ("note", "journal") and value
    ]
    tx.index_text("mark", [row for row, _ in noted], [value for _, value in noted])
    tx.arguments.update(marks=len(ids))
    return len(ids)


def rebuild(
    reader: Reader,
    selection: Selection,
    excerpts: Excerpts,
    carried: Carried,
    lost: Mapping[int, str],
    come_from: Origin,
    path: Path,
    progress: Progress,
) -> Renumbering:
    """Make the case at `path`.

    `carried` says where its exchanges lie, `lost` which objects had no sound bytes, and why.
    """
    masks = dict(selection.masks)
    masks["event"] = selection.live
    masks["reading"] = masks["reading"] & _where_made(len(masks["reading"]), excerpts)
    for table in ("reading_end", "reject", "layout", "open_layout"):
        masks[table] = _pointing(reader, table, "reading", masks[table], masks["reading"])
    for table in ("match", "route"):
        masks[table] = _pointing(reader, table, "event", masks[table], masks["event"])
    here = selection.bytes_of.copy()
    here[list(lost)] = False
    masks["object"] = here
    for table in ("analysis", "fact"):
        masks[table] = _pointing(reader, table, "object", masks[table], here)
    numbers = Renumbering(masks)
    with cases.create(path, come_from.title, come_from.examiner, come_from.number) as case:
        case.actor = come_from.exporter
        _Rebuild(reader, selection, excerpts, carried, lost, numbers, case, progress).run(come_from)
    _settle(path)
    return numbers


def _where_made(size: int, excerpts: Excerpts) -> Mask:
    out = np.zeros(size, bool)
    out[[each.reading for each in excerpts.made]] = True
    return out


def _pointing(reader: Reader, table: str, column: str, own: Mask, keep: Mask) -> Mask:
    """Kept rows of a table whose column points at a kept row."""
    out = np.zeros(len(own), bool)
    cursor = reader.conn.execute(f"SELECT id, {column} FROM {table}")
    while found := cursor.fetchmany(STEP):
        ids, pointed = np.array(found, np.int64).T
        out[ids] = own[ids] & keep[pointed]
    return out


def _settle(path: Path) -> None:
    """One plain file, without a write-ahead log, so that it opens where nothing can be written."""
    conn = driver.connect_plain(path)
    try:
        conn.execute("PRAGMA journal_mode=DELETE")
    finally:
        conn.close()


class _Rebuild:
    def __init__(
        self,
        reader: Reader,
        selection: Selection,
        excerpts: Excerpts,
        carried: Carried,
        lost: Mapping[int, str],
        numbers: Renumbering,
        case: Case,
        progress: Progress,
    ) -> None:
        self.reader = reader
        self.selection = selection
        self.excerpts = excerpts
        self.carried = carried
        self.lost = lost
        self.numbers = numbers
        self.case = case
        self.progress = progress
        self.by_reading = {each.reading: each for each in excerpts.made}
        self.by_log: dict[int, Excerpt] = {}
        for each in excerpts.made:
            self.by_log.setdefault(each.log, each)
        self.log_objects: dict[int, int] = {}
        self.partial = self._partial()

    def run(self, come_from: Origin) -> None:
        self.case.run(
            origin,
            {
                "origin_case": come_from.case_uid.hex(),
                "origin_ops": str(come_from.seq),
                "origin_head": come_from.head.hex(),
            },
            come_from.filter,
        )
        for table in REFERS:
            self.progress.check()
            for columns in self._blocks(table):
                self.case.run(rows, table, columns)
            if table == "object":
                self._excerpt_objects()
        self._withheld_warnings()
        self._marks()

    def _blocks(self, table: str) -> Iterator[dict[str, list[Any]]]:
        names = column_names(table)
        mask = self.numbers.masks[table]
        change = getattr(self, f"_change_{table}", None)
        cursor = self.reader.conn.execute(f"SELECT id, {', '.join(names)} FROM {table} ORDER BY id")
        while found := cursor.fetchmany(STEP):
            kept = [row for row in found if mask[row[0]]]
            if not kept:
                continue
            ids, *values = (list(column) for column in zip(*kept, strict=True))
            columns = dict(zip(names, values, strict=True))
            if change is not None:
                change(ids, columns)
            for name, target in REFERS[table].items():
                if not (table == "log" and name == "object"):
                    columns[name] = self._mapped(target, columns[name])
            yield columns

    def _mapped(self, table: str, values: Sequence[int | None]) -> list[int | None]:
        new = self.numbers.new(table)
        return [None if value is None else int(new[value]) or None for value in values]

    # what is told differently here

    def _change_source(self, ids: list[int], columns: dict[str, list[Any]]) -> None:
        columns["name"] = list(map(self.selection.source_name, ids, columns["name"]))

    def _change_snapshot(self, ids: list[int], columns: dict[str, list[Any]]) -> None:
        columns["resume"] = [None] * len(ids)
        columns["name"] = list(map(self.selection.look_name, ids, columns["name"]))
        columns["scope"] = [
            "partial" if snapshot in self.partial else scope
            for snapshot, scope in zip(ids, columns["scope"], strict=True)
        ]

    def _change_snapshot_end(self, ids: list[int], columns: dict[str, list[Any]]) -> None:
        del ids
        columns["status"] = [
            Status.PARTIAL.value if status == Status.COMPLETE.value and snapshot in self.partial else status
            for status, snapshot in zip(columns["status"], columns["snapshot"], strict=True)
        ]

    def _change_sighting(self, ids: list[int], columns: dict[str, list[Any]]) -> None:
        carried = self.numbers.masks["object"]
        closed = self.selection.closed.get("sighting")
        if closed is not None:
            for at, row in enumerate(ids):
                if closed[row]:
                    for name in ("size_claimed", "etag", "headers"):
                        columns[name][at] = None
        columns["state"] = [
            state if of is None or carried[of] else State.WITHHELD.value
            for state, of in zip(columns["state"], columns["object"], strict=True)
        ]

    def _change_log(self, ids: list[int], columns: dict[str, list[Any]]) -> None:
        for at, log in enumerate(ids):
            excerpt = self.by_log.get(log)
            columns["name"][at] = self.selection.log_name(log, columns["name"][at])
            columns["object"][at] = self.log_objects[log]
            columns["content_sha256"][at] = excerpt.sha256 if excerpt else EMPTY
            columns["content_size"][at] = excerpt.size if excerpt else 0
            columns["compression"][at] = "plain"
            columns["extends"][at] = None
            columns["from_offset"][at] = columns["from_line"][at] = 0

    def _change_event(self, ids: list[int], columns: dict[str, list[Any]]) -> None:
        found = self.excerpts.offsets[ids]
        columns["start"] = np.maximum(found, 0).tolist()
        columns["length"] = np.where(found < 0, 0, columns["length"]).tolist()

    def _change_reject(self, ids: list[int], columns: dict[str, list[Any]]) -> None:
        for at, (row, reading) in enumerate(zip(ids, columns["reading"], strict=True)):
            offset = self.by_reading[reading].rejects.get(row)
            columns["start"][at] = offset or 0
            if offset is None:
                columns["length"][at] = 0

    def _change_exchange(self, ids: list[int], columns: dict[str, list[Any]]) -> None:
        """The records lie elsewhere here, and hold their bodies in full."""
        places = [self.carried.places[row] for row in ids]
        for name in ("start", "length", "sha256"):
            columns[name] = [getattr(each, name) for each in places]

    def _excerpt_objects(self) -> None:
        """Log rows point at their excerpts, which are objects of the bundle; each of them once."""
        wanted = {
            log: self.by_log[log].sha256 if log in self.by_log else EMPTY
            for log in np.flatnonzero(self.numbers.masks["log"]).tolist()
        }
        sizes = {each.sha256: each.size for each in self.excerpts.made} | {EMPTY: 0}
        hashes = sorted(set(wanted.values()))
        known = dict(self.reader_of_new(hashes))
        fresh = [each for each in hashes if each not in known]
        if fresh:
            self.case.run(rows, "object", {"sha256": fresh, "size": [sizes[each] for each in fresh]})
            known = dict(self.reader_of_new(hashes))
        self.log_objects = {log: known[sha256] for log, sha256 in wanted.items()}

    def reader_of_new(self, hashes: Sequence[bytes]) -> list[tuple[bytes, int]]:
        """Ids of objects in the new case."""
        found: list[tuple[bytes, int]] = []
        for at in range(0, len(hashes), 500):
            part = hashes[at : at + 500]
            marked = ",".join("?" * len(part))
            sql = f"SELECT sha256, id FROM object WHERE sha256 IN ({marked})"
            found += self.case.ask(_all, sql, part)
        return found

    def _partial(self) -> set[int]:
        """Looks of which some sightings, or some of their bytes' rows, stay behind."""
        mask = self.selection.masks["sighting"][1:]
        return set(np.unique(self.reader.arrays("sighting")["snapshot"][~mask]).tolist())

    def _withheld_warnings(self) -> None:
        """Name the bytes that a withheld sighting stands for."""
        open_hashes = self.selection.redaction.open_hashes
        code = "bundle-withheld" if open_hashes else "bundle-withheld-committed"
        reasons = dict.fromkeys(np.flatnonzero(self.selection.withheld).tolist(), code)
        reasons |= {row: f"bundle-{problem}" for row, problem in self.lost.items()}
        new_snapshot, new_path = self.numbers.new("snapshot"), self.numbers.new("path")
        mask = self.numbers.masks["sighting"]
        found: list[tuple[int, int, str, str]] = []
        for row in sorted(reasons):
            sha256, size = self.reader.all("SELECT sha256, size FROM object WHERE id = ?", (row,))[0]
            plain = {"sha256": sha256.hex(), "size": size}
            if reasons[row] == "bundle-withheld-committed":
                plain = {"commitment": commitment(self.reader, sha256, size)[1].hex()}
            arguments = json.dumps(plain, sort_keys=True)
            for sighting, snapshot, path in self.reader.all(
                "SELECT id, snapshot, path FROM sighting WHERE object = ? ORDER BY id", (row,)
            ):
                if mask[sighting]:
                    found.append((int(new_snapshot[snapshot]), int(new_path[path]), reasons[row], arguments))
        for at in range(0, len(found), STEP):
            part = found[at : at + STEP]
            columns = dict(
                zip(("snapshot", "path", "code", "arguments"), map(list, zip(*part, strict=True)), strict=True)
            )
            self.case.run(rows, "warning", {**columns, "object": [None] * len(part)})

    def _marks(self) -> None:
        mask = self.selection.masks["mark"]
        actors = dict(self.reader.all("SELECT id, name FROM actor"))
        hides = self.selection.redaction.hides
        numbered = enumerate(sorted(actors.items()), start=1)
        actors = {row: f"author {number}" if hides(name) else name for number, (row, name) in numbered}
        names = column_names("mark")
        cursor = self.reader.conn.execute(f"SELECT id, {', '.join(names)} FROM mark ORDER BY id")
        while found := cursor.fetchmany(STEP):
            kept = [dict(zip(names, row[1:], strict=True)) for row in found if mask[row[0]]]
            kept = [row for row in kept if self._target(row)]
            if kept:
                columns = {name: [row[name] for row in kept] for name in names if name != "actor"}
                self.case.run(marks, columns, [actors[row["actor"]] for row in kept])

    def _target(self, row: dict[str, Any]) -> bool:
        """Point a mark at the new row; false where that is not in this case."""
        kind = row["target_kind"]
        if kind in TARGETS:
            row["target"] = int(self.numbers.new(kind)[row["target"]])
            return bool(row["target"])
        return bool(kind == "case")


EMPTY = bytes.fromhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
"""SHA-256 of nothing: the excerpt of a log of which no line was read."""


def _all(reader: Reader, sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    return reader.all(sql, parameters)
