"""The composite of Photoshop documents that Pillow refuses: 16 and 32 bits a channel, and the large format (PSB).

After Adobe's Photoshop File Format Specification: header, three sections to skip, then the flattened picture, channel
after channel, raw or PackBits. Layers are not read. A document may be saved without the flattened picture: a white
sheet stands in its place then, and the image resource 1057 says so.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_CHANNELS = {0: 1, 1: 1, 2: 1, 3: 3, 4: 4, 8: 1, 9: 3}
"""Colour channels of the modes bitmap, grey, indexed, RGB, CMYK, duotone, Lab."""
_MODES = {1: "L", 3: "RGB", 4: "CMYK", 8: "L", 9: "LAB"}


@dataclass(frozen=True)
class Document:
    """What the header says."""

    width: int
    height: int
    channels: int
    depth: int
    mode: int
    large: bool


def header_of(data: bytes | memoryview) -> Document:
    """Read the header. Raises `ValueError`."""
    if len(data) < 26 or bytes(data[:4]) != b"8BPS":
        raise ValueError("truncated header")
    version, channels, height, width, depth, mode = struct.unpack(">H6xHIIHH", data[4:26])
    if version not in (1, 2) or not 1 <= channels <= 56 or depth not in (1, 8, 16, 32) or mode not in _CHANNELS:
        raise ValueError("unsound header")
    if not 0 < width <= 300_000 or not 0 < height <= 300_000:
        raise ValueError("unsound size")
    return Document(width, height, channels, depth, mode, version == 2)


VERSION_INFO, THUMBNAIL, THUMBNAIL_BGR = 1057, 1036, 1033


def resource_of(data: bytes | memoryview, wanted: int) -> bytes | None:
    """One image resource by its number; None where there is none. Raises `ValueError` when the section is unsound."""
    view = memoryview(data)
    header_of(view)
    at = 30 + int.from_bytes(view[26:30], "big")
    end = at + 4 + int.from_bytes(view[at : at + 4], "big")
    at += 4
    if end > len(view):
        raise ValueError("truncated image resources")
    while at + 12 <= end:
        if bytes(view[at : at + 2]) != b"8B":  # 8BIM, and 8B with other letters by other programs
            raise ValueError("no image resource")
        number = int.from_bytes(view[at + 4 : at + 6], "big")
        at += 6 + (view[at + 6] + 2) // 2 * 2
        size = int.from_bytes(view[at : at + 4], "big")
        at += 4
        if at + size > end:
            raise ValueError("truncated image resource")
        if number == wanted:
            return bytes(view[at : at + size])
        at += (size + 1) // 2 * 2
    return None


def has_composite(data: bytes | memoryview) -> bool:
    """Is the flattened picture that the document carries a real one? Yes, where the document does not say otherwise."""
    try:
        info = resource_of(data, VERSION_INFO)
    except ValueError:
        return True
    return info is None or len(info) < 5 or info[4] != 0


def read_thumbnail(data: bytes | memoryview) -> Image.Image | None:
    """The small picture that the document carries beside its layers, at most some 256 pixels; None without one.

    Raises what Pillow's JPEG decoder raises.
    """
    for number in (THUMBNAIL, THUMBNAIL_BGR):
        try:
            found = resource_of(data, number)
        except ValueError:
            return None
        if found is None or len(found) < 30 or int.from_bytes(found[:4], "big") != 1:
            continue
        image: Image.Image = Image.open(io.BytesIO(found[28:]), formats=("JPEG",))
        if max(image.size) > LARGEST_THUMBNAIL:
            return None
        image.load()
        if number == THUMBNAIL_BGR and image.mode == "RGB":
            image = Image.merge("RGB", image.split()[::-1])
        return image
    return None


LARGEST_THUMBNAIL = 1024
"""Pixels on a side; Photoshop writes 160."""


def read_composite(data: bytes | memoryview) -> Image.Image:
    """The flattened picture at 8 bits a channel, mode L, RGB, CMYK or LAB. Raises `ValueError`."""
    view = memoryview(data)
    document = header_of(view)
    wanted = _CHANNELS[document.mode]
    if document.channels < wanted or document.mode not in _MODES or document.depth == 1:
        raise ValueError("no composite of this kind")
    at = 26
    for size in (4, 4, 8 if document.large else 4):
        at += size + int.from_bytes(view[at : at + size], "big")
    compression = int.from_bytes(view[at : at + 2], "big")
    body = view[at + 2 :]
    if len(body) < 2 or compression not in (0, 1):
        raise ValueError("truncated, or compressed in another way")
    row = document.width * document.depth // 8
    eight: list[NDArray[Any]] = [
        _eight_bits(_plane(body, compression, document, index, row), document) for index in range(wanted)
    ]
    if document.mode == 4:  # stored as light, not as ink
        eight = [255 - plane for plane in eight]
    bands = [Image.fromarray(plane) for plane in eight]
    return bands[0] if len(bands) == 1 else Image.merge(_MODES[document.mode], bands)


def _plane(body: memoryview, compression: int, document: Document, index: int, row: int) -> bytes:
    size = row * document.height
    if compression == 0:
        plane = bytes(body[index * size : (index + 1) * size])
    else:
        width = 4 if document.large else 2
        lengths = np.frombuffer(body[: document.channels * document.height * width], dtype=f">u{width}").astype(
            np.int64
        )
        if len(lengths) < document.channels * document.height:
            raise ValueError("truncated line lengths")
        ends = np.cumsum(lengths) + len(lengths) * width
        first = index * document.height
        starts = ends - lengths
        plane = b"".join(
            _line(body[int(starts[line]) : int(ends[line])], row) for line in range(first, first + document.height)
        )
    if len(plane) < size:
        raise ValueError("truncated channel")
    return plane


def _line(packed: memoryview, row: int) -> bytes:
    """PackBits: n ≥ 0 means n + 1 bytes as they are, n < 0 means the next one 1 - n times; -128 means nothing."""
    out = bytearray()
    at, end = 0, len(packed)
    while at < end and len(out) < row:
        head = packed[at]
        if head < 128:
            out += packed[at + 1 : at + 2 + head]
            at += 2 + head
        elif head > 128:
            out += bytes(packed[at + 1 : at + 2]) * (257 - head)
            at += 2
        else:
            at += 1
    return bytes(out[:row]).ljust(row, b"\0") if out else bytes(row)


def _eight_bits(plane: bytes, document: Document) -> NDArray[np.uint8]:
    shape = (document.height, document.width)
    if document.depth == 8:
        return np.frombuffer(plane, dtype=np.uint8).reshape(shape)
    if document.depth == 16:
        return (np.frombuffer(plane, dtype=">u2").reshape(shape) >> 8).astype(np.uint8)
    # 32 bits are linear light, 0 to 1; shown by the curve of sRGB (IEC 61966-2-1).
    linear = np.clip(np.nan_to_num(np.frombuffer(plane, dtype=">f4").reshape(shape)), 0.0, 1.0)
    curved = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    shown: NDArray[np.uint8] = (curved * 255 + 0.5).astype(np.uint8)
    return shown
