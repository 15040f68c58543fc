"""The demonstration's inputs: the same on every run, all invented, and their truth holds."""

from __future__ import annotations

import csv
import hashlib
import re
import time
from collections import Counter
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import unquote

import pytest
from PIL import Image, ImageChops, ImageOps

from workbench.core.errors import Cancelled, UserError
from workbench.core.progress import Progress
from workbench.demo.inputs import make_inputs
from workbench.demo.networks import EXCEPTION_UPLOADS, OWN
from workbench.demo.story import DAYS, FAILED, MISSED, write_plot
from workbench.demo.traffic import FULL_LINES, Traffic, target
from workbench.demo.truth import Truth

SCALE = 0.06
DOCUMENTATION = [ip_network(net) for net in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")]
COMBINED = re.compile(
    r'^(\S+) - - \[(\d\d/\w{3}/2024:\d\d:\d\d:\d\d \+0000)\] "([^"]*)" (\d{3}) (\d+|-) "[^"]*" "[^"]*"$'
)


def digest(folder: Path) -> str:
    """One hash over every name, every byte and every modified time."""
    whole = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            whole.update(path.relative_to(folder).as_posix().encode())
            whole.update(hashlib.sha256(path.read_bytes()).digest())
            if "looks" in path.parts[len(folder.parts)]:
                whole.update(str(int(path.stat().st_mtime)).encode())
    return whole.hexdigest()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    folder = tmp_path_factory.mktemp("demo") / "inputs"
    return folder, make_inputs(folder, scale=SCALE)


def log_rows(folder: Path) -> list[tuple[str, datetime, str, str, int]]:
    """Address, time, method, path and status of each line."""
    months = {"Jan": 1}
    rows = []
    for line in (folder / "access.log").read_text(encoding="ascii").splitlines():
        found = COMBINED.match(line)
        assert found, line
        address, clock, request, status, _ = found.groups()
        day, month, rest = clock.split("/")
        year, hour, minute, second = rest.split(" ")[0].split(":")
        at = datetime(int(year), months[month], int(day), int(hour), int(minute), int(second), tzinfo=UTC)
        method, _, rest = request.partition(" ")
        rows.append((address, at, method, unquote(rest.rpartition(" ")[0]).lstrip("/"), int(status)))
    return rows


def test_two_runs_give_the_same_bytes(
    small: tuple[Path, Truth], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Pyongyang")
    if hasattr(time, "tzset"):
        time.tzset()
    again = make_inputs(tmp_path / "again", scale=SCALE)
    monkeypatch.undo()
    if hasattr(time, "tzset"):
        time.tzset()
    assert again == small[1]
    assert digest(tmp_path / "again") == digest(small[0])


def test_truth_reads_back(small: tuple[Path, Truth]) -> None:
    assert Truth.load(small[0] / "truth.json") == small[1]


def test_all_days_but_the_missed_and_the_failed_one_are_looks(small: tuple[Path, Truth]) -> None:
    folder, truth = small
    looks = {path.name for path in (folder / "looks").iterdir()}
    assert looks == set(truth.days) - {truth.missed_day, truth.failed_day}
    assert [path.name for path in (folder / "looks-failed").iterdir()] == [truth.failed_day]
    assert len(truth.days) == 31
    assert truth.counts["looks"] == 29


def test_every_file_on_disk_is_as_the_truth_says(small: tuple[Path, Truth]) -> None:
    folder, truth = small
    versions = {(row.path, row.sha256): row for row in truth.arrivals}
    moved = {pair[1]: pair[0] for day in truth.changes.values() for pair in day.moved}
    previous: dict[str, str] = {}
    sightings = 0
    for day in sorted(path.name for path in (folder / "looks").iterdir()):
        now = {}
        for path in sorted((folder / "looks" / day).rglob("*")):
            if path.is_dir():
                continue
            name = path.relative_to(folder / "looks" / day).as_posix()
            now[name] = hashlib.sha256(path.read_bytes()).hexdigest()
            row = versions.get((name, now[name])) or versions[moved[name], now[name]]
            assert path.stat().st_size == row.size
            rows = [item for item in truth.arrivals if item.sha256 == row.sha256]
            times = {datetime.fromisoformat(item.time).timestamp() for item in rows}
            assert path.stat().st_mtime in times
            assert row.first_seen is not None
            assert min(item.first_seen for item in rows if item.first_seen) <= day
        if previous:
            changes = truth.changes[day]
            fresh, gone = set(now) - set(previous), set(previous) - set(now)
            assert fresh == {*changes.added, *changes.returned, *(pair[1] for pair in changes.moved)}
            assert gone == {*changes.removed, *(pair[0] for pair in changes.moved)}
            assert changes.changed == sorted(name for name in now if previous.get(name, now[name]) != now[name])
        previous = now
        sightings += len(now)
    assert sightings == truth.counts["sightings"]
    failed = folder / "looks-failed" / truth.failed_day
    got = sorted(path.relative_to(failed).as_posix() for path in failed.rglob("*") if path.is_file())
    assert got == truth.failed_look_paths


def test_duplicates_are_the_same_bytes(small: tuple[Path, Truth]) -> None:
    folder, truth = small
    by_hash: dict[str, set[str]] = {}
    for path in (folder / "looks").rglob("*"):
        if path.is_file() and path.stat().st_size:
            name = "/".join(path.relative_to(folder / "looks").parts[1:])
            by_hash.setdefault(hashlib.sha256(path.read_bytes()).hexdigest(), set()).add(name)
    assert truth.duplicates == sorted(sorted(names) for names in by_hash.values() if len(names) > 1)
    assert truth.duplicates
    assert truth.counts["objects"] == len(by_hash) + 1, "and the empty one"


def test_uploads_in_the_log_are_the_arrivals(small: tuple[Path, Truth]) -> None:
    folder, truth = small
    puts = [(row[0], row[1], row[3]) for row in log_rows(folder) if row[2] == "PUT" and row[4] < 300]
    told = [(row.address, datetime.fromisoformat(row.time), row.path) for row in truth.arrivals if row.address]
    assert sorted(puts, key=lambda row: row[1]) == told
    assert Counter(row[0] for row in puts) == truth.uploads_by_address
    begin, end = truth.active_hours_utc
    noon, after = truth.quiet_hours_utc
    hours = Counter(row[1].hour for row in puts)
    assert all(begin <= hour < end and not noon <= hour < after for hour in hours)
    assert {row[1].date().isoformat() for row in puts}.isdisjoint(truth.closed_days)


def test_four_addresses_are_on_no_list(small: tuple[Path, Truth]) -> None:
    folder, truth = small
    with (folder / "invented-networks.csv").open(encoding="utf-8") as file:
        networks = list(csv.DictReader(file))
    assert list(networks[0]) == ["prefix", "country", "asn", "as_name", "labels"]
    unlisted = {}
    addresses = {row[0] for row in log_rows(folder)}
    for address in addresses:
        assert any(ip_address(address) in net for net in DOCUMENTATION), address
        rows = [row for row in networks if ip_address(address) in ip_network(row["prefix"])]
        assert len(rows) == 1, address
        assert 64496 <= int(rows[0]["asn"]) <= 64511 or 65536 <= int(rows[0]["asn"]) <= 65551
        if not {"vpn", "hosting"} & set(rows[0]["labels"].split()):
            unlisted[address] = rows[0]["country"]
    assert unlisted == truth.exceptions
    assert sorted(unlisted.values()) == ["CN", "CN", "CN", "ES"]
    assert addresses == set(truth.addresses)
    assert OWN in addresses
    assert {name: truth.uploads_by_address[name] for name in unlisted} == EXCEPTION_UPLOADS


def test_every_picture_says_that_it_is_invented(small: tuple[Path, Truth]) -> None:
    from workbench.demo.paper import mark, mark_place

    folder, truth = small
    looked = 0
    for row in {row.sha256: row for row in truth.arrivals if row.first_seen and row.invented_picture}.values():
        assert row.first_seen
        with Image.open(folder / "looks" / row.first_seen / row.path) as stored:
            picture = ImageOps.exif_transpose(stored).convert("RGB")
        left, top, right, bottom = area = mark_place(picture)
        paper = picture.getpixel((left - 6, (top + bottom) // 2))
        assert isinstance(paper, tuple)
        wanted = Image.new("RGB", picture.size, tuple(int(part) for part in paper[:3]))
        mark(wanted)
        differ = ImageChops.difference(picture.crop(area).convert("L"), wanted.crop(area).convert("L"))
        assert sum(differ.histogram()[70:]) < (right - left) * (bottom - top) * 0.01, row.path
        looked += 1
    assert looked == truth.counts["pictures"]


def test_what_is_no_picture_is_there_too(small: tuple[Path, Truth]) -> None:
    assert sorted(small[1].not_pictures.values()) == ["broken", "empty", "note", "zip"]
    assert len(small[1].never_seen) == 1
    assert "虚构" in (small[0] / "README.txt").read_text(encoding="utf-8")


def test_a_full_month_has_some_twenty_thousand_lines() -> None:
    plot = write_plot()
    rows = Traffic(plot, {}, FULL_LINES).make()
    assert len(rows) == FULL_LINES
    assert all(COMBINED.match(row.line()) for row in rows)
    assert len({row.address for row in rows}) == 60
    assert [row.time for row in rows] == sorted(row.time for row in rows)
    own = {datetime.fromtimestamp(row.time, UTC).date() for row in rows if row.address == OWN}
    assert own == set(DAYS) - {MISSED}
    assert FAILED in own
    uploads = Counter(datetime.fromtimestamp(act.time, UTC).date() for act in plot.acts[plot.before :])
    assert min(uploads[day] for day in DAYS if day.weekday() < 5 and day != DAYS[0]) > 10
    assert max(uploads[day] for day in DAYS if day.weekday() == 6) < 6
    drawings = {act.content for act in plot.acts if act.content and act.content.drawing}
    assert len(drawings) > 400
    asked = {row.target for row in rows if row.method == "PUT"}
    assert {target(act.path) for act in plot.acts[plot.before :] if act.verb == "upload"} == asked


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("kept")
    with pytest.raises(UserError) as refused:
        make_inputs(tmp_path, scale=SCALE)
    assert refused.value.message.code == "demo-folder-exists"
    assert (tmp_path / "mine").read_text() == "kept"


def test_cancelling_leaves_nothing_behind(tmp_path: Path) -> None:
    progress = Progress(lambda step: progress.cancel() if step.total else None)
    with pytest.raises(Cancelled):
        make_inputs(tmp_path / "new", progress, scale=SCALE)
    assert not (tmp_path / "new").exists()
