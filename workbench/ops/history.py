"""Undo is an op of its own: it writes back what marks were before, and stands in the chain like any other."""

from __future__ import annotations

from workbench.case.operation import REGISTRY, operation
from workbench.case.transaction import Transaction
from workbench.core.errors import UserError
from workbench.ops.marks import restore


@operation("history.undo", undoable=True, urgent=True)
def undo(tx: Transaction, seq: int) -> int:
    """Undo an op on marks; undoing an undo does it again."""
    row = tx.conn.execute("SELECT name FROM op WHERE seq = ?", (seq,)).fetchone()
    if row is None:
        raise UserError("undo-no-such-op", op=seq)
    if row[0] not in REGISTRY or not REGISTRY[row[0]].undoable:
        raise UserError("undo-not-undoable", op=seq, name=row[0])
    if tx.value(
        "SELECT 1 FROM op u WHERE u.undoes = ? AND NOT EXISTS (SELECT 1 FROM op r WHERE r.undoes = u.seq)", (seq,)
    ):
        raise UserError("undo-already", op=seq)
    tx.undoes = seq
    tx.arguments.update(undoes=seq, name=row[0])
    span = tx.conn.execute("SELECT first, last FROM op_rows WHERE op = ? AND tab = 'mark'", (seq,)).fetchone()
    return 0 if span is None else restore(tx, *span)
