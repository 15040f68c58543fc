from __future__ import annotations

from base64 import b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sources.kinds.test_webdav import COLLECTION, FILE, page, row
from workbench.sources.kinds.share import ENDPOINTS, PublicShare, Share, all_for, is_share_page, share_of
from workbench.sources.remote import Page

TOKEN = "XyZ123abcDEF456"
LINK = f"https://cloud.example/s/{TOKEN}"


@pytest.mark.parametrize(
    ("url", "share"),
    [
        (LINK, Share("https://cloud.example/", TOKEN)),
        (f"{LINK}/", Share("https://cloud.example/", TOKEN)),
        (f"https://h/index.php/s/{TOKEN}", Share("https://h/", TOKEN)),
        (f"https://h/nextcloud/index.php/s/{TOKEN}", Share("https://h/nextcloud/", TOKEN)),
        (f"https://h/a/b/s/{TOKEN}/download", Share("https://h/a/b/", TOKEN)),
        (
            f"{LINK}?path=%2F%EC%9B%90%ED%99%94%2Fa%20b",
            Share("https://cloud.example/", TOKEN, "%EC%9B%90%ED%99%94/a%20b/"),
        ),
        (f"{LINK}?dir=/x&path=", Share("https://cloud.example/", TOKEN, "x/")),
        (f"{LINK}?path=/../../x", Share("https://cloud.example/", TOKEN)),
        (f"https://h/public.php/dav/files/{TOKEN}/sub/", Share("https://h/", TOKEN, "sub/")),
        (f"https://h/oc/remote.php/dav/public-files/{TOKEN}/", Share("https://h/oc/", TOKEN)),
        ("https://h/public.php/webdav/", None),
        ("https://h/s/", None),
        ("https://h/s/a%20b", None),
        ("https://h/files/", None),
        (f"ftp://h/s/{TOKEN}", None),
    ],
)
def test_which_share_a_url_names(url: str, share: Share | None) -> None:
    assert share_of(url) == share


def test_the_three_places_of_a_share() -> None:
    kinds = all_for(f"{LINK}?path=/x")
    assert [kind.ask(f"{LINK}?path=/x").url for kind in kinds] == [
        f"https://cloud.example/public.php/dav/files/{TOKEN}/x/",
        "https://cloud.example/public.php/webdav/x/",
        f"https://cloud.example/remote.php/dav/public-files/{TOKEN}/x/",
    ]
    assert [kind.start(LINK) for kind in kinds] == [kind.ask(LINK).url for kind in kinds]
    assert {kind.ask(LINK).method for kind in kinds} == {"PROPFIND"}
    place = f"https://h/public.php/dav/files/{TOKEN}/"
    assert [kind.endpoint for kind in all_for(place)] == [ENDPOINTS[0]]
    assert all_for(place)[0].start(place) == place
    assert all_for("https://h/files/") == ()


def test_the_token_of_the_public_link_is_all_that_is_ever_sent() -> None:
    newest, oldest, owncloud = all_for(LINK)
    for kind in (newest, owncloud):
        assert "Authorization" not in dict(kind.ask(LINK).headers)
        assert kind.fetch(kind.start(LINK) + "a").headers == ()
    for asked in (oldest.ask(LINK), oldest.ask(oldest.start(LINK) + "sub/"), oldest.fetch(oldest.start(LINK) + "a")):
        scheme, _, words = dict(asked.headers)["Authorization"].partition(" ")
        assert (scheme, b64decode(words)) == ("Basic", f"{TOKEN}:".encode())
        assert "X-Requested-With" not in dict(asked.headers)
    assert newest.fallback(newest.ask(LINK), 404) is None


def test_a_shared_folder_and_a_shared_file() -> None:
    start = f"https://cloud.example/public.php/dav/files/{TOKEN}/"
    path = start.removeprefix("https://cloud.example")
    kind = PublicShare()
    listing = kind.read(
        Page(start, page(row(path, COLLECTION), row(path + "a.png", FILE), row(path + "b/", COLLECTION)))
    )
    assert listing is not None
    assert [(each.name, each.url) for each in listing.entries] == [(b"a.png", start + "a.png"), (b"b", start + "b/")]
    size = f"{FILE}<D:getcontentlength>7</D:getcontentlength>"
    named = kind.read(Page(start, page(row(path, f"{size}<D:displayname>한글.png</D:displayname>"))))
    assert named is not None
    assert [(each.name, each.size, each.url) for each in named.entries] == [
        ("한글.png".encode(), 7, start.rstrip("/"))
    ]  # fmt: skip
    unnamed = kind.read(Page(start, page(row(path, size))))
    assert unnamed is not None
    assert [each.name for each in unnamed.entries] == [TOKEN.encode()]
    unsafe = kind.read(Page(start, page(row(path, f"{size}<D:displayname>../x</D:displayname>"))))
    assert unsafe is not None
    assert (unsafe.entries, unsafe.remarks[0].message.code) == ((), "row-name-unsafe")
    assert kind.read(Page(start, b"<html></html>")) is None


def test_the_page_behind_a_link() -> None:
    body = b'<html><input type="hidden" id="sharingToken" value="' + TOKEN.encode() + b'"></html>'
    assert is_share_page(Page(LINK, body))
    assert not is_share_page(Page("https://cloud.example/", body))
    assert not is_share_page(Page(LINK, b"<html>a shop</html>"))


@given(st.text(max_size=60))
def test_any_url_is_taken(path: str) -> None:
    for kind in all_for(f"https://h/s/{path}"):
        assert kind.start(f"https://h/s/{path}").startswith("https://h/")
