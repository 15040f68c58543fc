"""Lists without bytes: rclone's, OpenDirectoryDownloader's, and saved pages; and the JSON beneath."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.shared import shared_data
from tests.sources.importers.harvests import opened, page, row, tell, told
from workbench.core.errors import UserError
from workbench.core.records import Coverage
from workbench.core.times import Precision, Zone, parse_option
from workbench.sources.base import SourceError
from workbench.sources.importers import jsonstream
from workbench.sources.importers.odd import OddImporter
from workbench.sources.importers.rclone import RcloneImporter
from workbench.sources.importers.registry import detect
from workbench.sources.importers.saved import SavedImporter

HOST = "http://203.0.113.5/"
LISTED, FAILED, NOT_REACHED = Coverage.LISTED, Coverage.FAILED, Coverage.NOT_REACHED

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=("Cs",)), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.text(st.characters(exclude_categories=("Cs",)), max_size=5), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=40)
@given(st.lists(JSON, max_size=5), st.booleans())
def test_items_are_those_of_the_standard_library(values: list[Any], wide: bool) -> None:
    text = json.dumps(values, indent=2 if wide else None, ensure_ascii=wide)
    assert list(jsonstream.items(io.BytesIO(text.encode()))) == values


@settings(max_examples=40)
@given(st.lists(JSON, min_size=1, max_size=4), st.integers(0, 200))
def test_a_cut_off_list_gives_a_prefix_and_an_error(values: list[Any], cut: int) -> None:
    data = json.dumps(values).encode()[:cut]
    if len(data) == len(json.dumps(values).encode()):
        return
    met: list[Any] = []
    with pytest.raises(SourceError):
        met.extend(jsonstream.items(io.BytesIO(data)))
    assert met == values[: len(met)]


@given(st.binary(max_size=60))
def test_junk_is_an_error_or_json(junk: bytes) -> None:
    try:
        found = list(jsonstream.events(io.BytesIO(junk)))
    except SourceError:
        return
    assert found


def test_depth_length_and_size_have_limits() -> None:
    for data in (b"[" * 30_000, b'["' + b"x" * (3 << 20), b"[" + b"1" * (3 << 20)):
        with pytest.raises(SourceError):
            list(jsonstream.events(io.BytesIO(data)))


def lsjson(path: Path, items: list[dict[str, Any]]) -> Path:
    path.write_text("[\n" + ",\n".join(json.dumps(each, ensure_ascii=False) for each in items) + "\n]\n", "utf-8")
    return path


def item(path: str, size: int = 5, time: str = "2024-01-02T10:00:07.000000000Z", **more: Any) -> dict[str, Any]:
    return {"Path": path, "Name": path.rpartition("/")[2], "Size": size, "MimeType": "image/png", "ModTime": time,
            "IsDir": False} | more  # fmt: skip


def test_rclone_lists_files_and_claims_no_more_than_it_shows(tmp_path: Path) -> None:
    path = lsjson(
        tmp_path / "ls.json",
        [
            item("分镜.png", Hashes={"md5": "abc", "SHA-1": "def"}),
            item("sub", -1, IsDir=True),
            item("sub/a", 7, "2024-01-02T19:00:07.123456789+09:00"),
            item("empty", -1, IsDir=True),
            item("unknown", -1, "1970-01-01T00:00:00Z"),
            item("../out"),
            item("nul\0"),
        ],
    )
    assert detect(path) is not None
    assert detect(path).name == "rclone"  # type: ignore[union-attr]
    seen = told(RcloneImporter(), path)
    first = seen.harvested["分镜.png".encode()]
    assert (first.size, first.modified, first.zone, first.precision) == (
        5,
        parse_option("2024-01-02T10:00:07").micros,
        Zone.LINE,
        Precision.SECOND,
    )
    assert first.headers == {"hash-md5": "abc", "hash-sha-1": "def", "content-type": "image/png"}
    second = seen.harvested[b"sub/a"]
    assert (second.modified, second.precision) == (
        parse_option("2024-01-02T10:00:07.123456Z").micros,
        Precision.MICROSECOND,
    )
    unknown = seen.harvested[b"unknown"]
    assert (unknown.size, unknown.modified, unknown.zone) == (None, None, Zone.UNKNOWN)
    assert seen.folders == {b"": LISTED, b"sub": LISTED, b"empty": NOT_REACHED}
    assert [code for _, code in seen.notes] == ["import-path-unsafe"] * 2


def test_an_rclone_list_that_was_cut_off_lists_no_folder(tmp_path: Path) -> None:
    path = lsjson(tmp_path / "ls.json", [item("a"), item("sub/b"), item("c")])
    path.write_bytes(path.read_bytes()[:-60])
    seen = told(RcloneImporter(), path)
    assert b"a" in seen.harvested
    assert seen.folders == {b"": FAILED, b"sub": FAILED}
    assert seen.codes == {"import-json-cut-off"}


def test_other_json_is_not_rclone_s(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text('[{"Path": "a", "IsDir": false, "ModTime": ""}]')
    with pytest.raises(UserError) as error:
        opened(RcloneImporter(), path)
    assert error.value.message.code == "import-not-understood"


def web_file(url: str, size: int | None = 5) -> dict[str, Any]:
    return {"Url": url, "FileName": url.rpartition("/")[2], "FileSize": size, "Description": None}


def web_folder(url: str, **more: Any) -> dict[str, Any]:
    return {"Url": url, "Name": "x", "Finished": True, "Error": False, "Subdirectories": [], "Files": []} | more


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("url_last", [False, True])
def test_open_directory_downloader(tmp_path: Path, indent: int | None, url_last: bool) -> None:
    base = HOST + "pub/"
    root = web_folder(
        base,
        Subdirectories=[
            web_folder(base + "%E5%88%86/", Files=[web_file(base + "%E5%88%86/1.png", 1 << 40)]),
            web_folder(base + "broken/", Error=True),
            web_folder(base + "old/", ParsedSuccessfully=False),
            web_folder(base + "later/", Finished=False),
        ],
        Files=[web_file(base + "a%23.png"), web_file(base + "b", None), web_file("http://other.example/x")],
    )
    if url_last:
        root["Url"] = root.pop("Url")
    session = {
        "Root": root,
        "Started": "2024-01-03T18:00:00.1234567+09:00",
        "Finished": "0001-01-01T00:00:00+00:00",
        "HttpStatusCodes": {"200": 5},
        "UrlsWithErrors": [base + "timeout/", base + "a%23.png"],
        "TotalFiles": 4,
    }
    path = tmp_path / "odd.json"
    path.write_text(json.dumps(session, indent=indent), "utf-8")
    found = detect(path)
    assert found is not None
    assert found.name == "odd"
    (harvest,) = opened(OddImporter(), path)
    assert harvest.observed is not None
    assert harvest.observed.micros == parse_option("2024-01-03T09:00:00.123456Z").micros
    seen = tell(harvest.source)
    assert {name: each.size for name, each in seen.harvested.items()} == {
        "分/1.png".encode(): 1 << 40, b"a#.png": 5, b"b": None,
    }  # fmt: skip
    assert all(each.modified is None and each.open is None for each in seen.harvested.values())
    assert seen.folders == {
        b"": LISTED, "分".encode(): LISTED, b"broken": FAILED, b"old": FAILED, b"later": NOT_REACHED,
        b"timeout": FAILED,
    }  # fmt: skip
    assert seen.codes == {"import-url-unsafe", "import-folder-failed", "import-url-failed"}


def test_folders_in_each_other_are_read_without_recursion(tmp_path: Path) -> None:
    levels = range(0, 4000, 500)
    opening = "".join(f'{{"Url":"{HOST}{"d/" * level}","Finished":true,"Subdirectories":[' for level in levels)
    path = tmp_path / "odd.json"
    path.write_text('{"Root":' + opening + "]}" * len(levels) + "}")
    seen = told(OddImporter(), path)
    assert sum(state is LISTED for state in seen.folders.values()) == len(levels)
    assert len(seen.folders) == levels[-1] + 1


def test_a_session_that_was_cut_off_keeps_what_came_before(tmp_path: Path) -> None:
    whole = json.dumps({"Root": web_folder(HOST, Files=[web_file(HOST + "a"), web_file(HOST + "b")])})
    path = tmp_path / "odd.json"
    path.write_text(whole[: whole.index(HOST + "b")])
    seen = told(OddImporter(), path)
    assert set(seen.harvested) == {b"a"}
    assert seen.folders == {b"": FAILED}
    assert seen.codes == {"import-json-cut-off"}


def test_a_saved_page_needs_its_address(tmp_path: Path) -> None:
    path = tmp_path / "index.html"
    path.write_bytes(page("/pub", [row("%E5%88%86.png", " 12 "), row("sub/", "  - ", folder=True), row("big", "1.5M")]))
    with pytest.raises(UserError) as error:
        opened(SavedImporter(), path)
    assert error.value.message.code == "import-base-missing"
    seen = told(SavedImporter(), path, base=HOST + "pub/")
    assert {name: (each.size, each.open) for name, each in seen.harvested.items()} == {
        "分.png".encode(): (12, None), b"big": (1536 * 1024, None),
    }  # fmt: skip
    assert seen.folders == {b"": LISTED, b"sub": NOT_REACHED}
    path.write_text("<html><body><p>Nothing to see</p></body></html>")
    with pytest.raises(UserError) as error:
        opened(SavedImporter(), path, base=HOST)
    assert error.value.message.code == "import-not-understood"


def test_an_empty_file_is_no_empty_folder(tmp_path: Path) -> None:
    path = tmp_path / "LIST.txt"
    path.write_bytes(b"\n")
    assert detect(path) is None
    with pytest.raises(UserError):
        opened(SavedImporter(), path, base="ftp://203.0.113.5/")


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("nginx-autoindex.html", HOST), ("apache-propfind.xml", HOST + "dav/"), ("vsftpd-LIST.txt", "ftp://203.0.113.5/"),
        ("proftpd-LIST.txt", "ftp://203.0.113.5/"),
    ],
)  # fmt: skip
def test_saved_answers_of_real_servers(name: str, base: str) -> None:
    path = shared_data("logs-live-servers", "pages", name)
    found = detect(path)
    assert found is not None
    assert found.name == "listing"
    seen = told(SavedImporter(), path, base=base)
    assert seen.harvested
    assert seen.folders[b""] == LISTED
