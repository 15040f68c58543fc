from __future__ import annotations

import base64
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.sources.http.servers import Server, certificate, forever, get, pump, request, sized, transport
from workbench.core.errors import UserError
from workbench.sources.http.proxy import parse_proxy, proxy_of
from workbench.sources.remote import Ask, NetworkError


def socks(
    seen: list[bytes], port: Callable[[], int], user: bytes = b"", code: int = 0, piecewise: bool = False
) -> Callable[[socket.socket], None]:
    """A SOCKS5 proxy that knows one place, whatever the name."""

    def reply(connection: socket.socket, data: bytes) -> None:
        for piece in [data[n : n + 1] for n in range(len(data))] if piecewise else [data]:
            connection.sendall(piece)

    def serve(connection: socket.socket) -> None:
        stream = connection.makefile("rb", buffering=0)
        with stream:
            version, count = stream.read(2)
            methods = stream.read(count)
            assert version == 5
            if user:
                assert 2 in methods
                reply(connection, b"\x05\x02")
                head = stream.read(2)
                name = stream.read(head[1])
                word = stream.read(stream.read(1)[0])
                seen.append(name + b":" + word)
                if name != user:
                    reply(connection, b"\x01\x01")
                    return
                reply(connection, b"\x01\x00")
            else:
                reply(connection, b"\x05\x00")
            kind = stream.read(4)[3]
            length = stream.read(1)[0] if kind == 3 else {1: 4, 4: 16}[kind]
            seen.append(bytes([kind]) + stream.read(length))
            stream.read(2)
        reply(connection, bytes([5, code, 0, 3, 4]) + b"here" + b"\0\0")
        if code == 0:
            with socket.create_connection(("127.0.0.1", port())) as onward:
                pump(connection, onward)

    return serve


def web_proxy(seen: list[bytes], port: Callable[[], int], status: str = "200 OK") -> Callable[[socket.socket], None]:
    """An HTTP proxy that knows one place."""

    def serve(connection: socket.socket) -> None:
        asked = request(connection)
        seen.append(asked)
        with socket.create_connection(("127.0.0.1", port())) as onward:
            if asked.startswith(b"CONNECT"):
                connection.sendall(f"HTTP/1.1 {status}\r\nVia: proxy\r\n\r\n".encode())
            else:
                onward.sendall(asked)
            if status.startswith("200"):
                pump(connection, onward)

    return serve


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
@pytest.mark.parametrize("piecewise", [True, False])
def test_socks_proxies_resolve_names_themselves(scheme: str, piecewise: bool) -> None:
    seen: list[bytes] = []
    with (
        Server(forever(sized(b"abc"))) as server,
        Server(socks(seen, lambda: server.port, piecewise=piecewise)) as proxy,
    ):
        with transport(proxy=f"{scheme}://127.0.0.1:{proxy.port}") as carrier:
            for _ in range(2):
                answer, body = get(carrier, "http://only.known.there.invalid/")
                assert body == b"abc"
                assert answer.peer is None
                assert b"Host: only.known.there.invalid\r\n" in answer.sent
        assert proxy.count == 1
    assert seen == [b"\x03only.known.there.invalid"]


def test_socks_with_a_password_and_an_address() -> None:
    seen: list[bytes] = []
    with (
        Server(forever(sized(b"abc"))) as server,
        Server(socks(seen, lambda: server.port, user=b"k@m")) as proxy,
        transport(proxy=f"socks5h://k%40m:pass@127.0.0.1:{proxy.port}") as carrier,
    ):
        assert get(carrier, "http://10.1.2.3/")[1] == b"abc"
    assert seen == [b"k@m:pass", b"\x01\x0a\x01\x02\x03"]


@pytest.mark.parametrize(
    ("options", "url", "reason"),
    [
        ({"user": b"kim"}, "socks5://lee:x@127.0.0.1:{port}", "authentication"),
        ({"code": 4}, "socks5://127.0.0.1:{port}", "host-unreachable"),
        ({"code": 77}, "socks5://127.0.0.1:{port}", "77"),
    ],
)
def test_what_a_socks_proxy_refuses(options: dict[str, object], url: str, reason: str) -> None:
    with (
        Server(socks([], lambda: 0, **options)) as proxy,  # type: ignore[arg-type]
        transport(proxy=url.format(port=proxy.port)) as carrier,
        pytest.raises(NetworkError) as raised,
    ):
        carrier.open(Ask("GET", "http://a/"))
    assert raised.value.message.code == "network-proxy"
    assert raised.value.message.args == {"proxy": f"127.0.0.1:{proxy.port}", "reason": reason}


