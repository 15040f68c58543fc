from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.shared import shared_data
from workbench.core.times import Precision, Zone, rfc3339
from workbench.sources.ftp import doslist, mlsd, unixlist
from workbench.sources.ftp.unixlist import LISTED_AT
from workbench.sources.kinds import names
from workbench.sources.kinds.ftp import Ftp
from workbench.sources.remote import Listing, Page

KIND = Ftp()
FOLDER = "ftp://server.example/pub/"
LISTED = "2026-11-26T08:00:00.000000Z"


def read(body: bytes, listed: str = LISTED) -> Listing | None:
    return KIND.read(Page(FOLDER, body, headers={LISTED_AT: listed} if listed else {}))


def one(line: str, listed: str = LISTED) -> tuple[str | None, Zone, Precision]:
    listing = read(line.encode() + b"\r\n", listed)
    assert listing is not None
    (entry,) = listing.entries
    return rfc3339(entry.modified, entry.zone), entry.zone, entry.precision


@pytest.mark.parametrize("name", ["vsftpd-LIST.txt", "proftpd-LIST.txt"])
def test_pages_of_live_servers(name: str) -> None:
    pages = shared_data("logs-live-servers", "pages")
    truth = json.loads((pages / "truth.json").read_text())[name]
    listing = read((pages / name).read_bytes())
    assert listing is not None
    found = {entry.name.decode(): entry.size for entry in listing.entries}
    print(f"{name}: {sum(found.get(key) == size for key, size in truth.items())} of {len(truth)}")
    assert found == truth
    assert listing.remarks == ()
    assert {(each.zone, each.precision, each.exact) for each in listing.entries} == {
        (Zone.UNKNOWN, Precision.MINUTE, True)
    }
    assert {(rfc3339(each.modified, each.zone) or "")[:16] for each in listing.entries} <= {
        "2026-11-22T14:30", "2026-11-22T14:31"
    }  # fmt: skip


def test_mlsd_as_its_standard_writes_it() -> None:
    body = (
        b"type=cdir;perm=el; /pub\r\n"
        b"Type=pdir;Modify=20240101000000; ..\r\n"
        b"Type=dir;Modify=20240103090000;UNIQUE=a1; sub dir\r\n"
        b"size=12;type=file;modify=20240103090001.250;unique=a2;media-type=Image/PNG; leading.png\r\n"
        b"type=file;size=0;modify=20240230000000;  two blanks \r\n"
        b"type=OS.unix=slink:/etc/passwd; link\r\n"
        b"type=OS.unix=symlink; plain\r\n"
        b"type=OS.unix=chr-1/3; null\r\n"
        b"type=file;size=5; ../up\r\n"
        b"type=file;size=5; a;b=c; d\r\n"
    )
    listing = read(body)
    assert listing is not None
    assert listing.format == "ftp-mlsd"
    rows = [(each.name, each.is_folder, each.size, rfc3339(each.modified, each.zone)) for each in listing.entries]
    assert rows == [
        (b"sub dir", True, None, "2024-01-03T09:00:00.000000Z"),
        (b"leading.png", False, 12, "2024-01-03T09:00:01.250000Z"),
        (b" two blanks ", False, 0, None),
        (b"a;b=c; d", False, 5, None),
    ]
    assert [each.url for each in listing.entries][::3] == [FOLDER + "sub%20dir/", FOLDER + "a%3Bb%3Dc%3B%20d"]
    second = listing.entries[1]
    assert (second.precision, second.media_type) == (Precision.MILLISECOND, "image/png")
    assert second.stamp == "size=12;modify=20240103090001.250;unique=a2"
    assert [(each.name, each.message.code) for each in listing.remarks] == [
        (b"link", "row-link"), (b"plain", "row-link"), (b"null", "row-special"), (b"../up", "row-name-unsafe")
    ]  # fmt: skip
    assert "/etc/passwd" in listing.remarks[0].message.text()


