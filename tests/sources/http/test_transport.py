from __future__ import annotations

import socket
import threading
from itertools import count

import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.http.servers import Server, body_of, chunked, forever, get, replying, request, sized, transport
from workbench.core.errors import Cancelled
from workbench.sources.http.answer import joined
from workbench.sources.http.headers import states_end
from workbench.sources.http.target import target_of
from workbench.sources.http.transport import HttpTransport
from workbench.sources.http.wire import Timeouts
from workbench.sources.remote import Ask, NetworkError


def test_heads_are_kept_byte_for_byte() -> None:
    head = b"HTTP/1.1 200 Fine\r\nsErVer:  odd \r\nX-Two: 1\r\nx-two: 2\r\nContent-Length: 3\r\n\r\n"
    seen: list[bytes] = []
    with Server(replying(head + b"abc", seen=seen)) as server, transport(clock=lambda: 42) as carrier:
        answer, body = get(carrier, server.url + "a%20b?c=d#cut", Range="bytes=0-")
        assert (answer.status, answer.head, body) == (200, head, b"abc")
        assert answer.headers["server"] == "odd"
        assert answer.headers["x-two"] == "1, 2"
        assert answer.sent == seen[0]
        assert answer.sent == (
            b"GET /a%%20b?c=d HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUser-Agent: Workbench/test\r\nRange: bytes=0-\r\n"
            b"Accept: */*\r\nAccept-Encoding: identity\r\nConnection: keep-alive\r\n\r\n" % server.port
        )
        assert answer.peer == f"127.0.0.1:{server.port}"
        assert answer.certificate is None
        assert (answer.began, answer.length, answer.started) == (42, 3, 0)


def test_a_body_is_sent_with_its_length() -> None:
    seen: list[bytes] = []
    with Server(replying(sized(b"", status="207 Multi-Status"), seen=seen)) as server, transport() as carrier:
        ask = Ask("PROPFIND", server.url, (("Depth", "1"), ("Accept", "text/xml")), b"<propfind/>")
        answer = carrier.open(ask)
        assert body_of(answer) == b""
        assert seen[0].endswith(b"\r\nContent-Length: 11\r\n\r\n<propfind/>")
        assert b"\r\nDepth: 1\r\nAccept: text/xml\r\n" in seen[0]
        assert b"*/*" not in seen[0]
        assert answer.sent == seen[0]


@pytest.mark.parametrize("ask", [Ask("POST", "http://a/"), Ask("GET", "http://a/", (("Cookie", "a=b"),))])
def test_what_must_never_be_sent_is_not(ask: Ask) -> None:
    with transport() as carrier, pytest.raises(ValueError, match=r"never sent|no cookies"):
        carrier.open(ask)


def test_a_connection_is_used_again() -> None:
    answers = (sized(b"one"), chunked([b"t", b"wo"], b"X: y\r\n"), sized(b"", status="204 None"), sized(b"four"))
    with Server(replying(*answers)) as server, transport() as carrier:
        assert [get(carrier, server.url)[1] for _ in answers] == [b"one", b"two", b"", b"four"]
        assert server.count == 1


def test_an_answer_without_body_leaves_the_connection() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
    unchanged = b"HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\n\r\n"
    with Server(replying(head, unchanged, sized(b"x"))) as server, transport() as carrier:
        answer = carrier.open(Ask("HEAD", server.url))
        assert (body_of(answer), answer.length) == (b"", 0)
        assert get(carrier, server.url)[0].status == 304
        assert get(carrier, server.url)[1] == b"x"
        assert server.count == 1


@pytest.mark.parametrize(
    "answer",
    [
        sized(b"abc", "Connection: close"),
        sized(b"abc").replace(b"HTTP/1.1", b"HTTP/1.0"),
        sized(b"abc") + b"more than was said",
        chunked([b"abc"]) + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
        b"HTTP/1.0 200 OK\r\n\r\nabc",
    ],
)
def test_a_connection_is_not_used_again(answer: bytes) -> None:
    """Least of all when the server wrote the answer of a later request in advance."""
    with Server(replying(answer)) as server, transport() as carrier:
        assert get(carrier, server.url)[1] == b"abc"
        assert get(carrier, server.url)[1] == b"abc"
        assert server.count == 2


