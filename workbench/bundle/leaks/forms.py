"""How one string, one run of bytes or one network may be written in a file: each way is a pattern.

Texts: UTF-8, composed and decomposed, any case of ASCII letters; the encodings of East Asian systems; UTF-16; escaped
for JSON, HTML and addresses (RFC 3986); quotes doubled as in CSV; and, like bytes, hexadecimal, base64 and base32 (RFC
4648). Texts that are escaped in part only are met in the unescaped view of a file (see `scan`).
"""

from __future__ import annotations

import base64
import html
import ipaddress
import json
import re
import unicodedata
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

LONGEST = 128
"""Bytes of a pattern: of a long text its beginning tells enough."""
CHARSETS = ("gb18030", "cp949", "cp932", "big5")
SHORTEST = 7
"""Signs of base64 that are not met by accident."""
MANY = 4_000
"""Of more strings than this, base64, hexadecimal and other charsets are not looked for: the patterns would not fit."""

Confirm = Callable[[bytes, int, int], bool]
"""Is what stands in these bytes, from here to there, really meant?"""


@dataclass(frozen=True)
class Pattern:
    """`number` is the needle's; `raw` is looked for, in any case of ASCII letters unless `exact`.

    `whole` confirms what was met in a text; between other bytes there is nothing to tell where a word begins.
    """

    number: int
    raw: bytes
    exact: bool = False
    confirm: Confirm | None = None
    whole: Confirm | None = None

    @property
    def expression(self) -> bytes:
        """As a regular expression that takes every byte for itself."""
        return b"".join(b"\\x%02x" % each for each in self.raw)


def plain(text: str) -> bytes:
    """The beginning of a text, in UTF-8."""
    return text.encode("utf-8", "surrogateescape")[:LONGEST]


def patterns_of(number: int, value: str | bytes | Network, *, few: bool, is_name: bool) -> Iterator[Pattern]:
    """All patterns of one needle, without repetition. `few` is false where there are very many needles; a name stands
    for itself where no letter or digit of the Latin script goes on before or behind it.
    """
    if isinstance(value, str):
        found = _of_text(number, value, stands_alone if is_name else None, few=few)
    elif isinstance(value, bytes):
        found = _of_bytes(number, value)
    else:
        found = _of_network(number, value)
    seen: set[tuple[bytes, bool]] = set()
    for each in found:
        raw = each.raw if each.exact else each.raw.lower()
        if raw and (raw, each.exact) not in seen:
            seen.add((raw, each.exact))
            yield each


def stands_alone(data: bytes, start: int, end: int) -> bool:
    """Is it no part of a longer word? The last sign of an escape belongs to none."""
    before, behind = data[max(start - 6, 0) : start], data[end : end + 1]
    if _is_latin(behind) and _is_latin(data[end - 1 : end]):
        return False
    joined = _is_latin(before[-1:]) and _is_latin(data[start : start + 1])
    return not joined or _ESCAPE.search(before) is not None


def _is_latin(sign: bytes) -> bool:
    return sign.isascii() and sign.isalnum()


_ESCAPE = re.compile(rb"(?:%[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}|\\[a-z])$")


def _of_text(number: int, text: str, whole: Confirm | None, *, few: bool) -> Iterator[Pattern]:
    for composed in dict.fromkeys((unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text))):
        raw = composed.encode("utf-8", "surrogateescape")
        yield Pattern(number, raw[:LONGEST], whole=whole)
        written = [
            json.dumps(composed)[1:-1],
            json.dumps(composed, ensure_ascii=False)[1:-1],
            html.escape(composed).replace("&quot;", "&#34;").replace("&#x27;", "&#39;"),
            html.escape(composed),
            composed.replace('"', '""'),
            urllib.parse.quote(raw),
            urllib.parse.quote(raw, safe=""),
        ]
        for each in dict.fromkeys(written):
            yield Pattern(number, each.encode("utf-8", "surrogateescape")[:LONGEST], whole=whole)
        for coding in ("utf-16-le", "utf-16-be"):
            yield Pattern(number, composed.encode(coding, "replace")[:LONGEST])
        if few:
            yield from _coded(number, raw)
    if few and not text.isascii():
        for coding in CHARSETS:
            try:
                raw = text.encode(coding)
            except UnicodeEncodeError:
                continue
            if len(raw) >= 6:
                yield Pattern(number, raw[:LONGEST], exact=True)
                yield Pattern(number, urllib.parse.quote(raw).encode()[:LONGEST])


