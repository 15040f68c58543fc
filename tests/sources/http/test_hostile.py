from __future__ import annotations

import contextlib
import socket
import struct
import zlib
from collections.abc import Callable
from itertools import count

import pytest

from tests.sources.http.servers import Server, chunked, get, proceed, replying, request, sized, transport
from workbench.sources.http import wire
from workbench.sources.http.content import decoded, read_body
from workbench.sources.http.wire import Timeouts
from workbench.sources.remote import Ask, NetworkError

HASTY = Timeouts(connect=5, head=0.4, idle=0.4, slowest=50_000, window=0.4)


def failing(serve: Callable[[socket.socket], None], timeouts: Timeouts = Timeouts()) -> NetworkError:  # noqa: B008
    with Server(serve) as server, transport(timeouts=timeouts) as carrier:
        with pytest.raises(NetworkError) as raised:
            get(carrier, server.url)
        return raised.value


def endless(first: bytes, piece: bytes) -> Callable[[socket.socket], None]:
    def serve(connection: socket.socket) -> None:
        request(connection)
        connection.sendall(first)
        while True:
            connection.sendall(piece)

    return serve


def slowly(first: bytes, piece: bytes) -> Callable[[socket.socket], None]:
    def serve(connection: socket.socket) -> None:
        request(connection)
        connection.sendall(first)
        connection.settimeout(0.02)
        while True:
            connection.sendall(piece)
            try:
                if not connection.recv(1):
                    return
            except TimeoutError:
                continue

    return serve


OK = b"HTTP/1.1 200 OK\r\n"
IN_CHUNKS = OK + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
        b"<html>no head</html>\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        OK + b"no colon here\r\n\r\n",
        OK + b"a b: c\r\n\r\n",
        OK + b"Content-Length: -5\r\n\r\n",
        OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        OK + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n",
        OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n",
        IN_CHUNKS + b"zz\r\nabc",
        IN_CHUNKS + b"f" * 30 + b"\r\nabc",
        IN_CHUNKS + b"-5\r\nabc",
        IN_CHUNKS + b"3\r\nabcdef\r\n",
        IN_CHUNKS + b"3;" + b"x" * 200_000,
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n",
        b"\r\n\r\n\r\n",
        b"\0" * 1000,
    ],
)
def test_what_is_not_http_is_said_to_be_none(answer: bytes) -> None:
    error = failing(replying(answer))
    assert error.message.code == "network-protocol"
    assert not error.retry
    assert str(error).isprintable()


@pytest.mark.parametrize(
    ("first", "piece"),
    [
        (OK, b"X-Endless: headers\r\n" * 100),
        (OK + b"X-Long: ", b"x" * 1000),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100),
        (b"", b"no line ever ends " * 100),
        (IN_CHUNKS + b"0\r\n", b"X-Endless: trailers\r\n" * 100),
        (IN_CHUNKS + b"3;", b"extension" * 100),
    ],
)
def test_endless_heads_end(first: bytes, piece: bytes) -> None:
    error = failing(endless(first, piece))
    assert error.message.code == "network-protocol"
    assert len(error.head) < 200_000


