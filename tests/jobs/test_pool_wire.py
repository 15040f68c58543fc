"""Frames: what is sent arrives, and what is no frame is an error."""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.jobs.wire import PREFIX, Line, PipeLine, SocketLine, Stream, WireError, receive_frame, send_frame


@pytest.fixture(params=["socket", "pipe"])
def lines(request: pytest.FixtureRequest) -> Iterator[tuple[Line, Line]]:
    if request.param == "socket":
        if sys.platform == "win32":
            pytest.skip("no socket pairs that carry files")
        one, other = socket.socketpair()
        made: tuple[Line, Line] = SocketLine(one), SocketLine(other)
    else:
        (read_here, write_there), (read_there, write_here) = os.pipe(), os.pipe()
        made = PipeLine(read_here, write_here), PipeLine(read_there, write_there)
    yield made
    for line in made:
        line.close()


def across(lines: tuple[Line, Line], header: dict[str, Any], buffers: Any = (), fd: int | None = None) -> Any:
    errors: list[BaseException] = []

    def send() -> None:
        try:
            send_frame(lines[0], header, buffers, fd)
        except WireError as error:
            errors.append(error)

    thread = threading.Thread(target=send)
    thread.start()
    try:
        return receive_frame(lines[1])
    finally:
        thread.join()
        assert not errors


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(st.text(max_size=5).filter(lambda key: key != "buffers"), st.text() | st.integers() | st.none()),
    st.lists(st.binary(max_size=300), max_size=4),
)
def test_what_is_sent_arrives(lines: tuple[Line, Line], header: dict[str, Any], buffers: list[bytes]) -> None:
    got, parts, fd = across(lines, header, buffers)
    assert (got, [bytes(part) for part in parts], fd) == (header, buffers, None)


def test_much_and_in_pieces(lines: tuple[Line, Line]) -> None:
    whole = bytes(range(256)) * 20_000
    pieces = Stream(len(whole), (whole[at : at + 99_999] for at in range(0, len(whole), 99_999)))
    _, parts, _ = across(lines, {"a": "\udc80"}, [whole, pieces, b""])
    assert [bytes(part) for part in parts] == [whole, whole, b""]


def test_an_open_file_travels() -> None:
    if sys.platform == "win32":
        pytest.skip("no socket pairs that carry files")
    one, other = socket.socketpair()
    lines: tuple[Line, Line] = SocketLine(one), SocketLine(other)
    with Path(os.devnull).open("rb") as file:
        _, _, fd = across(lines, {}, [b"x"], file.fileno())
    assert fd is not None
    os.close(fd)
    for line in lines:
        line.close()


def test_a_file_does_not_travel_by_pipe() -> None:
    read, write = os.pipe()
    line = PipeLine(read, write)
    with pytest.raises(WireError):
        send_frame(line, {}, fd=0)
    line.close()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"WBW",
        PREFIX.pack(b"WBW2", 2, 0) + b"{}",
        PREFIX.pack(b"WBW1", 2, 0) + b"{",
        PREFIX.pack(b"WBW1", 2, 0) + b"[]",
        PREFIX.pack(b"WBW1", 2, 0) + b"{}",
        PREFIX.pack(b"WBW1", 2, 0) + b"\xff\xff",
        PREFIX.pack(b"WBW1", 1001, 0) + b" " * 1001,
        PREFIX.pack(b"WBW1", 2, 1001) + b"{}",
        PREFIX.pack(b"WBW1", 15, 3) + b'{"buffers":[4]}' + b"abc",
        PREFIX.pack(b"WBW1", 16, 0) + b'{"buffers":[-1]}',
        PREFIX.pack(b"WBW1", 18, 1) + b'{"buffers":[true]}' + b"a",
        PREFIX.pack(b"WBW1", 15, 1) + b'{"buffers":"a"}' + b"a",
    ],
)
def test_no_frame(data: bytes) -> None:
    read, write = os.pipe()
    os.write(write, data)
    os.close(write)
    line = PipeLine(read, read)
    with pytest.raises(WireError):
        receive_frame(line, max_header=1000, max_buffers=1000)
    line.close()


def test_a_promise_of_length_is_kept(lines: tuple[Line, Line]) -> None:
    with pytest.raises(WireError):
        send_frame(lines[0], {}, [Stream(5, [b"four"])])


def test_nobody_there() -> None:
    if sys.platform == "win32":
        pytest.skip("no socket pairs")
    one, other = socket.socketpair()
    other.close()
    line = SocketLine(one)
    with pytest.raises(WireError):
        send_frame(line, {}, [bytes(1 << 20)])
    with pytest.raises(WireError):
        receive_frame(line)
    line.close()
