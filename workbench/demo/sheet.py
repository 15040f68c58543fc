"""The kinds of sheets: shots, animation keys, backgrounds, props, model sheets, storyboard pages, exposure sheets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PIL import Image

from workbench.demo import glyphs
from workbench.demo.dice import Dice
from workbench.demo.faces import LOOKS, MOODS, construction, head
from workbench.demo.figures import POSES, TONE, draw_cast
from workbench.demo.paper import (
    PAPERS,
    Drawing,
    camera_move,
    field_guide,
    frame,
    head_of_sheet,
    instructions,
    print_head,
    stamp,
)
from workbench.demo.pen import BLUE, FAINT, GREEN, GUIDE, INK, ORANGE, RED, SOFT, ZOOM, Colour, Pen, Place, Point, ring
from workbench.demo.scenery import PLACES, PROPS, Area, rain
from workbench.demo.words import ACTIONS, CAST, LABELS, SERIES
from workbench.demo.words import MOODS as MOOD_WORDS

FIELD: Area = (62, 82, 1218, 672)
Words = list[tuple[Point, str, int, Colour]]


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
    coat = [(-0.45 + side, 1.35), (-1.3, 1.7), (-1.9, 2.5), (-2.1, 4.2), (2.1, 4.2), (1.9, 2.5), (1.3, 1.7), (0.45 + side, 1.35)]
    pen.shape(place.all(coat), fill, INK, weight)
    pen.shape(place.all([(-0.3, 0.8), (-0.32 + side, 1.55), (0, 1.75), (0.32 + side, 1.55), (0.3, 0.8)]), pen.paper, INK, weight)
    pen.line(place.all([(-0.5 + side, 1.4), (0, 1.95), (0.5 + side, 1.4)]), INK, weight)
    pen.line(place.all([(0.02, 1.95), (0.0, 3.0), (0.05, 4.1)]), INK, weight * 0.8)
    pen.line(place.all([(-1.35, 2.3), (-1.2, 3.2), (-1.3, 4.1)]), SOFT, weight * 0.8)
    pen.line(place.all([(1.35, 2.3), (1.25, 3.2), (1.3, 4.1)]), SOFT, weight * 0.8)
    head(pen, LOOKS[name], place, turn=turn, mood=mood, speaking=speaking, weight=weight, blow=0.1)


def _ground(pen: Pen, dice: Dice, area: Area, where: str, share: float) -> None:
    """What is behind a near shot: a place, or only lines and a tone."""
    left, top, right, bottom = area
    if dice.chance(share):
        PLACES[where](pen, area, dice)
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
    _ground(pen, dice, area, drawing.where, 0.3)
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
    _ground(pen, dice, area, drawing.where, 0.6)
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
    floor = PLACES[drawing.where](pen, area, dice)
    if any(pair.about == "rain" for pair in drawing.notes):
        rain(pen, area, dice)
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
    moves = dice.pick((("stand", "crouch", "jump", "stand"), ("walk", "run", "jump", "run"), ("stand", "reach", "point", "wave"), ("think", "wave", "jump", "fall"), ("carry", "walk", "run", "fall")))
    floor = area[3] - dice.between(40, 70)
    pen.rule((area[0] + 30, floor), (area[2] - 30, floor), GUIDE, 1.4)
    unit = dice.between(50, 60) if name not in {"heron", "uncle"} else dice.between(38, 44)
    target = (0.0, 0.0)
    for k in range(count):
        x = area[0] + (area[2] - area[0]) * (0.16 + 0.66 * k / (count - 1))
        y = floor - (60 if name == "paper" else 0) - (40 if k == 2 and name in {"paper", "signal"} else 0)
        place = Place(x, y, unit, -0.12 * k if name == "paper" else 0.0)
        draw_cast(pen, name, place, pose=moves[k], turn=0.2 + 0.2 * k, mood=MOODS[(k + len(drawing.key)) % 5], weight=2.3, guides=True)
        target = place.at(0.9, -5.4)
    path = [(area[0] + (area[2] - area[0]) * (0.16 + 0.66 * k / (count - 1)), floor - unit * (8.2 if k % 2 else 7.2)) for k in range(count)]
    pen.arrow([(x, max(y, area[1] + 96)) for x, y in path], GREEN, 2.2, 12)
    return target


def place(pen: Pen, drawing: Drawing, dice: Dice, area: Area) -> Point:
    """A background alone."""
    PLACES[drawing.where](pen, area, dice)
    if any(pair.about == "rain" for pair in drawing.notes):
        rain(pen, area, dice)
    return area[0] + (area[2] - area[0]) * 0.6, area[1] + (area[3] - area[1]) * 0.45


def prop(pen: Pen, drawing: Drawing, dice: Dice, area: Area) -> Point:
    """A thing, large, with its measures and a smaller second view."""
    draw = PROPS[drawing.where]
    unit = dice.between(118, 136)
    spot = Place(area[0] + 430, area[3] - 130, unit, dice.between(-0.06, 0.06))
    pen.dashes((area[0] + 60, area[3] - 118), (area[2] - 60, area[3] - 118), GUIDE, 1.2)
    draw(pen, spot, 3.2, None)
    draw(pen, Place(area[2] - 260, area[3] - 120, unit * 0.5, flip=True), 2.2, dice.pick(((232, 210, 176), (206, 216, 222), (226, 196, 188))))
    x = area[0] + 130
    pen.arrow([(x, area[3] - 118), (x, area[1] + 150)], SOFT, 1.6, 9)
    pen.arrow([(x, area[1] + 150), (x, area[3] - 118)], SOFT, 1.6, 9)
    return spot.at(0.8, -1.6)


SHOTS: dict[str, Callable[[Pen, Drawing, Dice, Area], Point]] = {
    "close": close, "two": two, "wide": wide, "keys": keys, "place": place, "prop": prop,
}  # fmt: skip


def _correction(pen: Pen, target: Point, dice: Dice) -> None:
    """The supervisor's red: a ring round the spot, a redrawn contour beside it."""
    x, y = target
    pen.line(ring(x - 20, y, dice.between(50, 76), dice.between(40, 58), 20, 370), RED, 2.6, wobble=2.0)
    pen.line([(x - 100, y - 40), (x - 66, y - 92), (x, y - 104), (x + 44, y - 70), (x + 56, y - 8)], RED, 2.2)
    pen.hatch((x + 20, y + 44), (56, 6), (-16, 34), 7, dice.pick((BLUE, GREEN, ORANGE)), 1.6)


