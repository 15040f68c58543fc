"""The servers themselves, asked by the standard library alone: what they serve is what was written."""

from __future__ import annotations

import ftplib
import http.client
import os
import re
import signal
import socket
import stat
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes, urlsplit

import pytest

from tests.servers import ftp, web
from tests.servers.raw import Asked, gate, raw_server
from tests.servers.running import HOST, Request, Server, place
from tests.servers.tree import EMPTY, FILES, LARGE, Tree, build, folders, planned

WEB: dict[str, Callable[[Path], AbstractContextManager[Server]]] = {
    "nginx": web.nginx,
    "apache": web.apache,
    "lighttpd": web.lighttpd,
    "caddy": web.caddy,
    "python": web.python_http,
    "rclone-http": web.rclone_http,
    "rclone-webdav": web.rclone_webdav,
}


@pytest.fixture(scope="module")
def root() -> Iterator[Path]:
    with place("tree") as folder:
        build(folder)
        yield folder


@pytest.fixture(scope="module")
def tree(root: Path) -> Tree:
    assert root.is_dir()
    return planned()


def test_the_tree_is_the_same_every_time_and_holds_what_it_promises(root: Path, tree: Tree) -> None:
    assert planned() == tree
    assert len(tree) == FILES == 500
    names = [path.rpartition(b"/")[2] for path in tree]
    text = b"".join(tree).decode()
    assert all(sign in text for sign in " %#?&;'\"+<>")
    assert all(re.search(f"[{first}-{last}]", text) for first, last in ("一鿿", "가힣", "ぁヿ", "ая"))
    assert max(map(len, names)) == 200 == sorted(map(len, names))[-20]
    assert sum(not made.data for made in tree.values()) == 10
    assert max(len(made.data) for made in tree.values()) == LARGE
    assert max(path.count(b"/") for path in tree) == 13
    found = {os.fsencode(each.relative_to(root)): each.stat() for each in root.rglob("*") if each.is_file()}
    assert {path: (each.st_size, int(each.st_mtime)) for path, each in found.items()} == {
        path: (len(made.data), made.modified) for path, made in tree.items()
    }
    assert (root / EMPTY).is_dir()


@pytest.mark.parametrize("name", WEB)
def test_a_web_server_gives_every_file_and_lists_every_folder(name: str, root: Path, tree: Tree) -> None:
    with WEB[name](root) as server:
        connection = http.client.HTTPConnection(HOST, server.port, timeout=20)
        for path, made in tree.items():
            connection.request("GET", f"/{quote(path)}")
            answer = connection.getresponse()
            assert (answer.status, answer.read() == made.data) == (200, True), path
        for folder in [*folders(tree), EMPTY.encode()]:
            connection.request("GET", f"/{quote(folder)}/" if folder else "/")
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200, folder
        connection.close()
        work, process = server.work, server.process
        if server.read_log is not None:
            files = {b"/" + path for path in tree}
            assert given(server.logged(lambda requests: given(requests) >= files)) >= files
    assert process.returncode is not None
    assert not work.exists()


def given(requests: list[Request]) -> set[bytes]:
    """Paths that were answered with 200."""
    return {unquote_to_bytes(each.target) for each in requests if each.status == 200}


def test_apache_answers_propfind_and_changes_nothing(root: Path) -> None:
    with web.apache(root) as server:
        connection = http.client.HTTPConnection(HOST, urlsplit(server.more["dav"]).port, timeout=20)
        for method, status in (("PROPFIND", 207), ("GET", 200), ("PUT", 403), ("DELETE", 403), ("MKCOL", 403)):
            path = "/" if method == "PROPFIND" else f"/{quote(next(iter(planned())))}"
            connection.request(method, path, headers={"Depth": "1"})
            answer = connection.getresponse()
            body = answer.read()
            assert answer.status == status, method
            if method == "PROPFIND":
                assert body.count(b"<D:response ") == 1 + len(list(root.iterdir())), "the root, and all in it"
        connection.close()


