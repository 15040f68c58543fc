"""Logs go as excerpts: the lines of the selected events, byte for byte, each with its place in the whole log.

The lines of a reading lie in one object of the bundle, one after the other, each ended by a line feed; an index says
which line of the log each is, and what the whole log was.
"""

# ruff: noqa: S608 - SQL is put together from our own names

from __future__ import annotations

import hashlib
import heapq
import lzma
from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import IO, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from workbench.bundle.masks import STEP, Mask
from workbench.bundle.selection import Selection
from workbench.case.readers import Reader
from workbench.core.errors import UserError
from workbench.core.progress import Progress
from workbench.queries.logtext import opened

Place = tuple[int, int, int, int, bool]
"""Start in the log, length, line number, row id, is it a line that could not be read?"""


@dataclass
class Excerpt:
    """The lines of one reading. `file` lies in the scratch folder; `problem` is why there are none."""

    log: int
    reading: int
    log_sha256: str
    about: dict[str, object]
    file: Path
    places: Path
    sha256: bytes = b""
    size: int = 0
    lines: int = 0
    rejects: dict[int, int] = field(default_factory=dict)
    """Offset of each line that could not be read, by row id."""
    problem: str | None = None


@dataclass
class Excerpts:
    """All excerpts, and where in its excerpt each selected event stands (by id; -1 where its line is not there)."""

    made: list[Excerpt]
    offsets: NDArray[np.int64]


def cut(reader: Reader, selection: Selection, scratch: Path, progress: Progress) -> Excerpts:
    """Write the excerpts of all selected readings into `scratch`."""
    found = Excerpts([], np.full(len(selection.live), -1, np.int64))
    rejects = selection.masks["reject"]
    for log, reading in reader.all(
        "SELECT r.log, r.id FROM reading r WHERE r.id NOT IN "
        "(SELECT supersedes FROM reading WHERE supersedes IS NOT NULL) ORDER BY r.log, r.id"
    ):
        if selection.masks["reading"][reading]:
            found.made.append(_cut(reader, selection, rejects, (log, reading), scratch, found.offsets, progress))
    return found


def _cut(
    reader: Reader,
    selection: Selection,
    rejects: Mask,
    which: tuple[int, int],
    scratch: Path,
    offsets: NDArray[np.int64],
    progress: Progress,
) -> Excerpt:
    log, reading = which
    (sha256, size, name, source, compression, content_sha256, content_size, lines, before) = reader.all(
        "SELECT o.sha256, o.size, l.name, s.name, l.compression, l.content_sha256, l.content_size, e.lines, "
        "l.from_line FROM log l JOIN object o ON o.id = l.object JOIN source s ON s.id = l.source "
        "LEFT JOIN reading_end e ON e.reading = ? WHERE l.id = ?",
        (reading, log),
    )[0]
    about: dict[str, object] = {
        "log": sha256.hex(),
        "size": size,
        "compression": compression,
        "content_sha256": content_sha256.hex(),
        "content_size": content_size,
        "name": name,
        "source": source,
        "lines_of_this_reading": lines,
        "lines_before_this_reading": before,
    }
    stem = f"{sha256.hex()}-{reading}"
    made = Excerpt(log, reading, sha256.hex(), about, scratch / f"{stem}.lines", scratch / f"{stem}.jsonl")
    made.problem = reader.evidence.check(sha256, size)
    with made.file.open("wb") as out, made.places.open("w", encoding="utf-8", newline="\n") as index:
        places = _places(reader, selection.live, rejects, reading)
        if made.problem is not None:
            selection.left_out[made.problem.removeprefix("object-") + "-log-lines"] += sum(1 for _ in places)
        else:
            with opened(reader, sha256, compression) as stream:
                _copy(made, places, stream, out, index, (selection, offsets, progress))
    if made.problem is None and lines is not None:
        selection.left_out["log-lines"] += max(lines - made.lines, 0)
    with made.file.open("rb") as written:
        made.sha256 = hashlib.file_digest(written, "sha256").digest()
    made.size = made.file.stat().st_size
    about["problem"] = made.problem
    about["excerpt"] = {"sha256": made.sha256.hex(), "size": made.size, "lines": made.lines}
    return made


def _copy(
    made: Excerpt,
    places: Iterator[Place],
    stream: BinaryIO,
    out: IO[bytes],
    index: IO[str],
    others: tuple[Selection, NDArray[np.int64], Progress],
) -> None:
    selection, offsets, progress = others
    at = 0
    for start, length, line, row, rejected in places:
        try:
            stream.seek(start)
            raw = stream.read(length)
        except (OSError, EOFError, lzma.LZMAError):
            raise UserError("bundle-log-unreadable", log=made.log_sha256[:12], line=line) from None
        if rejected and any(each in raw for each in selection.hidden_addresses):
            selection.left_out["hidden-address-lines"] += 1
            continue
        out.write(raw + b"\n")
        index.write(f'{{"line":{line},"start":{start},"length":{length},"offset":{at}')
        index.write(',"unread":true}\n' if rejected else "}\n")
        if rejected:
            made.rejects[row] = at
        else:
            offsets[row] = at
        at += len(raw) + 1
        made.lines += 1
        if made.lines % 1000 == 0:
            progress.update(made.lines)


def _places(reader: Reader, live: Mask, rejects: Mask, reading: int) -> Iterator[Place]:
    """Lines in the order of the log."""
    return heapq.merge(
        _table(reader, "event", live, reading, rejected=False),
        _table(reader, "reject", rejects, reading, rejected=True),
        key=itemgetter(0),
    )


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
