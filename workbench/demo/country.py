"""Places out of town, rain, and the table of all places."""

from __future__ import annotations

from collections.abc import Callable

from workbench.demo.dice import Dice
from workbench.demo.pen import DEEP, FAINT, GUIDE, INK, SOFT, WASH, Area, Pen, ring
from workbench.demo.scenery import LINE, harbour, roofs, room, street


def forest(pen: Pen, area: Area, dice: Dice) -> float:
    """Trunks from near to far, scribbled leaves, a path, a few mushrooms."""
    left, top, right, bottom = area
    ground = top + (bottom - top) * 0.66
    for layer, (shade, weight, count) in enumerate(((FAINT, 1.1, 9), (SOFT, 1.4, 6), (INK, 2.0, 3))):
        for k in range(count):
            x = left + (right - left) * ((k + dice.between(0.1, 0.9)) / count)
            wide = (7, 15, 32)[layer] * dice.between(0.8, 1.2)
            foot = ground + (0, 24, 90)[layer]
            trunk = [
                (x - wide * 1.5, foot),
                (x - wide * 0.7, foot - 60),
                (x - wide * 0.6, top - 6),
                (x + wide * 0.5, top - 6),
                (x + wide * 0.7, foot - 70),
                (x + wide * 1.7, foot),
            ]
            pen.shape(trunk, (pen.paper, WASH, pen.paper)[layer], shade, weight)
            if layer:
                for _ in range(4):
                    y = dice.between(top + 30, foot - 70)
                    pen.line([(x - wide * 0.3, y), (x - wide * 0.1, y + 18), (x - wide * 0.25, y + 36)], shade, 0.9)
            if layer == 2:
                pen.shape(ring(x, (top + foot) / 2, wide * 0.3, wide * 0.45), DEEP, shade, 1.2)
    for _ in range(16):
        x, y = dice.between(left, right), dice.between(top - 6, top + 80)
        puff = [
            (x + dx * 13, y + dy * 12)
            for dx, dy in (
                (-3, 0),
                (-2, -1.4),
                (-0.4, -0.6),
                (1, -1.6),
                (2, -0.3),
                (3.2, 0.2),
                (2, 1.2),
                (0.5, 0.5),
                (-1, 1.3),
            )
        ]
        pen.shape(puff, WASH if dice.chance(0.4) else pen.paper, SOFT, 1.3)
    x = left + (right - left) * dice.between(0.35, 0.6)
    pen.line([(x, ground), (x - 40, ground + 46), (x + 30, ground + 90), (x - 150, bottom)], SOFT, 1.6)
    pen.line([(x + 36, ground), (x + 22, ground + 46), (x + 140, ground + 92), (x + 120, bottom)], SOFT, 1.6)
    for _ in range(26):
        gx, gy = dice.between(left, right), dice.between(ground + 10, bottom - 8)
        pen.line([(gx, gy), (gx + 3, gy - 11)], FAINT, 1.0)
        pen.line([(gx + 6, gy), (gx + 12, gy - 9)], FAINT, 1.0)
    for _ in range(3):
        mx, my = dice.between(left + 60, right - 60), dice.between(ground + 60, bottom - 30)
        pen.shape([(mx - 5, my), (mx - 4, my - 18), (mx + 4, my - 18), (mx + 5, my)], pen.paper, LINE, 1.3)
        pen.shape([(mx - 19, my - 16), (mx - 11, my - 31), (mx + 10, my - 32), (mx + 19, my - 16)], DEEP, LINE, 1.4)
    return bottom - 34


def _pines(pen: Pen, left: float, right: float, y: float, dice: Dice) -> None:
    """A loose row of firs."""
    for _ in range(dice.number(4, 11)):
        x, size = dice.between(left, right), dice.between(0.6, 1.7)
        for k in range(3):
            wide, low = (30 - 7 * k) * size, y - 24 * k * size
            pen.shape(
                [(x - wide, low), (x, low - 44 * size), (x + wide, low)],
                DEEP if k % 2 else pen.paper,
                LINE,
                1.4,
                curved=False,
            )
        pen.line([(x, y), (x, y + 16 * size)], LINE, 2.4, curved=False)


