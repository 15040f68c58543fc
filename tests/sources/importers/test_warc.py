"""WARC files of foreign writers: what was fetched and listed, whole, in parts, repeated, damaged and hostile."""

from __future__ import annotations

import gzip
import hashlib
import io
import tempfile
import tracemalloc
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.importers.harvests import (
    DAY,
    answer,
    listing,
    opened,
    record,
    response,
    row,
    sha1,
    told,
    warc,
)
from workbench.core.errors import UserError
from workbench.core.records import Coverage
from workbench.core.times import Precision, Zone, parse_option
from workbench.sources.base import SourceError
from workbench.sources.importers.warc import WarcImporter
from workbench.sources.importers.warcrecords import records

HOST = "http://203.0.113.5/"
WARC = WarcImporter()
LISTED, REFUSED, FAILED, NOT_REACHED = Coverage.LISTED, Coverage.REFUSED, Coverage.FAILED, Coverage.NOT_REACHED


def test_files_come_with_all_that_was_claimed(tmp_path: Path) -> None:
    modified = "Tue, 02 Jan 2024 10:00:07 GMT"
    path = warc(
        tmp_path / "a.warc.gz",
        [
            record("warcinfo", "", b"software: Wget\r\n"),
            listing(HOST + "pub/", [row("a.png"), row("b.png", "2.1K"), row("cuts/", "  - ", folder=True)]),
            response(HOST + "pub/a.png", b"hello", last_modified=modified, etag='"5-1"', date="2024-01-03T09:00:01Z"),
        ],
    )
    (harvest,) = opened(WARC, path)
    seen = told(WARC, path)
    assert (harvest.observed.micros, harvest.observed.zone) == (parse_option(DAY).micros, Zone.LINE)  # type: ignore[union-attr]
    assert seen.files == {b"a.png": b"hello"}
    file = seen.harvested[b"a.png"]
    assert (file.modified, file.zone, file.precision) == (
        parse_option("2024-01-02T10:00:07").micros,
        Zone.LINE,
        Precision.SECOND,
    )
    assert file.etag == '"5-1"'
    assert file.headers["last-modified"] == modified
    assert file.headers["warc-date"] == "2024-01-03T09:00:01Z"
    assert file.record is not None
    assert file.record.startswith("urn:uuid:")
    other = seen.harvested[b"b.png"]
    assert (other.open, other.size, other.zone, other.precision) == (None, 2150, Zone.UNKNOWN, Precision.MINUTE)
    assert other.problem is None
    assert seen.folders == {b"": LISTED, b"cuts": NOT_REACHED}
    assert [(each.path, each.sha256) for each in seen.containers] == [
        (b"a.warc.gz", hashlib.sha256(path.read_bytes()).digest())
    ]


@pytest.mark.parametrize("zipped", [True, False, None])
def test_every_way_of_packing(tmp_path: Path, zipped: bool | None) -> None:
    """Records in members of their own, not packed, and packed as a whole."""
    parts = [response(f"{HOST}f{number}", b"x" * number * 50_000) for number in range(12)]
    path = warc(tmp_path / "a.warc", parts, zipped=bool(zipped))
    if zipped is None:
        path.write_bytes(gzip.compress(b"".join(parts)))
    seen = told(WARC, path)
    assert {name: len(data) for name, data in seen.files.items()} == {b"f%d" % n: n * 50_000 for n in range(12)}
    assert seen.notes == []


def test_names_are_decoded_once_and_stay_bytes(tmp_path: Path) -> None:
    urls = {
        "%E5%88%86%E9%95%9C%20012.png": "分镜 012.png".encode(),
        "caf%E9": b"caf\xe9",
        "50%25.txt": b"50%.txt",
        "a%2523": b"a%23",
        "%23%3F.png": b"#?.png",
        "get.php?id=3&x=%2F": b"get.php?id=3&x=%2F",
        "sub/%D0%B0": b"sub/\xd0\xb0",
    }
    seen = told(WARC, warc(tmp_path / "a.warc.gz", [response(HOST + url, url.encode()) for url in urls]))
    assert seen.files == {path: url.encode() for url, path in urls.items()}


