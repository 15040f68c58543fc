"""Pixels for the viewer: a picture decoded upright, no larger than asked for."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.analyze import picture, preview
from workbench.analyze.mediatype import type_of


@dataclass(frozen=True)
class Shown:
    """``width`` × ``height`` pixels of four bytes: blue, green, red, unused."""

    width: int
    height: int
    full: tuple[int, int]
    data: bytes
    damaged: bool


def pixels_of(data: bytes | memoryview, budget: int, ending: str = "") -> Shown:
    """Decode the first frame to at most ``budget`` pixels, transparency over white. Raises `picture.Refused`."""
    media_type = type_of(data, ending).media_type
    opened = picture.open_picture(data, media_type, all_frames=False)
    width, height = opened.size
    scale = min(1.0, (budget / (width * height)) ** 0.5)
    side = max(1, int(max(width, height) * scale))
    whole = picture.decode(data, opened, media_type, side if scale < 1 else None)
    image = opened.image
    with picture.guarded(media_type):
        orientation = preview.orientation_of(image)
        full = image.size if image.format in picture.SIZED_BY_DECODING else opened.size
        shown = preview.thumbnail(image, orientation, side)
        # PIL has no mode for it; the raw encoder writes Qt's order directly.
        pixels = (shown if shown.mode == "RGB" else shown.convert("RGB")).tobytes("raw", "BGRX")
    return Shown(shown.width, shown.height, full[::-1] if orientation >= 5 else full, pixels, not whole)
