"""Undo is an op of its own: it writes back what marks were before, and stands in the chain like any other.

An op, its undo, the undo of that, and so on are a line in which each op is undone at most once. What is undone is
always the end of the line: to undo an op that was undone and done again is to undo the doing again.
"""

from __future__ import annotations

from workbench.case.operation import REGISTRY, operation
from workbench.case.transaction import Transaction
from workbench.core.errors import UserError
from workbench.ops.marks import restore


@operation("history.undo", undoable=True, urgent=True)
def undo(tx: Transaction, seq: int) -> int:
    """Undo an op on marks; undoing an undo does it again. Returns how many marks were written back.

    Raises `UserError` ``undo-no-such-op``, ``undo-not-undoable``, ``undo-already``, ``undo-of-another`` (a mark
    belongs to its author) and ``undo-overtaken`` when a later op, which was not undone itself, touched a mark.
    """
    row = tx.conn.execute("SELECT name, actor FROM op WHERE seq = ?", (seq,)).fetchone()
    if row is None:
        raise UserError("undo-no-such-op", op=seq)
    name, actor = row
    if name not in REGISTRY or not REGISTRY[name].undoable:
        raise UserError("undo-not-undoable", op=seq, name=name)
    line = _line(tx, seq)
    if len(line) % 2 == 0:
        raise UserError("undo-already", op=seq)
    if actor != tx.actor:
        raise UserError("undo-of-another", op=seq)
    last = line[-1]
    tx.undoes = last
    tx.arguments.update(undoes=last, name=name)
    span = tx.conn.execute("SELECT first, last FROM op_rows WHERE op = ? AND tab = 'mark'", (last,)).fetchone()
    return 0 if span is None else restore(tx, *span)


def _line(tx: Transaction, seq: int) -> list[int]:
    """The op, what undid it, what undid that, to the end."""
    found = [seq]
    while (after := tx.value("SELECT seq FROM op WHERE undoes = ?", (found[-1],))) is not None:
        found.append(int(after))
    return found