def _shot(drawing: Drawing) -> Image.Image:
    dice = Dice(drawing.key, drawing.kind)
    later = Dice(drawing.key, "take", drawing.take)
    pen = Pen(1280, 720, PAPERS[drawing.paper], dice)
    target = SHOTS[drawing.kind](pen, drawing, dice, FIELD)
    words: Words = []
    extra = dice.unit()
    if extra < 0.16:
        field_guide(pen, FIELD, dice)
    elif extra < 0.34 and drawing.kind in {"wide", "place"}:
        words += [(at, text, 26, RED) for at, text in camera_move(pen, FIELD, dice)]
    if drawing.kind == "keys":
        for k, number in enumerate("①②③④"):
            words.append(((FIELD[0] + 150 + k * 250, FIELD[3] - 36), number, 24, GREEN))
    corner = dice.pick(("tr", "tr", "tr", "tl", "br")) if drawing.kind != "keys" else dice.pick(("tr", "tl"))
    corrected = bool(drawing.notes) and (drawing.paper in {"yellow", "pink", "green"} or later.chance(0.3))
    if corrected and drawing.kind != "place":
        _correction(pen, target, later)
    if drawing.notes and drawing.languages:
        right = corner.endswith("r")
        start = (FIELD[2] - 250, FIELD[1] + 110) if corner == "tr" else (FIELD[0] + 250, FIELD[1] + 110)
        if corner == "br":
            start = (FIELD[2] - 230, FIELD[3] - 120)
        bend = ((start[0] + target[0]) / 2 + (24 if right else -24), (start[1] + target[1]) / 2 - 34)
        reach = (target[0] + (start[0] - target[0]) * 0.08, target[1] + (start[1] - target[1]) * 0.08)
        if abs(start[0] - target[0]) > 60:
            pen.arrow([start, bend, reach], RED, 2.6)
    frame(pen, FIELD)
    head_of_sheet(pen, drawing)
    image = pen.finished(drawing.size)
    scale = image.width / pen.width
    for at, text, size, ink in words:
        glyphs.write(image, (at[0] * scale, at[1] * scale), text, round(size * scale), ink, bold=True)
    instructions(image, pen, drawing, corner, FIELD)
    glyphs.write(image, (1218 * scale, 690 * scale), f"{drawing.kind.upper()}  T{drawing.take}", round(14 * scale), SOFT, align="right")
    if drawing.stamp:
        spot = (FIELD[0] + 62, FIELD[3] - 60) if corner != "bl" else (FIELD[2] - 62, FIELD[3] - 60)
        stamp(image, pen, drawing.stamp, spot, later)
    print_head(image, drawing, 1280)
    return image


