"""Small servers on this computer that do exactly what a test wants, byte by byte, and end with it."""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import re
import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from workbench.sources.http.transport import HttpTransport
from workbench.sources.http.wire import Timeouts
from workbench.sources.remote import Answer, Ask

QUICK = Timeouts(connect=5, head=5, idle=5)


def proceed() -> None:
    """Nothing asks to stop."""


class Server:
    """Every connection is served by a call of `serve`, in a thread of its own; `count` says how many there were."""

    def __init__(
        self,
        serve: Callable[[socket.socket], None],
        context: ssl.SSLContext | None = None,
        listener: socket.socket | None = None,
    ) -> None:
        self._serve = serve
        self._context = context
        self._listener = listener or socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []
        self.count = 0
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{'http' if context is None else 'https'}://127.0.0.1:{self.port}/"

    def __enter__(self) -> Server:
        self._accepting = threading.Thread(target=self._accept, name="accepting")
        self._accepting.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join()
        self._listener.close()
        for each in self._open:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.count += 1
            self._open.append(connection)
            thread = threading.Thread(target=self._one, args=(connection,), name="serving")
            self._threads.append(thread)
            thread.start()

    def _one(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            if self._context is None:
                self._serve(connection)
                return
            with self._context.wrap_socket(connection, server_side=True) as secured:
                self._open.append(secured)
                self._serve(secured)


def request(connection: socket.socket) -> bytes:
    """One request with its body; empty at the end."""
    got = b""
    while b"\r\n\r\n" not in got:
        more = connection.recv(65536)
        if not more:
            return b""
        got += more
    length = re.search(rb"(?i)content-length: (\d+)", got)
    wanted = got.index(b"\r\n\r\n") + 4 + (int(length[1]) if length else 0)
    while len(got) < wanted:
        got += connection.recv(65536)
    return got


def replying(*answers: bytes, seen: list[bytes] | None = None) -> Callable[[socket.socket], None]:
    """Each request of a connection gets the next answer; then the connection is closed."""

    def serve(connection: socket.socket) -> None:
        for answer in answers:
            asked = request(connection)
            if not asked:
                return
            if seen is not None:
                seen.append(asked)
            connection.sendall(answer)

    return serve


def forever(answer: bytes, seen: list[bytes] | None = None) -> Callable[[socket.socket], None]:
    """Every request gets the same."""

    def serve(connection: socket.socket) -> None:
        while asked := request(connection):
            if seen is not None:
                seen.append(asked)
            connection.sendall(answer)

    return serve


def sized(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """An answer of a stated length."""
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def chunked(pieces: Iterable[bytes], trailers: bytes = b"") -> bytes:
    """An answer in chunks."""
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(each), each) for each in pieces)
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n" + trailers + b"\r\n"


@contextlib.contextmanager
def transport(**options: object) -> Iterator[HttpTransport]:
    """A transport for a test."""
    made = HttpTransport("Workbench/test", **{"check": proceed, "timeouts": QUICK, **options})  # type: ignore[arg-type]
    try:
        yield made
    finally:
        made.close()


def body_of(answer: Answer, size: int = 4096) -> bytes:
    """All of it; the answer is closed."""
    try:
        body = b""
        buffer = memoryview(bytearray(size))
        while got := answer.readinto(buffer):
            body += buffer[:got]
        return body
    finally:
        answer.close()


def get(carrier: HttpTransport, url: str, **headers: str) -> tuple[Answer, bytes]:
    """Ask and read all."""
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    answer = carrier.open(Ask("GET", url, named))
    return answer, body_of(answer)


def certificate(folder: Path, *names: str, name: str = "a", days: int = 30) -> tuple[ssl.SSLContext, Path, bytes]:
    """A self-signed certificate for these names or addresses: a server's context, its PEM file, its DER bytes."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"test {name}")])
    now = datetime.datetime.now(datetime.UTC)
    alternatives: list[x509.GeneralName] = [
        x509.IPAddress(ipaddress.ip_address(each)) if re.fullmatch(r"[\d.]+", each) else x509.DNSName(each)
        for each in names
    ]
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=60))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, private = folder / f"{name}.pem", folder / f"{name}.key"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, private)
    return context, pem, made.public_bytes(serialization.Encoding.DER)


def pump(one: socket.socket, other: socket.socket) -> None:
    """Pass bytes both ways until one side ends."""
    while True:
        ready, _, _ = select.select([one, other], [], [], 5)
        if not ready:
            return
        for source in ready:
            data = source.recv(65536)
            if not data:
                return
            (other if source is one else one).sendall(data)
