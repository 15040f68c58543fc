"""Transfer logs: direction and completion share a letter, names may hold spaces, no line states a zone."""

from __future__ import annotations

import pytest

from tests.logs.rows import one, refused, rows
from workbench.core.errors import UserError
from workbench.core.records import Action
from workbench.core.times import Zone
from workbench.logs.registry import parse_chunk

LINE = b"Sun Nov 22 14:30:46 2026 3 192.0.2.33 21047 /srv/ftp/files/x.jpg b _ i r wang ftp 0 * c"


def test_a_whole_line_gives_every_field() -> None:
    assert one("xferlog", LINE) == {
        "line": 1, "start": 0, "length": len(LINE), "time": "2026-11-22T14:30:46.000000Z", "zone": Zone.UNKNOWN,
        "action": Action.UPLOAD, "status": None, "ok": 1, "sent": None, "received": 21047, "damaged": 0, "salvaged": 0,
        "address": "192.0.2.33", "method": None, "path": b"/srv/ftp/files/x.jpg", "user": "wang", "agent": None,
        "referrer": None,
        "peer": None, "forwarded": None, "rule": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("letters", "action", "sent", "received"),
    [(b"i", Action.UPLOAD, None, 21047), (b"o", Action.DOWNLOAD, 21047, None), (b"d", Action.DELETE, None, None)],
)
def test_the_direction_says_which_way_the_bytes_went(
    letters: bytes, action: Action, sent: int | None, received: int | None
) -> None:
    row = one("xferlog", LINE.replace(b" i r ", b" " + letters + b" r "))
    assert (row["action"], row["sent"], row["received"]) == (action, sent, received)


@pytest.mark.parametrize(
    ("tail", "ok", "salvaged"), [(b" c", 1, 0), (b" i", 0, 0), (b"", None, 1), (b" c\r\n", 1, 0), (b" c\n", 1, 0)]
)
def test_the_completion_says_whether_it_worked(tail: bytes, ok: int | None, salvaged: int) -> None:
    row = one("xferlog", LINE[:-2] + tail)
    assert (row["ok"], row["salvaged"], row["action"]) == (ok, salvaged, Action.UPLOAD)


@pytest.mark.parametrize(
    ("zone", "time"),
    [
        ("UTC", "2026-11-22T14:30:46.000000Z"),
        ("Asia/Pyongyang", "2026-11-22T05:30:46.000000Z"),
        ("-03:30", "2026-11-22T18:00:46.000000Z"),
    ],
)
def test_a_given_zone_makes_it_universal(zone: str, time: str) -> None:
    row = one("xferlog", LINE, zone)
    assert (row["time"], row["zone"]) == (time, Zone.GIVEN)


def test_summer_time_is_followed() -> None:
    data = b"".join(LINE.replace(b"Nov 22", day) + b"\n" for day in (b"Jan 10", b"Jul 10", b"Jan 10"))
    winter, summer, again = (row["time"] for row in rows(parse_chunk("xferlog", data, "Europe/Madrid")))
    assert winter == again
    assert summer - winter == (181 * 24 - 1) * 3_600_000_000


def test_an_unknown_zone_is_said() -> None:
    with pytest.raises(UserError, match="zone"):
        parse_chunk("xferlog", LINE, "Mars/Olympus")


def test_days_of_one_digit_are_padded_with_a_space() -> None:
    assert one("xferlog", LINE.replace(b"Nov 22", b"Nov  2"))["time"] == "2026-11-02T14:30:46.000000Z"


@pytest.mark.parametrize(
    ("path", "damaged"),
    [
        ("/파일/满意啦？_005.tga".encode(), 0),
        (b"/pub/??????.jpg", 1),
        (b"/srv/a name  with spaces .jpg", 0),
        (b"/srv/\xff\xfe.jpg", 0),
    ],
)
def test_names_come_as_they_stand(path: bytes, damaged: int) -> None:
    row = one("xferlog", LINE.replace(b"/srv/ftp/files/x.jpg", path))
    assert (row["path"], row["damaged"], row["salvaged"], row["user"]) == (path, damaged, 0, "wang")


def test_what_an_anonymous_client_typed_is_the_user() -> None:
    row = one("xferlog", LINE.replace(b"r wang", b"a ftp@example.com"))
    assert row["user"] == "ftp@example.com"
    row = one("xferlog", LINE.replace(b"r wang", b"a two words"))
    assert (row["user"], row["path"]) == ("two words", b"/srv/ftp/files/x.jpg")


def test_a_line_that_can_be_read_in_two_ways_says_so() -> None:
    row = one("xferlog", LINE.replace(b"r wang", b"a x b _ o r root"))
    assert (row["salvaged"], row["damaged"]) == (1, 1)


@pytest.mark.parametrize("address", [b"::ffff:192.0.2.33", b"192.0.2.33"])
def test_addresses_have_one_spelling(address: bytes) -> None:
    assert one("xferlog", LINE.replace(b"192.0.2.33", address))["address"] == "192.0.2.33"


def test_host_names_stay_names() -> None:
    assert one("xferlog", LINE.replace(b"192.0.2.33", b"client.example"))["address"] == "client.example"


@pytest.mark.parametrize("day", [b"Nov 31", b"Feb 29", b"Nov  0", b"Nuv 22"])
def test_a_time_that_does_not_exist_is_rejected(day: bytes) -> None:
    assert refused("xferlog", LINE.replace(b"Nov 22", day)) == "log-line-time"


@pytest.mark.parametrize(
    "odd",
    [
        LINE[:50],
        LINE.replace(b" i r ", b" x r "),
        LINE.replace(b" 21047 ", b" many "),
        LINE.replace(b" 21047 ", b" " + b"9" * 40 + b" "),
        b'Sun Nov 22 14:30:45 2026 [pid 1987] CONNECT: Client "127.0.90.3"',
    ],
)
def test_another_kind_of_line_is_rejected(odd: bytes) -> None:
    assert refused("xferlog", odd + b"\n") == "log-line-unread"


@pytest.mark.parametrize("filler", [b" ", b" b _ i r ", b"? ", b"x"])
def test_a_hostile_line_costs_little(filler: bytes) -> None:
    odd = LINE.replace(b"x.jpg", filler * (200_000 // len(filler)))
    batch = parse_chunk("xferlog", odd + b"\n" + odd[:-3] + b"\n")
    assert len(batch) + len(batch.rejects) == 2