def test_ls_with_what_servers_put_into_it() -> None:
    body = (
        b"total 24\n"
        b"drwxr-xr-x    2 0        0            4096 Jan 03  2024 folder\n"
        b"drwxr-xr-x    2 0        0            4096 Jan 03  2024 .\n"
        b"-rw-r--r--+   1 user name domain users 12 Nov 26 07:59  leading blank\n"
        b"-rw-r--r--    1 ftp                    13 Feb 29  2024 arrow -> in name\n"
        b"lrwxrwxrwx    1 0        0              11 Nov 22 14:30 link -> /etc/passwd\n"
        b"crw-rw-rw-    1 0        0          1,   3 Nov 22 14:30 null\n"
        b"-rw-r--r--    1 0        0             5 2024-01-03 09:00 iso.txt\n"
        b"-rw-r--r--    1 0        0             6 2024-01-03 09:00:01.000000000 +0900 full.txt\n"
        b"-rw-r--r--    1 0        0             7 3 Jan 2023 day-first.txt\n"
    )
    listing = read(body)
    assert listing is not None
    rows = [(each.name, each.size, rfc3339(each.modified, each.zone), each.precision) for each in listing.entries]
    assert rows == [
        (b"folder", None, "2024-01-03T00:00:00.000000", Precision.DAY),
        (b" leading blank", 12, "2026-11-26T07:59:00.000000", Precision.MINUTE),
        (b"arrow -> in name", 13, "2024-02-29T00:00:00.000000", Precision.DAY),
        (b"iso.txt", 5, "2024-01-03T09:00:00.000000", Precision.MINUTE),
        (b"full.txt", 6, "2024-01-03T00:00:01.000000Z", Precision.SECOND),
        (b"day-first.txt", 7, "2023-01-03T00:00:00.000000", Precision.DAY),
    ]
    assert [(each.name, each.message.code) for each in listing.remarks] == [
        (b"link", "row-link"), (b"null", "row-special")
    ]  # fmt: skip
    assert listing.entries[1].stamp == "12 Nov 26 07:59"
    assert listing.entries[0].stamp == "Jan 03 2024"


@pytest.mark.parametrize(
    ("written", "time"),
    [
        ("Nov 26 08:00", "2026-11-26T08:00"),
        ("Nov 27 07:00", "2026-11-27T07:00"),  # a zone east of here
        ("Nov 28 08:00", None),  # neither the next day nor within half a year
        ("Jun 01 08:00", "2026-06-01T08:00"),
        ("Jan 03 09:00", None),  # ls would have written its year
        ("Feb 29 09:00", None),
        ("Nov 31 09:00", None),
        ("Nov 26 25:00", None),
        ("Jan 03  2023", "2023-01-03T00:00"),
        ("Jan 32  2023", None),
        ("Jan 01  0000", None),
    ],
)
def test_the_year_is_only_what_ls_means(written: str, time: str | None) -> None:
    said, zone, _ = one(f"-rw-r--r-- 1 0 0 5 {written} name")
    assert said == (None if time is None else f"{time}:00.000000")
    assert zone is Zone.UNKNOWN


def test_years_around_new_year_and_without_a_day() -> None:
    line = "-rw-r--r-- 1 0 0 5 {} name"
    assert one(line.format("Dec 31 23:00"), "2026-01-02T00:00:00Z")[0] == "2025-12-31T23:00:00.000000"
    assert one(line.format("Jan 01 05:00"), "2025-12-31T20:00:00Z")[0] == "2026-01-01T05:00:00.000000"
    assert one(line.format("Feb 29 05:00"), "2024-03-01T00:00:00Z")[0] == "2024-02-29T05:00:00.000000"
    assert one(line.format("Nov 22 14:30"), "")[0] is None
    assert one(line.format("Nov 22  2025"), "")[0] == "2025-11-22T00:00:00.000000"


def test_iis() -> None:
    body = (
        b"01-29-24  11:32PM       <DIR>          prog files\r\n"
        b"01-03-2024  12:05AM                 1234  leading.png\r\n"
        b"13-01-24  09:00AM                    5 day-first.txt\r\n"
        b"12-31-99  23:59                      6 old.txt\r\n"
        b"02-13-24  09:12AM       <DIR>            two\r\n"
        b"02-13-24  09:12AM       <JUNCTION>     j [C:\\x]\r\n"
    )
    listing = read(body)
    assert listing is not None
    assert listing.format == "ftp-dos"
    rows = [(each.name, each.is_folder, each.size, rfc3339(each.modified, each.zone)) for each in listing.entries]
    assert rows == [
        (b"prog files", True, None, "2024-01-29T23:32:00.000000"),
        (b" leading.png", False, 1234, "2024-01-03T00:05:00.000000"),
        (b"day-first.txt", False, 5, None),
        (b"old.txt", False, 6, "1999-12-31T23:59:00.000000"),
        (b"  two", True, None, "2024-02-13T09:12:00.000000"),
    ]
    assert [(each.name, each.message.code) for each in listing.remarks] == [(b"j", "row-link")]


