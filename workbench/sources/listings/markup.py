"""HTML as a stream of tags and text, in one pass, in time and memory linear in the page (WHATWG HTML §13.2.5).

No tree is built. A tree of a hostile page grows without bound in time (50,000 nested ``<div>`` take lexbor 6 s, and the
time is quadratic) and in memory (32 MB of ``<a>`` take 2.3 GB), and a listing needs only the order of its tags. The
text has one character for each byte of the page; see `workbench.sources.listings.charset`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import NamedTuple

from workbench.sources.listings import charset

MAX_TOKENS = 3_000_000
"""More than the wordiest server writes into 32 MB; a page with more is read up to here and called cut off."""
MAX_VALUE = 65_536
MAX_ATTRIBUTES = 64
RAW = frozenset(("script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"))

_NEXT = re.compile(r"<(?=[A-Za-z/!?])")
_NAME = re.compile(r"(/?)([A-Za-z][^\s/>]{0,64}+)")
_ATTRIBUTE = re.compile(
    r"""[\s/]*+(?:(?P<end>>)|(?P<name>=?[^\s/>=]*+)(?:\s*+=\s*+(?:(?P<quote>["'])|(?P<bare>[^\s>]*+)))?)"""
)
_ENDS = {name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE) for name in RAW}
_ENTITY = re.compile(r"&(?:#[0-9]{1,8}(?![0-9]);?|#[xX][0-9A-Fa-f]{1,7}(?![0-9A-Fa-f]);?|[A-Za-z][A-Za-z0-9]{1,31};)")


class Token(NamedTuple):
    """A piece of a page: text, the start of an element, or its end. An element's raw text follows its start."""

    tag: str
    """In lower case; empty for text; with a leading slash for an end."""
    text: str
    """The raw text, entities and all; empty for tags."""
    attributes: dict[str, str]
    """Names in lower case; values raw."""


_NONE: dict[str, str] = {}


def tokens(text: str) -> Iterator[Token]:
    """Every piece of the page. The last one has the tag ``!cut`` when the page ends in the middle of markup."""
    at, length = 0, len(text)
    for _ in range(MAX_TOKENS):
        found = _NEXT.search(text, at)
        if found is None:
            if at < length:
                yield Token("", text[at:], _NONE)
            return
        if found.start() > at:
            yield Token("", text[at : found.start()], _NONE)
        at = found.end()
        name = _NAME.match(text, at)
        if name is None:
            at = _after_comment(text, at)
        else:
            attributes: dict[str, str] = {}
            at = _attributes(text, name.end(), attributes)
            if at >= 0:
                tag = name[2].lower()
                yield Token(name[1] + tag, "", attributes)
                if tag in RAW and not name[1]:
                    ended = _ENDS[tag].search(text, at)
                    yield Token("", text[at : ended.start() if ended else length], _NONE)
                    at = ended.start() if ended else -1
        if at < 0:
            break
    yield Token("!cut", "", _NONE)


def attribute(raw: str) -> str:
    """A value with its entities resolved, still one character for each byte (UTF-8 for what an entity names)."""
    if "&" not in raw:
        return raw
    return _ENTITY.sub(lambda found: html.unescape(found[0]).encode("utf-8", "replace").decode("latin-1"), raw)


def words(raw: str, encoding: str) -> str:
    """Text as a reader sees it, white space as it stands."""
    shown = charset.words(raw, encoding)
    return _ENTITY.sub(lambda found: html.unescape(found[0]), shown) if "&" in shown else shown


def _after_comment(text: str, at: int) -> int:
    """Behind a comment, a doctype or what a browser takes for one; negative when it does not end."""
    if text.startswith("!--", at):
        if text.startswith((">", "->"), at + 3):
            return text.index(">", at) + 1
        end = text.find("-->", at + 3)
        return end + 3 if end >= 0 else -1
    if text.startswith("![CDATA[", at):
        at += 8
    end = text.find(">", at)
    return end + 1 if end >= 0 else -1


def _attributes(text: str, at: int, into: dict[str, str]) -> int:
    """Read attributes up to the end of the tag; the place behind it, or negative when the page ends before."""
    while found := _ATTRIBUTE.match(text, at):
        if found["end"]:
            return found.end()
        if found.end() == at:
            return -1
        at = found.end()
        value = found["bare"] or ""
        if found["quote"]:
            end = text.find(found["quote"], at)
            if end < 0:
                return -1
            value = text[at : min(end, at + MAX_VALUE)]
            at = end + 1
        name = found["name"][:64].lower()
        if len(into) < MAX_ATTRIBUTES and name not in into:
            into[name] = value[:MAX_VALUE]
    return -1
