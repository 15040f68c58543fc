"""The transport for ``ftp``: anonymous, passive, reading only. FTP over TLS is not spoken.

Built like `workbench.sources.http.transport` and on its connections, because `ftplib` cannot go on with a reply that it
has waited for in slices, and keeps no byte of the conversation.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from time import monotonic
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from workbench.core import times
from workbench.core.errors import UserError
from workbench.core.times import rfc3339, to_datetime
from workbench.sources.base import shown
from workbench.sources.ftp.control import Control, Reply, Vanished
from workbench.sources.ftp.ending import ENDED_WITH, replied
from workbench.sources.ftp.mlsd import time_of
from workbench.sources.ftp.unixlist import LISTED_AT
from workbench.sources.http.dial import Dialer, network_error
from workbench.sources.http.proxy import parse_proxy
from workbench.sources.http.target import Origin, host_of
from workbench.sources.http.wire import Timeouts, Wire
from workbench.sources.remote import Ask, Certificate, NetworkError

_KEPT = 8
"""Connections that lie unused at one time."""
_URL = re.compile(r"ftp://([^/?#\\]*)(.*)", re.IGNORECASE | re.DOTALL)
_AUTHORITY = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^:@\[\]]+))(?::(\d{1,5}))?")
_TYPE = re.compile(r";type=[aAiIdD]$")
_RANGE = re.compile(r"bytes=(\d{1,18})-", re.ASCII)
_SIZE = re.compile(rb"\d{1,18}")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class Place(NamedTuple):
    """What an ``ftp`` URL names. A path without a slash in front begins where the server puts those who log in."""

    origin: Origin
    path: bytes


def place_of(url: str) -> Place:
    """Take a URL apart (RFC 1738 §3.2). Raises `UserError` ``ftp-login-in-url``, `NetworkError` ``network-url`` and
    ``ftp-name-impossible``.
    """
    found = _URL.fullmatch(url.partition("#")[0])
    if found is not None and "@" in found[1]:
        raise UserError("ftp-login-in-url")
    authority = _AUTHORITY.fullmatch(found[1]) if found is not None else None
    port = int((authority and authority[3]) or 21)
    if found is None or authority is None or not 0 < port < 65536:
        raise NetworkError("network-url", retry=False, url=ascii(url[:500])[1:-1])
    path = unquote_to_bytes(_TYPE.sub("", found[2]).removeprefix("/"))
    if any(sign in path for sign in (b"\r", b"\n", b"\0")):
        raise NetworkError("ftp-name-impossible", retry=False, name=shown(path)[:200])
    return Place(Origin("ftp", authority[1] or host_of(authority[2], url), port), path)


class FtpAnswer:
    """See `workbench.sources.remote.Answer`.

    `status` is FTP's own code and never mapped: below 400 what was asked for comes (150 and 125 before, 226 after the
    body); 530 is a refused login, 550 a refused or missing path, 421 and other 4xx a passing trouble, 500, 502 and 504
    a command that the server does not have. `sent` and `head` are the commands and replies of this request; those of
    the login belong to the first one of a connection. After the body `head` also holds the reply that ends it.

    `headers` say in HTTP's words what was replied of a file: ``content-length`` (SIZE, of all of it) and
    ``last-modified`` (MDTM); of a listing, when it was made, by this laptop's clock (`unixlist.LISTED_AT`).
    """

    certificate: Certificate | None = None

    def __init__(
        self,
        ask: Ask,
        began: int,
        reply: Reply,
        control: Control,
        release: Callable[[Control, Wire | None, bool], None],
    ) -> None:
        self.ask = ask
        self.began = began
        self.status = reply.code
        self.headers: Mapping[str, str] = {}
        self.peer = control.wire.peer
        self.length: int | None = None
        self.started = 0
        self._control = control
        self._data: Wire | None = None
        self._release = release
        self._received = 0
        self._ended = False
        self.complete: bool | None = False
        self._keep()

    def comes(self, data: Wire, headers: Mapping[str, str], started: int, length: int | None) -> None:
        """There is a body, over this connection."""
        self._data, self.headers, self.started, self.length = data, headers, started, length
        if 200 <= self.status < 300:
            self._ended = True  # The reply that ends the body came before it.
        data.begin_body()

    def done(self) -> None:
        """There is no body; the connection can be used again unless nobody is logged in."""
        self.complete = True
        self._let_go(usable=self._control.refusal is None and self.status != 421)

    def readinto(self, buffer: memoryview) -> int:
        """See `Answer.readinto`. A body is whole when the server says so and it is as long as it said."""
        if self._data is None or not buffer:
            return 0
        try:
            got = self._data.fill(buffer)
        except BaseException as error:
            self._let_go(usable=False)
            if isinstance(error, ConnectionError):
                raise self._cut_off() from error
            if isinstance(error, OSError):
                raise self._told(network_error(error, self.peer or "")) from error
            raise
        self._received += got
        if got == 0:
            self._finish()
        return got

    def _finish(self) -> None:
        assert self._data is not None
        self._data.close()
        try:
            if not self._ended:
                self.status = self._control.hear().code
            if LISTED_AT in self.headers:
                self.headers = {**self.headers, ENDED_WITH: replied(bytes(self._control.heard))}
        except OSError as error:
            self._let_go(usable=False)
            raise self._cut_off() from error
        except BaseException:
            self._let_go(usable=False)
            raise
        whole = self.length is None or self._received >= self.length
        self._let_go(usable=200 <= self.status < 300)
        if not (200 <= self.status < 300 and whole):
            raise self._cut_off()
        self.complete = True

    def close(self) -> None:
        """See `Answer.close`. What was not read to its end costs the connection."""
        if self._data is not None:
            self._let_go(usable=False)

    def _let_go(self, *, usable: bool) -> None:
        self._keep()
        data, self._data = self._data, None
        self._release(self._control, data, usable)

    def _keep(self) -> None:
        self.sent, self.head = bytes(self._control.sent), bytes(self._control.heard)

    def _cut_off(self) -> NetworkError:
        return self._told(NetworkError("network-cut-off", received=self._received, expected=self.length))

    def _told(self, error: NetworkError) -> NetworkError:
        error.sent, error.head, error.peer = self.sent, self.head, self.peer
        return error


class FtpTransport:
    """See `workbench.sources.remote.Transport`. Any thread.

    `check` raises `Cancelled` and is called at least every half second of waiting. `proxy` is a SOCKS proxy as
    `workbench.sources.http.proxy.proxy_of` takes it; through any other kind nothing is sent (``ftp-no-proxy``). Raises
    `UserError` ``proxy-unreadable``.
    """

    METHODS = frozenset({"MLSD", "LIST", "RETR"})

    def __init__(
        self,
        check: Callable[[], None],
        proxy: str | None = None,
        timeouts: Timeouts | None = None,
        clock: Callable[[], int] = times.now,
    ) -> None:
        self._check = check
        self._timeouts = timeouts or Timeouts()
        self._clock = clock
        self._dialer = Dialer(check, self._timeouts, None if proxy is None else parse_proxy(proxy), None, None)
        self._lock = threading.Lock()
        self._kept: list[tuple[Origin, Control]] = []
        self._busy: set[Wire] = set()
        self._closed = False

    def open(self, ask: Ask) -> FtpAnswer:
        """See `Transport.open`. Raises `ValueError` for a command that is never sent, and what `place_of` raises.

        ``Range: bytes=N-`` becomes REST; where a server has none, the file comes from its start.
        """
        if ask.method not in self.METHODS:
            raise ValueError(f"{ask.method} is never sent")
        self._check()
        place = place_of(ask.url)
        proxy = self._dialer.proxy
        if proxy is not None and not proxy.scheme.startswith("socks"):
            raise NetworkError("ftp-no-proxy", retry=False, proxy=proxy.place)
        began = self._clock()
        while (control := self._take(place.origin)) is not None:
            control.forget()
            with suppress(Vanished):
                return self._conversed(ask, place, control, began)
        wire = self._dialed(place.origin)
        control = Control(wire, self._timeouts)
        return self._conversed(ask, place, control, began, control.log_in)

    def pin(self, sha256: bytes | None) -> None:
        """There are no certificates here: nothing changes."""

    def close(self) -> None:
        """See `Transport.close`; those that other threads read from end for them at once."""
        with self._lock:
            self._closed = True
            kept, self._kept = self._kept, []
            for wire in self._busy:
                wire.abort()
        for _, control in kept:
            with suppress(OSError):
                control.wire.send(b"QUIT\r\n", monotonic())
            control.close()

    def _conversed(
        self, ask: Ask, place: Place, control: Control, began: int, first: Callable[[], None] = lambda: None
    ) -> FtpAnswer:
        def release(control: Control, data: Wire | None, usable: bool) -> None:
            self._drop(data)
            self._give(place.origin, control, usable=usable)

        try:
            first()
            answer = self._asked(ask, place, control, began, release)
        except Vanished:
            self._give(place.origin, control, usable=False)
            raise
        except OSError as error:
            self._give(place.origin, control, usable=False)
            if control.wire.used and not control.heard and isinstance(error, ConnectionError):
                raise Vanished from error
            told = network_error(error, f"{place.origin.host}:{place.origin.port}")
            told.sent, told.head, told.peer = bytes(control.sent), bytes(control.heard), control.wire.peer
            raise told from error
        except BaseException:
            self._give(place.origin, control, usable=False)
            raise
        return answer

    def _asked(
        self,
        ask: Ask,
        place: Place,
        control: Control,
        began: int,
        release: Callable[[Control, Wire | None, bool], None],
    ) -> FtpAnswer:
        def without_body(reply: Reply) -> FtpAnswer:
            answer = FtpAnswer(ask, began, reply, control, release)
            answer.done()
            return answer

        if control.refusal is not None:
            return without_body(control.refusal)
        path = _below(control.home, place.path)
        headers, length = {LISTED_AT: rfc3339(began) or ""}, None
        if ask.method == "RETR":
            headers, length = _facts(control, path)
        else:
            # Listed without an argument: servers read some names as options.
            reply = control.name(b"CWD", path)
            if not reply.good:
                return without_body(reply)
        port = control.passive()
        if port is None:
            raise NetworkError("ftp-protocol", retry=False, reason="passive")
        data = self._dialed(Origin("ftp", self._peer(control, place.origin), port))
        try:
            started = _restart(control, ask)
            reply = control.name(b"RETR", path) if ask.method == "RETR" else control.say(ask.method.encode())
            if reply.code >= 300:
                self._drop(data)
                return without_body(reply)
            answer = FtpAnswer(ask, began, reply, control, release)
            answer.comes(data, headers, started, None if length is None else length - started)
        except BaseException:
            self._drop(data)
            raise
        return answer

    def _peer(self, control: Control, origin: Origin) -> str:
        """The server's own address, or its name where a proxy looks that up."""
        if control.wire.peer is None:
            return origin.host
        return control.wire.peer.rpartition(":")[0].strip("[]")

    def _dialed(self, origin: Origin) -> Wire:
        wire = self._dialer.dial(origin)
        with self._lock:
            self._busy.add(wire)
        return wire

    def _take(self, origin: Origin) -> Control | None:
        """A connection from before that still stands."""
        while True:
            with self._lock:
                if self._closed:
                    raise NetworkError("network-closed", retry=False)
                number = next((n for n in reversed(range(len(self._kept))) if self._kept[n][0] == origin), None)
                if number is None:
                    return None
                control = self._kept.pop(number)[1]
                self._busy.add(control.wire)
            if control.wire.alive():
                return control
            self._give(origin, control, usable=False)

    def _give(self, origin: Origin, control: Control, *, usable: bool) -> None:
        with self._lock:
            self._busy.discard(control.wire)
            keep = usable and not self._closed
            if keep:
                control.wire.used = True
                self._kept.append((origin, control))
            dropped = [control] if not keep else [self._kept.pop(0)[1]] if len(self._kept) > _KEPT else []
        for each in dropped:
            each.close()

    def _drop(self, wire: Wire | None) -> None:
        if wire is not None:
            with self._lock:
                self._busy.discard(wire)
            wire.close()


