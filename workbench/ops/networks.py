"""Network claims: what a named, dated data set says of addresses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workbench.case.operation import operation
from workbench.case.transaction import Transaction
from workbench.case.uids import uuid7
from workbench.core.records import Claim


@dataclass(frozen=True)
class SetInfo:
    """A data set as the case names it."""

    name: str
    release: str
    kind: str
    licence: str
    rows: int
    sha256: bytes


@operation("networks.dataset")
def dataset(tx: Transaction, info: SetInfo) -> int:
    """Name a data set; the same bytes are the same set."""
    tx.arguments.update(name=info.name, release=info.release, sha256=info.sha256.hex())
    found = tx.value("SELECT id FROM dataset WHERE sha256 = ?", (info.sha256,))
    if found is not None:
        return int(found)
    return tx.add(
        "dataset",
        uid=uuid7(),
        name=info.name,
        release=info.release,
        kind=info.kind,
        licence=info.licence,
        rows=info.rows,
        sha256=info.sha256,
    )


@operation("networks.claims")
def claims(tx: Transaction, looked_up: Sequence[tuple[int, int]], found: Sequence[tuple[int, int, Claim]]) -> int:
    """Record that (address, data set) were looked up, and the (address, data set, claim) that came of it."""
    address, dataset = np.array(looked_up, np.int64).reshape(-1, 2).T
    tx.append("lookup", address=address, dataset=dataset)
    tx.append(
        "claim",
        address=np.array([each[0] for each in found], np.int64),
        dataset=np.array([each[1] for each in found], np.int64),
        prefix=[each[2].prefix for each in found],
        level=[each[2].level for each in found],
        key=[each[2].key for each in found],
        value=[each[2].value for each in found],
    )
    tx.arguments.update(looked_up=len(looked_up), claims=len(found))
    return len(found)
