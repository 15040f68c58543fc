"""Go through the files of a finished bundle, and remember where something stands that must not be in it."""

# ruff: noqa: S608 - SQL is put together from our own names

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO

from workbench.bundle import layout
from workbench.bundle.leaks.forms import MANY, Pattern, patterns_of
from workbench.bundle.leaks.needles import Sought
from workbench.bundle.leaks.scan import Content, Finder
from workbench.case import driver
from workbench.case.bigrams import index_text
from workbench.case.transaction import TEXT_KINDS
from workbench.core.errors import UserError
from workbench.core.messages import Message
from workbench.core.progress import Progress

_NAMES = frozenset({"path", "name", "tag", "author"})
"""Kinds that are words of their own: another, longer word does not tell them."""
NAMED = 5
"""So many places are named in the message."""

_CELLS: dict[str, tuple[tuple[str, str], ...]] = {
    "path": (("path", "display"), ("path", "key"), ("logpath", "display")),
    "tag": (("mark", "slot"), ("mark", "value"), ("mark_now", "slot"), ("mark_now", "value")),
    "note": (("mark", "value"), ("mark_now", "value")),
    "author": (("actor", "name"), ("setting", "value"), ("charter", "who")),
    "own": (("address", "text"),),
    "fact": (("fact", "value"),),
}
"""Table and column of the bundle's case that hold such values."""
_WRITTEN: dict[str, tuple[str, ...]] = {
    "path": ('"path": {}', '"old_path": {}', '"paths": [{}'),
    "tag": ('"tag": {}', '"verdict": {}', '"value": {}', '"tags": [{}', '"tag", {}', '"verdict", {}'),
    "note": ('"value": {}', '"text": {}'),
    "author": ('"actor": {}', '"author": {}', '"examiner": {}', '"examiner", {}', '"who": {}'),
    "own": ('"address": {}', '"peer": {}'),
    "fact": (),
}
"""How the JSON files of the record name them."""


@dataclass(frozen=True, order=True)
class Hit:
    """A file of the bundle, the place in it where that is packed, and what kind of thing stands there."""

    path: str
    inside: str
    kind: str

    def text(self) -> str:
        """For people; never the thing itself."""
        place = f"{self.path} › {self.inside}" if self.inside else self.path
        what = Message(f"leak-{self.kind}").text()
        return f"{place} ({what})"


@dataclass(frozen=True)
class Searched:
    """What was looked for and where. `unread` are packed files whose inside could not be looked into; `accepted` files
    that are handed over although something was found in them, because the redaction says so.
    """

    strings: int = 0
    files: int = 0
    bytes: int = 0
    unread: int = 0
    accepted: int = 0


