"""What the window's own lines say of a case: asked in a reader thread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.case.case import read_setting
from workbench.case.operation import REGISTRY
from workbench.case.readers import Reader
from workbench.core.filter import Filter
from workbench.gui.look_facts import active_sources
from workbench.ops import history
from workbench.queries import custody, files, origins, select
from workbench.queries.shown import Row


@dataclass(frozen=True)
class CaseFacts:
    """Title and counts, the chain, and what could be undone and done again."""

    title: str
    number: str
    examiner: str
    files: int
    events: int
    addresses: int
    ops: int
    head: str
    anchored: int | None
    """When the head was last written down outside (microseconds UTC); null while it never was."""
    undo: Row | None
    redo: Row | None
    evidence: bool
    watched: int
    """Servers that are watched."""


def case_facts(reader: Reader, actor: str) -> CaseFacts:
    """Everything of one moment."""
    head = custody.head(reader)
    undoable = tuple(name for name, op in REGISTRY.items() if op.undoable and name != history.undo.name)
    return CaseFacts(
        title=read_setting(reader, "title") or "",
        number=read_setting(reader, "number") or "",
        examiner=read_setting(reader, "examiner") or "",
        files=len(files.items(reader, Filter())),
        events=int(np.count_nonzero(select.events(reader, Filter()))),
        addresses=len(origins.totals(reader, Filter())),
        ops=head.seq,
        head=head.hash.hex(),
        anchored=reader.value("SELECT max(time) FROM op WHERE name LIKE 'anchor%' OR name LIKE '%.anchor'"),
        undo=_op(reader, custody.last_undoable(reader, actor, undoable)),
        redo=_op(reader, custody.last_undone(reader, actor)),
        evidence=reader.evidence.present,
        watched=len(active_sources(reader)),
    )


def _op(reader: Reader, seq: int | None) -> Row | None:
    """An op as the custody list has it; of an undo, the op that it undid stands under ``of``."""
    if seq is None:
        return None
    row = next(custody.rows(reader, seq - 1, 1), None)
    if row is not None and row["undoes"] is not None:
        row["of"] = next(custody.rows(reader, row["undoes"] - 1, 1), None)
    return row


@dataclass(frozen=True)
class Shown:
    """How much of the case the filter shows."""

    files: int
    all_files: int
    addresses: int
    all_addresses: int


def shown(reader: Reader, asked: Filter) -> Shown:
    """Count what is shown and what there is."""
    every = Filter(own=asked.own)
    all_files, all_addresses = len(files.items(reader, Filter())), len(origins.totals(reader, every))
    if not asked.without("own"):
        return Shown(all_files, all_files, all_addresses, all_addresses)
    return Shown(len(files.items(reader, asked)), all_files, len(origins.totals(reader, asked)), all_addresses)