def test_a_connection_is_not_used_again_when_the_body_was_not_read() -> None:
    with Server(forever(sized(b"abc" * 100_000))) as server, transport() as carrier:
        answer = carrier.open(Ask("GET", server.url))
        answer.readinto(memoryview(bytearray(10)))
        answer.close()
        answer.close()
        with pytest.raises(ValueError, match="closed"):
            answer.readinto(memoryview(bytearray(10)))
        assert len(get(carrier, server.url)[1]) == 300_000
        assert server.count == 2


def test_an_old_server_may_keep_the_connection() -> None:
    answer = sized(b"abc", "Connection: Keep-Alive").replace(b"HTTP/1.1", b"HTTP/1.0")
    with Server(forever(answer)) as server, transport() as carrier:
        assert [get(carrier, server.url)[1] for _ in range(3)] == [b"abc"] * 3
        assert server.count == 1


def test_a_kept_connection_that_was_closed_meanwhile_is_made_again() -> None:
    """Both before the request goes out, and so late that it already has."""

    def serve(connection: socket.socket) -> None:
        request(connection)
        connection.sendall(sized(b"first"))
        request(connection)  # and no answer

    with Server(serve) as server, transport() as carrier:
        assert get(carrier, server.url)[1] == b"first"
        assert get(carrier, server.url)[1] == b"first"
        assert server.count == 2


def test_a_new_connection_that_gives_no_answer_is_not_tried_again() -> None:
    with Server(lambda connection: None) as server, transport() as carrier:
        with pytest.raises(NetworkError) as raised:
            carrier.open(Ask("GET", server.url))
        assert raised.value.message.code in ("network-cut-off", "network-reset")
        assert raised.value.retry
        assert raised.value.sent.startswith(b"GET / HTTP/1.1\r\n")
        assert raised.value.peer == f"127.0.0.1:{server.port}"
        assert server.count == 1


def test_interim_answers_are_passed_over() -> None:
    interim = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    with Server(replying(b"HTTP/1.1 100 Continue\r\n\r\n" + interim + sized(b"abc"))) as server, transport() as carrier:
        answer, body = get(carrier, server.url)
        assert answer.head == sized(b"abc")[:-3]
        assert body == b"abc"


def test_redirects_are_answers() -> None:
    with Server(replying(sized(b"", "Location: file:///etc/passwd", status="302 Found"))) as server:
        with transport() as carrier:
            answer, _ = get(carrier, server.url)
        assert (answer.status, answer.headers["location"]) == (302, "file:///etc/passwd")
        assert server.count == 1


def test_a_part_says_where_it_begins() -> None:
    part = sized(b"cd", "Content-Range: bytes 2-3/4", status="206 Partial Content")
    with Server(replying(part)) as server, transport() as carrier:
        answer, body = get(carrier, server.url, Range="bytes=2-")
        assert (answer.started, body) == (2, b"cd")


def test_a_part_that_does_not_say_where_it_begins_is_none() -> None:
    with Server(replying(sized(b"cd", status="206 Partial Content"))) as server, transport() as carrier:
        with pytest.raises(NetworkError) as raised:
            get(carrier, server.url, Range="bytes=2-")
        assert raised.value.message.code == "network-protocol"
        assert b"206 Partial" in raised.value.head


@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_bodies_arrive_whole_in_buffers_of_any_size(size: int) -> None:
    body = bytes(range(256)) * 4000
    pieces = [body[place : place + 999] for place in range(0, len(body), 999)]
    short = body if size > 100 else body[:3000]
    with Server(replying(sized(short), chunked(pieces if size > 100 else [short]))) as server:
        with transport() as carrier:
            for _ in range(2):
                assert body_of(carrier.open(Ask("GET", server.url)), size) == short
        assert server.count == 1


def test_several_threads_share_one_transport() -> None:
    wrong: list[object] = []

    def serve(connection: socket.socket) -> None:
        while asked := request(connection):
            connection.sendall(sized(asked.split(b" ")[1] * 1000))

    def ask(number: int) -> None:
        for turn in range(20):
            path = f"{number}-{turn}"
            body = get(carrier, server.url + path)[1]
            if body != f"/{path}".encode() * 1000:
                wrong.append(path)

    with Server(serve) as server, transport() as carrier:
        threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []
        assert server.count <= 4


@pytest.mark.parametrize("stage", ["head", "body"])
def test_stopping_is_noticed_while_waiting(stage: str) -> None:
    waiting = threading.Event()

    def serve(connection: socket.socket) -> None:
        request(connection)
        if stage == "body":
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
        waiting.set()
        connection.recv(1)

    def check() -> None:
        if waiting.is_set():
            raise Cancelled

    with Server(serve) as server, transport(check=check, timeouts=Timeouts()) as carrier, pytest.raises(Cancelled):
        get(carrier, server.url)


