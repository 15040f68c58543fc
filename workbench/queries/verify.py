"""Is the case what it was? Every byte, every row digest, every chain link is computed again."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from typing import BinaryIO

from workbench.case import custody, driver, schema
from workbench.case.checking import surrogates
from workbench.case.custody import RowSet
from workbench.case.inventory import inventory
from workbench.case.readers import Reader
from workbench.case.transaction import TEXT_KINDS, column_names
from workbench.core.errors import UserError
from workbench.core.messages import Message
from workbench.core.progress import Progress
from workbench.core.times import SECOND
from workbench.queries import anchors, covering


@dataclass(frozen=True)
class Problem:
    """Something that is not what it was. `where` names the place: an object's hash, ``event op 12``, ``op 7``."""

    kind: str
    where: str

    @property
    def text(self) -> str:
        """The sentence for people."""
        return Message(f"verify-{self.kind}", {"where": self.where}).text()


@dataclass(frozen=True)
class Verified:
    """What a check came to."""

    checked: int
    problems: tuple[Problem, ...]
    ops: int
    rows: int
    objects: int
    exchanges: int
    head: bytes
    warnings: tuple[Message, ...] = ()
    """What is no proof of a change, and has to be known all the same."""

    @property
    def ok(self) -> bool:
        """Nothing is wrong."""
        return not self.problems


def verify(reader: Reader, progress: Progress | None = None, *, folder: bool = True) -> Verified:
    """Check the case: the file, the chain, the rows of every op, derived tables, the bytes of every object and of every
    exchange with a server, and what else lies in the evidence folder (unless `folder` is false: in a bundle, whose
    manifests speak of every file).

    Damage that stops one of the checks is a problem of its own, and the others go on. Raises `Cancelled`.
    """
    progress = progress or Progress()
    chain = _Chain(reader, progress)
    objects = _Objects(reader, progress)
    warcs = _Warcs(reader, progress)
    left = Leftovers(reader)
    factory, reader.conn.text_factory = reader.conn.text_factory, surrogates
    try:
        problems = [
            problem
            for name, check in (
                ("header", lambda: _header(reader)),
                ("setting", lambda: _uid_cell(reader)),
                ("file", lambda: _file(reader, progress)),
                ("schema", lambda: _schema(reader)),
                ("chain", chain.check),
                ("rows", lambda: _unrecorded(reader)),
                ("marks", lambda: _marks(reader)),
                ("text index", lambda: _text_index(reader)),
                ("objects", objects.check),
                ("exchanges", warcs.check),
                ("evidence folder", lambda: left.check() if folder else ()),
            )
            for problem in _surviving(name, check)
        ]
        warnings = [*_times(reader), *left.warnings] if folder else []
    finally:
        reader.conn.text_factory = factory
    unique = tuple(dict.fromkeys(problems))
    checked = chain.ops + chain.rows + objects.done + warcs.done
    return Verified(checked, unique, chain.ops, chain.rows, objects.done, warcs.done, chain.head, tuple(warnings))


def version_by_tables(reader: Reader) -> int:
    """The newest version of which the file has a table: what the header says can be changed in a moment."""
    have = {name for (name,) in reader.all("SELECT name FROM sqlite_master WHERE type = 'table'")}
    return max((number for number, tables in enumerate(schema.ADDED, 1) if tables.keys() <= have), default=1)


def _version(reader: Reader) -> int:
    """Of the tables: the case of an older bundle is of an older version and has fewer."""
    said = int(reader.value("PRAGMA user_version"))
    return version_by_tables(reader) if said > driver.SCHEMA else max(said, version_by_tables(reader))


def _header(reader: Reader) -> Iterator[Problem]:
    """Does the file say that it is a case, and of the version whose tables it has?"""
    if int(reader.value("PRAGMA application_id")) != driver.APPLICATION_ID:
        yield Problem("header-changed", "application_id")
    said = int(reader.value("PRAGMA user_version"))
    if not 0 < said <= driver.SCHEMA or said < version_by_tables(reader):
        yield Problem("version-changed", str(said))


def _uid_cell(reader: Reader) -> Iterator[Problem]:
    """The cell without which the chain has no beginning that can be computed."""
    if not reader.case_uid:
        yield Problem("cell-damaged", "setting uid")


