"""What an op may do inside its transaction: read, add rows to recorded tables, intern, and say its arguments.

Only the writer thread makes and uses transactions.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from functools import cache
from math import isnan
from typing import Any

import numpy as np

from workbench.case import custody, driver, schema
from workbench.case.bigrams import index_text
from workbench.case.custody import RowSet
from workbench.case.uids import uuid7
from workbench.core.batch import NULL

Rows = Mapping[str, Any]

TEXT_KINDS = {"path": 0, "mark": 1, "fact": 2}
"""The text index holds rows of several tables: its rowid is ``id * 4 + kind``."""


class Transaction:
    """One op at work. `time` is microseconds UTC; `arguments` becomes part of the custody entry."""

    def __init__(self, conn: driver.Connection, time: int, actor_name: str, case_uid: bytes) -> None:
        self.conn = conn
        self.time = time
        self.actor_name = actor_name
        self.arguments: dict[str, Any] = {}
        self.undoes: int | None = None
        self._last, self._prev = head(conn, case_uid)
        self._pieces: dict[str, list[tuple[int, Rows]]] = {}
        self._next: dict[str, int] = {}
        self._after: list[Callable[[], None]] = []
        self._derived: set[str] = set()
        self.actor = self._actor(actor_name)

    # reading

    def all(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> list[tuple[Any, ...]]:
        """Rows of a query."""
        return self.conn.execute(sql, parameters).fetchall()

    def value(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> Any:
        """First column of the first row; null when there is none."""
        row = self.conn.execute(sql, parameters).fetchone()
        return None if row is None else row[0]

    # writing

    def append(self, table: str, **columns: Any) -> range:
        """Add rows, given by columns of equal length, and return their ids.

        Columns are sequences or int64 arrays in which `NULL` means null. Every column of the table but ``id``
        has to be given; a missing one raises `KeyError`, a value of another type than the column's `TypeError`.
        """
        columns = {name: _fit(kind, columns[name]) for name, kind in column_types(table).items()}
        count = len(next(iter(columns.values())))
        if not count:
            return range(0)
        first = self._take_ids(table, count)
        names = ", ".join(columns)
        marks, bound = zip(*map(_bound, columns.values()), strict=True)
        self.conn.executemany(
            f"INSERT INTO {table} (id, {names}) VALUES (?, {', '.join(marks)})",
            zip(range(first, first + count), *(values for values in bound if values is not None), strict=True),
        )
        self._pieces.setdefault(table, []).append((first, columns))
        return range(first, first + count)

    def add(self, table: str, **values: Any) -> int:
        """Add one row and return its id."""
        return self.append(table, **{name: [value] for name, value in values.items()})[0]

    def intern(
        self, table: str, column: str, values: Iterable[Any], known_ids: dict[Any, int] | None = None
    ) -> list[int]:
        """Ids of values in a table of unique values, adding those that are new.

        `known_ids` belongs to the caller and may live over several ops: ids never change once committed, and what this
        op adds enters it only after the commit.
        """
        wanted = list(values)
        known = {} if known_ids is None else known_ids
        ids = list(map(known.get, wanted))
        if None not in ids:
            return ids  # type: ignore[return-value]
        missing = list(dict.fromkeys(value for value, row in zip(wanted, ids, strict=True) if row is None))
        found = {} if self._all_known(table, known) else self._ids_of(table, column, missing)
        new = [value for value in missing if value not in found]
        if new:
            extra = {"display": [display(value) for value in new]} if table == "logpath" else {}
            found.update(zip(new, self.append(table, **{column: new}, **extra), strict=True))
        if known_ids is not None:
            self.after_commit(lambda: known_ids.update(found))
        return [found[value] if row is None else row for value, row in zip(wanted, ids, strict=True)]

    def intern_paths(self, raws: Iterable[bytes], known: dict[bytes, int]) -> list[int]:
        """Ids of paths of a source, with all their folders; `known` as `known_ids` in `intern`."""
        wanted = list(raws)
        needed: dict[bytes, None] = {}
        for raw in wanted:
            part = raw
            while part not in known and part not in needed:
                needed[part] = None
                part = parent(part)
                if not part:
                    break
        missing = list(needed)
        found = {} if self._all_known("path", known) else self._ids_of("path", "raw", missing)
        new = sorted((raw for raw in missing if raw not in found), key=lambda raw: raw.count(b"/"))
        if new:
            first = self._peek("path")
            found.update((raw, first + index) for index, raw in enumerate(new))
            shown = [display(raw) for raw in new]
            ids = self.append(
                "path",
                parent=[self._parent_id(raw, known, found) for raw in new],
                raw=new,
                display=shown,
                key=[unicodedata.normalize("NFC", text) for text in shown],
            )
            self.index_text("path", ids, shown)
        self.after_commit(lambda: known.update(found))
        return [known[raw] if raw in known else found[raw] for raw in wanted]

    def _all_known(self, table: str, known: Mapping[Any, int]) -> bool:
        """Does `known` hold every row? Ids run from 1 without a gap, so it does when there are as many."""
        return len(known) == self._peek(table) - 1

    def _ids_of(self, table: str, column: str, values: Sequence[Any]) -> dict[Any, int]:
        """The ids of those values that are there."""
        found: dict[Any, int] = {}
        for at in range(0, len(values), 500):
            part = values[at : at + 500]
            marks = ",".join("?" * len(part))
            found.update(self.conn.execute(f"SELECT {column}, id FROM {table} WHERE {column} IN ({marks})", part))
        return found

    @staticmethod
    def _parent_id(raw: bytes, known: dict[bytes, int], found: dict[bytes, int]) -> int | None:
        above = parent(raw)
        if not above:
            return None
        return known[above] if above in known else found[above]

    def index_text(self, table: str, ids: Sequence[int], texts: Sequence[str]) -> None:
        """Make texts findable. The index is derived and stands outside of the chain."""
        kind = TEXT_KINDS[table]
        self.conn.executemany(
            "INSERT INTO text_index (rowid, content) VALUES (?, ?)",
            [(row * 4 + kind, index_text(text)) for row, text in zip(ids, texts, strict=True)],
        )

    def touches(self, table: str) -> None:
        """Say that a derived table was changed, so that panes that show it ask again."""
        self._derived.add(table)

    def after_commit(self, call: Callable[[], None]) -> None:
        """Have something called once the rows are safe; it is dropped when the op fails."""
        self._after.append(call)

    # the end

    def finish(self, name: str) -> tuple[int, bytes]:
        """Write the custody entry. Returns the sequence number and the hash of the op."""
        row_sets: list[tuple[bytes, RowSet]] = []
        for table, pieces in sorted(self._pieces.items()):
            first = pieces[0][0]
            columns = _joined([columns for _, columns in pieces])
            count = len(next(iter(columns.values())))
            salt = custody.new_salt()
            digest = custody.rows_digest(salt, table, first, columns)
            row_sets.append((salt, RowSet(table, first, first + count - 1, count, digest)))
        uid = uuid7()
        actor_salt, arguments_salt = custody.new_salt(), custody.new_salt()
        actor_digest = custody.salted(actor_salt, self.actor_name)
        arguments_digest = custody.salted(arguments_salt, self.arguments)
        seq = self._last + 1
        form = custody.op_form(
            seq=seq,
            uid=uid,
            time=self.time,
            name=name,
            undoes=self.undoes,
            actor=actor_digest,
            arguments=arguments_digest,
            rows=[each for _, each in row_sets],
            prev=self._prev,
        )
        own_hash = custody.op_hash(form)
        self.conn.execute(
            "INSERT INTO op VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                seq,
                uid,
                self.time,
                name,
                self.actor,
                custody.canonical_json(self.arguments).decode(),
                self.undoes,
                actor_salt,
                actor_digest,
                arguments_salt,
                arguments_digest,
                self._prev,
                own_hash,
            ),
        )
        self.conn.executemany(
            "INSERT INTO op_rows (op, tab, first, last, count, salt, digest) VALUES (?, ?, ?, ?, ?, ?, ?)",
            [(seq, each.table, each.first, each.last, each.count, salt, each.digest) for salt, each in row_sets],
        )
        return seq, own_hash

    @property
    def tables(self) -> frozenset[str]:
        """What was written to, so that views know what to ask again."""
        return frozenset(self._pieces) | self._derived

    def committed(self) -> list[tuple[str, int, Rows]]:
        """Run what waits for the commit; returns every piece of rows that was added."""
        for call in self._after:
            call()
        return [(table, first, rows) for table, pieces in self._pieces.items() for first, rows in pieces]

    def _take_ids(self, table: str, count: int) -> int:
        first = self._peek(table)
        self._next[table] = first + count
        return first

    def _peek(self, table: str) -> int:
        if table not in schema.RECORDED:
            raise ValueError(f"{table} is no recorded table")
        if table not in self._next:
            self._next[table] = int(self.value(f"SELECT coalesce(max(id), 0) + 1 FROM {table}"))
        return self._next[table]

    def _actor(self, name: str) -> int:
        found = self.value("SELECT id FROM actor WHERE name = ?", (name,))
        return int(found) if found is not None else self.add("actor", uid=uuid7(), name=name)


def head(conn: driver.Connection, case_uid: bytes) -> tuple[int, bytes]:
    """Sequence number and hash of the last op; 0 and the genesis value of an empty chain."""
    row = conn.execute("SELECT seq, hash FROM op ORDER BY seq DESC LIMIT 1").fetchone()
    return (0, custody.genesis(case_uid)) if row is None else (int(row[0]), bytes(row[1]))


@cache
def column_types(table: str) -> Mapping[str, str]:
    """The columns of a recorded table and their types, in the order of the schema, without ``id``."""
    with closing(driver.connect_memory()) as conn:
        conn.execute(f"CREATE TABLE t ({schema.RECORDED[table]})")
        return {name: kind for _, name, kind, *_ in conn.execute("PRAGMA table_info(t)") if name != "id"}


def column_names(table: str) -> tuple[str, ...]:
    """The columns of a recorded table in the order of the schema, without ``id``."""
    return tuple(column_types(table))


_TYPES: dict[str, frozenset[type]] = {
    "INTEGER": frozenset({int, bool, type(None)}),
    "REAL": frozenset({float, type(None)}),
    "TEXT": frozenset({str, type(None)}),
    "BLOB": frozenset({bytes, type(None)}),
    "ANY": frozenset({int, float, str, bytes, type(None)}),
}


def _fit(kind: str, values: Any) -> Any:
    """Values as SQLite will give them back, because the digest is taken of what was given: SQLite would turn a number
    in a text column into text, and not-a-number into null.
    """
    if isinstance(values, np.ndarray):
        if kind != "INTEGER" or values.dtype.kind not in "iub":
            raise TypeError(f"an array of {values.dtype} for a column of {kind}")
        return values
    if kind == "REAL":
        values = [None if value is None or isnan(value) else float(value) + 0.0 for value in values]
    types = set(map(type, values))
    if not types <= _TYPES[kind]:
        # Enumerations of words and numbers are welcome.
        values = [_plain(value) for value in values]
        types = set(map(type, values))
        if not types <= _TYPES[kind]:
            raise TypeError(f"{sorted(each.__name__ for each in types)} for a column of {kind}")
    if kind == "ANY" and float in types:
        values = [None if isinstance(value, float) and isnan(value) else value for value in values]
    return values


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return str(value)
    return int(value) if isinstance(value, int) else value


def _bound(values: Any) -> tuple[str, Sequence[Any] | None]:
    """How a column stands in an INSERT, and the values to bind to it, if any.

    Binding a null costs `sqlite3` as much as five numbers, so SQLite itself makes nulls of `NULL`; a column that is the
    same in all rows is not bound at all. A log's events go in almost twice as fast.
    """
    if not isinstance(values, np.ndarray):
        return "?", values
    low, high = int(values.min()), int(values.max())
    if low == high:
        return ("NULL" if low == NULL else str(low)), None
    return (f"nullif(?, {NULL})" if low == NULL else "?"), values.tolist()


def _listed(values: Any) -> Sequence[Any]:
    if not isinstance(values, np.ndarray):
        return values  # type: ignore[no-any-return]
    null = values == NULL
    return np.where(null, None, values).tolist() if null.any() else values.tolist()  # type: ignore[call-overload,no-any-return]


def _joined(pieces: list[Rows]) -> Rows:
    if len(pieces) == 1:
        return pieces[0]
    return {name: [value for piece in pieces for value in _listed(piece[name])] for name in pieces[0]}


def parent(raw: bytes) -> bytes:
    """The folder of a raw path, without its slash; empty at the root."""
    return raw.rpartition(b"/")[0]


def display(raw: bytes) -> str:
    """A path as it can be shown: what is not UTF-8 becomes U+FFFD; NUL, which SQLite cuts at, too."""
    return raw.decode("utf-8", "replace").replace("\0", "\ufffd")
