"""Recorded migrations. Each step is plain SQL, in one transaction with the row that records it, and never changes
once shipped: yesterday's step must do in five years what it did yesterday, so it calls nothing of today's program
but the frozen text of its own version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlite_utils import Migrations

from workbench.case import driver, schema_1, schema_2, schema_3

if TYPE_CHECKING:
    from sqlite_utils import Database

migrations = Migrations("workbench")


@migrations(name="0001_first_schema")
def first_schema(db: Database) -> None:
    """The tables of version 1."""
    for statement in schema_1.statements():
        db.conn.execute(statement)


@migrations(name="0002_watched_servers")
def watched_servers(db: Database) -> None:
    """Version 2: how a server is watched, its charter, and every exchange with it."""
    for statement in schema_2.statements():
        db.conn.execute(statement)


@migrations(name="0003_case_key")
def case_key(db: Database) -> None:
    """Version 3: a key that never leaves the case."""
    for statement in schema_3.statements():
        db.conn.execute(statement)


def migrate(conn: driver.Connection) -> None:
    """Make a new case of an empty file and stamp its header, which `driver.sniff` reads from the file itself."""
    apply(conn)
    conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def apply(conn: driver.Connection) -> None:
    """Do the steps that a case lacks and stamp its version; within the caller's transaction, where there is one."""
    migrations.apply(driver.database(conn))
    conn.execute(f"PRAGMA application_id={driver.APPLICATION_ID}")
    conn.execute(f"PRAGMA user_version={driver.SCHEMA}")
