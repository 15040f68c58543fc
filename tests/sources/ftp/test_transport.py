from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.servers.ftp import vsftpd
from tests.servers.running import free_port, place
from tests.sources.ftp.server import Behaviour, serving, socks
from workbench.core.errors import Cancelled, UserError
from workbench.core.times import rfc3339
from workbench.sources.ftp.transport import FtpAnswer, FtpTransport, place_of
from workbench.sources.ftp.unixlist import LISTED_AT
from workbench.sources.http.headers import last_modified
from workbench.sources.http.wire import Timeouts
from workbench.sources.kinds.ftp import Ftp
from workbench.sources.remote import Ask, NetworkError, Page

KIND = Ftp()
FILE = bytes(range(256)) * 40
QUICK = Timeouts(connect=2, head=2, idle=2)


@contextmanager
def opened(
    behaviour: Behaviour, timeouts: Timeouts = QUICK, check: Callable[[], None] = lambda: None
) -> Iterator[FtpTransport]:
    with serving(behaviour):
        transport = FtpTransport(check, timeouts=timeouts)
        try:
            yield transport
        finally:
            transport.close()


def body_of(answer: FtpAnswer, piece: int = 1000) -> bytes:
    got = bytearray()
    buffer = memoryview(bytearray(piece))
    try:
        while count := answer.readinto(buffer):
            got += buffer[:count]
    finally:
        answer.close()
    return bytes(got)


def get(transport: FtpTransport, url: str, start: int | None = None) -> bytes:
    headers = () if start is None else (("Range", f"bytes={start}-"),)
    return body_of(transport.open(Ask("RETR", url, headers)))


def test_a_folder_and_a_file_byte_for_byte() -> None:
    server = Behaviour({b"/pub/a b.png": FILE, b"/pub/sub/x": b"x"})
    with opened(server) as transport:
        answer = transport.open(KIND.ask(server.url + "pub"))
        assert (answer.status, answer.peer) == (150, f"127.0.0.1:{server.port}")
        assert answer.complete is False
        listing = KIND.read(Page(answer.ask.url, body_of(answer), headers=answer.headers))
        assert answer.status == 226
        assert answer.complete is True
        assert answer.headers[LISTED_AT] == rfc3339(answer.began)
        login = b"USER anonymous\r\nPASS anonymous@\r\nFEAT\r\nOPTS UTF8 ON\r\nTYPE I\r\nPWD\r\n"
        assert answer.sent == login + b"CWD /pub\r\nPASV\r\nMLSD\r\n"
        assert answer.head.startswith(server.greeting + b"331 anything goes\r\n230-hello\r\n")
        assert answer.head.endswith(b"150 here it comes\r\n226 done\r\n")
        assert listing is not None
        assert [(each.name, each.size, each.url) for each in listing.entries] == [
            (b"a b.png", len(FILE), server.url + "pub/a%20b.png"), (b"sub", None, server.url + "pub/sub/")
        ]  # fmt: skip
        answer = transport.open(KIND.fetch(listing.entries[0].url))
        assert (answer.length, answer.started) == (len(FILE), 0)
        assert body_of(answer) == FILE
        assert answer.sent == (b"SIZE /pub/a b.png\r\nMDTM /pub/a b.png\r\nPASV\r\nRETR /pub/a b.png\r\n")
        assert answer.headers["last-modified"] == "Wed, 03 Jan 2024 09:00:01 GMT"
        stated = last_modified(answer.headers)
        assert stated is not None
        assert rfc3339(stated.micros) == "2024-01-03T09:00:01.000000Z"
        assert server.connections == 1


def test_a_file_goes_on_where_it_was_cut() -> None:
    server = Behaviour({b"/f": FILE})
    with opened(server) as transport:
        answer = transport.open(Ask("RETR", server.url + "f", (("Range", "bytes=10000-"),)))
        assert (answer.started, answer.length) == (10000, len(FILE) - 10000)
        assert body_of(answer) == FILE[10000:]
        server.replies["REST"] = b"502 no\r\n"
        answer = transport.open(Ask("RETR", server.url + "f", (("Range", "bytes=10000-"),)))
        assert answer.started == 0
        assert body_of(answer) == FILE
        assert get(transport, server.url + "f") == FILE


