"""How a cell is painted: hairlines instead of a grid, an edge mark for exceptions, bars, chips."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem, QWidget

from workbench.gui.theme import Theme, mix
from workbench.gui.widgets.chips import Tone, chip_width, paint_chips
from workbench.gui.widgets.elide import visible_text
from workbench.gui.widgets.table_columns import Cells, Column, Numbers
from workbench.gui.widgets.table_model import TableModel, alignment

PAD = 8
ROW_HEIGHT = 24
_BAR_LEAST, _BAR_MOST = 36, 90
_WIDTHS = {"text": 150, "mono": 130, "number": 74, "bar": 130, "chips": 150, "flag": 66, "time": 146}


class CellDelegate(QStyledItemDelegate):
    """Paints straight from the model's arrays; Qt's styles and roles are not asked."""

    def __init__(self, theme: Theme, model: TableModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._model = model
        self._view = parent
        self.hovered = -1
        self.first_column = 0
        self.current = -1
        """The place that the keyboard is at; -1 while the table has no focus."""
        self._fonts: dict[str, QFont] = {}
        self._widths: dict[int, int] = {}

    def forget_widths(self) -> None:
        """Other rows: measure the numbers beside bars again."""
        self._widths.clear()

    def _font(self, role: str) -> QFont:
        if role not in self._fonts:
            self._fonts[role] = self._theme.font(role)  # type: ignore[arg-type]
        return self._fonts[role]

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """One height for all rows."""
        return QSize(default_width(self._model.columns[index.column()]), ROW_HEIGHT)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Ground, hairline, mark, then what the cell holds."""
        model, tokens, place = self._model, self._theme.tokens, index.row()
        if place >= len(model.order):
            return
        row, cells, area = int(model.order[place]), model.cells[index.column()], QRect(option.rect)
        selected = model.is_selected(place)
        ground = tokens.accent_ground if selected else tokens.hover if place == self.hovered else tokens.panel
        painter.fillRect(area, ground)
        line = tokens.accent if place == self.current else tokens.line
        painter.fillRect(area.left(), area.bottom(), area.width(), 1, line)
        if place == self.current:
            painter.fillRect(area.left(), area.top(), area.width(), 1, line)
        if index.column() == self.first_column and model.marks[row]:
            painter.fillRect(area.left(), area.top(), 3, area.height() - 1, tokens.accent)
        self._content(painter, area.adjusted(PAD, 0, -PAD, -1), cells, row, index.column(), ground)

    def _content(self, painter: QPainter, area: QRect, cells: Cells, row: int, number: int, ground: QColor) -> None:
        column = cells.column
        if column.kind in ("chips", "flag"):
            self._chips(painter, area, cells, row)
            return
        if column.kind == "bar" and isinstance(cells, Numbers):
            area = self._bar(painter, area, cells, row, number)
        font = self._font("mono" if column.kind == "mono" else "numbers" if column.is_number else "base")
        text = visible_text(cells.text(row))
        painter.setFont(font)
        painter.setPen(self._theme.tokens.dim if cells.value(row) is None else self._theme.tokens.text)
        metrics = QFontMetrics(font)
        if metrics.horizontalAdvance(text) > area.width():
            text = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, area.width())
        painter.drawText(area, int(alignment(column) | Qt.AlignmentFlag.AlignVCenter), text)

    def _chips(self, painter: QPainter, area: QRect, cells: Cells, row: int) -> None:
        column, value = cells.column, cells.value(row)
        if not value:
            painter.setFont(self._font("base"))
            painter.setPen(self._theme.tokens.dim)
            painter.drawText(area, int(Qt.AlignmentFlag.AlignVCenter), column.unknown)
            return
        labels = (value,) if isinstance(value, str) else value
        plain: Tone = "code" if column.kind == "flag" else "plain"
        toned: list[tuple[str, Tone]] = [
            (visible_text(label), "accent" if label in column.accent else plain) for label in labels
        ]
        paint_chips(painter, area, toned, self._theme.tokens, self._font("badge" if plain == "code" else "caption"))

    def _bar(self, painter: QPainter, area: QRect, cells: Numbers, row: int, number: int) -> QRect:
        """Paint the bar and return the room of the number before it."""
        tokens = self._theme.tokens
        wide = self._number_width(cells, number)
        room = min(area.width() - wide - 10, _BAR_MOST)
        if room < _BAR_LEAST:
            return area
        track = QRectF(area.left() + wide + 10, area.center().y() - 1.5, room, 5)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(mix(tokens.line, tokens.panel, 0.35))
        painter.drawRoundedRect(track, 2.5, 2.5)
        value = cells.value(row)
        if value and cells.highest > 0:
            track.setWidth(max(room * max(value, 0) / cells.highest, 2.0))
            painter.setBrush(tokens.accent)
            painter.drawRoundedRect(track, min(2.5, track.width() / 2), 2.5)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        return QRect(area.left(), area.top(), wide, area.height())

    def _number_width(self, cells: Numbers, number: int) -> int:
        if number not in self._widths:
            metrics = QFontMetrics(self._font("numbers"))
            longest = f"{round(cells.highest):,}"
            title = QFontMetrics(self._font("base")).horizontalAdvance(cells.column.title)
            self._widths[number] = max(metrics.horizontalAdvance(longest), title) + 2
        return self._widths[number]

    def wanted_width(self, cells: Cells, rows: list[int]) -> int:
        """How wide a column must be to show these rows whole."""
        column = cells.column
        widest = 0
        for row in rows:
            value = cells.value(row)
            if column.kind in ("chips", "flag") and value:
                metrics = QFontMetrics(self._font("badge" if column.kind == "flag" else "caption"))
                labels = (value,) if isinstance(value, str) else value
                tone: Tone = "code" if column.kind == "flag" else "plain"
                widest = max(widest, sum(chip_width(visible_text(each), metrics, tone) + 5 for each in labels) - 5)
            else:
                role = "mono" if column.kind == "mono" else "numbers" if column.is_number else "base"
                widest = max(widest, QFontMetrics(self._font(role)).horizontalAdvance(visible_text(cells.text(row))))
        if column.kind == "bar":
            widest += 10 + 64
        return widest + 2 * PAD + 2


def default_width(column: Column) -> int:
    """As the column says, or as its kind needs."""
    return column.width or _WIDTHS[column.kind]
