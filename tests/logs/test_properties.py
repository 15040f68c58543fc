"""What must hold for any log: every line is accounted for, and only the bytes of a line decide what it says."""

from __future__ import annotations

import locale
import os
import time
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.logs.rows import rows
from workbench.core.batch import EventBatch
from workbench.core.times import MONTHS, parse_offset, to_datetime
from workbench.logs import clf, xferlog
from workbench.logs.chunks import chunks
from workbench.logs.columns import Lines
from workbench.logs.registry import FORMATS, detect, parse_chunk

NAMES = [each.name for each in FORMATS]
PIECES = [
    b"192.0.2.7", b"::1", b" - - ", b" - wang ", b"[22/Nov/2026:14:30:45 +0000]", b"[32/Nov/2026:14:30:45 +0000]",
    b' "', b'"', b"GET /a HTTP/1.1", b"PUT /%E4%B8%8D?x HTTP/1.1", b"GET /a/?b HTTP/1.1", b"STOR x", b'" 200 12',
    b' "-" "agent"', b"\\", b"\\x22", b"\n", b"\r\n", b" ", b"\0", b"\xff", b"\xef\xbb\xbf", b"-", b" 201 ",
    b"Sun Nov 22 14:30:46 2026", b"Sun Nov  2 14:30:46 2026", b" 0 192.0.2.1 77 ", b"/srv/x.jpg", b" b _ i r ",
    b"wang ftp 0 * c", b" c", b" i",
    b'192.0.2.7 - - [22/Nov/2026:14:30:45 +0000] "GET /a HTTP/1.1" 200 12 "-" "agent"\n',
    b'h:80 192.0.2.7 - u [22/Nov/2026:14:30:45 -0330] "PUT /a HTTP/1.1" 201 -\n',
    b'192.0.2.7 - - [22/Nov/2026:14:30:45 +0000] "STOR a b" 226 12\n',
    b"Sun Nov 22 14:30:46 2026 0 192.0.2.1 77 /srv/x.jpg b _ i r wang ftp 0 * c\n",
    b"Sun Nov  2 14:30:46 2026 0 192.0.2.1 77 /srv/x y.jpg b _ o a a@b ftp 0 * i\n",
]  # fmt: skip
HEAD = b'192.0.2.7 - - [22/Nov/2026:14:30:45 +0000] "'
requests = st.lists(
    st.sampled_from(
        b"GET|PUT|CONNECT|get|G T| |/|/a|?|%2F|%| HTTP/1.1| HTTP/2| HTTP/x.1|http://h/x|*|\\x20|STOR|PASS".split(b"|")
    )
    | st.binary(max_size=3).map(lambda raw: raw.replace(b"\n", b"").replace(b'"', b"")),
    max_size=6,
).map(b"".join)
web = st.lists(requests, max_size=8).map(lambda found: b"".join(HEAD + each + b'" 200 1\n' for each in found))
logs = st.lists(st.sampled_from(PIECES) | st.binary(max_size=4), max_size=40).map(b"".join)


def blank(data: bytes, batch: EventBatch) -> int:
    lines = data.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    assert batch.lines == len(lines)
    return sum(not line.strip() for line in lines)


def placed(data: bytes, parts: list[tuple[int, int, EventBatch]]) -> tuple[list[dict[str, Any]], list[Any]]:
    """Events and rejects of chunks, with their place in the whole log."""
    events, rejects = [], []
    for line, start, batch in parts:
        events += [{**row, "line": row["line"] + line, "start": row["start"] + start} for row in rows(batch)]
        rejects += [(number + line, at + start, length, code) for number, at, length, code in batch.rejects]
    return events, rejects


