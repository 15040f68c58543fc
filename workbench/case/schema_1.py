"""The tables of a case, version 1, in plain SQL. Frozen: cases of this version are out there.

Recorded tables are append-only (permanent triggers) and every row belongs to exactly one op, whose custody entry
holds the digest of the rows. Ids run from 1 without a gap. Derived tables can be rebuilt and are checked by `verify`.
`op` is AUTOINCREMENT, because SQLite then remembers its highest number: an op deleted from the end is missed too.
"""

from __future__ import annotations

RECORDED = {
    "actor": """
        id INTEGER PRIMARY KEY, uid BLOB NOT NULL UNIQUE CHECK (length(uid) = 16), name TEXT NOT NULL""",
    "setting": """
        id INTEGER PRIMARY KEY, key TEXT NOT NULL, value TEXT""",
    "source": """
        id INTEGER PRIMARY KEY, uid BLOB NOT NULL UNIQUE CHECK (length(uid) = 16), kind TEXT NOT NULL,
        name TEXT NOT NULL UNIQUE""",
    "path": """
        id INTEGER PRIMARY KEY, parent INTEGER REFERENCES path(id), raw BLOB NOT NULL UNIQUE, display TEXT NOT NULL,
        key TEXT NOT NULL""",
    "snapshot": """
        id INTEGER PRIMARY KEY, uid BLOB NOT NULL UNIQUE CHECK (length(uid) = 16),
        source INTEGER NOT NULL REFERENCES source(id), began INTEGER NOT NULL, observed INTEGER NOT NULL,
        basis TEXT NOT NULL CHECK (basis IN ('witnessed', 'asserted', 'from-name')), precision INTEGER NOT NULL,
        scope TEXT NOT NULL CHECK (scope IN ('complete', 'partial')), name TEXT, resume BLOB""",
    "snapshot_end": """
        id INTEGER PRIMARY KEY, snapshot INTEGER NOT NULL UNIQUE REFERENCES snapshot(id),
        status TEXT NOT NULL CHECK (status IN ('complete', 'partial', 'failed')), ended INTEGER NOT NULL""",
    "coverage": """
        id INTEGER PRIMARY KEY, snapshot INTEGER NOT NULL REFERENCES snapshot(id), path INTEGER REFERENCES path(id),
        state TEXT NOT NULL CHECK (state IN ('listed', 'refused', 'failed', 'not-reached'))""",
    "container": """
        id INTEGER PRIMARY KEY, snapshot INTEGER NOT NULL REFERENCES snapshot(id),
        path INTEGER NOT NULL REFERENCES path(id), sha256 BLOB NOT NULL CHECK (length(sha256) = 32),
        size INTEGER NOT NULL""",
    "object": """
        id INTEGER PRIMARY KEY, sha256 BLOB NOT NULL UNIQUE CHECK (length(sha256) = 32),
        size INTEGER NOT NULL CHECK (size >= 0)""",
    "sighting": """
        id INTEGER PRIMARY KEY, snapshot INTEGER NOT NULL REFERENCES snapshot(id),
        path INTEGER NOT NULL REFERENCES path(id), object INTEGER REFERENCES object(id),
        state TEXT NOT NULL CHECK (state IN ('ok', 'not-fetched', 'withheld')), size_claimed INTEGER,
        modified INTEGER, zone INTEGER NOT NULL, precision INTEGER NOT NULL, etag TEXT, headers TEXT, record TEXT""",
    "warning": """
        id INTEGER PRIMARY KEY, snapshot INTEGER REFERENCES snapshot(id), path INTEGER REFERENCES path(id),
        object INTEGER REFERENCES object(id), code TEXT NOT NULL, arguments TEXT NOT NULL""",
    "log": """
        id INTEGER PRIMARY KEY, object INTEGER NOT NULL REFERENCES object(id),
        source INTEGER NOT NULL REFERENCES source(id), name TEXT NOT NULL, compression TEXT NOT NULL,
        content_sha256 BLOB NOT NULL CHECK (length(content_sha256) = 32), content_size INTEGER NOT NULL,
        extends INTEGER REFERENCES log(id), from_offset INTEGER NOT NULL, from_line INTEGER NOT NULL""",
    "reading": """
        id INTEGER PRIMARY KEY, uid BLOB NOT NULL UNIQUE CHECK (length(uid) = 16),
        log INTEGER NOT NULL REFERENCES log(id), format TEXT NOT NULL, version TEXT NOT NULL, zone_rule TEXT,
        precision INTEGER NOT NULL, supersedes INTEGER REFERENCES reading(id)""",
    "reading_end": """
        id INTEGER PRIMARY KEY, reading INTEGER NOT NULL UNIQUE REFERENCES reading(id), lines INTEGER NOT NULL,
        events INTEGER NOT NULL, rejected INTEGER NOT NULL""",
    "address": """
        id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE""",
    "word": """
        id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE""",
    "logpath": """
        id INTEGER PRIMARY KEY, raw BLOB NOT NULL UNIQUE, display TEXT NOT NULL""",
    "event": """
        id INTEGER PRIMARY KEY, reading INTEGER NOT NULL, line INTEGER NOT NULL, start INTEGER NOT NULL,
        length INTEGER NOT NULL, time INTEGER, zone INTEGER NOT NULL, action INTEGER NOT NULL, status INTEGER,
        ok INTEGER, sent INTEGER, received INTEGER, damaged INTEGER NOT NULL, salvaged INTEGER NOT NULL,
        address INTEGER, method INTEGER, path INTEGER, user INTEGER, agent INTEGER, referrer INTEGER""",
    "reject": """
        id INTEGER PRIMARY KEY, reading INTEGER NOT NULL, line INTEGER NOT NULL, start INTEGER NOT NULL,
        length INTEGER NOT NULL, code TEXT NOT NULL""",
    "rootmap": """
        id INTEGER PRIMARY KEY, log INTEGER NOT NULL REFERENCES log(id), prefix BLOB NOT NULL""",
    "dataset": """
        id INTEGER PRIMARY KEY, uid BLOB NOT NULL UNIQUE CHECK (length(uid) = 16), name TEXT NOT NULL,
        release TEXT NOT NULL, kind TEXT NOT NULL, licence TEXT NOT NULL, rows INTEGER NOT NULL,
        sha256 BLOB NOT NULL UNIQUE CHECK (length(sha256) = 32)""",
    "lookup": """
        id INTEGER PRIMARY KEY, address INTEGER NOT NULL REFERENCES address(id),
        dataset INTEGER NOT NULL REFERENCES dataset(id)""",
    "claim": """
        id INTEGER PRIMARY KEY, address INTEGER NOT NULL REFERENCES address(id),
        dataset INTEGER NOT NULL REFERENCES dataset(id), prefix TEXT NOT NULL, level TEXT NOT NULL,
        key TEXT NOT NULL, value TEXT NOT NULL""",
    "analysis": """
        id INTEGER PRIMARY KEY, object INTEGER NOT NULL REFERENCES object(id), analyzer TEXT NOT NULL,
        version TEXT NOT NULL, state TEXT NOT NULL""",
    "fact": """
        id INTEGER PRIMARY KEY, object INTEGER NOT NULL REFERENCES object(id),
        analysis INTEGER NOT NULL REFERENCES analysis(id), key TEXT NOT NULL, value ANY""",
    "match": """
        id INTEGER PRIMARY KEY, event INTEGER NOT NULL REFERENCES event(id),
        sighting INTEGER NOT NULL REFERENCES sighting(id), rule TEXT NOT NULL, score REAL NOT NULL""",
    "mark": """
        id INTEGER PRIMARY KEY, uid BLOB NOT NULL UNIQUE CHECK (length(uid) = 16), time INTEGER NOT NULL,
        actor INTEGER NOT NULL REFERENCES actor(id), target_kind TEXT NOT NULL, target INTEGER NOT NULL,
        kind TEXT NOT NULL, slot TEXT NOT NULL, value TEXT, present INTEGER NOT NULL CHECK (present IN (0, 1))""",
}
"""Name and columns of every recorded table."""

