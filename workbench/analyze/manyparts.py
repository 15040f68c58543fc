"""Files with very many parts, found by their structure before a decoder is asked: the first picture is what counts.

Decoders go through all pages of a TIFF to count them, at a cost that grows faster than their number, and take in every
text of a PNG. Sources: TIFF 6.0 §2 and BigTIFF (chains of directories), GIF89a (blocks), ISO/IEC 15948 §5 (chunks).
"""

from __future__ import annotations

from collections import Counter

from workbench.analyze.wholeness import MOST_PARTS, Data, chunks_of, gif_pictures, is_extra

MOST_PAGES = 2_000
"""Pages or frames that are counted. Of a file with more it is said that there are at least so many."""
MOST_EXTRAS = 8 << 20
"""Bytes of all chunks of one name that a picture does not need. More are passed over."""


def has_too_many_pages(data: Data, media_type: str) -> bool:
    """Does the file hold more than `MOST_PAGES` pictures? False where its structure cannot be followed so far."""
    view = memoryview(data)
    if media_type == "image/tiff":
        return _directories(view) > MOST_PAGES
    if media_type == "image/gif":
        return gif_pictures(view, MOST_PAGES + 1) > MOST_PAGES
    return False


def _directories(view: memoryview) -> int:
    """Directories that follow each other, up to one more than `MOST_PAGES`; a loop ends the count."""
    if bytes(view[:2]) not in (b"II", b"MM"):
        return 0
    is_big_endian = bytes(view[:2]) == b"MM"

    def number(at: int, width: int) -> int:
        part = view[at : at + width] if at + width <= len(view) else b""
        return int.from_bytes(part, "big" if is_big_endian else "little")

    big = number(2, 2) == 43
    wide, counted, entry = (8, 8, 20) if big else (4, 2, 12)
    at = number(8 if big else 4, wide)
    met: set[int] = set()
    while at and at not in met and at + counted <= len(view) and len(met) <= MOST_PAGES:
        met.add(at)
        at = number(at + counted + number(at, counted) * entry, wide)
    return len(met)


def frames_of_png(data: Data) -> int | None:
    """Frames of an animation (chunks ``fcTL``) that are in the file, whatever number it states; 0 in a plain picture,
    null where the file has more chunks than are looked at.
    """
    chunks = frames = 0
    is_animation = False
    for name, _ in chunks_of(memoryview(data)):
        chunks += 1
        is_animation |= name == "acTL"
        frames += name == "fcTL"
    if chunks >= MOST_PARTS:
        return None
    return frames if is_animation else 0


def heavy_extras(data: Data) -> Counter[str]:
    """Names of the chunks of a PNG that no picture needs and that are too large to be taken in, with their bytes."""
    sizes: Counter[str] = Counter()
    for name, chunk in chunks_of(memoryview(data)):
        if is_extra(name):
            sizes[name] += len(chunk)
    return Counter({name: size for name, size in sizes.items() if size > MOST_EXTRAS})
