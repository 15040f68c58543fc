"""Small parts of the detail pane: headings, statements with what they rest on, links, a strip of pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QGuiApplication, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from workbench.gui import icons
from workbench.gui.texts import text
from workbench.gui.theme import Theme, set_role
from workbench.gui.widgets.chips import FlowLayout, Tone, chip_width, paint_chip
from workbench.gui.widgets.elide import tooltip_text, visible_text
from workbench.gui.widgets.plain import PlainLabel, button_text

LABEL_WIDTH = 84
_SELECTABLE = Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard


def words(said: str, role: str = "", *, font: str = "", theme: Theme | None = None, lines: bool = False) -> QLabel:
    """Plain text that wraps and can be selected, whatever signs are in it.

    Only what people wrote here has `lines`: a line end in a foreign name is shown as the odd sign that it is.
    """
    shown = "\n".join(map(visible_text, said.split("\n"))) if lines else visible_text(said)
    label = PlainLabel(_breakable(shown))
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    label.setMinimumWidth(40)
    if role:
        set_role(label, role)
    if font and theme is not None:
        label.setFont(theme.font(font))  # type: ignore[arg-type]
    return label


def _breakable(said: str) -> str:
    """Long names may be broken after these signs: a label breaks at spaces only."""
    for sign in ("/", "_"):
        said = said.replace(sign, sign + "\u200b")
    return said


def plain(shown: str) -> str:
    """A label's text without the places at which it may break."""
    return shown.replace("\u200b", "")


class Section(QWidget):
    """A heading with a hairline above it, and what stands below it."""

    def __init__(self, theme: Theme, title: str, note: str = "", *, foldable: bool = False, shown: bool = True) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.spacing(2))
        line = QFrame()
        set_role(line, "hairline")
        column.addWidget(line)
        top = QHBoxLayout()
        top.setSpacing(theme.spacing(2))
        self.heading = PlainLabel(title)
        set_role(self.heading, "heading")
        top.addWidget(self.heading)
        self.note = PlainLabel(note)
        set_role(self.note, "caption")
        top.addWidget(self.note)
        top.addStretch(1)
        column.addLayout(top)
        self.body = QWidget()
        self.column = QVBoxLayout(self.body)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(theme.spacing(1))
        column.addWidget(self.body)
        self.setAccessibleName(title)
        if foldable:
            top.addWidget(self._fold(theme, title, shown))

    def _fold(self, theme: Theme, title: str, shown: bool) -> QToolButton:
        button = QToolButton()
        button.setCheckable(True)
        button.setChecked(shown)
        button.setAccessibleName(text("panes.detail.fold", what=title))
        button.setToolTip(tooltip_text(text("panes.detail.fold", what=title)))

        def turn(on: bool) -> None:
            self.body.setVisible(on)
            icons.follow(button, "up" if on else "down", theme, 14)

        button.toggled.connect(turn)
        turn(shown)
        return button

    def add(self, widget: QWidget) -> None:
        """One more thing."""
        self.column.addWidget(widget)