def test_vsftpd_gives_every_file_and_lists_every_folder(root: Path, tree: Tree) -> None:
    with ftp.vsftpd(root) as server, ftplib.FTP(encoding="latin-1", timeout=20) as client:
        client.connect(HOST, server.port)
        client.login()
        start = unquote_to_bytes(urlsplit(server.url).path).decode("latin-1")
        for path, made in list(tree.items())[::5]:
            got = bytearray()
            client.retrbinary(f"RETR {start}{path.decode('latin-1')}", got.extend)
            assert bytes(got) == made.data, path
        lines: list[str] = []
        for folder in [*folders(tree), EMPTY.encode()]:
            client.cwd(start + folder.decode("latin-1"))
            client.retrlines("LIST", lines.append)
        names = {line.split(None, 8)[8].encode("latin-1") for line in lines if line.startswith("-")}
        assert names == {path.rpartition(b"/")[2] for path in tree}


def test_a_folder_without_rights_is_refused(tree: Tree) -> None:
    with place("tree") as folder:
        build(folder, dict(list(tree.items())[:30]))
        (folder / "场景").chmod(0)
        with web.nginx(folder) as server:
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(f"{server.url}{quote('场景')}/", timeout=10)
            refused.value.close()
            assert refused.value.code == 403
            with urllib.request.urlopen(server.url, timeout=10) as answer:
                assert quote("场景/") in answer.read().decode()
        assert stat.S_IMODE((folder / "场景").stat().st_mode) == 0


def test_a_server_counts_bytes_and_ranges(tree: Tree, root: Path) -> None:
    (large,) = [path for path, made in tree.items() if len(made.data) == LARGE]
    for start in (web.nginx, web.apache, web.lighttpd):
        with start(root) as server:
            asked = urllib.request.Request(server.url + quote(large), headers={"Range": "bytes=1000-"})
            with urllib.request.urlopen(asked, timeout=10) as answer:
                assert answer.read() == tree[large].data[1000:]
            requests = server.logged(lambda requests: any(each.method == "GET" for each in requests))
            (got,) = [each for each in requests if each.method == "GET"]
            assert (got.status, got.sent, got.range, got.folder) == (206, LARGE - 1000, "bytes=1000-", False)


def test_a_killed_parent_leaves_no_child(root: Path) -> None:
    with web.nginx(root) as server:
        children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
        if not children.exists():
            pytest.skip("this system does not tell children")
        (child,) = map(int, children.read_text().split())
        os.kill(server.process.pid, signal.SIGKILL)
    waited = time.monotonic() + 30
    while Path(f"/proc/{child}/exe").exists() and time.monotonic() < waited:
        time.sleep(0.01)
    assert not Path(f"/proc/{child}/exe").exists()


def test_a_script_answers_and_ends_with_its_threads() -> None:
    def script(asked: Asked) -> None:
        if asked.target == "/slow":
            asked.wait(60)
        asked.answer(asked.target.encode(), retry_after="1")

    before = threading.active_count()
    with raw_server(script) as server:
        with urllib.request.urlopen(server.url + "a?b", timeout=10) as answer:
            assert answer.read() == b"/a?b"
            assert answer.headers["Retry-After"] == "1"
        waiting = socket.create_connection((HOST, server.port))
        waiting.sendall(b"GET /slow HTTP/1.1\r\n\r\n")
        while ("GET", "/slow") not in server.asked:
            time.sleep(0.005)
    waiting.close()
    assert server.asked == [("GET", "/a?b"), ("GET", "/slow")]
    assert threading.active_count() == before


def test_a_gate_holds_and_cuts_at_a_byte() -> None:
    body = bytes(range(256)) * 4000
    with raw_server(lambda asked: asked.answer(body)) as server, gate(server.port) as way:
        with urllib.request.urlopen(way.url, timeout=10) as answer:
            assert answer.read() == body
        whole = way.passed
        assert whole > len(body)

        way.cut_after(100_000, 50_000)
        for cut in (100_000, 150_000):
            with pytest.raises((OSError, http.client.HTTPException)), urllib.request.urlopen(way.url) as answer:
                answer.read()
            assert way.passed == whole + cut
        assert way.cuts == 2

        way.hold_after(77_777)
        client = socket.create_connection((HOST, way.port))
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert way.reached.wait(30)
        assert way.passed == whole + 150_000 + 77_777
        way.let_go()
        client.settimeout(10)
        with pytest.raises(ConnectionResetError):
            _drain(client)
        client.close()
        with urllib.request.urlopen(way.url, timeout=10) as answer:
            assert answer.read() == body


def _drain(client: socket.socket) -> None:
    while client.recv(65536):
        pass
