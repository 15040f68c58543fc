"""Apache and nginx lines: what each says, and what is kept of one that is not whole."""

from __future__ import annotations

import pytest

from tests.logs.rows import one, refused, rows
from workbench.core.records import Action
from workbench.logs.columns import LONGEST
from workbench.logs.fields import ip_text, unescape
from workbench.logs.registry import parse_chunk

TIME = b"[22/Nov/2026:14:30:45 +0000]"
PUT = b"PUT /dav/%ED%95%98_%21.jpg?x=%2F HTTP/1.1"


def line(
    request: bytes, status: bytes = b"200", size: bytes = b"621", head: bytes = b"192.0.2.7 - -", tail: bytes = b""
) -> bytes:
    return head + b" " + TIME + b' "' + request + b'" ' + status + b" " + size + tail


def test_a_whole_line_gives_every_field() -> None:
    row = one("combined", line(PUT, b"201", head=b"192.0.2.7 - studio1", tail=b' "-" "davfs2/1.6.1 neon/0.32.2"\n'))
    assert row == {
        "line": 1, "start": 0, "length": 131, "time": "2026-11-22T14:30:45.000000Z", "zone": 1, "action": Action.UPLOAD,
        "status": 201, "ok": 1, "sent": 621, "received": None, "damaged": 0, "salvaged": 0, "address": "192.0.2.7",
        "method": "PUT", "path": "/dav/하_!.jpg".encode(), "user": "studio1", "agent": "davfs2/1.6.1 neon/0.32.2",
        "referrer": None,
        "peer": None, "forwarded": None, "rule": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("request_line", "status", "action", "ok"),
    [
        (b"GET /a.jpg HTTP/1.1", 200, Action.DOWNLOAD, 1),
        (b"GET /a.jpg HTTP/1.1", 304, Action.DOWNLOAD, 1),
        (b"GET /a.jpg HTTP/1.1", 404, Action.DOWNLOAD, 0),
        (b"GET /folder/?C=M;O=A HTTP/1.1", 200, Action.LIST, 1),
        (b"GET /folder%2F HTTP/1.1", 200, Action.LIST, 1),
        (b"GET http://share.example HTTP/1.1", 200, Action.LIST, 1),
        (b"PROPFIND /dav HTTP/1.1", 207, Action.LIST, 1),
        (b"PUT /a.jpg HTTP/1.1", 302, Action.UPLOAD, 0),
        (b"PUT /a.jpg HTTP/1.1", 401, Action.UPLOAD, 0),
        (b"DELETE /a.jpg HTTP/1.1", 204, Action.DELETE, 1),
        (b"MOVE /a.jpg HTTP/1.1", 201, Action.MOVE, 1),
        (b"POST /up HTTP/1.1", 200, Action.OTHER, 1),
        (b"HEAD /a.jpg HTTP/1.1", 200, Action.OTHER, 1),
        (b"COPY /a.jpg HTTP/1.1", 201, Action.OTHER, 1),
        (b"MKCOL /new/ HTTP/1.1", 201, Action.OTHER, 1),
        (b"get /a.jpg HTTP/1.1", 400, Action.OTHER, 0),
    ],
)
def test_method_and_status_say_what_was_done(request_line: bytes, status: int, action: Action, ok: int) -> None:
    row = one("combined", line(request_line, str(status).encode()))
    assert (row["action"], row["ok"]) == (action, ok)


@pytest.mark.parametrize(
    ("target", "path"),
    [
        (b"/a%20b.jpg", b"/a b.jpg"),
        (b"/100%.jpg", b"/100%.jpg"),
        (b"/%FF%00.jpg", b"/\xff\x00.jpg"),
        (b"/a?b?c", b"/a"),
        (b"http://h.example/x/y.jpg?q", b"/x/y.jpg"),
        (b"http://h.example?q", b"/"),
        (b"/\xe6\xbb\xa1.jpg", "/满.jpg".encode()),
        (b"/\\xe6\\xbb\\xa1.jpg", "/满.jpg".encode()),
        (b'/a\\"b\\\\c', b'/a"b\\c'),
        (b"/raw space.jpg", b"/raw space.jpg"),
        (b"*", None),
        (b"?q", None),
    ],
)
def test_the_path_is_what_the_server_acted_on(target: bytes, path: bytes | None) -> None:
    assert one("combined", line(b"GET " + target + b" HTTP/1.1"))["path"] == path