@pytest.mark.parametrize("name", NAMES)
@settings(deadline=None)
@given(logs | st.binary(max_size=300))
def test_any_bytes_are_accounted_for(name: str, data: bytes) -> None:
    batch = parse_chunk(name, data, "Asia/Seoul")
    events = rows(batch)
    assert len(events) + len(batch.rejects) + blank(data, batch) == batch.lines
    places = [(row["line"], row["start"], row["length"]) for row in events] + [each[:3] for each in batch.rejects]
    lines = data.split(b"\n")
    for number, start, length in places:
        line = lines[number - 1]
        assert start == sum(len(before) + 1 for before in lines[: number - 1])
        assert data[start : start + length] in (line, line[:-1])
    assert len({place[0] for place in places}) == len(places)


@settings(deadline=None)
@given(logs)
def test_detection_never_raises(data: bytes) -> None:
    found = detect(data)
    assert found is None or found.name in NAMES


@pytest.mark.parametrize(("name", "module"), [("combined", clf), ("ftp-extended", clf), ("xferlog", xferlog)])
@settings(deadline=None)
@given(data=logs | web)
def test_the_quick_way_and_the_slow_way_agree(name: str, module: Any, data: bytes) -> None:
    quick = parse_chunk(name, data)
    clean = module._Reader.clean
    module._Reader.clean = lambda self, lines: None
    try:
        slow = parse_chunk(name, data)
    finally:
        module._Reader.clean = clean
    assert rows(quick) == rows(slow)
    assert quick.rejects == slow.rejects


class Slowly:
    """A stream that gives at most so many bytes at a time."""

    def __init__(self, data: bytes, most: int) -> None:
        self.data, self.most = data, most

    def read(self, size: int, /) -> bytes:
        taken, self.data = self.data[: min(size, self.most)], self.data[min(size, self.most) :]
        return taken


@pytest.mark.parametrize("name", NAMES)
@settings(deadline=None)
@given(data=logs, size=st.integers(1, 200), most=st.integers(1, 200))
def test_the_borders_of_chunks_do_not_matter(name: str, data: bytes, size: int, most: int) -> None:
    whole = placed(data, [(0, 0, parse_chunk(name, data))])
    cut = list(chunks(Slowly(data, most), size))
    assert b"".join(chunk.data for chunk in cut) == data
    parts = [(chunk.line, chunk.start, parse_chunk(name, chunk.data)) for chunk in cut]
    assert all(chunk.lines == batch.lines for chunk, (_, _, batch) in zip(cut, parts, strict=True))
    assert placed(data, parts) == whole


addresses = st.ip_addresses(v=4) | st.ip_addresses(v=6)
texts = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]) | st.sampled_from("满意啦하완벽й\"\\'é"),
    min_size=1,
    max_size=12,
)
moments = st.datetimes(
    min_value=to_datetime(0).replace(tzinfo=None), max_value=to_datetime(4 * 10**15).replace(tzinfo=None)
)
offsets = st.tuples(st.sampled_from("+-"), st.integers(0, 14), st.sampled_from([0, 30, 45])).map(
    lambda z: f"{z[0]}{z[1]:02}{z[2]:02}"
)


def escaped(text: str, server: str) -> bytes:
    """As Apache and nginx write what a client sent."""
    raw = text.encode()
    if server == "nginx":
        return b"".join(bytes([c]) if 32 <= c < 127 and c not in b'"\\' else b"\\x%02X" % c for c in raw)
    return b"".join(b"\\" + bytes([c]) if c in b'"\\' else bytes([c]) if 32 <= c < 127 else b"\\x%02x" % c for c in raw)


