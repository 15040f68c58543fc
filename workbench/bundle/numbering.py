"""How the rows of a selection are numbered in the case of a bundle, and which column of each table points where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from workbench.bundle.masks import Mask

REFERS: dict[str, dict[str, str]] = {
    "source": {},
    "path": {"parent": "path"},
    "snapshot": {"source": "source"},
    "snapshot_end": {"snapshot": "snapshot"},
    "coverage": {"snapshot": "snapshot", "path": "path"},
    "container": {"snapshot": "snapshot", "path": "path"},
    "object": {},
    "sighting": {"snapshot": "snapshot", "path": "path", "object": "object"},
    "warning": {"snapshot": "snapshot", "path": "path", "object": "object"},
    "log": {"object": "object", "source": "source", "extends": "log"},
    "reading": {"log": "log", "supersedes": "reading"},
    "reading_end": {"reading": "reading"},
    "address": {},
    "word": {},
    "logpath": {},
    "event": {
        "reading": "reading",
        "address": "address",
        "method": "word",
        "path": "logpath",
        "user": "word",
        "agent": "word",
        "referrer": "word",
    },
    "layout": {"reading": "reading"},
    "open_layout": {"reading": "reading"},
    "route": {"event": "event", "peer": "address", "forwarded": "word"},
    "citation": {"duplicate": "event", "event": "event"},
    "overlap": {"log": "log", "other": "log"},
    "reject": {"reading": "reading"},
    "rootmap": {"log": "log"},
    "dataset": {},
    "lookup": {"address": "address", "dataset": "dataset"},
    "claim": {"address": "address", "dataset": "dataset"},
    "analysis": {"object": "object"},
    "fact": {"object": "object", "analysis": "analysis"},
    "match": {"event": "event", "sighting": "sighting"},
    "watch": {"source": "source"},
    "charter": {"source": "source"},
    "warc": {"snapshot": "snapshot"},
    "exchange": {"snapshot": "snapshot", "object": "object", "warc": "warc"},
    "trusted": {"sighting": "sighting"},
    "recheck": {"sighting": "sighting"},
    "decision": {"source": "source", "snapshot": "snapshot"},
    "missed": {"source": "source"},
}
"""Tables in the order in which they can be filled, and which column points where."""

TARGETS = ("object", "sighting", "event", "address", "match", "snapshot")
"""Kinds of targets of marks that have a table of their own."""


class Renumbering:
    """Old ids to new ones, and back, of every table."""

    def __init__(self, masks: Mapping[str, Mask]) -> None:
        self.masks = masks
        self._new: dict[str, NDArray[np.int64]] = {}
        self._old: dict[str, NDArray[np.int64]] = {}

    def new(self, table: str) -> NDArray[np.int64]:
        """At index old id the new one; 0 where the row stays behind."""
        if table not in self._new:
            mask = self.masks[table]
            self._new[table] = np.where(mask, np.cumsum(mask), 0)
        return self._new[table]

    def old(self, table: str) -> NDArray[np.int64]:
        """At index new id the old one."""
        if table not in self._old:
            self._old[table] = np.concatenate(([0], np.flatnonzero(self.masks[table])))
        return self._old[table]

    def runs(self) -> Iterator[dict[str, str | int]]:
        """``numbering.jsonl``: neighbouring rows of a table that are neighbours in the case of the bundle too."""
        for table in REFERS:
            old = self.old(table)[1:]
            if not len(old):
                continue
            begins = np.concatenate(([0], np.flatnonzero(np.diff(old) != 1) + 1))
            ends = np.concatenate((begins[1:], [len(old)]))
            for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
                yield {"table": table, "new": begin + 1, "old": int(old[begin]), "count": end - begin}