class Statements(QWidget):
    """What is said at the left, what it is at the right, and below it what it rests on."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(theme.spacing(3))
        self._grid.setVerticalSpacing(theme.spacing(1))
        self._grid.setColumnMinimumWidth(0, LABEL_WIDTH)
        self._grid.setColumnStretch(1, 1)

    def add(self, label: str, said: str, note: str = "", *, mono: bool = False) -> None:
        """One statement."""
        value = words(said, font="mono" if mono else "", theme=self._theme)
        value.setAccessibleName(f"{label}: {said}" + (f", {note}" if note else ""))
        self.put(label, value, note)

    def put(self, label: str, value: QWidget, note: str = "") -> None:
        """One statement whose right side is a widget."""
        row = self._grid.rowCount()
        name = PlainLabel(label)
        set_role(name, "dim")
        name.setWordWrap(True)
        name.setFixedWidth(LABEL_WIDTH)
        name.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self._grid.addWidget(name, row, 0, Qt.AlignmentFlag.AlignTop)
        cell = QWidget()
        column = QVBoxLayout(cell)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(value)
        if note:
            column.addWidget(words(note, "caption"))
        self._grid.addWidget(cell, row, 1)


def link(said: str, act: Callable[[], object], *, tip: str = "", mono: bool = False, theme: Theme) -> QPushButton:
    """Words that lead somewhere."""
    button = QPushButton(button_text(said))
    set_role(button, "link")
    if mono:
        button.setFont(theme.font("mono"))
    button.setCursor(Qt.CursorShape.PointingHandCursor)
    button.setAccessibleName(visible_text(said) + (f", {tip}" if tip else ""))
    button.setToolTip(tooltip_text(tip) if tip else "")
    button.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
    button.setStyleSheet("padding: 0px; border: none; min-height: 0px;")
    button.clicked.connect(lambda _checked=False: act())
    return button


def copy_button(theme: Theme, what: str, copied: str) -> QToolButton:
    """Puts a text on the clipboard."""
    button = QToolButton()
    icons.follow(button, "copy", theme, 14)
    button.setAccessibleName(text("panes.copy-what", what=what))
    button.setToolTip(tooltip_text(text("panes.copy-what", what=what)))
    button.clicked.connect(lambda _checked=False: QGuiApplication.clipboard().setText(copied))
    return button


def side_by_side(*widgets: QWidget, stretch: bool = True) -> QWidget:
    """Widgets on one line."""
    made = QWidget()
    row = QHBoxLayout(made)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(6)
    for each in widgets:
        row.addWidget(each)
    if stretch:
        row.addStretch(1)
    return made


class Labels(QWidget):
    """Chips that say something and do nothing: a country, labels of a network."""

    def __init__(self, theme: Theme, chips: Sequence[tuple[str, Tone]], tips: Sequence[str] = ()) -> None:
        super().__init__()
        self._theme = theme
        self._chips = [(visible_text(each), tone) for each, tone in chips]
        self.setAccessibleName(", ".join(each for each, _ in self._chips))
        if tips:
            self.setToolTip(tooltip_text("\n".join(each for each in tips if each)))
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        theme.changed.connect(self.update)

    def _boxes(self, width: int) -> list[tuple[QRect, str, Tone]]:
        made: list[tuple[QRect, str, Tone]] = []
        x = y = 0
        for label, tone in self._chips:
            metrics = _metrics(self._theme, tone)
            wide, high = min(chip_width(label, metrics, tone), width), metrics.height() + 3
            if x and x + wide > width:
                x, y = 0, y + high + 4
            made.append((QRect(x, y, wide, high), label, tone))
            x += wide + 5
        return made

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return max((box.bottom() + 1 for box, _, _ in self._boxes(width)), default=0) + 2

    def sizeHint(self) -> QSize:
        wide = sum(chip_width(label, _metrics(self._theme, tone), tone) + 5 for label, tone in self._chips)
        return QSize(wide, self.heightForWidth(max(wide, 1)))

    def minimumSizeHint(self) -> QSize:
        return QSize(40, 20)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            for box, label, tone in self._boxes(self.width()):
                font = self._theme.font("badge" if tone == "code" else "caption")
                painter.setFont(font)
                shown = painter.fontMetrics().elidedText(label, Qt.TextElideMode.ElideRight, box.width() - 8)
                paint_chip(painter, box, shown if len(shown) > 1 else label, self._theme.tokens, font, tone)
        finally:
            painter.end()


def _metrics(theme: Theme, tone: Tone) -> QFontMetrics:
    return QFontMetrics(theme.font("badge" if tone == "code" else "caption"))


class Picture(QAbstractButton):
    """A preview on paper white. A click opens it."""

    def __init__(self, theme: Theme, image: QImage | None, name: str, icon: str = "image", side: int = 0) -> None:
        super().__init__()
        self._theme, self._image, self._icon, self._side = theme, image, icon, side
        self.setAccessibleName(visible_text(name))
        self.setToolTip(tooltip_text(name))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if side else Qt.FocusPolicy.StrongFocus)
        policy = QSizePolicy(
            QSizePolicy.Policy.Fixed if side else QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed
        )
        policy.setHeightForWidth(not side)
        self.setSizePolicy(policy)
        theme.changed.connect(self.update)

    def hasHeightForWidth(self) -> bool:
        return not self._side

    def heightForWidth(self, width: int) -> int:
        if self._image is None:
            return 120
        high = round(width * self._image.height() / max(self._image.width(), 1))
        return max(80, min(high, 260))

    def sizeHint(self) -> QSize:
        return QSize(self._side, self._side) if self._side else QSize(260, self.heightForWidth(260))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            self._paint(painter)
        finally:
            painter.end()

    def _paint(self, painter: QPainter) -> None:
        tokens = self._theme.tokens
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        edge = tokens.accent if self.hasFocus() else tokens.paper_line
        painter.setPen(QPen(edge, 1.5 if self.hasFocus() else 1))
        painter.setBrush(tokens.paper if self._image is not None else tokens.window)
        painter.drawRoundedRect(frame, 4, 4)
        room = self.rect().adjusted(4, 4, -4, -4)
        if self._image is None:
            side = 32
            spot = QRect(0, 0, side, side)
            spot.moveCenter(room.center())
            name = self._icon if self._icon in icons.names() else "unknown"
            painter.drawPixmap(spot.topLeft(), icons.pixmap(name, tokens.dim, side, self.devicePixelRatioF()))
            return
        size = self._image.size().scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
        target = QRect(0, 0, size.width(), size.height())
        target.moveCenter(room.center())
        painter.drawImage(target, self._image)


class Strip(QWidget):
    """Small pictures that wrap; a click is `picked`."""

    picked = Signal(object)

    def __init__(self, theme: Theme, pictures: Sequence[tuple[int, str, QImage | None, str]], more: str = "") -> None:
        super().__init__()
        flow = FlowLayout(self, 6)
        for item, name, image, icon in pictures:
            picture = Picture(theme, image, name, icon, 58)
            picture.clicked.connect(partial(self._pick, item))
            flow.addWidget(picture)
        if more:
            note = PlainLabel(more)
            set_role(note, "caption")
            flow.addWidget(note)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def _pick(self, item: int, _checked: bool = False) -> None:
        self.picked.emit(item)
