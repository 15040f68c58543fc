"""Our own line icons, recoloured to the theme: one SVG each on a 20 px grid in ``resources/icons``."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QByteArray, QObject, QRectF, Qt, Slot
from PySide6.QtGui import QAction, QColor, QIcon, QImage, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton

from workbench.core.resources import resource
from workbench.gui.theme import Theme
from workbench.gui.theme_tokens import Tokens, mix

_RATIOS = (1, 2, 3)
_ICONS: dict[tuple[str, str, str, str, int], QIcon] = {}
_PIXMAPS: dict[tuple[str, str, int, float], QPixmap] = {}


@cache
def names() -> tuple[str, ...]:
    """All icons there are."""
    files = resource("icons").iterdir()
    return tuple(sorted(file.name.removesuffix(".svg") for file in files if file.name.endswith(".svg")))


def icon(name: str, look: Theme | Tokens, size: int = 20) -> QIcon:
    """The icon for buttons and menus: dim when disabled, accent when checked, crisp up to 3 times scaling.

    Cached by colours, so ask again on `Theme.changed`. An unknown name raises KeyError.
    """
    tokens = look.tokens if isinstance(look, Theme) else look
    normal, faint, active = tokens.text, mix(tokens.dim, tokens.panel, 0.45), tokens.accent_text
    key = (name, normal.name(), faint.name(), active.name(), size)
    if key not in _ICONS:
        made = QIcon()
        for ratio in _RATIOS:
            made.addPixmap(pixmap(name, normal, size, ratio), QIcon.Mode.Normal, QIcon.State.Off)
            made.addPixmap(pixmap(name, faint, size, ratio), QIcon.Mode.Disabled, QIcon.State.Off)
            made.addPixmap(pixmap(name, active, size, ratio), QIcon.Mode.Normal, QIcon.State.On)
        _ICONS[key] = made
    return _ICONS[key]


def follow(target: QAction | QAbstractButton, name: str, theme: Theme, size: int = 20) -> None:
    """Give an action or a button an icon that changes with the theme, for as long as the target lives."""
    for keeper in target.findChildren(_Follower):
        keeper.deleteLater()
    _Follower(target, name, theme, size)


def pixmap(name: str, color: QColor, size: int = 20, ratio: float = 1.0) -> QPixmap:
    """The icon in one colour, `size` logical pixels wide, for painters. An unknown name raises KeyError."""
    key = (name, color.name(QColor.NameFormat.HexArgb), size, ratio)
    if key not in _PIXMAPS:
        _PIXMAPS[key] = _render(name, color, size, ratio)
    return _PIXMAPS[key]


def app_icon() -> QIcon:
    """The program's own mark, in its own colours."""
    made = QIcon()
    for size in (16, 24, 32, 48, 64, 128, 256):
        made.addPixmap(_render("app", QColor("#22241f"), size, 1.0))
    return made


class _Follower(QObject):
    """A child of the target, so that the connection ends with it."""

    def __init__(self, target: QAction | QAbstractButton, name: str, theme: Theme, size: int) -> None:
        super().__init__(target)
        self._target, self._name, self._theme, self._size = target, name, theme, size
        theme.changed.connect(self.renew)
        self.renew()

    @Slot()
    def renew(self) -> None:
        """Draw it in the colours of now."""
        self._target.setIcon(icon(self._name, self._theme, self._size))


@cache
def _source(name: str) -> str:
    if name not in names():
        raise KeyError(f"no icon is called {name!r}")
    return resource("icons", f"{name}.svg").read_text(encoding="utf-8")


def _render(name: str, color: QColor, size: int, ratio: float) -> QPixmap:
    text = _source(name).replace("currentColor", color.name())
    pixels = max(1, round(size * ratio))
    image = QImage(pixels, pixels, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    try:
        painter.setOpacity(color.alphaF())
        QSvgRenderer(QByteArray(text.encode())).render(painter, QRectF(0, 0, pixels, pixels))
    finally:
        painter.end()
    made = QPixmap.fromImage(image)
    made.setDevicePixelRatio(ratio)
    return made
