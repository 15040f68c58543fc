"""An FTP server on this machine that does what a test wants it to do wrong."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Behaviour:
    """`replies` take the place of its own, by command; a callable gets the argument. An empty one drops the line."""

    files: dict[bytes, bytes] = field(default_factory=dict)
    replies: dict[str, bytes | Callable[[bytes], bytes]] = field(default_factory=dict)
    greeting: bytes = b"220-Welcome\r\n to all\r\n220 ready\r\n"
    home: bytes = b"/"
    telnet: bool = False
    """Does it want a byte of 255 doubled?"""
    pasv_address: str = "127,0,0,1"
    cut_data_at: int | None = None
    """Bytes of a file after which the data connection is closed."""
    reset_data: bool = False
    end: bytes = b"226 done\r\n"
    drip: float = 0.0
    """Seconds before each byte of a file."""
    stalls: bool = False
    """Open the data connection and send nothing."""
    heard: list[bytes] = field(default_factory=list)
    connections: int = 0
    url: str = ""
    port: int = 0


class _Session:
    def __init__(self, behaviour: Behaviour, control: socket.socket, stop: threading.Event) -> None:
        self.be = behaviour
        self.control = control
        self.stop = stop
        self.data: socket.socket | None = None
        self.place = behaviour.home
        self.start = 0

    def run(self) -> None:
        self.control.sendall(self.be.greeting)
        stream = self.control.makefile("rb")
        try:
            while line := stream.readline():
                command = line.rstrip(b"\r\n")
                if self.be.telnet:
                    command = command.replace(b"\xff\xff", b"\1").replace(b"\xff", b"?").replace(b"\1", b"\xff")

                self.be.heard.append(command)
                verb, _, argument = command.partition(b" ")
                reply = self.reply(verb.decode().upper(), argument)
                if not reply:
                    return
                self.control.sendall(reply)
        finally:
            stream.close()
            if self.data is not None:
                self.data.close()

    def reply(self, verb: str, argument: bytes) -> bytes:
        if verb in self.be.replies:
            own = self.be.replies[verb]
            return own(argument) if callable(own) else own
        path = argument if argument.startswith(b"/") else self.place.rstrip(b"/") + b"/" + argument
        match verb:
            case "USER":
                return b"331 anything goes\r\n"
            case "PASS":
                return b"230-hello\r\n230-230 is not the end\r\n230 in\r\n"
            case "FEAT":
                return b"211-Features\r\n MLST type*;size*;modify*;\r\n UTF8\r\n REST STREAM\r\n211 End\r\n"
            case "OPTS" | "TYPE":
                return b"200 ok\r\n"
            case "PWD":
                return b'257 "' + self.be.home.replace(b'"', b'""') + b'" is here\r\n'
            case "CWD":
                if any(each.startswith(path.rstrip(b"/") + b"/") for each in self.be.files) or path == b"/":
                    self.place = path
                    return b"250 ok\r\n"
                return b"550 no such folder\r\n"
            case "SIZE" | "MDTM" | "RETR" if path not in self.be.files:
                return b"550 no such file\r\n"
            case "SIZE":
                return b"213 %d\r\n" % len(self.be.files[path])
            case "MDTM":
                return b"213 20240103090001\r\n"
            case "REST":
                self.start = int(argument)
                return b"350 from there\r\n"
            case "PASV" | "EPSV":
                return self.passive(verb)
            case "MLSD":
                return self.send(self.listing())
            case "RETR":
                start, self.start = self.start, 0
                return self.send(self.be.files[path][start:])
            case _:
                return b"502 not here\r\n"

    def passive(self, verb: str) -> bytes:
        if self.data is not None:
            self.data.close()
        self.data = socket.create_server(("127.0.0.1", 0))
        port = self.data.getsockname()[1]
        if verb == "EPSV":
            return b"229 Extended (|||%d|)\r\n" % port
        return f"227 Passive ({self.be.pasv_address},{port // 256},{port % 256})\r\n".encode()

    def listing(self) -> bytes:
        place = self.place.rstrip(b"/") + b"/"
        rows: dict[bytes, bytes] = {}
        for path, data in self.be.files.items():
            if path.startswith(place):
                name, slash, _ = path.removeprefix(place).partition(b"/")
                rows[name] = b"type=dir;" if slash else b"type=file;size=%d;modify=20240103090001;" % len(data)
        return b"type=cdir; .\r\n" + b"".join(facts + b" " + name + b"\r\n" for name, facts in rows.items())

    def send(self, data: bytes) -> bytes:
        assert self.data is not None
        self.data.settimeout(10)
        connection, _ = self.data.accept()
        with connection:
            self.control.sendall(b"150 here it comes\r\n")
            if self.be.stalls:
                self.stop.wait(20)
                return b""
            whole = data if self.be.cut_data_at is None else data[: self.be.cut_data_at]
            with suppress(ConnectionError):
                for each in (bytes([byte]) for byte in whole) if self.be.drip else (whole,):
                    if self.be.drip and self.stop.wait(self.be.drip):
                        return b""
                    connection.sendall(each)
            if self.be.reset_data:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        return self.be.end


@contextmanager
def serving(behaviour: Behaviour) -> Iterator[Behaviour]:
    """The server on a free port."""
    stop = threading.Event()

    def session(connection: socket.socket) -> None:
        behaviour.connections += 1
        _Session(behaviour, connection, stop).run()

    with _listening(session) as port:
        behaviour.port = port
        behaviour.url = f"ftp://127.0.0.1:{port}/"
        try:
            yield behaviour
        finally:
            stop.set()


@contextmanager
def _listening(session: Callable[[socket.socket], None]) -> Iterator[int]:
    """Give every connection a thread; all of them end with the block."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.02)
    ended = threading.Event()
    threads: list[threading.Thread] = []
    sockets: list[socket.socket] = []

    def one(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            session(connection)

    def accept() -> None:
        while not ended.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            connection.settimeout(20)
            sockets.append(connection)
            threads.append(threading.Thread(target=one, args=(connection,)))
            threads[-1].start()

    acceptor = threading.Thread(target=accept)
    acceptor.start()
    try:
        yield listener.getsockname()[1]
    finally:
        ended.set()
        acceptor.join()
        listener.close()
        for each in sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(30)


@dataclass
class Proxy:
    """A SOCKS5 proxy that leads every name to this machine, and the FTP port to the server of the test."""

    port: int
    ftp: int
    asked: list[tuple[bytes, int]] = field(default_factory=list)

    def run(self, client: socket.socket) -> None:
        """RFC 1928: greeting, CONNECT to a name, then bytes both ways."""
        stream = client.makefile("rb", buffering=0)
        with stream:
            methods = stream.read(2)
            stream.read(methods[1])
            client.sendall(b"\5\0")
            kind = stream.read(4)[3]
            assert kind == 3, "a name was looked up here"
            host = stream.read(stream.read(1)[0])
            port = int.from_bytes(stream.read(2), "big")
            self.asked.append((host, port))
            with socket.create_connection(("127.0.0.1", self.ftp if port == 21 else port), 5) as server:
                client.sendall(b"\5\0\0\1\0\0\0\0\0\0")
                back = threading.Thread(target=_pump, args=(server, client))
                back.start()
                _pump(client, server)
                back.join(30)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


@contextmanager
def socks(ftp: int) -> Iterator[Proxy]:
    """The proxy on a free port."""
    with _listening(lambda connection: proxy.run(connection)) as port:
        proxy = Proxy(port, ftp)
        yield proxy
