"""What one line of a listing says: a link, and the words of size, time and kind beside it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from workbench.sources.listings import sizes, stamps
from workbench.sources.listings.columns import FILE_WORDS, FOLDER_WORDS, Columns, columns_of, is_parent, marks_folder
from workbench.sources.listings.document import Document
from workbench.sources.listings.lines import Line, Link
from workbench.sources.listings.links import Away, Target
from workbench.sources.listings.sizes import Size

_AFTER = re.compile(
    r"\s*(-(?=\s|$)|<dir>|\[dir\]|\d[\d.,]{0,20}(?:\s?(?:bytes|[kmgtp]?i?b|[kmgtp]))?(?=\s|$))", re.IGNORECASE
)
_BEFORE = re.compile(r"(?:^|\s)(\d{1,20})\s*$")
_MODE = re.compile(r"d[r-][w-][xsStT-]")
"""How ``ls -l`` begins the line of a folder; some servers leave out what others may do."""
_SPACE = " \t\r\n\xa0"


@dataclass(slots=True)
class Row:
    """A line that is, or might be, an entry of a listing."""

    target: Target | Away
    shown: str
    is_folder: bool | None = None
    """As far as its icon, its words or its address say so."""
    size: Size | None = None
    blank: bool = False
    """Whether the place for its size is left empty."""
    when: str = ""
    moment: str = ""
    """The time in a form for machines, where the page has one."""
    stamp: str = ""
    others: tuple[Target, ...] = ()
    """What else the line links to."""
    is_parent: bool = False

    @property
    def detailed(self) -> bool:
        """Whether it says anything besides a name."""
        return self.size is not None or bool(self.when or self.moment)


def rows_of(document: Document, lines: Iterable[Line], *, orders: bool = False, every: bool = False) -> Iterator[Row]:
    """The rows that lines hold, headings of tables left out.

    `orders`: sizes stand exactly in attributes made for sorting. `every`: each link of a line is a row of its own.
    """
    columns: Columns | None = None
    group = -1
    for line in lines:
        if line.group != group:
            group, columns = line.group, None
        found = [(link, target) for link in line.links if (target := _follow(document, line, link)) is not None]
        if not found:
            if line.kind == "tr" and columns is None:
                columns = columns_of(line)
        elif every:
            for link, target in found:
                yield _row(line, link, target, (), None, orders)
        else:
            link, target = _chosen(line, found, columns)
            others = tuple(other for _, other in found if isinstance(other, Target) and other != target)
            yield _row(line, link, target, others, columns, orders)


def _follow(document: Document, line: Line, link: Link) -> Target | Away | None:
    return document.resolver.follow(link.href, line.words_of(link) if "#" in link.href or "?" in link.href else "")


def _chosen(line: Line, found: list[tuple[Link, Target | Away]], columns: Columns | None) -> tuple[Link, Target | Away]:
    """The link that names the entry: in the column for names, else the first with words."""
    if columns is not None and columns.name is not None:
        named = [each for each in found if each[0].first == columns.name and line.kind == "tr"]
        found = named or found
    return next((each for each in found if line.words_of(each[0]).strip(_SPACE)), found[0])


def _row(
    line: Line,
    link: Link,
    target: Target | Away,
    others: tuple[Target, ...],
    columns: Columns | None,
    orders: bool,
) -> Row:
    shown = " ".join(line.words_of(link).split())
    row = Row(target, shown, others=others, moment=line.moment)
    row.is_parent = is_parent(shown, target.name if isinstance(target, Target) else b"")
    if line.kind == "pre":
        _read_pre(row, line, link)
    else:
        _read_cells(row, line, link, columns)
    if orders and line.order and row.is_folder is not True:
        row.size = Size(int(line.order), exact=True)
        row.stamp = f"{line.order} {row.stamp}"
    if line.counted and row.size is not None:
        row.size, row.stamp = sizes.read(line.counted), line.counted
    row.stamp = f"{row.stamp} {row.moment or row.when}".strip(_SPACE)[:200]
    if target.is_folder:
        row.is_folder = True
    elif isinstance(target, Target) and target.home.program:
        row.is_folder = False
    elif row.is_folder is None:
        row.is_folder = marks_folder(line)
    return row


def _read_pre(row: Row, line: Line, link: Link) -> None:
    """``name  time  size  description`` or ``time  size  name``, split by spaces."""
    before, after = " ".join(line.cells[: link.first]), " ".join(line.cells[link.end :])
    text, when = after, stamps.find(after)
    if when is None:
        text, when = before, stamps.find(before)
        if when is None:
            text = after
    found = _AFTER.match(text, when.end if when else 0)
    words = found[1] if found else ""
    if when is not None:
        row.when = when.text
        if not words and text is before and (earlier := _BEFORE.search(text, 0, when.start)):
            words = earlier[1]
    row.stamp = words
    if (
        _MODE.match(before.lstrip())
        or after.startswith("/")
        or "<dir>" in before[-40:].lower()
        or words.lower() in FOLDER_WORDS
    ):
        row.is_folder = True
    row.size = sizes.read(words) if words else None
    row.blank = words in ("-", "<dir>")


def _read_cells(row: Row, line: Line, link: Link, columns: Columns | None) -> None:
    """Cells of a table, by their headings where there are some, else by what they look like."""
    skipped = _named(line, link, row)
    cells = {place: " ".join(cell.split()) for place, cell in enumerate(line.cells) if place != skipped}
    if columns is not None and columns.size in cells:
        words = cells[columns.size]
        row.size, row.blank = sizes.read(words), sizes.is_blank(words)
        row.stamp = words
    else:
        row.blank = columns is not None and columns.size is not None
        for bare in (False, True):
            sized = ((words, sizes.read(words, bare)) for words in cells.values() if words)
            words, row.size = next(((words, size) for words, size in sized if size is not None), ("", None))
            row.stamp = words
            if row.size is not None or line.kind != "tr":
                break
    if row.size is None and line.kind != "tr" and not row.blank:
        row.size = next((size for words in cells.values() if (size := sizes.find(words)) is not None), None)
        row.stamp = str(row.size.number) if row.size is not None else ""
    if columns is not None and columns.time in cells and (when := stamps.find(cells[columns.time])):
        row.when = when.text
    else:
        row.when = next((when.text for words in cells.values() if words and (when := stamps.find(words))), "")
    lowered = {words.lower().strip(_SPACE) for words in cells.values()}
    if lowered & FOLDER_WORDS:
        row.is_folder = True
    elif lowered & FILE_WORDS:
        row.is_folder = False
    row.blank |= "-" in lowered or "—" in lowered


def _named(line: Line, link: Link, row: Row) -> int:
    """The cell that holds the name, which is neither a size nor a time whatever it looks like; -1 when none does."""
    if line.kind == "tr":
        return link.first
    name = row.target.name.decode("utf-8", "replace") if isinstance(row.target, Target) else ""
    places = [place for place in range(link.first, min(link.end, len(line.cells))) if line.cells[place].strip(_SPACE)]
    same = [place for place in places if line.cells[place].strip(" /\t\r\n\xa0") == name]
    return (same or places or [-1])[0]
