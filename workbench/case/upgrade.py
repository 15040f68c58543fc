"""Bringing a case of an older version up to today's: a copy beside it first, then the steps, as one logged op.

All of it happens in one write transaction of the case, so that a kill at any point leaves the case as it was or as it
is to be, and of two processes that open it at once one does the work.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from workbench.case import driver, schema
from workbench.case.durable import sync_folder
from workbench.case.locks import FileLock
from workbench.case.operation import operation
from workbench.case.secret import new_secret
from workbench.case.transaction import Transaction, display
from workbench.case.uids import uuid7
from workbench.core.errors import UserError

MOST_COPIES = 100
CHUNK = 1 << 20


@operation("case.migrate")
def _migrate(tx: Transaction, found: int, copy: Path, sha256: str) -> None:
    """Bring the tables of the case to a newer version; a copy of the case before lies beside it."""
    from workbench.case.migrations import apply

    apply(tx.conn)
    if found < 3:
        tx.add("case_key", value=new_secret())
    tx.arguments.update(
        {"from": found, "to": driver.SCHEMA, "copy": display(os.fsencode(copy.name)), "copy_sha256": sha256}
    )


def version_of(conn: driver.Connection) -> int:
    """The version of an open case, changes that are not folded in included."""
    return int(conn.execute("PRAGMA user_version").fetchone()[0])


def bring_up(path: Path, evidence: Path, clock: Callable[[], int]) -> Path | None:
    """Bring a case up to `driver.SCHEMA` and return its copy; null when another process has done it already.

    The copy is called ``NAME.before-v3.wbcase``, with a number where that name is taken by anything else. Raises
    `UserError` and `driver.Error`; the case is as before then.
    """
    with driver.held_open(path), closing(driver.connect_writer(path)) as conn:
        conn.execute("BEGIN IMMEDIATE")
        try:
            found = version_of(conn)
            if found >= driver.SCHEMA:
                conn.execute("ROLLBACK")
                return None
            have = {name for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if not found or have & schema.ADDED[found].keys():
                raise UserError("case-version-changed", path=path.name, found=found)
            copy, sha256 = _copied(path)
            tx = Transaction(conn, clock(), _setting(conn, "examiner") or "examiner", _uid(conn))
            _migrate.function(tx, found, copy, sha256)
            tx.finish(_migrate.name)
            conn.execute("COMMIT")
        except BaseException:
            if conn.in_transaction:
                conn.execute("ROLLBACK")
            raise
        with FileLock(evidence / "checkpoint.lock") as alone:
            if alone:
                conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return copy


def _setting(conn: driver.Connection, key: str) -> Any:
    row = conn.execute("SELECT value FROM setting WHERE key = ? ORDER BY id DESC LIMIT 1", (key,)).fetchone()
    return None if row is None else row[0]


def _uid(conn: driver.Connection) -> bytes:
    row = conn.execute("SELECT value FROM setting WHERE key = 'uid' ORDER BY id LIMIT 1").fetchone()
    if row is None:
        raise UserError("case-incomplete")
    try:
        return bytes.fromhex(row[0])
    except (TypeError, ValueError):
        raise UserError("case-damaged") from None


def _copied(path: Path) -> tuple[Path, str]:
    """The copy of the case as it is committed now, and its SHA-256. Called while nobody can write to the case."""
    stem = f"{path.stem}.before-v{driver.SCHEMA}"
    _remove_drafts(path.parent, stem)
    draft = path.with_name(f".{stem}.{uuid7().hex()}.new")
    try:
        with closing(driver.connect_reader(path)) as source, closing(driver.connect_plain(draft)) as target:
            source.backup(target)
        sha256 = _synced_digest(draft)
        return _named(draft, path, stem, sha256), sha256
    except OSError as error:
        known = driver.in_words(error)
        if isinstance(known, UserError):
            raise known from error
        raise UserError("case-cannot-copy", path=path.name, reason=error.strerror or str(error)) from error
    finally:
        for ending in ("", "-wal", "-shm", "-journal"):
            draft.with_name(draft.name + ending).unlink(missing_ok=True)


def _named(draft: Path, path: Path, stem: str, sha256: str) -> Path:
    """Give the draft a name that nothing has. What a run that was killed has copied already serves as it is."""
    for number in range(1, MOST_COPIES):
        name = path.with_name(f"{stem}{'' if number == 1 else f'-{number}'}{path.suffix}")
        if os.path.lexists(name):
            if name.is_file() and not name.is_symlink() and _digest(name) == sha256:
                return name
            continue
        try:
            os.link(draft, name)
        except FileExistsError:
            continue
        except OSError:
            draft.rename(name)  # a file system without links; the write lock of the case keeps others of us away
        sync_folder(path.parent)
        return name
    raise UserError("case-cannot-copy", path=path.name, reason=f"{stem} 1-{MOST_COPIES - 1}")


def _synced_digest(file: Path) -> str:
    with file.open("rb+") as stream:
        os.fsync(stream.fileno())
    return _digest(file)


def _digest(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(CHUNK):
            digest.update(block)
    return digest.hexdigest()


def _remove_drafts(folder: Path, stem: str) -> None:
    """Copies that were cut off. Whoever made them is dead: we hold the write lock of the case."""
    left = re.compile(rf"\.{re.escape(stem)}\.[0-9a-f]{{32}}\.new(-wal|-shm|-journal)?")
    with suppress(OSError):
        for each in folder.iterdir():
            if left.fullmatch(each.name):
                each.unlink(missing_ok=True)
