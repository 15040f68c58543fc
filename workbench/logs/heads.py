"""What stands in front of the time in a line of the Common Log Format: addresses, ident, user."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from workbench.logs.fields import ip_text, readable, text_or_null
from workbench.logs.forwarded import Trust, address_of, client_of, is_list, items_of
from workbench.logs.layout import FIRST, FORWARDED, LAST, Evidence, Layout, Sketch

TWO, LIST, EMPTY, HOSTS, NAMED, LOCAL, PUBLIC, PORT, USER, HEX, LETTERS, HEX_LAST, LETTERS_LAST = (
    1 << bit for bit in range(13)
)
"""Signs of a head: it has two columns of addresses, and what they are; it has a user, and what its words look like."""


@dataclass(frozen=True)
class Head:
    """What stands before the time. `whole` is false when a field is missing.

    `items` is the forwarded-for list where there is one; `peer` who connected, null where only the list is there.
    """

    address: str
    user: str | None
    whole: bool
    peer: str | None = None
    items: tuple[str, ...] | None = None
    by_list: bool = False
    signs: int = 0


_HOST = re.compile(rb"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_.])?|unix:")
_LEAD = re.compile(rb'(?:"((?:[^"\\]|\\.)*)"|\[([^\]]*)\]|((?:[^ ,"]+ ?, ?)+[^ ,"]+)) ')
"""A first column that is quoted, in brackets, or a list with commas."""
_IDENTIFIER = re.compile(
    rb"[0-9A-Fa-f]{6,64}|[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}|(?=.*\d)[0-9A-Za-z@_-]{22,36}"
)
_LETTER = re.compile(rb"[A-Za-z]")


@dataclass
class Heads:
    """Reads heads by a layout, and gathers the evidence for one."""

    layout: Layout
    evidence: Evidence = field(default_factory=Evidence)
    first_words: set[bytes] = field(default_factory=set)
    last_words: set[bytes] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.trust = Trust(self.layout.trusted)

    def read(self, raw: bytes) -> Head | None:
        """``address ident user``, with a virtual host or a forwarded-for list in front or not; null when no address can
        be named.

        A user may contain spaces. A server that is known by its address only, and logs its virtual host, starts the
        line with that address: of two addresses in a row the second is who connected.
        """
        found = _LEAD.match(raw)
        if found is not None:
            return self._led(next(group for group in found.groups() if group is not None), raw[found.end() :])
        tokens = raw.split(b" ")
        first = ip_text(tokens[0])
        second = ip_text(tokens[1]) if len(tokens) > 1 else None
        if first is None and len(tokens) > 4 and _is_host(tokens[0]):
            rest = raw[len(tokens[0]) + 1 :]
            found = _LEAD.match(rest)
            if found is not None:
                return self._led(next(group for group in found.groups() if group is not None), rest[found.end() :])
            if (third := ip_text(tokens[2])) is not None and second is not None:
                return self._two(tokens[1], third, tokens[3:])
        if second is not None and (first is None or len(tokens) > 3):
            return self._two(tokens[0], second, tokens[2:])
        if second is not None:
            return None
        if first is not None:
            return self._head(first, tokens[1:])
        if not _is_host(tokens[0]):
            if len(tokens) > 2 and address_of(readable(tokens[0])) is not None:
                return self._head(address_of(readable(tokens[0])) or "", tokens[1:])
            return None
        if len(tokens) == 3 or (len(tokens) > 3 and tokens[1] == b"-"):
            return self._head(readable(tokens[0]), tokens[1:])
        if len(tokens) > 3 and tokens[2] == b"-" and _HOST.fullmatch(tokens[1]):
            return self._head(readable(tokens[1]), tokens[2:])
        return None

    def _led(self, lead: bytes, rest: bytes) -> Head | None:
        tokens = rest.split(b" ")
        peer = ip_text(tokens[0])
        if peer is not None and len(tokens) > 2:
            return self._two(lead, peer, tokens[1:])
        items = items_of(lead)
        if not items or not is_list(items):
            return None
        if len(items) == 1:
            alone = address_of(items[0])
            return None if alone is None else self._head(alone, tokens)
        # No virtual host and no peer has a comma: the list stands in the peer's place.
        client = client_of(None, items, self.trust)
        known = [address for each in items if (address := address_of(each)) is not None]
        if client is None and not known:
            return None
        return self._head(client or known[-1], tokens, None, items, by_list=True)

    def _two(self, lead: bytes, peer: str, others: list[bytes]) -> Head:
        items = items_of(lead)
        listed = is_list(items)
        signs = TWO | self._signs(items, peer, listed=listed)
        if not listed or self.layout.first != FORWARDED:
            return self._head(peer, others, signs=signs)
        client = client_of(peer, items, self.trust)
        return self._head(client or peer, others, peer, items, by_list=client is not None, signs=signs)

    def _signs(self, items: tuple[str, ...], peer: str, *, listed: bool) -> int:
        front = self.evidence.front
        if not listed:
            return HOSTS
        front.peers.add(peer)
        return signs_of(items, peer, self.trust, front.values)

    def _head(
        self,
        address: str,
        others: list[bytes],
        peer: str | None = None,
        items: tuple[str, ...] | None = None,
        *,
        by_list: bool = False,
        signs: int = 0,
    ) -> Head:
        words = others[1:]
        whole = len(others) >= 2
        if words and words != [b"-"] and words != [b'""']:
            signs |= USER | self._look(words)
            words = self._without_identifier(words)
        user = b" ".join(words)
        return Head(address, None if user == b'""' else text_or_null(user), whole, peer, items, by_list, signs)

    def _look(self, words: list[bytes]) -> int:
        """Which words may be identifiers."""
        signs = 0
        if _IDENTIFIER.fullmatch(words[0]):
            self.first_words.add(words[0])
            signs |= HEX | (LETTERS if _LETTER.search(words[0]) else 0)
        if len(words) > 1 and _IDENTIFIER.fullmatch(words[-1]):
            self.last_words.add(words[-1])
            signs |= HEX_LAST | (LETTERS_LAST if _LETTER.search(words[-1]) else 0)
        return signs

    def _without_identifier(self, words: list[bytes]) -> list[bytes]:
        if self.layout.identifier == FIRST and _IDENTIFIER.fullmatch(words[0]):
            return words[1:]
        if self.layout.identifier == LAST and len(words) > 1 and _IDENTIFIER.fullmatch(words[-1]):
            return words[:-1]
        return words


def signs_of(items: tuple[str, ...], peer: str | None, trust: Trust, values: Sketch) -> int:
    """What a list looks like beside its peer."""
    signs = LOCAL if peer is not None and trust.holds(peer) else 0
    if not items:
        return signs | EMPTY
    known = [address for each in items if (address := address_of(each)) is not None]
    if known:
        signs |= NAMED
        values.add(known[-1])
        if not all(trust.holds(each) for each in known):
            signs |= PUBLIC
        if any(each.rpartition(":")[2].isdecimal() and ":" in each and each != address_of(each) for each in items):
            signs |= PORT
    return signs | (LIST if len(items) > 1 else 0)


def _is_host(token: bytes) -> bool:
    return _HOST.fullmatch(token) is not None or token.rpartition(b":")[2].isdigit()
