"""Places in town, of the invented series, in line and a little grey, with the perspective guides still showing."""

from __future__ import annotations

from workbench.demo.dice import Dice
from workbench.demo.pen import DEEP, FAINT, GUIDE, SOFT, WASH, Area, Colour, Pen, Place, Point
from workbench.demo.props import kettle

LINE: Colour = (88, 87, 92)


def _between(a: Point, b: Point, share: float) -> Point:
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share


def harbour(pen: Pen, area: Area, dice: Dice) -> float:
    """Sea, a pier, boats, a lighthouse on its rock. Returns the height at which people stand."""
    left, top, right, bottom = area
    horizon = top + (bottom - top) * dice.between(0.38, 0.5)
    pen.rule((left, horizon), (right, horizon), LINE, 1.4)
    rock_x = left + (right - left) * dice.between(0.12, 0.85)
    rock = [(rock_x - 130, horizon), (rock_x - 70, horizon - 34), (rock_x + 20, horizon - 46), (rock_x + 110, horizon)]
    pen.shape(rock, DEEP, LINE, 1.6, curved=False)
    tower = [
        (rock_x - 20, horizon - 42),
        (rock_x - 13, horizon - 150),
        (rock_x + 13, horizon - 150),
        (rock_x + 20, horizon - 42),
    ]
    pen.shape(tower, pen.paper, LINE, 1.8, curved=False)
    for k in range(3):
        y = horizon - 65 - k * 30
        pen.shape(
            [
                (rock_x - 19 + k * 2, y),
                (rock_x + 19 - k * 2, y),
                (rock_x + 18 - k * 2, y - 14),
                (rock_x - 18 + k * 2, y - 14),
            ],
            DEEP,
            LINE,
            1.0,
            curved=False,
        )
    pen.box((rock_x - 11, horizon - 168, rock_x + 11, horizon - 150), (250, 240, 206), LINE)
    pen.shape(
        [(rock_x - 16, horizon - 168), (rock_x, horizon - 184), (rock_x + 16, horizon - 168)],
        DEEP,
        LINE,
        1.4,
        curved=False,
    )
    for turn in (-1, 1):
        pen.dashes((rock_x + turn * 14, horizon - 160), (rock_x + turn * 240, horizon - 190), FAINT, 1.0)
        pen.dashes((rock_x + turn * 14, horizon - 156), (rock_x + turn * 240, horizon - 130), FAINT, 1.0)
    for _ in range(dice.number(2, 4)):
        x = dice.between(left + 60, right - 60)
        size = dice.between(0.5, 1.3)
        y = horizon + 20 * size + 18
        hull = [
            (x - 46 * size, y - 12 * size),
            (x + 50 * size, y - 14 * size),
            (x + 34 * size, y + 8 * size),
            (x - 32 * size, y + 8 * size),
        ]
        pen.line([(x, y - 12 * size), (x + 2, y - 88 * size)], LINE, 1.6)
        pen.shape(
            [(x + 4, y - 84 * size), (x + 42 * size, y - 22 * size), (x + 4, y - 20 * size)], pen.paper, LINE, 1.4
        )
        pen.shape([(x - 3, y - 76 * size), (x - 28 * size, y - 24 * size), (x - 3, y - 22 * size)], WASH, LINE, 1.4)
        pen.shape(hull, WASH, LINE, 1.7)
    for k in range(16):
        y = horizon + 12 + (k * k) * 0.9
        x = dice.between(left, right - 150)
        if y < bottom - 110:
            wave = [(x, y), (x + 22, y - 3), (x + 44, y), (x + 70, y - 3), (x + 92, y)]
            pen.line(wave, FAINT if k % 2 else SOFT, 1.2)
    deck = bottom - 105
    pen.shape([(left, deck), (right, deck - 14), (right, bottom), (left, bottom)], pen.paper, LINE, 1.8, curved=False)
    for k in range(9):
        x = left + (right - left) * k / 8
        pen.line([(x, deck - 2), (x + (x - (left + right) / 2) * 0.24, bottom)], SOFT, 1.1, curved=False)
    for k in range(3):
        x = left + (right - left) * (0.1 + 0.4 * k)
        pen.box((x - 9, deck - 44, x + 9, deck + 12), WASH, LINE, 1.6)
        pen.oval((x, deck - 44), 11, 5, pen.paper, LINE, 1.6)
    return bottom - 28