def test_stopping_is_noticed_while_bytes_keep_coming() -> None:
    turns = count()

    def check() -> None:
        if next(turns) > 20:
            raise Cancelled

    def serve(connection: socket.socket) -> None:
        request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(bytes(100_000))

    with Server(serve) as server, transport(check=check) as carrier, pytest.raises(Cancelled):
        get(carrier, server.url)


def test_closing_ends_what_other_threads_wait_for() -> None:
    asked = threading.Event()
    codes: list[str] = []

    def serve(connection: socket.socket) -> None:
        request(connection)
        asked.set()
        connection.recv(1)

    def ask() -> None:
        try:
            get(carrier, server.url)
        except NetworkError as error:
            codes.append(error.message.code)

    with Server(serve) as server, transport(timeouts=Timeouts()) as carrier:
        thread = threading.Thread(target=ask)
        thread.start()
        assert asked.wait(10)
        carrier.close()
        thread.join()
        assert codes == ["network-cut-off"]
        with pytest.raises(NetworkError) as raised:
            carrier.open(Ask("GET", server.url))
        assert raised.value.message.code == "network-closed"


def test_a_refused_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with transport() as carrier, pytest.raises(NetworkError) as raised:
        carrier.open(Ask("GET", f"http://127.0.0.1:{port}/"))
    assert raised.value.message.code == "network-refused"
    assert raised.value.message.args["place"] == f"127.0.0.1:{port}"
    assert raised.value.retry


def test_a_name_that_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(*args: object, **options: object) -> object:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with transport() as carrier, pytest.raises(NetworkError) as raised:
        carrier.open(Ask("GET", "http://nobody.invalid/"))
    assert raised.value.message.code == "network-unresolved"
    assert raised.value.message.args == {"host": "nobody.invalid"}


@pytest.mark.parametrize("stop", [True, False])
def test_a_name_that_takes_too_long(monkeypatch: pytest.MonkeyPatch, stop: bool) -> None:
    """The system's resolver cannot be stopped; nobody waits for it."""
    asked, over = threading.Event(), threading.Event()

    def look_up(*args: object, flags: int = 0, **options: object) -> object:
        if not flags:
            asked.set()
            over.wait(20)
        raise socket.gaierror(socket.EAI_AGAIN, "later")

    def check() -> None:
        if stop and asked.is_set():
            raise Cancelled

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    carrier = transport(check=check, timeouts=Timeouts(connect=20 if stop else 0.3))
    with carrier as made, pytest.raises((NetworkError, Cancelled)) as raised:
        made.open(Ask("GET", "http://slow.invalid/"))
    over.set()
    assert isinstance(raised.value, Cancelled) if stop else raised.value.message.code == "network-timeout"


def test_the_next_address_of_a_name_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        nobody = free.getsockname()
    with Server(replying(sized(b"abc"))) as server:
        found = [(family, socket.SOCK_STREAM, 6, "", place) for family, place in (
            (-5, ("nowhere", 0)), (socket.AF_INET, nobody), (socket.AF_INET, ("127.0.0.1", server.port)),
        )]  # fmt: skip
        monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: found)
        with transport() as carrier:
            assert get(carrier, "http://three.invalid/")[1] == b"abc"


def test_peers_of_the_new_protocol_stand_in_brackets() -> None:
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("there is no IPv6 on this machine")
    with Server(replying(sized(b"abc")), listener=listener) as server, transport() as carrier:
        answer, _ = get(carrier, f"http://[::1]:{server.port}/")
        assert answer.peer == f"[::1]:{server.port}"
        assert f"Host: [::1]:{server.port}\r\n".encode() in answer.sent


def test_a_name_is_looked_up() -> None:
    with Server(replying(sized(b"abc"))) as server, transport() as carrier:
        answer, body = get(carrier, f"http://localhost:{server.port}/")
        assert body == b"abc"
        assert f"Host: localhost:{server.port}\r\n".encode() in answer.sent


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a/", "file:///etc/passwd", "http://", "http:///a", "http://a:99999/", "http://a:0/", "http://a b/",
        "http://a/b c", "http://a/\r\nX: y", "http://a/\u00fc", "http://[::1/", "//a/", "", "http://a\\b/", "http://\ud800/",
        "http://" + "a" * 300 + "/",
    ],
)  # fmt: skip
def test_addresses_that_cannot_be_asked_for(url: str) -> None:
    with transport() as carrier, pytest.raises(NetworkError) as raised:
        carrier.open(Ask("GET", url))
    assert raised.value.message.code == "network-url"
    assert not raised.value.retry
    assert str(raised.value).isprintable()


