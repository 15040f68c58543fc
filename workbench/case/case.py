"""A case: one SQLite file and its evidence folder, opened once, used from every thread.

``case.run(ops.marks.tag, targets, "knife")`` changes it, ``case.read(queries.origins.table, filter)`` asks it.
"""

from __future__ import annotations

import os
import re
import sys
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, TypeVar

from workbench.case import driver
from workbench.case.columns import Columns
from workbench.case.durable import sync_folder
from workbench.case.evidence import Evidence
from workbench.case.operation import Operation, operation
from workbench.case.previews import Previews
from workbench.case.readers import Reader, Readers, moment, reader_factory
from workbench.case.secret import new_secret
from workbench.case.transaction import Transaction, display
from workbench.case.uids import uuid7
from workbench.case.upgrade import bring_up, version_of
from workbench.case.writer import Done, Writer
from workbench.core import times
from workbench.core.errors import UserError
from workbench.core.event import Event

P = ParamSpec("P")
R = TypeVar("R")

SUFFIX = ".wbcase"
NETWORK = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "fuse.rclone", "afpfs", "webdav", "fuse.davfs2"}
"""File systems of other computers, as Linux names them."""
SYNCED = (
    "dropbox",
    "onedrive",
    "google drive",
    "googledrive",
    "icloud",
    "mobile documents",
    "cloudstorage",
    "nextcloud",
    "owncloud",
    "syncthing",
)
"""Folders that a synchronising program keeps by default, in small letters."""


