"""Listings that a page draws by script, from data that it carries itself. Nothing is run; the data are read.

Snif calls ``_d('name','date','link')`` for folders and ``_f('name',size,'date','link',seconds)`` for files. pCloud's
direct links assign one object, ``directLinkData``, with a flat array of files and folders.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from workbench.core.times import rfc3339
from workbench.sources.listings.collect import collect
from workbench.sources.listings.document import Document
from workbench.sources.listings.links import Target
from workbench.sources.listings.rows import Row
from workbench.sources.listings.sizes import LARGEST, Size
from workbench.sources.remote import Listing, Page

_TEXT = r"'((?:[^'\\\n]|\\.)*+)'"
_CALL = re.compile(
    rf"(?<![\w.])_(?:d\({_TEXT},{_TEXT},{_TEXT}\)|f\({_TEXT},(\d{{1,18}}),{_TEXT},{_TEXT}(?:,(\d{{1,11}}))?\))"
)
_SNIF = re.compile(r"function _d\(|function _f\(|(?:^|[\s;])_[df]\('")
_PCLOUD = re.compile(r"directLinkData\s{0,9}=\s{0,9}(?=\{)")
_RECORD = re.compile(r'\{(?:[^{}"\\]|"(?:[^"\\]|\\.)*+")*+\}', re.DOTALL)


class Snif:
    """See the module."""

    name = "snif"

    def read(self, page: Page) -> Listing | None:
        """See `workbench.sources.remote.Format.read`."""
        return self.read_document(Document(page))

    def read_document(self, document: Document) -> Listing | None:
        """The same for a page that was already taken apart."""
        if not _SNIF.search(document.text):
            return None
        rows = list(_snif_rows(document))
        return collect(document, rows, self.name) if rows else None


def _snif_rows(document: Document) -> Iterator[Row]:
    for found in _CALL.finditer(document.text):
        is_folder = found[3] is not None
        target = document.resolver.follow(_unquoted(found[3] if is_folder else found[7]))
        if target is None:
            continue
        row = Row(target, "", is_folder=is_folder, when=found[2] if is_folder else found[6])
        if not is_folder:
            row.size = Size(int(found[5]), exact=True)
            row.moment = rfc3339(int(found[8]) * 1_000_000) or "" if found[8] else ""
            row.moment = re.sub(r"\.\d+", "", row.moment)
        row.stamp = " ".join(filter(None, (found[5], row.when, found[8])))[:200]
        yield row


class Pcloud:
    """See the module."""

    name = "pcloud"

    def read(self, page: Page) -> Listing | None:
        """See `workbench.sources.remote.Format.read`."""
        return self.read_document(Document(page))

    def read_document(self, document: Document) -> Listing | None:
        """The same for a page that was already taken apart."""
        start = _PCLOUD.search(document.text)
        if start is None:
            return None
        rows = list(_pcloud_rows(document, start.end()))
        return collect(document, rows, self.name) if rows else None


def _pcloud_rows(document: Document, at: int) -> Iterator[Row]:
    for found in _RECORD.finditer(document.text, at + 1):
        try:
            record = json.loads(found[0].encode("latin-1").decode("utf-8", "replace"))
        except (ValueError, RecursionError):
            continue
        link, size, modified = (record.get(name) for name in ("urlencodedname", "size", "modified"))
        if not isinstance(link, str) or not link.isascii():
            continue
        is_folder = not isinstance(size, int)
        target = document.resolver.follow(f"./{link}{'/' if is_folder else ''}")
        if isinstance(target, Target):
            row = Row(target, "", is_folder=is_folder, when=modified[:64] if isinstance(modified, str) else "")
            row.size = Size(size, exact=True) if isinstance(size, int) and 0 <= size <= LARGEST else None
            row.stamp = f"{size if row.size else ''} {row.when}".strip()
            yield row


def _unquoted(text: str) -> str:
    """A JavaScript string without its backslashes; escapes by number do not occur in links."""
    return re.sub(r"\\(.)", r"\1", text)


SNIF = Snif()
PCLOUD = Pcloud()
