"""The exchanges of a bundle, as WARC files that any tool can read: every body stands in its own record, in full.

A case keeps a file's bytes once, as an object, and a page that came again as a reference to the first. Here both are
put back in. Records keep their identifiers, so that a sighting's ``record`` names them. The same selection gives the
same bytes.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from workbench import __version__
from workbench.bundle.selection import Selection
from workbench.case.readers import Reader
from workbench.core.errors import UserError
from workbench.core.progress import Progress
from workbench.core.records import Placed
from workbench.sources.base import SourceError
from workbench.sources.http.content import decoded
from workbench.sources.http.headers import headers_of
from workbench.sources.remote import NetworkError
from workbench.sources.warcformat import Conversation, full, header_record
from workbench.sources.warcread import Unpacked, unpack

LARGEST_PAGE = 64 << 20
"""Bytes of a page that is looked into, or put back in."""
HOPS = 8
"""So often may a page refer to an earlier one that refers to an earlier one."""


@dataclass
class Carried:
    """Where each exchange lies in the files of the bundle, by its row in the case, and these files by name."""

    places: dict[int, Placed] = field(default_factory=dict)
    files: dict[str, Path] = field(default_factory=dict)


def write_exchanges(
    reader: Reader, selection: Selection, lost: Mapping[int, str], scratch: Path, progress: Progress
) -> Carried:
    """Write the selected exchanges into files in `scratch`.

    `lost` says which objects have no sound bytes. What cannot be carried is taken out of the masks of `selection` and
    counted as left out.
    """
    return _Writing(reader, selection, lost, scratch, progress).run()


class _Hidden(Exception):
    """The exchange mentions something that is withheld."""


@dataclass
class _Writing:
    reader: Reader
    selection: Selection
    lost: Mapping[int, str]
    scratch: Path
    progress: Progress
    carried: Carried = field(default_factory=Carried)

    def run(self) -> Carried:
        mask = self.selection.masks["warc"]
        self.progress.stage("stage-bundle-exchanges", self.selection.count("exchange"))
        for warc, name in self.reader.all("SELECT id, name FROM warc ORDER BY id"):
            if mask[warc]:
                mask[warc] = self._file(warc, name)
        return self.carried

    def _file(self, warc: int, name: str) -> bool:
        """One file; false where nothing of it can be carried."""
        mask = self.selection.masks["exchange"]
        path = self.scratch / f"{warc}.warc.gz"
        before = len(self.carried.places)
        with path.open("w+b") as out:
            for row, time, held, start, length, sha256 in self.reader.conn.execute(
                "SELECT id, time, object, start, length, sha256 FROM exchange WHERE warc = ? ORDER BY id", (warc,)
            ):
                if not mask[row]:
                    continue
                at = out.tell()
                if not at:
                    out.write(self._information(name, time))
                    at = out.tell()
                try:
                    placed = self._exchange(Placed(name, start, length, sha256), held, out)
                except (_Hidden, UserError, SourceError) as error:
                    out.seek(at)
                    out.truncate()
                    mask[row] = False
                    self.selection.left_out[self._reason(held, error)] += 1
                else:
                    self.carried.places[row] = placed
                self.progress.update(len(self.carried.places))
        if len(self.carried.places) == before:
            path.unlink()
            return False
        self.carried.files[name] = path
        return True

    def _information(self, name: str, time: int) -> bytes:
        uid = uuid.uuid5(uuid.UUID(bytes=self.reader.case_uid), name).bytes
        return header_record(uid, time, name, f"Workbench {__version__}")

    @staticmethod
    def _reason(held: int | None, error: Exception) -> str:
        if isinstance(error, _Hidden):
            return "redacted-exchange"
        gone = isinstance(error, UserError) and error.message.code in ("warc-missing", "object-missing")
        return "missing-exchanges" if gone else "damaged-exchanges"

    def _exchange(self, placed: Placed, held: int | None, out: BinaryIO) -> Placed:
        """Write one exchange and say where. Errors of reading are `UserError` or `SourceError`; ours are `OSError`."""
        if held is not None and held in self.lost:
            raise UserError(self.lost[held], sha256="")
        start = out.tell()
        digest = hashlib.sha256()
        pieces = _reading(self._records(placed))
        for piece in pieces:
            self.progress.check()
            digest.update(piece)
            out.write(piece)
        return Placed(placed.file, start, out.tell() - start, digest.digest())

    def _records(self, placed: Placed) -> Iterator[bytes]:
        block = self.reader.evidence.warcs.read(placed)
        found = _first(block)
        said = found.conversation
        page = None if said.object is not None else self._page(found)
        if self._is_hidden(said, page or b""):
            raise _Hidden
        if said.object is not None:
            with self.reader.evidence.open(said.object[0]) as stream:
                yield from full(said, stream)
        elif found.type == "revisit" and page is not None:
            yield from full(said, BytesIO(page))
        else:
            yield block

    def _is_hidden(self, said: Conversation, page: bytes) -> bool:
        """Is anything that is withheld in what was said, or in the page? What cannot be unpacked may show it."""
        hidden = self.selection.hidden
        if not hidden:
            return False
        told = [said.url.encode(), said.sent, said.head, (said.peer or "").encode(), page]
        try:
            told.append(decoded(headers_of(said.head), page, LARGEST_PAGE))
        except NetworkError:
            return True
        return any(map(hidden.mentions, told))

    def _page(self, found: Unpacked, hops: int = HOPS) -> bytes | None:
        """The body of an answer that is no object, also where an earlier one brought it; null where there is none.

        Raises `UserError` ``warc-damaged`` where it cannot be had.
        """
        if found.body is not None:
            page = found.body.read(LARGEST_PAGE + 1)
            if len(page) > LARGEST_PAGE:
                raise UserError("warc-damaged", name=found.record)
            return page
        earlier = found.conversation.earlier
        if earlier is None:
            return None
        row = self.reader.conn.execute(
            "SELECT w.name, x.start, x.length, x.sha256 FROM exchange x JOIN warc w ON w.id = x.warc WHERE x.uid = ?",
            (earlier.uid,),
        ).fetchone()
        if row is None or not hops:
            raise UserError("warc-damaged", name=found.record)
        before = _first(self.reader.evidence.warcs.read(Placed(*row)))
        if before.conversation.object is not None:
            with self.reader.evidence.open(before.conversation.object[0]) as stream:
                return stream.read(LARGEST_PAGE)
        return self._page(before, hops - 1)


def _first(block: bytes) -> Unpacked:
    """The answer of an exchange, or what stands in place of one."""
    found = next(unpack(BytesIO(block)), None)
    if found is None:
        raise SourceError("warc-cut-off")
    return found


def _reading(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same, with errors of the disk that is read from told apart from those of the disk that is written to."""
    try:
        yield from pieces
    except OSError as error:
        raise UserError("warc-damaged", name="") from error
