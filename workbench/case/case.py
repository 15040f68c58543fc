"""A case: one SQLite file and its evidence folder, opened once, used from every thread.

``case.run(ops.marks.tag, targets, "knife")`` changes it, ``case.read(queries.origins.table, filter)`` asks it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, TypeVar

from workbench.case import driver
from workbench.case.columns import Columns
from workbench.case.evidence import Evidence
from workbench.case.operation import Operation, operation
from workbench.case.previews import Previews
from workbench.case.readers import Reader, Readers, moment, reader_factory
from workbench.case.transaction import Transaction
from workbench.case.uids import uuid7
from workbench.case.writer import Done, Writer
from workbench.core import times
from workbench.core.errors import UserError
from workbench.core.event import Event

P = ParamSpec("P")
R = TypeVar("R")

SUFFIX = ".wbcase"
NETWORK = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "fuse.rclone", "afpfs", "webdav", "fuse.davfs2"}
SYNCED = ("dropbox", "onedrive", "google drive", "googledrive", "icloud", "nextcloud", "owncloud", "syncthing")


class Case:
    """An open case. Made by `create` and `open_case`; `close` waits for everything."""

    def __init__(self, path: Path, *, writable: bool, clock: Callable[[], int] = times.now) -> None:
        self.path = path
        self.writable = writable
        self.changed: Event[[Done[Any]]] = Event()
        """Told after each commit of this process, in the writer thread."""
        self._actor: str | None = None
        self.evidence = Evidence(evidence_folder(path))
        immutable = not writable and not _has_wal(path)
        writer_conn = driver.connect_writer(path) if writable else None
        conn = writer_conn or driver.connect_reader(path, immutable=immutable)
        try:
            self.uid = _uid(conn)
        except driver.Error:
            conn.close()
            raise UserError("not-a-case", path=path.name) from None
        except BaseException:
            conn.close()
            raise
        self.previews = Previews(self.evidence.folder / "previews.sqlite", writable=writable)
        self.columns = Columns(self.evidence.folder / "columns", self.uid, writable=writable and self.evidence.present)
        self._make_reader = reader_factory(path, immutable, self.columns, self.evidence, self.previews, self.uid)
        self._readers = Readers(self._make_reader)
        self._writer: Writer | None = None
        if writer_conn is not None:
            self._writer = Writer(path, writer_conn, self.uid, self.evidence, self.columns, self.changed.emit, clock)
        else:
            conn.close()

    # changing

    def submit(self, op: Operation[P, R], *args: P.args, **kwargs: P.kwargs) -> Future[Done[R]]:
        """Queue an op in the name of `actor`."""
        if self._writer is None:
            raise UserError("case-read-only")
        return self._writer.submit(op, self.actor, args, kwargs)

    def run(self, op: Operation[P, R], *args: P.args, **kwargs: P.kwargs) -> Done[R]:
        """Do an op and wait for its commit."""
        return self.submit(op, *args, **kwargs).result()

    # asking

    def read(self, query: Callable[Concatenate[Reader, P], R], *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Ask in a reader thread."""
        return self._readers.submit(query, *args, **kwargs)

    def ask(self, query: Callable[Concatenate[Reader, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Ask and wait."""
        return self.read(query, *args, **kwargs).result()

    @contextmanager
    def reader(self) -> Iterator[Reader]:
        """A reader in the calling thread, for answers that are streamed: one connection, one moment."""
        reader = self._make_reader()
        try:
            with moment(reader.conn):
                yield reader
        finally:
            reader.conn.close()

    def supersede(self, future: Future[Any]) -> None:
        """Stop a query whose answer nobody waits for."""
        self._readers.supersede(future)

    @property
    def actor(self) -> str:
        """In whose name ops are done: set by the user of this program, else the case's examiner."""
        if self._actor is None:
            self._actor = self.setting("examiner") or "examiner"
        return self._actor

    @actor.setter
    def actor(self, name: str) -> None:
        self._actor = name

    def setting(self, key: str) -> str | None:
        """The current value of a setting of the case."""
        return self.ask(read_setting, key)

    def close(self) -> None:
        """Readers first, then the writer, so that SQLite can fold the write-ahead log in and remove it."""
        self._readers.close()
        if self._writer is not None:
            self._writer.close()
        self.previews.close()
        self.evidence.close()

    def __enter__(self) -> Case:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read_setting(reader: Reader, key: str) -> str | None:
    """The current value of a setting."""
    value = reader.value("SELECT value FROM setting WHERE key = ? ORDER BY id DESC LIMIT 1", (key,))
    return None if value is None else str(value)


def data_version(reader: Reader) -> int:
    """Changes when another process, or the writer, has committed."""
    return reader.stamp


@operation("case.create")
def _create(tx: Transaction, settings: dict[str, str | None]) -> None:
    """Begin a case with its title, examiner and number."""
    given = {key: value for key, value in settings.items() if value is not None}
    tx.append("setting", key=list(given), value=list(given.values()))
    tx.arguments.update({key: value for key, value in given.items() if key != "uid"})


@operation("case.settings")
def change_settings(tx: Transaction, settings: dict[str, str | None]) -> None:
    """Change the title, examiner, number or another setting of the case."""
    tx.append("setting", key=list(settings), value=list(settings.values()))
    tx.arguments.update(settings)


def create(
    path: Path,
    title: str | None = None,
    examiner: str | None = None,
    number: str | None = None,
    *,
    clock: Callable[[], int] = times.now,
    uid: bytes | None = None,
) -> Case:
    """Make a new case and open it. Raises `UserError` where something lies already or cannot be written."""
    from workbench.case.migrations import migrate

    if path.suffix != SUFFIX:
        path = path.with_name(path.name + SUFFIX)
    folder = evidence_folder(path)
    if os.path.lexists(path) or os.path.lexists(folder):
        raise UserError("case-exists", path=path.name)
    uid = uid or uuid7()
    settings = {"uid": uid.hex(), "title": title or path.stem, "examiner": examiner, "number": number}
    made = False
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Made aside and renamed, so that a kill leaves no half case under the name that was asked for.
        draft = path.with_name(f".{path.name}.{uid.hex()}.new")
        conn = driver.connect_writer(draft, create=True)
        try:
            migrate(conn)
            conn.execute("BEGIN IMMEDIATE")
            tx = Transaction(conn, clock(), examiner or "examiner", uid)
            _create.function(tx, settings)
            tx.finish(_create.name)
            conn.execute("COMMIT")
            conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            conn.close()
        Evidence(folder).create()
        draft.rename(path)
        made = True
    except driver.Error as error:
        raise UserError("case-cannot-create", path=path.name, reason=str(error)) from None
    except OSError as error:
        raise UserError("case-cannot-create", path=path.name, reason=error.strerror or str(error)) from None
    finally:
        if not made:
            for left in path.parent.glob(f".{path.name}.{uid.hex()}.new*"):
                with suppress(OSError):
                    left.unlink()
    return Case(path, writable=True, clock=clock)


def open_case(
    path: Path, *, write: bool = True, allow_risky: bool = False, clock: Callable[[], int] = times.now
) -> Case:
    """Open a case. Raises `UserError` for what is no case, newer, unreadable, or in a risky place.

    Without `write`, or where the medium cannot be written, nothing is changed, not even beside the file.
    """
    found = driver.sniff(path)
    if found is None:
        raise UserError("not-a-case", path=path.name)
    if found > driver.SCHEMA:
        raise UserError("case-newer", path=path.name, found=found, known=driver.SCHEMA)
    if write:
        if not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
            raise UserError("case-read-only")
        if not allow_risky and (risk := risky_place(path)):
            raise UserError("case-risky-place", path=path.name, place=risk)
    elif _has_wal(path) and not os.access(path.parent, os.W_OK):
        raise UserError("case-wal-read-only", path=path.name)
    try:
        return Case(path, writable=write, clock=clock)
    except driver.Error as error:
        raise UserError("case-unreadable", path=path.name, reason=str(error)) from None


def evidence_folder(path: Path) -> Path:
    """``NAME.evidence`` beside ``NAME.wbcase``."""
    return path.with_suffix(".evidence")


def risky_place(path: Path) -> str | None:
    """Network and synchronised folders, where a database can be damaged; null when none is recognised."""
    lower = [part.lower() for part in path.absolute().parts]
    for name in SYNCED:
        if any(part == name or part.startswith((name + " ", name + "-", name + "(")) for part in lower):
            return name
    if sys.platform == "linux":
        best = ("", "")
        with suppress(OSError), open("/proc/self/mounts", encoding="utf-8", errors="replace") as mounts:  # noqa: PTH123
            for line in mounts:
                _, where, kind, *_ = line.split(" ")
                where = where.replace("\\040", " ")
                if str(path.absolute()).startswith(where.rstrip("/") + "/") and len(where) > len(best[0]):
                    best = (where, kind)
        if best[1] in NETWORK:
            return best[1]
    return None


def _uid(conn: driver.Connection) -> bytes:
    with moment(conn):
        row = conn.execute("SELECT value FROM setting WHERE key = 'uid' ORDER BY id LIMIT 1").fetchone()
    if row is None:
        raise UserError("case-incomplete")
    return bytes.fromhex(row[0])


def _has_wal(path: Path) -> bool:
    wal = path.with_name(path.name + "-wal")
    return wal.exists() and wal.stat().st_size > 0
