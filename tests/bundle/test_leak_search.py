"""The search of a finished bundle: every form of every kind, inside of all that can be looked into; no false alarm."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import ipaddress
import json
import lzma
import random
import sqlite3
import unicodedata
import urllib.parse
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.bundle import layout
from workbench.bundle.leaks.needles import Needle, Sought
from workbench.bundle.leaks.search import Search

NAME = "zq-secret name.png"
HASH = random.Random(1).randbytes(32)
OBJECT = layout.object_path("ab" * 32)


def found(data: bytes, needle: str | bytes | ipaddress.IPv4Network | ipaddress.IPv6Network, **how: object) -> set[str]:
    """Kinds and places of what a search finds in one file, fed in blocks of some size."""
    return {f"{hit.kind}@{hit.inside}" for hit in searched(data, needle, **how).hits}


def searched(
    data: bytes,
    value: str | bytes | ipaddress.IPv4Network | ipaddress.IPv6Network,
    path: str = OBJECT,
    block: int = 1 << 18,
    accept: frozenset[bytes] = frozenset(),
) -> Search:
    search = Search(Sought((Needle("path", value),), frozenset()), accept)
    file = search.file(path, len(data))
    for at in range(0, len(data), block):
        file.feed(data[at : at + block])
    file.finish(lambda: io.BytesIO(data))
    return search


def network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_network(text)


FORMS: dict[str, Callable[[str], bytes]] = {
    "text": str.encode,
    "capitals": lambda text: text.upper().encode(),
    "percent": lambda text: urllib.parse.quote(text).encode(),
    "every sign in percent, small": lambda text: "".join(f"%{each:02x}" for each in text.encode()).encode(),
    "percent twice": lambda text: urllib.parse.quote(urllib.parse.quote(text)).encode(),
    "percent in part": lambda text: f"%{text.encode()[0]:02X}".encode() + text.encode()[1:],
    "JSON": lambda text: json.dumps(text).encode(),
    "JSON, every sign": lambda text: "".join(f"\\u{ord(each):04x}" for each in text).encode(),
    "HTML": lambda text: "".join(f"&#{ord(each)};" for each in text).encode(),
    "HTML, hexadecimal": lambda text: "".join(f"&#x{ord(each):X};" for each in text).encode(),
    "UTF-16 LE": lambda text: text.encode("utf-16-le"),
    "UTF-16 BE": lambda text: text.encode("utf-16-be"),
    "hexadecimal": lambda text: text.encode().hex().encode(),
    "HEXADECIMAL": lambda text: text.encode().hex().upper().encode(),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("text", [NAME, "비밀장면 7", "'quoted' & <odd> name"])
def test_a_text_is_found_in_every_form(form: str, text: str) -> None:
    written = FORMS[form](text)
    if text.startswith("'") and form == "percent":
        assert b"%27" in written
    assert found(b"before " + written + b" behind", text) == {"path@"}


@pytest.mark.parametrize("before", range(4))
@pytest.mark.parametrize("coder", [base64.b64encode, base64.urlsafe_b64encode])
def test_base64_is_found_wherever_it_begins(before: int, coder: Callable[[bytes], bytes]) -> None:
    assert found(b"<" + coder(b"x" * before + HASH + b"yz") + b">", HASH) == {"path@"}
    assert found(coder(b"x" * before + NAME.encode() + b"yz"), NAME) == {"path@"}
    assert found(coder(b"x" * before + b" 203.0.113.55 "), network("203.0.113.55")) == {"path@"}
    assert found(coder(b"x" * before + b" 203.0.113.155 "), network("203.0.113.15")) == set()


def test_a_hash_may_be_written_in_base32() -> None:
    assert found(b"sha256:" + base64.b32encode(HASH), HASH) == {"path@"}


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_letters_may_be_composed_or_not(form: str) -> None:
    for asked in ("NFC", "NFD"):
        text = unicodedata.normalize(form, "Säulengänge é")
        assert found(text.encode(), unicodedata.normalize(asked, text)) == {"path@"}


@pytest.mark.parametrize("coding", ["gb18030", "cp949", "cp932", "big5"])
def test_older_codings_of_east_asia(coding: str) -> None:
    text = {"cp949": "비밀장면", "cp932": "秘密の場面"}.get(coding, "秘密分鏡")
    assert found(b"<title>" + text.encode(coding) + b"</title>", text) == {"path@"}


@pytest.mark.parametrize(
    ("text", "inside", "hit"),
    [
        ("203.0.113.55", "203.0.113.55", True),
        ("203.0.113.5", "203.0.113.55", False),
        ("203.0.113.55", "1203.0.113.55", False),
        ("203.0.113.55", "203.0.113.55.", True),
        ("203.0.113.55", "http://203.0.113.55:8080/", True),
        ("203.0.113.0/24", "seen 203.0.113.9", True),
        ("203.0.113.0/28", "seen 203.0.113.17", False),
        ("203.0.112.0/22", "seen 203.0.115.255", True),
        ("203.0.113.55", "::ffff:203.0.113.55", True),
        ("203.0.113.55", "::ffff:cb00:7137", True),
        ("203.0.113.55", "::FFFF:CB00:7137", True),
        ("203.0.113.55", "::ffff:cb00:7138", False),
        ("2001:db8::9", "[2001:db8:0:0:0:0:0:9]:443", True),
        ("2001:db8::9", "2001:0DB8:0000:0000:0000:0000:0000:0009", True),
        ("2001:db8::9", "2001:db8::90", False),
        ("2001:db8::/32", "2001:db8:1::77", True),
        ("2001:db8::/32", "2001:db9:1::77", False),
        ("10.0.0.0/7", "11.2.3.4", True),
        ("10.0.0.0/7", "12.2.3.4", False),
        ("203.0.113.55", "2%30%33.0.113.55", True),
    ],
)
def test_addresses_are_read_and_compared(text: str, inside: str, hit: bool) -> None:
    assert bool(found(f"a line with {inside} in it".encode(), network(text))) is hit
    if "%" not in inside:
        assert bool(found(b"\0\1\2" + inside.encode() + b"\0", network(text))) is hit


def test_a_name_is_not_found_in_a_longer_word() -> None:
    assert found(b'"xscene1.png"', "scene1.png") == set()
    assert found(b'"scene1.pngs"', "scene1.png") == set()
    assert found(b'"\\nscene1.png" %2Fscene1.png', "scene1.png") == {"path@"}


@pytest.mark.parametrize("size", [1, 7, 64, 300, 4096])
def test_a_find_may_lie_across_blocks(size: int) -> None:
    for at in range(0, 40, 3):
        data = b"-" * (600 + at) + NAME.encode() + b"-" * 600
        assert found(data, NAME, block=size) == {"path@"}
    coded = b"-" * 590 + "".join(f"%{each:02x}" for each in NAME.encode()).encode() + b"-" * 90
    assert found(coded, NAME, block=size) == {"path@"}


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "gzip of many members": lambda data: b"".join(gzip.compress(data[at : at + 5]) for at in range(0, len(data), 5)),
    "gzip with padding": lambda data: gzip.compress(data) + b"\0" * 512,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zip": lambda data: zipped({"a/b.txt": data}),
    "zip in zip": lambda data: zipped({"inner.zip": zipped({"b": data})}),
    "gzip in zip": lambda data: zipped({"inner.gz": gzip.compress(data)}),
    "gzip in gzip": lambda data: gzip.compress(gzip.compress(data)),
}


def zipped(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, data in members.items():
            pack.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize("packer", PACKERS)
@pytest.mark.parametrize("block", [13, 1 << 18])
def test_what_is_packed_is_unpacked(packer: str, block: int) -> None:
    text = b" and ".join(str(number).encode() for number in range(3000)) + b" " + NAME.encode() + b" the end " * 9
    data = PACKERS[packer](text)
    assert NAME.encode() not in data
    search = searched(data, NAME, block=block)
    assert len(search.hits) == 1
    assert search.hits[0].inside
    assert search.done().unread == 0


@pytest.mark.parametrize("broken", ["cut", "encrypted", "bomb", "deep"])
def test_what_cannot_be_looked_into_is_counted(broken: str) -> None:
    data = gzip.compress(random.Random(2).randbytes(5000))[:-900]
    if broken == "encrypted":
        data = zipped({"a": b"text"})
        at = data.index(b"PK\1\2")
        data = data[: at + 8] + bytes((data[at + 8] | 1,)) + data[at + 9 :]
    elif broken == "bomb":
        data = gzip.compress(bytes(100 << 20))
    elif broken == "deep":
        data = b"text"
        for _ in range(8):
            data = gzip.compress(data)
    search = searched(data, NAME)
    assert search.done().unread == 1
    assert search.hits == []


def test_packed_texts_of_a_png() -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    text = zlib.compress(f"drawn by {NAME}, who {'is ' * 50}".encode())
    for kind, data in ((b"zTXt", b"Author\0\0" + text), (b"iTXt", b"Author\0\1\0ko\0\0" + text)):
        png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", bytes(13)) + chunk(kind, data) + chunk(b"IEND", b"")
        assert found(png, NAME) == {"path@text"}


@pytest.mark.parametrize("page", [512, 4096])
def test_values_that_a_database_cuts_in_pieces(tmp_path: Path, page: int) -> None:
    """A long value goes on in pages of its own: wherever it is cut, it is found; also in a deleted row."""
    for at in range(page - 300, page + 200, 7):
        file = tmp_path / f"{at}.db"
        conn = sqlite3.connect(file)
        conn.execute(f"PRAGMA page_size={page}")
        conn.execute("CREATE TABLE t (v TEXT)")
        conn.execute("INSERT INTO t VALUES (?)", ("-" * at + NAME + "-" * 3 * page,))
        conn.commit()
        conn.close()
        assert found(file.read_bytes(), NAME), at
        if at % 5 == 0:
            conn = sqlite3.connect(file)
            conn.execute("PRAGMA secure_delete=OFF")
            conn.execute("DELETE FROM t")
            conn.commit()
            conn.close()
            if NAME.encode() in file.read_bytes():
                assert found(file.read_bytes(), NAME), at


def test_an_object_that_was_accepted_is_counted_and_no_other() -> None:
    search = searched(NAME.encode(), NAME, accept=frozenset({bytes.fromhex("ab" * 32)}))
    assert search.hits == []
    assert search.done().accepted == 1
    assert searched(NAME.encode(), NAME, accept=frozenset({bytes(32)})).hits


def test_random_bytes_are_no_alarm() -> None:
    data = random.Random(3).randbytes(4 << 20)
    for value in ("zqtag7k", HASH, network("203.0.113.55"), network("2001:db8::9"), "비밀"):
        assert found(data, value) == set()
