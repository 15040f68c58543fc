"""Servers that show no page: a bucket, a public share, FTP with MLSD; as a look sees them."""

from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, unquote

import pytest

from tests.cli.running import listed
from tests.sources.ftp.server import Behaviour
from tests.sources.ftp.server import serving as serving_ftp
from tests.sources.kinds.bucket import Store, serving
from tests.sources.kinds.test_webdav import COLLECTION, FILE, page, row
from tests.watch.looking import contents, coverage, sightings, sound, warnings_of, watch

FILES = {"1.png": b"one", "원화/둘.png": b"two", "원화/a b/#3?.png": b"three", "원화/a b/empty": b""}


def hashes(files: dict[str, bytes]) -> dict[bytes, str]:
    return {path.encode(): hashlib.sha256(data).hexdigest() for path, data in files.items()}


@pytest.mark.parametrize(("version", "virtual"), [(2, False), (1, False), (2, True)])
def test_a_bucket(case: Path, version: int, virtual: bool) -> None:
    keys = {path.encode(): data for path, data in FILES.items()}
    with serving(Store(keys, version=version, virtual=virtual, page=2)) as store:
        start = store.url if virtual else store.url + "works/"
        first = watch(case, start, "--source", "store")
        assert (first.code, first.look["status"], first.look["sightings"]) == (0, "complete", len(FILES)), first.err
        del store.keys[b"1.png"]
        store.keys["원화/넷.png".encode()] = b"four"
        store.asked.clear()
        second = watch(case, start, "--source", "store")
        assert not any(".png" in each for each in store.asked if "%EB%91%98" in each), "fetched though unchanged"
    assert (second.look["added"], second.look["removed"], second.look["new_objects"]) == (1, 1, 1)
    assert contents(case, 1) == hashes(FILES)
    assert coverage(case, 1) == dict.fromkeys((b"", "원화".encode(), "원화/a b".encode()), "listed")
    one = sightings(case, 1)[b"1.png"]
    assert (one["modified"], one["zone"], one["precision"]) == ("2024-01-03T09:00:00.250000Z", "line", "millisecond")
    assert one["etag"] == f'"{hashlib.md5(b"one", usedforsecurity=False).hexdigest()}"'
    sound(case)


def test_below_a_prefix_of_a_host_that_is_a_bucket(case: Path) -> None:
    keys = {path.encode(): data for path, data in FILES.items()}
    with serving(Store(keys, virtual=True)) as store:
        looked = watch(case, store.url + quote("원화/"), "--source", "store")
    assert looked.code == 0, looked.err
    assert contents(case) == hashes({p.removeprefix("원화/"): d for p, d in FILES.items() if p.startswith("원화/")})


def test_a_bucket_with_keys_that_no_path_can_hold(case: Path) -> None:
    with serving(Store({b"a//b": b"1", b"../c": b"2", b"d/": b"", b"e": b"3"})) as store:
        looked = watch(case, store.url + "works/", "--source", "store")
    assert looked.look["sightings"] == 1
    assert {row["code"] for row in warnings_of(case)} == {"row-name-unsafe"}


@dataclass
class Cloud:
    """A server with one public share, listed at one of the places; it knows the token and no password."""

    endpoint: str
    files: dict[str, bytes]
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)
    password: bool = False
    url: str = ""

    def answer(self, method: str, path: str, authorization: str | None) -> tuple[int, bytes]:
        if not path.startswith(self.endpoint):
            return 404, b""
        known = base64.b64encode(b"XyZ123abc:").decode()
        if self.password or ("webdav" in self.endpoint and authorization != f"Basic {known}"):
            return 401, b""
        inner = unquote(path.removeprefix(self.endpoint))
        if method == "GET":
            return (200, self.files[inner]) if inner in self.files else (404, b"")
        rows = {path: row(path, COLLECTION)}
        for name, data in self.files.items():
            if name.startswith(inner):
                child, slash, _ = name.removeprefix(inner).partition("/")
                href = path + quote(child) + slash
                size = f"{FILE}<D:getcontentlength>{len(data)}</D:getcontentlength>"
                rows[href] = row(href, COLLECTION if slash else size)
        return 207, page(*rows.values())


