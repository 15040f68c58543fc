r"""Does a text mention anything that a bundle must not tell? One answer for every door through which texts leave.

Names of files, names of people, tags, hashes and addresses are met in raw log lines, links, notes, warnings, pages
and the custody log, each in a form of its own. A text is therefore looked at as it stands and unescaped:
percent-encoding (RFC 3986, also twice), ``\xNN`` and ``\uNNNN``, and HTML's entities. Letters are compared composed
(Unicode NFC) and in small ones.

A name counts where it stands as a whole part: ``a.png`` is not mentioned by ``aa.png``. The last part of a withheld
path counts by itself when it is distinctive: long enough not to occur by accident, and not also the name of something
that is handed over. Otherwise its path has to stand before it. Addresses are compared as numbers: mapped IPv6, any way
of writing zeros, with a port, and all members of a withheld network.
"""

from __future__ import annotations

import html
import ipaddress
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

DISTINCT = 7
"""Letters and digits of a name that does not occur by accident; one of Chinese, Japanese or Korean counts for three."""
_WIDE = 3
MEMORY = 200_000
"""Address-like words of which is remembered what they are."""

FEW = 200
"""Names that are looked for one by one: of so few that is faster than to take a text apart."""

_NAT64 = 0x0064FF9B << 64
"""The first 96 bits of an IPv6 address that stands for one of IPv4 (RFC 6052 §2.1)."""
_COLONS = re.compile(rb":[0-9A-Fa-f]{1,4}:[0-9A-Fa-f]{1,4}:[0-9A-Fa-f]{1,4}:[0-9A-Fa-f]{1,4}:")
"""What an IPv6 address that is written in full has in its middle; a time of day has not."""
_HYPHENED = re.compile(
    rb"(?<!\d)(\d{1,3})(?:([-_])(\d{1,3})\2(\d{1,3})\2(\d{1,3})(?!\d)|\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.in-addr)"
)
"""An address as names of hosts have it, in either order, and as DNS looks it up (RFC 1035 §3.5), backwards."""
_HYPHENS, _LOW_LINES = re.compile(rb"-\d{1,3}-\d{1,3}-"), re.compile(rb"_\d{1,3}_\d{1,3}_")
"""What such a name has in its middle: seen faster."""
_RUN = re.compile(rb"[0-9A-Fa-f:.]{3,64}")
"""Signs of which addresses are made."""
_DOTTED = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?!\.?\d)")
_PARTS = re.compile(r"[^/\\?&=#\"'<>\s,;|(){}\[\]`]+")
_ODD = re.compile(r"[/\\?&=#\"'<>\s,;|(){}\[\]`]")
_ESCAPED = re.compile(rb"\\x([0-9A-Fa-f]{2})")
_UNICODE = re.compile(r"\\u([0-9A-Fa-f]{4})")