def hills(pen: Pen, area: Area, dice: Dice) -> float:
    """Ridges behind one another, a moon or a sun, clouds, a small house far off."""
    left, top, right, bottom = area
    w, h = right - left, bottom - top
    sun = (left + w * dice.between(0.15, 0.85), top + h * dice.between(0.16, 0.28))
    pen.oval(sun, 44, 44, (252, 246, 226), SOFT, 1.5)
    steep, sharp = dice.between(0.5, 2.6), dice.chance(0.45)
    peaks = dice.number(5, 9)
    for k, shade in enumerate((pen.paper, WASH, DEEP, pen.paper)):
        y = top + h * (0.42 + 0.13 * k)
        rise = (70 - 13 * k) * (steep if k < 2 else min(steep, 1.2))
        ridge = [(left - 40 + (w + 80) * s / peaks, y - dice.between(-14, rise)) for s in range(peaks + 1)]
        outline = [*ridge, (right + 40, bottom + 30), (left - 40, bottom + 30)]
        pen.shape(outline, shade, SOFT if k < 2 else LINE, 1.3 + 0.2 * k, curved=not (sharp and k < 2))
        if sharp and k < 2:
            for x, peak in ridge[1:-1]:
                pen.line([(x, peak), (x + 12, peak + 26), (x + 4, peak + 48)], SOFT, 1.1, curved=False)
    if dice.chance(0.55):
        _pines(pen, left, right, top + h * 0.74, dice)
    for _ in range(dice.number(2, 4)):
        x, y, size = dice.between(left + 40, right - 220), dice.between(top + 20, top + h * 0.3), dice.between(0.6, 1.3)
        puff = [(0, 0), (12, -22), (42, -30), (62, -46), (100, -40), (118, -22), (150, -18), (160, 0), (80, 5)]
        pen.shape([(x + dx * size, y + dy * size) for dx, dy in puff], pen.paper, SOFT, 1.4)
    hx, hy = left + w * dice.between(0.2, 0.8), top + h * 0.66
    pen.shape(
        [(hx - 24, hy), (hx - 24, hy - 28), (hx + 24, hy - 28), (hx + 24, hy)], pen.paper, LINE, 1.4, curved=False
    )
    pen.shape([(hx - 32, hy - 26), (hx, hy - 54), (hx + 32, hy - 26)], DEEP, LINE, 1.4, curved=False)
    for _ in range(30):
        gx, gy = dice.between(left, right), dice.between(top + h * 0.84, bottom - 6)
        pen.line([(gx, gy), (gx + 4, gy - 14)], FAINT, 1.1)
    return bottom - 36


def sky(pen: Pen, area: Area, dice: Dice) -> float:
    """Night above the clouds: planets, a comet with a long tail."""
    left, top, right, bottom = area
    pen.box(area, (226, 229, 234), None)
    for _ in range(60):
        pen.dot((dice.between(left, right), dice.between(top, bottom)), dice.between(0.8, 2.4), (255, 255, 255))
    x, y = left + (right - left) * dice.between(0.55, 0.85), top + (bottom - top) * dice.between(0.18, 0.4)
    for k in range(7):
        spread = (k - 3) * 12
        pen.line(
            [(x, y + spread * 0.35), (x - 190, y + 42 + spread), (x - 430 - 20 * (k % 3), y + 130 + spread * 2.4)],
            (255, 255, 255),
            3.2,
        )
    pen.oval((x, y), 26, 26, (252, 248, 232), LINE, 1.8)
    px, py = left + (right - left) * dice.between(0.15, 0.4), top + (bottom - top) * dice.between(0.2, 0.36)
    pen.oval((px, py), 62, 62, pen.paper, LINE, 1.7)
    pen.line([(px - 54, py - 20), (px, py - 8), (px + 56, py - 22)], SOFT, 1.2)
    pen.line([(px - 60, py + 12), (px, py + 24), (px + 60, py + 10)], SOFT, 1.2)
    pen.line(ring(px, py, 104, 24, -10, 190), LINE, 1.8)
    for k in range(9):
        cx = left + (right - left) * k / 8
        cy = bottom - 40 - dice.between(0, 44)
        puff = [(-120, 70), (-96, 6), (-40, -18), (10, -44), (66, -18), (108, 8), (124, 70)]
        pen.shape([(cx + dx, cy + dy) for dx, dy in puff], pen.paper, SOFT, 1.6)
    return bottom - 46