CUSTODY = """
CREATE TABLE op (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, uid BLOB NOT NULL UNIQUE CHECK (length(uid) = 16), time INTEGER NOT NULL,
    name TEXT NOT NULL, actor INTEGER REFERENCES actor(id), arguments TEXT, undoes INTEGER REFERENCES op(seq),
    actor_salt BLOB, actor_digest BLOB NOT NULL, arguments_salt BLOB, arguments_digest BLOB NOT NULL,
    prev BLOB NOT NULL CHECK (length(prev) = 32), hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32)
) STRICT;
CREATE TABLE op_rows (
    id INTEGER PRIMARY KEY, op INTEGER NOT NULL REFERENCES op(seq), tab TEXT NOT NULL, first INTEGER NOT NULL,
    last INTEGER NOT NULL, count INTEGER NOT NULL, salt BLOB, digest BLOB NOT NULL CHECK (length(digest) = 32)
) STRICT;
CREATE INDEX op_rows_op ON op_rows(op);
CREATE INDEX op_rows_range ON op_rows(tab, last);
CREATE INDEX op_undoes ON op(undoes) WHERE undoes IS NOT NULL;
"""

DERIVED = """
CREATE TABLE mark_now (
    target_kind TEXT NOT NULL, target INTEGER NOT NULL, kind TEXT NOT NULL, actor INTEGER NOT NULL,
    slot TEXT NOT NULL, value TEXT, present INTEGER NOT NULL, mark INTEGER NOT NULL,
    PRIMARY KEY (kind, target_kind, target, actor, slot)
) STRICT, WITHOUT ROWID;
CREATE VIRTUAL TABLE text_index USING fts5(content, content='', tokenize='unicode61');
"""

