"""The demonstration case, built once and questioned through the command line: its truth is found again."""

from __future__ import annotations

import time
from collections import Counter
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.cli.running import listed, run
from workbench.core.errors import Cancelled, UserError
from workbench.core.progress import Progress, Step
from workbench.demo.build import build
from workbench.demo.truth import Truth

OTHERS = ("--not-label", "vpn", "--not-label", "hosting")


class Demo(NamedTuple):
    case: Path
    truth: Truth
    seconds: float


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    folder = tmp_path_factory.mktemp("demo") / "demo"
    began = time.monotonic()
    made = run("demo", folder, "--json").object
    seconds = time.monotonic() - began
    print(f"built in {seconds:.1f} s")
    return Demo(Path(made["case"]), Truth.load(Path(made["truth"])), seconds)


def test_it_is_built_within_a_minute(demo: Demo) -> None:
    assert demo.seconds < 60


def test_nothing_is_wrong_with_it(demo: Demo) -> None:
    assert run("verify", demo.case, "--json").object["problems"] == []


def test_it_says_that_it_is_invented(demo: Demo) -> None:
    created = listed("custody", demo.case)[0]["arguments"]
    assert created["title"].startswith("Invented demonstration")
    assert created["examiner"] == "Demonstration"


def test_the_four_exceptions_are_found(demo: Demo) -> None:
    rows = listed("origins", demo.case, *OTHERS)
    assert {row["address"]: row["country"] for row in rows} == demo.truth.exceptions
    assert all("unlisted" in row["labels"] for row in rows)


def test_uploads_are_counted_by_address(demo: Demo) -> None:
    rows = listed("origins", demo.case)
    assert {row["address"]: row["uploads"] for row in rows if row["uploads"]} == demo.truth.uploads_by_address
    assert {row["address"] for row in rows} == set(demo.truth.addresses) - {demo.truth.own_address}
    assert all(row["upload_bytes"] is None for row in rows), "the combined format does not hold received bytes"


def test_the_observers_own_traffic_is_there_when_asked_for(demo: Demo) -> None:
    own = demo.truth.own_address
    assert listed("origins", demo.case, "--address", own) == []
    assert [row["address"] for row in listed("origins", demo.case, "--address", own, "--own")] == [own]
    assert all(row["own"] for row in listed("events", demo.case, "--address", own, "--own"))


def test_the_missed_day_and_the_failed_look_are_found(demo: Demo) -> None:
    days = {row["start"][:10]: row for row in listed("timeline", demo.case, "--clock", "observed", "--by", "day")}
    assert list(days) == demo.truth.days
    assert [day for day, row in days.items() if row["looked"] == "no"] == [demo.truth.missed_day]
    assert [day for day, row in days.items() if row["looked"] == "failed"] == [demo.truth.failed_day]
    assert {row["looked"] for row in days.values()} == {"no", "failed", "complete"}


def test_the_daily_block_of_active_hours_is_found(demo: Demo) -> None:
    bins = listed("timeline", demo.case, "--by", "hour", "--action", "upload", "--zone", "UTC")
    hours: Counter[int] = Counter()
    for row in bins:
        hours[int(row["start"][11:13])] += row["uploads"]
    first, after = demo.truth.active_hours_utc
    quiet = range(*demo.truth.quiet_hours_utc)
    active = {hour for hour, count in hours.items() if count}
    assert (min(active), max(active) + 1) == (first, after)
    assert max(hours[hour] for hour in quiet) < min(hours[hour] for hour in active - set(quiet))


def test_duplicates_are_one_file_with_several_paths(demo: Demo) -> None:
    found = [sorted(row["paths"]) for row in listed("files", demo.case) if len(row["paths"]) > 1 and row["size"]]
    assert sorted(found) == demo.truth.duplicates


def test_most_revisions_look_alike(demo: Demo) -> None:
    """At the default distance; a take that was drawn anew is no near duplicate and is not expected."""
    group_of = {member: row["group"] for row in listed("groups", demo.case) for member in row["members"]}
    pairs = [(old, new) for old, new in demo.truth.revised_objects]
    together = [pair for pair in pairs if group_of.get(pair[0]) == group_of.get(pair[1], -1)]
    print(f"revision pairs in one group: {len(together)} of {len(pairs)}")
    assert len(together) >= 0.85 * len(pairs)


def test_a_revision_is_near_its_drawing(demo: Demo) -> None:
    old, new = demo.truth.revised_objects[0]
    near = listed("similar", demo.case, old, "--distance", 10)
    assert new in [row["sha256"] for row in near]
    assert [row["distance"] for row in near] == sorted(row["distance"] for row in near)
    path = next(each.path for each in demo.truth.arrivals if each.sha256 == old and each.first_seen)
    file = next(demo.case.parent.glob(f"inputs/looks/*/{path}"))
    assert old in [row["sha256"] for row in listed("similar", demo.case, file) if row["distance"] == 0]