class Case:
    """An open case. Made by `create` and `open_case`; `close` waits for everything.

    A case that is forgotten, or open when the program ends, closes itself.
    """

    def __init__(
        self, path: Path, *, writable: bool, clock: Callable[[], int] = times.now, copied_to: Path | None = None
    ) -> None:
        self.path = path
        self.writable = writable
        self.changed: Event[[Done[Any]]] = Event()
        """Told after each commit of this process, in the writer thread."""
        self.copied_to = copied_to
        """Where the case lies as it was before this opening brought it to a newer version."""
        self._actor: str | None = None
        self.evidence = Evidence(evidence_folder(path))
        immutable = not writable and not driver.has_wal(path) and not driver.may_write(path)
        with ExitStack() as opened:
            opened.enter_context(driver.held_open(path))
            if not immutable:
                opened.callback(driver.fold_in, path)
            conn = driver.connect_writer(path) if writable else driver.connect_reader(path, immutable=immutable)
            with ExitStack() as checking:
                checking.callback(conn.close)
                self.uid = _uid(conn, path)
                if writable:
                    checking.pop_all()
            beside = writable and self.evidence.present
            self.previews = Previews(self.evidence.folder / "previews.sqlite", writable=beside)
            self.columns = Columns(self.evidence.folder / "columns", self.uid, writable=beside)
            self._make_reader = reader_factory(path, immutable, self.columns, self.evidence, self.previews, self.uid)
            opened.callback(self.evidence.close)
            opened.callback(self.previews.close)
            self._writer: Writer | None = None
            if writable:
                self._writer = Writer(path, conn, self.uid, self.evidence, self.columns, self.changed.emit, clock)
                opened.callback(self.columns.settle)
                opened.callback(self._writer.close)
            self._readers = Readers(self._make_reader)
            opened.callback(self._readers.close)
            self._finish = weakref.finalize(self, opened.pop_all().close)

    # changing

    def submit(self, op: Operation[P, R], *args: P.args, **kwargs: P.kwargs) -> Future[Done[R]]:
        """Queue an op in the name of `actor`."""
        if self._writer is None:
            raise UserError("case-read-only")
        return self._writer.submit(op, self.actor, args, kwargs)

    def run(self, op: Operation[P, R], *args: P.args, **kwargs: P.kwargs) -> Done[R]:
        """Do an op and wait for its commit. Not for listeners of `changed`: they would wait for themselves."""
        if self._writer is not None and self._writer.is_current_thread:
            raise RuntimeError("an op cannot wait for another one")
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
        """Readers first, then the writer, so that SQLite can fold the write-ahead log in and remove it. Closing twice
        does nothing.
        """
        self._finish()

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
    tx.add("case_key", value=new_secret())
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
    actor: str | None = None,
) -> Case:
    """Make a new case and open it, in the name of `actor` (the examiner if null). Raises `UserError` where something
    lies already or cannot be written.
    """
    if path.suffix != SUFFIX:
        path = path.with_name(path.name + SUFFIX)
    folder = evidence_folder(path)
    uid = uid or uuid7()
    settings = {
        "uid": uid.hex(),
        "title": title or display(os.fsencode(path.stem)),
        "examiner": examiner,
        "number": number,
    }
    # Made aside and given its name as the last step, so that a kill leaves no half case under that name.
    draft = path.with_name(f".{path.name}.{uid.hex()}.new")
    try:
        if os.path.lexists(path) or not _is_free(folder):
            raise UserError("case-exists", path=path.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        _make(draft, uid, settings, clock, actor or examiner or "examiner")
        Evidence(folder).create()
        _give_name(draft, path)
    except driver.Error as error:
        if os.path.lexists(path):  # another process was first, and cleared this draft away with what it found
            raise UserError("case-exists", path=path.name) from None
        raise UserError("case-cannot-create", path=path.name, reason=str(error)) from None
    except OSError as error:
        raise UserError("case-cannot-create", path=path.name, reason=error.strerror or str(error)) from None
    finally:
        _remove_drafts(path, uid)
    return Case(path, writable=True, clock=clock)


def _is_free(folder: Path) -> bool:
    """Nothing is there, or only the empty folders of a case whose making was cut off."""
    if not os.path.lexists(folder):
        return True
    return folder.is_dir() and all(
        each.name == "objects" and each.is_dir() and not any(each.iterdir()) for each in folder.iterdir()
    )


def _make(draft: Path, uid: bytes, settings: dict[str, str | None], clock: Callable[[], int], actor: str) -> None:
    """The tables, and the first op."""
    from workbench.case.migrations import migrate

    with closing(driver.connect_writer(draft, create=True)) as conn:
        migrate(conn)
        conn.execute("BEGIN IMMEDIATE")
        tx = Transaction(conn, clock(), actor, uid)
        _create.function(tx, settings)
        tx.finish(_create.name)
        conn.execute("COMMIT")
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _give_name(draft: Path, path: Path) -> None:
    """Never over a file that somebody else made in the meantime, where the file system can tell."""
    try:
        os.link(draft, path)
    except FileExistsError:
        raise UserError("case-exists", path=path.name) from None
    except OSError:
        if os.path.lexists(path):
            raise UserError("case-exists", path=path.name) from None
        draft.rename(path)
    sync_folder(path.parent)


def _remove_drafts(path: Path, uid: bytes | None = None) -> None:
    """Of this call, and when the case stands, of calls that were cut off before: one may be a second name of it."""
    with suppress(OSError):
        for left in path.parent.iterdir():
            mine = uid is not None and left.name.startswith(f".{path.name}.{uid.hex()}.new")
            if mine or (path.exists() and _DRAFT.fullmatch(left.name.removeprefix(f".{path.name}."))):
                left.unlink(missing_ok=True)


_DRAFT = re.compile(r"[0-9a-f]{32}\.new(-wal|-shm|-journal)?")


def open_case(
    path: Path, *, write: bool = True, allow_risky: bool = False, clock: Callable[[], int] = times.now
) -> Case:
    """Open a case. Raises `UserError` for what is no case, newer, unreadable, or in a risky place.

    With `write` an older case is copied and brought up to date first, see `Case.copied_to`. Without it, or where the
    medium cannot be written, nothing is changed, not even beside the file; an older case is ``case-older`` then.
    """
    found = driver.sniff(path)
    if found is None:
        raise UserError("not-a-case", path=path.name)
    if found > driver.SCHEMA:
        raise UserError("case-newer", path=path.name, found=found, known=driver.SCHEMA)
    if write:
        if not driver.may_write(path):
            raise UserError("case-read-only")
        if in_bundle(path):
            raise UserError("case-in-bundle", path=path.name)
        if not allow_risky and (risk := risky_place(path)):
            raise UserError("case-risky-place", path=path.name, place=risk)
    elif driver.has_wal(path) and not os.access(path.parent, os.W_OK):
        raise UserError("case-wal-read-only", path=path.name)
    try:
        if write and path.stat().st_nlink > 1:
            _remove_drafts(path)
        copy = bring_up(path, evidence_folder(path), clock) if write and found < driver.SCHEMA else None
        return Case(path, writable=write, clock=clock, copied_to=copy)
    except driver.Error as error:
        known = driver.in_words(error)
        raise (
            known if isinstance(known, UserError) else UserError("case-unreadable", path=path.name, reason=str(error))
        ) from None


def evidence_folder(path: Path) -> Path:
    """``NAME.evidence`` beside ``NAME.wbcase``; for the case in a bundle, the bundle's own evidence."""
    beside = path.with_suffix(".evidence")
    return path.parent.parent / "evidence" if not beside.exists() and in_bundle(path) else beside


def in_bundle(path: Path) -> bool:
    """Does a case lie in a bundle, as its record? Nothing may be written there: every byte is in the manifests."""
    return path.parent.name == "record" and (path.parent.parent / "evidence" / "manifest-sha256.txt").is_file()


def risky_place(path: Path) -> str | None:
    """Network and synchronised folders, where a database can be damaged; null when none is recognised."""
    real = Path(os.path.realpath(path))
    for place in (path.absolute(), real):
        for part in place.parts[:-1]:
            lower = part.lower()
            for name in SYNCED:
                if lower == name or lower.startswith((f"{name} ", f"{name}-", f"{name}(")):
                    return name
    kind = file_system_of(real) if sys.platform == "linux" else ""
    return kind if kind in NETWORK else None


def file_system_of(path: Path) -> str:
    """The type of the file system that holds an absolute path, by ``/proc/self/mounts``; empty when it is not told."""
    best = ("", "")
    with suppress(OSError), open("/proc/self/mounts", encoding="utf-8", errors="surrogateescape") as mounts:  # noqa: PTH123
        for line in mounts:
            _, where, kind, *_ = line.split(" ")
            where = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), where)
            if f"{path}/".startswith(where.rstrip("/") + "/") and len(where) >= len(best[0]):
                best = (where, kind)
    return best[1]


def _uid(conn: driver.Connection, path: Path) -> bytes:
    try:
        with moment(conn):
            version = version_of(conn)
            row = conn.execute("SELECT value FROM setting WHERE key = 'uid' ORDER BY id LIMIT 1").fetchone()
    except driver.Error as error:
        known = driver.in_words(error)
        raise known if isinstance(known, UserError) else UserError("not-a-case", path=path.name) from error
    if row is None:
        raise UserError("case-incomplete")
    if version < driver.SCHEMA:
        raise UserError("case-older", path=path.name, found=version, known=driver.SCHEMA)
    try:
        return bytes.fromhex(row[0])
    except (TypeError, ValueError):
        raise UserError("case-damaged") from None
