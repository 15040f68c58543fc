"""The tables of a case of today: those of version 1 and what each later version added.

Recorded tables are append-only (permanent triggers) and every row belongs to exactly one op, whose custody entry holds
the digest of the rows. Ids run from 1 without a gap. Derived tables can be rebuilt and are checked by `verify`.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from functools import cache

from workbench.case import driver, schema_1, schema_2, schema_3

RECORDED = {**schema_1.RECORDED, **schema_2.RECORDED, **schema_3.RECORDED}
"""Name and columns of every recorded table, in the order in which `verify` walks them."""
PRIVATE = schema_3.PRIVATE
"""Recorded tables that no bundle ever holds: nobody outside can compute their digests again."""
GUARDED = (*RECORDED, "op", "op_rows")
"""Tables whose rows may be added, and neither changed nor deleted."""
STEPS = (schema_1.statements, schema_2.statements, schema_3.statements)
"""What makes a case of each version out of one of the version before."""
ADDED = (schema_1.RECORDED, schema_2.RECORDED, schema_3.RECORDED)
"""The recorded tables that each version brought."""

OTHERS = frozenset(
    {
        "_sqlite_migrations",
        "idx__sqlite_migrations_migration_set_name",
        "sqlite_sequence",
        "sqlite_stat1",
        "sqlite_stat4",
    }
)
"""What is in a case and not made by those steps: the record of migrations, and SQLite's own tables."""


def recorded(version: int) -> tuple[str, ...]:
    """The recorded tables of a case of that version."""
    return tuple(table for tables in ADDED[:version] for table in tables)


@cache
def expected(version: int = driver.SCHEMA) -> Mapping[str, str]:
    """Name and SQL of everything that the steps up to a version make, as SQLite keeps it."""
    with closing(driver.connect_memory()) as conn:
        for step in STEPS[:version]:
            for statement in step():
                conn.execute(statement)
        return dict(conn.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall())
