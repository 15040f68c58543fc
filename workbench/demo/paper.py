"""The paper: letterhead, peg holes, frame, field guide, instructions, stamps, and the line that says it is invented."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image, ImageDraw

from workbench.demo import glyphs
from workbench.demo.dice import Dice
from workbench.demo.pen import BLUE, FAINT, GUIDE, INK, RED, SOFT, ZOOM, Colour, Pen, Point, ring
from workbench.demo.words import INVENTED, SERIES, STUDIOS, Pair

PAPERS: dict[str, Colour] = {
    "white": (253, 252, 248),
    "cream": (251, 247, 236),
    "yellow": (254, 246, 206),
    "pink": (253, 234, 230),
    "green": (236, 245, 230),
    "blue": (234, 241, 247),
}
MARK_SIZE = 13
MARK_INK: Colour = (120, 118, 116)


@dataclass(frozen=True)
class Drawing:
    """Everything that decides one picture: the same drawing gives the same pixels."""

    key: str
    """The drawing; its takes share it and so look alike."""
    kind: str
    """Which sheet: see `sheet.SHEETS`."""
    series: str
    label: str
    """Episode, scene and cut, as printed in the head of the sheet."""
    who: tuple[str, ...] = ()
    """Who of the cast is on it; the first one is meant by the instruction."""
    where: str = ""
    """The place behind them, or the thing on a prop sheet."""
    take: int = 1
    notes: tuple[Pair, ...] = ()
    languages: str = "zh+ko"
    """``zh+ko``, ``zh`` or nothing."""
    paper: str = "white"
    size: tuple[int, int] = (1280, 720)
    stamp: str = ""


def _sign(pen: Pen, sign: str, x: float, y: float, ink: Colour) -> None:
    """The little drawing of an invented studio."""
    if sign == "buttons":
        for k in range(3):
            pen.oval((x + 9 + k * 17, y + 14 - (k % 2) * 5), 8, 8, None, ink, 1.6)
            for dx in (-2.4, 2.4):
                pen.dot((x + 9 + k * 17 + dx, y + 14 - (k % 2) * 5), 1.2, ink)
    elif sign == "moon":
        pen.shape(
            [(x + 30, y), (x + 14, y + 8), (x + 14, y + 22), (x + 30, y + 30), (x + 6, y + 26), (x + 6, y + 4)],
            ink,
            None,
        )
        pen.box((x + 24, y + 8, x + 50, y + 24), pen.paper, ink, 1.5)
        pen.line([(x + 24, y + 8), (x + 37, y + 17), (x + 50, y + 8)], ink, 1.3, curved=False, wobble=0)
    else:
        pen.line(ring(x + 22, y + 10, 12, 11, 190, 350), ink, 2.0, wobble=0.2)
        pen.shape(
            [(x + 6, y + 16), (x + 14, y + 9), (x + 30, y + 9), (x + 38, y + 16), (x + 34, y + 28), (x + 10, y + 28)],
            None,
            ink,
            1.7,
        )
        pen.line([(x + 37, y + 20), (x + 46, y + 14), (x + 49, y + 9)], ink, 1.8)


def head_of_sheet(pen: Pen, drawing: Drawing) -> None:
    """Lines of the letterhead; `print_head` adds its words once the sheet has its final size."""
    studio = STUDIOS[SERIES[drawing.series].studio]
    _sign(pen, studio.sign, 34, 20, studio.ink)
    pen.rule((34, 62), (pen.width - 34, 62), studio.ink, 1.2)
    if pen.width >= 1200:
        for x in (pen.width / 2 - 170, pen.width / 2 + 150):
            pen.box((x, 24, x + 30, 38), (236, 234, 228), FAINT, 1.2)
        pen.oval((pen.width / 2, 31), 9, 9, (236, 234, 228), FAINT, 1.2)


def print_head(image: Image.Image, drawing: Drawing, width: int) -> None:
    """The words of the letterhead, the shot, and the line that marks the picture as invented."""
    scale = image.width / width
    series = SERIES[drawing.series]
    studio = STUDIOS[series.studio]

    def put(x: float, y: float, text: str, size: float, ink: Colour, align: str = "left", bold: bool = False) -> None:
        glyphs.write(image, (x * scale, y * scale), text, round(size * scale), ink, align=align, bold=bold)

    wide = width >= 1200
    put(94, 18, studio.name, 19 if wide else 16, studio.ink, bold=True)
    put(94, 42, studio.latin, 10.5 if wide else 9, studio.ink)
    put(width - 34, 16, drawing.label, 21 if wide else 17, INK, "right", bold=True)
    put(width - 34, 42, f"{series.title} / {series.latin}", 11.5 if wide else 9.5, SOFT, "right")
    mark(image)


def mark_place(image: Image.Image) -> tuple[int, int, int, int]:
    """Where the line stands that says the picture is invented: left, top, right, bottom."""
    size = round(MARK_SIZE * max(1.0, image.width / 1280))
    left, top = round(image.width * 0.026), image.height - round(size * 1.9)
    return left, top, left + glyphs.width(INVENTED, size), top + round(size * 1.4)


def mark(image: Image.Image) -> None:
    """Say at the lower edge that the picture is invented. Every picture passes here last."""
    left, top, _, _ = mark_place(image)
    glyphs.write(image, (left, top), INVENTED, round(MARK_SIZE * max(1.0, image.width / 1280)), MARK_INK)


def frame(pen: Pen, area: tuple[float, float, float, float]) -> None:
    """Clean the margin round `area` and draw the double frame."""
    left, top, right, bottom = area
    for strip in (
        (0, 0, pen.width, top), (0, bottom, pen.width, pen.height), (0, 0, left, pen.height),
        (right, 0, pen.width, pen.height)
    ):  # fmt: skip
        pen.box(strip, pen.paper, None)
    pen.box((left - 6, top - 6, right + 6, bottom + 6), None, FAINT, 1.0)
    pen.box(area, None, SOFT, 2.0)


def field_guide(pen: Pen, area: tuple[float, float, float, float], dice: Dice) -> None:
    """Fields of the camera: nested frames with their diagonals."""
    left, top, right, bottom = area
    cx, cy = (left + right) / 2, (top + bottom) / 2
    for share in (0.9, 0.7, 0.5):
        w, h = (right - left) / 2 * share, (bottom - top) / 2 * share
        pen.box((cx - w, cy - h, cx + w, cy + h), None, GUIDE, 1.0)
    pen.dashes((left, top), (right, bottom), GUIDE)
    pen.dashes((right, top), (left, bottom), GUIDE)
    pen.rule((cx - 16, cy), (cx + 16, cy), GUIDE, 1.4)
    pen.rule((cx, cy - 16), (cx, cy + 16), GUIDE, 1.4)
    if dice.chance(0.5):
        pen.dashes((cx, top), (cx, bottom), GUIDE)


def camera_move(pen: Pen, area: tuple[float, float, float, float], dice: Dice) -> list[tuple[Point, str]]:
    """Two camera fields, A and B, and the arrow between them. Returns what is to be printed where."""
    left, top, right, bottom = area
    w, h = right - left, bottom - top
    share = dice.between(0.5, 0.62)
    fw, fh = w * share, h * share
    a = (left + w * 0.05, top + h * dice.between(0.1, 0.3))
    b = (right - w * 0.05 - fw, top + h * dice.between(0.12, 0.32))
    if dice.chance(0.5):
        a, b = b, a
    for x, y in (a, b):
        pen.box((x, y, x + fw, y + fh), None, RED, 1.6)
    ca, cb = (a[0] + fw / 2, a[1] + fh + 22), (b[0] + fw / 2, b[1] + fh + 22)
    pen.arrow([ca, ((ca[0] + cb[0]) / 2, max(ca[1], cb[1]) + 26), cb], RED, 3.0)
    move = "PAN →" if b[0] > a[0] else "← PAN"
    return [
        ((a[0] + 10, a[1] + 8), "A"),
        ((b[0] + fw - 26, b[1] + 8), "B"),
        (((ca[0] + cb[0]) / 2 - 34, max(ca[1], cb[1]) + 34), move),
    ]


def instructions(
    image: Image.Image,
    pen: Pen,
    drawing: Drawing,
    corner: str,
    area: tuple[float, float, float, float],
    *,
    size: int = 30,
) -> None:
    """Print the Chinese instruction in red, its Korean translation in blue below it."""
    scale = image.width / pen.width
    left, top, right, bottom = area
    lines: list[tuple[str, int, Colour]] = []
    for pair in drawing.notes:
        lines.append((pair.zh, size, RED))
        if "ko" in drawing.languages:
            lines.append((pair.ko, round(size * 0.74), BLUE))
    if not drawing.languages:
        lines = []
    height = sum(height * 1.34 for _, height, _ in lines)
    on_right = corner.endswith("r")
    x = right - 22 if on_right else left + 22
    y = top + 18 if corner.startswith("t") else bottom - 20 - height
    span = max((glyphs.width(text, height) for text, height, _ in lines), default=0)
    if lines:
        x0 = x - span - 10 if on_right else x - 10
        x1, y1 = round(x0 * scale), round((y - 6) * scale)
        ground = Image.new("RGB", (round((span + 20) * scale), round((height + 12) * scale)), pen.paper)
        image.paste(ground, (x1, y1), ground.convert("L").point(lambda _: 215))
    for text, tall, ink in lines:
        glyphs.write(
            image,
            (x * scale, y * scale),
            text,
            round(tall * scale),
            ink,
            align="right" if on_right else "left",
            bold=tall == size,
        )
        y += tall * 1.34


def stamp(image: Image.Image, pen: Pen, text: str, at: Point, dice: Dice) -> None:
    """A round red stamp, a little crooked."""
    scale = image.width / pen.width
    side = round(78 * scale)
    seal = Image.new("L", (side * ZOOM, side * ZOOM), 0)
    draw = ImageDraw.Draw(seal)
    edge = 5 * ZOOM
    draw.ellipse((edge, edge, side * ZOOM - edge, side * ZOOM - edge), outline=220, width=max(3, round(5 * scale)))
    cover = glyphs.mask(text, round(24 * scale))
    seal = seal.reduce(ZOOM)
    seal.paste(220, ((side - cover.width) // 2, (side - round(40 * scale)) // 2), cover)
    seal = seal.rotate(dice.between(-14, 14), Image.Resampling.BICUBIC)
    image.paste((202, 52, 46), (round(at[0] * scale) - side // 2, round(at[1] * scale) - side // 2), seal)