def test_who_uploaded_a_drawing(demo: Demo) -> None:
    uploads = [each for each in demo.truth.arrivals if each.address and each.first_seen and each.size]
    found = wrong = 0
    by_hash: dict[str, set[str]] = {}
    for row in listed("events", demo.case, "--action", "upload"):
        for match in row["matches"]:
            by_hash.setdefault(match["sha256"], set()).add(row["address"])
    for each in uploads:
        found += each.address in by_hash.get(each.sha256, ())
    truly: dict[str, set[str | None]] = {}
    for each in demo.truth.arrivals:
        truly.setdefault(each.sha256, set()).add(each.address)
    wrong = sum(len(addresses - truly[sha256]) for sha256, addresses in by_hash.items())
    print(f"uploads that were seen and are matched: {found} of {len(uploads)}, wrong: {wrong}")
    assert found == len(uploads)
    assert wrong == 0


def test_one_drawing_is_traced_both_ways(demo: Demo) -> None:
    each = next(
        each for each in demo.truth.arrivals if each.address in demo.truth.exceptions and each.first_seen and each.size
    )
    row = next(row for row in listed("events", demo.case, "--action", "upload", "--path", "*" + each.path) if row["ok"])
    assert row["address"] == each.address
    assert each.sha256 in [match["sha256"] for match in row["matches"]]
    assert each.sha256 in [file["sha256"] for file in listed("files", demo.case, "--address", each.address)]


def _change_rows(day: Any) -> set[tuple[str, str, str | None]]:
    moved = {("moved", new, old) for old, new in day.moved}
    kinds = {
        "added": day.added,
        "changed": day.changed,
        "removed": day.removed,
        "returned": day.returned,
        "time-changed": day.time_changed,
    }
    return moved | {(kind, path, None) for kind, paths in kinds.items() for path in paths}


def test_changes_are_those_of_the_truth(demo: Demo) -> None:
    days = {
        row["start"][:10]: row for row in listed("timeline", demo.case, "--clock", "observed") if row["looked"] != "no"
    }
    day_of = dict(enumerate(days, start=1))
    found: dict[str, set[tuple[str, str, str | None]]] = {day: set() for day in demo.truth.changes}
    for row in listed("changes", demo.case):
        found[day_of[row["snapshot"]]].add((row["change"], row["path"], row["old_path"]))
    for day, expected in demo.truth.changes.items():
        assert found[day] == _change_rows(expected), day


def test_a_change_filters_files(demo: Demo) -> None:
    returned = set(chain.from_iterable(day.returned for day in demo.truth.changes.values()))
    rows = listed("files", demo.case, "--change", "returned")
    assert returned <= set(chain.from_iterable(row["paths"] for row in rows))
    assert len(rows) <= len(returned)


def test_counts(demo: Demo) -> None:
    counts = demo.truth.counts
    files = [row for row in listed("files", demo.case) if row["sha256"]]
    sightings = listed("sightings", demo.case)
    assert len(sightings) == counts["sightings"] + len(demo.truth.failed_look_paths)
    complete = {row["sha256"] for row in sightings if row["snapshot"] != _failed(demo)}
    assert len(complete) == counts["objects"]
    assert len(files) == len({row["sha256"] for row in sightings})
    events = sum(row["count"] for row in listed("timeline", demo.case, "--own"))
    assert events == counts["log_lines"]


def _failed(demo: Demo) -> int:
    days = [day for day in demo.truth.days if day != demo.truth.missed_day]
    return days.index(demo.truth.failed_day) + 1


def test_states_of_what_is_no_picture(demo: Demo) -> None:
    state = {path: row["state"] for row in listed("files", demo.case) for path in row["paths"]}
    for path, form in demo.truth.not_pictures.items():
        if path in state:
            assert state[path] == {"broken": "undecodable", "empty": "empty"}.get(form, "ok"), path


def test_it_is_not_built_where_something_lies(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    ran = run("demo", tmp_path, "--json", code=2)
    assert "is there already" in ran.err
    assert [each.name for each in tmp_path.iterdir()] == ["mine.txt"]


def test_a_build_that_is_stopped_leaves_nothing(tmp_path: Path) -> None:
    progress = Progress()

    def stop(step: Step) -> None:
        if step.what == "stage-store":
            progress.cancel()

    progress = Progress(stop)
    with pytest.raises(Cancelled):
        build(tmp_path / "demo", progress, scale=0.05)
    assert not (tmp_path / "demo").exists()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written"):
        build(tmp_path / "file" / "demo")