@contextmanager
def cloud(endpoint: str, **more: bool) -> Iterator[Cloud]:
    made = Cloud(endpoint, dict(FILES), **more)

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            authorization = self.headers.get("Authorization")
            made.asked.append((self.command, self.path, authorization))
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            status, body = made.answer(self.command, self.path, authorization)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Last-Modified", "Wed, 03 Jan 2024 09:00:00 GMT")
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_PROPFIND = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made.url = f"http://127.0.0.1:{server.server_port}/s/XyZ123abc"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            thread.join()


PLACES = ("/public.php/dav/files/XyZ123abc/", "/remote.php/dav/public-files/XyZ123abc/", "/public.php/webdav/")


@pytest.mark.parametrize("endpoint", PLACES)
def test_a_public_share(case: Path, endpoint: str) -> None:
    with cloud(endpoint) as share:
        first = watch(case, share.url, "--source", "share")
        assert (first.code, first.look["status"]) == (0, "complete"), first.err
        sent = {authorization for _, _, authorization in share.asked}
        second = watch(case, share.url, "--source", "share")
        assert (second.code, second.look["added"], second.look["removed"]) == (0, 0, 0), second.err
    assert contents(case, 1) == hashes(FILES)
    token = "Basic " + base64.b64encode(b"XyZ123abc:").decode()
    assert sent == ({None} if endpoint == PLACES[0] else {None, token})
    sound(case)


def test_a_share_with_a_password_is_left_alone(case: Path) -> None:
    with cloud(PLACES[0], password=True) as share:
        looked = watch(case, share.url, "--source", "share")
    assert looked.look["status"] == "failed"
    assert coverage(case) == {b"": "refused"}
    assert {authorization for _, _, authorization in share.asked} <= {None, "Basic WHlaMTIzYWJjOg=="}


def test_ftp_with_mlsd(case: Path) -> None:
    files = {path.replace("?", ""): data for path, data in FILES.items()}
    with serving_ftp(Behaviour({b"/pub/" + path.encode(): data for path, data in files.items()})) as server:
        looked = watch(case, server.url + "pub/", "--source", "ftp")
        assert (looked.code, looked.look["status"]) == (0, "complete"), looked.err
    assert contents(case) == hashes(files)
    one = sightings(case)[b"1.png"]
    assert (one["modified"], one["zone"], one["precision"]) == ("2024-01-03T09:00:01.000000Z", "line", "second")
    sound(case)


@pytest.mark.parametrize("rest", [b"", b"502 no\r\n"])
def test_an_ftp_file_that_was_cut_off_goes_on_or_starts_again(case: Path, rest: bytes) -> None:
    data = bytes(range(256)) * 12_000
    server = Behaviour({b"/big.bin": data})
    cuts = iter((1_500_000, 500_000))
    if rest:
        server.replies["REST"] = rest

    def size(_: bytes) -> bytes:
        server.cut_data_at = next(cuts, None)
        return b"213 %d\r\n" % len(data)

    server.replies["SIZE"] = size
    with serving_ftp(server):
        looked = watch(case, server.url, "--source", "ftp", program="tests.watch.brisk")
    assert contents(case) == {b"big.bin": hashlib.sha256(data).hexdigest()}, looked.err
    assert any(each.startswith(b"REST ") for each in server.heard)
    parts = [each for each in listed("requests", case) if each["purpose"] == "file"]
    assert [each["outcome"] for each in parts] == ["network-cut-off", "network-cut-off", "done"]
    sound(case)


def test_an_ftp_file_that_changed_meanwhile_starts_again(case: Path) -> None:
    old, new = b"a" * 2_000_000, b"b" * 2_000_000
    server = Behaviour({b"/big.bin": old}, cut_data_at=1_500_000)
    times = iter((b"213 20240103090001\r\n",))

    def modified(_: bytes) -> bytes:
        said = next(times, None)
        if said is None:
            server.files[b"/big.bin"], server.cut_data_at = new, None
        return said or b"213 20240104100000\r\n"

    server.replies["MDTM"] = modified
    with serving_ftp(server):
        looked = watch(case, server.url, "--source", "ftp", program="tests.watch.brisk")
    assert contents(case) == {b"big.bin": hashlib.sha256(new).hexdigest()}, looked.err
    assert sightings(case)[b"big.bin"]["modified"] == "2024-01-04T10:00:00.000000Z"
    sound(case)
