"""Heads of the invented cast: skull, turn, hair, eyes, mood. One unit is the radius of the skull."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.demo.pen import GUIDE, INK, RED, SOFT, Colour, Pen, Place, Point, ring


@dataclass(frozen=True)
class Look:
    """How a character is drawn: which hair, how tall, what is worn, and the colours used on colour sheets."""

    hair: str
    outfit: str
    tall: float
    """Length of trunk and limbs against the skull: 1 is a child, 1.7 a grown person."""
    skin: Colour
    hair_colour: Colour
    coat: Colour
    eyes: float = 1.0


LOOKS = {
    "lamp": Look("bob", "smock", 1.0, (250, 226, 205), (92, 70, 66), (222, 160, 96), 1.15),
    "boat": Look("cap", "jacket", 1.1, (240, 206, 178), (60, 62, 78), (96, 138, 168)),
    "uncle": Look("beard", "robe", 1.45, (238, 212, 190), (206, 206, 202), (126, 132, 120), 0.7),
    "heron": Look("tail", "scarf", 1.75, (248, 222, 204), (70, 84, 104), (172, 84, 84), 0.95),
}

MOODS = ("calm", "glad", "wonder", "angry", "sad", "sly", "asleep")


def _outline(turn: float, hair: str) -> list[Point]:
    chin = 1.02 if hair in {"bob", "cap"} else 1.16
    points = [
        (-0.94, -0.08), (-0.90, 0.32), (-0.68, 0.72), (-0.30, chin - 0.08), (0.0, chin), (0.30, chin - 0.08),
        (0.68, 0.72), (0.90, 0.32), (0.94, -0.08), (0.80, -0.62), (0.34, -0.95), (-0.34, -0.95), (-0.80, -0.62),
    ]  # fmt: skip
    turned = []
    for x, y in points:
        slide = 0.26 * turn * max(0.0, y)
        narrow = 1 - 0.13 * abs(turn) if x * turn > 0 and y > -0.2 else 1.0
        turned.append((x * narrow + slide, y))
    return turned


def _eye(pen: Pen, place: Place, x: float, wide: float, mood: str, size: float, weight: float, toward: float) -> None:
    y = 0.2
    tall = wide * 1.25 * size
    if mood in {"glad", "asleep"}:
        bend = -0.16 if mood == "glad" else 0.12
        arc = [
            (x - wide, y),
            (x - wide * 0.5, y + bend),
            (x, y + bend * 1.4),
            (x + wide * 0.5, y + bend),
            (x + wide, y),
        ]
        pen.line(place.all(arc), INK, weight * 1.3, taper=False)
        return
    if mood == "wonder":
        tall *= 1.2
    lid = {"angry": 0.62, "sad": 0.8, "sly": 0.5}.get(mood, 1.0)
    top = y - tall * lid
    white = [(x - wide, y - tall * 0.25), (x - wide * 0.4, top), (x + wide * 0.5, top), (x + wide, y - tall * 0.2)]
    white += [(x + wide * 0.7, y + tall * 0.62), (x - wide * 0.7, y + tall * 0.62)]
    pen.shape(place.all(white), (255, 255, 255), None)
    shift = toward * wide * 0.3
    grow = 0.55 if mood == "wonder" else 0.68
    iris = ring(x + shift, y - tall * 0.04, wide * grow, tall * 0.66 * min(1.0, lid + 0.1))
    pen.shape(place.all(iris), (96, 96, 104), INK, weight * 0.7, wobble=0)
    pen.dot(place.at(x + shift, y + tall * 0.08), wide * 0.32 * place.unit, (38, 38, 44))
    pen.dot(place.at(x + shift - wide * 0.22, y - tall * 0.3), wide * 0.24 * place.unit, (255, 255, 255))
    pen.line(place.all(white[:4]), INK, weight * 1.6, taper=False)
    pen.line(place.all([white[4], (x, y + tall * 0.7), white[5]]), SOFT, weight * 0.7)


def _brow(pen: Pen, place: Place, x: float, wide: float, mood: str, side: int, weight: float) -> None:
    inner, outer = {"angry": (0.14, -0.1), "sad": (-0.12, 0.1), "wonder": (-0.16, -0.14), "sly": (0.08, -0.06)}.get(
        mood, (0.0, 0.0)
    )
    y = -0.24
    points = [(x - side * wide, y + inner), (x, y + (inner + outer) / 2 - 0.06), (x + side * wide * 1.1, y + outer)]
    pen.line(place.all(points), INK, weight * 1.2)


def _mouth(pen: Pen, place: Place, x: float, mood: str, weight: float, speaking: bool) -> None:
    y = 0.68
    if speaking or mood == "wonder":
        wide, tall = (0.2, 0.17) if speaking else (0.1, 0.13)
        lips = [
            (x - wide, y - 0.04),
            (x, y - 0.08),
            (x + wide, y - 0.04),
            (x + wide * 0.6, y + tall),
            (x - wide * 0.6, y + tall),
        ]
        pen.shape(place.all(lips), (222, 190, 184), INK, weight)
    else:
        bend = {"glad": 0.11, "calm": 0.05, "angry": -0.08, "sad": -0.09, "sly": 0.05, "asleep": 0.02}[mood]
        lift = -0.07 if mood == "sly" else 0.0
        pen.line(
            place.all([(x - 0.19, y - bend * 0.4), (x, y + bend), (x + 0.19, y - bend * 0.4 + lift)]), INK, weight * 1.1
        )


def construction(pen: Pen, place: Place, turn: float) -> None:
    """The animator's underdrawing: skull, centre line, eye line."""
    pen.line(place.all(ring(0, -0.02, 1.03, 1.05)), GUIDE, 1.4, closed=True)
    across = turn * 0.42
    pen.line(place.all([(across * 0.2, -1.05), (across, -0.3), (across * 1.1, 0.4), (turn * 0.28, 1.2)]), GUIDE, 1.3)
    pen.line(place.all([(-1.05, 0.1), (across, 0.26), (1.05, 0.1)]), GUIDE, 1.3)


