"""One request on one connection: the head of the answer, byte for byte, and its body when somebody reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic

import h11

from workbench.sources.http.body import Body, Chunked, Endless, Sized
from workbench.sources.http.dial import network_error
from workbench.sources.http.headers import content_range
from workbench.sources.http.target import without_password
from workbench.sources.http.wire import HEAD_LIMIT, Wire
from workbench.sources.remote import Ask, Certificate, NetworkError

_BLOCK = 16 << 10


class Vanished(Exception):
    """A kept connection was closed by the server before it could have read the request: ask again on a new one."""


@dataclass(frozen=True)
class Head:
    """The head of an answer: its bytes, what h11 made of them, its headers joined, and body bytes that came with it."""

    raw: bytes
    response: h11.Response
    headers: Mapping[str, str]
    rest: bytes


class HttpAnswer:
    """See `workbench.sources.remote.Answer`. `release` gets the wire back, and whether it can be used again."""

    def __init__(
        self,
        ask: Ask,
        began: int,
        sent: bytes,
        wire: Wire,
        head: Head,
        body: Body,
        release: Callable[[Wire, bool], None],
    ) -> None:
        self.ask = ask
        self.began = began
        self.sent = sent
        self.head = head.raw
        self.status = head.response.status_code
        self.headers = head.headers
        self.peer: str | None = wire.peer
        self.certificate: Certificate | None = wire.certificate
        self.length = _length(ask, head)
        self.started = 0
        self._wire: Wire | None = wire
        self._body = body
        self._keeps = _keeps(head.response, self.headers)
        self._release = release

    @property
    def complete(self) -> bool | None:
        """See `workbench.sources.remote.Answer.complete`."""
        if not self._body.finished:
            return False
        return True if self._body.stated else None

    def readinto(self, buffer: memoryview) -> int:
        """See `workbench.sources.remote.Answer.readinto`."""
        if self._wire is None:
            if self._body.finished:
                return 0
            raise ValueError("the answer is closed")
        try:
            return self._body.readinto(buffer)
        except h11.RemoteProtocolError as error:
            raise NetworkError("network-protocol", retry=False, reason=reason_of(error)) from error
        except OSError as error:
            raise network_error(error, self.peer or "") from error

    def close(self) -> None:
        """See `workbench.sources.remote.Answer.close`."""
        wire, self._wire = self._wire, None
        if wire is not None:
            self._release(wire, self._keeps and self._body.finished and self._body.clean)


def converse(
    ask: Ask,
    events: list[h11.Event],
    wire: Wire,
    seconds: float,
    clock: Callable[[], int],
    release: Callable[[Wire, bool], None],
) -> HttpAnswer:
    """Send a request and wait for the head, at most so many seconds.

    Raises `Vanished` on a used wire, and `NetworkError` with all that went over the line. The wire is then closed by
    the caller.
    """
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_LIMIT)
    sent = b"".join(connection.send(event) or b"" for event in events)
    shown = without_password(sent)
    deadline = monotonic() + seconds
    began = clock()
    raw = bytearray()
    try:
        wire.send(sent, deadline)
        head = _head(connection, wire, raw, deadline)
        answer = HttpAnswer(ask, began, shown, wire, head, _body(ask, connection, wire, head), release)
        if answer.status == 206:
            answer.started = _started(answer.headers)
    except h11.RemoteProtocolError as error:
        failed = NetworkError("network-protocol", retry=False, reason=reason_of(error))
        raise _with_bytes(failed, shown, raw, wire) from error
    except OSError as error:
        failed = network_error(error, wire.peer or "")
        if wire.used and not raw and failed.message.code in ("network-reset", "network-cut-off"):
            raise Vanished from error
        raise _with_bytes(failed, shown, raw, wire) from error
    return answer


def _with_bytes(error: NetworkError, sent: bytes, raw: bytearray, wire: Wire) -> NetworkError:
    error.sent = sent
    error.head = bytes(raw)
    error.peer = wire.peer
    return error


def _head(connection: h11.Connection, wire: Wire, raw: bytearray, deadline: float) -> Head:
    """Read up to the end of the head; `raw` grows by what comes, without interim answers (1xx)."""
    whole = 0
    while True:
        event = connection.next_event()
        if isinstance(event, h11.Response):
            rest = connection.trailing_data[0]
            del raw[len(raw) - len(rest) :]
            return Head(bytes(raw), event, joined(event), rest)
        if isinstance(event, h11.InformationalResponse):
            if event.status_code == 101:
                raise h11.RemoteProtocolError("switches protocols")
            del raw[: len(raw) - len(connection.trailing_data[0])]
        elif event is h11.NEED_DATA:
            if whole > HEAD_LIMIT:
                raise h11.RemoteProtocolError("the head is too large")
            data = wire.some(_BLOCK, deadline)
            if not data:
                raise NetworkError("network-cut-off", received=len(raw), expected=None)
            raw += data
            whole += len(data)
            connection.receive_data(data)
        else:
            raise h11.RemoteProtocolError("no answer")


def _body(ask: Ask, connection: h11.Connection, wire: Wire, head: Head) -> Body:
    """How the body is framed (RFC 9112 §6.3). h11 has seen to it that the headers do not contradict themselves."""
    wire.begin_body()
    if "transfer-encoding" in head.headers and not _has_none(ask, head):
        return Chunked(wire, connection)
    length = _length(ask, head)
    return Endless(wire, head.rest) if length is None else Sized(wire, head.rest, length)


def _length(ask: Ask, head: Head) -> int | None:
    if _has_none(ask, head):
        return 0
    if "transfer-encoding" in head.headers or "content-length" not in head.headers:
        return None
    return int(head.headers["content-length"])


def _has_none(ask: Ask, head: Head) -> bool:
    return ask.method == "HEAD" or head.response.status_code in (204, 304)


def _keeps(response: h11.Response, headers: Mapping[str, str]) -> bool:
    """Does the server say that the connection goes on (RFC 9112 §9.3)?"""
    options = {each.strip().lower() for each in headers.get("connection", "").split(",")}
    if "close" in options:
        return False
    return response.http_version == b"1.1" or "keep-alive" in options


def _started(headers: Mapping[str, str]) -> int:
    part = content_range(headers)
    if part is None:
        raise h11.RemoteProtocolError("a part that does not say which")
    return part[0]


def joined(response: h11.Response) -> dict[str, str]:
    """The headers in lower case; those of one name joined (RFC 9110 §5.3)."""
    found: dict[str, str] = {}
    for name, value in response.headers:
        key, text = name.decode("latin-1"), value.decode("latin-1")
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found


def reason_of(error: h11.RemoteProtocolError) -> str:
    """What h11 found wrong, short and printable."""
    return ascii(str(error))[1:-1][:200]
