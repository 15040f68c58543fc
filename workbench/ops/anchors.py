"""Anchors: the chain's head, written down outside of the case, and the time stamps that came back for it."""

from __future__ import annotations

from workbench.case.operation import operation
from workbench.case.transaction import Transaction
from workbench.core.errors import UserError


@operation("anchor.write")
def write(tx: Transaction, seq: int, head: bytes, sha256: bytes, clock: str, sha512: bytes | None = None) -> None:
    """Record that the chain's head was written down outside: its number and hash, and the anchor file's digests."""
    found = tx.value("SELECT hash FROM op WHERE seq = ?", (seq,))
    if found is None or bytes(found) != head:
        raise UserError("anchor-no-such-head", seq=seq)
    tx.arguments.update(ops=seq, head=head.hex(), anchor_sha256=sha256.hex(), clock=clock)
    if sha512 is not None:
        tx.arguments["anchor_sha512"] = sha512.hex()


@operation("anchor.attach")
def attach(tx: Transaction, name: str, sha256: bytes, size: int, anchor: bytes | None = None) -> None:
    """Record the reply of a time-stamping service; its bytes are an object of the case.

    `anchor` is the SHA-256 of the anchor file that it stamps, null where it stamps none of this case.
    """
    if tx.value("SELECT 1 FROM object WHERE sha256 = ?", (sha256,)) is None:
        raise UserError("object-missing", sha256=sha256.hex())
    tx.arguments.update(name=name, sha256=sha256.hex(), size=size, anchor=None if anchor is None else anchor.hex())
