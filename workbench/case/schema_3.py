"""What version 3 adds to the tables of a case, in plain SQL; frozen once shipped.

`case_key` holds one random key for each case. It keys what must not be guessed by whoever knows the case's uid, which
bundles publish: what a look is resumed by, and the commitments to withheld files. It never leaves the case.

`resumption` says by which key a look is known again when it was cut off; that key is a digest over local paths and
addresses, and never leaves the case either. Up to version 2 it stood in `snapshot`, keyed by the uid.

`layout` says how the columns of a reading were understood; `open_layout`, where its lines do not settle who the client
is, how many addresses either way of reading gives. `survey` is what the lines say of all that (JSON): it holds short
digests of addresses and never leaves the case.

`route` stands beside an event whose line has a forwarded-for list: `peer` connected (null where the line does not say
it), `forwarded` is the list, `by_list` whether the event's address was taken from it. `citation`: the act of `event` is
told by another event too, its `duplicate`; the last row of a duplicate counts, and one without `event` takes it back.
`overlap`: so many events of two logs look like the same acts and were left apart; the last row of a pair counts.
"""

from __future__ import annotations

from workbench.case.schema_1 import guards

PRIVATE = ("case_key", "resumption", "survey")
"""Tables that no bundle ever holds."""

RECORDED = {
    "case_key": """
        id INTEGER PRIMARY KEY, value BLOB NOT NULL CHECK (length(value) = 32)""",
    "resumption": """
        id INTEGER PRIMARY KEY, snapshot INTEGER NOT NULL UNIQUE REFERENCES snapshot(id),
        key BLOB NOT NULL CHECK (length(key) = 32)""",
    "layout": """
        id INTEGER PRIMARY KEY, reading INTEGER NOT NULL UNIQUE REFERENCES reading(id), first TEXT NOT NULL,
        behind INTEGER, identifier TEXT NOT NULL, trusted TEXT NOT NULL""",
    "survey": """
        id INTEGER PRIMARY KEY, reading INTEGER NOT NULL UNIQUE REFERENCES reading(id), evidence TEXT NOT NULL""",
    "open_layout": """
        id INTEGER PRIMARY KEY, reading INTEGER NOT NULL UNIQUE REFERENCES reading(id), by_column INTEGER NOT NULL,
        by_peer INTEGER NOT NULL""",
    "route": """
        id INTEGER PRIMARY KEY, event INTEGER NOT NULL UNIQUE REFERENCES event(id), peer INTEGER REFERENCES address(id),
        forwarded INTEGER NOT NULL REFERENCES word(id), by_list INTEGER NOT NULL CHECK (by_list IN (0, 1))""",
    "citation": """
        id INTEGER PRIMARY KEY, duplicate INTEGER NOT NULL REFERENCES event(id), event INTEGER REFERENCES event(id)""",
    "overlap": """
        id INTEGER PRIMARY KEY, log INTEGER NOT NULL REFERENCES log(id), other INTEGER NOT NULL REFERENCES log(id),
        events INTEGER NOT NULL""",
}

INDEXES = (
    "CREATE INDEX citation_duplicate ON citation(duplicate)",
    "CREATE INDEX citation_event ON citation(event) WHERE event IS NOT NULL",
    "CREATE INDEX overlap_pair ON overlap(log, other)",
)


def statements() -> list[str]:
    """Every statement that makes a case of version 2 one of version 3, one by one."""
    made = [f"CREATE TABLE {name} ({columns}\n) STRICT" for name, columns in RECORDED.items()]
    return [*made, *INDEXES, *(trigger for table in RECORDED for trigger in guards(table))]
