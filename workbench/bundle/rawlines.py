"""Which raw lines of logs mention something that is withheld, whatever column it stands in.

A parser knows some columns of a line; what goes out is the whole line. Lines are looked at in runs that lie together,
and one by one only where a run mentions something.
"""

# ruff: noqa: S608 - SQL is put together from our own names

from __future__ import annotations

import heapq
import lzma
import zlib
from collections.abc import Iterator
from operator import itemgetter
from typing import Any, BinaryIO

from workbench.bundle.masks import STEP, Mask
from workbench.bundle.withheld import Withheld
from workbench.case.readers import Reader
from workbench.core.errors import UserError
from workbench.queries.logtext import opened

Place = tuple[int, int, int, int, bool]
"""Start in the log, length, line number, row id, is it a line that could not be read?"""

RUN = 64 << 10
"""Bytes that are looked at together."""


def live_readings(reader: Reader) -> list[tuple[int, int]]:
    """(log, reading) of all readings that no better one supersedes."""
    return reader.all(
        "SELECT r.log, r.id FROM reading r WHERE r.id NOT IN "
        "(SELECT supersedes FROM reading WHERE supersedes IS NOT NULL) ORDER BY r.log, r.id"
    )


def take_out_mentions(reader: Reader, hidden: Withheld, events: Mask, rejects: Mask) -> tuple[Mask, Mask]:
    """The events and rejects (by id) among those given whose line mentions something. The masks given stay."""
    found = events & False, rejects & False
    if not hidden:
        return found
    for log, reading in live_readings(reader):
        sha256, compression = reader.all(
            "SELECT o.sha256, l.compression FROM log l JOIN object o ON o.id = l.object WHERE l.id = ?", (log,)
        )[0]
        try:
            with opened(reader, sha256, compression) as stream:
                for _, _, _, row, rejected in _mentioning(places(reader, events, rejects, reading), stream, hidden):
                    found[rejected][row] = True
        except (UserError, OSError, EOFError, lzma.LZMAError, zlib.error):
            continue  # no line of such a log goes out: `workbench.bundle.excerpts` reads the same bytes
    return found


def places(reader: Reader, events: Mask, rejects: Mask, reading: int) -> Iterator[Place]:
    """Lines in the order of the log."""
    return heapq.merge(
        _table(reader, "event", events, reading, rejected=False),
        _table(reader, "reject", rejects, reading, rejected=True),
        key=itemgetter(0),
    )


def _mentioning(lines: Iterator[Place], stream: BinaryIO, hidden: Withheld) -> Iterator[Place]:
    run: list[Place] = []
    for place in lines:
        if run and place[0] + place[1] - run[0][0] > RUN:
            yield from _in_run(run, stream, hidden)
            run = []
        run.append(place)
    yield from _in_run(run, stream, hidden)


def _in_run(run: list[Place], stream: BinaryIO, hidden: Withheld) -> Iterator[Place]:
    if not run:
        return
    first = run[0][0]
    stream.seek(first)
    block = stream.read(run[-1][0] + run[-1][1] - first)
    lines = [block[start - first : start - first + length] for start, length, *_ in run]
    yield from (run[at] for at in hidden.any_in(lines))


def _table(reader: Reader, table: str, mask: Mask, reading: int, *, rejected: bool) -> Iterator[Place]:
    low, high = reader.all(f"SELECT ifnull(min(id), 1), ifnull(max(id), 0) FROM {table} WHERE reading = ?", (reading,))[
        0
    ]
    for first in range(low, high + 1, STEP):
        rows: list[tuple[Any, ...]] = reader.all(
            f"SELECT start, length, line, id FROM {table} WHERE id >= ? AND id < ? AND id <= ? AND reading = ? "
            "ORDER BY id",
            (first, first + STEP, high, reading),
        )
        for start, length, line, row in rows:
            if mask[row]:
                yield start, length, line, row, rejected