@pytest.mark.parametrize("request_line", [b"-", b"", b"\\x16\\x03\\x01\\x02", b"SSH-2.0-Go", b"\xff\xfe \x01"])
def test_a_request_that_is_no_http_is_an_event_without_method(request_line: bytes) -> None:
    row = one("combined", line(request_line, b"400", tail=b' "-" "-"'))
    assert (row["method"], row["path"], row["action"], row["ok"], row["salvaged"]) == (None, None, Action.OTHER, 0, 0)


@pytest.mark.parametrize(
    ("head", "address", "user", "salvaged"),
    [
        (b"192.0.2.7 - -", "192.0.2.7", None, 0),
        (b"192.0.2.7 - pyll@EXAMPLE.COM", "192.0.2.7", "pyll@EXAMPLE.COM", 0),
        (b"192.0.2.7 - Kim Ha", "192.0.2.7", "Kim Ha", 0),
        (b'192.0.2.7 - ""', "192.0.2.7", None, 0),
        (b"192.0.2.7 - \\xed\\x95\\x98", "192.0.2.7", "하", 0),
        (b"192.0.2.7 - \xff", "192.0.2.7", "\\xff", 0),
        (b"share.example:443 192.0.2.7 - wang", "192.0.2.7", "wang", 0),
        (b"share.example 192.0.2.7 - -", "192.0.2.7", None, 0),
        (b"203.0.113.1 192.0.2.7 - -", "192.0.2.7", None, 0),
        (b"203.0.113.1:80 192.0.2.7 - -", "192.0.2.7", None, 0),
        (b"[2001:DB8:0::1]:80 2001:DB8:0:0::9 - -", "2001:db8::9", None, 0),
        (b"::ffff:192.0.2.7 - -", "192.0.2.7", None, 0),
        (b"fe80::1%eth0 - -", "fe80::1", None, 0),
        (b"host.example - -", "host.example", None, 0),
        (b"share.example host.example - -", "host.example", None, 0),
        (b"192.0.2.7", "192.0.2.7", None, 1),
        (b"192.0.2.7 -", "192.0.2.7", None, 1),
        (b"share.example:80 192.0.2.7", "192.0.2.7", None, 1),
    ],
)
def test_the_head_names_address_and_user(head: bytes, address: str, user: str | None, salvaged: int) -> None:
    row = one("combined", line(b"GET /a HTTP/1.1", head=head))
    assert (row["address"], row["user"], row["salvaged"]) == (address, user, salvaged)


def test_a_user_name_cannot_forge_the_time() -> None:
    forged = b'192.0.2.7 - x [01/Jan/2020:00:00:00 +0000] \\"GET /evil HTTP/1.1\\" 200 1'
    row = one("combined", line(b"GET /true HTTP/1.1", head=forged, tail=b' "-" "x"'))
    assert (row["time"], row["path"], row["address"]) == ("2026-11-22T14:30:45.000000Z", b"/true", "192.0.2.7")


