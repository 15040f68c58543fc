"""What a person agrees on before a server is watched, as values; and how addresses and limits are read from fields."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field, fields
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from workbench.core.errors import UserError
from workbench.gui.texts import text

SCHEMES = ("http", "https", "ftp")
PROXIES = ("http", "https", "socks5", "socks5h")
LONGEST = 4000
MEGABYTE = 1_000_000
GIGABYTE = 1_000_000_000
HOUR = 3600


@dataclass(frozen=True)
class Charter:
    """Who watches, why, and on what footing: as the user states it."""

    who: str = ""
    why: str = ""
    authority: str = ""
    basis: str = ""
    found: str = ""
    connection: str = ""

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The fields, in the order in which they are asked for."""
        return tuple(each.name for each in fields(cls))


@dataclass(frozen=True)
class Manners:
    """How a server is looked at. Requests per second, 0 for no limit; bytes; seconds between looks, null by hand."""

    rate: float = 2.0
    list_only: bool = False
    limit_files: int | None = None
    limit_bytes: int | None = 10 * GIGABYTE
    trust: str = "listing"
    every: int | None = None
    contact: str = ""
    robots: str = "obey"
    proxy: str = ""
    limit_depth: int = 100
    limit_folders: int = 100_000
    limit_time: int | None = None


@dataclass(frozen=True)
class Agreed:
    """All that the assistant asked for."""

    url: str
    source: str
    kind: str = ""
    manners: Manners = field(default_factory=Manners)
    charter: Charter = field(default_factory=Charter)
    own: tuple[str, ...] = ()
    anchors: Path | None = None


def web_address(typed: str) -> str:
    """The address of a server as it was typed, dropped or pasted, ``http://`` put before a bare host.

    Raises `UserError` ``watch.url.CODE``.
    """
    clean = typed.strip()
    if clean and "://" not in clean and re.fullmatch(r"[\w.\-\[\]:]+(/.*)?", clean):
        clean = f"http://{clean}"
    parts = _split(clean, "watch.url.unreadable")
    if parts.scheme not in SCHEMES or not parts.hostname:
        raise UserError("watch.url.unreadable")
    if parts.username is not None or parts.password is not None:
        raise UserError("watch.url.credentials")
    return clean


def is_web_address(words: str) -> bool:
    """Is this one line that names a server, with its scheme?"""
    clean = words.strip()
    if not clean.lower().startswith(tuple(f"{scheme}://" for scheme in SCHEMES)) or len(clean.split()) != 1:
        return False
    try:
        return bool(web_address(clean))
    except UserError:
        return False


def proxy_address(typed: str) -> str:
    """The address of a proxy, or nothing. Raises `UserError` ``watch.proxy.CODE``."""
    clean = typed.strip()
    if not clean:
        return ""
    parts = _split(clean, "watch.proxy.unreadable")
    if parts.scheme not in PROXIES or not parts.hostname:
        raise UserError("watch.proxy.unreadable")
    if parts.username is not None or parts.password is not None:
        raise UserError("watch.proxy.credentials")
    return clean


def _split(words: str, code: str) -> SplitResult:
    try:
        parts = urlsplit(words)
        _ = parts.port
    except ValueError:
        raise UserError(code) from None
    if any(sign.isspace() for sign in words):
        raise UserError(code)
    return parts


def default_source(url: str) -> str:
    """What a source is called until somebody says otherwise: its host."""
    try:
        parts = urlsplit(url)
        return parts.netloc.rpartition("@")[2] or url
    except ValueError:
        return url


def own_addresses(typed: str) -> tuple[str, ...]:
    """IP addresses between commas or spaces, in their usual spelling. Raises `UserError` ``watch.own.unreadable``."""
    found: list[str] = []
    for word in re.split(r"[\s,;]+", typed.strip()):
        if not word:
            continue
        try:
            found.append(str(ipaddress.ip_address(word)))
        except ValueError:
            raise UserError("watch.own.unreadable", word=word) from None
    return tuple(dict.fromkeys(found))


def interval_words(seconds: int | None) -> str:
    """``every 24 h``, ``by hand``."""
    if not seconds:
        return text("watch.every.by-hand")
    hours, rest = divmod(seconds, HOUR)
    if rest:
        return text("watch.every.minutes", count=f"{seconds / 60:g}")
    return text("watch.every.hour" if hours == 1 else "watch.every.hours", count=hours)