def _behind(pen: Pen, place: Place, look: Look, hair: Colour | None, weight: float, blow: float) -> None:
    fill = pen.paper if hair is None else hair
    if look.hair == "bob":
        back = [
            (-1.1, -0.4),
            (-1.22, 0.4),
            (-1.12 - blow * 0.2, 1.02),
            (-0.5, 0.94),
            (0.5, 0.94),
            (1.12 - blow * 0.2, 1.02),
        ]
        pen.shape(place.all([*back, (1.22, 0.4), (1.1, -0.4), (0.6, -1.1), (-0.6, -1.1)]), fill, INK, weight)
    elif look.hair == "tail":
        root = (-0.75, -0.62)
        plume = [
            root, (-1.35 - blow * 0.5, -0.75), (-2.0 - blow, -0.05), (-2.15 - blow * 1.4, 1.1 - blow * 0.5),
            (-2.45 - blow * 1.8, 2.1 - blow), (-1.75 - blow * 1.2, 1.45 - blow * 0.5),
            (-1.42 - blow * 0.6, 0.45), (-0.9, -0.1),
        ]  # fmt: skip
        pen.shape(place.all(plume), fill, INK, weight)
        pen.line(
            place.all([(-1.0, -0.5), (-1.6 - blow * 0.7, 0.1), (-1.9 - blow * 1.3, 1.2 - blow * 0.5)]),
            INK,
            weight * 0.6,
        )


def _front(pen: Pen, place: Place, look: Look, turn: float, hair: Colour | None, weight: float) -> None:
    fill = pen.paper if hair is None else hair
    part = turn * 0.3
    if look.hair == "bob":
        fringe = [
            (-1.05, 0.45), (-1.12, -0.35), (-0.7, -1.02), (0.0, -1.2), (0.7, -1.02), (1.12, -0.35), (1.05, 0.45),
            (0.86, 0.1), (0.78, -0.22), (0.48 + part, -0.02), (0.3 + part, -0.3), (0.0 + part, 0.02),
            (-0.2 + part, -0.28), (-0.5 + part, 0.0), (-0.76, -0.24), (-0.88, 0.1),
        ]  # fmt: skip
        pen.shape(place.all(fringe), fill, INK, weight)
        pen.line(place.all([(-0.5, -0.98), (-0.62, -0.6), (-0.58, -0.3)]), INK, weight * 0.6)
        pen.line(place.all([(0.2, -1.1), (0.42, -0.7), (0.38, -0.35)]), INK, weight * 0.6)
        pin = place.inner(0.86, -0.5)
        pen.shape(
            pin.all([(-0.14, -0.16), (0.14, -0.16), (0.18, 0.16), (-0.18, 0.16)]), (246, 214, 140), INK, weight * 0.8
        )
        pen.line(pin.all([(-0.1, -0.24), (0.1, -0.24)]), INK, weight)
    elif look.hair == "cap":
        tuft = [
            (-0.98, 0.2),
            (-1.02, -0.3),
            (-0.6, -0.42),
            (0.0 + part, -0.3),
            (0.6, -0.42),
            (1.02, -0.3),
            (0.98, 0.2),
            (0.82, -0.1),
        ]
        tuft += [(0.45 + part, -0.14), (0.2 + part, -0.24), (-0.1 + part, -0.1), (-0.5, -0.22), (-0.84, -0.08)]
        pen.shape(place.all(tuft), fill, INK, weight)
        crown = [
            (-1.06, -0.35),
            (-1.0, -0.95),
            (-0.4, -1.36),
            (0.45, -1.34),
            (1.04, -0.92),
            (1.06, -0.35),
            (0.0, -0.52),
        ]
        pen.shape(place.all(crown), (214, 219, 222) if hair is None else look.coat, INK, weight)
        brim = [
            (-0.7 + part * 2, -0.5),
            (0.1 + part * 2, -0.66),
            (0.9 + part * 2.2, -0.46),
            (1.1 + part * 2.4, -0.24),
            (0.1 + part * 2, -0.36),
        ]
        pen.shape(place.all(brim), (196, 202, 206) if hair is None else (70, 92, 112), INK, weight)
        pen.dot(place.at(0.02, -1.36), 0.09 * place.unit, INK)
    elif look.hair == "tail":
        sweep = [
            (-1.0, 0.3), (-1.08, -0.4), (-0.6, -1.06), (0.1, -1.18), (0.78, -0.9), (1.06, -0.3), (1.0, 0.5),
            (0.84, 0.05),
            (0.66 + part, -0.42), (0.2 + part, -0.5), (-0.3 + part, -0.2), (-0.62, 0.02), (-0.84, 0.05),
        ]  # fmt: skip
        pen.shape(place.all(sweep), fill, INK, weight)
        pen.line(place.all([(0.2 + part, -0.5), (-0.2, -0.8), (-0.6, -0.7)]), INK, weight * 0.6)
        pen.line(
            place.all([(-0.9, -0.55), (-0.66, -0.74), (-0.62, -0.9)]), RED if hair is not None else INK, weight * 1.2
        )
    elif look.hair == "beard":
        beard = [
            (-0.9, 0.3), (-1.0, 0.9), (-0.62, 1.5), (-0.1 + part, 1.86), (0.42 + part, 1.6), (0.9, 1.0), (0.92, 0.3),
            (0.62, 0.62), (0.28 + part, 0.56), (0.0 + part, 0.62), (-0.28 + part, 0.56), (-0.62, 0.62),
        ]  # fmt: skip
        pen.shape(place.all(beard), fill, INK, weight)
        for x in (-0.4, 0.0, 0.36):
            pen.line(place.all([(x + part, 0.95), (x + part - 0.04, 1.25), (x + part + 0.03, 1.5)]), SOFT, weight * 0.7)
        hat = [(-1.02, -0.34), (-0.92, -0.9), (-0.3, -1.3), (0.4, -1.28), (0.94, -0.88), (1.02, -0.34)]
        pen.shape(place.all(hat), (222, 220, 214) if hair is None else look.coat, INK, weight)
        band = [(-1.08, -0.5), (0.0, -0.64), (1.08, -0.5), (1.08, -0.22), (0.0, -0.36), (-1.08, -0.22)]
        pen.shape(place.all(band), pen.paper if hair is None else (180, 176, 160), INK, weight)