def _times(reader: Reader) -> Iterator[Message]:
    """Ops that were done, and looks that were made, before those that came before them: a clock was set back."""
    try:
        for seq, back in reader.all(
            "SELECT seq, before - time FROM (SELECT seq, time, lag(time) OVER (ORDER BY seq) AS before FROM op) "
            "WHERE before > time ORDER BY seq LIMIT 20"
        ):
            yield Message("verify-times-back", {"op": seq, "seconds": back // SECOND})
        for snapshot in covering.contradicting(reader):
            yield Message("looks-times-back", {"snapshot": snapshot})
    except (driver.DatabaseError, TypeError):
        return  # the checks of the file and of the chain have named the place


def _surviving(name: str, check: Callable[[], Iterable[Problem]]) -> Iterator[Problem]:
    try:
        yield from check()
    except driver.Error as error:
        if "interrupted" in str(error):
            raise
        yield Problem("file-damaged", f"{name}: {error}")
    except (TypeError, ValueError, OverflowError, struct.error) as error:
        yield Problem("file-damaged", f"{name}: a value of another kind than the program writes ({error})")
    except OSError as error:
        yield Problem("folder-unreadable", f"{name}: {error.strerror or error}")


def _file(reader: Reader, progress: Progress) -> Iterator[Problem]:
    """SQLite's own check: pages, rows, and that the indexes by which everything is found are those of the rows."""
    progress.stage("stage-verify-file")
    for (said,) in reader.all("PRAGMA integrity_check(20)"):
        if said != "ok":
            yield Problem("file-damaged", str(said))


class _Chain:
    """Walks the ops in order and computes each again."""

    def __init__(self, reader: Reader, progress: Progress) -> None:
        self.reader = reader
        self.progress = progress
        self.ops = 0
        self.rows = 0
        self.head = custody.genesis(reader.case_uid) if reader.case_uid else b""
        self._actors: dict[int, str] = {}

    def check(self) -> Iterator[Problem]:
        """Every op: is it there, is it what it was, does it follow from the one before, are its rows what they were?"""
        reader = self.reader
        self.progress.stage("stage-verify-chain", int(reader.value("SELECT count(*) FROM op")))
        self._actors = dict(reader.all("SELECT id, name FROM actor"))
        expected = 1
        for row in reader.conn.execute(
            "SELECT seq, uid, time, name, actor, arguments, undoes, actor_salt, actor_digest, arguments_salt, "
            "arguments_digest, prev, hash FROM op ORDER BY seq"
        ):
            yield from (Problem("op-missing", f"op {seq}") for seq in range(expected, row[0]))
            expected = row[0] + 1
            self.ops += 1
            self.progress.update(self.ops)
            yield from self._op(*row)
        yield from (Problem("op-missing", f"op {seq}") for seq in range(expected, self._highest() + 1))

    def _highest(self) -> int:
        """The highest number of an op that the file has any memory of: rows of its entry, or SQLite's own counter."""
        spoken_of = self.reader.value("SELECT ifnull(max(op), 0) FROM op_rows")
        counted = self.reader.value("SELECT ifnull(max(seq), 0) FROM sqlite_sequence WHERE name = 'op'")
        return max(int(spoken_of), int(counted))

    def _op(
        self,
        seq: int,
        uid: bytes,
        time: int,
        name: str,
        actor: int | None,
        arguments: str | None,
        undoes: int | None,
        actor_salt: bytes | None,
        actor_digest: bytes,
        arguments_salt: bytes | None,
        arguments_digest: bytes,
        prev: bytes,
        own: bytes,
    ) -> Iterator[Problem]:
        where = f"op {seq}"
        if prev != self.head and (self.head or seq > 1):
            yield Problem("chain-broken", where)
        named = None if actor is None else self._actors.get(actor)
        if named is None or actor_salt is None or custody.salted(actor_salt, named) != actor_digest:
            yield Problem("actor-changed", where)
        if arguments is None or arguments_salt is None or _digest(arguments_salt, arguments) != arguments_digest:
            yield Problem("arguments-changed", where)
        form = custody.op_form(
            seq=seq,
            uid=uid,
            time=time,
            name=name,
            undoes=undoes,
            actor=actor_digest,
            arguments=arguments_digest,
            rows=[RowSet(*each) for each in self._sets(seq)],
            prev=prev,
        )
        if custody.op_hash(form) != own:
            yield Problem("op-changed", where)
        yield from self._row_sets(seq)
        self.head = own

    def _sets(self, seq: int) -> list[tuple[str, int, int, int, bytes]]:
        return self.reader.all("SELECT tab, first, last, count, digest FROM op_rows WHERE op = ? ORDER BY tab", (seq,))

    def _row_sets(self, seq: int) -> Iterator[Problem]:
        for table, first, last, count, salt, digest in self.reader.all(
            "SELECT tab, first, last, count, salt, digest FROM op_rows WHERE op = ?", (seq,)
        ):
            self.progress.check()
            if table not in schema.RECORDED or salt is None or self._rows(table, first, last, count, salt) != digest:
                yield Problem("rows-changed", f"{table} op {seq}")

    def _rows(self, table: str, first: int, last: int, count: int, salt: bytes) -> bytes | None:
        """Digest of rows as they stand; null when they are not as many, or no text can be made of one."""
        names = column_names(table)
        found = self.reader.all(
            f"SELECT {', '.join(names)} FROM {table} WHERE id BETWEEN ? AND ? ORDER BY id", (first, last)
        )
        self.rows += len(found)
        if len(found) != count:
            return None
        columns = dict(zip(names, zip(*found, strict=True), strict=True))
        try:
            return custody.rows_digest(salt, table, first, columns)
        except UnicodeEncodeError:
            return None


def _digest(salt: bytes, arguments: str) -> bytes | None:
    """Digest of arguments as they stand: their text is their canonical form."""
    try:
        return custody.salted_text(salt, arguments)
    except UnicodeEncodeError:
        return None


def _schema(reader: Reader) -> Iterator[Problem]:
    """Are the tables and indexes, and the triggers that guard them, the ones that the program made?"""
    have = dict(reader.all("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
    expected = schema.expected(_version(reader))
    guards = {f"{table}_no_{verb}": f"{table} {verb}" for table in schema.GUARDED for verb in ("update", "delete")}
    for name, sql in expected.items():
        if have.get(name) != sql:
            yield Problem("guard-missing", guards[name]) if name in guards else Problem("schema-changed", name)
    for name in have.keys() - expected.keys() - schema.OTHERS:
        yield Problem("schema-changed", name)


def _unrecorded(reader: Reader) -> Iterator[Problem]:
    """Rows that no op speaks of."""
    for table in schema.recorded(_version(reader)):
        count, highest = reader.all(f"SELECT count(*), ifnull(max(id), 0) FROM {table}")[0]
        said, last = reader.all(
            "SELECT ifnull(sum(count), 0), ifnull(max(last), 0) FROM op_rows WHERE tab = ?", (table,)
        )[0]
        if count > said or highest > last:
            for (row,) in reader.all(
                f"SELECT id FROM {table} t WHERE NOT EXISTS (SELECT 1 FROM op_rows o WHERE o.tab = ? "
                "AND t.id BETWEEN o.first AND o.last) LIMIT 20",
                (table,),
            ):
                yield Problem("rows-unrecorded", f"{table} {row}")


def _marks(reader: Reader) -> Iterator[Problem]:
    """Are the current marks what the marks say?"""
    key = "kind, target_kind, target, actor, slot"
    latest = f"SELECT {key}, value, present, id FROM mark WHERE id IN (SELECT max(id) FROM mark GROUP BY {key})"
    now = f"SELECT {key}, value, present, mark FROM mark_now"
    differing = reader.all(
        f"SELECT DISTINCT target_kind, target FROM (SELECT * FROM ({latest} EXCEPT {now}) UNION ALL "
        f"SELECT * FROM ({now} EXCEPT {latest})) LIMIT 20"
    )
    for kind, target in differing:
        yield Problem("marks-derived", f"{kind} {target}")


def _text_index(reader: Reader) -> Iterator[Problem]:
    """Does the index that finds text speak of every text, and of nothing else?"""
    kinds = TEXT_KINDS
    wanted = (
        f"SELECT id * 4 + {kinds['path']} FROM path UNION ALL SELECT id * 4 + {kinds['mark']} FROM mark "
        "WHERE kind IN ('note', 'journal') AND value IS NOT NULL"
    )
    indexed = f"SELECT id FROM text_index_docsize WHERE id % 4 <> {kinds['fact']}"
    ((differing,),) = reader.all(
        f"SELECT count(*) FROM (SELECT * FROM (SELECT * FROM ({wanted}) EXCEPT {indexed}) UNION ALL "
        f"SELECT * FROM ({indexed} EXCEPT SELECT * FROM ({wanted})))"
    )
    if differing:
        yield Problem("text-index-derived", str(differing))


class _Objects:
    """Reads every object again, on two threads: hashing and reading release the interpreter."""

    def __init__(self, reader: Reader, progress: Progress) -> None:
        self.reader = reader
        self.progress = progress
        self.done = 0

    def check(self) -> Iterator[Problem]:
        """What is missing, damaged or unreadable."""
        reader = self.reader
        total = int(reader.value("SELECT count(*) FROM object"))
        self.progress.stage("stage-verify-objects", total)
        if total and not reader.evidence.present:
            yield Problem("evidence-missing", reader.evidence.folder.name)
            return
        rows = reader.conn.execute("SELECT sha256, size FROM object ORDER BY sha256")
        with ThreadPoolExecutor(2, "verify") as pool:
            while batch := rows.fetchmany(64):
                found = pool.map(lambda each: reader.evidence.check(*each), batch)
                for (sha256, _), wrong in zip(batch, found, strict=True):
                    self.done += 1
                    self.progress.update(self.done)
                    if wrong is not None:
                        yield Problem(wrong, sha256.hex())


class _Warcs:
    """Reads every exchange with a server again, and what else stands in the files that hold them."""

    def __init__(self, reader: Reader, progress: Progress) -> None:
        self.reader = reader
        self.progress = progress
        self.done = 0

    def check(self) -> Iterator[Problem]:
        """Files that are missing, exchanges that are not what they were, and bytes that no exchange accounts for."""
        if "exchange" not in schema.recorded(_version(self.reader)):
            return
        total = int(self.reader.value("SELECT count(*) FROM exchange"))
        self.progress.stage("stage-verify-exchanges", total)
        if total and not self.reader.evidence.present:
            yield Problem("evidence-missing", self.reader.evidence.folder.name)
            return
        for warc, name, is_open in self.reader.all(
            "SELECT w.id, w.name, w.snapshot IS NOT NULL AND NOT EXISTS "
            "(SELECT 1 FROM snapshot_end e WHERE e.snapshot = w.snapshot) FROM warc w ORDER BY w.id"
        ):
            try:
                with self.reader.evidence.warcs.open(name) as file:
                    yield from self._file(file, warc, name, is_open=bool(is_open))
            except UserError:
                yield Problem("warc-missing", name)
            except OSError:
                yield Problem("warc-unreadable", name)

    def _file(self, file: BinaryIO, warc: int, name: str, *, is_open: bool) -> Iterator[Problem]:
        at = 0
        for row, start, length, digest in self.reader.conn.execute(
            "SELECT id, start, length, sha256 FROM exchange WHERE warc = ? ORDER BY start", (warc,)
        ):
            if start != at and not (at == 0 and _is_information(file, start)):
                yield Problem("warc-unrecorded", f"{name} at {at}")
            file.seek(start)
            if _digest_of(file, length) != digest:
                yield Problem("warc-damaged", f"{name} exchange {row}")
            at = start + length
            self.done += 1
            self.progress.update(self.done)
        size = file.seek(0, 2)
        # What a look that is under way, or was killed, has written is spoken of by its next commit.
        if size > at and not is_open and not (at == 0 and _is_information(file, size)):
            yield Problem("warc-unrecorded", f"{name} at {at}")


def _digest_of(file: BinaryIO, length: int) -> bytes | None:
    """SHA-256 of the next bytes; null when there are not as many."""
    digest = sha256()
    while length > 0:
        block = file.read(min(length, 1 << 20))
        if not block:
            return None
        digest.update(block)
        length -= len(block)
    return digest.digest()


LARGEST_INFORMATION = 64 << 10


def _is_information(file: BinaryIO, length: int) -> bool:
    """Is the beginning of a file, of that length, one record that describes it (``warcinfo``)?"""
    if not 0 < length <= LARGEST_INFORMATION:
        return False
    file.seek(0)
    member = zlib.decompressobj(wbits=31)
    try:
        said = member.decompress(file.read(length), LARGEST_INFORMATION)
    except zlib.error:
        return False
    whole = member.eof and not member.unused_data
    return whole and said.startswith(b"WARC/1.") and b"\r\nWARC-Type: warcinfo\r\n" in said


LEFT_BY_A_KILL = 1024
"""Objects that a look or an intake which was cut off can leave without a row: what its batches and notes hold."""
LEFT_BY_ONE_FILE = 8
"""The same where no look and no reading of a log is cut off."""


class Leftovers:
    """What lies in the evidence folder and the case does not speak of."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.warnings: list[Message] = []

    def check(self) -> Iterator[Problem]:
        """What is planted, what a lost write-ahead log leaves, and into `warnings` what a kill leaves."""
        reader = self.reader
        evidence = reader.evidence
        if not evidence.present or (evidence.folder / "manifest-sha256.txt").exists():
            return
        yield from self._newest()
        open_looks = self._looks("NOT EXISTS (SELECT 1 FROM snapshot_end e WHERE e.snapshot = n.id)")
        looks = self._looks("1")
        files = self._known("SELECT name FROM warc") if "warc" in schema.recorded(_version(reader)) else set()
        unknown = 0
        for each in inventory(evidence.folder):
            match each.kind:
                case "object":
                    unknown += (
                        reader.value("SELECT 1 FROM object WHERE sha256 = ?", (bytes.fromhex(each.name),)) is None
                    )
                case "warc" if each.name not in files and looks:
                    if each.stem[-12:] not in looks:
                        yield Problem("newer-warc", each.place)
                    elif each.stem[-12:] not in open_looks:
                        yield Problem("stray-file", each.place)
                    else:
                        self.warnings.append(Message("verify-left-warc", {"where": each.place}))
                case "warc" if each.name not in files:
                    yield Problem("newer-warc", each.place)
                case "notes" if each.stem[-12:] not in looks:
                    yield Problem("newer-notes", each.place)
                case "stray" if self._is_an_object(each.name):
                    pass  # a folder in its place: the check of the objects has named it
                case "stray" | "link" | "special":
                    yield Problem(f"{each.kind}-file", each.place)
        if unknown:
            cut_off = bool(open_looks) or self._is_reading()
            if unknown > (LEFT_BY_A_KILL if cut_off else LEFT_BY_ONE_FILE):
                yield Problem("newer-objects", str(unknown))
            else:
                self.warnings.append(Message("verify-left-objects", {"count": unknown}))

    def _newest(self) -> Iterator[Problem]:
        """Does the chain lead through the last op that the evidence folder knows of?"""
        found = anchors.newest(self.reader)
        noted = self.reader.evidence.newest()
        if found is not None and noted is not None and not found.ok:
            kind = "case-older-than-evidence" if found.state == "rolled-back" else "case-of-another-evidence"
            yield Problem(kind, f"op {noted[0]}")

    def _looks(self, which: str) -> set[str]:
        """The ends of the names that files of looks have: the last digits of their uids."""
        return {
            bytes(uid).hex()[-12:]
            for (uid,) in self.reader.all(f"SELECT n.uid FROM snapshot n WHERE {which}")
            if isinstance(uid, bytes)
        }

    def _is_an_object(self, name: str) -> bool:
        if re.fullmatch(r"[0-9a-f]{64}", name) is None:
            return False
        return self.reader.value("SELECT 1 FROM object WHERE sha256 = ?", (bytes.fromhex(name),)) is not None

    def _known(self, sql: str) -> set[str]:
        return {str(name) for (name,) in self.reader.all(sql)}

    def _is_reading(self) -> bool:
        return (
            self.reader.value(
                "SELECT 1 FROM reading r WHERE NOT EXISTS (SELECT 1 FROM reading_end e WHERE e.reading = r.id)"
            )
            is not None
        )
