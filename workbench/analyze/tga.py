"""Truevision TGA where Pillow gives up: run-length packets across lines, 15-bit colour maps, grey with alpha.

After the Truevision TGA File Format Specification 2.0. Decodes to raw bytes in plain Python, then to pixels in numpy.
"""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def read_tga(data: bytes | memoryview) -> Image.Image:
    """The picture, mode L, LA, RGB or RGBA. Raises `ValueError` when the header is unsound or bytes are missing."""
    view = memoryview(data)
    if len(view) < 18:
        raise ValueError("truncated header")
    id_length, has_map, kind, map_first, map_length, map_bits, _, _, width, height, bits, descriptor = struct.unpack(
        "<BBBHHBHHHHBB", view[:18]
    )
    if not width or not height or kind & 7 not in (1, 2, 3) or kind & ~11:
        raise ValueError("unsound header")
    start = 18 + id_length
    map_size = map_length * ((map_bits + 7) // 8) if has_map else 0
    step = (bits + 7) // 8
    body = view[start + map_size :]
    count = width * height
    raw = _unpacked(body, step, count) if kind & 8 else bytes(body[: count * step])
    if len(raw) < count * step:
        raise ValueError("truncated pixels")
    alpha_bits = descriptor & 15
    if kind & 7 == 1:
        pixels = _mapped(raw, step, _colours(bytes(view[start : start + map_size]), map_bits, 0), map_first)
    elif kind & 7 == 3:
        pixels = _greys(raw, bits)
    else:
        pixels = _colours(raw, bits, alpha_bits)
    rows = pixels.reshape(height, width, -1)
    if not descriptor & 0x20:
        rows = rows[::-1]
    if descriptor & 0x10:
        rows = rows[:, ::-1]
    rows = np.ascontiguousarray(rows)
    return Image.fromarray(rows[:, :, 0] if rows.shape[2] == 1 else rows)


def _unpacked(body: memoryview, step: int, count: int) -> bytes:
    """Run-length packets: a count, then one pixel to repeat or as many as they are. Packets may cross lines."""
    out = bytearray()
    need, at = count * step, 0
    while len(out) < need:
        if at >= len(body):
            raise ValueError("truncated packets")
        head = body[at]
        size = (head & 127) + 1
        if head & 128:
            out += bytes(body[at + 1 : at + 1 + step]) * size
            at += 1 + step
        else:
            out += body[at + 1 : at + 1 + size * step]
            at += 1 + size * step
    return bytes(out[:need])


def _greys(raw: bytes, bits: int) -> NDArray[np.uint8]:
    if bits == 8:
        return np.frombuffer(raw, dtype=np.uint8)[:, None]
    if bits == 16:
        return np.frombuffer(raw, dtype=np.uint8).reshape(-1, 2)
    raise ValueError("unsound depth")


def _colours(raw: bytes, bits: int, alpha_bits: int) -> NDArray[np.uint8]:
    """Blue first, to red first; 5 bits a channel to 8. The attribute bit of 16-bit pixels is no transparency."""
    if bits in (15, 16):
        packed = np.frombuffer(raw, dtype="<u2")
        five = np.stack([packed >> 10 & 31, packed >> 5 & 31, packed & 31], axis=1)
        return ((five << 3) | (five >> 2)).astype(np.uint8)
    if bits == 24:
        return np.frombuffer(raw, dtype=np.uint8).reshape(-1, 3)[:, ::-1]
    if bits == 32:
        four = np.frombuffer(raw, dtype=np.uint8).reshape(-1, 4)
        return four[:, [2, 1, 0, 3]] if alpha_bits else four[:, 2::-1]
    raise ValueError("unsound depth")


def _mapped(raw: bytes, step: int, colours: NDArray[np.uint8], first: int) -> NDArray[np.uint8]:
    if step not in (1, 2) or not len(colours):
        raise ValueError("unsound colour map")
    indices = np.frombuffer(raw, dtype=np.uint8 if step == 1 else "<u2").astype(np.int64) - first
    if indices.min() < 0 or indices.max() >= len(colours):
        raise ValueError("index outside the colour map")
    return colours[indices]
