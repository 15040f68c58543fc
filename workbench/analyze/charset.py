"""Is it text, and in which encoding? Certain where the bytes prove it, a marked guess for the old CJK encodings."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

SAMPLE = 65536

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CONTROL = frozenset(range(32)) - {7, 8, 9, 10, 12, 13, 27}
_LEGACY = ("gb18030", "euc-kr", "shift_jis", "big5", "cp1251", "cp1252")


@dataclass(frozen=True)
class Text:
    """The encoding, and whether it is proven or the best guess."""

    charset: str
    certain: bool


def text_of(head: bytes, whole: bool) -> Text | None:
    """Name the encoding of a file that starts with ``head`` (``whole``: and ends with it); null when it is no text."""
    head = head[:SAMPLE]
    if not head:
        return None
    for bom, name in _BOMS:
        if head.startswith(bom) and _reads(head[len(bom) :], name, whole):
            return Text(name, True)
    if not _has_control(head):
        if head.isascii():
            return Text("ascii", True)
        if _reads(head, "utf-8", whole):
            return Text("utf-8", True)
        return _legacy(head, whole)
    return _bare_utf16(head, whole)


def _has_control(head: bytes) -> bool:
    return bool(head.translate(None, bytes(set(range(256)) - _CONTROL)))


def _reads(head: bytes, name: str, whole: bool) -> bool:
    decoder = codecs.getincrementaldecoder(name)("strict")
    try:
        text = decoder.decode(head, final=whole)
    except UnicodeDecodeError:
        return False
    return not any(ord(sign) in _CONTROL for sign in text)


def _bare_utf16(head: bytes, whole: bool) -> Text | None:
    """UTF-16 without a mark shows itself by the zero half of every ASCII sign, line ends above all."""
    if len(head) % 2 and whole:
        return None
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = max(len(head) // 2, 1)
    for name, zeros, others in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if zeros > half * 0.05 and others == 0 and _reads(head[: len(head) & ~1], name, whole):
            return Text(name, False)
    return None


def _legacy(head: bytes, whole: bool) -> Text | None:
    """The encoding in which the text holds the most usual letters. Never more than a guess."""
    best: tuple[float, str] | None = None
    for name in _LEGACY:
        decoder = codecs.getincrementaldecoder(name)("strict")
        try:
            text = decoder.decode(head, final=whole)
        except UnicodeDecodeError:
            continue
        foreign = [sign for sign in text if sign > "\x7f"]
        score = sum(_usual(sign, name) for sign in foreign) / max(len(foreign), 1)
        if best is None or score > best[0] + 0.02:
            best = (score, name)
    return Text(best[1], False) if best and best[0] >= 0.5 else None


def _usual(sign: str, name: str) -> float:
    """How much a letter speaks for an encoding: 1 for its everyday letters, 0 for what chance would give."""
    code = ord(sign)
    if 0x3000 <= code <= 0x3002 or 0xFF00 <= code <= 0xFF60:
        return 1.0
    if name == "euc-kr":
        return 1.0 if 0xAC00 <= code <= 0xD7A3 else 0.2
    if name == "shift_jis":
        return 1.0 if 0x3041 <= code <= 0x30FE else 0.4 if 0x4E00 <= code <= 0x9FFF else 0.0
    if name in ("gb18030", "big5"):
        if not 0x4E00 <= code <= 0x9FFF:
            return 0.1
        try:
            # The first half of each standard holds the common characters, the second the rare ones.
            lead = sign.encode("gb2312" if name == "gb18030" else "big5")[0]
        except UnicodeEncodeError:
            return 0.1
        return 0.95 if lead < (0xD8 if name == "gb18030" else 0xC9) else 0.3
    if name == "cp1251":
        return 0.9 if 0x0430 <= code <= 0x044F else 0.4 if 0x0410 <= code <= 0x042F else 0.1
    return 0.7 if 0xC0 <= code <= 0xFF and code not in (0xD7, 0xF7) else 0.2
