"""What version 3 adds to the tables of a case, in plain SQL; frozen once shipped.

`case_key` holds one random key for each case. It keys what must not be guessed by whoever knows the case's uid, which
bundles publish: what a look is resumed by, and the commitments to withheld files. It never leaves the case.

`resumption` says by which key a look is known again when it was cut off; that key is a digest over local paths and
addresses, and never leaves the case either. Up to version 2 it stood in `snapshot`, keyed by the uid.
"""

from __future__ import annotations

from workbench.case.schema_1 import guards

PRIVATE = ("case_key", "resumption")
"""Tables that no bundle ever holds."""

RECORDED = {
    "case_key": """
        id INTEGER PRIMARY KEY, value BLOB NOT NULL CHECK (length(value) = 32)""",
    "resumption": """
        id INTEGER PRIMARY KEY, snapshot INTEGER NOT NULL UNIQUE REFERENCES snapshot(id),
        key BLOB NOT NULL CHECK (length(key) = 32)""",
}

INDEXES: tuple[str, ...] = ()


def statements() -> list[str]:
    """Every statement that makes a case of version 2 one of version 3, one by one."""
    made = [f"CREATE TABLE {name} ({columns}\n) STRICT" for name, columns in RECORDED.items()]
    return [*made, *INDEXES, *(trigger for table in RECORDED for trigger in guards(table))]
