"""The tables of a bundle. They are read from the rebuilt case, which holds what may be told and nothing else, and
speak of rows by the ids that they have in the case that the bundle was made from.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from workbench.bundle import watchedtables
from workbench.bundle.excerpts import Excerpts
from workbench.bundle.formats import Row, write_table
from workbench.bundle.numbering import Renumbering
from workbench.bundle.selection import Selection
from workbench.bundle.watchchanges import Changed
from workbench.case import driver
from workbench.case.columns import Columns
from workbench.case.evidence import Evidence
from workbench.case.previews import Previews
from workbench.case.readers import Reader, moment
from workbench.case.uids import shown as shown_uid
from workbench.core.filter import Filter
from workbench.core.messages import Message
from workbench.core.progress import Progress
from workbench.core.times import Precision, rfc3339
from workbench.queries import changes, events, files, origins
from workbench.queries.changes import Change
from workbench.queries.shown import chunks, named

EVERYTHING = Filter(own=True)

FILE_FACTS = (
    "sha256",
    "commitment",
    "size",
    "media_type",
    "width",
    "height",
    "state",
    "paths",
    "snapshots",
    "first_seen",
    "last_seen",
    "modified",
    "modified_zone",
    "warnings",
)
COLUMNS: dict[str, tuple[str, ...]] = {
    "files": (*FILE_FACTS, "tags", "verdict", "exhibit"),
    "sightings": (
        "id",
        "snapshot",
        "path",
        "path_raw",
        "sha256",
        "state",
        "size_claimed",
        "modified",
        "zone",
        "precision",
        "etag",
        "record",
        "trusted",
        "rechecked",
    ),
    "snapshots": (
        "id",
        "source",
        "kind",
        "observed",
        "basis",
        "precision",
        "began",
        "ended",
        "status",
        "scope",
        "name",
        "uid",
    ),
    "events": (
        "time",
        "zone",
        "address",
        "peer",
        "forwarded",
        "address_rule",
        "action",
        "method",
        "path",
        "path_raw",
        "path_damaged",
        "status",
        "ok",
        "bytes_sent",
        "bytes_received",
        "user",
        "agent",
        "log",
        "line",
        "citations",
        "salvaged",
        "own",
        "matches",
    ),
    "origins": (
        "address",
        "country",
        "asn",
        "as_name",
        "labels",
        "events",
        "uploads",
        "uploads_failed",
        "upload_bytes",
        "first",
        "last",
        "claims",
    ),
    "changes": (
        "change",
        "path",
        "path_raw",
        "old_path",
        "old_path_raw",
        "sha256",
        "old_sha256",
        "size",
        "snapshot",
        "since",
    ),
    "marks": ("time", "actor", "target_kind", "target", "kind", "value", "present", "current"),
    "warnings": ("where", "where_raw", "line", "reason", "code", "raw", "raw_raw", "source", "snapshot"),
    "datasets": ("name", "release", "kind", "licence", "rows", "sha256"),
    "logs": (
        "log",
        "size",
        "name",
        "source",
        "format",
        "version",
        "zone_rule",
        "lines",
        "events",
        "rejected",
        "content_sha256",
        "content_size",
        "compression",
        "extends",
        "excerpt",
        "excerpt_lines",
        "problem",
    ),
    "timeline": ("start", "zone", "clock", "count", "uploads", "looked", "logged"),
    **watchedtables.COLUMNS,
}
"""Every table and the columns of its CSV."""


class CarriedEvidence(Evidence):
    """What the rebuilt case will find in the bundle: objects of the first case, and the excerpts."""

    def __init__(self, first: Evidence, excerpts: dict[bytes, Path]) -> None:
        super().__init__(first.folder)
        self._first = first
        self._excerpts = excerpts

    @property
    def present(self) -> bool:
        """The objects are on their way."""
        return True

    def has(self, sha256: bytes) -> bool:
        """Only rows of objects that were written are in the rebuilt case."""
        return True

    def open(self, sha256: bytes) -> BinaryIO:
        """A seekable stream of an object."""
        return self._excerpts[sha256].open("rb") if sha256 in self._excerpts else self._first.open(sha256)


@contextmanager
def rebuilt_reader(path: Path, uid: bytes, evidence: Evidence, scratch: Path) -> Iterator[Reader]:
    """A reader of the rebuilt case; its column cache lies in the scratch folder."""
    conn = driver.connect_reader(path, immutable=True)
    try:
        columns = Columns(scratch / "columns", uid)
        with moment(conn):
            yield Reader(conn, columns, evidence, Previews(scratch / "none", writable=False), uid)
    finally:
        conn.close()


@dataclass
class Tables:
    """Writes all tables. `reader` is of the first case, `made` of the rebuilt one."""

    reader: Reader
    made: Reader
    selection: Selection
    numbers: Renumbering
    excerpts: Excerpts
    progress: Progress
    changed: Changed = field(default_factory=Changed)
    """What the table of changes told, once that is written."""

    def write(self, folder: Path) -> dict[str, int]:
        """Write the tables of the record; returns the number of rows of each. The timeline is `charts`' own."""
        counts: dict[str, int] = {}
        for name in COLUMNS:
            if name != "timeline":
                counts[name] = write_table(folder, name, COLUMNS[name], self._watched(getattr(self, name)()))
        return counts

    def _watched(self, rows: Iterator[Row]) -> Iterator[Row]:
        for count, row in enumerate(rows):
            if count % 500 == 0:
                self.progress.check()
            yield row

    def files(self) -> Iterator[Row]:
        """One row an object, and one per listed file without bytes."""
        snapshots = self.numbers.old("snapshot")
        commitments = self._commitments()
        for number, row in enumerate(files.rows(self.made, EVERYTHING), start=1):
            row["exhibit"] = number
            row["snapshots"] = [int(snapshots[each]) for each in row["snapshots"]]
            said = (commitments.get(each["text"]) for each in row["warnings"])
            row["commitment"] = next(filter(None, said), None)
            yield row

    def _commitments(self) -> dict[str, str]:
        """The commitments to withheld files, by the sentence of their warning."""
        code = "bundle-withheld-committed"
        found = self.made.all("SELECT DISTINCT arguments FROM warning WHERE code = ?", (code,))
        told = [json.loads(arguments) for (arguments,) in found]
        return {Message(code, each).text(): each["commitment"] for each in told}

    def objects(self) -> Iterator[Row]:
        """The files without what people decided about them: for the evidence part."""
        for row in self.files():
            yield {name: value for name, value in row.items() if name not in ("tags", "verdict", "exhibit")}

    def sightings(self) -> Iterator[Row]:
        """One row a sighting."""
        old, snapshots = self.numbers.old("sighting"), self.numbers.old("snapshot")
        for row in files.sightings(self.made, EVERYTHING):
            row["id"] = int(old[row["id"]])
            row["snapshot"] = int(snapshots[row["snapshot"]])
            yield row

    def snapshots(self) -> Iterator[Row]:
        """Every look at the sources of the selection, with how it ended, whatever of it was selected."""
        mask = self.selection.masks["snapshot"]
        told = self.selection
        for (
            row,
            of,
            source,
            kind,
            observed,
            basis,
            precision,
            began,
            ended,
            status,
            scope,
            name,
            uid,
        ) in self.reader.all(
            "SELECT n.id, s.id, s.name, s.kind, n.observed, n.basis, n.precision, n.began, e.ended, e.status, n.scope, "
            "n.name, n.uid FROM snapshot n JOIN source s ON s.id = n.source "
            "LEFT JOIN snapshot_end e ON e.snapshot = n.id ORDER BY n.observed, n.id"
        ):
            if mask[row]:
                yield {
                    "id": row,
                    "source": told.source_name(of, source),
                    "kind": kind,
                    "observed": rfc3339(observed),
                    "basis": basis,
                    "precision": Precision(precision).word(),
                    "began": rfc3339(began),
                    "ended": rfc3339(ended),
                    "status": status or "running",
                    "scope": scope,
                    "name": told.look_name(row, name),
                    "uid": shown_uid(uid),
                }

    def events(self) -> Iterator[Row]:
        """One row a log event; `log` and `line` are those of the whole log."""
        old = self.numbers.old("sighting")
        for row in events.rows(self.made, EVERYTHING, self.whole_logs()):
            for match in row["matches"]:
                match["sighting"] = int(old[match["sighting"]])
            yield row

    def whole_logs(self) -> dict[int, str]:
        """Hashes of the whole logs by the id of their excerpts' logs: two of them may have the same excerpt."""
        names = {each.log: each.log_sha256 for each in self.excerpts.made}
        old = self.numbers.old("log").tolist()
        return {new: names[log] for new, log in enumerate(old) if log in names}

    def origins(self) -> Iterator[Row]:
        """One row an address."""
        return origins.rows(self.made, EVERYTHING)

    def changes(self) -> Iterator[Row]:
        """What changed between the compared looks of the first case, as far as it is selected."""
        masks = self.selection.masks
        for pair in changes.pairs(self.reader):
            if masks["snapshot"][pair.new]:
                told = [each for each in changes.changes(self.reader, pair) if masks["sighting"][each.shown]]
                for part in chunks(told):
                    fetched = changes.last_fetched(self.reader, part)
                    for change in part:
                        row = self._change(change, fetched.get(change, change.since))
                        self.changed.add(row)
                        yield row

    def _change(self, change: Change, since: int | None) -> Row:
        masks = self.selection.masks
        old_path = change.old_path if change.old_path is not None and masks["path"][change.old_path] else None
        objects = masks["object"]
        of = change.object if change.object and objects[change.object] else None
        old = change.old_object if change.old_object and objects[change.old_object] else None
        size = None if of is None else self.reader.value("SELECT size FROM object WHERE id = ?", (of,))
        return {
            "change": change.kind,
            **named("path", self._path(change.path)),
            **named("old_path", self._path(old_path)),
            "sha256": self._sha256(of),
            "old_sha256": self._sha256(old),
            "size": size,
            "snapshot": change.snapshot,
            "since": since if since is not None and masks["snapshot"][since] else None,
        }

    def _path(self, row: int | None) -> bytes | None:
        return None if row is None else self.reader.value("SELECT raw FROM path WHERE id = ?", (row,))

    def _sha256(self, row: int | None) -> str | None:
        found = None if row is None else self.reader.value("SELECT sha256 FROM object WHERE id = ?", (row,))
        return None if found is None else found.hex()

    def marks(self) -> Iterator[Row]:
        """Every mark, also those that are no longer in force."""
        for time, actor, kind, target, what, value, present, current in self.made.all(
            "SELECT m.time, a.name, m.target_kind, m.target, m.kind, m.value, m.present, n.mark IS NOT NULL "
            "FROM mark m JOIN actor a ON a.id = m.actor LEFT JOIN mark_now n ON n.mark = m.id ORDER BY m.id"
        ):
            yield {
                "time": rfc3339(time),
                "actor": actor,
                "target_kind": kind,
                "target": self._target(kind, target),
                "kind": what,
                "value": value,
                "present": bool(present),
                "current": bool(current),
            }

    def _target(self, kind: str, target: int) -> str | int | None:
        """What a mark speaks of, in the words of the command line."""
        if kind == "object":
            return str(self.made.value("SELECT sha256 FROM object WHERE id = ?", (target,)).hex())
        if kind == "address":
            return str(self.made.value("SELECT text FROM address WHERE id = ?", (target,)))
        if kind == "event":
            log, sha256, line = self.made.all(
                "SELECT l.id, o.sha256, e.line FROM event e JOIN reading r ON r.id = e.reading "
                "JOIN log l ON l.id = r.log JOIN object o ON o.id = l.object WHERE e.id = ?",
                (target,),
            )[0]
            return f"event:{self.whole_logs().get(log, sha256.hex())}:{line}"
        if kind in ("sighting", "snapshot", "match"):
            return f"{kind}:{int(self.numbers.old(kind)[target])}"
        return None

    def warnings(self) -> Iterator[Row]:
        """Log lines and items that could not be read."""
        snapshots = self.numbers.old("snapshot")
        for row in events.rejects(self.made):
            row["snapshot"] = None if row["snapshot"] is None else int(snapshots[row["snapshot"]])
            yield row

    def datasets(self) -> Iterator[Row]:
        """The data sets that were asked about the addresses, with their licences."""
        for name, release, kind, licence, rows, sha256 in self.made.all(
            "SELECT name, release, kind, licence, rows, sha256 FROM dataset ORDER BY id"
        ):
            yield {
                "name": name,
                "release": release,
                "kind": kind,
                "licence": licence,
                "rows": rows,
                "sha256": sha256.hex(),
            }

    def requests(self) -> Iterator[Row]:
        """One row an exchange with a server."""
        return watchedtables.requests(self.made, self.numbers)

    def charter(self) -> Iterator[Row]:
        """One row a charter."""
        return watchedtables.charters(self.reader, self.selection)

    def coverage(self) -> Iterator[Row]:
        """One row a folder and look."""
        return watchedtables.coverage(self.made, self.numbers)

    def logs(self) -> Iterator[Row]:
        """What each log was, how it was read, and what of it came along."""
        for each in self.excerpts.made:
            source, base, *found = self.reader.all(
                "SELECT s.id, b.id, o.sha256, o.size, l.name, s.name, r.format, r.version, r.zone_rule, e.lines, "
                "e.events, e.rejected, l.content_sha256, l.content_size, l.compression, x.sha256 FROM reading r "
                "JOIN log l ON l.id = r.log JOIN object o ON o.id = l.object JOIN source s ON s.id = l.source "
                "LEFT JOIN reading_end e ON e.reading = r.id LEFT JOIN log b ON b.id = l.extends "
                "LEFT JOIN object x ON x.id = b.object WHERE r.id = ?",
                (each.reading,),
            )[0]
            row = dict(zip(COLUMNS["logs"], found, strict=False))
            row["name"] = self.selection.log_name(each.log, row["name"])
            row["source"] = self.selection.source_name(source, row["source"])
            if base is not None and not self.selection.masks["log"][base]:
                row["extends"] = None
            for name in ("log", "content_sha256", "extends"):
                row[name] = None if row[name] is None else row[name].hex()
            yield {**row, "excerpt": each.sha256.hex(), "excerpt_lines": each.lines, "problem": each.problem}
