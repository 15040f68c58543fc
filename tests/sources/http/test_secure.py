from __future__ import annotations

import hashlib
import socket
import ssl
from pathlib import Path

import pytest

from tests.sources.http.servers import Server, body_of, certificate, chunked, forever, get, request, sized, transport
from workbench.sources.remote import Ask, NetworkError


def test_a_certificate_that_nobody_vouches_for_is_taken_and_said_to_be_so(tmp_path: Path) -> None:
    context, _, der = certificate(tmp_path, "127.0.0.1")
    with Server(forever(sized(b"abc")), context) as server, transport() as carrier:
        for _ in range(2):
            answer, body = get(carrier, server.url)
            assert body == b"abc"
            assert answer.certificate is not None
            assert answer.certificate.sha256 == hashlib.sha256(der).digest()
            assert answer.certificate.problem == "certificate-self-signed"
            assert answer.peer == f"127.0.0.1:{server.port}"
        assert server.count == 2, "one that was refused, one that was used twice"


def test_what_is_known_of_a_certificate_is_not_asked_again(tmp_path: Path) -> None:
    context, _, _ = certificate(tmp_path, "127.0.0.1")
    with Server(forever(sized(b"abc", "Connection: close")), context) as server, transport() as carrier:
        problems = [get(carrier, server.url)[0].certificate for _ in range(3)]
        assert {each.problem for each in problems if each} == {"certificate-self-signed"}
        assert server.count == 4


def test_a_trusted_certificate_has_no_problem(tmp_path: Path) -> None:
    context, pem, _ = certificate(tmp_path, "127.0.0.1", "localhost")
    with Server(forever(chunked([b"abc" * 100_000])), context) as server, transport(roots=pem) as carrier:
        for url in (server.url, server.url.replace("127.0.0.1", "localhost")):
            answer, body = get(carrier, url)
            assert body == b"abc" * 100_000
            assert answer.certificate is not None
            assert answer.certificate.problem is None
        assert server.count == 2


@pytest.mark.parametrize(
    ("name", "days", "problem"),
    [("other.example", 30, "certificate-name-differs"), ("127.0.0.1", -1, "certificate-expired")],
)
def test_why_a_certificate_is_not_trusted(tmp_path: Path, name: str, days: int, problem: str) -> None:
    context, pem, _ = certificate(tmp_path, name, days=days)
    with Server(forever(sized(b"abc")), context) as server, transport(roots=pem) as carrier:
        answer, _ = get(carrier, server.url)
        assert answer.certificate is not None
        assert answer.certificate.problem == problem


@pytest.mark.parametrize("trusted", [True, False])
def test_another_certificate_than_the_pinned_one_stops_before_anything_is_asked(tmp_path: Path, trusted: bool) -> None:
    context, pem, der = certificate(tmp_path, "127.0.0.1")
    seen: list[bytes] = []
    old, new = bytes(32), hashlib.sha256(der).digest()
    with (
        Server(forever(sized(b"abc"), seen), context) as server,
        transport(roots=pem if trusted else None, pinned=old) as carrier,
    ):
        with pytest.raises(NetworkError) as raised:
            carrier.open(Ask("GET", server.url))
        assert raised.value.message.code == "certificate-changed"
        assert raised.value.message.args == {"old": old.hex(), "new": new.hex()}
        assert not raised.value.retry
        assert seen == []
        carrier.pin(new)
        assert get(carrier, server.url)[1] == b"abc"


def test_a_certificate_that_changes_under_way_is_looked_at_anew(tmp_path: Path) -> None:
    first, _, _ = certificate(tmp_path, "127.0.0.1", name="first")
    second, pem, der = certificate(tmp_path, "127.0.0.1", name="second")
    with Server(forever(sized(b"abc", "Connection: close")), first) as server, transport(roots=pem) as carrier:
        assert get(carrier, server.url)[0].certificate.problem is not None  # type: ignore[union-attr]
        server._context = second
        answer, _ = get(carrier, server.url)
        assert answer.certificate is not None
        assert answer.certificate.sha256 == hashlib.sha256(der).digest()
        assert answer.certificate.problem is None


def test_old_tls_is_refused(tmp_path: Path) -> None:
    context, _, _ = certificate(tmp_path, "127.0.0.1")
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="deprecated"):
        context.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning, match="deprecated"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with Server(forever(sized(b"abc")), context) as server, transport() as carrier:
        with pytest.raises(NetworkError) as raised:
            carrier.open(Ask("GET", server.url))
        assert raised.value.message.code == "network-tls"
        assert not raised.value.retry


def test_plain_http_where_tls_was_expected() -> None:
    def serve(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(sized(b"abc", status="400 Bad Request"))

    with Server(serve) as server, transport() as carrier:
        with pytest.raises(NetworkError) as raised:
            carrier.open(Ask("GET", server.url.replace("http:", "https:")))
        assert raised.value.message.code == "network-tls"


def test_a_server_that_hangs_up_while_it_greets() -> None:
    def serve(connection: socket.socket) -> None:
        connection.recv(1)

    with Server(serve) as server, transport() as carrier:
        with pytest.raises(NetworkError) as raised:
            carrier.open(Ask("GET", server.url.replace("http:", "https:")))
        assert raised.value.message.code == "network-reset"
        assert raised.value.retry


def test_a_body_that_is_cut_off_under_tls(tmp_path: Path) -> None:
    context, _, _ = certificate(tmp_path, "127.0.0.1")

    def serve(connection: socket.socket) -> None:
        request(connection)
        connection.sendall(sized(b"abc" * 100_000)[:-7])

    with Server(serve, context) as server, transport() as carrier:
        with pytest.raises(NetworkError) as raised:
            get(carrier, server.url)
        assert raised.value.message.code == "network-cut-off"
        assert raised.value.message.args["received"] == 299_993


@pytest.mark.parametrize("size", [0, 3, 300_000])
@pytest.mark.parametrize("says_goodbye", [True, False])
def test_a_body_that_ends_with_the_connection_is_whole_only_if_tls_says_so(
    tmp_path: Path, size: int, says_goodbye: bool
) -> None:
    context, _, _ = certificate(tmp_path, "127.0.0.1")
    body = bytes(range(256)) * (size // 256) + bytes(size % 256)

    def serve(connection: socket.socket) -> None:
        request(connection)
        connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + body)
        if says_goodbye:
            assert isinstance(connection, ssl.SSLSocket)
            connection.unwrap()

    with Server(serve, context) as server, transport() as carrier:
        if says_goodbye:
            answer, got = get(carrier, server.url)
            assert got == body
            assert answer.complete is None
            return
        answer = carrier.open(Ask("GET", server.url))
        with pytest.raises(NetworkError) as raised:
            body_of(answer)
        assert raised.value.message.code == "network-cut-off"
        assert raised.value.message.args == {"received": size, "expected": None}
        assert answer.complete is False
