"""Going through a proxy: HTTP (RFC 9110 §9.3.6) and SOCKS5 (RFC 1928, RFC 1929), names always resolved over there."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from urllib.parse import unquote

import h11
from socksio import ProtocolError
from socksio.socks5 import (
    SOCKS5AuthMethod,
    SOCKS5AuthMethodsRequest,
    SOCKS5AuthReply,
    SOCKS5Command,
    SOCKS5CommandRequest,
    SOCKS5ReplyCode,
    SOCKS5UsernamePasswordReply,
    SOCKS5UsernamePasswordRequest,
)

from workbench.core.errors import UserError
from workbench.sources.http.target import Origin
from workbench.sources.http.wire import HEAD_LIMIT, Wire
from workbench.sources.remote import NetworkError

_PROXY = re.compile(
    r"(?P<scheme>http|socks5h?)://(?:(?P<user>[^@/:]*)(?::(?P<word>[^@/]*))?@)?"
    r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<host>[A-Za-z0-9._-]+))(?::(?P<port>\d{1,5}))?/?",
    re.IGNORECASE,
)
_PORTS = {"http": 8080, "socks5": 1080, "socks5h": 1080}


@dataclass(frozen=True)
class Proxy:
    """A proxy taken apart. What it is called in messages is its `place`, without the password."""

    scheme: str
    host: str
    port: int
    user: str | None = None
    password: str = ""

    @property
    def place(self) -> str:
        """``host:port``."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def authorization(self) -> tuple[tuple[str, str], ...]:
        """The header with user and password, when there are any."""
        if self.user is None:
            return ()
        packed = base64.b64encode(f"{self.user}:{self.password}".encode()).decode("ascii")
        return (("Proxy-Authorization", f"Basic {packed}"),)


def proxy_of(text: str) -> str:
    """A proxy as the user typed it, checked: ``http://``, ``socks5://`` or ``socks5h://``, host, port, perhaps user and
    password. Raises `UserError` ``proxy-unreadable``.
    """
    parse_proxy(text.strip())
    return text.strip()


def parse_proxy(text: str) -> Proxy:
    """See `proxy_of`."""
    found = _PROXY.fullmatch(text)
    port = int((found and found["port"]) or 1)
    if found is None or not 0 < port < 65536:
        raise UserError("proxy-unreadable", text=re.sub(r"//.*@", "//…@", text)[:200])
    scheme = found["scheme"].lower()
    user = None if found["user"] is None else unquote(found["user"])
    port = int(found["port"] or _PORTS[scheme])
    return Proxy(scheme, found["v6"] or found["host"], port, user, unquote(found["word"] or ""))


def open_tunnel(wire: Wire, proxy: Proxy, origin: Origin, deadline: float) -> None:
    """Have the proxy connect to `origin`; afterwards `wire` speaks to that. Raises `NetworkError` ``network-proxy``."""
    if proxy.scheme == "http":
        _connect(wire, proxy, origin, deadline)
        return
    try:
        _socks(wire, proxy, origin, deadline)
    except (ProtocolError, UnicodeError, OverflowError) as error:
        raise _failed(proxy, "garbage", retry=False) from error


def _failed(proxy: Proxy, reason: str, *, retry: bool = True) -> NetworkError:
    return NetworkError("network-proxy", retry=retry, proxy=proxy.place, reason=reason)


def _connect(wire: Wire, proxy: Proxy, origin: Origin, deadline: float) -> None:
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_LIMIT)
    host = f"[{origin.host}]:{origin.port}" if ":" in origin.host else f"{origin.host}:{origin.port}"
    request = h11.Request(method="CONNECT", target=host, headers=[("Host", host), *proxy.authorization])
    wire.send((connection.send(request) or b"") + (connection.send(h11.EndOfMessage()) or b""), deadline)
    try:
        while not isinstance(event := connection.next_event(), h11.Response):
            if event is h11.NEED_DATA:
                connection.receive_data(wire.some(4096, deadline))
            elif not isinstance(event, h11.InformationalResponse):
                raise _failed(proxy, "garbage", retry=False)
    except h11.RemoteProtocolError as error:
        raise _failed(proxy, "garbage", retry=False) from error
    if not 200 <= event.status_code < 300:
        raise _failed(proxy, str(event.status_code), retry=event.status_code >= 500)
    if connection.trailing_data[0]:
        raise _failed(proxy, "garbage", retry=False)


def _exactly(wire: Wire, proxy: Proxy, count: int, deadline: float) -> bytes:
    got = b""
    while len(got) < count:
        more = wire.some(count - len(got), deadline)
        if not more:
            raise _failed(proxy, "closed")
        got += more
    return got


def _socks(wire: Wire, proxy: Proxy, origin: Origin, deadline: float) -> None:
    methods = [SOCKS5AuthMethod.NO_AUTH_REQUIRED]
    if proxy.user is not None:
        methods.append(SOCKS5AuthMethod.USERNAME_PASSWORD)
    wire.send(SOCKS5AuthMethodsRequest(methods).dumps(), deadline)
    method = SOCKS5AuthReply.loads(_exactly(wire, proxy, 2, deadline)).method
    if method not in methods:
        raise _failed(proxy, "authentication", retry=False)
    if method == SOCKS5AuthMethod.USERNAME_PASSWORD:
        assert proxy.user is not None
        words = SOCKS5UsernamePasswordRequest(proxy.user.encode(), proxy.password.encode())
        wire.send(words.dumps(), deadline)
        if not SOCKS5UsernamePasswordReply.loads(_exactly(wire, proxy, 2, deadline)).success:
            raise _failed(proxy, "authentication", retry=False)
    command = SOCKS5CommandRequest.from_address(SOCKS5Command.CONNECT, (origin.host, origin.port))
    wire.send(command.dumps(), deadline)
    version, code, _, kind = _exactly(wire, proxy, 4, deadline)
    if version != 5:
        raise _failed(proxy, "garbage", retry=False)
    if code != 0:
        known = {each.value[0]: each.name.lower().replace("_", "-") for each in SOCKS5ReplyCode}
        raise _failed(proxy, known.get(code, str(code)))
    lengths = {1: 4, 4: 16}
    length = _exactly(wire, proxy, 1, deadline)[0] if kind == 3 else lengths.get(kind)
    if length is None:
        raise _failed(proxy, "garbage", retry=False)
    _exactly(wire, proxy, length + 2, deadline)
