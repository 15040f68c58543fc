"""Names and URLs as servers write them: decoded once to bytes, encoded so that a URL leads to the same bytes again."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote, unquote_to_bytes, urlsplit

from workbench.core.messages import Message
from workbench.sources.base import shown
from workbench.sources.remote import Remark

MOST_ROWS = 100_000
"""Rows of one page that are taken in; a page with more says that it was not read to its end."""

_UNSAFE = re.compile(r"%(?![0-9A-Fa-f]{2})|[^A-Za-z0-9\-._~!$&'()*+,;=:@%]")


def quoted(name: bytes) -> str:
    """A name, or a path with its slashes, as part of a URL. Nothing that some server reads as something else stays."""
    return quote(name, safe="/-._~!$'()*,:@")


def tidied(segment: str) -> str:
    """A segment in the server's own encoding, with only that encoded which may not stand in a URL."""
    return _UNSAFE.sub(lambda found: quote(found[0], safe=""), segment)


def decoded(segment: str) -> bytes:
    """Percent-decoded, once. A ``%`` that encodes nothing is one."""
    return unquote_to_bytes(segment)


def parts(path: str) -> list[str]:
    """The segments of a path as written; empty ones, as doubled slashes make them, do not count."""
    return [part for part in path.split("/") if part]


def as_folder(url: str) -> str:
    """The URL without query and fragment, ending with a slash."""
    split = urlsplit(url)
    path = split.path if split.path.endswith("/") else split.path + "/"
    return f"{split.scheme}://{split.netloc}{path}"


def problem_with(name: bytes) -> str | None:
    """Why a name cannot be one segment of a path, or null."""
    if not name:
        return "empty"
    if name in (b".", b".."):
        return "dots"
    if b"/" in name:
        return "slash"
    return "nul" if b"\0" in name else None


def unsafe(name: bytes, reason: str) -> Remark:
    """A row whose name leads elsewhere."""
    return Remark(name, Message("row-name-unsafe", {"name": shown(name)[:200], "reason": reason}))


def elsewhere(place: str) -> Remark:
    """A row that does not lie directly in the folder."""
    return Remark(decoded(place), Message("row-elsewhere", {"place": place[:200]}))


def twice(name: bytes) -> Remark:
    """A name that was there before on the same page."""
    return Remark(name, Message("row-twice", {"name": shown(name)[:200]}))


def incomplete(read: int) -> Remark:
    """The page goes on after what was read of it: the folder was not listed to its end."""
    return Remark(b"", Message("rows-incomplete", {"read": read}))


def ends_early(remarks: Iterable[Remark]) -> bool:
    """Whether a listing says of itself that it is not the whole folder; nothing may then be called absent."""
    return any(remark.message.code in ("rows-incomplete", "bucket-no-next-page") for remark in remarks)
