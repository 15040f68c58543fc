"""Tiles for the gallery: words and our own previews, read and decoded page by page, off the main thread.

Previews are JPEGs of at most 256 px that our own workers made; nothing foreign is decoded here. Pixels are kept up to
a number of bytes, those used last the longest. A tile that was shown stays until its successor is there.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QObject, Qt, Signal
from PySide6.QtGui import QImage, QImageReader

from workbench.core.records import State
from workbench.gui.session import Session
from workbench.gui.tasks import Latest
from workbench.gui.widgets.gallery_tiles import Badge, Tile
from workbench.queries.gallery import TileRow, tiles

BUDGET = 64 << 20
"""Bytes of pixels that are kept."""
PAGE = 24
"""Tiles that are read at once: the first of a screen come before the last are asked for."""
LARGEST = 512
"""Of a preview, in pixels; ours are at most 256."""

Placed = Callable[[int], tuple[int, Badge]]
"""For an item: the sighting that names it, and its badge."""


class Thumbs(QObject):
    """The `Tiles` of a session. Main thread; decoding goes to two threads of its own until `close`."""

    ready = Signal(object)
    """Items whose tiles are at hand now, or are others now."""

    def __init__(self, session: Session, placed: Placed, budget: int = BUDGET, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._placed = placed
        self._budget = budget
        self._tiles: OrderedDict[int, Tile] = OrderedDict()
        self._bytes = 0
        self._edge = 256
        self._signs: dict[int, int] = {}
        """Of each tile, what it was made of."""
        self._stale: set[int] = set()
        self._renewing: set[int] = set()
        self._wanted: list[int] = []
        self._closed = False
        self._loop = Latest(session.tasks)
        self._decoders = ThreadPoolExecutor(2, "thumbs")

    def set_edge(self, edge: int) -> None:
        """The longest side that is drawn, in pixels: small tiles need few, and many of them are on screen."""
        grown = edge > self._edge
        self._edge = min(edge, LARGEST)
        if grown:
            self._stale = set(self._tiles)

    @property
    def held_bytes(self) -> int:
        """Bytes of pixels that are kept now."""
        return self._bytes

    @property
    def busy(self) -> bool:
        """Are tiles on their way?"""
        return self._loop.busy

    def get(self, item: int) -> Tile | None:
        """The tile if it is at hand, else null; the same one until it changes."""
        found = self._tiles.get(item)
        if found is not None:
            self._tiles.move_to_end(item)
            if item in self._stale and item not in self._renewing:
                self._renewing.add(item)
                self._want([item])
        return found

    def request(self, items: Sequence[int]) -> None:
        """These are wanted now, nearest first."""
        stale = [each for each in self._wanted if each in self._renewing]
        self._wanted = []
        self._want([*stale, *(each for each in items if each not in self._tiles)][: self._room()])

    def renew(self) -> None:
        """Marks or states changed: every tile is read again when it is next drawn, and stays as it is until then."""
        self._stale = set(self._tiles)
        self._renewing.clear()

    def close(self) -> None:
        """Stop; what is under way is dropped."""
        self._closed = True
        self._wanted.clear()
        self._loop.cancel()
        self._decoders.shutdown(wait=True, cancel_futures=True)

    def _room(self) -> int:
        """How many tiles the budget holds, going by those that are there; more would push out what is on screen."""
        each = max(self._bytes // max(len(self._tiles), 1), self._edge * self._edge)
        return max(PAGE, self._budget // max(each, 1))

    def _want(self, items: Sequence[int]) -> None:
        if self._closed:
            return
        self._wanted += items
        if self._wanted and not self._loop.busy:
            self._loop.start(self._load())

    async def _load(self) -> None:
        while self._wanted:
            page, self._wanted = self._wanted[:PAGE], self._wanted[PAGE:]
            placed = {each: self._placed(each) for each in page}
            rows = await self._session.read(tiles, page, [placed[each][0] for each in page])
            edge = self._edge
            signs = {row.item: hash((row, placed[row.item][1], edge)) for row in rows}
            fresh = [row for row in rows if not self._is_same(row.item, signs[row.item])]
            pictures = await asyncio.wrap_future(self._decoders.submit(_decoded, fresh, edge)) if fresh else []
            for row, picture in zip(fresh, pictures, strict=True):
                self._keep(row.item, _tile(row, placed[row.item][1], picture))
                self._signs[row.item] = signs[row.item]
            self._wanted = [each for each in self._wanted if each not in self._tiles or each in self._stale]
            if fresh:
                self.ready.emit([row.item for row in fresh])

    def _is_same(self, item: int, sign: int) -> bool:
        """Is a tile that was asked for again as it was? Then it need be neither decoded nor drawn anew."""
        if item not in self._tiles or self._signs.get(item) != sign:
            return False
        self._stale.discard(item)
        self._renewing.discard(item)
        return True

    def _keep(self, item: int, made: Tile) -> None:
        self._stale.discard(item)
        self._renewing.discard(item)
        before = self._tiles.pop(item, None)
        self._bytes += _bytes_of(made) - (_bytes_of(before) if before is not None else 0)
        self._tiles[item] = made
        while self._bytes > self._budget and len(self._tiles) > PAGE:
            oldest, dropped = self._tiles.popitem(last=False)
            self._signs.pop(oldest, None)
            self._stale.discard(oldest)
            self._renewing.discard(oldest)
            self._bytes -= _bytes_of(dropped)


def _bytes_of(made: Tile) -> int:
    return made.image.sizeInBytes() if made.image is not None else 0


def _tile(row: TileRow, badge: Badge, picture: QImage | None) -> Tile:
    return Tile(
        name=row.name,
        image=picture,
        state=State(row.state) if row.state in set(State) else State.OK,
        badge=badge,
        unseen=not row.verdict,
        stack=row.copies,
        tags=row.tags,
        verdict=row.verdict,
        kind=row.kind if row.kind != "other" else "unknown",
        warned=row.warned,
    )


def _decoded(rows: Sequence[TileRow], edge: int) -> list[QImage | None]:
    return [None if row.preview is None else decode(row.preview, edge) for row in rows]


def decode(jpeg: bytes, edge: int = LARGEST) -> QImage | None:
    """One of our own previews, at most `edge` pixels long; null when it is not one.

    Any thread: the reader releases Python's lock.
    """
    if not jpeg.startswith(b"\xff\xd8"):
        return None
    data = QByteArray(jpeg)
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer, QByteArray(b"jpeg"))
    reader.setAutoTransform(False)
    wanted = reader.size()
    if not wanted.isValid() or max(wanted.width(), wanted.height()) > LARGEST:
        return None
    if max(wanted.width(), wanted.height()) > edge:
        reader.setScaledSize(wanted.scaled(edge, edge, Qt.AspectRatioMode.KeepAspectRatio))
    image = reader.read()
    return None if image.isNull() else image
