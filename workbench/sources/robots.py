"""The rules of a host for robots, as RFC 9309 has them read: what of the host may be asked for by us."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit, urlunsplit

PRODUCT = "Workbench"
"""The token by which rules speak of us."""
LIMIT = 500 << 10
"""Bytes of the rules that are read (§2.5)."""
_TOKEN = re.compile(r"\*|[A-Za-z_-]+")
_SIGN = re.compile(r"%([0-9A-Fa-f]{2})|([^!-~]|%)|([*$])")
_APART = frozenset(b"%/?#*$")
"""Signs that mean something else when they stand for themselves."""

Pattern = tuple[str, ...]


def robots_url(start: str) -> str:
    """Where a host keeps its rules."""
    parts = urlsplit(start)
    return urlunsplit((parts.scheme, parts.netloc, "/robots.txt", "", ""))


def rules_of(status: int | None, text: str | None) -> Robots:
    """What the answer to the question for the rules comes to (§2.3.1).

    With 2xx the text holds. A host without rules (4xx, or one that sends elsewhere) forbids nothing. One that fails
    (5xx), does not answer at all (null) or breaks off forbids everything: nobody knows what it would have said.
    """
    if status is not None and 200 <= status < 300 and text is not None:
        return Robots(text)
    if status is not None and 300 <= status < 500:
        return Robots(None)
    return Robots(None, closed=True)


class Robots:
    """The rules of one host for the product of that name. Pure.

    `text` is what the host said, null where it said nothing; `closed` tells that everything is forbidden since nothing
    is known of its rules.
    """

    def __init__(self, text: str | None, product: str = PRODUCT, *, closed: bool = False) -> None:
        self.text = text
        self.closed = closed
        self._plain: dict[str, bool] = {}
        self._wild: dict[Pattern, tuple[int, bool]] = {}
        for allow, path in _rules_for(product.lower(), text or ""):
            self._add(allow, path)
        self._lengths = sorted({len(each) for each in self._plain})

    def allows(self, url: str) -> bool:
        """May this be asked for? The longest pattern decides; of two as long, the one that allows (§2.2.2)."""
        path = _asked_for(url)
        if path == "/robots.txt":
            return True
        if self.closed:
            return False
        best = (-1, True)
        for length in reversed(self._lengths[: bisect_right(self._lengths, len(path))]):
            allow = self._plain.get(path[:length])
            if allow is not None:
                best = (length, allow)
                break
        for pattern, found in self._wild.items():
            if found > best and _matches(pattern, path):
                best = found
        return best[1]

    def _add(self, allow: bool, path: str) -> None:
        pattern = _pattern(path)
        if len(pattern) == 1:
            self._plain[pattern[0]] = allow or self._plain.get(pattern[0], False)
        else:
            length = sum(map(len, pattern)) + path.count("*")
            self._wild[pattern] = max((length, allow), self._wild.get(pattern, (length, allow)))


def _rules_for(product: str, text: str) -> Iterator[tuple[bool, str]]:
    """The rules of all groups that name the product, else of those for everybody (§2.2.1); patterns as written."""
    own: list[tuple[bool, str]] = []
    everybody: list[tuple[bool, str]] = []
    named = False
    agents: set[str] = set()
    in_rules = False
    for key, value in _lines(text):
        if key == "user-agent":
            if in_rules:
                agents, in_rules = set(), False
            token = _TOKEN.match(value)
            agents.add("" if token is None else token[0].lower())
            named |= product in agents
        elif key in ("allow", "disallow"):
            in_rules = True
            rule = (key == "allow", value)
            if product in agents and value:
                own.append(rule)
            if "*" in agents and value:
                everybody.append(rule)
    yield from own if named else everybody


def _lines(text: str) -> Iterator[tuple[str, str]]:
    """Keys in lower case with their values, of whole lines within the limit."""
    data = text.encode("utf-8", "surrogateescape")
    if len(data) > LIMIT:
        data = data[:LIMIT]
        data = data[: max(data.rfind(b"\n"), data.rfind(b"\r"), 0)]
    for line in re.split(r"[\r\n]+", data.decode("utf-8", "surrogateescape").removeprefix("\ufeff")):
        key, colon, value = line.partition("#")[0].partition(":")
        if colon:
            yield key.strip().lower(), value.strip()


def _pattern(path: str) -> Pattern:
    """What has to stand in a path, one after the other, with anything between; the first part at its beginning.

    A ``$`` of its own at the end says that the path ends there. A pattern without that and without a star is one part.
    """
    parts = [_normal(each) for each in _plain_query(path.removesuffix("$")).split("*")]
    return (*parts, "$") if path.endswith("$") else tuple(parts)


def _matches(pattern: Pattern, path: str) -> bool:
    ends = pattern[-1] == "$"
    first, *rest = pattern[:-1] if ends else pattern
    if not path.startswith(first):
        return False
    if ends and not rest:
        return path == first
    at = len(first)
    last = rest.pop() if ends else None
    for each in rest:
        found = path.find(each, at)
        if found < 0:
            return False
        at = found + len(each)
    return last is None or (len(path) - len(last) >= at and path.endswith(last))


def _asked_for(url: str) -> str:
    parts = urlsplit(url)
    path = parts.path or "/"
    return _normal(_plain_query(f"{path}?{parts.query}") if "?" in url.partition("#")[0] else path)


def _plain_query(text: str) -> str:
    """Slashes and question marks of a query divide nothing there, so that it is all one how they are written."""
    path, mark, query = text.partition("?")
    return path + mark + re.sub("%(?:2[Ff]|3[Ff])", lambda found: unquote(found[0]), query)


def _normal(text: str) -> str:
    """A path or a part of a pattern with every sign written in one way: those of ASCII as themselves, but for the ones
    that then mean something else, and all other bytes percent-encoded.
    """
    return _SIGN.sub(_written, text)


def _written(found: re.Match[str]) -> str:
    digits, other, _ = found.groups()
    if digits is not None:
        byte = int(digits, 16)
        return chr(byte) if 0x21 <= byte <= 0x7E and byte not in _APART else f"%{byte:02X}"
    raw = (other or found[0]).encode("utf-8", "surrogateescape")
    return "".join(f"%{byte:02X}" for byte in raw)
