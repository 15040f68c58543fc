"""The one look of the window: colours, type, spacing, palette and stylesheet, for light and for dark.

Everything that paints takes a `Theme` in its constructor, reads `theme.tokens` and `theme.font(role)` while it
paints, and repaints on `theme.changed`. Qt's own colour scheme switch does nothing on bare X11, so the palettes
are ours.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Literal, get_args

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontInfo, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory, QWidget

from workbench.core.resources import resource
from workbench.gui import theme_tokens
from workbench.gui.theme_tokens import LEGIBLE, Tokens, contrast, mix, with_alpha

__all__ = [
    "LEGIBLE",
    "FontRole",
    "Theme",
    "ThemeName",
    "Tokens",
    "contrast",
    "mix",
    "set_role",
    "set_surface",
    "with_alpha",
]

ThemeName = Literal["light", "dark"]
FontRole = Literal["base", "caption", "heading", "title", "mono", "mono-caption", "numbers", "badge"]

_SANS = ("Inter", "Noto Sans", "Segoe UI", "Cantarell", "Ubuntu", "Open Sans", "Roboto", "Helvetica Neue")
_MONO = ("JetBrains Mono", "Noto Sans Mono", "Cascadia Mono", "Ubuntu Mono", "SF Mono", "Menlo", "DejaVu Sans Mono")
_CJK = ("Noto Sans CJK SC", "Noto Sans CJK KR", "Noto Sans CJK JP", "Noto Sans SC", "Noto Sans KR", "Malgun Gothic")
_LAST = ("DejaVu Sans Condensed",)
_PLAIN_DEFAULTS = {"DejaVu Sans", "Bitstream Vera Sans", "Sans Serif", "Sans"}

_PIXELS: dict[FontRole, float] = {
    "base": 13,
    "caption": 11.5,
    "heading": 14,
    "title": 18,
    "mono": 12.5,
    "mono-caption": 11,
    "numbers": 13,
    "badge": 11,
}
_SEMIBOLD = {"heading", "title"}
_FIXED = {"mono", "mono-caption"}


class Theme(QObject):
    """The current look. Main thread; one per application, handed to whatever paints."""

    changed = Signal()

    def __init__(self, name: ThemeName = "light", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._sets: dict[str, Tokens] = {"light": theme_tokens.light(), "dark": theme_tokens.dark()}
        self._name: ThemeName = name
        self._fonts: dict[FontRole, QFont] = {}
        self._app: QApplication | None = None

    @property
    def name(self) -> ThemeName:
        """``light`` or ``dark``."""
        return self._name

    @property
    def tokens(self) -> Tokens:
        """The colours of now; read them while painting, do not keep them."""
        return self._sets[self._name]

    @property
    def dark(self) -> bool:
        """Whether the grounds are dark."""
        return self._name == "dark"

    def set(self, name: ThemeName) -> None:
        """Switch, restyle the application if `apply` was called, and emit `changed`. An unknown name: ValueError."""
        if name not in get_args(ThemeName):
            raise ValueError(f"no theme is called {name!r}")
        if name == self._name:
            return
        self._name = name
        if self._app is not None:
            self._style(self._app)
        self.changed.emit()

    def toggle(self) -> None:
        """The other one."""
        self.set("light" if self.dark else "dark")

    def spacing(self, steps: int = 1) -> int:
        """`steps` of the 4 px grid, in logical pixels."""
        return 4 * steps

    def font(self, role: FontRole = "base") -> QFont:
        """The font of a role, in pixels, with Chinese, Korean and Japanese fallbacks. Needs a QGuiApplication."""
        if role not in self._fonts:
            self._fonts[role] = _make_font(role)
        return QFont(self._fonts[role])

    def apply(self, app: QApplication) -> None:
        """Fusion, our palette, our font and our stylesheet; later `set` calls restyle `app` too."""
        app.setStyle(QStyleFactory.create("Fusion"))
        app.setFont(self.font("base"))
        self._app = app
        self._style(app)

    def palette(self) -> QPalette:
        """The palette of now."""
        return _palette(self.tokens)

    def stylesheet(self) -> str:
        """The stylesheet of now, with every token filled in."""
        return _stylesheet(self._name, self.tokens)

    def _style(self, app: QApplication) -> None:
        app.setPalette(self.palette())
        app.setStyleSheet(self.stylesheet())


def set_role(widget: QWidget, role: str) -> None:
    """Give a widget a role of the stylesheet.

    Labels: ``dim``, ``caption``, ``heading``, ``title``, ``mono``, ``accent``, ``error``. Buttons: ``primary``,
    ``quiet``, ``danger``, ``link``. Frames: ``hairline``.
    """
    widget.setProperty("role", role)
    _repolish(widget)


def set_surface(widget: QWidget, surface: Literal["window", "panel", "bar", "card"]) -> None:
    """Give a plain widget one of the grounds."""
    widget.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, True)
    widget.setProperty("surface", surface)
    _repolish(widget)


def _repolish(widget: QWidget) -> None:
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    widget.update()


def _make_font(role: FontRole) -> QFont:
    made = QFont()
    made.setFamilies(_families(role in _FIXED))
    _set_pixels(made, _PIXELS[role])
    made.setHintingPreference(QFont.HintingPreference.PreferVerticalHinting)
    if role in _SEMIBOLD:
        made.setWeight(QFont.Weight.DemiBold)
    if role == "badge":
        made.setWeight(QFont.Weight.Medium)
    if role in _FIXED:
        made.setStyleHint(QFont.StyleHint.Monospace)
    made.setFeature(QFont.Tag("tnum"), 1)
    return made


def _set_pixels(font: QFont, pixels: float) -> None:
    """Half pixels exist only as points: 1 px is 72 / dpi points, at the screen's logical resolution."""
    if pixels == int(pixels):
        font.setPixelSize(int(pixels))
        return
    dpi = next((screen.logicalDotsPerInchY() for screen in QGuiApplication.screens()), 96.0)
    font.setPointSizeF(pixels * 72.0 / dpi)


