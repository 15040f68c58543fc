"""How a tile looks. Cards are composed once into pixmaps; scrolling then draws one pixmap and one line of text."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from time import perf_counter

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QImage, QPainter, QPen, QPixmap

from workbench.gui import icons
from workbench.gui.theme import Theme, mix, with_alpha
from workbench.gui.widgets.elide import elided
from workbench.gui.widgets.gallery_layout import Box
from workbench.gui.widgets.gallery_tiles import KINDS, Section, Tile
from workbench.gui.widgets.words import word

_KEEP = 2000
_DAMAGE = ("undecodable", "missing")
_DOT = 6
_RADIUS = 5.0
_SMALL = 112
"""Below this width a stand-in has no room for its word; the tooltip says it."""


@dataclass(frozen=True)
class Card:
    """A composed thumbnail with its signs, and the name as it fits below."""

    tile: Tile
    size: QSize
    ratio: float
    pixmap: QPixmap
    name: str


@dataclass(frozen=True)
class Look:
    """What the widget knows about one tile at the moment of painting."""

    selected: bool = False
    current: bool = False
    focused: bool = False


class TilePainter:
    """Draws tiles and headings in a theme; keeps the last cards it made. Main thread."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._cards: OrderedDict[int, Card] = OrderedDict()
        self._deadline = 0.0
        self.behind: set[int] = set()

    def forget(self, items: Iterable[int] | None = None) -> None:
        """Drop the cards of some items, or (theme, font) all of them."""
        if items is None:
            self._cards.clear()
            return
        for item in items:
            self._cards.pop(item, None)

    def begin(self, budget_ms: float) -> None:
        """Start of a frame: new cards may take this long; what is left goes to `behind` for a later frame."""
        self._deadline = perf_counter() + budget_ms / 1000
        self.behind.clear()

    def caption_height(self) -> int:
        """Room for the name under a card."""
        return QFontMetrics(self._theme.font("caption")).height() + 6

    def heading(self, painter: QPainter, section: Section, box: Box) -> None:
        """A section's title and note on one base line."""
        tokens = self._theme.tokens
        painter.setFont(self._theme.font("heading"))
        painter.setPen(tokens.text)
        base = box.y + box.height - 13
        room = box.width
        title = elided(section.title, painter.fontMetrics(), room)
        painter.drawText(QPointF(box.x, base), title)
        used = painter.fontMetrics().horizontalAdvance(title) + 12
        note = section.told() if used < room else ""
        if note:
            painter.setFont(self._theme.font("caption"))
            painter.setPen(tokens.dim)
            painter.drawText(
                QPointF(box.x + used, base),
                painter.fontMetrics().elidedText(note, Qt.TextElideMode.ElideRight, room - used),
            )

    def tile(self, painter: QPainter, item: int, tile: Tile | None, cell: QRect, pad: int, look: Look) -> None:
        """One tile; null draws a calm placeholder of the same shape."""
        tokens = self._theme.tokens
        thumb = cell.adjusted(pad, pad, -pad, -pad)
        thumb.setHeight(cell.height() - 2 * pad - self.caption_height())
        if look.selected or look.current:
            self._outline(painter, cell, look)
        card = self._card(item, tile, thumb.size(), painter.device().devicePixelRatioF()) if tile is not None else None
        if card is None:
            painter.setPen(QPen(tokens.line, 1))
            painter.setBrush(mix(tokens.window, tokens.chip, 0.6))
            painter.drawRoundedRect(QRectF(thumb).adjusted(0.5, 0.5, -0.5, -0.5), _RADIUS, _RADIUS)
            return
        if card.size == thumb.size():
            painter.drawPixmap(thumb.topLeft(), card.pixmap)
        else:
            painter.drawPixmap(thumb, card.pixmap)
        self._name(painter, card, thumb, look)

    def _outline(self, painter: QPainter, cell: QRect, look: Look) -> None:
        tokens = self._theme.tokens
        shape = QRectF(cell).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(Qt.PenStyle.NoPen)
        if look.selected:
            painter.setBrush(tokens.accent_ground)
            painter.setPen(QPen(tokens.accent, 1))
        else:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(tokens.dim if look.focused else tokens.line, 1))
        painter.drawRoundedRect(shape, 8, 8)
        if look.selected and look.current and look.focused:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(tokens.accent, 2))
            painter.drawRoundedRect(shape.adjusted(0.5, 0.5, -0.5, -0.5), 7.5, 7.5)

    def _name(self, painter: QPainter, card: Card, thumb: QRect, look: Look) -> None:
        tokens = self._theme.tokens
        left, top = thumb.left(), thumb.bottom() + 5
        if card.tile.unseen:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tokens.accent)
            middle = top + self.caption_height() / 2 - 3
            painter.drawEllipse(QRectF(left + 1, middle - _DOT / 2, _DOT, _DOT))
            left += _DOT + 6
        painter.setFont(self._theme.font("caption"))
        painter.setPen(tokens.text if card.tile.unseen or look.selected else tokens.dim)
        ascent = painter.fontMetrics().ascent()
        painter.drawText(QPointF(left, top + ascent), card.name)

    def _card(self, item: int, tile: Tile, size: QSize, ratio: float) -> Card | None:
        known = self._cards.get(item)
        if known is not None:
            self._cards.move_to_end(item)
            if known.tile is tile and known.size == size and known.ratio == ratio:
                return known
        if perf_counter() > self._deadline:
            self.behind.add(item)
            return known
        made = Card(tile, size, ratio, self._compose(tile, size, ratio), self._name_text(tile, size.width()))
        self._cards[item] = made
        self._cards.move_to_end(item)
        while len(self._cards) > _KEEP:
            self._cards.popitem(last=False)
        return made

    def _name_text(self, tile: Tile, width: int) -> str:
        room = width - (_DOT + 6 if tile.unseen else 0)
        return elided(tile.name, QFontMetrics(self._theme.font("caption")), room)

    def _compose(self, tile: Tile, size: QSize, ratio: float) -> QPixmap:
        canvas = QPixmap(QSize(round(size.width() * ratio), round(size.height() * ratio)))
        canvas.setDevicePixelRatio(ratio)
        canvas.fill(Qt.GlobalColor.transparent)
        painter = QPainter(canvas)
        try:
            painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
            area = QRectF(0, 0, size.width(), size.height())
            if tile.image is not None and not tile.image.isNull():
                self._picture(painter, tile, tile.image, area, ratio)
            else:
                self._stand_in(painter, tile, area, ratio)
            self._signs(painter, tile, area, ratio)
        finally:
            painter.end()
        return canvas

    def _picture(self, painter: QPainter, tile: Tile, image: QImage, area: QRectF, ratio: float) -> None:
        tokens = self._theme.tokens
        painter.setPen(QPen(tokens.paper_line, 1))
        painter.setBrush(tokens.paper)
        painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), _RADIUS, _RADIUS)
        room = area.adjusted(4, 4, -4, -4)
        scale = min(room.width() * ratio / image.width(), room.height() * ratio / image.height(), ratio)
        width, height = max(1, round(image.width() * scale)), max(1, round(image.height() * scale))
        fitted = image
        if (width, height) != (image.width(), image.height()):
            fitted = image.scaled(
                width, height, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
            )
        if tile.verdict == "not-relevant":
            painter.setOpacity(0.4)
        spot = QRectF(0, 0, width / ratio, height / ratio)
        spot.moveCenter(room.center())
        spot.moveTopLeft(QPointF(round(spot.x() * ratio) / ratio, round(spot.y() * ratio) / ratio))
        painter.drawImage(spot, fitted)
        painter.setOpacity(1.0)

    def _stand_in(self, painter: QPainter, tile: Tile, area: QRectF, ratio: float) -> None:
        """No picture to show: a quiet card with a sign and a word for why."""
        tokens = self._theme.tokens
        problem = tile.problem()
        kind = tile.kind if tile.kind in KINDS else "unknown"
        ground = mix(tokens.window, tokens.panel, 0.6)
        pen = QPen(tokens.line, 1)
        if problem:
            pen.setStyle(Qt.PenStyle.DashLine)
            pen.setColor(mix(tokens.line, tokens.text, 0.15))
        painter.setPen(pen)
        painter.setBrush(ground)
        painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), _RADIUS, _RADIUS)
        color = tokens.readable(tokens.red, ground) if problem in _DAMAGE else tokens.dim
        if area.width() < _SMALL:
            lower = 6 if tile.badge else 0
            spot = QPointF(area.center().x() - 10, area.center().y() - 10 + lower)
            painter.drawPixmap(spot, icons.pixmap(problem or kind, color, 20, ratio))
            return
        side = 28 if area.height() >= 84 else 20
        painter.setFont(self._theme.font("caption"))
        line = painter.fontMetrics().height()
        top = area.center().y() - (side + 4 + line) / 2 + 2
        sign = icons.pixmap(problem or kind, color, side, ratio)
        painter.drawPixmap(QPointF(area.center().x() - side / 2, top), sign)
        painter.setPen(color)
        said = word(problem) if problem else word(kind if kind != "image" else "ok")
        said = painter.fontMetrics().elidedText(said, Qt.TextElideMode.ElideRight, int(area.width() - 12))
        painter.drawText(QRectF(6, top + side + 4, area.width() - 12, line), Qt.AlignmentFlag.AlignHCenter, said)

    def _signs(self, painter: QPainter, tile: Tile, area: QRectF, ratio: float) -> None:
        tokens = self._theme.tokens
        inset = 4 if area.width() < _SMALL else 7
        if tile.badge:
            ground = {
                "new": tokens.green,
                "changed": tokens.amber,
                "moved": tokens.blue,
                "returned": mix(tokens.blue, tokens.green, 0.5),
                "removed": mix(tokens.dim, tokens.text, 0.2),
            }[tile.badge]
            self._pill(painter, word(f"badge.{tile.badge}"), ground, QPointF(inset, inset))
        dark = QColor("#3a3c38")
        right = area.right() - inset
        bottom = area.bottom() - inset
        if tile.stack > 1:
            width = self._pill_size(str(tile.stack)).width()
            self._pill(painter, str(tile.stack), with_alpha(dark, 0.82), QPointF(right - width, bottom - 17))
        if tile.verdict in ("relevant", "not-relevant"):
            color = QColor("#b4552d") if tile.verdict == "relevant" else dark
            self._sign(painter, tile.verdict, color, QPointF(right - 18, inset), ratio)
        left = float(inset)
        if tile.image is not None and tile.kind != "image":
            kind = tile.kind if tile.kind in KINDS else "unknown"
            self._sign(painter, kind, dark, QPointF(left, bottom - 18), ratio)
            left += 22
        if tile.tags:
            self._sign(painter, "tag", dark, QPointF(left, bottom - 18), ratio)
            left += 22
        if (tile.image is not None and tile.problem()) or tile.warned:
            # A picture that was read in part looks like a whole one.
            self._sign(painter, "warning", QColor("#b4552d"), QPointF(left, bottom - 18), ratio)

    def _sign(self, painter: QPainter, name: str, color: QColor, spot: QPointF, ratio: float) -> None:
        """A small icon on a paper disc: readable on any picture, in both themes."""
        painter.setPen(QPen(QColor(0, 0, 0, 38), 1))
        painter.setBrush(QColor(253, 252, 248, 235))
        painter.drawEllipse(QRectF(spot.x(), spot.y(), 18, 18))
        painter.drawPixmap(QPointF(spot.x() + 3, spot.y() + 3), icons.pixmap(name, color, 12, ratio))

    def _pill_size(self, text: str) -> QSize:
        metrics = QFontMetrics(self._theme.font("badge"))
        return QSize(max(20, metrics.horizontalAdvance(text) + 14), 17)

    def _pill(self, painter: QPainter, text: str, ground: QColor, spot: QPointF) -> None:
        size = self._pill_size(text)
        shape = QRectF(spot.x(), spot.y(), size.width(), size.height())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(shape, size.height() / 2, size.height() / 2)
        painter.setFont(self._theme.font("badge"))
        painter.setPen(self._theme.tokens.on(QColor(ground.rgb())))
        painter.drawText(shape, Qt.AlignmentFlag.AlignCenter, text)
