"""JSON of any size read piece by piece: never more than one string in memory, no recursion, bounded depth.

Source: RFC 8259. Strings are decoded by the standard library; a surrogate that stands alone is replaced, since no
database takes it.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import BinaryIO, NoReturn

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

    def item(self) -> Tree:
        """A whole value, which fits into memory. Raises `SourceError`."""
        if not self.sign():
            raise SourceError("import-json-cut-off")
        while True:
            try:
                value, end = _DECODER.raw_decode(self.text, self.at)
            except RecursionError:
                raise SourceError("import-json-damaged") from None
            except ValueError:
                value, end = None, -1
            # What ends with the text in hand may go on: a number, or a value that was cut.
            if 0 <= end < len(self.text):
                break
            if not self.more():
                if end >= 0:
                    break
                raise SourceError("import-json-cut-off" if self._is_open() else "import-json-damaged")
        escaped = "\\u" in self.text[self.at : end]
        self.at = end
        return _clean(value) if escaped else value

    def _is_open(self) -> bool:
        """Does the text in hand end within a value?"""
        try:
            _DECODER.raw_decode(self.text, self.at)
        except json.JSONDecodeError as error:
            return error.pos >= len(self.text) - 6 or error.msg.startswith("Unterminated string")
        except (ValueError, RecursionError):
            return False
        return False

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


def items(stream: BinaryIO) -> Iterator[Tree]:
    """The items of a document that is one list, one by one, each read by the standard library. Raises as `events`."""
    text = _Text(stream)
    _expect(text, "[")
    if text.sign() == "]":
        text.at += 1
    else:
        while True:
            yield text.item()
            if _expect(text, ",]") == "]":
                break
    if text.sign():
        raise SourceError("import-json-damaged")


def _expect(text: _Text, signs: str) -> str:
    """Pass over one of some signs. Raises `SourceError`."""
    sign = text.sign()
    if not sign or sign not in signs:
        raise SourceError("import-json-damaged" if sign else "import-json-cut-off")
    text.at += 1
    return sign


def _no_number(word: str) -> NoReturn:
    raise ValueError(word)


_DECODER = json.JSONDecoder(parse_constant=_no_number)


def _clean(value: Tree) -> Tree:
    """Without surrogates that stand alone. As deep as the standard library reads, which is bounded."""
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_clean(each) for each in value]
    if isinstance(value, dict):
        return {str(_clean(name)): _clean(each) for name, each in value.items()}
    return value