class Search:
    """A search of one bundle. Files may be read in several threads at once."""

    def __init__(self, sought: Sought, accept: frozenset[bytes] = frozenset()) -> None:
        self._sought = sought
        few = len(sought.needles) <= MANY
        self._anywhere = Finder(
            [
                each
                for at, needle in enumerate(sought.needles)
                for each in patterns_of(at, needle.value, few=few, is_name=needle.kind in _NAMES)
            ]
        )
        self._common = sorted(sought.common)
        self._cells = Finder([each for at in range(len(self._common)) for each in self._cell_patterns(at)])
        self._accept = {layout.object_path(each.hex()) for each in accept}
        self._accepted: set[str] = set()
        self._unread: set[tuple[str, str]] = set()
        self._hits: set[Hit] = set()
        self._files = self._bytes = 0

    def _cell_patterns(self, at: int) -> Iterator[Pattern]:
        kind, text = self._common[at]
        for ascii_only in (False, True):
            value = json.dumps(text, ensure_ascii=ascii_only)
            for form in _WRITTEN.get(kind, ()):
                yield Pattern(at, form.format(value).encode("utf-8", "surrogateescape"), exact=True)
        if kind == "author":
            yield Pattern(at, f"Contact-Name: {text}\n".encode(), exact=True)

    def file(self, path: str, size: int) -> FileSearch:
        """What is to be fed with the bytes of a file."""
        self._files += 1
        self._bytes += size
        return FileSearch(self, path)

    def database(self, conn: driver.Connection, path: str, progress: Progress) -> None:
        """Search the values of the bundle's case: in the file they lie in pages, which cut them. Raises `Cancelled`."""
        for (table,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            texts: list[bytes] = []
            held = 0
            for row in conn.execute(f'SELECT * FROM "{table}"'):
                for value in row:
                    if isinstance(value, str | bytes):
                        texts.append(value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value)
                        held += len(texts[-1])
                if held > _BLOCK:
                    progress.check()
                    self._values(texts, path, table)
                    texts, held = [], 0
            self._values(texts, path, table)
        for kind, text in self._common:
            for table, column in _CELLS.get(kind, ()):
                if conn.execute(f"SELECT 1 FROM {table} WHERE {column} = ? LIMIT 1", (text,)).fetchone():
                    self._hits.add(Hit(path, table, kind))
        self._text_index(conn, path)

    def _values(self, texts: list[bytes], path: str, table: str) -> None:
        content = Content(self._anywhere, _Told(self, path), inside=table, is_text=True)
        if texts:
            content.feed(b"\n".join(texts))

    def _text_index(self, conn: driver.Connection, path: str) -> None:
        """The index of words keeps them in pieces that no search of bytes finds."""
        kinds = {TEXT_KINDS["path"]: ("path", "display"), TEXT_KINDS["mark"]: ("mark", "value")}
        for needle in self._sought.needles:
            words = index_text(needle.value).replace('"', " ") if isinstance(needle.value, str) else ""
            if not any(sign.isalnum() for sign in words):
                continue
            for (row,) in conn.execute(
                "SELECT rowid FROM text_index WHERE text_index MATCH ? LIMIT 20", (f'"{words}"',)
            ):
                table, column = kinds.get(row % 4, ("", ""))
                if (
                    table
                    and not conn.execute(
                        f"SELECT 1 FROM {table} WHERE id = ? AND {column} IS NOT NULL", (row // 4,)
                    ).fetchone()
                ):
                    self._hits.add(Hit(path, "text_index", needle.kind))

    # what came of it

    def note(self, path: str, inside: str, numbers: set[int], *, common: bool = False) -> None:
        """Something was found."""
        for number in numbers:
            if common:
                self._hits.add(Hit(path, inside, self._common[number][0]))
                continue
            needle = self._sought.needles[number]
            if not needle.evidence and path.startswith((f"{layout.OBJECTS}/", f"{layout.WARCS}/")):
                continue
            if path in self._accept:
                self._accepted.add(path)
            else:
                self._hits.add(Hit(path, inside, needle.kind))

    def unread(self, path: str, inside: str) -> None:
        """Something packed could not be looked into."""
        self._unread.add((path, inside))

    def forget(self, path: str) -> None:
        """A file was taken out of the bundle again."""
        self._hits = {each for each in self._hits if each.path != path}
        self._unread = {each for each in self._unread if each[0] != path}
        self._accepted.discard(path)

    @property
    def hits(self) -> list[Hit]:
        """All that was found, in the order of the files."""
        return sorted(self._hits)

    def done(self) -> Searched:
        """What was searched."""
        strings = len(self._sought.needles) + len(self._common)
        return Searched(strings, self._files, self._bytes, len(self._unread), len(self._accepted))

    def refuse(self, name: str) -> None:
        """Raise `UserError` ``bundle-leak`` where anything was found; it names the first places."""
        hits = self.hits
        if hits:
            shown = "; ".join(each.text() for each in hits[:NAMED])
            raise UserError("bundle-leak", path=name, count=len(hits), places=shown)

    def scanned(self, path: str) -> Content:
        """The search in one file."""
        own = path.endswith((".jsonl", ".json", ".csv", ".txt", ".html", ".py", ".pem"))
        is_text = True if own and not path.startswith(f"{layout.OBJECTS}/") else None
        return Content(self._anywhere, _Told(self, path), is_text=is_text)

    def cells_in(self, data: bytes) -> set[int]:
        """Common texts that are whole values in a piece of the record."""
        return self._cells.found_in(data)


class FileSearch:
    """One file of the bundle. Used by one thread."""

    def __init__(self, search: Search, path: str) -> None:
        self._search = search
        self._path = path
        self._content = search.scanned(path)
        self._has_cells = path.endswith((".jsonl", ".json", ".txt")) and not path.startswith(f"{layout.OBJECTS}/")
        self._edge = b""

    def feed(self, block: bytes) -> None:
        """The next bytes."""
        self._content.feed(block)
        if self._has_cells:
            data = self._edge + block
            self._edge = data[-_EDGE:]
            found = self._search.cells_in(data)
            if found:
                self._search.note(self._path, "", found, common=True)

    def finish(self, reopen: Callable[[], IO[bytes]]) -> None:
        """That was all; `reopen` gives the same bytes again."""
        self._content.finish(reopen)


@dataclass(frozen=True)
class _Told:
    search: Search
    path: str

    def found(self, inside: str, numbers: set[int]) -> None:
        self.search.note(self.path, inside, numbers)

    def unread(self, inside: str) -> None:
        self.search.unread(self.path, inside)


_BLOCK = 1 << 20
_EDGE = 4096
