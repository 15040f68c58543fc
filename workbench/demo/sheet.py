"""The kinds of sheets: shots on layout paper, model sheets, storyboard pages, exposure sheets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PIL import Image

from workbench.demo import glyphs
from workbench.demo.dice import Dice
from workbench.demo.faces import LOOKS, construction, head
from workbench.demo.figures import draw_cast
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
from workbench.demo.pen import (
    BLUE,
    FAINT,
    GREEN,
    GUIDE,
    INK,
    ORANGE,
    RED,
    SOFT,
    ZOOM,
    Area,
    Colour,
    Pen,
    Place,
    Point,
    ring,
)
from workbench.demo.shots import SHOTS, casting
from workbench.demo.words import ACTIONS, CAST, LABELS, SERIES
from workbench.demo.words import MOODS as MOOD_WORDS

FIELD: Area = (62, 82, 1218, 672)
Words = list[tuple[Point, str, int, Colour]]


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
    if Dice(drawing.key, "inked").chance(0.35):
        pen.solid = Dice(drawing.key, "hair").pick(((72, 72, 80), (104, 102, 108), (150, 150, 156)))
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
    glyphs.write(
        image,
        (1218 * scale, 690 * scale),
        f"{drawing.kind.upper()}  T{drawing.take}",
        round(14 * scale),
        SOFT,
        align="right",
    )
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
        draw_cast(
            pen,
            name,
            Place(x, floor, unit),
            pose="stand",
            turn=turn,
            weight=2.2,
            painted=painted,
            guides=not painted and k == 0,
        )
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
    draw_cast(
        pen,
        name,
        spot,
        pose=dice.pick(("stand", "walk", "wave", "point", "carry")),
        turn=0.4,
        mood="glad",
        weight=2.6,
        painted=True,
        holds="lantern",
    )
    others = [other for other in SERIES[drawing.series].cast if other not in LOOKS]
    draw_cast(pen, dice.pick(others), Place(740, 640, 50, flip=True), weight=2.4, painted=True, mood="glad")
    words: Words = [((92, 76), CAST[name], 30, INK), ((92, 114), LABELS["colour"], 17, SOFT)]
    tints: list[tuple[str, Colour]] = [
        ("skin", look.skin),
        ("hair", look.hair_colour),
        ("coat", look.coat),
        ("light", (252, 240, 206)),
        ("shade", (150, 148, 168)),
    ]
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
        names = within[0][:1] or ("",)
        _, zh, ko = dice.pick([action for action in ACTIONS if action[0] in names])
        words.append(((columns[2] + 14, y + 34), zh, 20, INK))
        if "ko" in drawing.languages:
            words.append(((columns[2] + 14, y + 72), ko, 17, BLUE))
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
            pen.line(
                [
                    (columns[k + 1] + 33, top + (at + 1.1) * row),
                    (columns[k + 1] + 33, top + min(rows, at + hold - 0.1) * row),
                ],
                SOFT,
                1.2,
                curved=False,
            )
            at, number = at + hold, number + 1
    wave = [
        (columns[0] + 36 + (14 if k % 2 else -14) * dice.between(0.3, 1), top + 40 + k * 14)
        for k in range(dice.number(10, 40))
    ]
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
