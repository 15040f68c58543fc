"""The lines of a page: rows of tables, items of lists, lines of ``<pre>``, and runs of other text.

A line belongs to the innermost of these that is open, so that a listing inside a layout table is found. Each table,
list and ``<pre>`` is one group. Unclosed cells, rows and items end where HTML lets them end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from workbench.sources.listings.markup import Token, attribute, words

MAX_CELLS = 64
MAX_LINKS = 64
MAX_WORDS = 4096
MAX_DEPTH = 256

BLOCKS = frozenset[str]().union(
    ("div", "p", "section", "article", "main", "header", "footer", "nav", "aside", "h1", "h2", "h3", "h4", "h5", "h6"),
    ("address", "form", "dl", "dt", "dd", "center", "blockquote", "body", "fieldset", "figure", "hr"),
)
_OPENS = {"table": "tr", "pre": "pre", "xmp": "pre", "ul": "li", "ol": "li", "dir": "li", "menu": "li"}
_BYTES = re.compile(r"\d[\d.,]{0,24}\s?bytes", re.IGNORECASE)
_ORDER = re.compile(r"[0-9]{1,18}")
_PRE = re.compile(r"[^\n]+|\n+")
_ADDRESSES = ("data-href", "data-url", "data-link")
_MARKED = frozenset(("a", "td", "li", "tr", "span", "div", "svg", "i"))


@dataclass(slots=True)
class Link:
    """A link and the cells that its words fill: ``first`` up to, not including, ``end``."""

    href: str
    first: int
    end: int = 0


@dataclass(slots=True)
class Line:
    """One line. A cell of a table row is one cell; elsewhere every piece of text between two tags is one."""

    kind: str
    """``tr``, ``li``, ``pre`` or ``text``."""
    group: int
    cells: list[str] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)
    """Classes, and names and words of icons, in lower case: ``class=…``, ``src=…``, ``alt=…``, ``icon=…``."""
    moment: str = ""
    """The ``datetime`` of a ``<time>``."""
    order: str = ""
    """The first ``data-order``, ``data-size`` or ``data-sort-size`` of a cell that is a number."""
    counted: str = ""
    """A count of bytes in the ``title`` of a cell that shows it rounded."""
    heading: bool = False
    """Whether a cell of the row is a ``<th>``."""
    padding: int = 0
    address: str = ""
    """Where the whole line leads by its ``data-href``, for a script to go there."""
    """Columns that the last cell spans besides its own."""

    def words_of(self, link: Link) -> str:
        """The words of a link."""
        return " ".join(self.cells[link.first : link.end]).strip()


@dataclass(slots=True)
class _Frame:
    kind: str
    tag: str
    group: int
    line: Line | None = None


class Liner:
    """Makes lines out of tokens."""

    def __init__(self, charset: str) -> None:
        self._charset = charset
        self._frames = [_Frame("text", "", 0)]
        self._skipped: dict[str, int] = {}
        self._groups = 0
        self._link: tuple[Line, Link] | None = None
        self._icon = False
        self._ready: list[Line] = []
        self._shared: dict[str, str] = {}
        self.left: list[Line] = []
        """Lines that were still open when the page ended."""

    def lines(self, tokens: Iterable[Token]) -> Iterator[Line]:
        """Every line that has a link or words, in the order in which they end."""
        for token in tokens:
            if not token.tag:
                self._text(token.text)
            elif token.tag.startswith("/"):
                self._close(token.tag[1:])
            else:
                self._open(token.tag, token.attributes)
            if self._ready:
                yield from self._ready
                self._ready.clear()
        self.left = [frame.line for frame in self._frames if frame.line is not None]
        while self._frames:
            self._flush(self._frames[-1])
            self._frames.pop()
        yield from self._ready

    def _open(self, tag: str, attributes: dict[str, str]) -> None:
        frame = self._frames[-1]
        if tag in _OPENS:
            self._push(_OPENS[tag], tag)
        elif tag in ("tr", "li"):
            if frame.kind in (tag, "text"):
                self._flush(frame)
                frame.line = Line(tag, frame.group)
        elif tag in ("td", "th"):
            self._cell(frame, tag, attributes)
        elif tag in ("br", "hr"):
            self._break(frame)
        elif tag in BLOCKS:
            self._block(frame)
        if tag in _MARKED or tag in ("img", "use", "time", "a"):
            self._mark(self._frames[-1], tag, attributes)
        if frame.kind in ("li", "text") and tag != "a":
            self._boundary(frame)

    def _mark(self, frame: _Frame, tag: str, attributes: dict[str, str]) -> None:
        line = self._line(frame)
        if tag == "a":
            if self._link is not None and frame.kind == "pre":  # the link before was never closed
                self._flush(frame)
                line = self._line(frame)
            self._end_link()
            href = attributes.get("href")
            if href is not None:
                if len(line.links) >= MAX_LINKS or (line.kind in ("li", "text") and _holds_a_row(line)):
                    kind = line.kind
                    self._flush(frame)
                    line = frame.line = Line(kind, frame.group)
                self._boundary(frame)
                open_cell = bool(line.cells) and (line.kind == "tr" or not line.cells[-1])
                link = Link(attribute(href), len(line.cells) - open_cell)
                line.links.append(link)
                self._link = line, link
        elif tag == "time" and not line.moment:
            line.moment = words(attributes.get("datetime", "")[:64], self._charset).strip()
        if not line.address and not attributes.get("href"):
            line.address = next((attribute(attributes[name]) for name in _ADDRESSES if attributes.get(name)), "")
        self._icon = tag == "i"
        for name in ("data-order", "data-sort-size", "data-size"):
            if not line.order and name in attributes and _ORDER.fullmatch(attributes[name]):
                line.order = attributes[name]
        if (title := attributes.get("title", "")) and tag != "a" and _BYTES.fullmatch(title):
            line.counted = title
        if len(line.marks) < 24:
            for name in ("class", "alt", "src", "xlink:href", "href" if tag == "use" else "xlink:href"):
                if value := attributes.get(name):
                    line.marks.append(self._same(f"{name}={value[-100:].lower()}"))

    def _cell(self, frame: _Frame, tag: str, attributes: dict[str, str]) -> None:
        if frame.kind not in ("tr", "text"):
            return
        if frame.kind == "text" and (frame.line is None or frame.line.kind != "tr"):
            self._flush(frame)
            frame.line = Line("tr", frame.group)
        line = self._line(frame)
        self._end_link()
        line.heading |= tag == "th"
        if len(line.cells) < MAX_CELLS:
            line.cells.extend([""] * (line.padding + 1))
        span = attributes.get("colspan", "")
        line.padding = int(span) - 1 if re.fullmatch("[2-9]|1[0-6]", span) else 0

    def _close(self, tag: str) -> None:
        frame = self._frames[-1]
        if tag == "a":
            self._end_link()
        elif tag in _OPENS:
            self._pop(tag)
        elif tag in ("tr", "li"):
            if frame.line is not None and frame.line.kind == tag:
                self._flush(frame)
        elif tag in BLOCKS:
            self._block(frame)
        if tag == "i":
            self._icon = False
        if self._frames[-1].kind in ("li", "text") and tag != "a":
            self._boundary(self._frames[-1])

    def _text(self, raw: str) -> None:
        frame = self._frames[-1]
        if frame.kind != "pre":
            self._add(frame, raw)
            return
        for found in _PRE.finditer(raw):
            if found[0].startswith("\n") and self._link is None:
                self._flush(frame)
            else:
                self._add(frame, found[0])

    def _add(self, frame: _Frame, raw: str) -> None:
        if raw.isspace() and (frame.line is None or frame.kind != "pre"):
            if frame.line is not None:
                self._space(frame.line)
            return
        line = self._line(frame)
        shown = words(raw[:MAX_WORDS], self._charset)
        if self._icon:
            line.marks.append(f"icon={shown.strip().lower()[:40]}")
            return
        if not line.cells:
            line.cells.append("")
        if len(line.cells[-1]) < MAX_WORDS:
            joined = line.cells[-1] + shown if line.cells[-1] else shown
            line.cells[-1] = joined if frame.kind == "pre" else self._same(joined.strip("\r\n\t\x0c"))

    def _boundary(self, frame: _Frame) -> None:
        """What follows is another cell of the line."""
        line = frame.line
        if line is not None and line.kind != "tr" and line.cells and line.cells[-1] and len(line.cells) < MAX_CELLS * 8:
            line.cells.append("")

    def _break(self, frame: _Frame) -> None:
        if frame.kind in ("pre", "text") and (frame.line is None or frame.line.kind != "tr"):
            self._flush(frame)
        elif frame.line is not None:
            self._space(frame.line)

    def _block(self, frame: _Frame) -> None:
        if frame.kind == "text" and (frame.line is None or frame.line.kind == "text"):
            if self._link is None:
                self._flush(frame)
        elif frame.line is not None and frame.kind != "pre":
            self._space(frame.line)

    @staticmethod
    def _space(line: Line) -> None:
        if line.cells and line.cells[-1] and not line.cells[-1].endswith(" ") and len(line.cells[-1]) < MAX_WORDS:
            line.cells[-1] += " "

    def _line(self, frame: _Frame) -> Line:
        if frame.line is None:
            frame.line = Line(frame.kind, frame.group)
        return frame.line

    def _end_link(self) -> None:
        if self._link is not None:
            line, link = self._link
            link.end = len(line.cells)
            self._link = None
            if line.kind != "tr" and line.cells and line.cells[-1]:
                line.cells.append("")

    def _flush(self, frame: _Frame) -> None:
        line, frame.line = frame.line, None
        if line is None:
            return
        if self._link is not None and self._link[0] is line:
            self._end_link()
        if line.address and not line.links:
            first = next((place for place, cell in enumerate(line.cells) if cell.strip()), None)
            if first is not None:
                line.links.append(Link(line.address, first, first + 1))
        if line.links or any(line.cells):
            self._ready.append(line)

    def _push(self, kind: str, tag: str) -> None:
        if len(self._frames) >= MAX_DEPTH:
            self._skipped[tag] = self._skipped.get(tag, 0) + 1
            return
        if self._frames[-1].kind in ("text", "pre"):
            self._flush(self._frames[-1])
        self._groups += 1
        self._frames.append(_Frame(kind, tag, self._groups))

    def _pop(self, tag: str) -> None:
        if self._skipped.get(tag):
            self._skipped[tag] -= 1
            return
        if not any(frame.tag == tag for frame in self._frames):
            return
        while self._frames[-1].tag != tag:
            self._flush(self._frames[-1])
            self._frames.pop()
        self._flush(self._frames[-1])
        self._frames.pop()

    def _same(self, text: str) -> str:
        """One copy of words that come back in row after row."""
        if len(text) > 32:
            return text
        if len(self._shared) > 4096:
            self._shared.clear()
        return self._shared.setdefault(text, text)


def _holds_a_row(line: Line) -> bool:
    """Whether the last link of a line has several pieces of text in it, as where a whole row is one link."""
    if not line.links:
        return False
    last = line.links[-1]
    return sum(bool(cell.strip()) for cell in line.cells[last.first : last.end]) > 1
