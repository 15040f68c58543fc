"""The custody log, page by page, and what can be undone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from workbench.case.custody import genesis
from workbench.case.readers import Reader
from workbench.case.uids import shown
from workbench.core.errors import UserError
from workbench.core.times import rfc3339
from workbench.queries.shown import Row


@dataclass(frozen=True)
class Head:
    """The end of the chain: number of the last op and its hash (the genesis value of an empty chain)."""

    seq: int
    hash: bytes


def head(reader: Reader) -> Head:
    """Where the chain stands."""
    row = reader.conn.execute("SELECT seq, hash FROM op ORDER BY seq DESC LIMIT 1").fetchone()
    return Head(0, genesis(reader.case_uid)) if row is None else Head(int(row[0]), bytes(row[1]))


def rows(reader: Reader, since: int = 0, limit: int | None = None, *, newest: bool = False) -> Iterator[Row]:
    """The rows of ``workbench custody``; a withheld actor or argument is null beside its digest."""
    order = "DESC" if newest else "ASC"
    for row in reader.conn.execute(
        "SELECT op.seq, op.uid, op.time, actor.name, op.name, op.arguments, op.undoes, op.actor_salt, op.actor_digest, "
        "op.arguments_salt, op.arguments_digest, op.prev, op.hash FROM op LEFT JOIN actor ON actor.id = op.actor "
        f"WHERE op.seq > ? ORDER BY op.seq {order} LIMIT ?",
        (since, -1 if limit is None else limit),
    ):
        seq, uid, time, actor, name, arguments, undoes, a_salt, a_digest, g_salt, g_digest, prev, own = row
        yield {
            "seq": seq,
            "uid": shown(uid),
            "time": rfc3339(time),
            "time_us": time,
            "actor": actor,
            "op": name,
            "arguments": None if arguments is None else json.loads(arguments),
            "undoes": undoes,
            "rows": _row_sets(reader, seq),
            "actor_salt": _hex(a_salt),
            "actor_digest": a_digest.hex(),
            "arguments_salt": _hex(g_salt),
            "arguments_digest": g_digest.hex(),
            "prev": prev.hex(),
            "hash": own.hex(),
        }


def _row_sets(reader: Reader, seq: int) -> list[Row]:
    return [
        {"table": table, "first": first, "last": last, "count": count, "salt": _hex(salt), "digest": digest.hex()}
        for table, first, last, count, salt, digest in reader.all(
            "SELECT tab, first, last, count, salt, digest FROM op_rows WHERE op = ? ORDER BY tab", (seq,)
        )
    ]


def _hex(value: bytes | None) -> str | None:
    return None if value is None else value.hex()


def find_op(reader: Reader, text: str) -> int:
    """An op by its number, or by its uid with or without hyphens; raises `UserError` ``undo-no-such-op``."""
    if text.isdecimal():
        found = reader.value("SELECT seq FROM op WHERE seq = ?", (int(text),))
    else:
        try:
            uid = bytes.fromhex(text.replace("-", ""))
        except ValueError:
            uid = b""
        found = reader.value("SELECT seq FROM op WHERE uid = ?", (uid,))
    if found is None:
        raise UserError("undo-no-such-op", op=text)
    return int(found)


def last_undoable(reader: Reader, actor: str, names: tuple[str, ...]) -> int | None:
    """The last op of an actor on marks that is in force: no undo, and not undone (or done again since)."""
    marks = ", ".join("?" * len(names))
    return reader.value(  # type: ignore[no-any-return]
        "SELECT op.seq FROM op JOIN actor ON actor.id = op.actor "
        f"WHERE actor.name = ? AND op.name IN ({marks}) "
        "AND NOT EXISTS (SELECT 1 FROM op u WHERE u.undoes = op.seq "
        "AND NOT EXISTS (SELECT 1 FROM op r WHERE r.undoes = u.seq)) ORDER BY op.seq DESC LIMIT 1",
        (actor, *names),
    )


def last_undone(reader: Reader, actor: str) -> int | None:
    """The last undo of an actor that is in force and has no later change of marks of the same actor behind it."""
    row = reader.conn.execute(
        "SELECT op.seq, op.name FROM op JOIN actor ON actor.id = op.actor WHERE actor.name = ? "
        "AND EXISTS (SELECT 1 FROM op_rows WHERE op_rows.op = op.seq AND tab = 'mark') "
        "AND NOT EXISTS (SELECT 1 FROM op r WHERE r.undoes = op.seq) ORDER BY op.seq DESC",
        (actor,),
    ).fetchone()
    return int(row[0]) if row is not None and row[1] == "history.undo" else None
