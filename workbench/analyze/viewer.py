"""Pixels for the viewer: a picture decoded upright, no larger than asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image

from workbench.analyze import picture, preview
from workbench.analyze.mediatype import type_of

_STRIP = 1 << 20


@dataclass(frozen=True)
class Shown:
    """A decoded picture, mode RGB; ``full`` is the size of the whole one, upright."""

    image: Image.Image
    full: tuple[int, int]
    damaged: bool

    @property
    def size(self) -> int:
        """Bytes of all strips."""
        return self.image.width * self.image.height * 4

    def strips(self) -> Iterator[bytes]:
        """The pixels from the top, whole lines of four bytes a pixel: blue, green, red, unused.

        In pieces of about a mebibyte: a copy of the whole would cost as much time as decoding it.
        """
        width, height = self.image.size
        lines = max(1, _STRIP // (width * 4))
        for top in range(0, height, lines):
            strip = self.image.crop((0, top, width, min(height, top + lines)))
            yield strip.tobytes("raw", "BGRX")


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
        shown = shown if shown.mode == "RGB" else shown.convert("RGB")
    return Shown(shown, full[::-1] if orientation >= 5 else full, not whole)
