"""What a person decided. Marks are rows of their author; the current value is derived in ``mark_now``."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.case.operation import operation
from workbench.case.transaction import Transaction
from workbench.case.uids import uuid7
from workbench.core.errors import UserError

Target = tuple[str, int]
"""Kind (``object``, ``sighting``, ``event``, ``address``, ``pair``, ``match``, ``snapshot``, ``case``) and row id."""

VERDICTS = ("unseen", "relevant", "not-relevant", "later")
CASE: Target = ("case", 0)
LONGEST = 100_000
"""Of a note, in characters."""


@operation("mark.tag", undoable=True, urgent=True)
def tag(tx: Transaction, targets: Sequence[Target], word: str) -> int:
    """Put a tag on targets."""
    word = _word(word)
    tx.arguments.update(tag=word, targets=len(targets))
    return put(tx, targets, "tag", word, word, present=True)


@operation("mark.untag", undoable=True, urgent=True)
def untag(tx: Transaction, targets: Sequence[Target], word: str) -> int:
    """Take a tag off targets."""
    word = _word(word)
    tx.arguments.update(tag=word, targets=len(targets))
    return put(tx, targets, "tag", word, word, present=False)


@operation("mark.verdict", undoable=True, urgent=True)
def verdict(tx: Transaction, targets: Sequence[Target], word: str) -> int:
    """Decide what targets are: unseen, relevant, not-relevant, later, or own words."""
    word = _word(word)
    tx.arguments.update(verdict=word, targets=len(targets))
    return put(tx, targets, "verdict", "", word, present=word != "unseen")


@operation("mark.note", undoable=True, urgent=True)
def note(tx: Transaction, targets: Sequence[Target], text: str) -> int:
    """Write a note on targets."""
    text = _text(text)
    tx.arguments.update(targets=len(targets), characters=len(text))
    return put(tx, targets, "note", None, text, present=True)


@operation("mark.journal", undoable=True, urgent=True)
def journal(tx: Transaction, text: str) -> int:
    """Write a dated entry in the case journal."""
    text = _text(text)
    tx.arguments.update(characters=len(text))
    return put(tx, [CASE], "journal", None, text, present=True)


@operation("mark.own", undoable=True, urgent=True)
def own(tx: Transaction, addresses: Sequence[str], is_own: bool = True) -> int:
    """Say that addresses are the observer's own; an address that no log has shown yet is remembered."""
    ids = tx.intern("address", "text", addresses)
    tx.arguments.update(addresses=len(addresses), own=is_own)
    return put(tx, [("address", each) for each in ids], "own", "", None, present=is_own)


def put(
    tx: Transaction, targets: Sequence[Target], kind: str, slot: str | None, value: str | None, *, present: bool
) -> int:
    """Add one mark a target where it says something new; returns how many. Without a slot each mark has its own."""
    unique = list(dict.fromkeys(targets))
    if slot is not None:
        unique = [each for each in unique if _now(tx, each, kind, slot) != (value if present else None, present)]
    uids = [uuid7() for _ in unique]
    slots = [uid.hex() if slot is None else slot for uid in uids]
    _write(
        tx,
        uids,
        [(target, kind, own_slot, value, int(present)) for target, own_slot in zip(unique, slots, strict=True)],
    )
    return len(unique)


Row = tuple[Target, str, str, str | None, int]


def _write(tx: Transaction, uids: list[bytes], rows: Sequence[Row]) -> None:
    ids = tx.append(
        "mark",
        uid=uids,
        time=[tx.time] * len(rows),
        actor=[tx.actor] * len(rows),
        target_kind=[row[0][0] for row in rows],
        target=[row[0][1] for row in rows],
        kind=[row[1] for row in rows],
        slot=[row[2] for row in rows],
        value=[row[3] for row in rows],
        present=[row[4] for row in rows],
    )
    tx.conn.executemany(
        "INSERT INTO mark_now (target_kind, target, kind, actor, slot, value, present, mark) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT DO UPDATE SET value = excluded.value, present = excluded.present, mark = excluded.mark",
        [
            (row[0][0], row[0][1], row[1], tx.actor, row[2], row[3], row[4], mark)
            for mark, row in zip(ids, rows, strict=True)
        ],
    )
    tx.touches("mark_now")
    texts = [(mark, row[3]) for mark, row in zip(ids, rows, strict=True) if row[1] in ("note", "journal") and row[3]]
    tx.index_text("mark", [mark for mark, _ in texts], [str(text) for _, text in texts])


