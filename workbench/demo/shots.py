"""Shots: a face, two who talk, people in a place, a movement, a place alone, a thing."""

from __future__ import annotations

from collections.abc import Callable

from workbench.demo.country import PLACES, rain
from workbench.demo.dice import Dice
from workbench.demo.faces import LOOKS, MOODS, construction, head
from workbench.demo.figures import POSES, TONE, draw_cast
from workbench.demo.paper import Drawing
from workbench.demo.pen import FAINT, GREEN, GUIDE, INK, SOFT, Area, Pen, Place, Point
from workbench.demo.props import PROPS
from workbench.demo.words import SERIES


def people(series: str) -> list[str]:
    """Who of a series is a person."""
    return [name for name in SERIES[series].cast if name in LOOKS]


def casting(series: str, kind: str, dice: Dice) -> tuple[tuple[str, ...], str]:
    """Who is on a sheet of this kind, and where."""
    cast, humans = SERIES[series].cast, people(series)
    where = dice.pick(SERIES[series].places)
    if kind == "prop":
        return (), dice.pick(tuple(PROPS))
    if kind in {"place", "timing", "board"}:
        return (), where
    if kind in {"close", "turn", "faces", "colour"}:
        return (dice.pick(humans),), where
    if kind == "two":
        first = dice.pick(humans)
        return (first, dice.pick([name for name in cast if name != first])), where
    return tuple(dice.sample(cast, 1 if kind == "keys" else dice.number(1, 3))), where


def _bust(pen: Pen, name: str, place: Place, turn: float, mood: str, speaking: bool, weight: float) -> None:
    """Head and shoulders; the shoulders run out of the frame."""
    fill = TONE if LOOKS[name].outfit in {"scarf", "robe"} else pen.paper
    side = 0.2 * turn
    coat = [
        (-0.45 + side, 1.35),
        (-1.3, 1.7),
        (-1.9, 2.5),
        (-2.1, 4.2),
        (2.1, 4.2),
        (1.9, 2.5),
        (1.3, 1.7),
        (0.45 + side, 1.35),
    ]
    pen.shape(place.all(coat), fill, INK, weight)
    pen.shape(
        place.all([(-0.3, 0.8), (-0.32 + side, 1.55), (0, 1.75), (0.32 + side, 1.55), (0.3, 0.8)]),
        pen.paper,
        INK,
        weight,
    )
    pen.line(place.all([(-0.5 + side, 1.4), (0, 1.95), (0.5 + side, 1.4)]), INK, weight)
    pen.line(place.all([(0.02, 1.95), (0.0, 3.0), (0.05, 4.1)]), INK, weight * 0.8)
    pen.line(place.all([(-1.35, 2.3), (-1.2, 3.2), (-1.3, 4.1)]), SOFT, weight * 0.8)
    pen.line(place.all([(1.35, 2.3), (1.25, 3.2), (1.3, 4.1)]), SOFT, weight * 0.8)
    head(pen, LOOKS[name], place, turn=turn, mood=mood, speaking=speaking, weight=weight, blow=0.1)


def _scene(pen: Pen, drawing: Drawing, dice: Dice, area: Area) -> float:
    """The place of a drawing, seen from nearer or farther, by day or by night. Returns where people stand."""
    left, top, right, bottom = area
    near = (left - dice.between(0, 320), top - dice.between(0, 130), right + dice.between(0, 320), bottom)
    floor = PLACES[drawing.where](pen, near, dice)
    if any(pair.about == "rain" for pair in drawing.notes):
        pen.dim(area, (176, 186, 198), 0.3)
        rain(pen, area, dice)
    elif dice.chance(0.16):
        pen.dim(area, dice.pick(((120, 132, 164), (150, 140, 160), (196, 164, 132))), dice.between(0.25, 0.4))
    return floor


def _ground(pen: Pen, dice: Dice, area: Area, drawing: Drawing, share: float) -> None:
    """What is behind a near shot: a place, or only lines and a tone."""
    left, top, right, bottom = area
    if dice.chance(share):
        _scene(pen, drawing, dice, area)
    elif dice.chance(0.5):
        slant = dice.between(-200, 200)
        for _ in range(3):
            x = dice.between(left, right - 260)
            pen.hatch((x, top + 14), (240, 0), (slant, bottom - top - 28), 22, FAINT, 1.1)
    else:
        y = top + (bottom - top) * dice.between(0.45, 0.7)
        pen.rule((left, y), (right, y + dice.between(-30, 30)), FAINT, 1.3)
        for _ in range(3):
            x = dice.between(left, right)
            pen.line([(x, top), (x + dice.between(-60, 60), y)], FAINT, 1.2, curved=False)


def close(pen: Pen, drawing: Drawing, dice: Dice, area: Area) -> Point:
    """A face."""
    _ground(pen, dice, area, drawing, 0.3)
    name = drawing.who[0]
    unit = dice.between(120, 172)
    x = area[0] + (area[2] - area[0]) * dice.between(0.34, 0.62)
    turn = dice.between(-0.9, 0.9)
    place = Place(x, area[1] + (area[3] - area[1]) * 0.46, unit, dice.between(-0.14, 0.14))
    _bust(pen, name, place, turn, dice.pick(MOODS), drawing.take % 2 == 0, 3.0)
    if dice.chance(0.6):
        construction(pen, place, turn)
    return place.at(0.9, -0.2)


