"""Access logs into the case: grown, rotated, compressed, read again, with another zone; roots; real servers' truth."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.making import look, sighted, stored
from tests.shared import shared_data
from workbench.case.case import Case
from workbench.core.errors import UserError
from workbench.core.filter import Filter
from workbench.core.progress import Progress
from workbench.core.times import SECOND, from_datetime
from workbench.jobs import logs
from workbench.jobs.logs import Read
from workbench.jobs.matching import match_uploads
from workbench.jobs.pool import Pool
from workbench.queries import events, timeline
from workbench.queries.verify import verify

LINES = [
    b'192.0.2.%d - - [01/Jan/2024:00:%02d:00 +0000] "PUT /f%d HTTP/1.1" 201 5 "-" "a"\n' % (each % 9, each % 60, each)
    for each in range(100)
]
XFER = b"Mon Jan  1 09:30:0%d 2024 1 192.0.2.%d 5 /srv/ftp/incoming/%d.png b _ i r user ftp 0 * c\n"


class Taken:
    """Logs of one case."""

    def __init__(self, case: Case, pool: Pool, folder: Path) -> None:
        self.case, self.pool, self.folder = case, pool, folder

    def add(self, data: bytes, name: str = "access.log", **options: Any) -> Read:
        (self.folder / name).write_bytes(data)
        return logs.add(self.case, self.folder / name, self.pool, Progress(), **options)

    @property
    def events(self) -> list[dict[str, Any]]:
        return self.case.ask(lambda reader: list(events.rows(reader, Filter(own=True))))

    @property
    def rejects(self) -> list[dict[str, Any]]:
        return self.case.ask(lambda reader: list(events.rejects(reader)))


@pytest.fixture
def taken(case: Case, pool: Pool, tmp_path: Path) -> Taken:
    return Taken(case, pool, tmp_path)


def numbers(rows: list[dict[str, Any]]) -> list[tuple[int, str]]:
    return [(row["line"], row["path"]) for row in rows]


PACKERS = {"plain": bytes, "gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}


@pytest.mark.parametrize("first", PACKERS)
@pytest.mark.parametrize("second", PACKERS)
def test_a_grown_log_adds_what_is_new(taken: Taken, first: str, second: str) -> None:
    assert taken.add(PACKERS[first](b"".join(LINES[:60]))).events == 60
    assert taken.add(PACKERS[first](b"".join(LINES[:60]))).events == 0
    done = taken.add(PACKERS[second](b"".join(LINES)), "access.log.1")
    assert (done.events, done.lines, done.rejected) == (40, 100, 0)
    assert numbers(taken.events) == [(each + 1, f"/f{each}") for each in range(100)]
    assert taken.case.ask(verify).problems == ()


def test_grown_again_and_again_and_an_old_copy_last(taken: Taken) -> None:
    for end in (10, 40, 41, 100):
        taken.add(b"".join(LINES[:end]))
    for end in (40, 100, 20, 99):
        assert taken.add(b"".join(LINES[:end]), f"copy{end}").events == 0
    assert numbers(taken.events) == [(each + 1, f"/f{each}") for each in range(100)]


@pytest.mark.parametrize("cut", [1, 30, 60])
def test_a_log_that_was_copied_within_a_line(taken: Taken, cut: int) -> None:
    taken.add(b"".join(LINES[:20]))
    taken.add(b"".join(LINES[:50]) + LINES[50][:cut])
    taken.add(b"".join(LINES[:80]) + LINES[80][:-1])
    taken.add(b"".join(LINES))
    assert numbers(taken.events) == [(each + 1, f"/f{each}") for each in range(100)]
    assert taken.rejects == []
    assert taken.case.ask(verify).problems == ()


def test_another_log_is_another_log(taken: Taken) -> None:
    taken.add(b"".join(LINES[:50]), "a.log")
    assert taken.add(b"".join(LINES[50:]), "b.log").events == 50
    assert len(taken.events) == 100


def test_a_damaged_compressed_log(taken: Taken) -> None:
    packed = gzip.compress(b"".join(LINES * 50))
    done = taken.add(packed[: len(packed) // 2], "cut.gz")
    assert done.problem is not None
    assert done.problem.code == "log-compressed-cut"
    assert 0 < done.events < 5000
    assert [row["code"] for row in taken.rejects if row["where"] == done.log.hex()] == ["log-compressed-cut"]
    again = taken.add(packed[: len(packed) // 2], "cut.gz")
    assert again.events == 0
    assert len([row for row in taken.rejects if row["code"] == "log-compressed-cut"]) == 1


def test_no_log(taken: Taken, tmp_path: Path) -> None:
    for data in (b"", b"hello\n" * 20, bytes(range(256)) * 20):
        with pytest.raises(UserError) as raised:
            taken.add(data, "what.txt")
        assert raised.value.message.code == "log-not-understood"
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(UserError) as raised:
            logs.add(taken.case, path, taken.pool, Progress())
        assert raised.value.message.code == "log-unreadable"
    with pytest.raises(UserError):
        taken.add(b"".join(LINES), zone="Mars/Olympus")
    assert taken.case.ask(lambda reader: reader.stamp) == 1


def test_one_process_at_a_time(taken: Taken) -> None:
    claim = taken.case.evidence.claim("logs")
    assert claim is not None
    with pytest.raises(UserError, match="Another program"):
        taken.add(b"".join(LINES))
    claim.release()
    assert taken.add(b"".join(LINES)).events == 100


def test_a_zone_makes_a_better_reading(taken: Taken) -> None:
    data = b"".join(XFER % (each, each, each) for each in range(1, 6)) + b"what is this\n"
    assert taken.add(data, "xferlog").zone == "unknown"
    assert {(row["zone"], row["time"][-1]) for row in taken.events} == {("unknown", "0")}
    assert len(taken.rejects) == 1
    given = taken.add(data, "xferlog", zone="Asia/Pyongyang")
    assert (given.zone, given.events) == ("given", 5)
    assert [row["time"] for row in taken.events] == [f"2024-01-01T00:30:0{each}.000000Z" for each in range(1, 6)]
    assert len(taken.rejects) == 1, "those of a reading that was superseded do not count"
    assert taken.add(data, "xferlog").events == 0, "no zone keeps the one that was given"
    assert taken.case.ask(lambda reader: reader.value("SELECT count(*) FROM event")) == 10, "nothing was updated"
    spans = taken.case.ask(timeline.logged, Filter())
    assert len(spans.start) == 1
    assert taken.case.ask(verify).problems == ()


def test_the_server_s_root_is_recorded(taken: Taken) -> None:
    held = stored(taken.case, b"12345")
    look(taken.case, [sighted(b"incoming/%d.png" % each, held) for each in range(1, 6)])
    taken.add(b"".join(XFER % (each, each, each) for each in range(1, 6)), "xferlog", zone="UTC")
    assert taken.case.ask(lambda reader: reader.all("SELECT prefix FROM rootmap")) == [(b"/srv/ftp",)]
    assert [row["path"] for row in taken.events] == [f"/incoming/{each}.png" for each in range(1, 6)]


def test_rejects_tell_the_line(taken: Taken) -> None:
    for name, pack in PACKERS.items():
        data = pack(
            b"".join(LINES[:30])
            + b"odd %s\n" % name.encode()
            + b"".join(LINES[30:60])
            + b"\xff\n"
            + b"".join(LINES[60:])
        )
        taken.add(data, f"log.{name}")
    rows = taken.rejects
    assert [(row["line"], row["raw"]) for row in rows] == [
        pair for name in PACKERS for pair in ((31, f"odd {name}"), (62, "\ufffd"))
    ]
    assert all(row["reason"] for row in rows)


SERVERS = {
    "apache-dav": ("apache-access.log", b"dav/", {}),
    "nginx-dav": ("nginx-access.log", b"", {}),
    "proftpd": ("proftpd-xferlog", b"", {"zone": "UTC"}),
    "vsftpd": ("vsftpd-xferlog", b"", {"zone": "UTC"}),
}


@pytest.mark.parametrize("server", SERVERS)
def test_every_upload_to_a_real_server_is_found_and_matched(taken: Taken, server: str) -> None:
    truth = [json.loads(line) for line in shared_data("logs-live-servers", "truth.jsonl").read_text().splitlines()]
    uploads = [each for each in truth if each["server"] == server and each["op"] == "upload" and each["ok"]]
    name, _, options = SERVERS[server]
    files = [
        sighted(
            each["path"].lstrip("/").encode(),
            stored(taken.case, shared_data(*each["body_file"].split("/")).read_bytes()),
        )
        for each in uploads
    ]
    observed = max(from_datetime(datetime.fromisoformat(each["utc_end"])) for each in uploads) + 60 * SECOND
    look(taken.case, files, observed)
    logs.add(taken.case, shared_data("logs-live-servers", name), taken.pool, Progress(), **options)
    match_uploads(taken.case, Progress())
    found = [row for row in taken.events if row["action"] == "upload" and row["ok"]]
    named = matched = wrong = 0
    for each in uploads:
        began, ended = (from_datetime(datetime.fromisoformat(each[key])) for key in ("utc_start", "utc_end"))
        rows = [
            row
            for row in found
            if row["address"] == each["client_ip"]
            and began - 2 * SECOND <= from_datetime(datetime.fromisoformat(row["time"])) <= ended + 2 * SECOND
            and (row["path_damaged"] or row["path"] in (each["path"], each["path"].replace(" ", "_")))
            and row["user"] in (each["user"], "ftp@example.com")
            and row["bytes_received"] in (None, each["bytes"])
        ]
        named += bool(rows)
        hashes = {match["sha256"] for row in rows for match in row["matches"]}
        matched += each["sha256"] in hashes
        wrong += bool(hashes - {each["sha256"]}) and len(rows) == 1
    print(f"{server}: {named} of {len(uploads)} uploads found, {matched} matched to their file, {wrong} wrong")
    assert (named, matched, wrong) == (len(uploads), len(uploads), 0)