@pytest.mark.parametrize(
    ("tail", "agent", "referrer", "salvaged"),
    [
        (b"", None, None, 0),
        (b' "-" "-"', None, None, 0),
        (b' "" ""', None, None, 0),
        (b' "https://a.example/" "curl/8"', "curl/8", "https://a.example/", 0),
        (b' "-" "curl/8" "198.51.100.4"', "curl/8", None, 0),
        (b' "-" "curl/8" 0.003 0.001', "curl/8", None, 0),
        (b' "-" "curl/8" 512 1024', "curl/8", None, 0),
        (b' "-" "Nikto" 240 "test@docker" "http://h:80" 0ms', "Nikto", None, 0),
        (b" 0.003", None, None, 0),
        (b' "-" "say \\"hi\\" \\\\ \\x41"', 'say "hi" \\ A', None, 0),
        (b' "-" "not \xff utf-8"', "not \\xff utf-8", None, 0),
        (b' "-" "Mozilla/5.0 (comp', "Mozilla/5.0 (comp", None, 1),
        (b' "-" "', None, None, 1),
        (b' "https://a.exam', None, "https://a.exam", 1),
        (b' "-" "an "odd" agent"', 'an "odd" agent', None, 1),
        (b' 0.003 "-" "curl/8"', None, None, 1),
    ],
)
def test_what_follows_the_size(tail: bytes, agent: str | None, referrer: str | None, salvaged: int) -> None:
    row = one("combined", line(b"GET /a HTTP/1.1", tail=tail))
    assert (row["agent"], row["referrer"], row["salvaged"]) == (agent, referrer, salvaged)
    assert (row["status"], row["sent"], row["received"]) == (200, 621, None)


@pytest.mark.parametrize(
    ("keep", "expected"),
    [
        (b'"PUT /a/b.jpg HTTP/1.1" 201', ("PUT", b"/a/b.jpg", Action.UPLOAD, 201, 1, 0)),
        (b'"PUT /a/b.jpg HTTP/1.1" 20', ("PUT", b"/a/b.jpg", Action.UPLOAD, None, None, 0)),
        (b'"PUT /a/b.jpg HTTP/1.1"', ("PUT", b"/a/b.jpg", Action.UPLOAD, None, None, 0)),
        (b'"PUT /a/b.jpg HTT', ("PUT", b"/a/b.jpg", Action.UPLOAD, None, None, 0)),
        (b'"PUT /a/b.jp', ("PUT", b"/a/b.jp", Action.UPLOAD, None, None, 1)),
        (b'"GET /a/', ("GET", b"/a/", Action.OTHER, None, None, 1)),
        (b'"PU', (None, None, Action.OTHER, None, None, 0)),
        (b'"', (None, None, Action.OTHER, None, None, 0)),
        (b"", (None, None, Action.OTHER, None, None, 0)),
    ],
)
def test_a_line_that_was_cut_off_is_salvaged(keep: bytes, expected: tuple[object, ...]) -> None:
    row = one("combined", b"192.0.2.7 - - " + TIME + b" " + keep)
    assert row["salvaged"] == 1
    assert tuple(row[name] for name in ("method", "path", "action", "status", "ok", "damaged")) == expected
    assert row["sent"] is None


def test_unescaped_quotes_in_a_request_are_read_and_marked() -> None:
    row = one("combined", line(b'GET /x?t=<script>alert("text")</script> HTTP/1.0', b"404", b"1164"))
    assert (row["path"], row["status"], row["sent"], row["salvaged"]) == (b"/x", 404, 1164, 1)


def test_dashes_are_unknown_and_not_nought() -> None:
    row = one("combined", line(b"GET /a HTTP/1.1", b"-", b"-", tail=b' "-" "-"'))
    assert (row["status"], row["sent"], row["ok"], row["salvaged"]) == (None, None, None, 0)


@pytest.mark.parametrize(
    ("stamp", "time"),
    [
        (b"29/Feb/2024:23:59:59 +0900", "2024-02-29T14:59:59.000000Z"),
        (b"01/Jan/2024:00:30:00 +0530", "2023-12-31T19:00:00.000000Z"),
        (b"31/Dec/2023:23:00:00 -0330", "2024-01-01T02:30:00.000000Z"),
        (b"01/Jan/1970:00:00:00 +0000", "1970-01-01T00:00:00.000000Z"),
        (b"01/Jan/2024:00:00:00.250 +0000", "2024-01-01T00:00:00.250000Z"),
    ],
)
def test_times_keep_their_offset(stamp: bytes, time: str) -> None:
    assert one("combined", line(b"GET /a HTTP/1.1").replace(TIME[1:-1], stamp))["time"] == time


