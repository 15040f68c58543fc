"""Where the links of a page lead: which of them name something in a folder, and where that folder lies.

RFC 3986 §5.2, on bytes: a server may write any of them into a link, and the name is what they decode to once. Programs
that list by a parameter (``index.php?dir=music/new``) have folders too: the value of the parameter is the path.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote_to_bytes, urlsplit

PARAMETERS = frozenset(("dir", "path", "folder", "directory", "sd", "subdir", "prefix", "cwd", "dirname", "location"))
"""Parameters that hold the path of a folder in listings written by programs."""
FILE_PARAMETERS = frozenset(("file", "download", "filename"))
SORTING = frozenset[str]().union(
    ("c", "o", "n", "m", "s", "d", "sort", "sortby", "sort_by", "sortorder", "sort_order", "order", "orderby"),
    ("order_by", "by", "asc", "desc", "direction", "view", "layout", "theme", "style", "lang", "language", "limit"),
    ("offset", "page", "search", "filter", "q", "action", "login", "logout", "back", "return", "next", "redirect"),
)
"""Parameters of links that sort or steer a listing. A link with any other query leads to something all the same."""
IN_REACH = frozenset(("http", "https", "ftp", "ftps", "sftp", "file", "smb"))
"""Schemes under which something may be listed; links of other schemes are controls of the page."""
SCHEMES = IN_REACH.union(
    ("javascript", "vbscript", "data", "blob", "about", "view-source", "chrome", "ws", "wss"),
    ("mailto", "tel", "sms", "callto", "geo", "irc", "news", "xmpp", "skype", "webcal", "magnet", "ed2k"),
)
"""What is taken for a scheme at all: ``part 1: intro.txt`` is a name with a colon."""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,20}):")
_UNSAFE = re.compile(r"[^A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]|%(?![0-9A-Fa-f]{2})")
_INDEX = re.compile(r"(?:index|default)\.\w{2,5}", re.IGNORECASE)
_DOT = re.compile(r"(?:\.|%2e)", re.IGNORECASE)


class Home(NamedTuple):
    """A folder: decoded segments below the host, or below the value of a parameter of a program."""

    program: str
    """Raw path and parameter of the program; empty for a folder of the server itself."""
    segments: tuple[bytes, ...]

    def shown(self) -> str:
        """As a message names it."""
        path = b"/".join(self.segments).decode("utf-8", "replace")
        return f"{self.program}{path}" if self.program else f"/{path}"


class Target(NamedTuple):
    """Something in a folder that a link leads to. `flaw` is the code of a remark that keeps it from being an entry."""

    home: Home
    name: bytes
    is_folder: bool
    url: str
    flaw: str = ""


class Away(NamedTuple):
    """A link to another host or scheme. `name` is the last part of its path; empty where it has none."""

    raw: bytes
    name: bytes = b""
    is_folder: bool = False
    url: str = ""


def safe(raw: str) -> str:
    """A link as ASCII: what may not stand in a URL is percent-encoded, everything else stays as it was written."""
    return _UNSAFE.sub(lambda found: f"%{ord(found[0]):02X}", raw)


class Resolver:
    """Follows the links of one page. `base` is what the page's ``<base>`` says; another host is not listened to.

    A raw backslash counts as a slash, as in browsers (WHATWG URL §4.4); servers write ``%5C`` where one is in a name.
    """

    def __init__(self, url: str, base: str = "") -> None:
        parts = urlsplit(url)
        self.scheme = parts.scheme.lower()
        self.origin = (self.scheme, parts.netloc.rpartition("@")[2].lower())
        self.prefix = f"{parts.scheme}://{parts.netloc}"
        self.path = safe(parts.path.encode("utf-8", "replace").decode("latin-1")) or "/"
        self.query = safe(parts.query.encode("utf-8", "replace").decode("latin-1"))
        self._folder = self.path[: self.path.rfind("/") + 1]
        self._homes: dict[str, Home] = {}
        self.own = self.home(self._folder)
        if base:
            path = self._local(base.strip())
            if path is not None:
                self._folder = self._joined(path.partition("?")[0].partition("#")[0])
                self._folder = self._folder[: self._folder.rfind("/") + 1]
        self.owns: tuple[Home, ...] = ()
        self.owns = self._own_homes()

    def home(self, folder: str) -> Home:
        """The folder of a raw path that ends with a slash."""
        known = self._homes.get(folder)
        if known is None:
            known = Home("", tuple(decoded(each) for each in folder.split("/")[1:-1]))
            if len(self._homes) < 4096:
                self._homes[folder] = known
        return known

    def is_own(self, home: Home) -> bool:
        """Whether a folder is the one at whose address the page was found."""
        return home == self.own and self.path.endswith("/")

    def follow(self, href: str, shown: str = "") -> Target | Away | None:
        """Where a link leads; null for controls of the page and for the page's own folder and those above it.

        `shown` are the words of the link: where they repeat a link with ``#`` or ``?`` in it to the letter, the server
        forgot to encode a name.
        """
        href = re.sub(r"[\t\r\n]", "", href.strip("\x00\t\n\x0c\r "))
        local = self._local(href)
        if local is None:
            return self._away(href) if self._is_away(href) else None
        if shown and shown == local and re.fullmatch(r"[^/#?]+[#?][^/]*", shown):
            local = local.replace("%", "%25").replace("#", "%23").replace("?", "%3F")
        local = local.partition("#")[0]
        path, mark, query = local.partition("?")
        path = path.replace("\\", "/")
        if not path and not mark:
            return None
        joined = self._joined(path) if path else self.path
        if mark and query:
            return self._by_program(joined, query, shown) or self._by_query(joined, query, shown)
        return self._by_path(joined)

    def _by_query(self, path: str, query: str, shown: str) -> Target | None:
        """A file that is linked to with a query: ``b.jpg?v=2``, ``get.php?id=7``; None for controls of the listing.

        The query is part of the name, unless the words of the link say that the name goes without.
        """
        if self._steers(query) or self._is_own_program(path):
            return None
        target = self._by_path(path)
        if target is None or target.is_folder:
            return None
        if " ".join(shown.split()) != target.name.decode("utf-8", "replace"):
            target = target._replace(name=target.name + b"?" + decoded(query))
        return target._replace(url=f"{target.url}?{safe(query)}", flaw=flaw(target.name.decode("latin-1"), target.name))

    @staticmethod
    def _steers(query: str) -> bool:
        names = {each.partition("=")[0].lower() for each in re.split("[&;]", query) if each}
        return all(name in SORTING or name in PARAMETERS or name.startswith(("sort", "order")) for name in names)

    def _is_own_program(self, path: str) -> bool:
        """Is this the page itself, or the index program of its folder?"""
        if path in (self.path, self._folder):
            return True
        return path.startswith(self._folder) and _INDEX.fullmatch(path[len(self._folder) :]) is not None

    def _by_path(self, path: str) -> Target | None:
        is_folder = path.endswith("/")
        folder, _, segment = (path[:-1] if is_folder else path).rpartition("/")
        home = self.home(folder + "/")
        name = decoded(segment)
        whole = (*home.segments, name)
        if path in ("/", self.path) or whole == self.own.segments[: len(whole)]:
            return None
        return Target(home, name, is_folder, self.prefix + safe(path), flaw(segment, name))

    def _by_program(self, path: str, query: str, shown: str = "") -> Target | None:
        """A link of a program that lists the folder which a parameter names; None for its other links.

        A link that also sorts leads to another folder only where its words are the name of that.
        """
        if query.startswith("/"):
            return self._valued(path, "", decoded(query.partition("&")[0]), None, query)
        values: dict[str, bytes] = {}
        for each in query.split("&")[:16]:
            name, _, value = each.partition("=")
            values.setdefault(name.lower(), decoded(value.replace("+", " ")))
        parameter = next((name for name in values if name in PARAMETERS), None)
        if parameter is None:
            return None
        last = re.split(rb"[/\\]+", values[parameter].rstrip(b"/\\"))[-1].decode("utf-8", "replace")
        if not set(values) <= PARAMETERS | FILE_PARAMETERS and " ".join(shown.split()).rstrip("/") != last:
            return None
        file = next((values[name] for name in values if name in FILE_PARAMETERS), None)
        return self._valued(path, parameter, values[parameter], file, query)

    def _valued(self, path: str, parameter: str, value: bytes, file: bytes | None, query: str) -> Target | None:
        segments = tuple(each for each in re.split(rb"[/\\]+", value) if each not in (b"", b"."))
        program = f"{decoded(path).decode('latin-1')}?{parameter}="
        url = f"{self.prefix}{safe(path)}?{safe(query)}"
        if file is not None:
            return Target(Home(program, segments), file, False, url, flaw("", file)) if file else None
        if not segments or Home(program, segments) in self.owns:
            return None
        own = next((home for home in self.owns if home.program == program), None)
        if own is not None and segments == own.segments[: len(segments)]:
            return None
        is_folder = bool(parameter) or value.endswith(b"/")
        return Target(Home(program, segments[:-1]), segments[-1], is_folder, url, flaw("", segments[-1]))

    def _own_homes(self) -> tuple[Home, ...]:
        """Folders that this page may be the listing of, by its own address."""
        homes = [self.home(self._folder), self.own]
        if not self.path.endswith("/"):
            homes.append(self.home(self.path + "/"))
        found = self._by_program(self.path, self.query) if self.query else None
        if found is not None and found.is_folder:
            inside = (*found.home.segments, found.name)
            homes += [Home(found.home.program, inside), Home("", self.own.segments + inside)]
        return tuple(dict.fromkeys(homes))

    def _local(self, href: str) -> str | None:
        """What follows the host in a link to this host; null for one that leaves it."""
        found = _SCHEME.match(href)
        if found and found[1].lower() in SCHEMES:
            if found[1].lower() != self.scheme:
                return None
            href = href[found.end() :]
            if not href.startswith("//"):
                return href
        if not href.startswith("//"):
            return href
        rest = re.split(r"[/?#]", href[2:], maxsplit=1)[0]
        host, plain = rest.rpartition("@")[2].lower(), {"http": ":80", "https": ":443"}.get(self.scheme, ":")
        if host.removesuffix(plain) != self.origin[1].removesuffix(plain):
            return None
        return href[2 + len(rest) :] or "/"

    def _away(self, href: str) -> Away:
        raw = href[:300].encode("latin-1")
        address = href if _SCHEME.match(href) else f"{self.scheme}:{href}"
        path = address.partition("://")[2].partition("#")[0].partition("?")[0].partition("/")[2]
        is_folder = path.endswith("/")
        segment = path.rstrip("/").rpartition("/")[2]
        name = decoded(segment)
        if flaw(segment, name) or len(href) > 2048:
            return Away(raw)
        return Away(raw, name, is_folder, safe(address))

    def _is_away(self, href: str) -> bool:
        found = _SCHEME.match(href)
        return found is None or found[1].lower() in IN_REACH

    def _joined(self, path: str) -> str:
        """A raw path of this host, dot segments removed."""
        if not path.startswith("/"):
            if "/" not in path and not _DOT.match(path):
                return self._folder + path
            path = self._folder + path
        if "/." not in path and "/%2" not in path:
            return path
        kept: list[str] = []
        segments = path.split("/")
        for segment in segments[1:]:
            if segment == "..":
                del kept[-1:]
            elif segment != ".":
                kept.append(segment)
        if segments[-1] in (".", ".."):
            kept.append("")
        return "/" + "/".join(kept)


def decoded(raw: str) -> bytes:
    """Percent-decoded once; every character stands for a byte."""
    return unquote_to_bytes(raw.encode("latin-1"))


def flaw(segment: str, name: bytes) -> str:
    """The code of what keeps a name from being one: empty, a dot name, a slash or a NUL in it; else an empty text."""
    if not name:
        return "listing-name-empty"
    if name in (b".", b".."):
        return "listing-name-dots"
    if b"/" in name:
        return "listing-name-slash"
    return "listing-name-nul" if b"\x00" in name else ""