def folded(text: str) -> str:
    """As texts are compared: composed, in small letters."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", text).casefold()


def is_distinctive(name: str) -> bool:
    """Is a name long enough that it is not met by accident?"""
    return sum(_WIDE if ord(sign) > 0x2E7F else 1 for sign in name if sign.isalnum()) >= DISTINCT


@dataclass
class Withheld:
    """What must not be mentioned. Built once for a bundle; used by one thread.

    `networks` and `addresses` (exact ones, as text) are addresses; `paths` are whole withheld paths; `open_names` are
    last parts of paths that are handed over, so that they prove nothing; `words` are names of people, tags and hashes,
    of which those that are not distinctive are ignored here.
    """

    networks: tuple[Network, ...] = ()
    addresses: frozenset[str] = frozenset()
    paths: Iterable[str] = ()
    open_names: frozenset[str] = frozenset()
    words: Iterable[str] = ()
    seen: set[Network] = field(default_factory=set)
    """Networks of which some address was met."""

    def __post_init__(self) -> None:
        self._exact = {each for each in map(_parsed, self.addresses) if each is not None}
        self._hosts = tuple(folded(each) for each in self.addresses if _parsed(each) is None)
        self._known: dict[bytes, bool] = {}
        self._names: dict[str, tuple[str, ...]] = {}
        """Last part to the folders before it that make it a mention; an empty text needs none."""
        odd: set[str] = set()
        for path in self.paths:
            self._add_path(folded(path.strip("/")), odd)
        for word in (*map(folded, self.words), *self._hosts):
            if word and is_distinctive(word):
                self._add(word, "", odd)
        self._has_spaces = any(" " in each for each in odd)
        self._odd = re.compile("|".join(map(_bounded, sorted(odd, key=len, reverse=True)))) if odd else None
        self._wanted = {
            before + name if before != "/" else name
            for name, all_before in self._names.items()
            for before in all_before
        }
        begins = sorted({_beginning(each) for each in (*self.networks, *self._exact) if each.version == 4})
        self._dotted = re.compile("|".join(begins).encode()) if begins else None

    def _add_path(self, path: str, odd: set[str]) -> None:
        above, _, name = path.rpartition("/")
        if not name:
            return
        if is_distinctive(name) and name not in self.open_names:
            self._add(name, "", odd)
        elif _ODD.search(name):
            odd.add(path)
        else:
            self._add(name, f"{above}/" if above else "/", odd)

    def _add(self, name: str, before: str, odd: set[str]) -> None:
        if _ODD.search(name):
            odd.add(before + name)
        else:
            self._names[name] = tuple(dict.fromkeys((*self._names.get(name, ()), before)))

    @property
    def has_addresses(self) -> bool:
        """Is any address kept back?"""
        return bool(self.networks or self._exact)

    @property
    def has_words(self) -> bool:
        """Is any name kept back?"""
        return bool(self._names or self._odd)

    def __bool__(self) -> bool:
        return self.has_addresses or self.has_words

    def mentions(self, raw: bytes) -> bool:
        """Does it stand in these bytes, in any form?"""
        if not self:
            return False
        views = list(_unescaped(raw, _SPACED if self._has_spaces else _UNSPACED))
        if self.has_addresses and any(self.shows_address(view) for view in views):
            return True
        return self.has_words and any(self._names_in(view) for view in views)

    def any_in(self, texts: Sequence[bytes], first: int = 0) -> Iterator[int]:
        """Which of these texts, by their place, mention something. Looked into together, then in halves: faster than
        one by one where few of them do.
        """
        if not texts or not self.mentions(b"\n".join(texts)):
            return
        if len(texts) == 1:
            yield first
            return
        half = len(texts) // 2
        yield from self.any_in(texts[:half], first)
        yield from self.any_in(texts[half:], first + half)

    def mentions_text(self, text: str | None) -> bool:
        """The same for a text; surrogates stand for bytes that are no UTF-8."""
        return text is not None and self.mentions(text.encode("utf-8", "surrogateescape"))

    def holds(self, address: str) -> bool:
        """Is this address kept back? One that cannot be read is when it is kept back by its text."""
        found = _parsed(address)
        if found is None:
            return address in self.addresses
        return self._holds(found)

    def shows_address(self, raw: bytes) -> bool:
        """Does anything in these bytes read like an address that is kept back?"""
        if self._dotted is not None and self._dotted.search(raw):
            found = _RUN.findall(raw)
        elif b"::" in raw or _COLONS.search(raw):
            found = [word for word in _RUN.findall(raw) if b":" in word]
        else:
            found = []
        if any(self._is_kept_back(word) for word in set(found)):
            return True
        if self._dotted is None or not (b"in-addr" in raw or _HYPHENS.search(raw) or _LOW_LINES.search(raw)):
            return False
        return any(map(self._is_host, _HYPHENED.finditer(raw)))

    def _is_host(self, found: re.Match[bytes]) -> bool:
        octets = [int(each) for each in found.group(1, 3, 4, 5, 6, 7, 8) if each is not None]
        orders = (octets[::-1],) if found[2] is None else (octets, octets[::-1])
        return max(octets) < 256 and any(self._holds(ipaddress.IPv4Address(bytes(each))) for each in orders)

    def _is_kept_back(self, word: bytes) -> bool:
        known = self._known.get(word)
        if known is None:
            known = any(self._holds(each) for each in _readings(word))
            if len(self._known) < MEMORY:
                self._known[word] = known
        return known

    def _holds(self, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
        forms = {address}
        if isinstance(address, ipaddress.IPv6Address):
            forms |= {each for each in (address.ipv4_mapped, address.sixtofour) if each is not None}
            if int(address) >> 32 == _NAT64:
                forms.add(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
            if int(address) >> 32 == 0 and int(address) > 1:  # ::203.0.113.5, as RFC 4291 §2.5.5.1 once had it
                forms.add(ipaddress.IPv4Address(int(address)))
        held = False
        for form in forms:
            for network in self.networks:
                if network.version == form.version and form in network:
                    self.seen.add(network)
                    held = True
            held |= form in self._exact
        return held

    def _names_in(self, view: bytes) -> bool:
        text = folded(view.decode("utf-8", "replace"))
        if self._odd is not None and self._odd.search(text):
            return True
        if not self._names:
            return False
        # Most texts hold none of the names anywhere: that is seen without looking at where its parts stand.
        if len(self._wanted) <= FEW:
            if not any(each in text for each in self._wanted):
                return False
        else:
            parts = set(_PARTS.findall(text))
            odd = [part for part in parts if ":" in part or part[0] in _STOPS or part[-1] in _STOPS]
            if self._names.keys().isdisjoint(parts) and not any(
                each in self._names for part in odd for each in _trimmed(part)
            ):
                return False
        return any(
            self._is_named(text, found.start(), part) for found in _PARTS.finditer(text) for part in _trimmed(found[0])
        )

    def _is_named(self, text: str, start: int, part: str) -> bool:
        before = self._names.get(part)
        if before is None:
            return False
        return any(
            not each or _is_below(text, start, each) or (each == "/" and _starts(text, start)) for each in before
        )


def _is_below(text: str, start: int, folders: str) -> bool:
    """Do these folders, whole, stand right before?"""
    first = start - len(folders)
    return first >= 0 and text.startswith(folders, first) and not (first and text[first - 1].isalnum())


def _starts(text: str, start: int) -> bool:
    """Does a part begin a path of its own, as where a file lies in the first folder?"""
    return start == 0 or text[start - 1] in " \t\r\n\"'=<>(,;/"


def _trimmed(part: str) -> tuple[str, ...]:
    """A part as it stands, without the stops of a sentence, and its pieces around colons."""
    bare = part.strip(_STOPS)
    if ":" in bare:
        return (part, bare, *bare.split(":"))
    return (part,) if bare == part else (part, bare)


_STOPS = ".:!…。、"


def _beginning(of: Network | ipaddress.IPv4Address) -> str:
    """A pattern for how every address of a network begins: its whole octets, perhaps with zeros in front."""
    network = ipaddress.IPv4Network(str(of))
    whole = network.prefixlen // 8
    octets = [rf"0{{0,2}}{each}" for each in str(network.network_address).split(".")[:whole]]
    return r"\.".join(octets).removeprefix("0{0,2}") or r"\d\."


def _bounded(text: str) -> str:
    """A pattern for a name that stands for itself."""
    left = r"(?<!\w)" if text[0].isalnum() and text[0].isascii() else ""
    right = r"(?!\w)" if text[-1].isalnum() and text[-1].isascii() else ""
    return f"{left}{re.escape(text)}{right}"


def _unescaped(raw: bytes, ways: Iterable[Callable[[bytes], bytes]]) -> Iterator[bytes]:
    """The bytes as they stand, and with each way of escaping taken away."""
    yield raw
    seen = {raw}
    for way in ways:
        view = way(raw)
        for _ in range(2):
            if view in seen:
                break
            seen.add(view)
            yield view
            view = _percent(view)


def _percent(raw: bytes) -> bytes:
    return unquote_to_bytes(raw) if b"%" in raw else raw


def _form(raw: bytes) -> bytes:
    """As forms are sent: a plus for a space."""
    return _percent(raw.replace(b"+", b" ")) if b"+" in raw else raw


def _plain(raw: bytes) -> bytes:
    """Without the backslashes of logs and of JSON."""
    if b"\\" not in raw:
        return raw
    raw = _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), raw)
    text = raw.decode("utf-8", "surrogateescape")
    text = _UNICODE.sub(lambda found: chr(int(found[1], 16)), text)
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return joined.replace('\\"', '"').replace("\\/", "/").encode("utf-8", "surrogateescape")


def _entities(raw: bytes) -> bytes:
    if b"&" not in raw:
        return raw
    return html.unescape(raw.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def _parsed(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return None


def _readings(word: bytes) -> Iterator[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """The addresses that a run of digits, colons and points may hold."""
    text = word.decode("ascii")
    if text.count(".") >= 3:
        for found in _DOTTED.finditer(text):
            address = _parsed(".".join(str(int(part)) for part in found[0].split(".")))
            if address is not None:
                yield address
    if "::" in text or text.count(":") >= 7:
        bare = text.rstrip(".")
        for each in dict.fromkeys((bare, bare.strip(":"), bare.rstrip(":"), bare.rpartition(":")[0])):
            address = _parsed(each)
            if address is not None:
                yield address


_UNSPACED = (_plain, _percent, _entities)
_SPACED = (*_UNSPACED, _form)
