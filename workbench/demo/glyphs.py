"""Print text on a drawing with the shipped glyphs, so that no font of the machine is needed.

``resources/demo/glyphs.png`` is one row of cells a glyph, grey, drawn once at `EM` pixels by
``packaging/build_demo_glyphs.py`` from an open font (SIL OFL 1.1, see ``resources/demo/LICENSE-OFL.txt``).
"""

from __future__ import annotations

import json
from functools import cache
from io import BytesIO

from PIL import Image

from workbench.core.resources import resource

EM = 48
"""Pixels of one em in the packed glyphs."""
CELL = 64
"""Width and height of a cell; the glyph's origin is `PAD` from its left and its baseline at `BASE` from its top."""
PAD = 8
BASE = 48
COLUMNS = 24

Colour = tuple[int, int, int]


@cache
def _advances() -> dict[str, int]:
    """Character to advance width in pixels at `EM`, in the order of the cells."""
    table: dict[str, int] = json.loads((resource("demo") / "glyphs.json").read_text(encoding="utf-8"))
    return table


@cache
def _atlas() -> tuple[Image.Image, dict[str, int]]:
    image = Image.open(BytesIO((resource("demo") / "glyphs.png").read_bytes())).convert("L")
    return image, {char: number for number, char in enumerate(_advances())}


def known() -> frozenset[str]:
    """The characters that can be printed."""
    return frozenset(_advances())


@cache
def _glyph(char: str, size: int) -> Image.Image:
    """One glyph as a mask, its cell scaled so that an em is `size` pixels."""
    image, cells = _atlas()
    row, column = divmod(cells[char], COLUMNS)
    cell = image.crop((column * CELL, row * CELL, (column + 1) * CELL, (row + 1) * CELL))
    side = round(CELL * size / EM)
    return cell if side == CELL else cell.resize((side, side), Image.Resampling.LANCZOS)


def width(text: str, size: int) -> int:
    """How many pixels `text` is wide. Raises `KeyError` for a character that is not shipped."""
    advances = _advances()
    return round(sum(advances[char] for char in text) * size / EM)


def mask(text: str, size: int) -> Image.Image:
    """`text` as a coverage mask of one line; its baseline is at ``BASE * size / EM``."""
    advances = _advances()
    pad = round(PAD * size / EM)
    whole = Image.new("L", (width(text, size) + 2 * pad, round(CELL * size / EM)), 0)
    x = 0.0
    for char in text:
        if char != " ":
            glyph = _glyph(char, size)
            whole.paste(255, (round(x), 0), glyph)
        x += advances[char] * size / EM
    return whole


def write(
    image: Image.Image,
    at: tuple[float, float],
    text: str,
    size: int,
    colour: Colour,
    *,
    align: str = "left",
    bold: bool = False,
    turn: float = 0.0,
) -> None:
    """Print one line. `at` is the left (or right, or middle) end of its top edge; `turn` is in degrees."""
    cover = mask(text, size)
    pad = round(PAD * size / EM)
    span = cover.width - 2 * pad
    left = round(at[0]) - pad - {"left": 0, "middle": span // 2, "right": span}[align]
    top = round(at[1]) - round(4 * size / EM)
    if turn:
        turned = cover.rotate(turn, Image.Resampling.BICUBIC, expand=True)
        left -= (turned.width - cover.width) // 2
        top -= (turned.height - cover.height) // 2
        cover = turned
    image.paste(colour, (left, top), cover)
    if bold:
        image.paste(colour, (left + max(1, size // 24), top), cover)