@pytest.mark.parametrize(
    ("url", "authority", "path"),
    [
        ("http://a", "a", "/"),
        ("HTTP://A:80/b", "a", "/b"),
        ("https://a:443?x=/../y", "a", "/?x=/../y"),
        ("https://a:80/%2e%2e/../b//", "a:80", "/%2e%2e/../b//"),
        ("http://user:word@a/", "a", "/"),
        ("http://[::1]:8080/", "[::1]:8080", "/"),
        ("http://\ud55c\uad6d.example/", "xn--3e0b707e.example", "/"),
        ("http://a/b#c?d", "a", "/b"),
    ],
)
def test_addresses_taken_apart(url: str, authority: str, path: str) -> None:
    target = target_of(url)
    assert (target.origin.authority, target.path) == (authority, path)


@given(st.text(max_size=60))
def test_no_address_does_anything_else(text: str) -> None:
    for url in (text, "http://" + text):
        try:
            target = target_of(url)
        except NetworkError:
            continue
        assert target.path.startswith("/")
        assert not set(target.url) & set(" \r\n\t")


NAMES = st.from_regex(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,20}", fullmatch=True).filter(
    lambda name: name.lower() not in ("content-length", "transfer-encoding", "connection")
)
VALUES = st.from_regex(r"([\x21-\x7e\x80-\xff]([\x20-\x7e\x80-\xff\t]{0,30}[\x21-\x7e\x80-\xff])?)?", fullmatch=True)


@given(
    st.lists(st.tuples(NAMES, VALUES), max_size=8),
    st.binary(max_size=40),
    st.integers(1, 9),
    st.sampled_from(["\r\n", "\n"]),
)
@settings(max_examples=50)
def test_any_head_in_any_pieces(headers: list[tuple[str, str]], body: bytes, step: int, end: str) -> None:
    """What is kept is what was sent, and nothing of the body is taken for head."""
    lines = [
        "HTTP/1.1 200 OK",
        *(f"{name}: {value}" for name, value in headers),
        f"Content-Length: {len(body)}",
        "",
        "",
    ]
    head = end.join(lines).encode("latin-1")
    here, there = socket.socketpair()
    sender = threading.Thread(target=_in_pieces, args=(there, head + body, step))
    sender.start()
    try:
        answer = _over(here)
        assert answer.head == head
        for name, value in headers:
            assert value.strip(" \t") in answer.headers[name.lower()]
        assert body_of(answer) == body
    finally:
        sender.join()
        here.close()


def _in_pieces(connection: socket.socket, data: bytes, step: int) -> None:
    with connection:
        request(connection)
        for place in range(0, len(data), step):
            connection.sendall(data[place : place + step])


def _over(connection: socket.socket) -> object:
    from tests.sources.http.servers import QUICK, proceed
    from workbench.sources.http.answer import converse
    from workbench.sources.http.target import written
    from workbench.sources.http.wire import Wire

    connection.setblocking(False)
    ask = Ask("GET", "http://a/")
    events = written(ask, target_of(ask.url), "a", None)
    return converse(ask, events, Wire(connection, proceed, QUICK), 5, lambda: 0, lambda wire, usable: None)


@given(st.lists(st.binary(min_size=1, max_size=200), max_size=10), st.integers(1, 50), st.integers(1, 300))
@settings(max_examples=40)
def test_any_chunks_in_any_pieces(pieces: list[bytes], step: int, size: int) -> None:
    here, there = socket.socketpair()
    sender = threading.Thread(target=_in_pieces, args=(there, chunked(pieces, b"A: b\r\n"), step))
    sender.start()
    try:
        assert body_of(_over(here), size) == b"".join(pieces)  # type: ignore[arg-type]
    finally:
        sender.join()
        here.close()


def test_headers_of_one_name_are_joined() -> None:
    response = h11.Response(status_code=200, headers=[("A", "1"), ("b", "x"), ("a", "2")])
    assert joined(response) == {"a": "1, 2", "b": "x"}