def _below(home: bytes, path: bytes) -> bytes:
    """An absolute path, without a slash at its end."""
    whole = path if path.startswith(b"/") else home.rstrip(b"/") + b"/" + path
    return whole.rstrip(b"/") or b"/"


def _facts(control: Control, path: bytes) -> tuple[dict[str, str], int | None]:
    """What the server says of a file before it sends it."""
    headers: dict[str, str] = {}
    size: int | None = None
    if (reply := control.ask(b"SIZE", path)) is not None and _SIZE.fullmatch(reply.text.strip()):
        size = int(reply.text)
        headers["content-length"] = str(size)
    if (reply := control.ask(b"MDTM", path)) is not None:
        stated = time_of(reply.text.decode("latin-1").strip())
        if stated is not None:
            moment = to_datetime(stated.micros)
            month = next(name for name, number in times.MONTHS.items() if number == moment.month)
            headers["last-modified"] = (
                f"{_DAYS[moment.weekday()]}, {moment.day:02} {month} {moment.year:04} {moment:%H:%M:%S} GMT"
            )
    return headers, size


def _restart(control: Control, ask: Ask) -> int:
    """From where the file will come."""
    wanted = next((value for name, value in ask.headers if name.lower() == "range"), "")
    found = _RANGE.fullmatch(wanted)
    if found is None or found[1] == "0":
        return 0
    return int(found[1]) if control.say(b"REST " + found[1].encode()).code == 350 else 0
