"""JSON of any size read piece by piece: never more than one string in memory, no recursion, bounded depth.

Source: RFC 8259. Strings are decoded by the standard library; a surrogate that stands alone is replaced, since no
database takes it.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import BinaryIO

from workbench.sources.base import SourceError

DEEPEST = 20_000
LONGEST = 1 << 20
"""Characters of one string or number."""
_BLOCK = 1 << 18
_SPACE = re.compile(r"[ \t\r\n]*")
_STRING = re.compile(r'"[^"\\\x00-\x1f]*(?:\\.[^"\\\x00-\x1f]*)*"', re.DOTALL)
_ATOM = re.compile(r"[-+.0-9A-Za-z]+")
_WORDS = {"true": True, "false": False, "null": None}
_SURROGATE = re.compile("[\ud800-\udfff]")

Scalar = str | int | float | bool | None
Event = tuple[str, Scalar]
"""``{`` ``}`` ``[`` ``]`` with null, ``key`` with a name, ``value`` with a scalar."""


class _Text:
    """The characters of a stream, with the part in hand."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self.text = ""
        self.at = 0
        self._ended = False

    def more(self) -> bool:
        """Read on; false at the end."""
        if self._ended:
            return False
        if len(self.text) - self.at > LONGEST:
            raise SourceError("import-json-damaged")
        block = self._stream.read(_BLOCK)
        self._ended = not block
        self.text = self.text[self.at :] + self._decoder.decode(block, final=not block)
        self.at = 0
        return not self._ended

    def sign(self) -> str:
        """The next character that is no white space; empty at the end."""
        while True:
            found = _SPACE.match(self.text, self.at)
            self.at = found.end() if found else self.at
            if self.at < len(self.text):
                return self.text[self.at]
            if not self.more():
                return ""

    def string(self) -> str:
        """A string whose quote is the next character."""
        while (found := _STRING.match(self.text, self.at)) is None:
            if not self.more():
                raise SourceError("import-json-cut-off")
        self.at = found.end()
        try:
            return _SURROGATE.sub("\ufffd", json.loads(found[0]))
        except ValueError:
            raise SourceError("import-json-damaged") from None

    def atom(self) -> Scalar:
        """A number or a word."""
        while True:
            found = _ATOM.match(self.text, self.at)
            if found is None:
                raise SourceError("import-json-damaged")
            if found.end() < len(self.text) or not self.more():
                break
        found = _ATOM.match(self.text, self.at)
        assert found is not None
        self.at = found.end()
        word = found[0]
        if word in _WORDS:
            return _WORDS[word]
        try:
            value = json.loads(word)
        except ValueError:
            raise SourceError("import-json-damaged") from None
        if not isinstance(value, int | float):
            raise SourceError("import-json-damaged")
        return value


def events(stream: BinaryIO) -> Iterator[Event]:
    """Everything of one document, in order.

    Raises `SourceError` ``import-json-damaged`` or ``import-json-cut-off`` at the place where it ends to be JSON, and
    `OSError` of the stream.
    """
    text = _Text(stream)
    closing: list[str] = []
    expect = "value"
    while True:
        sign = text.sign()
        if not sign:
            if expect == "end":
                return
            raise SourceError("import-json-cut-off")
        if expect == "end":
            raise SourceError("import-json-damaged")
        if expect in ("comma", "first", "first-key") and closing and sign == closing[-1]:
            text.at += 1
            closing.pop()
            yield sign, None
            expect = "comma" if closing else "end"
        elif expect == "comma":
            if sign != ",":
                raise SourceError("import-json-damaged")
            text.at += 1
            expect = "key" if closing[-1] == "}" else "value"
        elif expect in ("key", "first-key"):
            if sign != '"':
                raise SourceError("import-json-damaged")
            yield "key", text.string()
            if text.sign() != ":":
                raise SourceError("import-json-cut-off" if not text.sign() else "import-json-damaged")
            text.at += 1
            expect = "value"
        elif sign in "{[":
            if len(closing) >= DEEPEST:
                raise SourceError("import-json-damaged")
            text.at += 1
            closing.append("}" if sign == "{" else "]")
            yield sign, None
            expect = "first-key" if sign == "{" else "first"
        else:
            yield "value", text.string() if sign == '"' else text.atom()
            expect = "comma" if closing else "end"


Tree = Scalar | dict[str, "Tree"] | list["Tree"]
ITEM_PARTS = 4096
"""Scalars within one item of a list."""


def items(stream: BinaryIO) -> Iterator[Tree]:
    """The items of a document that is one list, one by one. Raises as `events`."""
    source = events(stream)
    kind, _ = next(source)
    if kind != "[":
        raise SourceError("import-json-damaged")
    for kind, value in source:
        if kind == "]":
            for _ in source:  # what follows the list is damage
                pass
            return
        yield value if kind == "value" else _tree(kind, source)


def _tree(opened: str, source: Iterator[Event]) -> Tree:
    """A value that has just been opened, put together without recursion."""
    top: dict[str, Tree] | list[Tree] = {} if opened == "{" else []
    stack: list[tuple[dict[str, Tree] | list[Tree], str]] = [(top, "")]
    name = ""
    for count, (kind, value) in enumerate(source):
        if count > ITEM_PARTS:
            raise SourceError("import-json-damaged")
        if kind == "key":
            name = str(value)
            continue
        if kind in "}]":
            stack.pop()
            if not stack:
                return top
            continue
        made: Tree = value if kind == "value" else {} if kind == "{" else []
        into = stack[-1][0]
        if isinstance(into, dict):
            into[name] = made
        else:
            into.append(made)
        if isinstance(made, dict | list):
            stack.append((made, name))
    raise SourceError("import-json-cut-off")
