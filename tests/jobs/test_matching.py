"""Which upload brought which file: the rules one by one, and what is left unmatched rather than guessed."""

from __future__ import annotations

import pytest

from tests.making import T0, log, look, sighted, stored
from workbench.case.case import Case
from workbench.core.progress import Progress
from workbench.core.records import Action
from workbench.core.times import DAY, HOUR, SECOND, Zone
from workbench.jobs.matching import match_uploads
from workbench.ops import logs


def upload(path: bytes | None, time: int | None = T0, **more: object) -> dict[str, object]:
    return {"address": "192.0.2.1", "path": path, "time": time, **more}


def matches(case: Case) -> list[tuple[int, int, str, float]]:
    match_uploads(case, Progress())
    assert match_uploads(case, Progress()) == 0
    return case.ask(lambda reader: reader.all("SELECT event, sighting, rule, score FROM match ORDER BY event"))


def rules(case: Case) -> list[tuple[int, int, str]]:
    return [row[:3] for row in matches(case)]


@pytest.fixture
def five(case: Case) -> Case:
    held = stored(case, b"12345")
    look(case, [sighted(b"in/a.png", held, T0 + 1)], T0 + HOUR)
    return case


RULES = {
    "the path": (upload(b"/in/a.png", T0 - HOUR), "path"),
    "path and time": (upload(b"/in/a.png"), "path+time"),
    "path, size and time": (upload(b"/in/a.png", received=5), "path+size+time"),
    "a mount point in front": (upload(b"/dav/in/a.png", T0 - HOUR), "path-suffix"),
    "another size": (upload(b"/in/a.png", received=6), None),
    "after the look": (upload(b"/in/a.png", T0 + 3 * HOUR), None),
    "a clock that is a minute off": (upload(b"/in/a.png", T0 + HOUR + 60 * SECOND), "path"),
    "a failed upload": (upload(b"/in/a.png", ok=0), None),
    "a download": (upload(b"/in/a.png", action=int(Action.DOWNLOAD)), None),
    "no path": (upload(None), None),
    "another file": (upload(b"/in/b.png"), None),
    "only the name": (upload(b"/elsewhere/deep/a.png", T0 - HOUR), None),
    "no time at all": (upload(b"/in/a.png", None), "path"),
    "a wall clock is not compared with UTC": (upload(b"/in/a.png", zone=int(Zone.UNKNOWN)), "path"),
}


@pytest.mark.parametrize("what", RULES)
def test_one_upload_and_one_file(five: Case, what: str) -> None:
    event, rule = RULES[what]
    log(five, [event])
    assert rules(five) == ([] if rule is None else [(1, 1, rule)])


def test_scores_grow_with_evidence_and_stay_below_one(five: Case) -> None:
    log(five, [upload(b"/in/a.png", T0 - HOUR)])
    (path,) = matches(five)
    log(five, [upload(b"/in/a.png", received=5)], name="b")
    both = matches(five)
    assert path[3] < both[-1][3] < 1


def test_a_server_root(five: Case) -> None:
    log_id, _ = log(five, [upload(b"/srv/ftp/in/a.png", T0 - HOUR)])
    five.run(logs.map_root, log_id, b"/srv/ftp")
    assert rules(five) == [(1, 1, "path")]


def test_the_harvest_keeps_the_server_in_a_folder(case: Case) -> None:
    look(case, [sighted(b"203.0.113.9/in/a.png", stored(case, b"x"))], T0 + HOUR)
    log(case, [upload(b"/in/a.png")])
    assert rules(case) == [(1, 1, "path-suffix")]


def test_spaces_that_the_server_wrote_as_underscores(case: Case) -> None:
    look(case, [sighted("in/컷 12 a.png".encode(), stored(case, b"x"))], T0 + HOUR)
    log(case, [upload("/in/컷_12_a.png".encode())])
    assert rules(case) == [(1, 1, "path-spaces")]


def test_a_damaged_path_needs_its_size(case: Case) -> None:
    look(case, [sighted("in/칼.png".encode(), stored(case, b"12345"))], T0 + HOUR)
    log(case, [upload(b"/in/???.png", damaged=1), upload(b"/in/???.png", damaged=1, received=5)])
    assert rules(case) == [(2, 1, "damaged-path+size")]


def test_two_damaged_paths_of_one_length_are_told_apart_by_size_or_left(case: Case) -> None:
    look(
        case,
        [sighted("in/칼.png".encode(), stored(case, b"12345")), sighted("in/검.png".encode(), stored(case, b"67890"))],
        T0 + HOUR,
    )
    log(case, [upload(b"/in/???.png", damaged=1, received=5)])
    assert rules(case) == []


def test_each_upload_to_the_look_that_followed_it(case: Case) -> None:
    for day, data in enumerate((b"first", b"other")):
        look(case, [sighted(b"a.png", stored(case, data))], T0 + day * DAY)
    log(case, [upload(b"/a.png", T0 - HOUR), upload(b"/a.png", T0 + HOUR)])
    assert rules(case) == [(1, 1, "path"), (2, 2, "path")]


def test_of_two_uploads_before_one_look_the_last_one_is_what_was_seen(case: Case) -> None:
    look(case, [sighted(b"a.png", stored(case, b"12345"))], T0 + HOUR)
    log(case, [upload(b"/a.png", T0), upload(b"/a.png", T0 + 60 * SECOND, address="198.51.100.9")])
    assert rules(case) == [(2, 1, "path")]


def test_of_two_uploads_before_one_look_the_size_decides(case: Case) -> None:
    look(case, [sighted(b"a.png", stored(case, b"12345"))], T0 + HOUR)
    log(case, [upload(b"/a.png", T0, received=5), upload(b"/a.png", T0 + 60 * SECOND, received=9)])
    assert rules(case) == [(1, 1, "path+size")]


def test_of_two_uploads_before_one_look_the_claimed_time_decides(case: Case) -> None:
    look(case, [sighted(b"a.png", stored(case, b"12345"), T0)], T0 + HOUR)
    log(case, [upload(b"/a.png", T0), upload(b"/a.png", T0 + 60 * SECOND)])
    assert rules(case) == [(1, 1, "path+time")]


def test_superseded_readings_are_not_matched(five: Case) -> None:
    log_id, reading = log(five, [upload(b"/in/a.png", T0 - HOUR)])
    log(five, [upload(b"/in/a.png", T0 - HOUR)], log_id=log_id, supersedes=reading)
    assert rules(five) == [(2, 1, "path")]


def test_nothing_to_match_to(case: Case) -> None:
    log(case, [upload(b"/a.png")])
    assert rules(case) == []