INDEXES = """
CREATE INDEX setting_key ON setting(key);
CREATE INDEX path_parent ON path(parent);
CREATE INDEX snapshot_source ON snapshot(source, observed);
CREATE INDEX coverage_snapshot ON coverage(snapshot);
CREATE INDEX sighting_snapshot ON sighting(snapshot, path);
CREATE INDEX sighting_object ON sighting(object);
CREATE INDEX sighting_path ON sighting(path);
CREATE INDEX warning_object ON warning(object) WHERE object IS NOT NULL;
CREATE INDEX warning_path ON warning(snapshot, path) WHERE path IS NOT NULL;
CREATE INDEX log_content ON log(content_sha256);
CREATE INDEX reading_log ON reading(log);
CREATE INDEX claim_address ON claim(address);
CREATE INDEX lookup_address ON lookup(address, dataset);
CREATE INDEX analysis_object ON analysis(object, analyzer, version);
CREATE INDEX analysis_trouble ON analysis(object) WHERE state <> 'ok';
CREATE INDEX fact_object ON fact(object, key);
CREATE INDEX fact_kind ON fact(key, value, object) WHERE key IN ('kind', 'media_type', 'phash');
CREATE INDEX match_event ON match(event);
CREATE INDEX match_sighting ON match(sighting);
CREATE INDEX mark_target ON mark(target_kind, target, kind);
"""

GUARDED = (*RECORDED, "op", "op_rows")
"""Tables whose rows may be added, and neither changed nor deleted."""


def statements() -> list[str]:
    """Every statement that makes an empty case, one by one."""
    made = [f"CREATE TABLE {name} ({columns}\n) STRICT" for name, columns in RECORDED.items()]
    for block in (CUSTODY, DERIVED, INDEXES):
        made += [part.strip() for part in block.split(";") if part.strip()]
    return made + [trigger for table in GUARDED for trigger in guards(table)]


def guards(table: str) -> list[str]:
    """The triggers that keep the rows of a table as they are."""
    return [
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for verb in ("UPDATE", "DELETE")
    ]
