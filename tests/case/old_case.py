"""A case of version 1, made by the frozen SQL of that version and a chain that is computed here."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from struct import pack

from workbench.case import schema_1

UID = bytes(range(1, 17))
T0 = 1_704_067_200_000_000
CONTENT = b"seen in version 1"


def canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def packed(columns: dict[str, list[object]]) -> bytes:
    out = b""
    for values in columns.values():
        out += bytes(0 if v is None else 1 if isinstance(v, int) else 3 if isinstance(v, str) else 4 for v in values)
        for value in values:
            if isinstance(value, int):
                out += pack("<q", value)
            elif value is not None:
                raw = value.encode() if isinstance(value, str) else value
                out += pack("<Q", len(raw)) + raw
    return out


class OldCase:
    """Writes ops by hand."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self.conn = conn
        self.seq = 0
        self.prev = hashlib.sha256(b"workbench-custody-1\0" + UID).digest()

    def op(self, name: str, arguments: dict[str, object], tables: dict[str, dict[str, list[object]]]) -> None:
        self.seq += 1
        salt = bytes([self.seq]) * 16
        sets = []
        for table, columns in sorted(tables.items()):
            (last,) = self.conn.execute(f"SELECT ifnull(max(id), 0) FROM {table}").fetchone()
            rows = list(zip(*columns.values(), strict=True))
            for number, row in enumerate(rows, start=last + 1):
                marks = ", ".join("?" * len(row))
                self.conn.execute(f"INSERT INTO {table} (id, {', '.join(columns)}) VALUES ({number}, {marks})", row)
            head = {"table": table, "columns": list(columns), "first": last + 1, "count": len(rows)}
            digest = hashlib.sha256(salt + canonical(head) + b"\n" + packed(columns)).digest()
            sets.append((table, last + 1, last + len(rows), len(rows), digest))
        actor = hashlib.sha256(salt + canonical("Ada")).digest()
        said = hashlib.sha256(salt + canonical(arguments)).digest()
        uid = pack(">QQ", 7 << 12, 1 << 63 | self.seq)
        time = T0 + self.seq * 1_000_000
        form = {
            "seq": self.seq, "uid": uid.hex(), "time": time, "op": name, "undoes": None, "actor": actor.hex(),
            "arguments": said.hex(), "prev": self.prev.hex(),
            "rows": [
                {"table": t, "first": first, "last": last, "count": count, "digest": digest.hex()}
                for t, first, last, count, digest in sets
            ],
        }  # fmt: skip
        own = hashlib.sha256(canonical(form)).digest()
        self.conn.execute(
            "INSERT INTO op VALUES (?, ?, ?, ?, 1, ?, NULL, ?, ?, ?, ?, ?, ?)",
            (self.seq, uid, time, name, canonical(arguments).decode(), salt, actor, salt, said, self.prev, own),
        )
        self.conn.executemany(
            "INSERT INTO op_rows (op, tab, first, last, count, salt, digest) VALUES (?, ?, ?, ?, ?, ?, ?)",
            [(self.seq, table, first, last, count, salt, digest) for table, first, last, count, digest in sets],
        )
        self.prev = own


def old_case(path: Path) -> Path:
    """Make ``NAME.wbcase`` of version 1, with a look, an object and a mark, and its evidence folder."""
    sha256 = hashlib.sha256(CONTENT).digest()
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        conn.execute("PRAGMA page_size=8192")
        conn.execute("PRAGMA journal_mode=WAL")
        conn.execute("BEGIN")
        conn.execute(
            'CREATE TABLE "_sqlite_migrations" ("id" INTEGER PRIMARY KEY, "migration_set" TEXT, "name" TEXT, '
            '"applied_at" TEXT)'
        )
        conn.execute(
            'CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name" '
            'ON "_sqlite_migrations" ("migration_set", "name")'
        )
        conn.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) "
            "VALUES ('workbench', '0001_first_schema', '2024-01-01 00:00:00+00:00')"
        )
        for statement in schema_1.statements():
            conn.execute(statement)
        conn.execute("PRAGMA application_id=1463960369")
        conn.execute("PRAGMA user_version=1")
        case = OldCase(conn)
        case.op(
            "case.create", {"title": "Old", "examiner": "Ada"},
            {
                "actor": {"uid": [b"a" * 16], "name": ["Ada"]},
                "setting": {"key": ["uid", "title", "examiner"], "value": [UID.hex(), "Old", "Ada"]},
            },
        )  # fmt: skip
        case.op(
            "intake.begin", {"source": "server"},
            {
                "source": {"uid": [b"s" * 16], "kind": ["folder"], "name": ["server"]},
                "snapshot": {
                    "uid": [b"n" * 16], "source": [1], "began": [T0], "observed": [T0], "basis": ["witnessed"],
                    "precision": [0], "scope": ["complete"], "name": [None], "resume": [None],
                },
            },
        )  # fmt: skip
        case.op(
            "intake.batch", {"snapshot": 1, "sightings": 2},
            {
                "path": {
                    "parent": [None, 1], "raw": [b"cut", b"cut/\xea\xb0\x80.txt"], "display": ["cut", "cut/가.txt"],
                    "key": ["cut", "cut/가.txt"],
                },
                "object": {"sha256": [sha256], "size": [len(CONTENT)]},
                "sighting": {
                    "snapshot": [1], "path": [2], "object": [1], "state": ["ok"], "size_claimed": [None],
                    "modified": [T0], "zone": [1], "precision": [2], "etag": ['"1"'], "headers": [None],
                    "record": [None],
                },
            },
        )  # fmt: skip
        case.op(
            "intake.end", {"snapshot": 1},
            {"snapshot_end": {"snapshot": [1], "status": ["complete"], "ended": [T0 + 9]}},
        )  # fmt: skip
        case.op(
            "mark.tag", {"tag": "knife"},
            {
                "mark": {
                    "uid": [b"m" * 16], "time": [T0], "actor": [1], "target_kind": ["object"], "target": [1],
                    "kind": ["tag"], "slot": ["knife"], "value": ["knife"], "present": [1],
                },
            },
        )  # fmt: skip
        conn.execute("INSERT INTO mark_now VALUES ('object', 1, 'tag', 1, 'knife', 'knife', 1, 1)")
        conn.execute("INSERT INTO text_index (rowid, content) VALUES (4, 'cut'), (8, 'cut 가 txt')")
        conn.execute("COMMIT")
    place = path.with_suffix(".evidence") / "objects" / sha256.hex()[:2] / sha256.hex()
    place.parent.mkdir(parents=True)
    place.write_bytes(CONTENT)
    return path