def test_refusals_are_answers() -> None:
    server = Behaviour({b"/pub/f": b"1"})
    with opened(server) as transport:
        for ask, status in (
            (KIND.ask(server.url + "secret"), 550),
            (KIND.fetch(server.url + "gone"), 550),
            (Ask("LIST", server.url + "pub"), 502),
        ):
            answer = transport.open(ask)
            assert (answer.status, body_of(answer)) == (status, b"")
        assert get(transport, server.url + "pub/f") == b"1"
        assert server.connections == 1
    for behaviour, status in (
        (Behaviour(replies={"USER": b"530 members only\r\n"}), 530),
        (Behaviour(replies={"PASS": b"530 members only\r\n"}), 530),
        (Behaviour(replies={"USER": b"332 which account\r\n"}), 332),
        (Behaviour(greeting=b"421 too many\r\n"), 421),
    ):
        with opened(behaviour) as transport:
            answer = transport.open(KIND.ask(behaviour.url))
            assert (answer.status, body_of(answer)) == (status, b"")
            assert not any(each.startswith(b"CWD") for each in behaviour.heard)


def test_a_server_without_mlsd_is_asked_to_list() -> None:
    server = Behaviour({b"/f": b"1"}, replies={"MLSD": b"500 what?\r\n"})
    with opened(server) as transport:
        asked = KIND.ask(server.url)
        answer = transport.open(asked)
        assert KIND.fallback(asked, answer.status) == Ask("LIST", server.url)


def test_paths_begin_where_the_server_puts_us() -> None:
    server = Behaviour({b'/ho"me/x/f': b"1", b"/f": b"2"}, home=b'/ho"me')
    with opened(server) as transport:
        assert get(transport, server.url + "x/f") == b"1"
        assert get(transport, server.url + "%2Ff") == b"2"


@pytest.mark.parametrize("telnet", [False, True])
def test_bytes_of_names_stay_as_they_are(telnet: bool) -> None:
    names = [b"\xff\xfe", "한글".encode(), b"a\tb", b" lead", b"-l", b"%41", b"semi;type=a", b"\xa4\xa2"]
    server = Behaviour({b"/d/" + name: name for name in names}, telnet=telnet)
    with opened(server) as transport:
        answer = transport.open(KIND.ask(server.url + "d"))
        listing = KIND.read(Page(answer.ask.url, body_of(answer)))
        assert listing is not None
        assert [each.name for each in listing.entries] == names
        assert [get(transport, each.url) for each in listing.entries] == names
        answer = transport.open(KIND.fetch(listing.entries[0].url))
        assert body_of(answer) == names[0]
        assert answer.sent.endswith(b"RETR /d/\xff\xff\xfe\r\n" if telnet else b"RETR /d/\xff\xfe\r\n")


def test_a_foreign_address_is_not_connected_to() -> None:
    server = Behaviour({b"/f": b"1"}, pasv_address="192,0,2,1")
    with opened(server) as transport:
        assert get(transport, server.url + "f") == b"1"


