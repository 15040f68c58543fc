"""XML answers of servers, read row by row: no document type, no entities, and never more in memory than one row."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

DEEPEST = 32
MOST_NODES = 50_000
"""Elements of one row."""
MOST_ROWS = 100_000
"""Rows of a broken document that are read one by one."""
MOST_TEXT = 1 << 20
"""Characters of one row."""
_PIECE = 1 << 16


class Node:
    """An element of a row: its name, the text directly in it, its children."""

    __slots__ = ("_parts", "children", "tag")

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.children: list[Node] = []
        self._parts: list[str] = []

    def add(self, text: str) -> None:
        """More text."""
        self._parts.append(text)

    @property
    def raw(self) -> str:
        """The text, to the last blank."""
        return "".join(self._parts)

    @property
    def text(self) -> str:
        """The text without blanks around it."""
        return self.raw.strip()

    def first(self, tag: str) -> Node | None:
        """The first child of that name."""
        return next(self.all(tag), None)

    def all(self, tag: str) -> Iterator[Node]:
        """The children of that name."""
        return (child for child in self.children if child.tag == tag)


def read_rows(
    body: bytes, roots: Collection[str], take: Callable[[Node], None], *, namespaces: bool = True
) -> str | None:
    """Give each child of the root element to `take`, in order; returns the name of the root.

    Null when the body is no XML to its end, is rooted in something else, declares a document type, or goes beyond the
    bounds; `take` may have had rows by then. Without `namespaces` the names are local ones. Blanks before the XML
    declaration, which some servers write, are overlooked; anything else there is not.
    """
    target = _Rows(roots, take, namespaces=namespaces)
    try:
        parser = DefusedXMLParser(target=target, forbid_dtd=True)
        text = body.lstrip(b" \t\r\n")
        for start in range(0, len(text), _PIECE):
            parser.feed(text[start : start + _PIECE])
        parser.close()
    except (ParseError, DefusedXmlException, _Stop, LookupError, ValueError):
        return None  # LookupError and ValueError: an encoding that nobody knows.
    return target.root


def read_sound_rows(
    body: bytes, root: str, row: str, take: Callable[[Node], None], *, namespaces: bool = True
) -> list[bytes] | None:
    """Read a document that is no XML as a whole row by row, each by itself; returns the beginnings of those lost.

    One raw ``&`` or one sign that XML does not allow makes a whole document unreadable, though it stands in one name.
    `root` and `row` are local names. None where the document does not have its root element from its start to its end:
    what was cut off lacks rows that nobody can count. Never raises.
    """
    text = body.strip(b" \t\r\n\0")
    head = re.match(
        rb"(?P<declared><\?xml[^>]{0,200}\?>)?\s*(?P<start><(?P<name>(?:[\w.-]{1,32}:)?%s)(?:\s[^<>]{0,4096})?>)"
        % root.encode(),
        text,
    )
    if head is None or b"<!DOCTYPE" in text[:4096] or not re.search(rb"</%s\s*>$" % re.escape(head["name"]), text):
        return None
    before, end = (head["declared"] or b"") + head["start"], b"</" + head["name"] + b">"
    lost: list[bytes] = []
    roots = (root, *(found.decode("utf-8", "replace") for found in _namespaces(head["start"], root)))
    starts = [found.start() for found in re.finditer(rb"<(?:[\w.-]{1,32}:)?%s(?=[\s>/])" % row.encode(), text)]
    if not starts or len(starts) > MOST_ROWS:
        return None
    for start, following in zip(starts, [*starts[1:], len(text) - len(end)], strict=True):
        piece = text[start:following]
        name = re.match(rb"<((?:[\w.-]{1,32}:)?%s)" % row.encode(), piece)
        close = -1 if name is None else piece.rfind(b"</" + name[1] + b">")
        whole = piece if name is None or close < 0 else piece[: close + len(name[1]) + 3]
        rows: list[Node] = []
        if close < 0 or read_rows(before + whole + end, roots, rows.append, namespaces=namespaces) is None:
            lost.append(whole[:200])
        else:
            for each in rows:
                take(each)
    return lost


def _namespaces(start: bytes, root: str) -> list[bytes]:
    """The root's names in Clark's notation, for every namespace that it declares."""
    return [
        b"{" + found + b"}" + root.encode() for found in re.findall(rb"xmlns(?::[\w.-]+)?\s*=\s*[\"']([^\"']*)", start)
    ]


class _Stop(Exception):
    """The page is not what it should be."""


class _Rows:
    """What the parser calls; keeps one row."""

    def __init__(self, roots: Collection[str], take: Callable[[Node], None], *, namespaces: bool) -> None:
        self.root: str | None = None
        self._roots = roots
        self._take = take
        self._namespaces = namespaces
        self._open: list[Node] = []
        self._nodes = 0
        self._text = 0

    def start(self, tag: str, _: dict[str, str]) -> None:
        if not self._namespaces:
            tag = tag.rpartition("}")[2]
        if self.root is None:
            if tag not in self._roots:
                raise _Stop
            self.root = tag
            return
        node = Node(tag)
        if self._open:
            self._open[-1].children.append(node)
        else:
            self._nodes = self._text = 0
        self._open.append(node)
        self._nodes += 1
        if len(self._open) > DEEPEST or self._nodes > MOST_NODES:
            raise _Stop

    def data(self, text: str) -> None:
        if not self._open:
            return
        self._text += len(text)
        if self._text > MOST_TEXT:
            raise _Stop
        self._open[-1].add(text)

    def end(self, _: str) -> None:
        if not self._open:
            return  # The root.
        node = self._open.pop()
        if not self._open:
            self._take(node)

    def close(self) -> None:
        """Nothing is left to be done."""
