"""How a day looks in the calendar strip: whether anybody looked is told by shape and hatch as well as by colour."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF

from workbench.gui.theme import Tokens, mix
from workbench.gui.widgets.timeline_paint import paint_hatch

RADIUS = 3.0


def paint_day(painter: QPainter, area: QRect, state: str, news: bool, tokens: Tokens) -> None:
    """One day. *complete* is full, *partial* half full, *failed* crossed out, *not looked* hatched, *missed* hatched
    in a frame with a bar; a dot says that something was new.
    """
    shape = QRectF(area).adjusted(0.5, 0.5, -0.5, -0.5)
    ground = tokens.window
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if state in ("not-looked", "missed"):
        paint_hatch(painter, area, mix(tokens.dim, ground, 0.55), rising=True)
    if state == "missed":
        _framed(painter, shape, tokens)
        painter.fillRect(QRectF(shape.left() + 3, shape.center().y() - 1, shape.width() - 6, 2.5), tokens.text)
    elif state == "failed":
        _framed(painter, shape, tokens)
        painter.setPen(QPen(tokens.text, 1.6))
        inner = shape.adjusted(4, 4, -4, -4)
        painter.drawLine(inner.topLeft(), inner.bottomRight())
        painter.drawLine(inner.topRight(), inner.bottomLeft())
    elif state == "partial":
        _framed(painter, shape, tokens)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tokens.amber)
        painter.drawPolygon(QPolygonF([shape.bottomLeft(), shape.bottomRight(), shape.topRight()]))
    elif state == "complete":
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tokens.green if news else mix(tokens.dim, ground, 0.55))
        painter.drawRoundedRect(shape, RADIUS, RADIUS)
    if news:
        middle = shape.center() if state == "complete" else shape.center() + QPointF(3, 3)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tokens.on(tokens.green if state == "complete" else tokens.amber))
        painter.drawEllipse(middle, 2.2, 2.2)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def paint_chosen(painter: QPainter, area: QRect, tokens: Tokens) -> None:
    """The ground and outline of a day that is shown; drawn below the day."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(tokens.accent, 1.5))
    painter.setBrush(tokens.accent_ground)
    painter.drawRoundedRect(QRectF(area).adjusted(-1.75, -1.75, 1.75, 1.75), RADIUS + 1.5, RADIUS + 1.5)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def paint_current(painter: QPainter, area: QRect, tokens: Tokens) -> None:
    """The outline of the day on which the keyboard stands; drawn over the day."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(tokens.text, 1.5))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(QRectF(area).adjusted(-1.75, -1.75, 1.75, 1.75), RADIUS + 1.5, RADIUS + 1.5)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def paint_more(painter: QPainter, area: QRect, forward: bool, tokens: Tokens) -> None:
    """The arrow at an end beyond which there are more days."""
    painter.fillRect(area, tokens.window)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(tokens.dim, 1.6))
    middle = QRectF(area).center()
    by = 2.5 if forward else -2.5
    painter.drawPolyline([middle + QPointF(-by, -4.5), middle + QPointF(by, 0), middle + QPointF(-by, 4.5)])
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def _framed(painter: QPainter, shape: QRectF, tokens: Tokens) -> None:
    painter.setPen(QPen(tokens.dim, 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(shape, RADIUS, RADIUS)
