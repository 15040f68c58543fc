"""Opening a case only to check it: whatever its version, whatever is damaged, and nothing is changed.

What `open_case` refuses because nobody should work with it, `verify` has to be able to look into.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from workbench.case import driver, schema
from workbench.case.case import evidence_folder
from workbench.case.columns import Columns
from workbench.case.evidence import Evidence
from workbench.case.previews import Previews
from workbench.case.readers import Reader, moment
from workbench.case.upgrade import version_of
from workbench.core.errors import UserError


@contextmanager
def opened_to_check(path: Path) -> Iterator[Reader]:
    """One read-only moment of a case of any version that this program knows, or of what is left of one.

    `Reader.case_uid` is empty where the cell that holds it is damaged. Raises `UserError` for what is no SQLite file
    any more.
    """
    driver.sniff(path)
    if driver.has_wal(path) and not driver.may_write(path):
        raise UserError("case-wal-read-only", path=path.name)
    immutable = not driver.has_wal(path) and not driver.may_write(path)
    evidence = Evidence(evidence_folder(path))
    try:
        with driver.held_open(path):
            try:
                with closing(driver.connect_reader(path, immutable=immutable)) as conn:
                    conn.text_factory = surrogates
                    with moment(conn):
                        _refuse_newer(conn, path)
                        columns = Columns(evidence.folder / "columns", b"", writable=False)
                        previews = Previews(evidence.folder / "previews.sqlite", writable=False)
                        with closing(previews):
                            yield Reader(conn, columns, evidence, previews, uid_of(conn))
            finally:
                if not immutable:
                    driver.fold_in(path)
    except driver.Error as error:
        known = driver.in_words(error)
        if isinstance(known, UserError):
            raise known from error
        raise UserError("case-unreadable", path=path.name, reason=str(error)) from error
    finally:
        evidence.close()


def _refuse_newer(conn: driver.Connection, path: Path) -> None:
    """A version that is not known, with tables that are not known either, is no damage."""
    found = version_of(conn)
    if found <= driver.SCHEMA:
        return
    have = {name for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if have - schema.expected().keys() - schema.OTHERS:
        raise UserError("case-newer", path=path.name, found=found, known=driver.SCHEMA)


def surrogates(raw: bytes) -> str:
    """Text that is no UTF-8 any more must not stop a check; its digest differs."""
    return raw.decode("utf-8", "surrogateescape")


def uid_of(conn: driver.Connection) -> bytes:
    """The case's uid, by its cell; empty where that is damaged."""
    with suppress(driver.Error):
        row = conn.execute("SELECT value FROM setting WHERE key = 'uid' ORDER BY id LIMIT 1").fetchone()
        if row is not None and isinstance(row[0], str) and re.fullmatch(r"[0-9a-f]{32}", row[0]):
            return bytes.fromhex(row[0])
    return b""
