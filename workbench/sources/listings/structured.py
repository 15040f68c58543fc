"""Listings for programs: nginx's ``autoindex_format json`` and ``xml``, and what Caddy answers to ``Accept:
application/json``.

Sizes are exact and times carry their zone. nginx writes names as bytes, whatever they are; Caddy's ``name`` has lost
those that are no UTF-8, its ``url`` has not. Rows are flat and are read one by one, so that a page of nested brackets
costs nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote_from_bytes

from workbench.sources.listings import markup
from workbench.sources.listings.collect import collect
from workbench.sources.listings.document import MAX_ENTRIES, Document
from workbench.sources.listings.links import Target
from workbench.sources.listings.rows import Row
from workbench.sources.listings.sizes import LARGEST, Size
from workbench.sources.remote import Listing, Page

Record = Mapping[str, object]

_ROW = re.compile(r'\s*+(\{(?:[^{}"\\]|"(?:[^"\\]|\\.)*+")*+\})\s*+(,|\])', re.DOTALL)
_START = re.compile(r"\s*+\[")
_XML = re.compile(r"\s*+(?:<\?xml[^>]{0,200}\?>)?\s*+<list>\s*+(?:<(?:directory|file|other)\s|</list>)")


@dataclass(eq=False)
class Json:
    """A format that writes an array of flat objects. `fits` looks at the first of them, `row` makes a row of one."""

    name: str
    fits: Callable[[Record], bool]
    row: Callable[[Document, Record], Row | None]
    is_empty: Callable[[Document], bool]

    def read(self, page: Page) -> Listing | None:
        """See `workbench.sources.remote.Format.read`."""
        return self.read_document(Document(page))

    def read_document(self, document: Document) -> Listing | None:
        """The same for a page that was already taken apart."""
        if not _START.match(document.text):
            return None
        if self.is_empty(document):
            return collect(document, (), self.name)
        rows: list[Row] = []
        cut = False
        for record in _records(document.text):
            if record is None:
                cut = True
                break
            if not rows and not self.fits(record):
                return None
            row = self.row(document, record)
            if row is None:
                return None
            rows.append(row)
        document.cut |= cut and bool(rows)
        return collect(document, rows, self.name) if rows else None


def _records(text: str) -> Iterator[Record | None]:
    """The objects of an array; a last null when it ends too early or holds anything else."""
    found = _START.match(text)
    at = found.end() if found else 0
    for _ in range(MAX_ENTRIES + 1):
        row = _ROW.match(text, at)
        if row is None:
            yield None
            return
        try:
            yield json.loads(row[1].encode("latin-1").decode("utf-8", "surrogateescape"))
        except (ValueError, RecursionError):
            yield None
            return
        if row[2] == "]":
            return
        at = row.end()


def _row(document: Document, href: str, is_folder: bool, size: object, moment: object) -> Row | None:
    """A row from the address of its entry; null when it has none."""
    target = document.resolver.follow(href + "/" * (is_folder and not href.endswith("/")))
    if not isinstance(target, Target):
        return None
    row = Row(target, "", is_folder=is_folder)
    if isinstance(size, int) and 0 <= size <= LARGEST and not is_folder:
        row.size = Size(size, exact=True)
    row.moment = moment[:64] if isinstance(moment, str) else ""
    row.stamp = f"{row.size.number if row.size else ''} {row.moment}".strip()
    return row


def _quoted(name: str) -> str:
    return "./" + quote_from_bytes(name.encode("utf-8", "surrogateescape"), safe="")


def _is_nginx(record: Record) -> bool:
    return isinstance(record.get("name"), str) and record.get("type") in ("file", "directory", "other")


def _nginx_row(document: Document, record: Record) -> Row | None:
    name = record.get("name")
    if not isinstance(name, str) or not name:
        return None
    return _row(document, _quoted(name), record.get("type") == "directory", record.get("size"), record.get("mtime"))


def _is_caddy(record: Record) -> bool:
    return {"name", "size", "url", "mod_time", "is_dir"} <= set(record)


def _caddy_row(document: Document, record: Record) -> Row | None:
    url = record.get("url")
    if not isinstance(url, str) or not url:
        return None
    return _row(
        document,
        url.encode("utf-8", "replace").decode("latin-1"),
        record.get("is_dir") is True,
        record.get("size"),
        record.get("mod_time"),
    )


def _nginx_empty(document: Document) -> bool:
    return re.fullmatch(r"\[(?:\r\n){1,2}\]\s{0,2}", document.text[:16]) is not None


def _caddy_empty(document: Document) -> bool:
    return document.text.strip() == "[]" and document.page.headers.get("server", "").lower().startswith("caddy")


NGINX_JSON = Json("nginx-json", _is_nginx, _nginx_row, _nginx_empty)
CADDY_JSON = Json("caddy-json", _is_caddy, _caddy_row, _caddy_empty)


class NginxXml:
    """nginx's ``autoindex_format xml``."""

    name = "nginx-xml"

    def read(self, page: Page) -> Listing | None:
        """See `workbench.sources.remote.Format.read`."""
        return self.read_document(Document(page))

    def read_document(self, document: Document) -> Listing | None:
        """The same for a page that was already taken apart."""
        if not _XML.match(document.text):
            return None
        document.cut = "</list>" not in document.text[-64:]
        return collect(document, _xml_rows(document), self.name)


def _xml_rows(document: Document) -> Iterator[Row]:
    kind, text, attributes = "", "", {}
    for token in markup.tokens(document.text):
        if token.tag in ("directory", "file", "other"):
            kind, text, attributes = token.tag, "", token.attributes
        elif not token.tag and kind:
            text += token.text[:4096] if len(text) < 4096 else ""
        elif kind and token.tag == f"/{kind}":
            name = markup.attribute(text).encode("latin-1")
            size = attributes.get("size", "")
            count = int(size) if size.isascii() and size.isdigit() and len(size) < 19 else None
            row = _row(
                document, "./" + quote_from_bytes(name, safe=""), kind == "directory", count, attributes.get("mtime")
            )
            kind = ""
            if row is not None:
                yield row


NGINX_XML = NginxXml()