def two(pen: Pen, drawing: Drawing, dice: Dice, area: Area) -> Point:
    """Two who talk."""
    _ground(pen, dice, area, drawing, 0.6)
    y = area[1] + (area[3] - area[1]) * 0.5
    w = area[2] - area[0]
    other = drawing.who[1]
    if other in LOOKS:
        _bust(
            pen, other, Place(area[0] + w * 0.69, y - 10, dice.between(92, 112)), -0.7, dice.pick(MOODS), False, 2.6
        )  # fmt: skip
    else:
        spot = Place(area[0] + w * 0.68, area[3] - 30, 62, flip=True)
        draw_cast(pen, other, spot, mood=dice.pick(MOODS), pose=dice.pick(("stand", "wave")), weight=2.6)
    place = Place(area[0] + w * 0.33, y + dice.between(-10, 30), dice.between(100, 124))
    _bust(pen, drawing.who[0], place, dice.between(0.4, 0.9), dice.pick(MOODS), drawing.take % 2 == 0, 2.7)
    return place.at(0.8, -0.4)


def wide(pen: Pen, drawing: Drawing, dice: Dice, area: Area) -> Point:
    """People in a place."""
    floor = _scene(pen, drawing, dice, area)
    cast = tuple(reversed(drawing.who))
    spots = dice.sample((0.2, 0.4, 0.6, 0.8), len(cast))
    target = (0.0, 0.0)
    for name, spot in zip(cast, spots, strict=True):
        unit = dice.between(30, 44)
        lift = dice.between(60, 160) if name == "paper" else 0.0
        place = Place(area[0] + (area[2] - area[0]) * spot, floor - lift, unit, flip=dice.chance(0.5))
        draw_cast(
            pen, name, place, pose=dice.pick(tuple(POSES)), turn=dice.between(-0.2, 0.9), mood=dice.pick(MOODS),
            holds=dice.pick(("", "", "lantern", "letter")), weight=2.0, guides=dice.chance(0.25),
        )  # fmt: skip
        target = place.at(0.6, -5.2)
    return target


def keys(pen: Pen, drawing: Drawing, dice: Dice, area: Area) -> Point:
    """One movement in several drawings laid over each other, no background."""
    name = drawing.who[0]
    count = dice.number(3, 4)
    moves = dice.pick(
        (
            ("stand", "crouch", "jump", "stand"),
            ("walk", "run", "jump", "run"),
            ("stand", "reach", "point", "wave"),
            ("think", "wave", "jump", "fall"),
            ("carry", "walk", "run", "fall"),
        )
    )
    floor = area[3] - dice.between(40, 70)
    pen.rule((area[0] + 30, floor), (area[2] - 30, floor), GUIDE, 1.4)
    unit = dice.between(50, 60) if name not in {"heron", "uncle"} else dice.between(38, 44)
    target = (0.0, 0.0)
    for k in range(count):
        x = area[0] + (area[2] - area[0]) * (0.16 + 0.66 * k / (count - 1))
        y = floor - (60 if name == "paper" else 0) - (40 if k == 2 and name in {"paper", "signal"} else 0)
        place = Place(x, y, unit, -0.12 * k if name == "paper" else 0.0)
        draw_cast(
            pen,
            name,
            place,
            pose=moves[k],
            turn=0.2 + 0.2 * k,
            mood=MOODS[(k + len(drawing.key)) % 5],
            weight=2.3,
            guides=True,
        )
        target = place.at(0.9, -5.4)
    path = [
        (area[0] + (area[2] - area[0]) * (0.16 + 0.66 * k / (count - 1)), floor - unit * (8.2 if k % 2 else 7.2))
        for k in range(count)
    ]
    pen.arrow([(x, max(y, area[1] + 96)) for x, y in path], GREEN, 2.2, 12)
    return target


def place(pen: Pen, drawing: Drawing, dice: Dice, area: Area) -> Point:
    """A background alone."""
    _scene(pen, drawing, dice, area)
    return area[0] + (area[2] - area[0]) * 0.6, area[1] + (area[3] - area[1]) * 0.45


def prop(pen: Pen, drawing: Drawing, dice: Dice, area: Area) -> Point:
    """A thing, large, with its measures and a smaller second view."""
    draw = PROPS[drawing.where]
    unit = dice.between(118, 136)
    spot = Place(area[0] + 430, area[3] - 130, unit, dice.between(-0.06, 0.06))
    pen.dashes((area[0] + 60, area[3] - 118), (area[2] - 60, area[3] - 118), GUIDE, 1.2)
    draw(pen, spot, 3.2, None)
    draw(
        pen,
        Place(area[2] - 260, area[3] - 120, unit * 0.5, flip=True),
        2.2,
        dice.pick(((232, 210, 176), (206, 216, 222), (226, 196, 188))),
    )
    x = area[0] + 130
    pen.arrow([(x, area[3] - 118), (x, area[1] + 150)], SOFT, 1.6, 9)
    pen.arrow([(x, area[1] + 150), (x, area[3] - 118)], SOFT, 1.6, 9)
    return spot.at(0.8, -1.6)


SHOTS: dict[str, Callable[[Pen, Drawing, Dice, Area], Point]] = {
    "close": close, "two": two, "wide": wide, "keys": keys, "place": place, "prop": prop,
}  # fmt: skip