def test_what_is_no_listing() -> None:
    for body in (b"<html>\n<a href='x'>x</a>\n</html>", b"no such thing\n", b"\xff\xfe\n", b"a" * 100_000):
        assert read(body) is None
    assert read(b"") == read(b"\r\n") == Listing("ftp", ())


def test_a_line_that_is_not_read_hides_something() -> None:
    listing = read(b"-rw-r--r-- 1 0 0 5 Nov 22 14:30 name\n?????????? ? ? ? ? ? gone\n")
    assert listing is not None
    assert [each.message.code for each in listing.remarks] == ["row-not-read", "rows-incomplete"]
    assert names.ends_early(listing.remarks)
    assert "gone" in listing.remarks[0].message.text()


def test_a_listing_with_too_many_rows_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "MOST_ROWS", 3)
    for line in (b"type=file; %d\n", b"-rw-r--r-- 1 0 0 5 Nov 22 14:30 %d\n", b"01-29-24  11:32PM  5 %d\n"):
        listing = read(b"".join(line % number for number in range(9)))
        assert listing is not None
        assert len(listing.entries) == 3
        assert names.ends_early(listing.remarks)


NAME = st.binary(min_size=1, max_size=30).filter(
    lambda name: names.problem_with(name) is None and b"\n" not in name and not name.endswith(b"\r")
)
WAYS: dict[str, tuple[Callable[[Page], Listing | None], bytes, bytes]] = {
    "mlsd": (mlsd.read, b"type=file;size=7; %s\r\n", b"type=dir; %s\r\n"),
    "unix": (unixlist.read, b"-rw-r--r--  1 0 0  7 Nov 22 14:30 %s\r\n", b"drwxr-xr-x 1 0 0 7 Jan 03  2024 %s\r\n"),
    "dos": (doslist.read, b"01-29-24  11:32PM          7 %s\r\n", b"01-29-24  11:32PM       <DIR>          %s\r\n"),
}


@given(st.dictionaries(NAME, st.booleans(), min_size=1, max_size=8), st.sampled_from(sorted(WAYS)))
def test_any_names_come_back(tree: dict[bytes, bool], way: str) -> None:
    reader, file, folder = WAYS[way]
    body = b"".join((folder if is_folder else file) % name for name, is_folder in tree.items())
    listing = reader(Page(FOLDER, body))
    assert listing is not None
    assert {each.name: each.is_folder for each in listing.entries} == tree
    assert listing.remarks == ()
    for each in listing.entries:
        assert each.size == (None if each.is_folder else 7)
        assert each.url.isascii()
        assert names.decoded(each.url.removeprefix(FOLDER).removesuffix("/")) == each.name.rstrip(b"/")


@given(st.lists(st.binary(max_size=200), max_size=6), st.data())
def test_mutations_never_raise(rows: list[bytes], data: st.DataObject) -> None:
    lines = [data.draw(st.sampled_from(sorted(WAYS))) for _ in rows]
    body = bytearray(b"".join(WAYS[way][1] % row for way, row in zip(lines, rows, strict=True)) + b"x")
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(body) - 1))
        body[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(min_size=1, max_size=4))
    for reader in (mlsd.read, unixlist.read, doslist.read):
        listing = reader(Page(FOLDER, bytes(body), headers={LISTED_AT: LISTED}))
        if listing is not None:
            assert all(names.problem_with(entry.name) is None for entry in listing.entries)


@pytest.mark.parametrize("line", [b"-rw-r--r-- " + b"1 " * 8000 + b"\n", b"a=;" * 5000 + b" x\n", b"0" * 16000 + b"\n"])
def test_long_lines_cost_little(line: bytes) -> None:
    assert read(line * 50) is None


def test_asking() -> None:
    asked = KIND.ask("ftp://h/pub")
    assert (asked.method, asked.url) == ("MLSD", "ftp://h/pub/")
    listed = KIND.fallback(asked, 502)
    assert listed is not None
    assert (listed.method, listed.url) == ("LIST", asked.url)
    assert KIND.fallback(asked) == listed
    assert KIND.fallback(asked, 550) is None
    assert KIND.fallback(listed) is None
    assert KIND.fetch("ftp://h/pub/a").method == "RETR"
    assert KIND.start("ftp://h") == "ftp://h/"
