"""A page, read once: what it says of itself, and its lines with links."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from workbench.sources.listings import charset, markup, stamps
from workbench.sources.listings.lines import Line, Liner
from workbench.sources.listings.links import Resolver, decoded, safe
from workbench.sources.remote import Page

MAX_LINES = 1_000_000
MAX_LINKS = 450_000
MAX_ENTRIES = 200_000
"""Entries that one page may have; what follows is left out, and a remark says so."""

_CLOSED = frozenset(("html", "body", "table", "pre", "ul", "ol", "dir", "menu"))
"""Elements that a page which shows one of them to its end also closes."""
_TITLES = frozenset(("title", "h1", "h2", "strong"))
_HTML = re.compile(
    r"<(?:!doctype\s{1,9}html|html|head|title|body|table|pre|ul|ol|a|h1|div|p|meta|form)[\s>]", re.IGNORECASE
)
_SORT = re.compile(r"\?(?:C=[NMSD](?:[;&]|$)|[NMSD]=?[AD]$)")
_CLAIM = re.compile(
    r"(?:index of|contents of|listing of|listing:|directory:|indice de|índice de|index de)\s{0,9}(?:[./~]|\w{3,5}:/)"
    r"|directory list|directory contents|file listing|目录|文件列表|디렉터리 목록|ディレクトリ一覧|содержимое каталога",
    re.IGNORECASE,
)


_NAMED = re.compile(
    r"(?:index of|directory listing for|directory listing of|listing of|contents of|directory:)\s{1,9}(/\S{1,2000})/?$",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"\d[:h]\d\d")
_ABOUT = re.compile(r"(?:index|listing|contents) of\s{1,9}((?:https?|ftp)://\S{1,2000})", re.IGNORECASE)


class Document:
    """What the formats look at, one after another; for one thread at a time."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.text, self.charset = charset.as_text(page.body, page.charset)
        self.title = ""
        self.headings: list[str] = []
        self.meta: dict[str, str] = {}
        self.ids: set[str] = set()
        self.base = ""
        self.cut = False
        self.asks_password = False
        self.sort_links = 0
        self.has_unlinked_rows = False
        """Whether lines without a link state a time, as a row does whose link cannot be seen."""
        self._all: list[Line] = []
        self._open: dict[str, int] = {}
        """Of `_CLOSED`, how many are open."""
        if self.is_html:
            self._read()
        self.resolver = Resolver(page.url, self.base)

    @property
    def is_html(self) -> bool:
        """Whether the body starts like HTML, whatever its header says."""
        return _HTML.search(self.text[:4096]) is not None

    @property
    def claims(self) -> bool:
        """Whether the title or a heading says that this is the listing of a folder, or links sort it as servers do."""
        return self.sort_links > 1 or any(_CLAIM.search(each) for each in (self.title, *self.headings))

    def is_about(self, url: str) -> bool:
        """Whether the title or a heading says that this lists a folder of another server, one that holds `url`."""
        for each in (self.title, *self.headings):
            found = _ABOUT.search(each)
            if found is not None:
                folder = safe(found[1].encode("utf-8").decode("latin-1")).rstrip("/") + "/"
                rest = url.removeprefix(folder)
                return rest != url and "/" not in rest.rstrip("/")
        return False

    @property
    def is_about_another(self) -> bool:
        """Whether the title or a heading names a folder of this server that holds the page's own, or lies in it.

        A path that ends like the page's own, or as the end of it, is the same folder under another root.
        """
        own = self.resolver.own.segments
        for each in (self.title, *self.headings):
            found = _NAMED.match(each.strip())
            if found is None:
                continue
            raw = found[1].encode("utf-8").decode("latin-1")
            named = tuple(decoded(part) for part in raw.split("/") if part)
            if not named or not own or own[-len(named) :] == named or named[-len(own) :] == own:
                return False
            return named == own[: len(named)] or own == named[: len(own)]
        return False

    def lines(self, *kinds: str) -> list[Line]:
        """The lines of some kinds, in the order of the page."""
        return [line for line in self._all if line.kind in kinds]

    def forget_lines(self) -> None:
        """Give their memory back, once they were understood."""
        self._all.clear()

    def _read(self) -> None:
        links = 0
        liner = Liner(self.charset)
        for seen, line in enumerate(liner.lines(self._watched(markup.tokens(self.text)))):
            if line.links or line.kind == "tr":
                self._all.append(line)
                links += len(line.links)
            elif not self.has_unlinked_rows and line.kind in ("pre", "li"):
                self.has_unlinked_rows = _states_a_time(line)
            if seen >= MAX_LINES or links > MAX_LINKS or len(self._all) > MAX_LINKS:
                self.cut = True
                break
        self.cut |= not self.page.ended and bool(self._open)
        if self.cut:  # What a line that was still being written says may be half of it.
            left = {id(line) for line in liner.left}
            self._all = [line for line in self._all if id(line) not in left]

    def _watched(self, tokens: Iterable[markup.Token]) -> Iterator[markup.Token]:
        """The same tokens; what the page says of itself is noted as they pass."""
        within, raw = "", False
        for token in tokens:
            tag = token.tag
            if not tag:
                if within:
                    self._note(within, token.text)
                if raw:
                    continue
            elif tag == "!cut":
                self.cut = True
            elif tag.startswith("/"):
                within = "" if tag[1:] == within else within
                raw = False
                self._closes(tag[1:])
            else:
                if tag in _CLOSED:
                    self._open[tag] = self._open.get(tag, 0) + 1
                if tag in _TITLES:
                    within = tag
                    if tag != "title" and len(self.headings) < 64:
                        self.headings.append("")
                raw = tag in markup.RAW
                self._look(tag, token.attributes)
            yield token

    def _closes(self, tag: str) -> None:
        if tag in ("html", "body"):
            self._open.clear()
        elif self._open.get(tag, 0) > 1:
            self._open[tag] -= 1
        else:
            self._open.pop(tag, None)

    def _note(self, within: str, text: str) -> None:
        shown = markup.words(text[:1024], self.charset)
        if within == "title" and len(self.title) < 1024:
            self.title += shown
        elif within != "title" and self.headings and len(self.headings[-1]) < 1024:
            self.headings[-1] += shown

    def _look(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "base" and not self.base:
            self.base = markup.attribute(attributes.get("href", ""))
        elif tag == "meta" and len(self.meta) < 64 and "content" in attributes:
            self.meta.setdefault(attributes.get("name", "").lower(), attributes["content"][:256])
        elif tag == "input":
            self.asks_password |= attributes.get("type", "").strip().lower() == "password"
        elif tag == "a" and _SORT.match(attributes.get("href", "")):
            self.sort_links += 1
        if "id" in attributes and len(self.ids) < 1024:
            self.ids.add(attributes["id"][:64].lower())


def _states_a_time(line: Line) -> bool:
    words = " ".join(line.cells)
    return _CLOCK.search(words) is not None and stamps.find(words) is not None
