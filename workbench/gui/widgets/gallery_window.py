"""What of the gallery is on screen and near it: what to draw, which tiles to want, how to stay in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QPainter, QPen

from workbench.gui.theme import Tokens, with_alpha
from workbench.gui.widgets.gallery_paint import Look, TilePainter
from workbench.gui.widgets.gallery_selection import row_of

if TYPE_CHECKING:
    from workbench.gui.widgets.gallery import Gallery

SCREENS_AHEAD = 2

Held = list[tuple[int, int]]


def wanted(gallery: Gallery) -> list[int]:
    """Ids on screen, then those within two screens below, then above: the order in which tiles are needed."""
    height, shift = gallery.viewport().height(), gallery.offset()
    reach = SCREENS_AHEAD * height
    layout, ids = gallery.content_layout(), gallery.ids()
    found: dict[int, None] = {}
    for top, bottom in ((shift, shift + height), (shift + height, shift + height + reach), (shift - reach, shift)):
        for first, last in layout.visible(max(0, top), max(0, bottom)):
            found.update(dict.fromkeys(ids[first:last].tolist()))
    return list(found)


def hold(gallery: Gallery) -> Held:
    """Ids on screen, each with its top in the viewport; none at the very top, which stays the top."""
    if gallery.offset() == 0:
        return []
    layout, ids, shift = gallery.content_layout(), gallery.ids(), gallery.offset()
    cells = layout.cells(shift, shift + gallery.viewport().height())
    return [(int(ids[row]), top - shift) for row, _, top in cells if top - shift + layout.cell_height > 0]


def regain(gallery: Gallery, held: Held) -> int:
    """The scroll value that puts the first held id which is still shown where it was."""
    for item, top in held:
        row = row_of(gallery.ids(), item)
        if row >= 0:
            return gallery.content_layout().cell(row).y - top
    return gallery.offset()


def revealing(gallery: Gallery, row: int) -> int:
    """The scroll value nearest to the present one that shows a row and, above a first line, its heading."""
    layout, value, height = gallery.content_layout(), gallery.offset(), gallery.viewport().height()
    box, head = layout.cell(row), layout.section_top(row)
    top, bottom = box.y if head is None else head, box.y + layout.line_height
    if top < value:
        return top
    return min(bottom - height, box.y) if bottom > value + height else value


def paint(gallery: Gallery, painter: QPainter, exposed: QRect, cards: TilePainter, tokens: Tokens) -> None:
    """Draw the headings and tiles of an exposed part of the viewport."""
    layout, shift = gallery.content_layout(), gallery.offset()
    top, bottom = exposed.top() + shift, exposed.bottom() + 1 + shift
    painter.fillRect(exposed, tokens.window)
    painter.setRenderHints(QPainter.RenderHint.Antialiasing)
    painter.save()
    painter.translate(0, -shift)
    for section, box in layout.headings(top, bottom):
        cards.heading(painter, section, box)
    ids, tiles, picks, focused = gallery.ids(), gallery.tiles(), gallery.picks(), gallery.hasFocus()
    left, right = exposed.left() - layout.cell_width, exposed.right()
    for row, x, y in layout.cells(top, bottom):
        if left <= x <= right:
            item = int(ids[row])
            look = Look(row in picks, row == picks.current, focused)
            cell = QRect(x, y, layout.cell_width, layout.cell_height)
            cards.tile(painter, item, tiles.get(item), cell, layout.metrics.pad, look)
    painter.restore()


def paint_band(painter: QPainter, area: QRect, tokens: Tokens) -> None:
    """Draw the rubber band over the tiles."""
    painter.setPen(QPen(tokens.accent, 1))
    painter.setBrush(with_alpha(tokens.accent, 0.12))
    painter.drawRoundedRect(QRectF(area).adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
