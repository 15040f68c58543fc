"""From decoded pixels to what is shown: eight bits a channel, upright, over paper white, and small.

The canonical thumbnail (`thumbnail`) is what the fingerprint is computed from, before it is compressed.
"""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageCms, ImageOps

from workbench.analyze.registry import PREVIEW_SIDE

QUALITY = 80
BAND = 4 << 20
"""Pixels that are converted at once."""
_DEEP = frozenset({"I", "F", "I;16", "I;16B", "I;16L", "I;16N"})
_TURNS = {
    2: (Image.Transpose.FLIP_LEFT_RIGHT,),
    3: (Image.Transpose.ROTATE_180,),
    4: (Image.Transpose.FLIP_TOP_BOTTOM,),
    5: (Image.Transpose.TRANSPOSE,),
    6: (Image.Transpose.ROTATE_270,),
    7: (Image.Transpose.TRANSVERSE,),
    8: (Image.Transpose.ROTATE_90,),
}
"""EXIF 2.32 §4.6.4, Orientation, as the operation that undoes it."""


def orientation_of(image: Image.Image) -> int:
    """The EXIF or XMP orientation, 1 to 8; 1 when there is none or it makes no sense."""
    if not any(key in image.info for key in ("exif", "xmp", "XML:com.adobe.xmp", "Raw profile type exif")):
        return 1
    try:
        value = image.getexif().get(0x0112, 1)
    except Exception:  # noqa: BLE001 - a broken EXIF block leaves the picture as it is stored
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def turned(image: Image.Image, orientation: int) -> Image.Image:
    """The picture upright."""
    for turn in _TURNS.get(orientation, ()):
        image = image.transpose(turn)
    return image


def fitted(size: tuple[int, int], side: int) -> tuple[int, int]:
    """The size that fits into a square, never larger than before, each side at least one pixel."""
    width, height = size
    scale = min(1.0, side / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def thumbnail(image: Image.Image, orientation: int = 1, side: int = PREVIEW_SIDE) -> Image.Image:
    """At most ``side`` pixels, mode L or RGB, upright, transparency over white. The source may be any mode."""
    target = fitted(image.size, side)
    if image.format == "XBM":  # X11 draws set bits black; Pillow reads them as white
        image = ImageOps.invert(image.convert("L"))
    if image.mode in ("RGB", "L") and "transparency" not in image.info:
        small = shrunk(image, target)
    else:
        small = shrunk(_averageable(image, target), target)
        if small.mode in ("RGBA", "LA") and small.getchannel("A").getextrema() == (0, 0):
            # Some programs leave the channel empty: show the colours rather than a blank page.
            small = shrunk(_averageable(image, target, with_alpha=False), target)
        small = on_paper(small)
    return turned(small, orientation)


def shrunk(image: Image.Image, target: tuple[int, int]) -> Image.Image:
    """An area average by whole factors, then a smooth filter for the rest."""
    if image.size == target:
        return image
    return image.resize(target, Image.Resampling.HAMMING, reducing_gap=2.0)


def _averageable(image: Image.Image, target: tuple[int, int], with_alpha: bool = True) -> Image.Image:
    """The picture in a mode whose pixels may be averaged; a large one band by band, and reduced on the way.

    As a whole, the conversion of a palette picture would take four times the memory of the picture itself.
    """
    levels = _levels(image)
    width, height = image.size
    if width * height <= BAND:
        return _converted(image, levels, with_alpha)
    factor = max(1, min(width // (target[0] * 2), height // (target[1] * 2)))
    lines = max(1, BAND // width // factor) * factor
    whole: Image.Image | None = None
    for top in range(0, height, lines):
        band = _converted(image.crop((0, top, width, min(height, top + lines))), levels, with_alpha)
        band = band.reduce(factor) if factor > 1 else band
        if whole is None:
            whole = Image.new(band.mode, (-(-width // factor), -(-height // factor)))
        whole.paste(band, (0, top // factor))
    assert whole is not None
    return whole


def _converted(image: Image.Image, levels: tuple[float, float], with_alpha: bool) -> Image.Image:
    """No palettes, no more than eight bits, transparency as a channel or not at all."""
    if image.mode in _DEEP:
        return eight_bits(image, levels)
    if not with_alpha:
        opaque = image.copy()
        opaque.info.pop("transparency", None)
        return opaque.convert("RGB")
    if image.mode == "P" or "transparency" in image.info:
        return image.convert("RGBA" if "transparency" in image.info or _has_alpha_palette(image) else "RGB")
    if image.mode == "1":
        return image.convert("L")
    if image.mode == "PA":
        return image.convert("RGBA")
    return image


def _has_alpha_palette(image: Image.Image) -> bool:
    return image.palette is not None and image.palette.mode == "RGBA"


def on_paper(image: Image.Image) -> Image.Image:
    """Mode L or RGB of any 8-bit mode, with white where it was transparent."""
    if image.mode in ("L", "RGB"):
        return image
    if image.mode in ("LA", "La", "RGBA", "RGBa"):
        image = image.convert("RGBA")
        paper = Image.new("RGB", image.size, "white")
        paper.paste(image, mask=image.getchannel("A"))
        return paper
    if image.mode == "LAB":
        return _from_lab(image)
    return image.convert("RGB")


def _from_lab(image: Image.Image) -> Image.Image:
    transform = ImageCms.buildTransform(ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB")
    return ImageCms.applyTransform(image, transform) or image


def _levels(image: Image.Image) -> tuple[float, float]:
    """The values that become black and white.

    16-bit integers keep their upper byte. Wider integers and floating-point values are stretched from their smallest
    to their largest finite value, except when all lie in 0-255, 0-65535 or 0-1, whose meaning is plain.
    """
    if image.mode.startswith("I;16"):
        return 0.0, 65535.0
    if image.mode not in _DEEP:
        return 0.0, 255.0
    low, high = np.inf, -np.inf
    lines = max(1, BAND // image.width)
    for top in range(0, image.height, lines):
        values = np.asarray(image.crop((0, top, image.width, min(image.height, top + lines))))
        finite = values[np.isfinite(values)]
        if finite.size:
            low, high = min(low, float(finite.min())), max(high, float(finite.max()))
    if low > high:
        return 0.0, 1.0
    for plain in (1.0, 255.0, 65535.0):
        if low >= 0 and high <= plain and (image.mode == "F" or plain > 1):
            return 0.0, plain
    return low, high


def eight_bits(image: Image.Image, levels: tuple[float, float] | None = None) -> Image.Image:
    """Grey of more than eight bits, scaled and not clipped."""
    low, high = levels or _levels(image)
    values = np.asarray(image)
    if (low, high) == (0.0, 65535.0) and image.mode != "F":
        return Image.fromarray((values >> 8).astype(np.uint8))
    filled = np.nan_to_num(values.astype(np.float32), nan=low, posinf=high, neginf=low)
    scaled = (filled - low) * (255.0 / ((high - low) or 1.0))
    return Image.fromarray(np.clip(scaled + 0.5, 0, 255).astype(np.uint8))


def as_jpeg(image: Image.Image) -> bytes:
    """The thumbnail as it is stored."""
    stream = io.BytesIO()
    plain = image.copy()
    plain.info = {}  # neither its comment nor its profile
    plain.save(stream, "JPEG", quality=QUALITY)
    return stream.getvalue()


def grey_square(image: Image.Image, side: int = 32) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """The thumbnail as a grey square by area average: what the fingerprint sees."""
    grey = image if image.mode == "L" else ImageOps.grayscale(image)
    return np.asarray(grey.resize((side, side), Image.Resampling.BOX), dtype=np.uint8)
