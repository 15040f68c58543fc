"""Real servers on this machine: every name of the hard tree comes back byte for byte, and every size that is stated."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

import pytest

from tests.servers import web
from tests.servers.running import Server, place
from tests.servers.tree import FILES, Tree, build
from workbench.core.times import SECOND, Zone
from workbench.sources.listings.registry import read_listing
from workbench.sources.remote import Entry, Page

Start = Callable[[Path], AbstractContextManager[Server]]
SERVERS: dict[str, tuple[Start, str, bool | None]] = {
    "nginx": (web.nginx, "nginx", True),
    "nginx-json": (lambda root: web.nginx(root, listing="autoindex on; autoindex_format json;"), "nginx-json", True),
    "nginx-xml": (lambda root: web.nginx(root, listing="autoindex on; autoindex_format xml;"), "nginx-xml", True),
    "apache-plain": (lambda root: web.apache(root, index="Charset=UTF-8"), "apache", None),
    "apache-fancy": (web.apache, "apache", False),
    "apache-table": (lambda root: web.apache(root, index="FancyIndexing HTMLTable Charset=UTF-8"), "apache", False),
    "lighttpd": (web.lighttpd, "lighttpd", False),
    "caddy": (web.caddy, "caddy", True),
    "caddy-json": (web.caddy, "caddy-json", True),
    "python": (web.python_http, "python-http", None),
    "rclone": (web.rclone_http, "rclone", True),
}
"""How it is started, who must read it, and whether its sizes are exact; null where it writes none."""


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Path, Tree]]:
    with place() as root:
        tree = build(root)
        yield root, tree


@pytest.mark.parametrize("name", SERVERS)
def test_a_hard_tree_comes_back(name: str, served: tuple[Path, Tree]) -> None:
    root, tree = served
    start, known_as, exact = SERVERS[name]
    files: dict[bytes, Entry] = {}
    with start(root) as server, ExitStack() as stack:
        host = urlsplit(server.url).netloc
        connection = stack.enter_context(closing(http.client.HTTPConnection(host, timeout=20)))
        ahead = [(server.url, b"")]
        while ahead:
            url, path = ahead.pop()
            listing = read_listing(
                fetched(connection, url, "application/json" if name == "caddy-json" else "text/html")
            )
            assert listing is not None, url
            assert (listing.format, listing.remarks) == (known_as, ()), (url, listing.remarks)
            for entry in listing.entries:
                assert entry.url.startswith(url)
                whole = path + entry.name
                assert unquote_to_bytes(entry.url[len(server.url) :]) == whole + b"/" * entry.is_folder
                if entry.is_folder:
                    ahead.append((entry.url, whole + b"/"))
                else:
                    files[whole] = entry
    assert set(files) == set(tree)
    assert len(files) == FILES
    right = sum(size_fits(files[path], len(made.data), exact) for path, made in tree.items())
    print(f"{name}: {len(files)} of {FILES} names, {right} sizes right")
    assert right == FILES
    assert all(time_fits(files[path], made.modified) for path, made in tree.items())


def fetched(connection: http.client.HTTPConnection, url: str, accepted: str) -> Page:
    """The page at an address."""
    connection.request("GET", url[url.index("/", 8) :], headers={"Accept": accepted})
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200, (url, answer.status)
    kind = answer.headers.get_content_type()
    stated = answer.headers.get_content_charset() or ""
    return Page(url, body, kind, stated, {key.lower(): value for key, value in answer.headers.items()})


def size_fits(entry: Entry, size: int, exact: bool | None) -> bool:
    """Exact where it says so; else within what rounding to three digits can mean."""
    if exact is None:
        return entry.size is None
    if exact:
        return entry.exact and entry.size == size
    return entry.size is not None and abs(entry.size - size) <= max(512, size // 18)


def time_fits(entry: Entry, modified: int) -> bool:
    """The servers run in UTC; those that do not say so leave the zone open, but the clock is the same."""
    if entry.modified is None:
        return entry.zone is Zone.UNKNOWN
    return entry.modified == modified * SECOND // entry.precision.micros * entry.precision.micros
