"""A page in place of a file is kept, and is never the file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.running import listed, run
from tests.servers.raw import Asked, Raw, raw_server
from workbench.jobs.answers import page_instead
from workbench.sources.remote import Entry

PNG = b"\x89PNG\r\n\x1a\n" + bytes(70)
LOGIN = b"<!DOCTYPE html>\n<html><title>Sign in</title><input type=password></html>"
PARKED = b"\xef\xbb\xbf\n<!-- for sale -->\n<HTML><body>This domain is parked</body></HTML>"


@pytest.mark.parametrize(
    ("name", "size", "exact", "kind", "body", "instead"),
    [
        ("a.png", 78, True, "text/html", LOGIN, True),
        ("a.png", None, False, "text/html; charset=utf-8", LOGIN, True),
        ("a.png", 78, True, "image/png", LOGIN, True),
        ("a.png", 78, True, "", PARKED, True),
        ("a.png", 78, True, "text/html", b"Bad gateway", True),
        ("README", 78, True, "text/html", LOGIN, True),
        ("a.png", 78, True, "text/html", PNG, False),
        ("a.png", len(LOGIN), True, "text/html", LOGIN, False),
        ("a.png", 90, True, "image/png", PNG, False),
        ("index.html", 78, True, "text/html", LOGIN, False),
        ("page.php", None, False, "text/html", LOGIN, False),
        ("README", None, False, "text/html", LOGIN, False),
        ("notes.txt", 78, True, "text/plain", b"no page", False),
    ],
)
def test_what_is_a_page_in_place_of_a_file(
    name: str, size: int | None, exact: bool, kind: str, body: bytes, instead: bool
) -> None:
    entry = Entry(name.encode(), False, f"http://h/{name}", size, exact=exact)
    assert (page_instead(entry, {"content-type": kind}, len(body), body) is not None) is instead


class Site:
    def __init__(self) -> None:
        self.bodies = {"a.png": PNG, "b.png": PNG + b"b"}
        self.instead: bytes | None = None

    def answer(self, asked: Asked) -> None:
        name = asked.target[1:]
        if not name:
            rows = "".join(
                f'<a href="{each}">{each}</a>  03-Jan-2024 09:00  {len(body)}\n' for each, body in self.bodies.items()
            )
            asked.answer(
                f'<title>Index of /</title><h1>Index of /</h1><hr><pre><a href="../">../</a>\n{rows}</pre>'.encode()
            )
        elif name not in self.bodies:
            asked.answer(b"", 404)
        elif self.instead is not None:
            asked.answer(self.instead, kind="text/html")
        else:
            asked.answer(self.bodies[name], kind="image/png")


@pytest.fixture
def site() -> Iterator[tuple[Site, Raw]]:
    own = Site()
    with raw_server(own.answer) as server:
        yield own, server


def test_it_is_kept_and_the_file_is_not_called_changed(site: tuple[Site, Raw], tmp_path: Path) -> None:
    own, server = site
    case = tmp_path / "a.wbcase"
    run("new", case)
    words = ("watch", case, server.url, "--source", "s", "--rate", "0", "--once", "--trust", "never", "--json")
    first = run(*words, code=None).object
    assert (first["status"], first["new_objects"]) == ("complete", 2)
    own.instead = LOGIN
    second = run(*words, code=1).object
    assert (second["status"], second["changed"], second["removed"], second["new_objects"]) == ("partial", 0, 0, 1)
    own.instead = None
    third = run(*words, code=0).object
    assert (third["status"], third["changed"], third["added"], third["new_objects"]) == ("complete", 0, 0, 0)
    assert listed("changes", case) == []
    rows = [row for row in listed("sightings", case) if row["snapshot"] == 2]
    assert [(row["state"], row["sha256"]) for row in rows] == [("not-fetched", None)] * 2
    assert run("verify", case).code == 0
    # The page itself is an object of the case, in the record of the look.
    kept = [row for row in listed("requests", case, "--snapshot", "2") if row["purpose"] == "file"]
    assert len({row["sha256"] for row in kept}) == 1
    assert kept[0]["sha256"] is not None
    said = [row for row in listed("rejects", case) if row["code"] == "answer-not-the-file"]
    assert len(said) == 2
