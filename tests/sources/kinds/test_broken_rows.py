"""One broken row of a multistatus is lost, and said; the folder is not."""

from __future__ import annotations

import pytest

from workbench.sources.kinds import names
from workbench.sources.kinds.webdav import WebDav
from workbench.sources.remote import Page

URL = "http://203.0.113.5/dav/"
HEAD = '<?xml version="1.0" encoding="utf-8"?>\n<{0}multistatus xmlns{1}="DAV:">'
ROW = (
    "<{0}response><{0}href>/dav/{1}</{0}href><{0}propstat><{0}prop><{0}resourcetype/>"
    "<{0}getcontentlength>5</{0}getcontentlength></{0}prop><{0}status>HTTP/1.1 200 OK</{0}status></{0}propstat>"
    "</{0}response>"
)
OWN = (
    "<{0}response><{0}href>/dav/</{0}href><{0}propstat><{0}prop><{0}resourcetype><{0}collection/></{0}resourcetype></{0}prop>"
    "<{0}status>HTTP/1.1 200 OK</{0}status></{0}propstat></{0}response>"
)


def document(prefix: str, *names_: bytes) -> bytes:
    head = HEAD.format(prefix, ":D" if prefix else "").encode() + OWN.format(prefix).encode()
    rows = b"\n".join(ROW.format(prefix, "@").encode().replace(b"@", each) for each in names_)
    return head + rows + f"</{prefix}multistatus>\n".encode()


@pytest.mark.parametrize("prefix", ["D:", ""])
@pytest.mark.parametrize(
    "bad", [b"R&D.png", b"a\x01b.png", b"a\x0bb.png", b"a\xff\xfe.png", b"a<b.png", b"&nosuch;.png", b"x&", b"</x>.png"]
)
def test_a_bad_sign_costs_its_row(prefix: str, bad: bytes) -> None:
    listing = WebDav().read(Page(URL, document(prefix, b"one.png", bad, "두.png".encode())))
    assert listing is not None
    assert [(each.name.decode(), each.size) for each in listing.entries] == [("one.png", 5), ("두.png", 5)]
    assert [each.message.code for each in listing.remarks] == ["row-not-read", "rows-incomplete"]
    assert names.ends_early(listing.remarks), "what the lost row names may not be called removed"


def test_a_sound_document_is_read_as_one() -> None:
    listing = WebDav().read(Page(URL, document("D:", b"one.png", b"R&amp;D.png")))
    assert listing is not None
    assert [each.name for each in listing.entries] == [b"one.png", b"R&D.png"]
    assert listing.remarks == ()


@pytest.mark.parametrize("cut", [2, 20, 200])
def test_a_document_that_was_cut_off_is_not_understood(cut: int) -> None:
    assert WebDav().read(Page(URL, document("D:", b"one.png", b"R&D.png")[:-cut])) is None


def test_a_document_type_is_refused_also_row_by_row() -> None:
    body = document("D:", b"one.png", b"R&D.png").replace(b"?>", b'?><!DOCTYPE x [<!ENTITY a "b">]>', 1)
    assert WebDav().read(Page(URL, body)) is None