def test_a_transport_can_be_closed_twice() -> None:
    carrier = HttpTransport("a", lambda: None)
    carrier.close()
    carrier.close()


@pytest.mark.parametrize(
    ("whole", "complete"),
    [
        (sized(b"abc"), True),
        (sized(b""), True),
        (chunked([b"abc"]), True),
        (b"HTTP/1.1 304 Not Modified\r\n\r\n", True),
        (b"HTTP/1.0 200 OK\r\n\r\nabc", None),
        (b"HTTP/1.0 200 OK\r\n\r\n", None),
    ],
)
def test_an_answer_says_whether_all_of_it_came(whole: bytes, complete: bool | None) -> None:
    with Server(replying(whole)) as server, transport() as carrier:
        answer = carrier.open(Ask("GET", server.url))
        assert answer.complete is (answer.length == 0)
        body_of(answer)
        assert answer.complete is complete
        assert (states_end(answer.headers) or answer.status == 304) is (complete is True)


@pytest.mark.parametrize("cut", [sized(b"abc")[:-1], chunked([b"abc"])[:-1], chunked([b"abc"])[:-7]])
def test_an_answer_that_was_cut_off_is_not_complete(cut: bytes) -> None:
    with Server(replying(cut)) as server, transport() as carrier:
        answer = carrier.open(Ask("GET", server.url))
        with pytest.raises(NetworkError):
            body_of(answer)
        assert answer.complete is False


def test_closing_the_transport_makes_no_body_whole() -> None:
    """One without a stated end, from which another thread reads."""
    begun = threading.Event()
    codes: list[str] = []

    def serve(connection: socket.socket) -> None:
        request(connection)
        connection.sendall(b"HTTP/1.0 200 OK\r\n\r\nabc")
        connection.recv(1)

    def read() -> None:
        answer = carrier.open(Ask("GET", server.url))
        answer.readinto(memoryview(bytearray(3)))
        begun.set()
        try:
            answer.readinto(memoryview(bytearray(3)))
        except NetworkError as error:
            codes.append(error.message.code)
        finally:
            answer.close()

    with Server(serve) as server, transport(timeouts=Timeouts()) as carrier:
        thread = threading.Thread(target=read)
        thread.start()
        assert begun.wait(10)
        carrier.close()
        thread.join()
    assert codes == ["network-cut-off"]


def test_a_validator_goes_back_as_the_bytes_that_came() -> None:
    """Also one that is not ASCII, which some servers write."""
    seen: list[bytes] = []
    answer = b'HTTP/1.1 200 OK\r\nETag: "\xe9\x80\xff-\xe3\x81\x82"\r\nContent-Length: 3\r\n\r\nabc'
    with Server(forever(answer, seen)) as server, transport() as carrier:
        etag = get(carrier, server.url)[0].headers["etag"]
        second, _ = get(carrier, server.url, If_None_Match=etag)
        get(carrier, server.url, If_Range=etag, Range="bytes=1-")
    assert b'\r\nIf-None-Match: "\xe9\x80\xff-\xe3\x81\x82"\r\n' in seen[1]
    assert b'\r\nIf-Range: "\xe9\x80\xff-\xe3\x81\x82"\r\nRange: bytes=1-\r\n' in seen[2]
    assert second.sent == seen[1]


@pytest.mark.parametrize("etag", ['"a\r\nX-Evil: 1"', '"a\nb"', '"a\rb"', '"\0"', '"\x7f"', '"\u3042"', '"a" '])
def test_a_condition_that_no_header_can_hold_is_left_out(etag: str) -> None:
    """All of it comes then; above all not a part without the condition that it is of the same version."""
    seen: list[bytes] = []
    with Server(forever(sized(b"abc"), seen)) as server, transport() as carrier:
        assert get(carrier, server.url, If_None_Match=etag, Accept="text/html")[1] == b"abc"
        assert get(carrier, server.url, If_Range=etag, Range="bytes=1-")[1] == b"abc"
        with pytest.raises(NetworkError) as raised:
            get(carrier, server.url, X_Other=etag)
    assert [b"if-" in each.lower() or b"range" in each.lower() or b"evil" in each.lower() for each in seen] == [
        False
    ] * 2
    assert b"\r\nAccept: text/html\r\n" in seen[0]
    assert raised.value.message.code == "network-header"
    assert raised.value.message.args == {"name": "X-Other"}
    assert not raised.value.retry
