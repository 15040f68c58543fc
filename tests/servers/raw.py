"""Servers that misbehave on purpose: a socket server that follows a script, and a gate in front of a real one."""

from __future__ import annotations

import selectors
import socket
import ssl
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from tests.servers.running import HOST


@dataclass
class Asked:
    """A request as it came, and the connection to answer on. Header names are in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    connection: socket.socket
    closing: threading.Event
    keep: bool = True
    """Does the connection go on after the answer?"""

    def send(self, data: bytes) -> None:
        """Bytes, exactly these."""
        self.connection.sendall(data)

    def answer(self, body: bytes = b"", status: int = 200, kind: str = "text/html", **headers: str) -> None:
        """A well-formed answer; ``retry_after="1"`` becomes ``Retry-After: 1``."""
        lines = {"Content-Type": kind, "Content-Length": str(len(body))}
        lines |= {name.replace("_", "-").title(): value for name, value in headers.items()}
        head = f"HTTP/1.1 {status} Said\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self.send(head.encode() + b"\r\n" + (b"" if self.method == "HEAD" else body))

    def wait(self, seconds: float) -> None:
        """Be slow; raises when the server ends meanwhile."""
        if self.closing.wait(seconds):
            raise ConnectionAbortedError


Script = Callable[[Asked], None]


@dataclass
class Raw:
    """A scripted server that runs; `asked` holds method and target of every request."""

    port: int
    scheme: str = "http"
    asked: list[tuple[str, str]] = field(default_factory=list)
    sent: list[dict[str, str]] = field(default_factory=list)
    """Headers of every request."""

    @property
    def url(self) -> str:
        """Its start."""
        return f"{self.scheme}://{HOST}:{self.port}/"


@contextmanager
def raw_server(script: Script, tls: ssl.SSLContext | None = None, port: int = 0) -> Iterator[Raw]:
    """Answers every request by the script, one thread a connection, all of them ended at the end."""
    closing = threading.Event()
    listener = socket.create_server((HOST, port), backlog=64)
    server = Raw(listener.getsockname()[1], "https" if tls else "http")
    threads: list[threading.Thread] = []
    connections: list[socket.socket] = []

    def accept() -> None:
        while not closing.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            if closing.is_set():
                connection.close()
                return
            connections.append(connection)
            threads.append(threading.Thread(target=converse, args=(connection,), name="raw connection"))
            threads[-1].start()

    def converse(plain: socket.socket) -> None:
        connection = plain
        with suppress(OSError):
            if tls is not None:
                connection = tls.wrap_socket(plain, server_side=True)
                connections.append(connection)
            answer_all(connection)
        connection.close()

    def answer_all(connection: socket.socket) -> None:
        rest = b""
        while not closing.is_set():
            while b"\r\n\r\n" not in rest:
                block = connection.recv(65536)
                if not block:
                    return
                rest += block
            head, _, rest = rest.partition(b"\r\n\r\n")
            asked = _read(head.decode("latin-1"), connection, closing)
            length = int(asked.headers.get("content-length", 0))
            while len(rest) < length:
                rest += connection.recv(65536)
            rest = rest[length:]
            server.asked.append((asked.method, asked.target))
            server.sent.append(asked.headers)
            script(asked)
            if not asked.keep:
                return

    accepting = threading.Thread(target=accept, name="raw server")
    accepting.start()
    try:
        yield server
    finally:
        closing.set()
        with suppress(OSError), socket.create_connection((HOST, server.port), 1):
            accepting.join(30)
        listener.close()
        for connection in connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(30)
        for connection in connections:
            connection.close()


def _read(head: str, connection: socket.socket, closing: threading.Event) -> Asked:
    first, *lines = head.split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Asked(method, target, headers, connection, closing)


class Gate:
    """Stands between a client and a real server, counts what comes back, and stops or cuts it at any byte."""

    def __init__(self, target: int) -> None:
        self.port = 0
        self.passed = 0
        """Bytes that went back to clients since the start."""
        self.reached = threading.Event()
        """Is the byte reached at which the gate was told to hold?"""
        self.cuts = 0
        self.in_hand: list[int] = []
        """For each hold and cut: the bytes of the answers that were under way, over all connections."""
        self._target = target
        self._limit: int | None = None
        self._cut: deque[int] = deque()
        self._rate: float | None = None
        self._selector = selectors.DefaultSelector()
        self._pairs: dict[socket.socket, socket.socket] = {}
        self._back: dict[socket.socket, int] = {}
        """Connections to the server, and the bytes that came back on each since its last request."""
        self._lock = threading.Lock()
        self._dropping = False
        self._shut = False
        self._ended = False

    @property
    def url(self) -> str:
        """Where clients go."""
        return f"http://{HOST}:{self.port}/"

    def hold_after(self, count: int) -> None:
        """Let so many more bytes pass, then none, until told otherwise; `reached` says when."""
        with self._lock:
            self._limit = self.passed + count
            self.reached.clear()

    def let_go(self) -> None:
        """No limit any more. Connections that were held are dropped first: whoever had them is gone."""
        self._dropping = True
        while self._dropping and not self._ended:
            time.sleep(0.002)
        with self._lock:
            self._limit = None

    def cut_after(self, *counts: int) -> None:
        """Drop every connection when so many more bytes have passed, then again after so many more."""
        with self._lock:
            at = self.passed
            for count in counts:
                at += count
                self._cut.append(at)

    def shut(self, shut: bool) -> None:
        """Drop every connection and each that comes, until told otherwise: the network is gone."""
        self._shut = self._dropping = shut

    def throttle(self, rate: float | None) -> None:
        """Bytes per second over all connections."""
        self._rate = rate

    def run(self, listener: socket.socket) -> None:
        """The thread of the gate."""
        self._selector.register(listener, selectors.EVENT_READ)
        listener.setblocking(False)
        while not self._ended:
            if self._dropping:
                self._drop_all()
                self._dropping = False
            for key, _ in self._selector.select(0.02):
                if key.fileobj is listener:
                    self._accept(listener)
                else:
                    self._carry(key.fileobj)  # type: ignore[arg-type]
            if self._held():
                time.sleep(0.002)
        self._drop_all()
        self._selector.close()

    def end(self) -> None:
        """Stop; the thread ends soon."""
        self._ended = True

    def _accept(self, listener: socket.socket) -> None:
        client, _ = listener.accept()
        server = socket.socket()
        # What waits between the server and here counts as sent for the server, so it is kept small.
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 << 10)
        server.settimeout(30)
        try:
            if self._shut:
                raise ConnectionRefusedError
            server.connect((HOST, self._target))
        except OSError:
            self._reset(client)
            client.close()
            server.close()
            return
        self._back[server] = 0
        for one, other in ((client, server), (server, client)):
            one.settimeout(30)
            self._pairs[one] = other
            self._selector.register(one, selectors.EVENT_READ)

    def _held(self) -> bool:
        return self._limit is not None and self.passed >= self._limit

    def _room(self) -> int:
        """Bytes that may come back at this moment."""
        stops = [each for each in (self._limit, self._cut[0] if self._cut else None) if each is not None]
        return min([65536, *(max(0, each - self.passed) for each in stops)])

    def _carry(self, one: socket.socket) -> None:
        other = self._pairs.get(one)
        if other is None:
            return
        comes_back = one in self._back
        with self._lock:
            room = self._room() if comes_back else 65536
            if room == 0:
                return
            try:
                block = one.recv(room)
                if comes_back:
                    self.passed += len(block)
                    self._back[one] += len(block)
                else:
                    self._back[other] = 0
                other.sendall(block)
            except OSError:
                block = b""
            if not block:
                self._drop(one, other)
                return
            if not comes_back:
                return
            if self._cut and self.passed >= self._cut[0]:
                self._cut.popleft()
                self.cuts += 1
                self.in_hand.append(sum(self._back.values()))
                self._drop_all()
            if self._held() and not self.reached.is_set():
                self.in_hand.append(sum(self._back.values()))
                self.reached.set()
        if self._rate:
            time.sleep(len(block) / self._rate)

    def _drop(self, *connections: socket.socket) -> None:
        for each in connections:
            self._back.pop(each, None)
            if self._pairs.pop(each, None) is not None:
                self._selector.unregister(each)
            each.close()

    def _drop_all(self) -> None:
        """By a reset, as when a line breaks: an orderly end could be taken for the end of a body."""
        for each in self._pairs:
            self._reset(each)
        self._drop(*list(self._pairs))

    @staticmethod
    def _reset(connection: socket.socket) -> None:
        with suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@contextmanager
def gate(target: int) -> Iterator[Gate]:
    """A gate in front of the server at a port of this machine."""
    made = Gate(target)
    with socket.create_server((HOST, 0), backlog=64) as listener:
        made.port = listener.getsockname()[1]
        thread = threading.Thread(target=made.run, args=(listener,), name="gate")
        thread.start()
        try:
            yield made
        finally:
            made.end()
            thread.join(30)
