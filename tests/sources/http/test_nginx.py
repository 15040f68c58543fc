"""Against a real server."""

from __future__ import annotations

import hashlib
import random
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.servers.running import place
from tests.sources.http.servers import body_of, certificate, get, transport
from workbench.sources.http.content import decoded, read_body
from workbench.sources.http.headers import last_modified, server_date
from workbench.sources.remote import Ask

pytestmark = pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not on this machine")

CONFIGURATION = """
worker_processes 1; daemon off; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
  access_log off; keepalive_requests 1000; types {{ text/html html; }}
  client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3;
  uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
  server {{ listen 127.0.0.1:{plain}; listen 127.0.0.1:{secure} ssl; ssl_certificate {folder}/a.pem;
    ssl_certificate_key {folder}/a.key; root {folder}/tree; autoindex on;
    location /packed/ {{ alias {folder}/tree/; gzip on; gzip_min_length 1; autoindex on; }} }}
}}
"""
NAMES = ["그림 1.png", "100%.txt", "a#b?c", "Ж" * 40, "plain"]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with place("http") as folder:
        (folder / "tree").mkdir()
        for number, name in enumerate(NAMES):
            (folder / "tree" / name).write_bytes(random.Random(number).randbytes(300_000 * number))
        yield folder


@pytest.fixture(scope="module")
def site(folder: Path) -> Iterator[tuple[str, str]]:
    """Addresses without and with TLS."""
    certificate(folder, "127.0.0.1")
    plain, secure = free_port(), free_port()
    (folder / "conf").write_text(CONFIGURATION.format(folder=folder, plain=plain, secure=secure), encoding="utf-8")
    process = subprocess.Popen(["nginx", "-c", str(folder / "conf"), "-p", str(folder)], stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 10
        while process.poll() is None and time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", plain)) == 0:
                    break
            time.sleep(0.02)
        yield f"http://127.0.0.1:{plain}/", f"https://127.0.0.1:{secure}/"
    finally:
        process.terminate()
        process.wait(10)


@pytest.mark.parametrize("place", [0, 1])
def test_files_arrive_as_they_are(site: tuple[str, str], folder: Path, place: int) -> None:
    with transport() as carrier:
        for name in NAMES:
            answer, body = get(carrier, site[place] + quote(name))
            assert body == (folder / "tree" / name).read_bytes()
            assert answer.length == len(body)
            stated = last_modified(answer.headers)
            assert stated is not None
            assert stated.micros == int((folder / "tree" / name).stat().st_mtime) * 1_000_000
            assert server_date(answer.headers) is not None
            assert (answer.certificate is not None) is (place == 1)


def test_a_file_is_gone_on_with_where_it_was_left(site: tuple[str, str], folder: Path) -> None:
    whole = (folder / "tree" / "plain").read_bytes()
    with transport() as carrier:
        answer, body = get(carrier, site[0] + "plain", Range="bytes=777777-")
        assert (answer.status, answer.started) == (206, 777_777)
        assert body == whole[777_777:]
        same, _ = get(carrier, site[0] + "plain", If_None_Match=answer.headers["etag"])
        assert same.status == 304
        assert get(carrier, site[0] + "plain", Range="bytes=99999999-")[0].status == 416
        assert get(carrier, site[0] + "none")[0].status == 404


def test_listings_are_read(site: tuple[str, str]) -> None:
    with transport() as carrier:
        answer = carrier.open(Ask("GET", site[0]))
        page = decoded(answer.headers, read_body(answer, 100_000), 100_000)
        assert b"100%25.txt" in page
        packed = carrier.open(Ask("GET", site[0] + "packed/", (("Accept-Encoding", "gzip"),)))
        raw = read_body(packed, 100_000)
        assert packed.headers["content-encoding"] == "gzip"
        assert decoded(packed.headers, raw, 100_000).replace(b"/packed/", b"/") == page


def test_many_threads_and_their_connections(site: tuple[str, str], folder: Path) -> None:
    truth = {name: hashlib.sha256((folder / "tree" / name).read_bytes()).digest() for name in NAMES}
    wrong: list[str] = []

    def ask(number: int) -> None:
        for turn in range(10):
            name = NAMES[(number + turn) % len(NAMES)]
            body = body_of(carrier.open(Ask("GET", site[turn % 2] + quote(name))), 1 << 18)
            if hashlib.sha256(body).digest() != truth[name]:
                wrong.append(name)

    with transport() as carrier:
        threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []
