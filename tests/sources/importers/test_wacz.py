"""WACZ archives: as they should be, packed, with wrong digests, damaged."""

from __future__ import annotations

import gzip
import hashlib
import json
import zipfile
from pathlib import Path

import pytest

from tests.sources.importers.harvests import listing, opened, response, row, told
from workbench.core.errors import UserError
from workbench.core.records import Coverage
from workbench.sources.importers.registry import detect
from workbench.sources.importers.wacz import WaczImporter

HOST = "http://203.0.113.5/pub/"
WACZ = WaczImporter()


def made(path: Path, method: int = zipfile.ZIP_STORED, wrong: bool = False) -> Path:
    one = gzip.compress(listing(HOST, [row("a.png"), row("b.png")]))
    two = gzip.compress(response(HOST + "a.png", b"hello"))
    files = {"archive/one.warc.gz": one, "archive/two.warc.gz": two}
    resources = [
        {"name": name.rpartition("/")[2], "path": name, "bytes": len(data),
         "hash": "sha256:" + hashlib.sha256(data + (b"x" if wrong else b"")).hexdigest()}
        for name, data in files.items()
    ]  # fmt: skip
    package = {"profile": "wacz", "resources": resources}
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("datapackage.json", json.dumps(package))
        archive.writestr("pages/pages.jsonl", "{}\n")
        archive.writestr("../archive/evil.warc", "x")
        for name, data in files.items():
            archive.writestr(name, data)
    return path


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_what_lies_within_is_one_look(tmp_path: Path, method: int) -> None:
    path = made(tmp_path / "a.wacz", method)
    found = detect(path)
    assert found is not None
    assert found.name == "wacz"
    seen = told(WACZ, path)
    assert seen.files == {b"a.png": b"hello"}
    assert set(seen.harvested) == {b"a.png", b"b.png"}
    assert seen.folders == {b"": Coverage.LISTED}
    assert seen.notes == []
    assert [each.sha256 for each in seen.containers] == [hashlib.sha256(path.read_bytes()).digest()]


def test_a_digest_that_does_not_hold_is_said(tmp_path: Path) -> None:
    seen = told(WACZ, made(tmp_path / "a.wacz", wrong=True))
    assert seen.files == {b"a.png": b"hello"}
    assert seen.notes == [
        (b"archive/one.warc.gz", "import-wacz-digest"),
        (b"archive/two.warc.gz", "import-wacz-digest"),
    ]


def test_bytes_that_were_turned_are_found(tmp_path: Path) -> None:
    path = made(tmp_path / "a.wacz")
    data = bytearray(path.read_bytes())
    name = b"archive/two.warc.gz"
    data[data.rindex(name, 0, data.rindex(name)) + 80] ^= 0xFF
    path.write_bytes(data)
    seen = told(WACZ, path)
    assert b"a.png" not in seen.files
    assert {"archive-checksum", "warc-damaged", "warc-cut-off"} & seen.codes


def test_other_archives_are_none(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.png", b"x")
    assert detect(path) is None
    with pytest.raises(UserError):
        opened(WACZ, path)
    path.write_bytes(b"PK\3\4 nonsense")
    with pytest.raises(UserError):
        opened(WACZ, path)