def head(
    pen: Pen,
    look: Look,
    place: Place,
    *,
    turn: float = 0.0,
    mood: str = "calm",
    speaking: bool = False,
    weight: float = 2.0,
    painted: bool = False,
    blow: float = 0.0,
) -> None:
    """A head. `turn` from -1 (left) to 1 (right); above 1.5 it is seen from behind."""
    hair = look.hair_colour if painted else None
    if not painted and look.hair in {"bob", "tail"}:
        hair = pen.solid
    _behind(pen, place, look, hair, weight, blow)
    behind = turn > 1.5
    pen.shape(place.all(_outline(0 if behind else turn, look.hair)), look.skin if painted else pen.paper, INK, weight)
    if behind:
        cover = ring(0, -0.05, 1.06, 1.02)
        pen.shape(place.all(cover), pen.paper if hair is None else hair, INK, weight)
        pen.line(place.all([(-0.5, -0.7), (-0.2, 0.2), (-0.35, 0.8)]), SOFT, weight * 0.7)
        pen.line(place.all([(0.4, -0.75), (0.35, 0.1), (0.5, 0.75)]), SOFT, weight * 0.7)
        return
    if look.hair != "bob":
        ear = -0.93 if turn >= 0 else 0.93
        pen.shape(place.all(ring(ear, 0.24, 0.14, 0.24)), look.skin if painted else pen.paper, INK, weight * 0.9)
    middle = turn * 0.42
    gap = 0.42 * (1 - 0.2 * abs(turn))
    for side in (-1, 1):
        wide = 0.23 * (1 - (0.42 if side * turn > 0 else 0.0) * abs(turn))
        _eye(pen, place, middle + side * gap, wide, mood, look.eyes, weight, turn)
        _brow(pen, place, middle + side * gap, wide, mood, side, weight)
    tip = middle * 1.18
    pen.line(
        place.all([(tip, 0.38), (tip + 0.05 * (1 if turn >= 0 else -1), 0.46), (tip - 0.03, 0.49)]), INK, weight * 0.8
    )
    _front(pen, place, look, turn, hair, weight)
    _mouth(pen, place, middle * 0.95, mood, weight, speaking)
    if look.hair == "beard":
        for side in (-1, 1):
            pen.line(place.all(ring(middle + side * gap, 0.22, 0.3, 0.29)), INK, weight * 0.9, closed=True)
        pen.line(place.all([(middle - 0.12, 0.2), (middle + 0.12, 0.2)]), INK, weight * 0.9)
    elif mood in {"glad", "wonder", "sad"} and not painted:
        for side in (-1, 1):
            for k in range(3):
                x = middle + side * gap * 1.25 + (k - 1) * 0.1
                pen.line(place.all([(x - 0.04, 0.56), (x + 0.04, 0.46)]), (214, 130, 120), weight * 0.6, taper=False)
