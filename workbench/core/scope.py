"""What of a server belongs to a source: below its start, on its host. The one rule for who asks and who checks it."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, quote, unquote_to_bytes, urlsplit, urlunsplit

from workbench.core.errors import UserError

SCHEMES = {"http": 80, "https": 443, "ftp": 21}
"""Schemes of sources, with their usual ports."""
PAGES = frozenset({"html", "htm", "shtml", "php", "asp", "aspx", "jsp", "cgi", "xml", "json", "txt"})
"""Endings of pages, which stand for the folder that holds them."""
REFUSED = (401, 403, 530, 550)
"""HTTP's and FTP's ways of saying that this is not for everybody. 407 is said by the user's own proxy."""
_SAFE = "/:?#[]@!$&'()*+,;=-._~%"
_NAME = re.compile(r"[0-9a-z_.-]+")
_HOST = re.compile(r"(\[[0-9A-Fa-f:.%a-z]+\]|[^\s/?#@:\[\]]+)(?::(\d{1,5}))?")
_HOST_LIKE = re.compile(r"localhost\b|[^/?#]*[.:]", re.IGNORECASE)
"""What looks like a host without a scheme: a plain word may be anything."""


def start_of(text: str) -> str:
    """A start address as a person types it, as an ASCII URL; ``http://`` where no scheme is given.

    Raises `UserError` ``url-unreadable``, ``url-scheme``, ``url-credentials``: a source is looked at without any.
    """
    typed = text.strip()
    if not typed or any(ord(sign) < 32 or ord(sign) == 127 for sign in typed):
        raise UserError("url-unreadable", url=typed)
    if "://" not in typed:
        if not _HOST_LIKE.match(typed):
            raise UserError("url-unreadable", url=typed)
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
    """Everything below a start URL, as `start_of` gives it. Pure."""

    def __init__(self, start: str) -> None:
        self.start = start
        parts = urlsplit(start)
        self.origin = origin_of(parts)
        self._path = parts.path.rstrip("/")
        self._folder = [unquote_to_bytes(each) for each in _folder_of(parts.path).split("/")[:-1]]

    def holds(self, url: str) -> bool:
        """Does a URL lie below the start, on its host? One that could be read in two ways does not."""
        parts = self._on_host(url)
        if parts is None:
            return False
        segments = [unquote_to_bytes(each) for each in parts.path.split("/")]
        folder, below = segments[: len(self._folder)], segments[len(self._folder) :]
        if not below or folder != self._folder or "\\" in parts.path:
            return False
        return not any(map(_leads_elsewhere, below))

    def is_start(self, url: str) -> bool:
        """Is this the start itself, with or without a slash at its end? Servers send from the one to the other."""
        parts = self._on_host(url)
        return parts is not None and parts.path.rstrip("/") == self._path

    def after(self, url: str) -> Scope:
        """What belongs to the source once the server was asked for this URL: where the start turned out to be a folder,
        as it was sent on to its own name with a slash, what lies in that folder and nothing beside it.
        """
        parts = urlsplit(url) if self.is_start(url) else None
        if parts is None or not parts.path.endswith("/") or urlsplit(self.start).path.endswith("/"):
            return self
        return Scope(url)

    def _on_host(self, url: str) -> SplitResult | None:
        try:
            parts = urlsplit(url)
            return parts if origin_of(parts) == self.origin and "@" not in parts.netloc else None
        except ValueError:
            return None


def origin_of(parts: SplitResult) -> tuple[str, str, int]:
    """Scheme, host and port: what belongs to one server. Raises `ValueError` for a port that is none."""
    scheme = parts.scheme.lower()
    return scheme, (parts.hostname or "").lower(), parts.port or SCHEMES.get(scheme, 0)


def _folder_of(path: str) -> str:
    """The folder that a start stands for: itself, or the one that holds a page such as ``index.html``."""
    head, _, last = path.rpartition("/")
    is_page = last.rpartition(".")[2].lower() in PAGES if "." in last else False
    return f"{head}/" if is_page or not last else f"{path}/"


def _leads_elsewhere(segment: bytes) -> bool:
    """Can some server read this segment, percent-decoded, as a way out of its folder?

    A slash in it cuts it in two for some, a backslash does for others, and what follows a semicolon is no part of the
    name for a few. A backslash alone is a sign like any other in many names, and stays below its folder either way.
    """
    if b"/" in segment:
        return True
    return any(each.partition(b";")[0] in (b".", b"..") for each in segment.split(b"\\"))