@pytest.mark.parametrize("refusal", [b"500 no\r\n", b"502 no\r\n", b"522 no\r\n"])
def test_extended_passive_where_there_is_no_other(refusal: bytes) -> None:
    server = Behaviour({b"/f": b"1"}, replies={"PASV": refusal})
    with opened(server) as transport:
        assert get(transport, server.url + "f") == get(transport, server.url + "f") == b"1"
        assert server.heard.count(b"PASV") == 1


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        (Behaviour(cut_data_at=5000), "network-cut-off"),
        (Behaviour(cut_data_at=5000, end=b"426 aborted\r\n"), "network-cut-off"),
        (Behaviour(cut_data_at=5000, end=b""), "network-cut-off"),
        (Behaviour(cut_data_at=5000, reset_data=True), "network-cut-off"),
        (Behaviour(end=b"451 local trouble\r\n"), "network-cut-off"),
        (Behaviour(end=b""), "network-cut-off"),
        (Behaviour(cut_data_at=5000, replies={"SIZE": b"550 no\r\n"}, end=b"426 aborted\r\n"), "network-cut-off"),
    ],
)
def test_cut_off_bodies_are_never_whole(behaviour: Behaviour, code: str) -> None:
    behaviour.files[b"/f"] = FILE
    behaviour.heard.clear()
    with opened(behaviour) as transport:
        answer = transport.open(KIND.fetch(behaviour.url + "f"))
        with pytest.raises(NetworkError) as caught:
            body_of(answer)
        assert (caught.value.message.code, caught.value.retry) == (code, True)
        assert caught.value.sent.endswith(b"RETR /f\r\n")
        assert b"150 here it comes" in caught.value.head
        answer.close()
        assert answer.complete is False


@pytest.mark.parametrize(
    "behaviour",
    [
        Behaviour(greeting=b"SSH-2.0-x\r\n"),
        Behaviour(greeting=b"220-" + b"x\r\n" * 40_000),
        Behaviour(greeting=b"220 " + b"x" * 100_000),
        Behaviour(replies={"PASV": b"227 no numbers\r\n", "EPSV": b"229 none\r\n"}),
        Behaviour(replies={"PASV": b"227 (1,2,3,4,999,999)\r\n"}),
        Behaviour(replies={"PASV": b"227 (1,2,3,4,0,0)\r\n"}),
        Behaviour(replies={"PASV": b"425 no\r\n"}),
    ],
)
def test_servers_that_do_not_speak_ftp(behaviour: Behaviour) -> None:
    with opened(behaviour) as transport:
        with pytest.raises(NetworkError) as caught:
            transport.open(KIND.ask(behaviour.url))
        assert (caught.value.message.code, caught.value.retry) == ("ftp-protocol", False)
        assert caught.value.head
        assert caught.value.message.text()


def test_a_server_that_is_not_there() -> None:
    transport = FtpTransport(lambda: None, timeouts=QUICK)
    with pytest.raises(NetworkError) as caught:
        transport.open(KIND.ask(f"ftp://127.0.0.1:{free_port()}/"))
    assert caught.value.message.code == "network-refused"
    transport.close()
    with pytest.raises(NetworkError) as caught:
        transport.open(KIND.ask("ftp://127.0.0.1:1/"))
    assert caught.value.message.code == "network-closed"


def test_hanging_up_in_the_login_is_a_cut() -> None:
    server = Behaviour(replies={"PASS": b""})
    with opened(server) as transport:
        with pytest.raises(NetworkError) as caught:
            transport.open(KIND.ask(server.url))
        assert caught.value.message.code == "network-cut-off"
        assert caught.value.sent == b"USER anonymous\r\nPASS anonymous@\r\n"


def test_a_kept_connection_that_the_server_closed_is_made_again() -> None:
    server = Behaviour({b"/f": b"1"})
    with opened(server) as transport:
        assert get(transport, server.url + "f") == b"1"
        server.replies["SIZE"] = lambda _: b"" if server.connections == 1 else b"213 1\r\n"
        assert get(transport, server.url + "f") == b"1"
        assert server.connections == 2
        server.replies["SIZE"] = lambda _: b"421 idle\r\n" if server.connections == 2 else b"213 1\r\n"
        assert get(transport, server.url + "f") == b"1"
        assert server.connections == 3


def test_an_answer_left_unread_costs_its_connection_only() -> None:
    server = Behaviour({b"/f": FILE, b"/g": b"2"})
    with opened(server) as transport:
        answer = transport.open(KIND.fetch(server.url + "f"))
        answer.readinto(memoryview(bytearray(10)))
        answer.close()
        answer.close()
        assert answer.readinto(memoryview(bytearray(10))) == 0
        assert get(transport, server.url + "g") == b"2"
        assert server.connections == 2


