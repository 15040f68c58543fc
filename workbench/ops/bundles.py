"""Bundles that were handed over: their seals."""

from __future__ import annotations

from workbench.case.operation import operation
from workbench.case.transaction import Transaction


@operation("bundle.sealed")
def sealed(tx: Transaction, name: str, seal: str, manifest_sha256: str) -> None:
    """Record the seal of a bundle that was written, with the name of its folder or file."""
    tx.arguments.update(name=name, seal=seal, manifest_sha256=manifest_sha256)