def _house(pen: Pen, front: tuple[Point, Point, Point, Point], dice: Dice, fill: Colour) -> None:
    """A house front in perspective: corners near-bottom, far-bottom, far-top, near-top."""
    a, b, c, d = front
    pen.shape(front, fill, LINE, 1.7, curved=False)
    eave, ridge = 0.08, 0.17
    roof = [_between(d, a, -0.01), _between(c, b, -0.01), _between(c, b, -ridge), _between(d, a, -ridge)]
    over = (d[0] - c[0]) * eave
    pen.shape(
        [(roof[0][0] + over, roof[0][1] + 8), (roof[1][0] - over * 0.4, roof[1][1] + 4), roof[2], roof[3]],
        DEEP,
        LINE,
        1.7,
        curved=False,
    )
    for k in range(1, 7):
        pen.line(
            [
                _between(roof[3], roof[2], k / 7),
                _between((roof[0][0] + over, roof[0][1] + 8), (roof[1][0], roof[1][1] + 4), k / 7),
            ],
            SOFT,
            0.9,
            curved=False,
        )
    for row in (0.22, 0.62):
        for share in (0.16, 0.56):
            if row > 0.5 and share < 0.3 and dice.chance(0.6):
                door = [
                    (_between(_between(d, c, s), _between(a, b, s), r))
                    for s, r in ((0.16, 0.58), (0.36, 0.58), (0.36, 1.0), (0.16, 1.0))
                ]
                pen.shape(door, DEEP, LINE, 1.3, curved=False)
                continue
            pane = [
                (_between(_between(d, c, s), _between(a, b, s), r))
                for s, r in ((share, row), (share + 0.24, row), (share + 0.24, row + 0.2), (share, row + 0.2))
            ]
            lit = dice.chance(0.3)
            pen.shape(pane, (250, 240, 206) if lit else pen.paper, LINE, 1.2, curved=False)
            pen.line([_between(pane[0], pane[1], 0.5), _between(pane[3], pane[2], 0.5)], LINE, 0.9, curved=False)
            pen.line([_between(pane[0], pane[3], 0.5), _between(pane[1], pane[2], 0.5)], LINE, 0.9, curved=False)


def street(pen: Pen, area: Area, dice: Dice) -> float:
    """A lane between houses running to one vanishing point, lanterns strung across it."""
    left, top, right, bottom = area
    vanish = (left + (right - left) * dice.between(0.4, 0.62), top + (bottom - top) * dice.between(0.42, 0.55))
    for x, y in ((left, top), (right, top), (left, bottom), (right, bottom), (left, (top + bottom) / 2)):
        pen.rule((x, y), vanish, GUIDE, 0.9)
    hill = [
        (left, vanish[1] + 10),
        (vanish[0] - 160, vanish[1] - 50),
        (vanish[0], vanish[1] - 90),
        (vanish[0] + 170, vanish[1] - 44),
        (right, vanish[1] + 10),
    ]
    pen.line(hill, FAINT, 1.6)
    for side, edge in ((0, left), (1, right)):
        for near, far in ((0.62, 0.72), (0.4, 0.58), (0.1, 0.36)):
            depth_near, depth_far = 1 - near, 1 - far
            reach = edge - vanish[0]
            x0, x1 = vanish[0] + reach * (depth_near + 0.08), vanish[0] + reach * (depth_far + 0.02)
            height = (bottom - top) * dice.between(0.36, 0.52)
            floor = bottom - 70
            quad = (
                (x0, vanish[1] + (floor - vanish[1]) * depth_near),
                (x1, vanish[1] + (floor - vanish[1]) * depth_far),
                (x1, vanish[1] - height * depth_far),
                (x0, vanish[1] - height * depth_near),
            )
            _house(pen, quad, dice, WASH if side else pen.paper)
    start = (left + (right - left) * 0.12, top + 40)
    for row in range(2):
        a, b = (start[0], start[1] + row * 60), (right - (right - left) * 0.1, start[1] + 16 + row * 46)
        sag = [a, _between(a, b, 0.25), _between(a, b, 0.5), _between(a, b, 0.75), b]
        sag = [(x, y + s) for (x, y), s in zip(sag, (0, 34, 46, 34, 0), strict=True)]
        pen.line(sag, LINE, 1.3)
        for x, y in sag[1:4]:
            size = 13 - row * 3
            pen.line([(x, y), (x, y + 8)], LINE, 1.2)
            pen.oval((x, y + 8 + size), size * 0.85, size, (250, 236, 196), LINE, 1.4)
    for k in range(7):
        y = vanish[1] + (bottom - vanish[1]) * (0.42 + 0.085 * k)
        pen.line(
            [(left + (right - left) * 0.28 - k * 30, y), (right - (right - left) * 0.3 + k * 30, y)],
            FAINT,
            1.0,
            curved=False,
        )
    return bottom - 30


