"""How a line of the files tree is painted: icon, name cut in the middle, count at the right."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from workbench.gui import icons
from workbench.gui.panes.files_model import FilesModel
from workbench.gui.panes.files_nodes import Node
from workbench.gui.theme import Theme, mix
from workbench.gui.widgets.elide import elided

ROW, HEADING = 26, 34
_ICON = 15
_GAP = 5
"""Between a name and its number."""


class FilesDelegate(QStyledItemDelegate):
    """Paints straight from the nodes."""

    def __init__(self, theme: Theme, model: FilesModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._model = model

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        node = self._model.node(index)
        return QSize(80, HEADING if node.heading and node.row + (node.parent is not None) else ROW)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        node, tokens = self._model.node(index), self._theme.tokens
        area = QRect(option.rect)
        if node.heading:
            area.setTop(area.bottom() - ROW + 1)
        state = option.state
        selected = bool(state & QStyle.StateFlag.State_Selected)
        hovered = bool(state & QStyle.StateFlag.State_MouseOver) and node.choosable
        ground = tokens.accent_ground if selected else tokens.hover if hovered else tokens.panel
        box = QRectF(area.adjusted(-4, 1, -4, -1))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if selected or hovered:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ground)
            painter.drawRoundedRect(box, 6, 6)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(tokens.accent)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        self._content(painter, area.adjusted(2, 0, -12, 0), node, selected)
        painter.restore()

    def _content(self, painter: QPainter, area: QRect, node: Node, selected: bool) -> None:
        tokens = self._theme.tokens
        ink = tokens.accent_text if selected else tokens.dim if node.dim else tokens.text
        quiet = tokens.accent_text if selected else tokens.dim
        spot = QRect(area.left(), area.center().y() - _ICON // 2, _ICON, _ICON)
        if node.icon == "dot":
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(quiet if selected else mix(tokens.dim, tokens.panel, 0.35))
            painter.drawEllipse(QRectF(spot).adjusted(4, 4, -4, -4))
        else:
            ratio = painter.device().devicePixelRatioF()
            painter.drawPixmap(spot.topLeft(), icons.pixmap(node.icon, quiet, _ICON, ratio))
        right = area.right()
        if node.count:
            painter.setFont(self._theme.font("numbers"))
            painter.setPen(quiet)
            wide = painter.fontMetrics().horizontalAdvance(node.count)
            painter.drawText(
                QRect(right - wide, area.top(), wide + 1, area.height()), Qt.AlignmentFlag.AlignVCenter, node.count
            )
            right -= wide + _GAP
        font = self._theme.font("base")
        if node.heading:
            font.setWeight(font.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(ink)
        words = QRect(area.left() + _ICON + 8, area.top(), right - area.left() - _ICON - 8, area.height())
        metrics = QFontMetrics(font)
        if node.from_start:
            shown = metrics.elidedText(node.label, Qt.TextElideMode.ElideRight, words.width())
        else:
            shown = elided(node.label, metrics, words.width())
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, shown)
