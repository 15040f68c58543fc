"""Sizes as listings write them.

The rule: every unit is a power of 1024, whether it is written ``K``, ``KB``, ``KiB``, ``kB`` or ``Ko``. Apache, nginx's
fancyindex, lighttpd, Caddy, HFS and h5ai all divide by 1024, so that ``287K`` is the middle of what 287 * 1024 rounds
from. A size is exact only when it counts bytes. A comma with three digits behind it groups (``1,024``), any other
single comma or point is the decimal one, and several of one kind group (``1.234.567``).
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

LARGEST = 2**63 - 1
BLANK = frozenset(("", "-", "--", "—", "–", "&mdash;", "n/a", "none", "...", "....", "<dir>", "[dir]", "dir", "folder"))

_UNIT = r"bytes?|octets?|байт|[kmgtpe]?(?:i?b|o)|[kmgtpe]|字节|バイト|바이트|б|кб|мб|гб|тб"
_SIZE = re.compile(rf"\D??(\d[\d.,'\s]{{0,24}}?)\s?({_UNIT})?\s?-?", re.IGNORECASE)
_INSIDE = re.compile(rf"(?<![\w.,/-])\d[\d.,]{{0,24}}\s?(?:{_UNIT})(?![\w/])", re.IGNORECASE)
_TWICE = re.compile(r"[()\[\]/=]|(?<=[a-z])\s{1,9}(?=\d)|\s[-–—|]\s", re.IGNORECASE)
"""What stands between a size and the same size written in another way."""
_AROUND = " \t\r\n\xa0,;"
_STEPS = {"k": 1, "к": 1, "m": 2, "м": 2, "g": 3, "г": 3, "t": 4, "т": 4, "p": 5, "e": 6}


class Size(NamedTuple):
    """Bytes, and whether the listing counts them one by one."""

    number: int
    exact: bool


def read(words: str, bare: bool = True) -> Size | None:
    """The size that the words state, and nothing but a size; None otherwise. `bare` allows a number without a unit.

    Where it is written twice, rounded and to the byte (``4.8 MB (4,789,380 bytes)``), the exact one counts.
    """
    words = words.strip(" \t\r\n\xa0⇩↓")
    if not words or len(words) > 80:
        return None
    parts = [each for each in _TWICE.split(words) if each.strip(_AROUND)]
    if len(parts) == 2:
        both = [_read(each.strip(_AROUND), bare=False) for each in parts]
        if None not in both:
            return next((each for each in both if each is not None and each.exact), both[0])
    return _read(words, bare)


def _read(words: str, bare: bool) -> Size | None:
    found = _SIZE.fullmatch(words) if len(words) <= 40 else None
    if found is None or not words[0].isdigit() or not found[1].isascii():
        return None
    unit = (found[2] or "").lower()
    if not unit and not bare:
        return None
    number = _number(found[1])
    step = _STEPS.get(unit[:1], 0) if unit not in ("байт", "б") else 0
    if number is None or (not unit and number != number.to_integral_value()):
        return None
    count = (number * 1024**step).to_integral_value(ROUND_HALF_UP)
    return Size(int(count), step == 0 and count == number) if count <= LARGEST else None


def find(words: str) -> Size | None:
    """The first size with a unit among other words; null when there is none."""
    found = _INSIDE.search(words[:1024])
    return read(found[0]) if found else None


def is_blank(words: str) -> bool:
    """Whether a cell for sizes is left empty, as servers do for folders."""
    return words.strip(" \t\r\n\xa0").lower() in BLANK


def _number(digits: str) -> Decimal | None:
    digits = re.sub(r"[\s']", "", digits)
    comma, point = digits.count(","), digits.count(".")
    if comma and point:
        last = max(digits.rfind(","), digits.rfind("."))
        digits = re.sub(r"[.,]", "", digits[:last]) + "." + digits[last + 1 :]
    elif comma > 1 or point > 1:
        digits = digits.replace(",", "").replace(".", "")
    elif comma:
        grouped = len(digits) - digits.index(",") == 4 and not digits.startswith("0")
        digits = digits.replace(",", "" if grouped else ".")
    if not re.fullmatch(r"\d+(?:\.\d*)?", digits, re.ASCII):
        return None
    return Decimal(digits)
