"""What version 2 adds to the tables of a case: watched servers. In plain SQL; frozen once shipped.

`watch` and `charter` hold one row a change: the last one of a source counts. An `exchange` is one request and what came
back; its bytes are the WARC records at `start` of `length` bytes in the file `warc`, and `sha256` is over those. Where
the body is an object of the case, it is stored as that object only: `object`, and which part of it came with this
exchange (`body_from`, `body_size`). A `trusted` sighting shows bytes that were not fetched again in its look.
"""

from __future__ import annotations

from workbench.case.schema_1 import guards

RECORDED = {
    "watch": """
        id INTEGER PRIMARY KEY, source INTEGER NOT NULL REFERENCES source(id), kind TEXT NOT NULL, url TEXT NOT NULL,
        options TEXT NOT NULL""",
    "charter": """
        id INTEGER PRIMARY KEY, source INTEGER NOT NULL REFERENCES source(id), who TEXT, why TEXT, authority TEXT,
        basis TEXT, found TEXT, connection TEXT""",
    "warc": """
        id INTEGER PRIMARY KEY, snapshot INTEGER REFERENCES snapshot(id), name TEXT NOT NULL UNIQUE""",
    "exchange": """
        id INTEGER PRIMARY KEY, uid BLOB NOT NULL UNIQUE CHECK (length(uid) = 16),
        snapshot INTEGER REFERENCES snapshot(id), time INTEGER NOT NULL, took INTEGER NOT NULL,
        purpose TEXT NOT NULL CHECK (purpose IN ('listing', 'file', 'check', 'robots', 'probe')),
        method TEXT NOT NULL, url TEXT NOT NULL, status INTEGER, peer TEXT, certificate BLOB, server_date INTEGER,
        received INTEGER NOT NULL, outcome TEXT NOT NULL, object INTEGER REFERENCES object(id), body_from INTEGER,
        body_size INTEGER, warc INTEGER NOT NULL REFERENCES warc(id), start INTEGER NOT NULL, length INTEGER NOT NULL,
        sha256 BLOB NOT NULL CHECK (length(sha256) = 32)""",
    "trusted": """
        id INTEGER PRIMARY KEY, sighting INTEGER NOT NULL UNIQUE REFERENCES sighting(id),
        rule TEXT NOT NULL CHECK (rule IN ('etag', 'size-time', 'not-modified'))""",
    "recheck": """
        id INTEGER PRIMARY KEY, sighting INTEGER NOT NULL UNIQUE REFERENCES sighting(id),
        same INTEGER NOT NULL CHECK (same IN (0, 1))""",
    "decision": """
        id INTEGER PRIMARY KEY, source INTEGER NOT NULL REFERENCES source(id), snapshot INTEGER REFERENCES snapshot(id),
        kind TEXT NOT NULL, value TEXT NOT NULL""",
    "missed": """
        id INTEGER PRIMARY KEY, source INTEGER NOT NULL REFERENCES source(id), due INTEGER NOT NULL""",
}

INDEXES = (
    "CREATE INDEX watch_source ON watch(source)",
    "CREATE INDEX charter_source ON charter(source)",
    "CREATE INDEX exchange_snapshot ON exchange(snapshot)",
    "CREATE INDEX exchange_object ON exchange(object) WHERE object IS NOT NULL",
    "CREATE INDEX decision_source ON decision(source, kind)",
    "CREATE INDEX missed_source ON missed(source, due)",
)


def statements() -> list[str]:
    """Every statement that makes a case of version 1 one of version 2, one by one."""
    made = [f"CREATE TABLE {name} ({columns}\n) STRICT" for name, columns in RECORDED.items()]
    return [*made, *INDEXES, *(trigger for table in RECORDED for trigger in guards(table))]