@settings(deadline=None)
@given(
    addresses,
    texts,
    texts,
    texts,
    moments,
    offsets,
    st.integers(0, 10**12),
    st.sampled_from(["apache", "nginx"]),
    st.booleans(),
)
def test_a_valid_combined_line_comes_back(
    address: IPv4Address | IPv6Address,
    user: str,
    name: str,
    agent: str,
    moment: Any,
    offset: str,
    size: int,
    server: str,
    host: bool,
) -> None:
    user = user.replace(" ", "_").replace('"', "_")
    month = {number: word for word, number in MONTHS.items()}[moment.month]
    stamp = f"{moment.day:02}/{month}/{moment.year:04}:{moment:%H:%M:%S} {offset}"
    line = b'%s%s - %s [%s] "PUT /%s HTTP/1.1" 201 %d "-" "%s"\n' % (
        b"share.example:443 " if host else b"", str(address).encode(), escaped(user, server), stamp.encode(),
        quote_from_bytes(name.encode()).encode(), size, escaped(agent, server),
    )  # fmt: skip
    (row,) = rows(parse_chunk("combined", line))
    wall = (moment.replace(microsecond=0) - to_datetime(0).replace(tzinfo=None)).total_seconds()
    assert row["time"] == int(wall) * 1_000_000 - parse_offset(offset)
    assert row["path"] == b"/" + name.encode()
    assert row["user"] == (None if user == "-" else user)
    assert row["agent"] == (None if agent == "-" else agent)
    expected = ip_address(address)
    mapped = expected.ipv4_mapped if isinstance(expected, IPv6Address) else None
    assert row["address"] == str(mapped or expected).partition("%")[0]
    assert (row["sent"], row["received"], row["salvaged"], row["length"]) == (size, None, 0, len(line) - 1)


@settings(deadline=None)
@given(addresses, texts, moments, st.integers(0, 10**12), st.sampled_from("iod"), st.sampled_from("ci"))
def test_a_valid_transfer_comes_back(address: Any, name: str, moment: Any, size: int, way: str, end: str) -> None:
    month = {number: word for word, number in MONTHS.items()}[moment.month]
    stamp = f"Mon {month} {moment.day:2} {moment:%H:%M:%S} {moment.year:04}"
    path = f"/srv/ftp/{name}x"
    (row,) = rows(
        parse_chunk("xferlog", f"{stamp} 0 {address} {size} {path} b _ {way} r wang ftp 0 * {end}\n".encode())
    )
    wall = (moment.replace(microsecond=0) - to_datetime(0).replace(tzinfo=None)).total_seconds()
    assert (row["time"], row["path"]) == (int(wall) * 1_000_000, path.encode())
    assert (row["user"], row["ok"], row["damaged"]) == ("wang", int(end == "c"), int("?" in name))
    assert row["received" if way == "i" else "sent"] == (None if way == "d" else size)


@pytest.fixture
def elsewhere() -> Iterator[None]:
    """A machine in another zone with another language, where it has one."""
    zone, language = os.environ.get("TZ"), locale.setlocale(locale.LC_ALL)
    os.environ["TZ"] = "Pacific/Chatham"
    time.tzset()
    for name in ("ko_KR.UTF-8", "de_DE.UTF-8", "zh_CN.UTF-8", "C"):
        try:
            locale.setlocale(locale.LC_ALL, name)
            break
        except locale.Error:
            continue
    yield
    locale.setlocale(locale.LC_ALL, language)
    os.environ.pop("TZ")
    if zone is not None:
        os.environ["TZ"] = zone
    time.tzset()


@pytest.mark.usefixtures("elsewhere")
def test_locale_and_zone_of_the_machine_do_not_matter() -> None:
    (web,) = rows(parse_chunk("combined", b'192.0.2.7 - - [01/Mar/2024:00:00:00 +0900] "GET / HTTP/1.1" 200 1\n'))
    (ftp,) = rows(
        parse_chunk("xferlog", b"Fri Mar  1 00:00:00 2024 0 192.0.2.1 7 /x b _ i r u ftp 0 * c\n", "Asia/Seoul")
    )
    assert web["time"] == ftp["time"] == 1_709_218_800_000_000


def test_lines_end_where_they_end() -> None:
    lines = Lines(b"a\r\n\r\nb\rc\n\n\rd\r")
    assert [lines.line(number) for number in range(len(lines))] == [b"a", b"", b"b\rc", b"", b"\rd"]
    assert len(Lines(b"")) == 0
