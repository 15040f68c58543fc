"""Windows bitmaps whose pixels are cut up by masks (BITMAPINFOHEADER to BITMAPV5HEADER, BI_BITFIELDS and
BI_ALPHABITFIELDS), where Pillow knows a handful of masks only, and of 16-bit pixels no transparency.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image


@dataclass(frozen=True)
class Header:
    """What the header says. `masks` are those of red, green, blue and transparency; 0 where there is none."""

    width: int
    height: int
    top_down: bool
    bits: int
    start: int
    masks: tuple[int, int, int, int]


def masked_header_of(data: bytes | memoryview) -> Header | None:
    """The header of a bitmap with masks; None when this is none. Raises `ValueError` when it is unsound."""
    if len(data) < 54:
        return None
    start, size, width, height, _, bits, compression = struct.unpack("<IIiiHHI", data[10:34])
    if compression not in (3, 6) or size < 40 or bits not in (16, 32):
        return None
    count = 4 if size >= 56 or compression == 6 else 3
    if len(data) < 54 + 4 * count:
        raise ValueError("truncated masks")
    red, green, blue, alpha = (*struct.unpack(f"<{count}I", data[54 : 54 + 4 * count]), 0)[:4]
    if width <= 0 or height == 0 or start < 54 or not red | green | blue:
        raise ValueError("unsound header")
    return Header(width, abs(height), height < 0, bits, start, (red, green, blue, alpha))


def needs_masks(data: bytes | memoryview) -> bool:
    """Would Pillow leave something out of this bitmap, namely the transparency of 16-bit pixels?"""
    try:
        header = masked_header_of(data)
    except ValueError:
        return False
    return header is not None and header.bits == 16 and header.masks[3] != 0


def read_masked(data: bytes | memoryview) -> Image.Image:
    """The picture, mode RGB or RGBA. Raises `ValueError`: no masks, or bytes are missing."""
    header = masked_header_of(data)
    if header is None:
        raise ValueError("no bitmap with masks")
    step = header.bits // 8
    line = (header.width * step + 3) // 4 * 4
    body = memoryview(data)[header.start : header.start + line * header.height]
    if len(body) < line * header.height:
        raise ValueError("truncated pixels")
    lines = np.frombuffer(body, np.uint8).reshape(header.height, line)[:, : header.width * step]
    pixels = np.ascontiguousarray(lines).view(f"<u{step}")
    masks = header.masks if header.masks[3] else header.masks[:3]
    picture = np.stack([_band(pixels, mask) for mask in masks], axis=-1)
    return Image.fromarray(np.ascontiguousarray(picture if header.top_down else picture[::-1]))


def _band(pixels: NDArray[Any], mask: int) -> NDArray[np.uint8]:
    """The bits under a mask, stretched to 0 to 255."""
    if not mask:
        return np.zeros(pixels.shape, np.uint8)
    shift = (mask & -mask).bit_length() - 1
    largest = mask >> shift
    values = ((pixels & mask) >> shift).astype(np.float32)
    band: NDArray[np.uint8] = np.rint(values * (255 / largest)).astype(np.uint8)
    return band
