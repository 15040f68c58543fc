"""Between which two looks a file came, and between which two it went; each against the words, look by look."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.queries.histories import File, Recorded, Seen, lacks, record
from workbench.case.case import Case
from workbench.core.records import Coverage, Status
from workbench.queries import appeared, detail

LISTED, REFUSED = Coverage.LISTED, Coverage.REFUSED


def rows(case: Case, recorded: Recorded, path: bytes) -> tuple[int, int]:
    """Ids of the path, and of the bytes that it held last."""
    sql = "SELECT path, object FROM sighting WHERE id = ?"
    last = [row for (_, each), row in recorded.sightings.items() if each == path][-1]
    return case.ask(lambda reader: reader.all(sql, (last,)))[0]


def days(stay: appeared.Stay | None, recorded: Recorded) -> Sequence[int | None]:
    assert stay is not None
    by_id = dict(recorded.looks)
    return [None if each is None else by_id[each.id].day for each in (stay.absent, stay.first, stay.last, stay.gone)]


def partial(names: Sequence[bytes], day: int, *folders: tuple[bytes, Coverage]) -> Seen:
    return Seen({each: File(1) for each in names}, day, Status.PARTIAL, folders=folders)


HISTORY = [
    Seen({}, 0),
    partial([], 1, (b"", LISTED), (b"d", REFUSED)),
    Seen({}, 2, Status.FAILED),
    Seen({}, 3, None),
    partial([b"d/x"], 4, (b"", LISTED), (b"d", LISTED)),
    Seen({b"d/x": File(1)}, 5, Status.PARTIAL, "partial"),
    partial([], 6, (b"", LISTED), (b"d", REFUSED)),
    partial([], 7, (b"d", LISTED)),
    Seen({}, 8),
]


def test_a_path_comes_and_goes_between_looks_at_its_folder(case: Case) -> None:
    recorded = record(case, HISTORY)
    path, held = rows(case, recorded, b"d/x")
    assert days(case.ask(appeared.of_path, 1, path), recorded) == [0, 4, 5, 7]
    assert days(case.ask(appeared.of_object, held, 1), recorded) == [0, 4, 5, 7]


@pytest.mark.parametrize("count", range(1, len(HISTORY) + 1))
def test_no_look_says_more_than_it_saw(case: Case, count: int) -> None:
    recorded = record(case, [*HISTORY[:count], Seen({b"other": File(2)}, 9, None)])
    own = recorded.looks
    seen = [at for at, (_, look) in enumerate(own) if b"d/x" in look.files]
    if not seen:
        return
    path, _ = rows(case, recorded, b"d/x")
    absent = [look.day for _, look in own[: seen[0]] if lacks(look, b"d/x")]
    gone = [look.day for _, look in own[seen[-1] + 1 :] if lacks(look, b"d/x")]
    assert days(case.ask(appeared.of_path, 1, path), recorded) == [
        absent[-1] if absent else None, own[seen[0]][1].day, own[seen[-1]][1].day, gone[0] if gone else None,
    ]  # fmt: skip


def test_other_bytes_at_a_path_are_not_these(case: Case) -> None:
    recorded = record(
        case, [Seen({b"a": File(1)}, 0), Seen({b"a": File()}, 1), Seen({b"a": File(2)}, 2), Seen({b"a": File(3)}, 3)]
    )
    path = rows(case, recorded, b"a")[0]
    second = case.ask(
        lambda reader: reader.value("SELECT object FROM sighting WHERE id = ?", (recorded.sightings[3, b"a"],))
    )
    assert days(case.ask(appeared.of_path, 1, path), recorded) == [None, 0, 3, None]
    assert days(case.ask(appeared.of_object, second, 1), recorded) == [0, 2, 2, 3]


def test_bytes_are_gone_when_they_left_every_path(case: Case) -> None:
    same = File(1)
    history = [Seen({b"a": same, b"d/b": same}, 0), Seen({b"d/b": same}, 1)]
    recorded = record(case, [*history, partial([], 2, (b"", LISTED), (b"d", REFUSED)), Seen({}, 3)])
    held = rows(case, recorded, b"a")[1]
    assert days(case.ask(appeared.of_object, held, 1), recorded) == [None, 0, 1, 3]
    unknown = record(case, [*history, partial([], 2, (b"", LISTED), (b"d", REFUSED))], "other")
    assert days(case.ask(appeared.of_object, held, 2), unknown) == [None, 0, 1, None]


def test_what_was_never_seen_has_no_stay(case: Case) -> None:
    record(case, [Seen({b"a": File(1)}, 0)])
    assert case.ask(appeared.of_path, 1, 99) is None
    assert case.ask(appeared.of_object, 99, 1) is None
    assert case.ask(appeared.of_object, 1, 99) is None


def test_the_detail_says_when_a_file_was_not_there_yet(case: Case) -> None:
    recorded = record(case, HISTORY)
    held = rows(case, recorded, b"d/x")[1]
    item = case.ask(detail.item, held)
    assert item is not None
    assert item.absent is not None
    assert item.absent.micros == case.ask(lambda reader: reader.value("SELECT observed FROM snapshot WHERE id = 1"))
