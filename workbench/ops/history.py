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


def last_undoable(names_of_ops: set[str]) -> str:
    """SQL for the last op of an actor that can still be undone: not an undo, and not undone."""
    names = ", ".join(f"'{name}'" for name in sorted(names_of_ops) if name != "history.undo")
    return (
        "SELECT op.seq FROM op JOIN actor ON actor.id = op.actor "
        f"WHERE actor.name = ? AND op.name IN ({names}) "
        "AND NOT EXISTS (SELECT 1 FROM op u WHERE u.undoes = op.seq "
        "AND NOT EXISTS (SELECT 1 FROM op r WHERE r.undoes = u.seq)) ORDER BY op.seq DESC LIMIT 1"
    )
