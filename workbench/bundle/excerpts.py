"""Logs go as excerpts: the lines of the selected events, byte for byte, each with its place in the whole log.

The lines of a reading lie in one object of the bundle, one after the other, each ended by a line feed; an index says
which line of the log each is, and what the whole log was. Of a line that mentions something withheld the index has
the number and a digest, which the owner of the case can open later: SHA-256 over `LINE_DIGEST`, a salt that only the
case can derive, and the line.
"""

from __future__ import annotations

import hashlib
import lzma
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, BinaryIO

import numpy as np
from numpy.typing import NDArray

from workbench.bundle.rawlines import Place, live_readings, places
from workbench.bundle.selection import Selection
from workbench.case.readers import Reader
from workbench.case.secret import keyed
from workbench.core.errors import UserError
from workbench.core.progress import Progress
from workbench.queries.logtext import opened

LINE_DIGEST = b"workbench-line-1\0"


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
    withheld: int = 0
    """Lines of which the index has the number and a salted digest, and nothing else goes along."""
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
    for log, reading in live_readings(reader):
        if selection.masks["reading"][reading]:
            found.made.append(_cut(reader, selection, (log, reading), scratch, found.offsets, progress))
    return found


def _cut(
    reader: Reader,
    selection: Selection,
    which: tuple[int, int],
    scratch: Path,
    offsets: NDArray[np.int64],
    progress: Progress,
) -> Excerpt:
    log, reading = which
    (sha256, size, name, of, source, compression, content_sha256, content_size, lines, before) = reader.all(
        "SELECT o.sha256, o.size, l.name, s.id, s.name, l.compression, l.content_sha256, l.content_size, e.lines, "
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
        "name": selection.log_name(log, name),
        "source": selection.source_name(of, source),
        "lines_of_this_reading": lines,
        "lines_before_this_reading": before,
    }
    stem = f"{sha256.hex()}-{reading}"
    made = Excerpt(log, reading, sha256.hex(), about, scratch / f"{stem}.lines", scratch / f"{stem}.jsonl")
    made.problem = reader.evidence.check(sha256, size)
    with made.file.open("wb") as out, made.places.open("w", encoding="utf-8", newline="\n") as index:
        withheld = selection.withheld_lines
        shown = selection.live | withheld.events, selection.masks["reject"] | withheld.rejects
        lines_of_log = places(reader, *shown, reading)
        if made.problem is not None:
            selection.left_out[made.problem.removeprefix("object-") + "-log-lines"] += sum(1 for _ in lines_of_log)
        else:
            with opened(reader, sha256, compression) as stream:
                _copy(reader, made, lines_of_log, stream, out, index, (selection, offsets, progress))
    if made.problem is None and lines is not None:
        selection.left_out["log-lines"] += max(lines - made.lines - made.withheld, 0)
    with made.file.open("rb") as written:
        made.sha256 = hashlib.file_digest(written, "sha256").digest()
    made.size = made.file.stat().st_size
    about["problem"] = made.problem
    about["excerpt"] = {"sha256": made.sha256.hex(), "size": made.size, "lines": made.lines}
    return made


def _copy(
    reader: Reader,
    made: Excerpt,
    lines: Iterator[Place],
    stream: BinaryIO,
    out: IO[bytes],
    index: IO[str],
    others: tuple[Selection, NDArray[np.int64], Progress],
) -> None:
    selection, offsets, progress = others
    at = 0
    for start, length, line, row, rejected in lines:
        try:
            stream.seek(start)
            raw = stream.read(length)
        except (OSError, EOFError, lzma.LZMAError):
            raise UserError("bundle-log-unreadable", log=made.log_sha256[:12], line=line) from None
        if selection.withheld_lines.has(row, rejected=rejected):
            salt = keyed(reader, b"line-salt", bytes.fromhex(made.log_sha256), line.to_bytes(8, "little"))
            digest = hashlib.sha256(LINE_DIGEST + salt + raw).hexdigest()
            index.write(f'{{"line":{line},"withheld":"{digest}"}}\n')
            made.withheld += 1
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