def test_the_common_start_is_the_root_and_a_base_can_be_named(tmp_path: Path) -> None:
    path = warc(
        tmp_path / "a.warc.gz",
        [response(HOST + "robots.txt", b"x"), response(HOST + "a/b/c/1", b"1"), response(HOST + "a/b/2", b"2")],
    )
    assert set(told(WARC, path).files) == {b"c/1", b"2"}
    assert set(told(WARC, path, base=HOST + "a/").files) == {b"b/c/1", b"b/2"}
    inner = told(WARC, path, base=HOST + "a/b/c/")
    assert set(inner.files) == {b"1"}
    assert inner.codes == {"import-outside-base"}


def test_several_hosts_stand_side_by_side(tmp_path: Path) -> None:
    path = warc(tmp_path / "a.warc.gz", [response(HOST + "1", b"1"), response("https://example.org:8443/x/2", b"2")])
    assert told(WARC, path).files == {b"203.0.113.5/1": b"1", b"example.org:8443/x/2": b"2"}


def test_what_was_refused_or_failed_says_so(tmp_path: Path) -> None:
    rows = [row("no.png"), row("gone.png"), row("odd.png"), row("secret/", folder=True), row("broken/", folder=True)]
    path = warc(
        tmp_path / "a.warc.gz",
        [
            listing(HOST, rows),
            response(HOST + "no.png", b"denied", 403),
            response(HOST + "gone.png", b"", 404),
            response(HOST + "odd.png", b"", 302, location="http://127.0.0.1/"),
            response(HOST + "secret/", b"", 401),
            response(HOST + "broken/", b"", 500),
            response(HOST + "favicon.ico", b"", 404),
            response(HOST + "hidden.png", b"", 403),
        ],
    )
    seen = told(WARC, path)
    assert seen.files == {}
    assert seen.problems == {
        b"no.png": "import-refused",
        b"gone.png": "import-answer",
        b"odd.png": "import-answer",
        b"hidden.png": "import-refused",
    }
    assert seen.folders == {b"": LISTED, b"secret": REFUSED, b"broken": FAILED}


def test_a_page_that_nobody_understands_is_not_an_empty_folder(tmp_path: Path) -> None:
    home = b"<html><head><title>Welcome</title></head><body><p>Hello</p><a href='about'>About</a></body></html>"
    seen = told(WARC, warc(tmp_path / "a.warc.gz", [response(HOST, home, content_type="text/html")]))
    assert seen.folders == {b"": FAILED}
    assert seen.codes == {"import-page-not-understood"}


def test_only_what_was_got_counts(tmp_path: Path) -> None:
    def asked(method: str, url: str) -> list[bytes]:
        name = f"<urn:uuid:00000000-0000-0000-0000-{abs(hash(method)) % 10**12:012d}>"
        sent = f"{method} / HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        return [
            record("response", url, answer(b"data"), warc_record_id=name),
            record("request", url, sent, warc_concurrent_to=name),
        ]

    parts = [*asked("HEAD", HOST + "head"), *asked("POST", HOST + "post"), *asked("GET", HOST + "get")]
    assert set(told(WARC, warc(tmp_path / "a.warc.gz", parts)).files) == {b"get"}


def test_chunks_are_put_together_and_packed_bodies_stay_packed(tmp_path: Path) -> None:
    packed = gzip.compress(b"inside")
    chunks = b"5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n"
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    path = warc(
        tmp_path / "a.warc.gz",
        [
            record("response", HOST + "raw", head + chunks, warc_payload_digest=sha1(chunks)),
            record("response", HOST + "plain", head + chunks, warc_payload_digest=sha1(b"hello world")),
            record("response", HOST + "taken-off", head + b"hello world"),
            response(HOST + "packed", packed, content_encoding="gzip"),
        ],
    )
    seen = told(WARC, path)
    assert {seen.files[name] for name in (b"raw", b"plain", b"taken-off")} == {b"hello world"}
    assert seen.files[b"packed"] == packed
    assert seen.problems == {b"packed": "import-body-encoded"}


