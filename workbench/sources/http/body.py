"""The body of an answer as it comes over the wire (RFC 9112 §6): of a stated length, in chunks, or up to the end."""

from __future__ import annotations

from typing import Protocol

import h11

from workbench.sources.http.wire import Wire
from workbench.sources.remote import NetworkError

_BLOCK = 64 << 10


class Body(Protocol):
    """`finished` once all of it was given; `clean` when the connection can then be used again; `stated` where the
    server says where the body ends.
    """

    finished: bool
    clean: bool
    stated: bool

    def readinto(self, buffer: memoryview) -> int:
        """The next bytes, at least one unless it is finished. Raises `OSError` and `NetworkError`."""
        ...


class Sized:
    """A body of a stated length, read from the socket into the caller's buffer. `rest` came with the head."""

    def __init__(self, wire: Wire, rest: bytes, length: int) -> None:
        self._wire = wire
        self._length = length
        self._left = length
        self._rest = memoryview(rest)[:length]
        self.stated = True
        self.clean = len(rest) <= length
        self.finished = length == 0

    def readinto(self, buffer: memoryview) -> int:
        """See `Body`; raises ``network-cut-off`` when the connection ends too early."""
        if self.finished:
            return 0
        wanted = buffer[: self._left]
        got = min(len(self._rest), len(wanted))
        if got:
            wanted[:got] = self._rest[:got]
            self._rest = self._rest[got:]
        else:
            got = self._wire.fill(wanted)
            if got == 0:
                raise NetworkError("network-cut-off", received=self._length - self._left, expected=self._length)
        self._left -= got
        self.finished = self._left == 0
        return got


class Endless:
    """A body that ends with the connection: nobody can tell whether it is all. Only where the connection itself ends
    wrongly (RFC 9112 §9.8) it certainly is not.
    """

    def __init__(self, wire: Wire, rest: bytes) -> None:
        self._wire = wire
        self._rest = memoryview(rest)
        self._received = 0
        self.stated = False
        self.clean = False
        self.finished = False

    def readinto(self, buffer: memoryview) -> int:
        """See `Body`; raises ``network-cut-off`` when the connection ends without saying so."""
        if self.finished:
            return 0
        got = min(len(self._rest), len(buffer))
        if got:
            buffer[:got] = self._rest[:got]
            self._rest = self._rest[got:]
        else:
            got = self._wire.fill(buffer)
            if got == 0 and self._wire.torn:
                raise NetworkError("network-cut-off", received=self._received, expected=None)
            self.finished = got == 0
        self._received += got
        return got


class Chunked:
    """A body in chunks, taken apart by h11, which also holds what came with the head."""

    def __init__(self, wire: Wire, connection: h11.Connection) -> None:
        self._wire = wire
        self._connection = connection
        self._block = bytearray(_BLOCK)
        self._given = memoryview(b"")
        self._late: h11.RemoteProtocolError | None = None
        self._received = 0
        self.stated = True
        self.clean = False
        self.finished = False

    def readinto(self, buffer: memoryview) -> int:
        """See `Body`; raises ``network-cut-off`` before the last chunk, ``network-protocol`` for what is none."""
        if self._late is not None:
            error, self._late = self._late, None
            raise error
        done = 0
        while done < len(buffer) and not self.finished:
            try:
                if not self._given and not self._next(wait=done == 0):
                    break
            except h11.RemoteProtocolError as error:
                if done == 0:
                    raise
                self._late = error  # What came before it is given first.
                break
            got = min(len(self._given), len(buffer) - done)
            buffer[done : done + got] = self._given[:got]
            self._given = self._given[got:]
            done += got
        self._received += done
        return done

    def _next(self, wait: bool) -> bool:
        """Have the next piece at hand, if need be by waiting for it."""
        while not self.finished:
            event = self._connection.next_event()
            if isinstance(event, h11.Data):
                self._given = memoryview(event.data)
                return True
            if isinstance(event, h11.EndOfMessage):
                self.finished = True
                self.clean = not self._connection.trailing_data[0]
            elif event is not h11.NEED_DATA:
                raise NetworkError("network-protocol", retry=False, reason=type(event).__name__)
            elif not wait:
                return False
            else:
                self._more()
        return False

    def _more(self) -> None:
        got = self._wire.fill(memoryview(self._block))
        if got == 0:
            raise NetworkError("network-cut-off", received=self._received, expected=None)
        self._connection.receive_data(bytes(memoryview(self._block)[:got]))
