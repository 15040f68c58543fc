"""Names that keep their end: elided in the middle, safe to draw, whole in the tooltip."""

from __future__ import annotations

import html
import re

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from workbench.gui.theme import FontRole, Theme

_UNSAFE = re.compile("[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")
_LONGEST = 1000


def visible_text(name: str) -> str:
    """A foreign name for the screen: control and direction signs, which can disguise an ending, become visible."""
    return _UNSAFE.sub("\ufffd", name)


def elided(name: str, metrics: QFontMetrics, width: int) -> str:
    """The name, cut in the middle to `width` pixels, so that the version at its end stays readable."""
    shown = visible_text(name if len(name) <= _LONGEST else f"{name[: _LONGEST // 2]}…{name[-_LONGEST // 2 :]}")
    return metrics.elidedText(shown, Qt.TextElideMode.ElideMiddle, width)


def tooltip_text(name: str) -> str:
    """The whole name for a tooltip, as text whatever it looks like: tooltips guess at markup."""
    lines = "\n".join(map(visible_text, name.split("\n")))
    return f"<p style='white-space: pre-wrap'>{html.escape(lines)}</p>"


class ElidedLabel(QWidget):
    """One line of foreign text, elided in the middle. The tooltip has all of it when it does not fit."""

    def __init__(self, theme: Theme, text: str = "", role: FontRole = "base", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._role: FontRole = role
        self._text = ""
        self._dim = False
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)
        self.set_text(text)

    def text(self) -> str:
        """The whole text."""
        return self._text

    def set_text(self, text: str) -> None:
        """Show another text."""
        if text == self._text and self.accessibleName() == visible_text(text):
            return
        self._text = text
        self.setAccessibleName(visible_text(text))
        self._name_tooltip()
        self.updateGeometry()
        self.update()

    def set_dim(self, dim: bool) -> None:
        """Draw in the quieter text colour."""
        self._dim = dim
        self.update()

    def sizeHint(self) -> QSize:
        """The size it likes."""
        metrics = QFontMetrics(self._theme.font(self._role))
        return QSize(metrics.horizontalAdvance(visible_text(self._text[:_LONGEST])) + 2, metrics.height() + 2)

    def minimumSizeHint(self) -> QSize:
        """The least size that is of use."""
        metrics = QFontMetrics(self._theme.font(self._role))
        return QSize(metrics.averageCharWidth() * 6, metrics.height() + 2)

    def resizeEvent(self, event: object) -> None:
        """Lay out anew."""
        self._name_tooltip()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw; the painter ends even when drawing fails."""
        painter = QPainter(self)
        try:
            tokens = self._theme.tokens
            painter.setFont(self._theme.font(self._role))
            painter.setPen(tokens.dim if self._dim else tokens.text)
            shown = elided(self._text, painter.fontMetrics(), self.width())
            painter.drawText(QRect(0, 0, self.width(), self.height()), Qt.AlignmentFlag.AlignVCenter, shown)
        finally:
            painter.end()

    def _name_tooltip(self) -> None:
        fits = self.sizeHint().width() <= self.width() + 2
        self.setToolTip("" if fits else tooltip_text(self._text))