def test_a_digest_that_does_not_hold_leaves_no_bytes(tmp_path: Path) -> None:
    good, bad = b"hello", b"hellO"
    block = answer(good)
    path = warc(
        tmp_path / "a.warc.gz",
        [
            record("response", HOST + "good", block, warc_block_digest=sha1(block), warc_payload_digest=sha1(good)),
            record("response", HOST + "hex", block, warc_payload_digest="sha256:" + hashlib.sha256(good).hexdigest()),
            record("response", HOST + "other", block, warc_payload_digest="blake3:abc"),
            record("response", HOST + "payload", block, warc_payload_digest=sha1(bad)),
            record("response", HOST + "block", block, warc_block_digest=sha1(answer(bad))),
            record("response", HOST + "nonsense", block, warc_payload_digest="sha1:!!!"),
        ],
    )
    seen = told(WARC, path)
    assert set(seen.files) == {b"good", b"hex", b"other"}
    assert seen.problems == dict.fromkeys((b"payload", b"block", b"nonsense"), "import-digest")


def test_parts_make_a_whole_when_they_cover_one_version(tmp_path: Path) -> None:
    whole = bytes(range(200))

    def part(name: str, start: int, end: int, etag: str = '"1"') -> bytes:
        said = f"bytes {start}-{end - 1}/200"
        return response(f"{HOST}{name}", whole[start:end], 206, f"2024-01-03T09:00:{start % 60:02d}Z",
                        content_range=said, etag=etag)  # fmt: skip

    cut = record("response", HOST + "cut", answer(whole, etag='"1"')[:-120], warc_truncated="disconnect")
    path = warc(
        tmp_path / "a.warc.gz",
        [
            part("two", 0, 100), part("two", 100, 200),
            part("overlap", 90, 200), part("overlap", 0, 110),
            cut, part("cut", 80, 200),
            part("gap", 0, 100), part("gap", 101, 200),
            part("versions", 0, 100), part("versions", 100, 200, '"2"'),
            record("response", HOST + "short", answer(whole)[:-7]),
        ],
    )  # fmt: skip
    seen = told(WARC, path)
    assert seen.files == dict.fromkeys((b"two", b"overlap", b"cut"), whole)
    assert seen.problems == dict.fromkeys((b"gap", b"versions", b"short"), "import-incomplete")
    assert seen.harvested[b"two"].size == 200


def test_revisits_find_the_bytes_that_they_refer_to(tmp_path: Path) -> None:
    body = b"the same"
    first = "<urn:uuid:11111111-1111-1111-1111-111111111111>"
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n"
    path = warc(
        tmp_path / "a.warc.gz",
        [
            record("response", HOST + "one", answer(body), warc_record_id=first, warc_payload_digest=sha1(body)),
            record("revisit", HOST + "by-id", head, warc_refers_to=first),
            record("revisit", HOST + "by-digest", head, warc_payload_digest=sha1(body)),
            record("revisit", HOST + "nowhere", head, warc_payload_digest=sha1(b"other")),
        ],
    )
    seen = told(WARC, path)
    assert seen.files == dict.fromkeys((b"one", b"by-id", b"by-digest"), body)
    assert seen.problems == {b"nowhere": "import-revisit-nowhere"}


def test_the_same_address_twice(tmp_path: Path) -> None:
    path = warc(
        tmp_path / "a.warc.gz",
        [
            record("response", HOST + "same", answer(b"1"), "2024-01-03T09:00:00Z", warc_payload_digest=sha1(b"1")),
            record("response", HOST + "same", answer(b"1"), "2024-01-03T10:00:00Z", warc_payload_digest=sha1(b"1")),
            record("response", HOST + "other", answer(b"1"), "2024-01-03T09:00:00Z", warc_payload_digest=sha1(b"1")),
            record("response", HOST + "other", answer(b"2"), "2024-01-03T10:00:00Z", warc_payload_digest=sha1(b"2")),
        ],
    )
    seen = told(WARC, path)
    assert sorted(seen.order) == [b"other", b"other", b"same"]
    assert seen.notes == [(b"other", "import-fetched-twice")]