def test_several_threads_have_a_connection_each() -> None:
    server = Behaviour({b"/%d" % number: bytes([number]) * 5000 for number in range(12)})
    found: dict[int, bytes] = {}
    with opened(server) as transport:

        def some(first: int) -> None:
            for number in range(first, 12, 3):
                found[number] = get(transport, f"{server.url}{number}")

        threads = [threading.Thread(target=some, args=(first,)) for first in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert server.connections <= 3
    assert found == {number: bytes([number]) * 5000 for number in range(12)}


class Stop:
    """Asked whether to stop; says so from the moment it is told."""

    def __init__(self) -> None:
        self.told = threading.Event()

    def __call__(self) -> None:
        if self.told.is_set():
            raise Cancelled


@pytest.mark.parametrize("where", ["login", "body"])
def test_stopping_is_heard_while_waiting(where: str) -> None:
    waiting = threading.Event()

    def never(_: bytes) -> bytes:
        waiting.set()
        time.sleep(1.5)
        return b""

    server = Behaviour({b"/f": FILE}, stalls=where == "body")
    if where == "login":
        server.replies["USER"] = never
    stop = Stop()
    slow = Timeouts(connect=120, head=120, idle=120)
    with opened(server, slow, stop) as transport:
        done: list[BaseException] = []

        def look() -> None:
            try:
                answer = transport.open(KIND.fetch(server.url + "f"))
                waiting.set()
                body_of(answer)
            except BaseException as error:
                done.append(error)

        thread = threading.Thread(target=look)
        thread.start()
        assert waiting.wait(30)
        stop.told.set()
        thread.join(30)
        assert [type(each) for each in done] == [Cancelled]


def test_drips_and_silence_end() -> None:
    slow = Timeouts(connect=2, head=1, idle=0.4, slowest=64, window=0.6)
    server = Behaviour({b"/f": FILE}, drip=0.05)
    with opened(server, slow) as transport:
        with pytest.raises(NetworkError) as caught:
            get(transport, server.url + "f")
        assert caught.value.message.code == "network-too-slow"
    server = Behaviour({b"/f": FILE}, stalls=True)
    with opened(server, slow) as transport:
        with pytest.raises(NetworkError) as caught:
            get(transport, server.url + "f")
        assert caught.value.message.code == "network-timeout"


def test_closing_ends_what_others_wait_for() -> None:
    server = Behaviour({b"/f": FILE}, stalls=True)
    with opened(server, Timeouts()) as transport:
        answer = transport.open(KIND.fetch(server.url + "f"))
        caught: list[NetworkError] = []

        def wait() -> None:
            try:
                body_of(answer)
            except NetworkError as error:
                caught.append(error)

        thread = threading.Thread(target=wait)
        thread.start()
        transport.close()
        thread.join(30)
        assert [each.message.code for each in caught] == ["network-cut-off"]


@pytest.mark.parametrize("url", ["ftp://me@h/", "ftp://me:word@h/", "ftp://anonymous@h/x", "ftp://@h/"])
def test_no_login_but_the_anonymous_one(url: str) -> None:
    with pytest.raises(UserError) as caught:
        place_of(url)
    assert caught.value.message.code == "ftp-login-in-url"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("ftp://h/a%0d%0aDELE%20x", "ftp-name-impossible"),
        ("ftp://h/a%00", "ftp-name-impossible"),
        ("ftp://h:0/", "network-url"),
        ("ftp://h:70000/", "network-url"),
        ("ftp:///x", "network-url"),
        ("http://h/", "network-url"),
    ],
)
def test_urls_that_cannot_be_asked_for(url: str, code: str) -> None:
    with pytest.raises(NetworkError) as caught:
        place_of(url)
    assert (caught.value.message.code, caught.value.retry) == (code, False)


def test_places() -> None:
    assert place_of("ftp://H.example/a%20b/?c#d") == (("ftp", "h.example", 21), b"a b/?c")
    assert place_of("ftp://[::1]:2121/%2Fx;type=i") == (("ftp", "::1", 2121), b"/x")