def _turn(drawing: Drawing) -> Image.Image:
    """A model sheet: one character from four sides, with height lines."""
    dice = Dice(drawing.key, "turn")
    pen = Pen(1280, 720, PAPERS[drawing.paper], dice)
    name = drawing.who[0]
    floor, unit = 620.0, 66.0 if LOOKS[name].tall < 1.3 else 46.0
    for k in range(9):
        y = floor - k * unit
        if y > 110:
            pen.rule((60, y), (1220, y), GUIDE, 0.8)
    painted = drawing.take % 2 == 0
    words: Words = [((92, 76), CAST[name], 30, INK), ((92, 114), LABELS["turn"], 17, SOFT)]
    for k, (turn, label) in enumerate(((0.0, "front"), (0.5, "quarter"), (0.95, "side"), (2.0, "back"))):
        x = 260 + k * 270
        draw_cast(pen, name, Place(x, floor, unit), pose="stand", turn=turn, weight=2.2, painted=painted, guides=not painted and k == 0)
        words.append(((x - 30, floor + 24), LABELS[label], 19, SOFT))
    head_of_sheet(pen, drawing)
    return _finish(pen, drawing, words, (60, 82, 1220, 680))


def _faces(drawing: Drawing) -> Image.Image:
    """A sheet of moods."""
    dice = Dice(drawing.key, "faces")
    pen = Pen(1280, 720, PAPERS[drawing.paper], dice)
    name = drawing.who[0]
    words: Words = [((92, 76), CAST[name], 30, INK), ((92, 114), LABELS["faces"], 17, SOFT)]
    order = ("calm", "glad", "wonder", "angry", "sad", "sly")
    for k, mood in enumerate(order):
        x, y = 300 + (k % 3) * 330, 240 + (k // 3) * 262
        spot = Place(x, y, 80, dice.between(-0.1, 0.1))
        turn = dice.between(-0.7, 0.7)
        head(pen, LOOKS[name], spot, turn=turn, mood=mood, weight=2.4, speaking=k == drawing.take + 2)
        if dice.chance(0.5):
            construction(pen, spot, turn)
        words.append(((x + 98, y + 56), MOOD_WORDS[k], 20, SOFT))
    head_of_sheet(pen, drawing)
    return _finish(pen, drawing, words, (60, 82, 1220, 690))


def _colour(drawing: Drawing) -> Image.Image:
    """A painted figure and its swatches."""
    dice = Dice(drawing.key, "colour")
    pen = Pen(1280, 720, PAPERS[drawing.paper], dice)
    name = drawing.who[0]
    look = LOOKS[name]
    unit = 78.0 if look.tall < 1.3 else 56.0
    spot = Place(440, 640, unit)
    draw_cast(pen, name, spot, pose=dice.pick(("stand", "walk", "wave", "point", "carry")), turn=0.4, mood="glad", weight=2.6, painted=True, holds="lantern")
    others = [other for other in SERIES[drawing.series].cast if other not in LOOKS]
    draw_cast(pen, dice.pick(others), Place(740, 640, 50, flip=True), weight=2.4, painted=True, mood="glad")
    words: Words = [((92, 76), CAST[name], 30, INK), ((92, 114), LABELS["colour"], 17, SOFT)]
    tints: list[tuple[str, Colour]] = [("skin", look.skin), ("hair", look.hair_colour), ("coat", look.coat), ("light", (252, 240, 206)), ("shade", (150, 148, 168))]
    for k, (label, tint) in enumerate(tints):
        y = 150 + k * 92
        pen.box((960, y, 1040, y + 62), tint, INK, 1.4)
        dark = (int(tint[0] * 0.78), int(tint[1] * 0.76), int(tint[2] * 0.82))
        pen.box((1040, y, 1080, y + 62), dark, INK, 1.4)
        words.append(((1096, y + 6), LABELS[label], 20, INK))
        words.append(((1096, y + 34), f"{tint[0]:03}-{tint[1]:03}-{tint[2]:03}", 15, SOFT))
    head_of_sheet(pen, drawing)
    return _finish(pen, drawing, words, (60, 82, 920, 690))


def _finish(pen: Pen, drawing: Drawing, words: Words, area: Area) -> Image.Image:
    image = pen.finished(drawing.size if pen.width == 1280 else None)
    scale = image.width / pen.width
    for at, text, size, ink in words:
        glyphs.write(image, (at[0] * scale, at[1] * scale), text, round(size * scale), ink, bold=size >= 28)
    if drawing.notes and drawing.languages:
        instructions(image, pen, drawing, "tr", area, size=26)
    if drawing.stamp:
        stamp(image, pen, drawing.stamp, (area[2] - 60, area[3] - 60), Dice(drawing.key, "stamp"))
    print_head(image, drawing, pen.width)
    return image


def _board(drawing: Drawing) -> Image.Image:
    """A storyboard page: pictures, what happens, seconds."""
    dice = Dice(drawing.key, "board")
    pen = Pen(900, 1240, PAPERS[drawing.paper], dice)
    head_of_sheet(pen, drawing)
    columns = (34, 96, 500, 770, 866)
    words: Words = [((columns[0] + 4, 78), "CUT", 15, SOFT), ((columns[1] + 8, 76), LABELS["picture"], 17, SOFT)]
    words += [((columns[2] + 10, 76), LABELS["action"], 17, SOFT), ((columns[3] + 10, 76), LABELS["length"], 17, SOFT)]
    top, tall, count = 104, 270, 4
    for x in columns:
        pen.rule((x, 72), (x, top + tall * count), SOFT, 1.3)
    for k in range(count + 1):
        pen.rule((columns[0], top + tall * k), (columns[4], top + tall * k), SOFT, 1.3)
    pen.rule((columns[0], 72), (columns[4], 72), SOFT, 1.3)
    cut = dice.number(1, 40)
    for k in range(count):
        y = top + tall * k
        small = Pen(1156, 590, pen.paper, dice, 1.2)
        kind = dice.pick(("close", "two", "wide", "wide", "keys", "place"))
        within = casting(drawing.series, kind, dice)
        panel_of = replace(drawing, who=within[0], where=within[1], notes=())
        SHOTS[kind](small, panel_of, Dice(drawing.key, "panel", k, drawing.take if k == 1 else 0), (0, 0, 1156, 590))
        panel = small.image.resize((384 * ZOOM, 196 * ZOOM), Image.Resampling.BOX)
        pen.image.paste(panel, (106 * ZOOM, (y + 30) * ZOOM))
        pen.box((106, y + 30, 490, y + 226), None, INK, 1.8)
        words.append(((columns[0] + 12, y + 24), str(cut + k), 26, INK))
        words.append(((columns[2] + 14, y + 34), dice.pick(ACTIONS[:9]), 20, INK))
        if dice.chance(0.6):
            words.append(((columns[2] + 14, y + 76), dice.pick(ACTIONS[9:]), 18, BLUE))
        if dice.chance(0.35):
            pen.arrow([(150, y + 246), (300, y + 250), (440, y + 244)], RED, 2.4, 11)
        words.append(((columns[3] + 14, y + 34), f"{dice.number(1, 6)}+{dice.number(0, 23):02}", 22, INK))
    return _finish(pen, drawing, words, (500, 1000, 780, 1190))


def _timing(drawing: Drawing) -> Image.Image:
    """An exposure sheet: which drawing stands at which frame."""
    dice = Dice(drawing.key, "timing")
    pen = Pen(760, 1080, PAPERS[drawing.paper], dice)
    head_of_sheet(pen, drawing)
    words: Words = [((36, 70), LABELS["timing"], 17, INK)]
    left, top, row, rows = 60, 124, 18, 48
    columns = [left + k * 74 for k in range(10)]
    for k in range(rows + 1):
        heavy = k % 6 == 0
        pen.rule((left, top + k * row), (columns[-1], top + k * row), SOFT if heavy else FAINT, 1.5 if heavy else 0.7)
        if heavy and k:
            words.append(((left - 26, top + k * row - 14), str(k), 13, SOFT))
    for k, x in enumerate(columns):
        pen.rule((x, top - 24), (x, top + rows * row), SOFT, 1.2)
        if k < 9:
            words.append(((x + 30, top - 24), "ABCDEFGXY"[k], 16, INK))
    for k in range(dice.number(3, 6)):
        at, number = dice.number(0, 3), 1
        while at < rows - 3:
            words.append(((columns[k + 1] + 26, top + at * row), str(number), 15, INK))
            hold = dice.pick((2, 2, 3, 3, 4, 8))
            pen.line([(columns[k + 1] + 33, top + (at + 1.1) * row), (columns[k + 1] + 33, top + min(rows, at + hold - 0.1) * row)], SOFT, 1.2, curved=False)
            at, number = at + hold, number + 1
    wave = [(columns[0] + 36 + (14 if k % 2 else -14) * dice.between(0.3, 1), top + 40 + k * 14) for k in range(dice.number(10, 40))]
    pen.line(wave, BLUE, 1.6)
    pen.arrow([(columns[-2] + 36, top + 60), (columns[-2] + 40, top + 260), (columns[-2] + 34, top + 470)], RED, 2.6)
    words.append(((columns[-2] + 12, top + 30), "PAN", 18, RED))
    return _finish(pen, drawing, words, (300, 840, 716, 1010))


SHEETS: dict[str, Callable[[Drawing], Image.Image]] = {
    **dict.fromkeys(SHOTS, _shot),
    "turn": _turn,
    "faces": _faces,
    "colour": _colour,
    "board": _board,
    "timing": _timing,
}


def draw(drawing: Drawing) -> Image.Image:
    """The picture of a drawing, RGB. Raises `KeyError` for an unknown kind or a character without a glyph."""
    return SHEETS[drawing.kind](drawing)
