"""What is said of one file, one address, one line of a log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import START
from tests.conftest import Clock as LaptopClock
from tests.making import T0, dataset, log, look, sighted, stored
from workbench.case.case import Case, create
from workbench.core.messages import Message
from workbench.core.records import Action, Analysis, Claim, Noted, State, Status
from workbench.core.times import DAY, HOUR, Zone
from workbench.ops import facts, logs, marks, networks
from workbench.queries import detail

DATA = b'192.0.2.1 - - [01/Jan/2024] "PUT /up/a.png" 201\n' + b"x" * 400


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    with create(tmp_path / "c", examiner="Examiner", clock=LaptopClock(START)) as made:
        yield made


def watched(case: Case) -> None:
    """A file that came between two looks, moved, and was uploaded once."""
    held, other = stored(case, b"drawing"), stored(case, b"other")
    look(case, [sighted(b"up/other.png", other)], T0)
    look(case, [sighted(b"up/a.png", held, T0 + 20 * HOUR), sighted(b"up/other.png", other)], T0 + DAY)
    look(case, [sighted("up/수정/a.png".encode(), held, T0 + 20 * HOUR)], T0 + 2 * DAY, status=Status.PARTIAL,
         notes=[Noted(b"up/b.png", Message("file-vanished"))])  # fmt: skip
    log(case, [
        {"address": "192.0.2.1", "path": b"/up/a.png", "time": T0 + 20 * HOUR, "length": 48, "start": 0},
        {"address": "192.0.2.7", "path": b"/up/a.png", "time": T0 + 21 * HOUR, "action": int(Action.DOWNLOAD)},
        {"address": "203.0.113.9", "path": b"/up/a.png", "time": T0 + 22 * HOUR, "action": int(Action.DOWNLOAD)},
    ], data=DATA)  # fmt: skip
    case.run(marks.own, ["203.0.113.9"])
    case.run(logs.matches, [1], [2], ["path+time"], [0.78])


def item_of(case: Case, data: bytes) -> int:
    sha256 = stored(case, data).sha256
    return int(case.ask(lambda reader: reader.value("SELECT id FROM object WHERE sha256 = ?", (sha256,))))


def test_a_file_with_all_that_is_known(case: Case) -> None:
    watched(case)
    found = case.ask(detail.item, item_of(case, b"drawing"))
    assert found is not None
    assert found.absent == detail.Moment(T0, int(Zone.LINE))
    assert [each.path for each in found.sightings] == ["up/a.png", "up/수정/a.png"]
    assert [each.look_status for each in found.sightings] == ["complete", "partial"]
    (line,) = found.uploads
    assert (line.address_text, line.rule, line.score, line.line, line.log_name) == (
        "192.0.2.1", "path+time", 0.78, 1, "access.log",
    )  # fmt: skip
    assert [each.address_text for each in found.accesses] == ["192.0.2.7"]
    assert found.accesses_in_all == 1
    assert found.state == "ok"


def test_what_was_there_at_the_first_look_was_not_looked_for_before(case: Case) -> None:
    watched(case)
    found = case.ask(detail.item, item_of(case, b"other"))
    assert found is not None
    assert found.absent is None
    assert found.uploads == ()


def test_a_listed_file_is_a_file(case: Case) -> None:
    look(case, [sighted(b"only/listed.bin", None, size=77)], T0)
    found = case.ask(detail.item, -1)
    assert found is not None
    assert (found.sha256, found.size, found.state, found.path) == (None, 77, "not-fetched", "only/listed.bin")
    assert found.target == ("sighting", 1)


def test_facts_and_warnings(case: Case) -> None:
    watched(case)
    own = item_of(case, b"drawing")
    case.run(facts.record, [(own, "image", "1", Analysis(State.UNDECODABLE, (("width", 4),),
             (Message("image-undecodable", {"type": "image/png"}),)))])  # fmt: skip
    found = case.ask(detail.item, own)
    assert found is not None
    assert (found.fact("width"), found.state) == (4, "undecodable")
    assert [each.code for each in found.warnings] == ["image-undecodable"]


def test_marks_by_author(case: Case) -> None:
    watched(case)
    own = item_of(case, b"drawing")
    case.run(marks.tag, [("object", own)], "knife")
    case.run(marks.note, [("object", own)], "Look\nagain 수정")
    case.actor = "Reviewer"
    case.run(marks.verdict, [("object", own)], "relevant")
    case.run(marks.tag, [("object", own)], "letterhead")
    found = case.ask(detail.item, own, "Reviewer")
    assert found is not None
    assert found.marks.verdicts == (("Reviewer", "relevant"),)
    assert set(found.marks.tags) == {"knife", "letterhead"}
    assert found.marks.mine == ("letterhead",)
    assert [(each.author, each.text) for each in found.marks.notes] == [("Examiner", "Look\nagain 수정")]
    assert case.ask(detail.known_tags) == ["knife", "letterhead"]


def test_an_address_with_its_claims_and_files(case: Case) -> None:
    watched(case)
    sets = [dataset(case, name, release) for name, release in (("a", "2023-01-01"), ("b", "2024-01-01"))]
    claims = [
        (1, sets[0], Claim("a", "2023-01-01", "192.0.2.0/24", "prefix", "country", "CN")),
        (1, sets[1], Claim("b", "2024-01-01", "192.0.2.0/25", "prefix", "country", "ES")),
    ]
    case.run(networks.claims, [(1, each) for each in sets], claims)
    found = case.ask(detail.address, 1)
    assert found is not None
    assert found.network.country == "ES"
    assert [each["value"] for each in found.claims] == ["CN", "ES"]
    assert found.network.labels == ("unlisted",)
    assert dict(found.actions) == {Action.UPLOAD: 1}
    assert found.uploaded == (item_of(case, b"drawing"),)
    assert (found.first, found.last) == (T0 + 20 * HOUR, T0 + 20 * HOUR)
    own = case.ask(detail.address, 3)
    assert own is not None
    assert own.own


def test_a_line_is_traced_to_its_bytes(case: Case) -> None:
    watched(case)
    found = case.ask(detail.event, 1)
    assert found is not None
    assert found.raw == DATA[:48]
    assert found.line.log == stored(case, DATA).sha256
    ((item, path, rule, score),) = found.items
    assert (item, path, rule, score) == (item_of(case, b"drawing"), "up/a.png", "path+time", 0.78)


def test_what_is_not_there_is_null(case: Case) -> None:
    assert case.ask(detail.item, 9) is None
    assert case.ask(detail.item, -9) is None
    assert case.ask(detail.address, 9) is None
    assert case.ask(detail.event, 9) is None