def test_only_reading_commands_are_sent() -> None:
    transport = FtpTransport(lambda: None)
    for method in ("STOR", "DELE", "GET"):
        with pytest.raises(ValueError, match="never sent"):
            transport.open(Ask(method, "ftp://h/"))
    transport.close()


def test_through_a_socks_proxy_the_name_is_looked_up_over_there() -> None:
    server = Behaviour({b"/f": FILE})
    with serving(server), socks(server.port) as proxy:
        transport = FtpTransport(lambda: None, f"socks5://127.0.0.1:{proxy.port}", QUICK)
        answer = transport.open(KIND.fetch("ftp://hidden.example/f"))
        assert answer.peer is None
        assert body_of(answer) == FILE
        transport.close()
    assert [host for host, _ in proxy.asked] == [b"hidden.example", b"hidden.example"]
    assert proxy.asked[0][1] == 21


def test_no_proxy_but_socks() -> None:
    transport = FtpTransport(lambda: None, "http://127.0.0.1:9")
    with pytest.raises(NetworkError) as caught:
        transport.open(KIND.ask("ftp://h/"))
    assert caught.value.message.code == "ftp-no-proxy"
    transport.close()


NAMES = (
    "plain.txt",
    "한글 이름.png",
    " leading blank",
    "100%.txt",
    "#7?;x.txt",
    "кадр -> x",
    "-rf",
    "ж" * 100,
    "a+b&c",
)
RAW = (*(name.encode() for name in NAMES), b"latin \xff\xe9", b"sjis \x83\x5c", b"tab\there")


def test_vsftpd() -> None:
    with place() as root:
        files: dict[bytes, bytes] = {}
        for folder in ("", "칼과 물/", "칼과 물/two  blanks/"):
            (root / folder).mkdir(exist_ok=True)
            (root / folder).chmod(0o755)
            for name in RAW:
                files[folder.encode() + name] = (folder.encode() + name) * 50
        for path, data in files.items():
            whole = root / os.fsdecode(path)
            whole.write_bytes(data)
            whole.chmod(0o644)
            os.utime(whole, (1_704_272_401, 1_704_272_401))
        (root / "link").symlink_to("/etc/passwd")
        (root / "closed").mkdir()
        (root / "closed").chmod(0o700 if os.geteuid() == 0 else 0)
        with vsftpd(Path(root)) as server:
            start = server.url if os.geteuid() == 0 else server.url.replace(f":{server.port}/", f":{server.port}/%2F")
            transport = FtpTransport(lambda: None, timeouts=Timeouts(connect=5, head=5, idle=5))
            try:
                found, told = _walk(transport, start)
            finally:
                transport.close()
        assert found == files
        assert sorted(told) == [(b"closed", "550"), (b"link", "row-link")]


def _walk(transport: FtpTransport, start: str) -> tuple[dict[bytes, bytes], list[tuple[bytes, str]]]:
    found: dict[bytes, bytes] = {}
    told: list[tuple[bytes, str]] = []
    folders = [(start, b"")]
    while folders:
        url, path = folders.pop()
        asked: Ask | None = KIND.ask(url)
        answer, body = None, b""
        while asked is not None:
            answer = transport.open(asked)
            body = body_of(answer)
            asked = None if answer.status < 300 else KIND.fallback(asked, answer.status)
        assert answer is not None
        if answer.status >= 300:
            told.append((path.rstrip(b"/"), str(answer.status)))
            continue
        listing = KIND.read(Page(url, body, headers=answer.headers))
        assert listing is not None
        told += [(path + remark.name, remark.message.code) for remark in listing.remarks]
        for entry in listing.entries:
            below = path + entry.name
            if entry.is_folder:
                folders.append((entry.url, below + b"/"))
                continue
            answer = transport.open(KIND.fetch(entry.url))
            found[below] = body_of(answer)
            assert entry.size == len(found[below])
            stated = last_modified(answer.headers)
            assert stated is not None
            assert stated.micros == 1_704_272_401_000_000
            half = len(found[below]) // 2
            assert get(transport, entry.url, half) == found[below][half:]
    return found, told