@pytest.mark.parametrize(
    "stamp",
    [
        b"32/Feb/2024:00:00:00 +0000", b"29/Feb/2023:00:00:00 +0000", b"00/Jan/2024:00:00:00 +0000",
        b"01/Jan/2024:24:00:00 +0000", b"01/Jan/2024:00:60:00 +0000", b"01/Jan/2024:00:00:60 +0000",
        b"01/jan/2024:00:00:00 +0000", b"01/Mai/2024:00:00:00 +0000", b"01/Jan/2024:00:00:00 +2400",
        b"01/Jan/0000:00:00:00 +0000", b"01/Jan/9999:00:00:00 +0000", b"01/Jan/2024:00:00:00 +0060",
    ],
)  # fmt: skip
def test_a_time_that_does_not_exist_is_rejected(stamp: bytes) -> None:
    assert refused("combined", line(b"GET /a HTTP/1.1").replace(TIME[1:-1], stamp)) == "log-line-time"


@pytest.mark.parametrize(
    "odd",
    [
        b"[Mon Aug 31 09:30:48.958285 2015] [error] [client 10.17.42.3] Premature end",
        b"#Fields: date time c-ip",
        b"192.0.2.7",
        b"- - - " + TIME + b' "GET / HTTP/1.1" 200 1',
        b"Jan  3 09:47:02 host nginx: 192.0.2.7 - - " + TIME + b' "GET / HTTP/1.1" 200 1',
        b"79a5 mybucket " + TIME + b' 192.0.2.3 79a5 3E57 REST.GET - "GET /x HTTP/1.1" 200 - 113 - 7 - "-" "S3" -',
        b"192.0.2.7 - - " + TIME + b' "GET / HTTP/1.1" granted',
        b"192.0.2.7 - - " + TIME + b" something else",
    ],
)
def test_another_kind_of_line_is_rejected(odd: bytes) -> None:
    assert refused("combined", odd + b"\n") == "log-line-unread"


def test_lines_are_counted_and_placed() -> None:
    good = line(b"GET /a HTTP/1.1", tail=b' "-" "x"')
    data = b"\xef\xbb\xbf" + good + b"\r\n\r\n  \t\n" + b"\0\0" + good + b"\nrubbish\r\n" + good
    batch = parse_chunk("combined", data)
    found = rows(batch)
    assert [(row["line"], row["salvaged"]) for row in found] == [(1, 0), (4, 1), (6, 0)]
    assert batch.rejects == [(5, data.index(b"rubbish"), 7, "log-line-unread")]
    assert batch.lines == 6
    assert batch.size == len(data)
    for row in found:
        assert data[row["start"] : row["start"] + row["length"]].endswith(good)


def test_the_longest_line_stays_within_bounds() -> None:
    row = one("combined", line(b"GET / HTTP/1.1", tail=b' "-" "' + b"\xff" * (LONGEST - 120) + b'"'))
    assert len(row["agent"]) < 1 << 20


def test_an_overlong_line_is_rejected_unread() -> None:
    assert refused("combined", line(b"GET /" + b"a" * LONGEST + b" HTTP/1.1")) == "log-line-long"


@pytest.mark.parametrize(
    "filler", [b"\\", b'\\"', b'"', b" ", b'" "', b"[", b"\\x", b" HTTP/1", b' [22/Nov/2026:14:30:45 +0000] "']
)
def test_a_hostile_line_costs_little(filler: bytes) -> None:
    odd = line(b"GET /" + filler * (200_000 // len(filler)), tail=b' "-" "x')
    batch = parse_chunk("combined", odd + b"\n" + b"192.0.2.7 " + filler * (200_000 // len(filler)))
    assert len(batch) + len(batch.rejects) == 2


def test_addresses_have_one_spelling() -> None:
    assert ip_text(b"2001:0DB8:0000::0001") == "2001:db8::1"
    assert ip_text(b"::FFFF:203.0.113.9") == "203.0.113.9"
    assert ip_text(b"203.0.113.09") is None
    assert ip_text(b"203.0.113") is None
    assert ip_text(b"1") is None
    assert ip_text(b"\xff\xfe") is None


def test_escapes_are_undone_once() -> None:
    assert unescape(rb"\x5cx41 \" \\n \n \q \x4") == b'\\x41 " \\n \n \\q \\x4'