_SAME = (
    "x.kind = m.kind AND x.target_kind = m.target_kind AND x.target = m.target AND x.actor = m.actor "
    "AND x.slot = m.slot"
)

_TOUCHED = f"""
    SELECT m.* FROM mark m WHERE m.id BETWEEN :first AND :last AND m.id = (
        SELECT min(x.id) FROM mark x WHERE {_SAME} AND x.id BETWEEN :first AND :last)"""

_OVERTAKEN = f"""
    WITH RECURSIVE undo(first, last, undone) AS (
        SELECT r.first, r.last, u.first FROM op JOIN op_rows r ON r.op = op.seq AND r.tab = 'mark'
        JOIN op_rows u ON u.op = op.undoes AND u.tab = 'mark' WHERE op.undoes IS NOT NULL
    ), says(id) AS (
        SELECT x.mark FROM ({_TOUCHED}) m JOIN mark_now x ON {_SAME} WHERE x.mark > :last
        UNION
        SELECT (SELECT max(x.id) FROM mark x WHERE {_SAME} AND x.id < undo.undone)
        FROM says JOIN mark m ON m.id = says.id JOIN undo ON m.id BETWEEN undo.first AND undo.last
        WHERE says.id > :last
    )
    SELECT (SELECT count(*) FROM ({_TOUCHED}) m JOIN mark_now x ON {_SAME} WHERE x.mark > :last)
         - (SELECT count(*) FROM says WHERE id BETWEEN :first AND :last)"""
"""Marks of the op that say something else by now. A mark that an undo wrote says what the mark before the undone op
said: these are followed back until a mark of the op is met, or one that is not.
"""

_BEFORE = f"""
    SELECT m.target_kind, m.target, m.kind, m.slot, b.value, ifnull(b.present, 0) FROM ({_TOUCHED}) m
    LEFT JOIN mark b ON b.id = (SELECT max(x.id) FROM mark x WHERE {_SAME} AND x.id < :first) ORDER BY m.id"""


def restore(tx: Transaction, first: int, last: int) -> int:
    """Bring the marks that rows `first` to `last`, of one op, changed back to what they were; returns how many.

    Raises `UserError` ``undo-overtaken`` when a later op, which was not undone itself, touched one of them.
    """
    span = {"first": first, "last": last}
    overtaken = tx.value(_OVERTAKEN, span)
    if overtaken:
        raise UserError("undo-overtaken", count=overtaken)
    rows = tx.all(_BEFORE, span)
    _write(
        tx,
        [uuid7() for _ in rows],
        [((kind, target), mark, slot, value, present) for kind, target, mark, slot, value, present in rows],
    )
    return len(rows)


def _now(tx: Transaction, target: Target, kind: str, slot: str) -> tuple[str | None, bool]:
    row = tx.conn.execute(
        "SELECT value, present FROM mark_now WHERE kind = ? AND target_kind = ? AND target = ? AND actor = ? "
        "AND slot = ?",
        (kind, *target, tx.actor, slot),
    ).fetchone()
    if row is None or not row[1]:
        return (None, False)
    return (row[0], True)


def _word(word: str) -> str:
    clean = " ".join(word.split())
    if not clean or len(clean) > 200 or "\0" in clean:
        raise UserError("mark-word")
    return clean


def _text(text: str) -> str:
    if not text.strip() or len(text) > LONGEST or "\0" in text:
        raise UserError("mark-text", limit=LONGEST)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UserError("mark-text", limit=LONGEST) from None
    return text