@cache
def _families(fixed: bool) -> list[str]:
    """The system's own face first, unless it is only the last resort and a better one is installed."""
    kind = QFontDatabase.SystemFont.FixedFont if fixed else QFontDatabase.SystemFont.GeneralFont
    system = QFontInfo(QFontDatabase.systemFont(kind)).family()
    installed = set(QFontDatabase.families())
    wanted: Sequence[str] = _MONO if fixed else _SANS
    liked = [family for family in wanted if family in installed]
    first = [*liked, system] if fixed else [system, *liked]
    if not fixed and system in _PLAIN_DEFAULTS:
        first = [*liked, *(family for family in _LAST if family in installed), system]
    fallbacks = [family for family in _CJK if family in installed]
    return list(dict.fromkeys([*first, *fallbacks]))


def _palette(tokens: Tokens) -> QPalette:
    made = QPalette()
    role = QPalette.ColorRole
    faded = mix(tokens.dim, tokens.panel, 0.45)
    for target, color in {
        role.Window: tokens.window,
        role.WindowText: tokens.text,
        role.Base: tokens.panel,
        role.AlternateBase: tokens.window,
        role.Text: tokens.text,
        role.PlaceholderText: tokens.dim,
        role.Button: tokens.panel,
        role.ButtonText: tokens.text,
        role.BrightText: tokens.red,
        role.Highlight: tokens.accent,
        role.HighlightedText: tokens.on_accent,
        role.Accent: tokens.accent,
        role.Link: tokens.accent_text,
        role.LinkVisited: tokens.accent_text,
        role.ToolTipBase: tokens.panel,
        role.ToolTipText: tokens.text,
        role.Light: mix(tokens.panel, QColor("#ffffff"), 0.2),
        role.Midlight: tokens.chip,
        role.Mid: tokens.line,
        role.Dark: mix(tokens.line, tokens.text, 0.25),
        role.Shadow: mix(tokens.line, QColor("#000000"), 0.5),
    }.items():
        made.setColor(target, color)
    for target in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, target, faded)
    made.setColor(QPalette.ColorGroup.Disabled, role.Highlight, tokens.chip)
    made.setColor(QPalette.ColorGroup.Disabled, role.HighlightedText, tokens.dim)
    return made


_MARK = re.compile(r"@([a-z_]+)")


@cache
def _template() -> str:
    return resource("themes", "workbench.qss").read_text(encoding="utf-8")


def _stylesheet(name: ThemeName, tokens: Tokens) -> str:
    values = tokens.names()
    values["faint"] = mix(tokens.dim, tokens.panel, 0.45).name()
    values["border"] = mix(tokens.line, tokens.text, 0.12).name()
    values["pressed"] = mix(tokens.hover, tokens.text, 0.08).name()
    values["primary_hover"] = mix(tokens.accent, tokens.text, 0.12).name()
    values["scroll"] = mix(tokens.line, tokens.text, 0.18).name()
    values["scroll_hover"] = mix(tokens.line, tokens.text, 0.4).name()
    values["art"] = Path(str(resource("themes", name))).as_posix()
    return _MARK.sub(lambda match: values[match[1]], _template())