def room(pen: Pen, area: Area, dice: Dice) -> float:
    """A room in one-point perspective: window, shelf, table with a kettle."""
    left, top, right, bottom = area
    w, h = right - left, bottom - top
    back = (left + w * 0.2, top + h * 0.14, right - w * dice.between(0.18, 0.26), top + h * 0.66)
    for corner, wall in (
        ((left, top), back[:2]),
        ((right, top), (back[2], back[1])),
        ((left, bottom), (back[0], back[3])),
        ((right, bottom), back[2:]),
    ):
        pen.rule(corner, (wall[0], wall[1]), LINE, 1.5)
    pen.box(back, pen.paper, LINE, 1.6)
    for k in range(1, 8):
        pen.line(
            [(back[0] + (back[2] - back[0]) * k / 8, back[3]), (left + w * k / 8 + (k - 4) * 40, bottom)],
            FAINT,
            1.0,
            curved=False,
        )
    wx, wy = back[0] + (back[2] - back[0]) * dice.between(0.1, 0.5), back[1] + 34
    pen.box((wx, wy, wx + 190, wy + 150), (238, 240, 242), LINE, 2.0)
    pen.oval((wx + 130, wy + 46), 22, 22, (252, 244, 214), LINE, 1.2)
    pen.line([(wx, wy + 118), (wx + 60, wy + 92), (wx + 120, wy + 112), (wx + 190, wy + 84)], SOFT, 1.3)
    pen.rule((wx + 95, wy), (wx + 95, wy + 150), LINE, 2.2)
    pen.rule((wx, wy + 75), (wx + 190, wy + 75), LINE, 2.2)
    for side in (-1, 1):
        x = wx + 95 + side * 108
        pen.shape(
            [
                (x, wy - 14),
                (x + side * 44, wy - 14),
                (x + side * 34, wy + 90),
                (x + side * 48, wy + 172),
                (x - side * 6, wy + 172),
                (x + side * 10, wy + 80),
            ],
            WASH,
            LINE,
            1.5,
        )
    shelf = back[1] + 60
    for row in range(2):
        y = shelf + row * 72
        pen.line([(right - 8, y - 34 + row * 6), (back[2] + 6, y)], LINE, 2.0, curved=False)
        for k in range(5):
            x = back[2] + 16 + k * (right - back[2] - 30) / 5
            tall = dice.between(20, 44)
            pen.box(
                (x, y - tall - 3 - k * 5, x + 16, y - 3 - k * 5), DEEP if dice.chance(0.4) else pen.paper, LINE, 1.2
            )
    tx, ty = left + w * dice.between(0.2, 0.55), top + h * 0.72
    pen.shape(
        [(tx - 160, ty), (tx + 120, ty - 12), (tx + 190, ty + 46), (tx - 190, ty + 58)],
        pen.paper,
        LINE,
        1.8,
        curved=False,
    )
    for x in (tx - 176, tx + 176):
        pen.line([(x, ty + 50), (x + 4, bottom - 24)], LINE, 4.0, curved=False)
    kettle(pen, Place(tx - 40, ty + 14, 30), 1.5)
    pen.oval((tx + 60, ty + 18), 18, 7, pen.paper, LINE, 1.4)
    pen.line([(tx + 44, ty + 20), (tx + 50, ty + 38), (tx + 70, ty + 38), (tx + 76, ty + 20)], LINE, 1.4)
    pen.line([(tx + 56, ty + 4), (tx + 64, ty - 12), (tx + 54, ty - 26), (tx + 62, ty - 40)], FAINT, 1.3)
    return bottom - 26


def roofs(pen: Pen, area: Area, dice: Dice) -> float:
    """Tiled roofs under a night sky."""
    left, top, right, bottom = area
    pen.box((left, top, right, top + (bottom - top) * 0.62), (228, 231, 235), None)
    for _ in range(34):
        pen.dot(
            (dice.between(left, right), dice.between(top, top + (bottom - top) * 0.45)),
            dice.between(0.8, 2.2),
            (255, 255, 255),
        )
    moon = (left + (right - left) * dice.between(0.15, 0.8), top + 90)
    pen.oval(moon, 52, 52, (252, 248, 232), LINE, 1.4)
    pen.dot((moon[0] - 16, moon[1] - 10), 8, WASH)
    pen.dot((moon[0] + 18, moon[1] + 14), 5, WASH)
    x = left - 60.0
    while x < right:
        wide, peak = dice.between(150, 260), top + (bottom - top) * dice.between(0.36, 0.55)
        pen.shape(
            [(x, bottom), (x, peak + 70), (x + wide / 2, peak), (x + wide, peak + 70), (x + wide, bottom)],
            pen.paper,
            LINE,
            1.6,
            curved=False,
        )
        pen.box((x + wide * 0.66, peak - 22, x + wide * 0.78, peak + 32), WASH, LINE, 1.4)
        pen.box(
            (x + wide * 0.36, peak + 86, x + wide * 0.62, peak + 132),
            (250, 240, 206) if dice.chance(0.5) else WASH,
            LINE,
            1.4,
        )
        x += wide * 0.86
    eave = bottom - 120
    pen.shape([(left, eave + 30), (right, eave), (right, bottom), (left, bottom)], DEEP, LINE, 1.8, curved=False)
    for row in range(4):
        for k in range(15):
            cx = left + (right - left) * (k + 0.5 * (row % 2)) / 14
            cy = eave + 30 + row * 26 - 30 * k / 14
            pen.line([(cx - 42, cy), (cx - 24, cy + 20), (cx, cy + 25), (cx + 24, cy + 20), (cx + 42, cy)], LINE, 1.1)
    return bottom - 64
