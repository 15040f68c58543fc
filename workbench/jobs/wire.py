"""How the program and its worker processes talk: framed JSON with raw buffers behind it, never pickle.

A frame is ``b"WBW1"``, two big-endian 32-bit numbers (length of the JSON header, length of all buffers), the header,
and the buffers one after the other. The header lists the buffers' lengths under ``buffers``. On POSIX the frame
travels over a Unix socket pair and may carry one open file; elsewhere over two pipes.
"""

from __future__ import annotations

import json
import os
import socket
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

MAGIC = b"WBW1"
PREFIX = struct.Struct(">4sII")
MAX_HEADER = 64 << 20
MAX_BUFFERS = 1 << 30

Buffer = bytes | bytearray | memoryview


@dataclass(frozen=True)
class Stream:
    """A buffer of known size that is made piece by piece while it is sent, so that it never exists as a whole."""

    size: int
    pieces: Iterable[Buffer]


class WireError(Exception):
    """The other side closed the line, or does not speak this language. The line is of no more use."""


class Line(Protocol):
    """A two-way byte stream that can carry an open file."""

    def send(self, parts: Sequence[Buffer], fd: int | None = None) -> None:
        """Send all parts, the first together with the file. Raises `WireError`."""

    def receive_first(self, size: int) -> tuple[bytes, int | None]:
        """Exactly ``size`` bytes, and the file that came with them. Raises `WireError`."""

    def receive_into(self, target: memoryview) -> None:
        """Fill ``target``. Raises `WireError`."""

    def close(self) -> None:
        """Close this end; the other side sees the end of the stream."""


class SocketLine:
    """A Unix socket pair's end."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def send(self, parts: Sequence[Buffer], fd: int | None = None) -> None:
        """See `Line`."""
        try:
            if fd is not None:
                first = bytes(parts[0])
                sent = socket.send_fds(self._sock, [first], [fd])
                parts = [first[sent:], *parts[1:]]
            for part in parts:
                self._sock.sendall(part)
        except OSError as error:
            raise WireError(str(error)) from error

    def receive_first(self, size: int) -> tuple[bytes, int | None]:
        """See `Line`."""
        try:
            head, fds, _flags, _address = socket.recv_fds(self._sock, size, 1)
            fd = fds[0] if fds else None
            for extra in fds[1:]:
                os.close(extra)
        except OSError as error:
            raise WireError(str(error)) from error
        if not head:
            raise WireError("closed")
        rest = bytearray(size - len(head))
        try:
            self.receive_into(memoryview(rest))
        except WireError:
            if fd is not None:
                os.close(fd)
            raise
        return head + bytes(rest), fd

    def receive_into(self, target: memoryview) -> None:
        """See `Line`."""
        try:
            while target:
                got = self._sock.recv_into(target)
                if not got:
                    raise WireError("closed")
                target = target[got:]
        except OSError as error:
            raise WireError(str(error)) from error

    def close(self) -> None:
        """See `Line`."""
        self._sock.close()


class PipeLine:
    """Two pipes, where sockets cannot be handed to a child. Files do not travel: send their bytes."""

    def __init__(self, reading: int, writing: int) -> None:
        self._reading = reading
        self._writing = writing

    def send(self, parts: Sequence[Buffer], fd: int | None = None) -> None:
        """See `Line`."""
        if fd is not None:
            raise WireError("a pipe carries no files")
        try:
            for part in parts:
                view = memoryview(part).cast("B")
                while view:
                    view = view[os.write(self._writing, view[: 1 << 20]) :]
        except OSError as error:
            raise WireError(str(error)) from error

    def receive_first(self, size: int) -> tuple[bytes, int | None]:
        """See `Line`."""
        whole = bytearray(size)
        self.receive_into(memoryview(whole))
        return bytes(whole), None

    def receive_into(self, target: memoryview) -> None:
        """See `Line`."""
        try:
            while target:
                piece = os.read(self._reading, min(len(target), 1 << 20))
                if not piece:
                    raise WireError("closed")
                target[: len(piece)] = piece
                target = target[len(piece) :]
        except OSError as error:
            raise WireError(str(error)) from error

    def close(self) -> None:
        """See `Line`."""
        for fd in {self._reading, self._writing}:
            os.close(fd)


def send_frame(
    line: Line, header: dict[str, Any], buffers: Sequence[Buffer | Stream] = (), fd: int | None = None
) -> None:
    """Send one message. Raises `WireError`, also when it is larger than the other side would take."""
    sizes = [each.size if isinstance(each, Stream) else memoryview(each).nbytes for each in buffers]
    total = sum(sizes)
    text = json.dumps({**header, "buffers": sizes}, ensure_ascii=False, separators=(",", ":"))
    body = text.encode("utf-8", "surrogatepass")
    if len(body) > MAX_HEADER or total > MAX_BUFFERS:
        raise WireError("too large")
    line.send([PREFIX.pack(MAGIC, len(body), total) + body], fd)
    for each, size in zip(buffers, sizes, strict=True):
        sent = 0
        for piece in each.pieces if isinstance(each, Stream) else (each,):
            line.send([memoryview(piece).cast("B")])
            sent += memoryview(piece).nbytes
        if sent != size:
            raise WireError("a buffer is not as long as it was announced")


def receive_frame(
    line: Line, max_header: int = MAX_HEADER, max_buffers: int = MAX_BUFFERS
) -> tuple[dict[str, Any], list[memoryview], int | None]:
    """One message: header, buffers, open file. Raises `WireError` for anything that is not a frame within the limits.

    Nothing is allocated before the announced sizes were checked.
    """
    prefix, fd = line.receive_first(PREFIX.size)
    try:
        magic, header_size, total = PREFIX.unpack(prefix)
        if magic != MAGIC or header_size > max_header or total > max_buffers:
            raise WireError("not a frame within the limits")
        body = bytearray(header_size + total)
        line.receive_into(memoryview(body))
        header = json.loads(body[:header_size].decode("utf-8", "surrogatepass"))
        if not isinstance(header, dict):
            raise WireError("the header is not an object")
        return header, _cut(memoryview(body)[header_size:], header.pop("buffers", None)), fd
    except (WireError, ValueError, RecursionError) as error:
        if fd is not None:
            os.close(fd)
        raise error if isinstance(error, WireError) else WireError(str(error)) from error


def _cut(view: memoryview, lengths: object) -> list[memoryview]:
    if not isinstance(lengths, list) or not all(type(each) is int and each >= 0 for each in lengths):
        raise WireError("bad buffer lengths")
    if sum(lengths) != len(view):
        raise WireError("buffer lengths do not add up")
    buffers = []
    for length in lengths:
        buffers.append(view[:length])
        view = view[length:]
    return buffers