def _of_bytes(number: int, raw: bytes) -> Iterator[Pattern]:
    yield Pattern(number, raw[:LONGEST], exact=True)
    yield from _coded(number, raw)


def _coded(number: int, raw: bytes) -> Iterator[Pattern]:
    """Hexadecimal, base64 at its three places, and base32."""
    yield Pattern(number, raw[: LONGEST // 2].hex().encode())
    for stable, _ in _base64(raw):
        if len(stable) >= SHORTEST:
            yield Pattern(number, stable, exact=True)
            yield Pattern(number, stable.translate(_FOR_ADDRESSES), exact=True)
    if len(raw) >= 16:
        yield Pattern(number, base64.b32encode(raw).rstrip(b"=")[: LONGEST // 8 * 8][:-1])


_FOR_ADDRESSES = bytes.maketrans(b"+/", b"-_")


def _base64(raw: bytes) -> Iterator[tuple[bytes, int]]:
    """The part of its base64 that does not hang on what stands around, and how many bytes stood before."""
    raw = raw[: LONGEST * 3 // 4 - 3]
    for before in range(3):
        coded = base64.b64encode(b"\0" * before + raw)
        yield coded[_LEAD[before] : len(coded) - (0, 3, 2)[(before + len(raw)) % 3]], before


_LEAD = (0, 2, 3)
"""Signs of a group of four that hang on bytes before, where none, one or two of three bytes stood before."""


# networks


def _of_network(number: int, network: Network) -> Iterator[Pattern]:
    """The part that all addresses of a network begin with; what follows is read as an address and compared."""
    confirm = _Confirmed(network)
    if network.version == 4:
        yield from _of_network_4(number, network, confirm)
    else:
        yield from _of_network_6(number, network, confirm)
    if network.num_addresses == 1:
        text = str(network.network_address)
        # Digits are told from longer numbers by what stands around: an address in UTF-16 or base64 is not.
        for coding in ("utf-16-le", "utf-16-be"):
            yield Pattern(number, text.encode(coding), confirm=_NoDigitBehind(coding))
        for stable, before in _base64(text.encode()):
            if len(stable) >= SHORTEST:
                yield Pattern(number, stable, exact=True, confirm=_InBase64(text, before, network))
        yield Pattern(number, text.encode().hex().encode(), confirm=_InHex(network))


def _of_network_4(number: int, network: Network, confirm: Confirm) -> Iterator[Pattern]:
    octets = str(network.network_address).split(".")
    whole = network.prefixlen // 8
    if not whole:
        yield from (Pattern(number, b"%d." % first, confirm=confirm) for first in _first_octets(network))
        return
    yield Pattern(number, (".".join(octets[:whole]) + ("." if whole < 4 else "")).encode(), confirm=confirm)
    words = f"{int(network.network_address):08x}"
    mapped = [word.lstrip("0") or "0" for word in (words[:4], words[4:])][: network.prefixlen // 16]
    yield Pattern(number, ("ffff:" + ":".join(mapped)).encode(), confirm=confirm)


def _first_octets(network: Network) -> range:
    first = int(str(network.network_address).split(".")[0])
    return range(first, first + (1 << (8 - network.prefixlen)))


def _of_network_6(number: int, network: Network, confirm: Confirm) -> Iterator[Pattern]:
    words = network.network_address.exploded.split(":")[: max(network.prefixlen // 16, 1)]
    if network.prefixlen < 16 or int(words[0], 16) == 0:
        yield Pattern(number, b"::" if network.prefixlen >= 16 else b":", confirm=confirm)
        yield Pattern(number, b"0000:", confirm=confirm)
        return
    nonzero = next((at for at, word in enumerate(words) if not int(word, 16)), len(words))
    kept = words[:nonzero]
    yield Pattern(number, ":".join(kept).encode(), confirm=confirm)
    yield Pattern(number, ":".join(word.lstrip("0") for word in kept).encode(), confirm=confirm)


_RUN = re.compile(rb"[0-9A-Fa-f:.]{3,64}")
"""What addresses are made of."""
_DOTTED = re.compile(rb"(?<![0-9])(?<![0-9]\.)[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![0-9]|\.[0-9])")
AROUND = 64
"""Bytes before and behind a find that are looked at to tell what it is."""


def shows(network: Network, text: bytes, start: int = 0, end: int | None = None) -> bool:
    """Is an address of this network in a text, where it touches these places?"""
    for found in _RUN.finditer(text):
        if end is not None and (found.end() <= start or found.start() >= end):
            continue
        if any(_within(each, network) for each in _addresses(found[0])):
            return True
    return False


def _addresses(run: bytes) -> Iterator[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """All that such a run of signs can mean: with a port behind, at the end of a sentence, in IPv6."""
    bare = run.rstrip(b".")
    tries = [each[0] for each in _DOTTED.finditer(run)]
    if bare.count(b":") > 1:
        tries += [bare, bare.strip(b":"), bare.rstrip(b":"), bare.rpartition(b":")[0], bare.partition(b":")[2]]
    for each in dict.fromkeys(tries):
        try:
            yield ipaddress.ip_address(each.decode("ascii"))
        except ValueError:
            continue


def _within(address: ipaddress.IPv4Address | ipaddress.IPv6Address, network: Network) -> bool:
    if address.version == network.version:
        return address in network
    if isinstance(address, ipaddress.IPv6Address):
        return address.ipv4_mapped is not None and address.ipv4_mapped in network
    return ipaddress.IPv6Address(f"::ffff:{address}") in network


@dataclass(frozen=True)
class _Confirmed:
    network: Network

    def __call__(self, data: bytes, start: int, end: int) -> bool:
        low = max(start - AROUND, 0)
        return shows(self.network, data[low : end + AROUND], start - low, end - low)


@dataclass(frozen=True)
class _NoDigitBehind:
    """For digits of more than one byte each: an address goes on where a digit stands next to it."""

    coding: str

    def __call__(self, data: bytes, start: int, end: int) -> bool:
        around = (data[max(start - 2, 0) : start], data[end : end + 2])
        return not any(each.decode(self.coding, "replace").isdigit() for each in around)


@dataclass(frozen=True)
class _InBase64:
    text: str
    before: int
    network: Network

    def __call__(self, data: bytes, start: int, end: int) -> bool:
        """Decode it with what stands around, by whole groups of four."""
        first = start + (4 - _LEAD[self.before]) % 4
        last = end
        while first - 4 >= max(start - AROUND, 0) and _BASE64.fullmatch(data[first - 4 : first]):
            first -= 4
        while last < min(end + AROUND, len(data)) and _BASE64.fullmatch(data[last : last + 1]):
            last += 1
        coded = data[first:last].translate(bytes.maketrans(b"-_", b"+/"))
        coded = coded[: len(coded) // 4 * 4] + _padded(coded[len(coded) // 4 * 4 :])
        return shows(self.network, base64.b64decode(coded))


_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]+")


def _padded(rest: bytes) -> bytes:
    return rest + b"=" * (4 - len(rest)) if len(rest) > 1 else b""


@dataclass(frozen=True)
class _InHex:
    network: Network

    def __call__(self, data: bytes, start: int, end: int) -> bool:
        first, last = start, end
        while first - 2 >= max(start - AROUND, 0) and _HEX.fullmatch(data[first - 2 : first]):
            first -= 2
        while last + 2 <= min(end + AROUND, len(data)) and _HEX.fullmatch(data[last : last + 2]):
            last += 2
        return shows(self.network, bytes.fromhex(data[first:last].decode("ascii")))


_HEX = re.compile(rb"[0-9A-Fa-f]{2}")
