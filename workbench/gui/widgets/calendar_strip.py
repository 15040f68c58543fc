"""All days of a case in one low strip: on which anybody looked, and how that went. One painted widget, however many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QFocusEvent,
    QFontMetrics,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from workbench.gui.theme import Theme
from workbench.gui.widgets.calendar_strip_layout import SIDE, STEP, StripLayout
from workbench.gui.widgets.calendar_strip_paint import paint_chosen, paint_current, paint_day, paint_more
from workbench.gui.widgets.elide import tooltip_text

HEIGHT = 38
TOP = 18
"""Where the days begin, below the months."""
EDGE = 20
"""Room for an arrow at either end."""
_MARGIN = 3
_PAGE = 28
_WHEEL = 120


@dataclass(frozen=True)
class DayCell:
    """One day: a state of `workbench.queries.calendar.STATES`, and whether it brought something."""

    day: date
    state: str
    news: bool = False


class CalendarStrip(QWidget):
    """Days from left to right, the last ones in sight. A click or Enter asks for a day; arrows go by day, Page Up and
    Down by four weeks. `tell` says what is known of a day, when somebody wants to know. Main thread.
    """

    chosen = Signal(object)
    """The `date` of a day that was clicked or on which Enter was pressed."""

    def __init__(
        self,
        theme: Theme,
        name: str,
        months: Sequence[str],
        tell: Callable[[date], str],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._tell = tell
        self._months = list(months)
        self._cells: tuple[DayCell, ...] = ()
        self._layout = StripLayout(date.min, 0)
        self._picked: frozenset[date] = frozenset()
        self._current = -1
        self._offset = 0
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        theme.changed.connect(self.update)

    # what is shown

    def set_days(self, cells: Sequence[DayCell]) -> None:
        """Show these days, one after the other without a gap. The place is kept; at first the last ones are shown."""
        made = tuple(cells)
        if made == self._cells:
            self._say()
            return
        current, at_end = self.current(), self._offset >= self._furthest()
        self._cells = made
        self._layout = StripLayout(made[0].day, len(made)) if made else StripLayout(date.min, 0)
        self._current = self._index(current.day) if current is not None else -1
        if self._current < 0:
            self._current = len(made) - 1
        self._offset = self._furthest() if at_end else min(self._offset, self._furthest())
        self._say()
        self.update()

    def set_picked(self, days: frozenset[date]) -> None:
        """Outline the days that are shown elsewhere; the last of them becomes the current one."""
        if days == self._picked:
            return
        self._picked = days
        at = self._index(max(days)) if days else -1
        if at >= 0:
            self._go(at, centred=True)
        self.update()

    def cells(self) -> tuple[DayCell, ...]:
        """The days."""
        return self._cells

    def current(self) -> DayCell | None:
        """The day on which the keyboard stands."""
        return self._cells[self._current] if 0 <= self._current < len(self._cells) else None

    def day_rect(self, day: date) -> QRect:
        """Where a day is drawn; empty for one that is not there."""
        at = self._index(day)
        return self._rect(at) if at >= 0 else QRect()

    def sizeHint(self) -> QSize:
        return QSize(2 * EDGE + 30 * STEP, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(2 * EDGE + 7 * STEP, HEIGHT)

    # places

    def _index(self, day: date) -> int:
        at = (day - self._layout.first).days if self._cells else -1
        return at if 0 <= at < len(self._cells) else -1

    def _edge(self) -> int:
        """Room for the arrows, where there are more days than there is room for."""
        return EDGE if self._layout.width > self.width() - 2 * _MARGIN else _MARGIN

    def _room(self) -> int:
        return max(self.width() - 2 * self._edge(), STEP)

    def _furthest(self) -> int:
        return max(self._layout.width - self._room(), 0)

    def _rect(self, index: int) -> QRect:
        return QRect(self._edge() + self._layout.left(index) - self._offset, TOP, SIDE, SIDE)

    def _at(self, place: QPoint) -> int:
        edge = self._edge()
        if not edge - 2 <= place.x() < self.width() - edge + 2:
            return -1
        return self._layout.at(place.x() - edge + self._offset)

    def _go(self, index: int, *, centred: bool = False) -> None:
        """Make a day the current one and bring it into sight: to the nearer edge, or to the middle."""
        index = min(max(index, 0), len(self._cells) - 1)
        if index < 0:
            return
        self._current = index
        left, room = self._layout.left(index), self._room()
        before, after = left < self._offset, left + SIDE > self._offset + room
        if centred and (before or after):
            self._offset = min(max(left - room // 2, 0), self._furthest())
        elif before:
            self._offset = left
        elif after:
            self._offset = left + SIDE - room
        self._say()
        self.update()

    def _scroll(self, by: int) -> None:
        wanted = min(max(self._offset + by, 0), self._furthest())
        if wanted != self._offset:
            self._offset = wanted
            self.update()

    def _say(self) -> None:
        cell = self.current()
        words = self._tell(cell.day) if cell is not None else ""
        if words != self.accessibleDescription():
            self.setAccessibleDescription(words)
            if self.hasFocus():
                QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.DescriptionChanged))

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            self._paint(painter)
        finally:
            painter.end()

    def _paint(self, painter: QPainter) -> None:
        tokens = self._theme.tokens
        painter.fillRect(self.rect(), tokens.window)
        shown = self._layout.between(self._offset, self._offset + self._room())
        painter.setClipRect(self._edge() - 3, 0, self._room() + 6, HEIGHT)
        self._paint_months(painter, shown)
        for index in shown:
            cell, area = self._cells[index], self._rect(index)
            if cell.day in self._picked:
                paint_chosen(painter, area, tokens)
            paint_day(painter, area, cell.state, cell.news, tokens)
            if index == self._current and self.hasFocus():
                paint_current(painter, area, tokens)
        painter.setClipping(False)
        if self._offset > 0:
            paint_more(painter, self._more(forward=False), False, tokens)
        if self._offset < self._furthest():
            paint_more(painter, self._more(forward=True), True, tokens)

    def _more(self, *, forward: bool) -> QRect:
        return QRect(self.width() - EDGE + 3 if forward else 0, TOP, EDGE - 3, SIDE)

    def _paint_months(self, painter: QPainter, shown: range) -> None:
        """The name of a month above its first day; of the month that is half out of sight, above the first day seen."""
        if not shown:
            return
        font = self._theme.font("caption")
        metrics = QFontMetrics(font)
        painter.setFont(font)
        painter.setPen(self._theme.tokens.dim)
        begins = list(self._layout.months(shown))
        places = [(self._rect(index).left(), index) for index in begins]
        if not begins or begins[0] != shown[0]:
            places.insert(0, (self._edge(), shown[0]))
        for number, (left, index) in enumerate(places):
            words = self._month(self._cells[index].day, with_year=number == 0)
            room = places[number + 1][0] - left - 6 if number + 1 < len(places) else self.width() - left
            if metrics.horizontalAdvance(words) <= room:
                painter.drawText(QPoint(left, TOP - 6), words)

    def _month(self, day: date, *, with_year: bool) -> str:
        name = self._months[day.month - 1]
        return f"{name} {day.year}" if with_year or day.month == 1 else name

    # events

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            at = self._at(event.pos())
            if at >= 0:
                QToolTip.showText(
                    event.globalPos(), tooltip_text(self._tell(self._cells[at].day)), self, self._rect(at)
                )
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A day, or the arrow at an end."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        place = event.position().toPoint()
        for forward in (False, True):
            more = self._offset < self._furthest() if forward else self._offset > 0
            if more and self._more(forward=forward).adjusted(-3, -TOP, 3, 5).contains(place):
                self._scroll((1 if forward else -1) * max(self._room() - 2 * STEP, STEP))
                return
        at = self._at(place)
        if at >= 0:
            self._go(at)
            self.chosen.emit(self._cells[at].day)

    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = event.angleDelta()
        by = turned.x() or turned.y()
        self._scroll(-by * 4 * STEP // _WHEEL)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_PageUp: -_PAGE,
            Qt.Key.Key_PageDown: _PAGE,
            Qt.Key.Key_Home: -len(self._cells),
            Qt.Key.Key_End: len(self._cells),
        }
        key, cell = Qt.Key(event.key()), self.current()
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if key in steps and plain:
            self._go(self._current + steps[key])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and plain and cell is not None:
            self.chosen.emit(cell.day)
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The current day stays in sight; at first that is the last one."""
        self._offset = min(self._offset, self._furthest())
        self._go(self._current, centred=True)
        super().resizeEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        if self._cells:
            self._go(self._current)
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()
        super().focusOutEvent(event)
