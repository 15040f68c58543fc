"""What a picture says of itself: EXIF times, camera, place, and the program that wrote it.

All of it is a claim of whoever wrote the file. Times keep whether the file stated their zone (``OffsetTime*`` of EXIF
2.31); without it they are wall clocks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from PIL import Image

from workbench.analyze.registry import clean
from workbench.core.records import FactValue
from workbench.core.times import Zone, parse_exif

_EXIF_IFD, _GPS_IFD = 0x8769, 0x8825
_TIMES = (
    ("exif.datetime", 0x0132, 0x9010, 0x9290),
    ("exif.datetime_original", 0x9003, 0x9011, 0x9291),
    ("exif.datetime_digitized", 0x9004, 0x9012, 0x9292),
)
"""Fact, and the tags of the time, its offset and its fraction of a second (EXIF 2.32 §4.6.5 D and F)."""
_TEXTS = (("exif.make", 0x010F), ("exif.model", 0x0110), ("exif.software", 0x0131), ("exif.artist", 0x013B))

Facts = list[tuple[str, FactValue]]


def facts_of(image: Image.Image) -> Facts:
    """The facts of an opened picture; of a damaged block those that can be read. Never raises for the bytes."""
    facts: Facts = []
    root = _tags(lambda: image.getexif())
    if root:
        inner = _tags(lambda: root.get_ifd(_EXIF_IFD))  # type: ignore[attr-defined]
        place = _tags(lambda: root.get_ifd(_GPS_IFD))  # type: ignore[attr-defined]
        facts += _times(root, inner) + _texts(root) + _place(place)
        orientation = root.get(0x0112)
        if isinstance(orientation, int) and 1 <= orientation <= 8:
            facts.append(("exif.orientation", orientation))
    return facts + _xmp(image)


def _tags(read: Any) -> Mapping[int, Any]:
    try:
        found = read()
        dict(found)
    except Exception:  # noqa: BLE001 - EXIF readers raise whatever damaged offsets lead to
        return {}
    return found if found is not None else {}


def _text(value: object) -> str:
    """A tag's text. EXIF says ASCII; programs write UTF-8, Shift-JIS or GBK, which Pillow shows as Latin-1."""
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    if not isinstance(value, str):
        return ""
    value = value.split("\0", 1)[0]
    with suppress(UnicodeError):
        value = value.encode("latin-1").decode("utf-8")
    return clean(value)


def _times(root: Mapping[int, Any], inner: Mapping[int, Any]) -> Facts:
    facts: Facts = []
    for name, tag, offset_tag, fraction_tag in _TIMES:
        value = _text(root.get(tag, inner.get(tag)))
        fraction = re.fullmatch(r"\d{1,6}", _text(inner.get(fraction_tag)).strip(), re.ASCII)
        stated = parse_exif(
            f"{value.strip()}.{fraction.group()}" if fraction and "." not in value else value,
            _text(inner.get(offset_tag)) or None,
        )
        if stated is not None:
            facts += [(name, stated.micros), (f"{name}.zone", "line" if stated.zone is Zone.LINE else "unknown")]
    return facts


def _texts(root: Mapping[int, Any]) -> Facts:
    return [(name, text) for name, tag in _TEXTS if (text := _text(root.get(tag)))]


def _place(place: Mapping[int, Any]) -> Facts:
    """Degrees, only when both are there, in range, with their hemispheres, and not the 0/0 of an unset receiver."""
    latitude = _degrees(place.get(2), _text(place.get(1)).upper(), "N", "S")
    longitude = _degrees(place.get(4), _text(place.get(3)).upper(), "E", "W")
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        return []
    if latitude == longitude == 0:
        return []
    return [("exif.gps_lat", round(latitude, 7)), ("exif.gps_lon", round(longitude, 7))]


def _degrees(parts: object, half: str, positive: str, negative: str) -> float | None:
    if half[:1] not in (positive, negative) or not isinstance(parts, tuple | list) or not 1 <= len(parts) <= 3:
        return None
    try:
        numbers = [float(part) for part in parts]
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    # Not a number fails both comparisons, as it should.
    if not all(0 <= number <= limit for number, limit in zip(numbers, (180, 60, 60), strict=False)):
        return None
    degrees: float = sum(number / 60**power for power, number in enumerate(numbers))
    return -degrees if half[:1] == negative else degrees


_CREATOR = re.compile(rb"""xmp:CreatorTool\s*(?:>\s*([^<]{1,1024})<|=\s*["']([^"']{1,1024})["'])""")


def _xmp(image: Image.Image) -> Facts:
    """The writing program, found by its name in the packet: no XML parser meets these bytes."""
    packet = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp")
    if isinstance(packet, tuple | list):
        packet = packet[0] if packet else None
    if isinstance(packet, str):
        packet = packet.encode("utf-8", "replace")
    found = _CREATOR.search(packet) if isinstance(packet, bytes) else None
    text = clean((found.group(1) or found.group(2)).decode("utf-8", "replace")) if found else ""
    return [("xmp.creator_tool", text)] if text else []
