"""What of a server belongs to a source: below its start, on its host, and what its robots rules say of that."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, quote, unquote_to_bytes, urlsplit, urlunsplit
from urllib.robotparser import RobotFileParser

from workbench.core.errors import UserError
from workbench.sources.remote import Kind

SCHEMES = {"http": 80, "https": 443, "ftp": 21}
_SAFE = "/:?#[]@!$&'()*+,;=-._~%"
_NAME = re.compile(r"[0-9a-z_.-]+")
_HOST = re.compile(r"(\[[0-9A-Fa-f:.%a-z]+\]|[^\s/?#@:\[\]]+)(?::(\d{1,5}))?")


def start_of(text: str) -> str:
    """A start address as a person types it, as an ASCII URL; ``http://`` where no scheme is given.

    Raises `UserError` ``url-unreadable``, ``url-scheme``, ``url-credentials``: a source is looked at without any.
    """
    typed = text.strip()
    if not typed or any(ord(sign) < 32 or ord(sign) == 127 for sign in typed):
        raise UserError("url-unreadable", url=typed)
    if "://" not in typed:
        typed = f"http://{typed}"
    try:
        parts = urlsplit(typed)
        port = parts.port
    except ValueError:
        raise UserError("url-unreadable", url=text) from None
    scheme = parts.scheme.lower()
    if scheme not in SCHEMES:
        raise UserError("url-scheme", scheme=scheme)
    if "@" in parts.netloc:
        raise UserError("url-credentials")
    if not parts.hostname or not _HOST.fullmatch(parts.netloc):
        raise UserError("url-unreadable", url=text)
    host = _ascii_host(parts.hostname)
    netloc = host if port in (None, SCHEMES[scheme]) else f"{host}:{port}"
    path = quote(parts.path or "/", safe=_SAFE)
    return urlunsplit((scheme, netloc, path, quote(parts.query, safe=_SAFE), ""))


def _ascii_host(host: str) -> str:
    if ":" in host:
        return f"[{host}]"
    try:
        name = host.lower() if host.isascii() else host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise UserError("url-unreadable", url=host) from None
    if not _NAME.fullmatch(name):
        raise UserError("url-unreadable", url=host)
    return name


class Scope:
    """Everything below a start URL. Pure."""

    def __init__(self, start: str) -> None:
        self.start = start
        parts = urlsplit(start)
        self.origin = _origin(parts)
        self._prefix = _folder_of(parts.path)

    def holds(self, url: str) -> bool:
        """Does a URL lie below the start, on its host? One that could be read in two ways does not."""
        try:
            parts = urlsplit(url)
            origin = _origin(parts)
        except ValueError:
            return False
        if origin != self.origin or "@" in parts.netloc:
            return False
        segments = [unquote_to_bytes(each) for each in parts.path.split("/")]
        if any(each in (b".", b"..") for each in segments) or "\\" in parts.path:
            return False
        return parts.path.startswith(self._prefix)

    def is_start_folder(self, url: str) -> bool:
        """Is this the start itself, written as a folder? Servers send there from a start without its slash."""
        return url in (self.start, f"{self.start}/")


def _folder_of(path: str) -> str:
    """The folder that a start stands for: itself, or the one that holds a page such as ``index.html``."""
    head, _, last = path.rpartition("/")
    return f"{head}/" if "." in last or not last else f"{path}/"


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    scheme = parts.scheme.lower()
    return scheme, (parts.hostname or "").lower(), parts.port or SCHEMES.get(scheme, 0)


def scope_of(kind: Kind, start: str) -> Scope:
    """What belongs to a source of this kind."""
    return Scope(kind.start(start))


class Robots:
    """The rules of one ``robots.txt`` (RFC 9309) for us. An unreadable one forbids nothing and is kept as it came."""

    def __init__(self, text: str, agent: str) -> None:
        self.text = text
        self._agent = agent
        self._parser = RobotFileParser()
        self._parser.parse(text.splitlines())

    def allows(self, url: str) -> bool:
        """May this be asked for?"""
        return self._parser.can_fetch(self._agent, url)


def robots_url(start: str) -> str:
    """Where a host keeps its rules."""
    parts = urlsplit(start)
    return urlunsplit((parts.scheme, parts.netloc, "/robots.txt", "", ""))