def test_hostile_addresses_and_names_stay_outside(tmp_path: Path) -> None:
    rows = [row("%2e%2e"), row("a%00b"), row("a%2Fb"), row("fine")]
    path = warc(
        tmp_path / "a.warc.gz",
        [
            listing(HOST, rows),
            response(HOST + "../../etc/passwd", b"1"),
            response(HOST + "x/%2e%2e/%2e%2e/etc/shadow", b"1"),
            response(HOST + "x%2f..%2f..%2fetc", b"1"),
            response(HOST + "nul%00", b"1"),
            response(HOST + "%5c..%5cwindows", b"1"),
            response("file:///etc/passwd", b"1"),
            response("http://[::bad/", b"1"),
        ],
    )
    seen = told(WARC, path)
    assert seen.files == {}
    assert set(seen.harvested) == {b"fine"}
    assert {"import-url-unsafe", "import-path-unsafe"} <= seen.codes


def test_bombs_end_within_their_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("pages", "warctell"):
        monkeypatch.setattr(f"workbench.sources.importers.{module}.LARGEST", 1 << 20)
    bomb = gzip.compress(b"\0" * (10 << 20))
    path = warc(
        tmp_path / "a.warc.gz",
        [
            response(HOST, bomb, content_type="text/html", content_encoding="gzip"),
            response(HOST + "big/", b"<" * (5 << 20), content_type="text/html"),
            record("response", HOST + "head", b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 60_000),
        ],
    )
    tracemalloc.start()
    seen = told(WARC, path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert {"import-page-undecoded", "import-page-too-large", "import-head-endless"} <= seen.codes
    assert seen.folders == {b"": FAILED, b"big": FAILED}
    assert peak < 8 << 20


def test_nothing_of_a_server_is_no_harvest(tmp_path: Path) -> None:
    path = warc(tmp_path / "a.warc.gz", [record("warcinfo", "", b"software: x\r\n")])
    with pytest.raises(UserError) as error:
        opened(WARC, path)
    assert error.value.message.code == "import-nothing"


@pytest.mark.parametrize("zipped", [True, False])
def test_a_file_that_is_cut_off_anywhere_gives_what_was_there_and_says_so(tmp_path: Path, zipped: bool) -> None:
    parts = [response(f"{HOST}{number}", bytes([number]) * 30) for number in range(3)]
    whole = warc(tmp_path / "a.warc.gz", parts, zipped=zipped).read_bytes()
    ends = {0}
    for number in range(3):
        ends.add(len(warc(tmp_path / "b", parts[: number + 1], zipped=zipped).read_bytes()))
    for cut in range(0, len(whole), 3):
        met, problem = 0, None
        try:
            for _ in records(io.BytesIO(whole[:cut])):
                met += 1
        except SourceError as error:
            problem = error.message.code
        if not any(end - 4 <= cut < end for end in ends):  # within the empty lines between two records
            assert (problem is None) == (cut in ends), cut
        assert problem in (None, "warc-cut-off", "warc-damaged")
        assert met <= sum(end < cut for end in ends)


def test_damage_in_the_middle_loses_one_record(tmp_path: Path) -> None:
    parts = [response(f"{HOST}{number}", bytes([number]) * 3000) for number in range(3)]
    path = warc(tmp_path / "a.warc.gz", parts)
    data = bytearray(path.read_bytes())
    data[len(gzip.compress(parts[0], mtime=0)) + 40] ^= 0xFF
    path.write_bytes(data)
    seen = told(WARC, path)
    assert seen.files[b"0"] == bytes(3000)
    assert set(seen.files) == {b"0", b"2"}
    assert {"warc-damaged", "import-warc-gaps"} <= seen.codes


@given(st.binary(max_size=400))
def test_junk_never_raises_anything_else(junk: bytes) -> None:
    for data in (junk, b"WARC/1.0\r\n" + junk, gzip.compress(b"WARC/1.0\r\nWARC-Type: response\r\n" + junk)):
        try:
            for each in records(io.BytesIO(data)):
                each.block.read()
        except SourceError:
            continue


NAME = st.binary(min_size=1, max_size=12).filter(
    lambda name: not set(name) & set(b"/\0\\:") and name not in (b".", b"..")
)


@settings(max_examples=40)
@given(st.lists(NAME, min_size=1, max_size=5, unique=True))
def test_any_name_comes_through(names: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        parts = [response(HOST + "d/" + quote(name, safe=""), name) for name in names]
        seen = told(WARC, warc(Path(folder) / "a.warc.gz", parts))
        assert seen.files == {name: name for name in names}
