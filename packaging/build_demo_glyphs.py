"""Draw the glyphs of the demonstration's texts once, from Noto Sans CJK (SIL OFL 1.1), into resources/demo.

Run when words.py has gained a character: python packaging/build_demo_glyphs.py [NotoSansCJK-Medium-or-Regular.ttc]
The result is a modified version of the font software under the same licence and bears another name.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from workbench.demo.glyphs import BASE, CELL, COLUMNS, EM, PAD  # noqa: E402
from workbench.demo.words import printed  # noqa: E402

FONT = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"
JAPANESE, KOREAN, CHINESE = 0, 1, 2


def face_of(char: str) -> int:
    code = ord(char)
    if 0xAC00 <= code <= 0xD7A3:
        return KOREAN
    if 0x3040 <= code <= 0x30FF:
        return JAPANESE
    return CHINESE


def main() -> None:
    path = sys.argv[1] if len(sys.argv) > 1 else FONT
    faces = {index: ImageFont.truetype(path, EM, index=index) for index in (JAPANESE, KOREAN, CHINESE)}
    chars = printed()
    rows = -(-len(chars) // COLUMNS)
    atlas = Image.new("L", (COLUMNS * CELL, rows * CELL), 0)
    draw = ImageDraw.Draw(atlas)
    advances: dict[str, int] = {}
    for number, char in enumerate(chars):
        row, column = divmod(number, COLUMNS)
        font = faces[face_of(char)]
        draw.text((column * CELL + PAD, row * CELL + BASE), char, fill=255, font=font, anchor="ls")
        advances[char] = round(font.getlength(char))
    # Sixteen greys are enough at this size and halve the file.
    atlas = atlas.point(lambda value: (value + 8) // 17 * 17)
    folder = ROOT / "resources" / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    atlas.save(folder / "glyphs.png", optimize=True)
    (folder / "glyphs.json").write_text(json.dumps(advances, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{len(chars)} glyphs, {(folder / 'glyphs.png').stat().st_size} bytes")


if __name__ == "__main__":
    main()
