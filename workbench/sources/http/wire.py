"""One connection: bytes out, bytes in, never waiting longer than it may, and always ready to be told to stop.

The socket does not block. Whoever would have to wait does so in slices of half a second, and asks in between.
"""

from __future__ import annotations

import select
import socket
import ssl
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from workbench.sources.remote import Certificate, NetworkError

HEAD_LIMIT = 64 << 10
"""Bytes that the head of an answer may have."""

SLICE = 0.5
"""Seconds between two looks whether to stop."""

_LINGER = 0.02
"""Seconds that a half-filled buffer waits for more, so that fast servers come in large pieces,"""

_PATIENCE = 0.1
"""and how long it does so at all."""


@dataclass(frozen=True)
class Timeouts:
    """Seconds. `head` is for all of the answer's head, `idle` between two bytes of its body. A body that comes slower
    than `slowest` bytes a second over the last `window` seconds of waiting is given up.
    """

    connect: float = 20
    head: float = 60
    idle: float = 60
    slowest: float = 64
    window: float = 60


if sys.platform == "win32":

    def ready(sock: socket.socket, writing: bool, seconds: float) -> bool:
        """Can be read (or written) without waiting, within so many seconds?"""
        want = [sock]
        read, write, failed = select.select([] if writing else want, want if writing else [], want, max(seconds, 0))
        return bool(read or write or failed)

else:

    def ready(sock: socket.socket, writing: bool, seconds: float) -> bool:
        """Can be read (or written) without waiting, within so many seconds?"""
        poll = select.poll()
        poll.register(sock, select.POLLOUT if writing else select.POLLIN)
        return bool(poll.poll(max(seconds, 0) * 1000))


def wait(sock: socket.socket, writing: bool, until: float, seconds: float, check: Callable[[], None]) -> None:
    """Until it is ready; raises `NetworkError` ``network-timeout`` at the monotonic time `until`, and whatever `check`
    raises. `seconds` is how long that was, for the message.
    """
    while True:
        check()
        left = until - monotonic()
        if left <= 0:
            raise NetworkError("network-timeout", seconds=seconds)
        if ready(sock, writing, min(left, SLICE)):
            return


class Wire:
    """A connected socket. One thread at a time, except `abort`."""

    def __init__(self, sock: socket.socket, check: Callable[[], None], timeouts: Timeouts) -> None:
        self._socket = sock
        self._check = check
        self._timeouts = timeouts
        self._writing = False
        self._late: OSError | None = None
        self._waited = 0.0
        self._received = 0
        self._marks = deque([(0.0, 0)])
        self.peer: str | None = None
        self.certificate: Certificate | None = None
        self.used = False
        """Did an answer come over it before?"""
        self.torn = False
        """Did it end in a way that nobody who was done would end it: TLS without a ``close_notify``, or by us?"""

    def secure(self, context: ssl.SSLContext, host: str, deadline: float) -> bytes:
        """Turn to TLS and give the server's certificate (DER). Raises `ssl.SSLError` and other `OSError`."""
        secured = context.wrap_socket(
            self._socket, server_hostname=host, do_handshake_on_connect=False, suppress_ragged_eofs=False
        )
        self._socket = secured
        while True:
            try:
                secured.do_handshake()
                break
            except ssl.SSLWantReadError:
                wait(secured, False, deadline, self._timeouts.connect, self._check)
            except ssl.SSLWantWriteError:
                wait(secured, True, deadline, self._timeouts.connect, self._check)
        return secured.getpeercert(binary_form=True) or b""

    def send(self, data: bytes, deadline: float) -> None:
        """All of it. Raises `OSError`, and `NetworkError` ``network-timeout``."""
        rest = memoryview(data)
        while rest:
            writing = True
            try:
                rest = rest[self._socket.send(rest) :]
                continue
            except ssl.SSLWantReadError:
                writing = False
            except (BlockingIOError, ssl.SSLWantWriteError):
                pass
            wait(self._socket, writing, deadline, self._timeouts.head, self._check)

    def some(self, size: int, deadline: float) -> bytes:
        """At most `size` bytes, at least one; none at the end. Raises `OSError`, ``network-timeout``."""
        buffer = bytearray(size)
        while (got := self._try(memoryview(buffer))) is None:
            wait(self._socket, self._writing, deadline, self._timeouts.head, self._check)
        return bytes(buffer[:got])

    def begin_body(self) -> None:
        """From here on, slowness counts."""
        self._marks.clear()
        self._marks.append((self._waited, self._received))

    def fill(self, buffer: memoryview) -> int:
        """As much of a body as comes without much waiting, at least one byte; 0 at the end.

        Raises `OSError`, and `NetworkError` ``network-timeout`` or ``network-too-slow``.
        """
        if self._late is not None:
            error, self._late = self._late, None
            raise error
        self._check()
        self._check_pace()
        while (got := self._try(buffer)) is None:
            self._wait_for_body()
        until = monotonic() + _PATIENCE
        while 0 < got < len(buffer):
            try:
                more = self._try(buffer[got:])
            except OSError as error:
                self._late = error
                break
            if more == 0 or (more is None and not self._linger(until)):
                break
            got += more or 0
        return got

    def _try(self, buffer: memoryview) -> int | None:
        """What is there now: null when nothing is yet, 0 at the end."""
        try:
            got = self._socket.recv_into(buffer)
        except (BlockingIOError, ssl.SSLWantReadError):
            self._writing = False
            return None
        except ssl.SSLWantWriteError:
            self._writing = True
            return None
        except ssl.SSLEOFError:
            self.torn = True
            return 0
        self._received += got
        return got

    def _linger(self, until: float) -> bool:
        begun = monotonic()
        if self._writing or begun >= until:
            return False
        came = ready(self._socket, False, _LINGER)
        self._waited += monotonic() - begun
        return came

    def _wait_for_body(self) -> None:
        begun = monotonic()
        wait(self._socket, self._writing, begun + self._timeouts.idle, self._timeouts.idle, self._check)
        self._waited += monotonic() - begun
        self._check_pace()

    def _check_pace(self) -> None:
        window, slowest, marks = self._timeouts.window, self._timeouts.slowest, self._marks
        if self._waited - marks[-1][0] >= window / 60:
            marks.append((self._waited, self._received))
        while len(marks) > 1 and self._waited - marks[1][0] >= window:
            marks.popleft()
        if self._waited - marks[0][0] >= window and self._received - marks[0][1] < slowest * window:
            raise NetworkError("network-too-slow", rate=slowest, seconds=window)

    def alive(self) -> bool:
        """Still open, and nothing came unasked? For a connection that is between two answers."""
        try:
            return self._try(memoryview(bytearray(1))) is None
        except OSError:
            return False

    def abort(self) -> None:
        """Wake whoever waits for it; from any thread. That one closes it."""
        self.torn = True
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            return

    def close(self) -> None:
        """Drop it."""
        self._socket.close()