@pytest.mark.parametrize("scheme", ["socks5", "http"])
@pytest.mark.parametrize(
    "junk", [b"", b"\x05", b"\x05\xff", b"\x04\x00\x00\x00", b"HTTP/1.1 abc\r\n\r\n", b"\x05\x00\x01\x02\x03\x04"]
)
def test_a_proxy_that_is_none(scheme: str, junk: bytes) -> None:
    def serve(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(junk)

    with (
        Server(serve) as proxy,
        transport(proxy=f"{scheme}://127.0.0.1:{proxy.port}") as carrier,
        pytest.raises(NetworkError) as raised,
    ):
        carrier.open(Ask("GET", "https://a/"))
    assert raised.value.message.code == "network-proxy"


def test_a_proxy_that_is_not_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with transport(proxy=f"http://127.0.0.1:{port}") as carrier, pytest.raises(NetworkError) as raised:
        carrier.open(Ask("GET", "http://a/"))
    assert raised.value.message.args == {"proxy": f"127.0.0.1:{port}", "reason": "network-refused"}


def test_a_web_proxy_gets_the_whole_address_and_its_password_stays_between_us() -> None:
    seen: list[bytes] = []
    with (
        Server(forever(sized(b"abc"))) as server,
        Server(web_proxy(seen, lambda: server.port)) as proxy,
        transport(proxy=f"http://kim:secret@127.0.0.1:{proxy.port}") as carrier,
    ):
        answer, body = get(carrier, "http://only.known.there.invalid:81/a?b#c")
        assert body == b"abc"
        assert answer.peer is None
    assert seen[0].startswith(
        b"GET http://only.known.there.invalid:81/a?b HTTP/1.1\r\nHost: only.known.there.invalid:81\r\n"
    )
    secret = base64.b64encode(b"kim:secret")
    assert b"\r\nProxy-Authorization: Basic " + secret + b"\r\n" in seen[0]
    assert b"roxy" not in answer.sent
    assert answer.sent.startswith(b"GET http://only.known.there.invalid:81/a?b HTTP/1.1\r\n")
    assert answer.sent.endswith(b"\r\n\r\n")


def test_a_web_proxy_makes_a_tunnel_for_tls(tmp_path: Path) -> None:
    context, pem, _ = certificate(tmp_path, "there.invalid")
    seen: list[bytes] = []
    with (
        Server(forever(sized(b"abc")), context) as server,
        Server(web_proxy(seen, lambda: server.port)) as proxy,
        transport(proxy=f"http://kim:secret@127.0.0.1:{proxy.port}", roots=pem) as carrier,
    ):
        answer, body = get(carrier, "https://there.invalid/")
        assert body == b"abc"
        assert answer.certificate is not None
        assert answer.certificate.problem is None
        assert answer.sent.startswith(b"GET / HTTP/1.1\r\nHost: there.invalid\r\n")
    assert seen[0].startswith(b"CONNECT there.invalid:443 HTTP/1.1\r\nHost: there.invalid:443\r\n")
    assert b"Proxy-Authorization: Basic " in seen[0]


@pytest.mark.parametrize(("status", "retry"), [("407 Proxy Authentication Required", False), ("502 Bad Gateway", True)])
def test_a_web_proxy_that_makes_no_tunnel(status: str, retry: bool) -> None:
    with (
        Server(forever(b"")) as server,
        Server(web_proxy([], lambda: server.port, status)) as proxy,
        transport(proxy=f"http://127.0.0.1:{proxy.port}") as carrier,
        pytest.raises(NetworkError) as raised,
    ):
        carrier.open(Ask("GET", "https://there.invalid/"))
    assert raised.value.message.args["reason"] == status[:3]
    assert raised.value.retry is retry


def test_proxies_as_a_user_types_them() -> None:
    assert proxy_of(" socks5h://127.0.0.1:9050 ") == "socks5h://127.0.0.1:9050"
    assert parse_proxy("http://Proxy.example/").place == "Proxy.example:8080"
    assert parse_proxy("socks5://[::1]").place == "[::1]:1080"
    for wrong in (
        "",
        "127.0.0.1:9050",
        "socks4://a:1",
        "https://a:1",
        "http://a:99999",
        "http://a:0",
        "http://a/b",
        "http://a b",
    ):
        with pytest.raises(UserError) as raised:
            proxy_of(wrong)
        assert raised.value.message.code == "proxy-unreadable"
    with pytest.raises(UserError) as raised:
        proxy_of("ftp://kim:secret@a:1")
    assert "secret" not in str(raised.value)