def stairs(pen: Pen, area: Area, dice: Dice) -> float:
    """A long stair seen from below, a gate at its top, trees on either side."""
    left, top, right, bottom = area
    vanish = ((left + right) / 2 + dice.between(-70, 70), top + (bottom - top) * 0.3)
    for x in (left + 130, right - 130):
        pen.rule((x, bottom), vanish, GUIDE, 1.0)
    steps = 13
    for k in range(steps):
        share = 1 - 0.86 * (1 - (1 - k / steps) ** 1.5)
        y = vanish[1] + (bottom - vanish[1]) * share
        half = ((right - left) / 2 - 130) * share
        cx = vanish[0] + ((left + right) / 2 - vanish[0]) * share
        pen.shape(
            [(cx - half, y), (cx + half, y), (cx + half, y - 26 * share), (cx - half, y - 26 * share)],
            WASH if k % 2 else pen.paper,
            LINE,
            0.8 + share,
            curved=False,
        )
    gx, gy = vanish[0], vanish[1] + 26
    for side in (-1, 1):
        pen.shape(
            [
                (gx + side * 42 - 6, gy + 44),
                (gx + side * 38 - 5, gy - 62),
                (gx + side * 38 + 5, gy - 62),
                (gx + side * 42 + 6, gy + 44),
            ],
            pen.paper,
            LINE,
            1.5,
            curved=False,
        )
    pen.shape(
        [(gx - 70, gy - 74), (gx, gy - 66), (gx + 70, gy - 74), (gx + 64, gy - 60), (gx, gy - 54), (gx - 64, gy - 60)],
        DEEP,
        LINE,
        1.6,
    )
    pen.line([(gx - 48, gy - 40), (gx + 48, gy - 40)], LINE, 3.0, curved=False)
    for side, edge in ((-1, left), (1, right)):
        for k in range(4):
            x, y = edge - side * (24 + 62 * k), bottom - 70 - 74 * k
            size = 1.6 - 0.32 * k
            pen.line([(x, y + 70), (x, y - 20 * size)], LINE, 4 * size, curved=False)
            crown = [
                (x + dx * 22 * size, y - 40 * size + dy * 24 * size)
                for dx, dy in (
                    (-2, 1),
                    (-2.4, -0.4),
                    (-1, -1.6),
                    (0.6, -2),
                    (2, -1),
                    (2.3, 0.6),
                    (1.1, 1.4),
                    (-0.6, 1.1),
                )
            ]
            pen.shape(crown, DEEP if k % 2 else pen.paper, LINE, 1.6)
    return bottom - 30


def rain(pen: Pen, area: Area, dice: Dice) -> None:
    """Rain over everything."""
    left, top, right, bottom = area
    for _ in range(110):
        x, y, long = dice.between(left, right), dice.between(top, bottom - 60), dice.between(22, 60)
        pen.rule((x, y), (x - long * 0.22, y + long), (172, 184, 196), 0.9)


PLACES: dict[str, Callable[[Pen, Area, Dice], float]] = {
    "harbour": harbour, "street": street, "room": room, "forest": forest,
    "hills": hills, "roofs": roofs, "sky": sky, "stairs": stairs,
}  # fmt: skip
