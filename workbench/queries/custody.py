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
    """What the next undo of an actor undoes: the last op that changed marks and is in force, done or done again.

    `names` are those of the undoable ops.
    """
    for seq, name, turned in _standing(reader, actor):
        if turned % 2 == 0 and (name in names or turned):
            return seq
    return None


def last_undone(reader: Reader, actor: str) -> int | None:
    """What the next redo of an actor undoes: the last undo that is in force, unless a new change came after it."""
    for seq, _, turned in _standing(reader, actor, new_ends=True):
        if turned % 2:
            return seq
    return None


def _standing(reader: Reader, actor: str, *, new_ends: bool = False) -> Iterator[tuple[int, str, int]]:
    """Number, name, and how often it was turned, of an actor's ops on marks that nothing has undone, the last first.

    With `new_ends` it stops at an op that turns nothing.
    """
    cursor = reader.conn.execute(
        "SELECT op.seq, op.name, op.undoes, EXISTS (SELECT 1 FROM op u WHERE u.undoes = op.seq) FROM op "
        "JOIN actor ON actor.id = op.actor WHERE actor.name = ? "
        "AND EXISTS (SELECT 1 FROM op_rows WHERE op_rows.op = op.seq AND tab = 'mark') ORDER BY op.seq DESC",
        (actor,),
    )
    for seq, name, undoes, undone in cursor:
        if new_ends and undoes is None:
            return
        if not undone:
            turned = 0
            while undoes is not None:
                turned += 1
                undoes = reader.value("SELECT undoes FROM op WHERE seq = ?", (undoes,))
            yield int(seq), str(name), turned
