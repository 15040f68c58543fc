from __future__ import annotations

import pytest

from tests.servers.running import place
from tests.servers.web import apache, nginx, rclone_webdav
from tests.sources.kinds.asking import ask
from tests.sources.kinds.bucket import Store, document, error, serving
from tests.sources.kinds.test_webdav import COLLECTION, page, row
from workbench.core.errors import UserError
from workbench.sources.kinds.registry import KINDS, by_name, kinds_for, recognise
from workbench.sources.kinds.s3 import S3
from workbench.sources.remote import Kind, Page

NGINX = (
    b"<html>\r\n<head><title>Index of /</title></head>\r\n<body>\r\n<h1>Index of /</h1><hr><pre>"
    b'<a href="../">../</a>\r\n<a href="a.png">a.png</a>                  03-Jan-2024 09:00                 5\r\n'
    b"</pre><hr></body>\r\n</html>\r\n"
)


def names_of(kinds: tuple[Kind, ...]) -> list[str]:
    return [kind.name for kind in kinds]


@pytest.mark.parametrize("name", ["web", "webdav", "s3", "share", "ftp"])
def test_kinds_have_names(name: str) -> None:
    assert by_name(name).name == name
    assert name in names_of(KINDS)


def test_an_unknown_kind_is_the_user_s_mistake() -> None:
    for ask_for in (lambda: by_name("gopher"), lambda: kinds_for("http://h/", "gopher")):
        with pytest.raises(UserError) as caught:
            ask_for()
        assert caught.value.message.code == "kind-unknown"
        assert "webdav" in str(caught.value)


@pytest.mark.parametrize(
    ("url", "names"),
    [
        ("ftp://h/pub/", ["ftp"]),
        ("http://h/", ["web", "webdav", "s3"]),
        ("http://h/works/", ["web", "webdav", "s3", "s3"]),
        ("https://works.s3.amazonaws.com/", ["s3", "web"]),
        ("http://h:9000/works/?prefix=a/", ["s3", "web"]),
        ("https://cloud.example/s/XyZ123abcDEF456", ["share", "share", "share", "web", "webdav"]),
    ],
)
def test_which_kinds_are_tried_on_a_start(url: str, names: list[str]) -> None:
    assert names_of(kinds_for(url)) == names


def test_a_kind_that_is_known_is_the_only_one_tried() -> None:
    assert names_of(kinds_for("http://h/", "webdav")) == ["webdav"]
    assert names_of(kinds_for("https://works.s3.amazonaws.com/", "webdav")) == ["webdav"]
    either = kinds_for("http://h/works/", "s3")
    assert [isinstance(kind, S3) and kind.host_is_bucket for kind in either] == [False, True]
    share = kinds_for("https://cloud.example/s/XyZ123abcDEF456", "share")
    assert len({kind.start("https://cloud.example/s/XyZ123abcDEF456") for kind in share}) == 3  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("found", "name"),
    [
        (Page("http://h/", NGINX, "text/html"), "web"),
        (Page("http://h/dav/", page(row("/dav/", COLLECTION))), "webdav"),
        (
            Page(
                "https://h/public.php/dav/files/XyZ123abc/", page(row("/public.php/dav/files/XyZ123abc/", COLLECTION))
            ),
            "share",
        ),
        (Page("https://h/s/XyZ123abc", b"<html data-x='files_sharing'></html>", "text/html"), "share"),
        (Page("http://h/works/", document("")), "s3"),
        (Page("http://h/works/", error("AccessDenied")), "s3"),
        (Page("ftp://h/", b"type=file; a\r\n"), "ftp"),
        (Page("ftp://h/", b"\xff\r\n"), None),
        (Page("http://h/", b"<html><body>A shop</body></html>", "text/html"), None),
        (Page("http://h/", b""), None),
        (Page("http://h/", b"junk" + document("")), None),
    ],
)
def test_pages_are_recognised_by_what_they_hold(found: Page, name: str | None) -> None:
    assert recognise(found) == name


def test_web_pages_are_read_by_the_ways_of_writing() -> None:
    web = by_name("web")
    asked = web.ask("http://h/pub/")
    assert (asked.method, asked.url) == ("GET", "http://h/pub/")
    assert dict(asked.headers)["Accept"].startswith("text/html")
    listing = web.read(Page("http://h/pub/", NGINX, "text/html"))
    assert listing is not None
    assert [(entry.name, entry.url) for entry in listing.entries] == [(b"a.png", "http://h/pub/a.png")]
    assert web.read(Page("http://h/pub/", b"<p>nothing</p>", "text/html")) is None
    assert web.fetch("http://h/pub/a.png").method == "GET"


def found_out(url: str) -> str | None:
    """The kind that a first look settles on: the first whose answer it understands."""
    for kind in kinds_for(url):
        status, body, headers = ask(kind.ask(url))
        media_type = headers.get("content-type", "").partition(";")[0]
        if 200 <= status < 300 and kind.read(Page(kind.ask(url).url, body, media_type, headers=headers)) is not None:
            return kind.name
    return None


def test_real_servers_are_told_apart() -> None:
    with place() as root:
        (root / "a.png").write_bytes(b"12345")
        (root / "a.png").chmod(0o644)
        with nginx(root) as server:
            assert found_out(server.url) == "web"
        with apache(root) as server:
            assert found_out(server.url) == "web"
            assert found_out(server.more["dav"]) in ("web", "webdav")
        with rclone_webdav(root) as server:
            assert found_out(server.url) in ("web", "webdav")
    with serving(Store({b"a/1": b"1"})) as store:
        assert found_out(store.url + "works/") == "s3"
        assert found_out(store.url + "works/a/") == "s3"
    with serving(Store({b"a/1": b"1"}, virtual=True)) as store:
        assert found_out(store.url) == "s3"
