"""The one SQLite library of the process and how its connections are set up.

Two SQLite libraries on one open file drop each other's POSIX locks, so the choice is made here, once. A plain
``open``/``close`` of the case file by anything else in the process does the same harm: `sniff` is for files that
are not open yet.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote_from_bytes

from workbench.core.errors import Cancelled, UserError
from workbench.core.files import open_file

if TYPE_CHECKING:
    from sqlite_utils import Database

Connection = sqlite3.Connection
Error = sqlite3.Error
OperationalError = sqlite3.OperationalError
DatabaseError = sqlite3.DatabaseError

APPLICATION_ID = 0x57424331
"""``WBC1``, in the file header at byte 68."""
SCHEMA = 3
"""``user_version`` of the cases that this program writes. Larger ones are refused."""
BUSY_MS = 10_000
MINIMUM = (3, 40, 0)


def check_library() -> None:
    """Refuse an SQLite that lacks what the case needs; raises `UserError`."""
    if sqlite3.sqlite_version_info < MINIMUM:
        raise UserError("sqlite-too-old", version=sqlite3.sqlite_version, needed=".".join(map(str, MINIMUM)))


_open: Counter[tuple[int, int]] = Counter()
_open_lock = threading.Lock()


@contextmanager
def held_open(path: Path) -> Iterator[None]:
    """Say that this process has the case open, so that nothing but SQLite touches its file. Any thread."""
    key = _identity(path)
    with _open_lock:
        _open[key] += 1
    try:
        yield
    finally:
        with _open_lock:
            _open[key] -= 1


def _identity(path: Path) -> tuple[int, int]:
    facts = path.stat()
    return facts.st_dev, facts.st_ino


def sniff(path: Path) -> int | None:
    """The schema number of a case file; null when it is no case.

    Reads the 100-byte header (SQLite file format §1.3); of a case that is open in this process through SQLite, because
    closing the file would drop its locks. Raises `UserError` when the file cannot be read.
    """
    with suppress(OSError):
        with _open_lock:
            ours = _open[_identity(path)] > 0
        if ours:
            with closing(connect_reader(path)) as conn:
                (number,) = conn.execute("PRAGMA application_id").fetchone()
                (version,) = conn.execute("PRAGMA user_version").fetchone()
            return int(version) if number == APPLICATION_ID else None
    try:
        with open_file(path) as file:
            header = file.read(100)
    except FileNotFoundError:
        raise UserError("case-not-found", path=path.name) from None
    except OSError as error:
        raise UserError("case-unreadable", path=path.name, reason=error.strerror or str(error)) from None
    if len(header) < 100 or not header.startswith(b"SQLite format 3\0"):
        return None
    if int.from_bytes(header[68:72], "big") != APPLICATION_ID:
        return None
    return int.from_bytes(header[60:64], "big")


def uri(path: Path, options: str) -> str:
    """A ``file:`` address in which ``#``, ``?`` and ``%`` of a name do no harm."""
    return f"file:{quote_from_bytes(os.fsencode(path.absolute()))}?{options}"


def connect_writer(path: Path, *, create: bool = False) -> Connection:
    """The read-write connection: no implicit transactions, no automatic checkpoints, every commit on the disk."""
    return _connect(
        uri(path, f"mode={'rwc' if create else 'rw'}"),
        *(("page_size=8192",) if create else ()),
        "journal_mode=WAL",
        "synchronous=FULL",
        *(("fullfsync=ON",) if sys.platform == "darwin" else ()),
        "wal_autocheckpoint=0",
        "journal_size_limit=0",  # cut when it begins anew: its size then says what is to be folded in
        "foreign_keys=ON",
        "recursive_triggers=ON",
        "trusted_schema=OFF",
        "cache_size=-32000",
        "temp_store=MEMORY",
    )


def connect_reader(path: Path, *, immutable: bool = False) -> Connection:
    """A read-only connection. `immutable` takes no locks and ignores a write-ahead log: only for media that nobody can
    write, and where there is none.
    """
    return _connect(
        uri(path, "immutable=1" if immutable else "mode=ro"),
        "query_only=ON",
        "trusted_schema=OFF",
        "wal_autocheckpoint=0",
        "cache_size=-16000",
        "temp_store=MEMORY",
    )


def connect_plain(path: Path) -> Connection:
    """A read-write connection to a disposable file beside the case."""
    return _connect(uri(path, "mode=rwc"))


def _connect(address: str, *pragmas: str) -> Connection:
    check_library()
    conn = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False, timeout=BUSY_MS / 1000)
    try:
        for each in (f"busy_timeout={BUSY_MS}", *pragmas):
            conn.execute(f"PRAGMA {each}")
    except BaseException:
        conn.close()
        raise
    return conn


def may_write(path: Path) -> bool:
    """Could this account write the file and beside it?"""
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def wal_of(path: Path) -> Path:
    """Where SQLite keeps the write-ahead log of a file."""
    return path.with_name(path.name + "-wal")


def has_wal(path: Path) -> bool:
    """Are there changes that are not folded in yet?"""
    try:
        return wal_of(path).stat().st_size > 0
    except OSError:
        return False


def fold_in(path: Path) -> None:
    """Remove what reading left beside a file: SQLite does so when the last connection closes that may write."""
    if wal_of(path).exists() and not has_wal(path) and may_write(path):
        with suppress(Error), closing(_connect(uri(path, "mode=rw"))) as conn:
            conn.execute("SELECT 1 FROM sqlite_master").fetchone()


_WORDS = (
    ("interrupted", None),
    ("disk is full", "disk-full"),
    ("readonly", "case-read-only"),
    ("locked", "case-busy"),
    ("disk I/O error", "case-io-error"),
    ("unable to open", "case-gone"),
    ("malformed", "case-damaged"),
    ("not a database", "case-damaged"),
)
_NUMBERS = {errno.ENOSPC: "disk-full", errno.EDQUOT: "disk-full", errno.EROFS: "case-read-only"}


def in_words(error: BaseException) -> BaseException:
    """Give the storage errors that a person can do something about their sentence; others come back as they are."""
    code: str | None = None
    if isinstance(error, sqlite3.DatabaseError):
        code = next((code for needle, code in _WORDS if needle in str(error)), "")
        if code is None:
            return Cancelled()
    elif isinstance(error, OSError):
        code = _NUMBERS.get(error.errno or 0)
    if not code:
        return error
    known = UserError(code)
    known.__cause__ = error
    return known


def connect_memory() -> Connection:
    """An empty database in memory."""
    return sqlite3.connect(":memory:")


def database(conn: Connection) -> Database:
    """The connection as sqlite-utils sees it. Imported here because it costs a tenth of a second."""
    from sqlite_utils import Database

    return Database(conn)
