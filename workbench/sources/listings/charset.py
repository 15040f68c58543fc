"""Which charset a page is written in.

The bytes of links are never decoded: a server may write names of any bytes into a page that claims to be UTF-8. The
charset only serves the words beside them. Order: byte order mark, header, ``<meta>``, valid UTF-8, else Windows-1252.
Only charsets that leave ASCII bytes alone are read as they stand; UTF-16 is turned into UTF-8 first.
"""

from __future__ import annotations

import codecs
import re

KNOWN = frozenset[str]().union(
    ("utf-8", "koi8-r", "koi8-u", "euc_kr", "gb2312", "gbk", "gb18030", "big5", "big5hkscs", "shift_jis", "euc_jp"),
    (f"iso8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, 16)),
    (f"cp{page}" for page in (866, 874, 932, 949, *range(1250, 1259))),
)
_META = re.compile(rb"<meta[^>]{0,300}?charset\s{0,9}=\s{0,9}[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def as_text(body: bytes, stated: str = "") -> tuple[str, str]:
    """The body with one character for each byte, and the charset of its words."""
    for mark, charset in _MARKS:
        if body.startswith(mark):
            rest = body[len(mark) :]
            return (rest if charset == "utf-8" else _as_utf8(rest, charset)).decode("latin-1"), "utf-8"
    if stated.lower().replace("_", "-") in ("utf-16", "utf-16le", "utf-16-le", "utf-16be", "utf-16-be"):
        order = "utf-16-be" if stated.lower().endswith("be") else "utf-16-le"
        return _as_utf8(body, order).decode("latin-1"), "utf-8"
    return body.decode("latin-1"), known(stated) or _from_meta(body) or ("utf-8" if _is_utf8(body) else "cp1252")


def known(name: str) -> str | None:
    """The charset under the name by which Python knows it; null for one that is not read here."""
    try:
        found = codecs.lookup(name.strip().strip("\"'")).name if name else ""
    except (LookupError, ValueError):
        return None
    found = "cp1252" if found in ("iso8859-1", "ascii") else found
    return found if found in KNOWN else None


def words(raw: str, charset: str) -> str:
    """Words of a page that stand as one character for each byte. Bytes that do not fit show as U+FFFD."""
    return raw if raw.isascii() else raw.encode("latin-1").decode(charset, "replace")


def _from_meta(body: bytes) -> str | None:
    found = _META.search(body[:4096])
    return known(found[1].decode("ascii", "replace")) if found else None


def _as_utf8(body: bytes, charset: str) -> bytes:
    return body.decode(charset, "replace").encode("utf-8", "replace")


def _is_utf8(body: bytes) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(body), 1 << 20):
            decoder.decode(body[start : start + (1 << 20)])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