def test_what_came_of_a_broken_answer_is_kept() -> None:
    error = failing(replying(b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n"))
    assert error.head == b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n"
    assert error.sent.startswith(b"GET / HTTP/1.1")


@pytest.mark.parametrize(
    ("answer", "received", "expected"),
    [
        (OK + b"Content-Length: 10\r\n\r\nabc", 3, 10),
        (IN_CHUNKS + b"5\r\nabc", 3, None),
        (IN_CHUNKS + b"3\r\nabc\r\n", 3, None),
        (OK + b"Content-Le", 27, None),
    ],
)
def test_an_answer_that_ends_too_early(answer: bytes, received: int, expected: int | None) -> None:
    error = failing(replying(answer))
    assert error.message.code == "network-cut-off"
    assert error.message.args == {"received": received, "expected": expected}
    assert error.retry


def test_what_came_before_the_end_is_given_first() -> None:
    with Server(replying(OK + b"Content-Length: 10\r\n\r\nabc")) as server, transport() as carrier:
        answer = carrier.open(Ask("GET", server.url))
        buffer = memoryview(bytearray(100))
        got = 0
        with contextlib.suppress(NetworkError):
            while more := answer.readinto(buffer[got:]):
                got += more
            pytest.fail("it did not end too early")
        answer.close()
        assert bytes(buffer[:got]) == b"abc"


def test_a_reset_in_the_body() -> None:
    def serve(connection: socket.socket) -> None:
        request(connection)
        connection.sendall(OK + b"Content-Length: 1000000\r\n\r\n" + b"a" * 100_000)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    error = failing(serve)
    assert error.message.code == "network-reset"
    assert error.retry


@pytest.mark.parametrize("first", [b"", OK, OK + b"Content-Length: 9\r\n\r\nabc", IN_CHUNKS + b"3\r\n"])
def test_silence_ends(first: bytes) -> None:
    def serve(connection: socket.socket) -> None:
        request(connection)
        connection.sendall(first)
        connection.recv(1)

    error = failing(serve, HASTY)
    assert error.message.code == "network-timeout"
    assert error.message.args == {"seconds": 0.4}


@pytest.mark.parametrize(
    ("first", "piece", "code"),
    [
        (b"", b"H", "network-timeout"),
        (OK, b"a: b\r\n", "network-timeout"),
        (OK + b"Content-Length: 999999999\r\n\r\n", b"a", "network-too-slow"),
        (OK + b"\r\n", b"a", "network-too-slow"),
        (IN_CHUNKS, b"1\r\na\r\n", "network-too-slow"),
        (IN_CHUNKS + b"1;", b"a", "network-too-slow"),
    ],
)
def test_a_drip_ends(first: bytes, piece: bytes, code: str) -> None:
    error = failing(slowly(first, piece), HASTY)
    assert error.message.code == code


def test_a_reader_that_takes_its_time_is_not_the_server_s_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only waiting counts, however late it has become."""
    late = count(0, 1000)
    here, there = socket.socketpair()
    with here, there:
        there.sendall(b"a" * 100)
        here.setblocking(False)
        reader = wire.Wire(here, proceed, HASTY)
        reader.begin_body()
        monkeypatch.setattr(wire, "monotonic", lambda: next(late))
        assert [reader.fill(memoryview(bytearray(1))) for _ in range(100)] == [1] * 100


def test_a_body_that_is_too_large_is_stopped() -> None:
    for answer in (sized(b"a" * 1001), chunked([b"a" * 500] * 3), b"HTTP/1.0 200 OK\r\n\r\n" + b"a" * 1001):
        with Server(replying(answer)) as server, transport() as carrier:
            with pytest.raises(NetworkError) as raised:
                read_body(carrier.open(Ask("GET", server.url)), 1000)
            assert raised.value.message.code == "body-too-large"
            assert not raised.value.retry
            assert raised.value.body == (b"" if b"Length" in answer else b"a" * 1000)


@pytest.mark.parametrize(
    ("answer", "code", "body"),
    [
        (OK + b"Content-Length: 10\r\n\r\nabc", "network-cut-off", b"abc"),
        (OK + b"Content-Length: 10\r\n\r\n", "network-cut-off", b""),
        (IN_CHUNKS + b"5\r\nabc", "network-cut-off", b"abc"),
        (IN_CHUNKS + b"3\r\nabc\r\n", "network-cut-off", b"abc"),
        (IN_CHUNKS + b"3\r\nabc\r\nzz\r\n", "network-protocol", b"abc"),
        (IN_CHUNKS + b"3\r\nabcdef\r\n", "network-protocol", b"abc"),
    ],
)
def test_what_came_of_a_body_that_failed_is_kept(answer: bytes, code: str, body: bytes) -> None:
    with Server(replying(answer)) as server, transport() as carrier, pytest.raises(NetworkError) as raised:
        read_body(carrier.open(Ask("GET", server.url)), 1000)
    assert raised.value.message.code == code
    assert raised.value.body == body


def test_what_came_of_a_slow_body_is_kept() -> None:
    serve = slowly(OK + b"Content-Length: 1000000\r\n\r\n", b"abc")
    with Server(serve) as server, transport(timeouts=HASTY) as carrier, pytest.raises(NetworkError) as raised:
        read_body(carrier.open(Ask("GET", server.url)), 1_000_000)
    assert raised.value.message.code == "network-too-slow"
    assert raised.value.body.startswith(b"abc")


def test_an_endless_body_is_stopped() -> None:
    with Server(endless(OK + b"\r\n", b"<a href=x>" * 1000)) as server, transport() as carrier:
        with pytest.raises(NetworkError) as raised:
            read_body(carrier.open(Ask("GET", server.url)), 1_000_000)
        assert raised.value.message.code == "body-too-large"


def test_a_body_within_its_limit_is_read() -> None:
    with Server(replying(sized(b"a" * 1000), chunked([b"b" * 1000]))) as server, transport() as carrier:
        assert read_body(carrier.open(Ask("GET", server.url)), 1000) == b"a" * 1000
        assert read_body(carrier.open(Ask("GET", server.url)), 1000) == b"b" * 1000
        assert server.count == 1


def packed(data: bytes, window: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, window)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("encoding", "window"), [("gzip", 31), ("x-gzip", 31), ("GZIP ", 31), ("deflate", 15), ("deflate", -15)]
)
def test_packed_bodies_are_unpacked(encoding: str, window: int) -> None:
    page = b"<a href='x'>x</a>" * 100
    headers = {"content-encoding": encoding}
    assert decoded(headers, packed(page, window), 1_000_000) == page
    assert decoded(headers, b"", 10) == b""
    with pytest.raises(NetworkError) as raised:
        decoded(headers, packed(page, window)[:-6], 1_000_000)
    assert raised.value.message.code == "body-damaged"


def test_encodings_on_top_of_each_other() -> None:
    twice = packed(packed(b"page", 31), 15)
    assert decoded({"content-encoding": "gzip, identity, deflate"}, twice, 100) == b"page"
    assert decoded({"content-encoding": "gzip"}, packed(b"pa", 31) + packed(b"ge", 31), 100) == b"page"
    assert decoded({}, b"page", 1) == b"page"


def test_bombs_are_stopped() -> None:
    bomb = packed(bytes(50_000_000), 31)
    for headers, raw in (
        ({"content-encoding": "gzip"}, bomb),
        ({"content-encoding": "gzip, gzip"}, packed(bomb, 31)),
        ({"content-encoding": "gzip"}, packed(b"a" * 600, 31) * 100),
        ({"content-encoding": ", ".join(["gzip"] * 4)}, bomb),
    ):
        with pytest.raises(NetworkError) as raised:
            decoded(headers, raw, 10_000)
        assert raised.value.message.code == "body-bomb"
        assert not raised.value.retry


def test_an_unknown_encoding_is_said_to_be_one() -> None:
    with pytest.raises(NetworkError) as raised:
        decoded({"content-encoding": "br"}, b"abc", 100)
    assert raised.value.message.code == "body-encoding"
