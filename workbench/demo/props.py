"""Things of the invented series: a kettle, a lantern, a bicycle, a letter bag."""

from __future__ import annotations

from collections.abc import Callable

from workbench.demo.pen import DEEP, FAINT, INK, SOFT, WASH, Colour, Pen, Place, ring


def kettle(pen: Pen, place: Place, weight: float = 2.0, fill: Colour | None = None) -> None:
    """A round kettle; one unit is half its width."""
    body = fill or pen.paper
    pen.line(place.all(ring(0, -1.35, 0.75, 0.75, 190, 350)), INK, weight * 2.2)
    pen.shape(
        place.all([(0.8, -0.9), (1.35, -1.1), (1.7, -1.6), (1.9, -1.5), (1.6, -0.7), (0.9, -0.3)]), body, INK, weight
    )
    pen.shape(
        place.all(
            [
                (-1.0, -0.75),
                (-0.7, -1.3),
                (0.0, -1.45),
                (0.7, -1.3),
                (1.0, -0.75),
                (0.8, -0.1),
                (0.0, 0.06),
                (-0.8, -0.1),
            ]
        ),
        body,
        INK,
        weight,
    )
    pen.line(place.all([(-0.62, -1.28), (0.0, -1.14), (0.62, -1.28)]), INK, weight * 0.8)
    pen.shape(place.all(ring(0, -1.55, 0.13, 0.13)), body, INK, weight)
    pen.line(place.all([(-0.7, -0.9), (-0.75, -0.6), (-0.62, -0.35)]), FAINT, weight)


def lamp(pen: Pen, place: Place, weight: float = 2.0, fill: Colour | None = None) -> None:
    """A paper lantern on its stick, in detail."""
    pen.line(place.all([(-1.5, -2.5), (0.0, -2.2), (0.05, -1.7)]), INK, weight * 2)
    pen.shape(place.all(ring(0, -0.6, 0.95, 1.1)), fill or (252, 242, 214), INK, weight)
    for k in range(-3, 4):
        y = -0.6 + k * 0.28
        half = 0.95 * (1 - (k * 0.28 / 1.12) ** 2) ** 0.5
        pen.line(place.all([(-half, y), (0, y + 0.1), (half, y)]), SOFT, weight * 0.7)
    for y in (-1.68, 0.46):
        pen.shape(
            place.all([(-0.4, y), (0.4, y), (0.36, y + 0.16), (-0.36, y + 0.16)]), DEEP, INK, weight, curved=False
        )
    pen.line(place.all([(0, 0.62), (0.05, 1.0), (-0.05, 1.4)]), INK, weight)
    for angle in range(0, 360, 30):
        ends = ring(0, -0.6, 1.35, 1.5, angle, angle + 1)[0], ring(0, -0.6, 1.6, 1.75, angle, angle + 1)[0]
        pen.line(place.all(ends), FAINT, weight)


def bicycle(pen: Pen, place: Place, weight: float = 2.0, fill: Colour | None = None) -> None:
    """The harbour postman's bicycle with its box."""
    for x in (-1.3, 1.3):
        pen.line(place.all(ring(x, -0.8, 0.8, 0.8)), INK, weight * 1.4, closed=True)
        for angle in range(0, 180, 30):
            a, b = (
                ring(x, -0.8, 0.78, 0.78, angle, angle + 180)[0],
                ring(x, -0.8, 0.78, 0.78, angle + 180, angle + 181)[0],
            )
            pen.rule(place.at(*a), place.at(*b), FAINT, weight * 0.5)
    frame = [(-1.3, -0.8), (-0.5, -2.0), (0.9, -2.0), (0.0, -0.8), (-1.3, -0.8)]
    pen.line(place.all(frame), INK, weight * 1.6, curved=False)
    pen.line(place.all([(0.0, -0.8), (-0.6, -2.3)]), INK, weight * 1.6, curved=False)
    pen.line(place.all([(1.3, -0.8), (0.85, -2.6), (0.3, -2.75)]), INK, weight * 1.6)
    pen.shape(place.all([(-0.95, -2.3), (-0.25, -2.35), (-0.4, -2.15), (-0.9, -2.15)]), DEEP, INK, weight)
    pen.shape(
        place.all([(0.95, -3.2), (2.1, -3.2), (2.0, -2.1), (1.05, -2.1)]), fill or pen.paper, INK, weight, curved=False
    )
    pen.line(place.all([(0.95, -3.2), (1.52, -2.75), (2.1, -3.2)]), INK, weight * 0.8, curved=False)


def satchel(pen: Pen, place: Place, weight: float = 2.0, fill: Colour | None = None) -> None:
    """A letter bag."""
    pen.line(place.all([(-1.0, -1.2), (-0.9, -2.6), (0.1, -3.1), (1.0, -2.4), (1.0, -1.2)]), INK, weight * 1.8)
    pen.shape(
        place.all([(-1.3, -1.3), (1.3, -1.3), (1.4, 0.4), (0.0, 0.6), (-1.4, 0.4)]), fill or pen.paper, INK, weight
    )
    pen.shape(place.all([(-1.35, -1.4), (1.35, -1.4), (1.2, -0.5), (0.0, -0.1), (-1.2, -0.5)]), WASH, INK, weight)
    pen.shape(place.all(ring(0, -0.18, 0.18, 0.18)), (244, 220, 160), INK, weight)
    for dx, dy in ((-0.5, -1.9), (0.1, -2.1), (0.5, -1.85)):
        pen.shape(
            place.all([(dx - 0.3, dy), (dx + 0.35, dy - 0.1), (dx + 0.4, -1.4), (dx - 0.25, -1.38)]),
            (255, 255, 255),
            INK,
            weight * 0.8,
            curved=False,
        )


PROPS: dict[str, Callable[[Pen, Place, float, Colour | None], None]] = {
    "kettle": kettle, "lantern": lamp, "bicycle": bicycle, "satchel": satchel,
}  # fmt: skip
