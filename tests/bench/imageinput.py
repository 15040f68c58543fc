"""1,200 invented pictures, made from a seed: photographs with grain, gradients and line art, as files of three kinds.

80 % JPEG (half of 12, half of 2 megapixels), 15 % PNG and 5 % WebP (2 megapixels). Every picture is another cut of some
large textures with its own light, drawing and grain, so that no two are the same bytes.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

SEED = 2024
LARGE, SMALL = (4000, 3000), (1632, 1224)
TEXTURES = 6
KINDS = ("jpeg12", "jpeg2", "png", "webp")
SHARES = (0.40, 0.40, 0.15, 0.05)


def make(folder: Path, count: int, large: tuple[int, int] = LARGE, small: tuple[int, int] = SMALL) -> dict[str, Path]:
    """Write the pictures, those that are not there yet, with two processes. Gives a folder for each kind."""
    folders = {kind: folder / kind for kind in KINDS}
    orders = []
    at = 0
    for kind, share in zip(KINDS, SHARES, strict=True):
        folders[kind].mkdir(parents=True, exist_ok=True)
        for _ in range(max(1, round(count * share))):
            path = folders[kind] / f"scene_{at:05}.{kind.rstrip('12').replace('jpeg', 'jpg')}"
            if not path.exists():
                orders.append((path, at, large if kind == "jpeg12" else small))
            at += 1
    if orders:
        with ProcessPoolExecutor(2) as pool:
            for _ in pool.map(_picture, *zip(*orders, strict=True), chunksize=8):
                pass
    return folders


@cache
def _texture(number: int) -> np.ndarray:
    """Light and colour at all scales, somewhat as photographs have them: octaves of smoothed noise, falling as 1/f."""
    dice = np.random.default_rng((SEED, number))
    width, height = LARGE[0] + 512, LARGE[1] + 512
    whole = np.zeros((height, width, 3), np.float32)
    weight, cells = 90.0, 5
    while cells < 1200:
        grid = dice.integers(0, 256, (cells * 3 // 4, cells, 3)).astype(np.uint8)
        layer = Image.fromarray(grid).resize((width, height), Image.Resampling.BICUBIC)
        whole += (np.asarray(layer, np.float32) - 128) * (weight / 128)
        weight, cells = weight * 0.62, cells * 2
    return np.clip(whole + 128, 0, 255).astype(np.uint8)


def _picture(path: Path, number: int, size: tuple[int, int]) -> None:
    dice = np.random.default_rng((SEED, 1_000_000 + number))
    texture = _texture(number % TEXTURES)
    left, top = (int(dice.integers(0, limit)) for limit in (512, 512))
    pixels = texture[top : top + size[1], left : left + size[0]]
    if number % 3 == 2:  # a drawing on paper: the texture only tones it
        pixels = (235 + (pixels.astype(np.int16) - 128) // 12).astype(np.uint8)
    if number % 2:
        pixels = pixels[:, ::-1]
    grain = dice.integers(-5, 6, (size[1] // 2, size[0] // 2, 1), dtype=np.int16)
    grain = np.repeat(np.repeat(grain, 2, 0), 2, 1)[: size[1], : size[0]]
    light = np.linspace(dice.uniform(0.75, 1.0), dice.uniform(0.9, 1.1), size[0], dtype=np.float32)[None, :, None]
    pixels = np.clip(pixels * light + grain, 0, 255).astype(np.uint8)
    image = Image.fromarray(pixels)
    _draw(image, dice)
    draft = path.with_suffix(".new")
    if path.suffix == ".jpg":
        image.save(draft, "JPEG", quality=int(dice.integers(82, 94)))
    elif path.suffix == ".png":
        image.save(draft, "PNG", compress_level=6)
    else:
        image.save(draft, "WEBP", quality=82, method=2)
    draft.replace(path)


def _draw(image: Image.Image, dice: np.random.Generator) -> None:
    """Lines, curves and a frame, as on a storyboard."""
    pen = ImageDraw.Draw(image)
    width, height = image.size
    for _ in range(60):
        x, y = int(dice.integers(width)), int(dice.integers(height))
        across, down = int(dice.integers(20, width // 4)), int(dice.integers(20, height // 4))
        ink = (int(dice.integers(0, 60)),) * 3
        if dice.random() < 0.5:
            pen.line((x, y, x + across, y + down), fill=ink, width=3)
        else:
            pen.arc((x, y, x + across, y + down), 0, int(dice.integers(90, 360)), fill=ink, width=3)
    pen.rectangle((20, 20, width - 20, height - 20), outline=(20, 20, 20), width=4)
