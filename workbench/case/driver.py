"""The one SQLite library of the process and how its connections are set up.

Two SQLite libraries on one open file drop each other's POSIX locks, so the choice is made here, once. A plain
``open``/``close`` of the case file by anything else in the process does the same harm: `sniff` is for files that
are not open yet.
"""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from workbench.core.errors import UserError

if TYPE_CHECKING:
    from sqlite_utils import Database

Connection = sqlite3.Connection
Error = sqlite3.Error
OperationalError = sqlite3.OperationalError
DatabaseError = sqlite3.DatabaseError

APPLICATION_ID = 0x57424331
"""``WBC1``, in the file header at byte 68."""
SCHEMA = 1
"""``user_version`` of the cases that this program writes. Larger ones are refused."""
BUSY_MS = 10_000
MINIMUM = (3, 40, 0)


def check_library() -> None:
    """Refuse an SQLite that lacks what the case needs; raises `UserError`."""
    if sqlite3.sqlite_version_info < MINIMUM:
        raise UserError("sqlite-too-old", version=sqlite3.sqlite_version, needed=".".join(map(str, MINIMUM)))


def sniff(path: Path) -> int | None:
    """The schema number of a case file that is not open in this process; null when it is no case.

    Reads the 100-byte header (SQLite file format §1.3). Raises `UserError` when the file cannot be read.
    """
    try:
        with path.open("rb") as file:
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
    return f"file:{quote(str(path.absolute()))}?{options}"


def connect_writer(path: Path, *, create: bool = False) -> Connection:
    """The read-write connection: no implicit transactions, no automatic checkpoints, every commit on the disk."""
    check_library()
    mode = "rwc" if create else "rw"
    conn = sqlite3.connect(
        uri(path, f"mode={mode}"), uri=True, isolation_level=None, check_same_thread=False, timeout=BUSY_MS / 1000
    )
    conn.execute(f"PRAGMA busy_timeout={BUSY_MS}")
    if create:
        conn.execute("PRAGMA page_size=8192")
    conn.execute("PRAGMA journal_mode=WAL")
    conn.execute("PRAGMA synchronous=FULL")
    if sys.platform == "darwin":
        conn.execute("PRAGMA fullfsync=ON")
    conn.execute("PRAGMA wal_autocheckpoint=0")
    conn.execute("PRAGMA foreign_keys=ON")
    conn.execute("PRAGMA recursive_triggers=ON")
    conn.execute("PRAGMA trusted_schema=OFF")
    conn.execute("PRAGMA cache_size=-32000")
    conn.execute("PRAGMA temp_store=MEMORY")
    return conn


def connect_reader(path: Path, *, immutable: bool = False) -> Connection:
    """A read-only connection. `immutable` ignores a write-ahead log: only for media where there is none."""
    check_library()
    options = "immutable=1" if immutable else "mode=ro"
    conn = sqlite3.connect(
        uri(path, options), uri=True, isolation_level=None, check_same_thread=False, timeout=BUSY_MS / 1000
    )
    conn.execute(f"PRAGMA busy_timeout={BUSY_MS}")
    conn.execute("PRAGMA query_only=ON")
    conn.execute("PRAGMA trusted_schema=OFF")
    conn.execute("PRAGMA wal_autocheckpoint=0")
    conn.execute("PRAGMA cache_size=-16000")
    conn.execute("PRAGMA temp_store=MEMORY")
    return conn


def connect_plain(path: Path) -> Connection:
    """A read-write connection to a disposable file beside the case."""
    check_library()
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=BUSY_MS / 1000)


def connect_memory() -> Connection:
    """An empty database in memory."""
    return sqlite3.connect(":memory:")


def database(conn: Connection) -> Database:
    """The connection as sqlite-utils sees it. Imported here because it costs a tenth of a second."""
    from sqlite_utils import Database

    return Database(conn)
