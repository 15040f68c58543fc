"""Where a request goes and what it says: addresses taken apart (RFC 3986), requests as bytes (RFC 9112)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

import h11

from workbench.sources.remote import Ask, NetworkError

PORTS = {"http": 80, "https": 443}

_URL = re.compile(r"(https?)://([^/?#\\]*)(|[/?][^#]*)", re.IGNORECASE | re.DOTALL)
_AUTHORITY = re.compile(r"(?:\[([0-9A-Fa-f:.]+(?:%[0-9A-Za-z._~-]+)?)\]|([^:@\[\]]+))(?::(\d{0,5}))?")
_NEVER = {"cookie", "referer"}
_WRITABLE = re.compile(rb"[^\x00-\x08\x0a-\x1f\x7f]*")
_CONDITIONS = {"if-none-match": (), "if-modified-since": (), "if-range": ("range",)}
"""Headers that only save an answer, each with those that mean nothing without it."""


class Origin(NamedTuple):
    """Whom to connect to. `host` is ASCII and lower case, an IPv6 address without brackets."""

    scheme: str
    host: str
    port: int

    @property
    def authority(self) -> str:
        """As ``Host`` has it: the port only where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


@dataclass(frozen=True)
class Target:
    """A URL taken apart; `path` is what stands in the request line, exactly as it was written."""

    origin: Origin
    path: str

    @property
    def url(self) -> str:
        """The absolute form for proxies, without fragment and user name."""
        return f"{self.origin.scheme}://{self.origin.authority}{self.path}"


def target_of(url: str) -> Target:
    """Take a URL apart. User names and passwords in it are left out: nothing is ever sent that was not asked for.

    Raises `NetworkError` ``network-url`` for what is no ``http`` or ``https`` URL or cannot go into a request line.
    """
    found = _URL.fullmatch(url.partition("#")[0])
    authority = _AUTHORITY.fullmatch(found[2].rpartition("@")[2]) if found is not None else None
    if found is None or authority is None:
        raise _unusable(url)
    scheme = found[1].lower()
    port = int(authority[3] or PORTS[scheme])
    path = found[3] if found[3].startswith("/") else "/" + found[3]
    if not 0 < port < 65536 or re.search(r"[^\x21-\x7e]", path):
        raise _unusable(url)
    return Target(Origin(scheme, authority[1] or host_of(authority[2], url), port), path)


def host_of(name: str, url: str) -> str:
    """A host name in ASCII (IDNA); raises `NetworkError` ``network-url``."""
    try:
        host = name.lower() if name.isascii() else name.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise _unusable(url) from None
    if len(host) > 253 or not re.fullmatch(r"[a-z0-9._~!$&'()*+,;=%-]+", host):
        raise _unusable(url)
    return host


def _unusable(url: str) -> NetworkError:
    return NetworkError("network-url", retry=False, url=ascii(url[:500])[1:-1])


def written(ask: Ask, target: Target, agent: str, proxied: tuple[tuple[str, str], ...] | None) -> list[h11.Event]:
    """The events of a request. `proxied` is null, or the headers for a proxy that gets the absolute form.

    Values go out as the bytes that they came as (ISO 8859-1, RFC 9110 §5.5). What cannot stand in a header is refused
    (`NetworkError` ``network-header``); a condition of which that is true, such as an ETag with line breaks, is left
    out instead, and all that was asked for comes.

    Cookies and referrers never go out; a caller that asks for them is wrong and gets a `ValueError`.
    """
    given = {name.lower() for name, _ in ask.headers}
    if given & _NEVER:
        raise ValueError("no cookies, no referrers")
    headers = [("Host", target.origin.authority), ("User-Agent", agent)]
    headers = [each for each in headers if each[0].lower() not in given]
    headers += _without_impossible_conditions(ask.headers)
    always = [("Accept", "*/*"), ("Accept-Encoding", "identity"), ("Connection", "keep-alive")]
    headers += [each for each in always if each[0].lower() not in given]
    if ask.body and "content-length" not in given:
        headers.append(("Content-Length", str(len(ask.body))))
    headers += proxied or ()
    line = target.path if proxied is None else target.url
    fields = [(name.encode(), _value(name, value)) for name, value in headers]
    try:
        request = h11.Request(method=ask.method, target=line, headers=fields)
    except h11.LocalProtocolError:
        raise _unusable(ask.url) from None
    body: list[h11.Event] = [h11.Data(data=ask.body)] if ask.body else []
    return [request, *body, h11.EndOfMessage()]


def _without_impossible_conditions(headers: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    dropped: set[str] = set()
    for name, value in headers:
        if name.lower() in _CONDITIONS and _written(value) is None:
            dropped |= {name.lower(), *_CONDITIONS[name.lower()]}
    return [(name, value) for name, value in headers if name.lower() not in dropped]


def _value(name: str, value: str) -> bytes:
    written = _written(value)
    if written is None:
        raise NetworkError("network-header", retry=False, name=name)
    return written


def _written(value: str) -> bytes | None:
    """The bytes of a value; null when it has characters that no header can hold."""
    try:
        raw = value.encode("latin-1")
    except UnicodeEncodeError:
        return None
    return raw if _WRITABLE.fullmatch(raw) and raw == raw.strip() else None


def without_password(sent: bytes) -> bytes:
    """A request as the server sees it: what is between us and the proxy is nobody else's business."""
    head, end, body = sent.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"proxy-authorization:")]
    return b"\r\n".join(lines) + end + body
