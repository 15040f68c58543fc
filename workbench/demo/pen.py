"""A pencil: smooth, slightly unsteady lines on paper, drawn at twice the size and averaged down.

Coordinates are pixels of the finished sheet; `Place` gives a figure its own coordinates on it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

from workbench.demo.dice import Dice

Colour = tuple[int, int, int]
Point = tuple[float, float]
Area = tuple[float, float, float, float]
"""Left, top, right, bottom."""

INK: Colour = (44, 43, 48)
SOFT: Colour = (128, 127, 130)
FAINT: Colour = (186, 186, 184)
GUIDE: Colour = (158, 190, 216)
RED: Colour = (196, 44, 40)
BLUE: Colour = (44, 92, 158)
GREEN: Colour = (64, 134, 92)
ORANGE: Colour = (214, 122, 46)
WASH: Colour = (234, 234, 231)
DEEP: Colour = (216, 217, 216)

ZOOM = 2
STEPS = 5
_BASIS = [
    (
        -0.5 * t + t * t - 0.5 * t**3,
        1 - 2.5 * t * t + 1.5 * t**3,
        0.5 * t + 2 * t * t - 1.5 * t**3,
        -0.5 * t * t + 0.5 * t**3,
    )
    for t in (step / STEPS for step in range(STEPS))
]


@dataclass(frozen=True)
class Place:
    """Own coordinates: origin, size of one unit, tilt in radians (clockwise), mirrored or not."""

    x: float
    y: float
    unit: float
    tilt: float = 0.0
    flip: bool = False

    def at(self, x: float, y: float) -> Point:
        """A point of these coordinates, on the sheet."""
        if self.flip:
            x = -x
        sin, cos = math.sin(self.tilt), math.cos(self.tilt)
        if self.flip:
            sin = -sin
        return self.x + (x * cos - y * sin) * self.unit, self.y + (x * sin + y * cos) * self.unit

    def all(self, points: Iterable[Point]) -> list[Point]:
        """Many points at once."""
        return [self.at(x, y) for x, y in points]

    def inner(self, x: float, y: float, scale: float = 1.0, tilt: float = 0.0) -> Place:
        """Coordinates within these ones."""
        px, py = self.at(x, y)
        return Place(px, py, self.unit * scale, self.tilt + (-tilt if self.flip else tilt), self.flip)


def smooth(points: Sequence[Point], *, closed: bool = False) -> list[Point]:
    """A Catmull-Rom curve through `points`."""
    count = len(points)
    if count < 3:
        return list(points)
    curve: list[Point] = []
    for index in range(count if closed else count - 1):
        if closed:
            a, b = points[index - 1], points[index]
            c, d = points[(index + 1) % count], points[(index + 2) % count]
        else:
            a, b = points[max(index - 1, 0)], points[index]
            c, d = points[index + 1], points[min(index + 2, count - 1)]
        for p, q, r, s in _BASIS:
            curve.append((p * a[0] + q * b[0] + r * c[0] + s * d[0], p * a[1] + q * b[1] + r * c[1] + s * d[1]))
    curve.append(curve[0] if closed else points[-1])
    return curve


def ring(cx: float, cy: float, rx: float, ry: float, start: float = 0.0, end: float = 360.0) -> list[Point]:
    """Points along an ellipse, angles in degrees clockwise from the right."""
    count = max(4, round(abs(end - start) / 24))
    angles = (math.radians(start + (end - start) * k / count) for k in range(count + (abs(end - start) < 360)))
    return [(cx + rx * math.cos(angle), cy + ry * math.sin(angle)) for angle in angles]


class Pen:
    """One sheet being drawn."""

    def __init__(self, width: int, height: int, paper: Colour, dice: Dice, wobble: float = 0.7) -> None:
        self.width, self.height, self.paper = width, height, paper
        self.dice = dice
        self.wobble = wobble
        self.solid: Colour | None = None
        """What hair is filled with on an inked sheet; none leaves it open."""
        self.image = Image.new("RGB", (width * ZOOM, height * ZOOM), paper)
        self._draw = ImageDraw.Draw(self.image)

    def _shaky(self, points: Sequence[Point], wobble: float | None) -> list[Point]:
        reach = self.wobble if wobble is None else wobble
        if not reach:
            return list(points)
        unit = self.dice.unit
        return [(x + (unit() - 0.5) * 2 * reach, y + (unit() - 0.5) * 2 * reach) for x, y in points]

    def line(
        self,
        points: Sequence[Point],
        colour: Colour = INK,
        width: float = 2.0,
        *,
        curved: bool = True,
        closed: bool = False,
        taper: bool = True,
        wobble: float | None = None,
    ) -> None:
        """One stroke; its ends are thinner, as a pencil's are."""
        shaky = self._shaky(points, wobble)
        path = smooth(shaky, closed=closed) if curved else ([*shaky, shaky[0]] if closed else shaky)
        self._stroke([(x * ZOOM, y * ZOOM) for x, y in path], colour, width, taper and not closed)

    def _stroke(self, path: list[Point], colour: Colour, width: float, taper: bool) -> None:
        thick = max(1, round(width * ZOOM))
        if not taper or thick < 3 or len(path) < 6:
            self._draw.line(path, fill=colour, width=thick)
            return
        fifth = max(1, len(path) // 5)
        thin = max(2, round(thick * 0.6))
        self._draw.line(path[: fifth + 1], fill=colour, width=thin)
        self._draw.line(path[fifth : -fifth or None], fill=colour, width=thick)
        self._draw.line(path[-fifth - 1 :], fill=colour, width=thin)

    def shape(
        self,
        points: Sequence[Point],
        fill: Colour | None = None,
        colour: Colour | None = INK,
        width: float = 2.0,
        *,
        curved: bool = True,
        wobble: float | None = None,
    ) -> None:
        """A closed outline, filled so that it hides what was drawn behind it (`None` leaves it open)."""
        shaky = self._shaky(points, wobble)
        path = smooth(shaky, closed=True) if curved else [*shaky, shaky[0]]
        large = [(x * ZOOM, y * ZOOM) for x, y in path]
        if fill is not None:
            self._draw.polygon(large, fill=fill)
        if colour is not None:
            large.append(large[1])
            self._draw.line(large, fill=colour, width=max(1, round(width * ZOOM)), joint=None)

    def oval(
        self,
        centre: Point,
        rx: float,
        ry: float,
        fill: Colour | None = None,
        colour: Colour | None = INK,
        width: float = 2.0,
    ) -> None:
        """An ellipse along the axes."""
        self.shape(ring(*centre, rx, ry), fill, colour, width, wobble=min(self.wobble, rx / 24))

    def dot(self, centre: Point, radius: float, colour: Colour = INK) -> None:
        """A filled spot."""
        x, y = centre[0] * ZOOM, centre[1] * ZOOM
        reach = radius * ZOOM
        self._draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill=colour)

    def box(
        self,
        area: tuple[float, float, float, float],
        fill: Colour | None = None,
        colour: Colour | None = INK,
        width: float = 1.5,
    ) -> None:
        """A ruled rectangle: left, top, right, bottom."""
        corners = tuple(round(edge * ZOOM) for edge in area)
        self._draw.rectangle(
            corners, fill=fill, outline=colour, width=max(1, round(width * ZOOM)) if colour is not None else 0
        )

    def rule(self, start: Point, end: Point, colour: Colour = INK, width: float = 1.0) -> None:
        """A ruled line."""
        self._draw.line(
            [(start[0] * ZOOM, start[1] * ZOOM), (end[0] * ZOOM, end[1] * ZOOM)],
            fill=colour,
            width=max(1, round(width * ZOOM)),
        )

    def dashes(self, start: Point, end: Point, colour: Colour, width: float = 1.0, step: float = 9.0) -> None:
        """A ruled, broken line."""
        length = math.dist(start, end)
        count = max(1, int(length / step / 2))
        dx, dy = (end[0] - start[0]) / count, (end[1] - start[1]) / count
        for k in range(count):
            self.rule(
                (start[0] + dx * k, start[1] + dy * k),
                (start[0] + dx * (k + 0.55), start[1] + dy * (k + 0.55)),
                colour,
                width,
            )

    def arrow(self, points: Sequence[Point], colour: Colour, width: float = 3.0, head: float = 15.0) -> None:
        """A curved arrow; its head sits on the last point."""
        self.line(points, colour, width, taper=False)
        path = smooth(points)
        (bx, by), (tx, ty) = path[-min(4, len(path))], path[-1]
        angle = math.atan2(ty - by, tx - bx)
        for turn in (2.6, -2.6):
            end = (tx + head * math.cos(angle + turn), ty + head * math.sin(angle + turn))
            self.line([(tx, ty), end], colour, width, taper=False, wobble=0)

    def hatch(self, corner: Point, along: Point, across: Point, count: int, colour: Colour, width: float = 1.0) -> None:
        """`count` strokes filling the slanted field from `corner` by `along`, each as long as `across`."""
        for k in range(count):
            share = k / max(1, count - 1)
            x, y = corner[0] + along[0] * share, corner[1] + along[1] * share
            start = self.dice.between(0, 0.12)
            end = self.dice.between(0.85, 1.0)
            self.line(
                [(x + across[0] * start, y + across[1] * start), (x + across[0] * end, y + across[1] * end)],
                colour,
                width,
                taper=False,
            )

    def dim(self, area: tuple[float, float, float, float], colour: Colour, share: float) -> None:
        """Lay a tone over everything drawn so far in `area`: night, or rain."""
        left, top, right, bottom = (round(edge * ZOOM) for edge in area)
        part = self.image.crop((left, top, right, bottom))
        self.image.paste(Image.blend(part, Image.new("RGB", part.size, colour), share), (left, top))

    def finished(self, size: tuple[int, int] | None = None) -> Image.Image:
        """The sheet at its own size, or at another one."""
        if size is None or size == (self.width, self.height):
            return self.image.reduce(ZOOM)
        return self.image.resize(size, Image.Resampling.BOX)
