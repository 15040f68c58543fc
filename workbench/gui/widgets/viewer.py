"""One picture: fit, one to one, zoom at the pointer, pan. Decodes nothing; pixels are given to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, QSize, QSizeF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleInterface,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAccessibleWidget, QWidget

from workbench.gui.theme import Theme
from workbench.gui.widgets.elide import visible_text
from workbench.gui.widgets.empty import EmptyState
from workbench.gui.widgets.viewer_mips import MipChain
from workbench.gui.widgets.words import word

_STEP = 1.25
_LARGEST = 32.0
_CRISP_FROM = 2.0
_SLICE_MS = 6.0
_MARGIN = 12
_KEPT: list[QAccessibleInterface] = []
_installed = False


@dataclass(frozen=True)
class View:
    """How a picture is looked at: `scale` in screen pixels per picture pixel, its middle as parts of 0 to 1."""

    fit: bool = True
    scale: float = 1.0
    x: float = 0.5
    y: float = 0.5


class Viewer(QWidget):
    """Shows one picture or one message. Main thread.

    `view_changed` follows every zoom and pan (compare panes hand `view` on to each other); the two requests
    ask for the neighbours in the gallery.
    """

    view_changed = Signal()
    next_requested = Signal()
    previous_requested = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        _install()
        super().__init__(parent)
        self._theme = theme
        self._chain: MipChain | None = None
        self._full = QSize()
        self._view = View()
        self._loading = False
        self._grabbed: QPointF | None = None
        self._message = EmptyState(theme, "image", "", parent=self)
        self._message.hide()
        self._refine = QTimer(self)
        self._refine.setInterval(0)
        self._refine.timeout.connect(self._make_levels)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(120, 90)
        self.set_name("")
        theme.changed.connect(self.update)

    def set_name(self, name: str) -> None:
        """What a screen reader calls the picture: its file name."""
        self.setAccessibleName(f"{word('viewer')} {visible_text(name)}".strip())

    def set_image(
        self, image: QImage, full_size: QSize | None = None, keep: bool = False, mips: Sequence[QImage] = ()
    ) -> None:
        """Show pixels: first a preview with the `full_size` that it stands for, then the full picture.

        With `keep` zoom and place stay (the full picture after its preview); else it is fitted. `mips` are
        halved copies from a worker; without them they are made here in short slices.
        """
        self._message.hide()
        self._full = full_size if full_size is not None and not full_size.isEmpty() else image.size()
        self._chain = MipChain(image, mips) if not image.isNull() else None
        if not keep:
            self._view = View()
        if self._view.fit:
            self._view = View(scale=self._fit_scale())
        self._loading = False
        if self._chain is not None and not self._chain.done():
            self._refine.start()
        else:
            self._refine.stop()
        self._tell()

    def set_loading(self, loading: bool = True) -> None:
        """Say that the real thing is on its way; what is shown stays."""
        self._loading = loading
        if loading:
            self._message.hide()
        self.update()

    def set_message(
        self, icon: str, title: str, text: str = "", actions: Sequence[tuple[str, Callable[[], object]]] = ()
    ) -> None:
        """Show words instead of a picture: why there is none, and what can be done."""
        self.clear()
        self._message.set_content(icon, title, text, actions)
        self._message.setGeometry(self.rect())
        self._message.show()

    def clear(self) -> None:
        """Show nothing and drop the pixels."""
        self._refine.stop()
        self._chain = None
        self._full = QSize()
        self._loading = False
        self._message.hide()
        self._tell()

    def has_image(self) -> bool:
        """Whether a picture is shown."""
        return self._chain is not None

    def full_size(self) -> QSize:
        """Of the picture, in its own pixels; empty when there is none."""
        return self._full

    def percent(self) -> float:
        """Screen pixels per picture pixel, in percent."""
        return self._view.scale * 100

    def view(self) -> View:
        """How it is looked at now."""
        return self._view

    def set_view(self, view: View) -> None:
        """Look at it in this way; an equal view is not announced."""
        if view.fit:
            view = View(scale=self._fit_scale())
        if view != self._view:
            self._view = view
            self._clamp()
            self._tell()

    def fit(self) -> None:
        """All of it, never enlarged."""
        self.set_view(View())

    def one_to_one(self, at: QPointF | None = None) -> None:
        """One picture pixel per screen pixel, with the point (or the middle) where it is."""
        self._zoom_to(1.0, at)

    def zoom_in(self, at: QPointF | None = None) -> None:
        """Larger by a quarter."""
        self._zoom_to(self._view.scale * _STEP, at)

    def zoom_out(self, at: QPointF | None = None) -> None:
        """Smaller by a fifth."""
        self._zoom_to(self._view.scale / _STEP, at)

    def picture_rect(self) -> QRectF:
        """Where the whole picture lies, in widget coordinates."""
        size = QSizeF(self._full) * (self._view.scale / self.devicePixelRatioF())
        middle = QPointF(self.width() / 2, self.height() / 2)
        corner = middle - QPointF(size.width() * self._view.x, size.height() * self._view.y)
        return QRectF(corner, size)

    def sizeHint(self) -> QSize:
        """The size it likes."""
        return QSize(640, 480)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit again, or keep the middle."""
        self._message.setGeometry(self.rect())
        if self._view.fit:
            self._view = View(scale=self._fit_scale())
        self._clamp()
        self._tell()

    def event(self, event: QEvent) -> bool:
        """A screen with another pixel ratio fits anew."""
        if event.type() == QEvent.Type.DevicePixelRatioChange and self._view.fit:
            self._view = View(scale=self._fit_scale())
            self.update()
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Plus, minus, 0, 1; arrows pan a picture that is larger than the pane and else lead to its neighbours."""
        acts: dict[int, Callable[[], None]] = {
            Qt.Key.Key_Plus: self.zoom_in,
            Qt.Key.Key_Equal: self.zoom_in,
            Qt.Key.Key_Minus: self.zoom_out,
            Qt.Key.Key_0: self.fit,
            Qt.Key.Key_1: self.one_to_one,
            Qt.Key.Key_PageDown: self.next_requested.emit,
            Qt.Key.Key_PageUp: self.previous_requested.emit,
        }
        arrows = {
            Qt.Key.Key_Left: (-1, 0),
            Qt.Key.Key_Right: (1, 0),
            Qt.Key.Key_Up: (0, -1),
            Qt.Key.Key_Down: (0, 1),
        }
        key = event.key()
        if key in acts:
            acts[key]()
        elif key in arrows:
            across, down = arrows[Qt.Key(key)]
            self._arrow(across, down)
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the pointer."""
        turned = event.angleDelta().y()
        if turned:
            self._zoom_to(self._view.scale * _STEP ** (turned / 120), event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold."""
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton) and self._larger():
            self._grabbed = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Pan."""
        if self._grabbed is not None:
            moved = event.position() - self._grabbed
            self._grabbed = event.position()
            self._pan(-moved.x(), -moved.y())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._grabbed = None
        self.unsetCursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """One to one at the pointer, or back to all of it."""
        if self._view.fit:
            self.one_to_one(event.position())
        else:
            self.fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw; the painter ends even when drawing fails."""
        painter = QPainter(self)
        try:
            tokens = self._theme.tokens
            painter.fillRect(event.rect(), tokens.window)
            if self._chain is not None:
                self._paint_picture(painter, self._chain)
            if self._loading:
                self._paint_loading(painter)
        finally:
            painter.end()

    def _paint_picture(self, painter: QPainter, chain: MipChain) -> None:
        tokens, whole = self._theme.tokens, self.picture_rect()
        painter.setPen(QPen(tokens.paper_line, 1))
        painter.setBrush(tokens.paper)
        painter.drawRect(whole.adjusted(-0.5, -0.5, 0.5, 0.5))
        shown = whole.intersected(QRectF(self.rect()))
        if shown.isEmpty() or whole.isEmpty():
            return
        per_pixel = self._view.scale * self._full.width() / max(1, chain.levels[0].width())
        level, _ = chain.best(per_pixel)
        across, down = level.width() / whole.width(), level.height() / whole.height()
        part = QRectF(
            (shown.x() - whole.x()) * across,
            (shown.y() - whole.y()) * down,
            shown.width() * across,
            shown.height() * down,
        )
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, per_pixel < _CRISP_FROM)
        painter.drawImage(shown, level, part)

    def _paint_loading(self, painter: QPainter) -> None:
        tokens = self._theme.tokens
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._theme.font("caption"))
        said = word("loading")
        width = painter.fontMetrics().horizontalAdvance(said) + 20
        pill = QRectF(_MARGIN, self.height() - _MARGIN - 22, width, 22)
        painter.setPen(QPen(tokens.line, 1))
        painter.setBrush(tokens.panel)
        painter.drawRoundedRect(pill, 11, 11)
        painter.setPen(tokens.dim)
        painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, said)

    def _fit_scale(self) -> float:
        if self._full.isEmpty():
            return 1.0
        room = QSizeF(max(1, self.width() - 2 * _MARGIN), max(1, self.height() - 2 * _MARGIN))
        ratio = self.devicePixelRatioF()
        return min(room.width() * ratio / self._full.width(), room.height() * ratio / self._full.height(), 1.0)

    def _zoom_to(self, scale: float, at: QPointF | None) -> None:
        if self._chain is None:
            return
        least = min(self._fit_scale(), 1.0) / 2
        scale = min(max(scale, least), _LARGEST)
        point = at if at is not None else QPointF(self.width() / 2, self.height() / 2)
        before = self.picture_rect()
        u, v = (point.x() - before.x()) / before.width(), (point.y() - before.y()) / before.height()
        size = QSizeF(self._full) * (scale / self.devicePixelRatioF())
        x = u - (point.x() - self.width() / 2) / size.width()
        y = v - (point.y() - self.height() / 2) / size.height()
        self.set_view(View(False, scale, x, y))

    def _pan(self, right: float, down: float) -> None:
        """Move the eye over the picture by logical pixels."""
        rect = self.picture_rect()
        if rect.isEmpty():
            return
        view = self._view
        self.set_view(View(False, view.scale, view.x + right / rect.width(), view.y + down / rect.height()))

    def _clamp(self) -> None:
        """A picture smaller than the pane stays in the middle, a larger one covers it."""
        rect, view = self.picture_rect(), self._view
        if rect.isEmpty() or view.fit:
            return

        def held(part: float, size: float, room: float) -> float:
            half = room / 2 / size
            return 0.5 if half >= 0.5 else min(max(part, half), 1 - half)

        x, y = held(view.x, rect.width(), self.width()), held(view.y, rect.height(), self.height())
        self._view = View(False, view.scale, x, y)

    def _larger(self) -> bool:
        rect = self.picture_rect()
        return self._chain is not None and (rect.width() > self.width() or rect.height() > self.height())

    def _arrow(self, across: int, down: int) -> None:
        if self._larger():
            self._pan(across * 60, down * 60)
        elif across > 0:
            self.next_requested.emit()
        elif across < 0:
            self.previous_requested.emit()

    def _make_levels(self) -> None:
        if self._chain is None or self._chain.done():
            self._refine.stop()
        elif self._chain.step(_SLICE_MS):
            self.update()

    def _tell(self) -> None:
        if self._chain is not None:
            width, height = self._full.width(), self._full.height()
            said = word("viewer.about", width=width, height=height, percent=round(self.percent()))
            self.setAccessibleDescription(said)
        else:
            self.setAccessibleDescription("")
        self.update()
        self.view_changed.emit()


def _install() -> None:
    global _installed
    if not _installed:
        QAccessible.installFactory(_make_accessible)
        _installed = True


def _make_accessible(_kind: str, thing: QObject) -> QAccessibleInterface | None:
    if not isinstance(thing, Viewer):
        return None
    made = QAccessibleWidget(thing, QAccessible.Role.Graphic)
    _KEPT.append(made)
    return made
