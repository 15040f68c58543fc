"""Every facet, alone and together, against a naive second implementation on random small cases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import START
from tests.conftest import Clock as LaptopClock
from tests.making import T0
from tests.queries import world
from workbench.case.case import Case, create
from workbench.core.batch import NULL
from workbench.core.errors import UserError
from workbench.core.filter import Clock, Filter
from workbench.core.records import Action
from workbench.core.times import DAY, HOUR
from workbench.queries import files, origins, select

WORLDS = 6


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[tuple[Case, world.World]]]:
    made: list[tuple[Case, world.World]] = []
    folder: Path = tmp_path_factory.mktemp("worlds")
    for seed in range(WORLDS):
        case = create(folder / f"{seed}", examiner="Examiner", clock=LaptopClock(START))
        world.build(case, seed)
        if seed % 2:
            names = sorted(case.evidence.names())
            (case.evidence.folder / "objects" / names[0][:2] / names[0]).unlink()
        made.append((case, case.ask(world.read_world)))
    yield made
    for case, _ in made:
        case.close()


def some(values: list[str] | list[int]) -> st.SearchStrategy[tuple[object, ...]]:
    return st.one_of(st.just(()), st.just(()), st.lists(st.sampled_from(values), min_size=1, max_size=2).map(tuple))


PATTERNS = ["*", "cut_012/*", "*.png", "/srv/*", "srv/*", "*칼*", "cut_01[23]/*", "?.bin", "nothing", "/*"]
NETWORKS = [*world.ADDRESSES[:5], "192.0.2.0/24", "2001:db8::/32", "0.0.0.0/0"]
ACTIONS = [each.word() for each in Action]
VERDICTS = [*world.VERDICTS, "unseen"]
LABELS = ["vpn", "hosting", "private", "reserved", "unlisted"]
FACETS = {
    "source": some(["one", "two", "log", "nobody"]),
    "snapshot": some([1, 2, 3, 99]),
    "path": some(PATTERNS), "not_path": some(PATTERNS),
    "type": some(["image", "text", "image/png", "video", "misnamed"]),
    "not_type": some(["image", "image/jpeg", "misnamed"]),
    "state": some(["ok", "empty", "undecodable", "too-large", "not-fetched", "refused", "missing", "withheld"]),
    "tag": some(world.TAGS), "not_tag": some(world.TAGS),
    "verdict": some(VERDICTS), "not_verdict": some(VERDICTS),
    "address": some(NETWORKS), "not_address": some(NETWORKS),
    "country": some(["ES", "CN", "KP"]), "not_country": some(["ES", "CN"]),
    "asn": some([64500, 64501, 1]), "not_asn": some([64500]),
    "label": some(LABELS), "not_label": some(LABELS),
    "action": some(ACTIONS), "not_action": some(ACTIONS),
    "text": some(world.WORDS),
}  # fmt: skip
TIMES = st.one_of(st.none(), st.integers(-12, 6 * 24).map(lambda hours: T0 + hours * HOUR))


@st.composite
def filters(draw: st.DrawFn, most: int) -> Filter:
    names = draw(st.lists(st.sampled_from(sorted(FACETS)), max_size=most, unique=True))
    asked = Filter(own=draw(st.booleans()), **{name: draw(FACETS[name]) for name in names})
    if draw(st.integers(0, 3)) == 0:
        asked = asked.with_time(draw(TIMES), draw(TIMES), draw(st.sampled_from([None, *Clock])))
    return asked


def compare(case: Case, known: world.World, asked: Filter) -> None:
    shown = np.flatnonzero(case.ask(select.sightings, asked)) + 1
    assert shown.tolist() == [row["id"] for row in known.of("sighting") if known.sighting_fits(row, asked)]
    found = np.flatnonzero(case.ask(select.events, asked)) + 1
    assert found.tolist() == [row["id"] for row in known.of("event") if known.event_fits(row, asked)]


SLOW = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@settings(max_examples=250, deadline=None, suppress_health_check=SLOW)
@given(st.integers(0, WORLDS - 1), filters(most=1))
def test_one_facet(worlds: list[tuple[Case, world.World]], number: int, asked: Filter) -> None:
    compare(*worlds[number], asked)


@settings(max_examples=250, deadline=None, suppress_health_check=SLOW)
@given(st.integers(0, WORLDS - 1), filters(most=5))
def test_several_facets(worlds: list[tuple[Case, world.World]], number: int, asked: Filter) -> None:
    compare(*worlds[number], asked)


VALUES = {
    "source": ["one", "two", "log", "nobody"], "snapshot": [1, 2, 3, 99], "path": PATTERNS, "not_path": PATTERNS,
    "type": ["image", "text", "image/png", "video", "misnamed"], "not_type": ["image", "image/jpeg", "misnamed"],
    "state": ["ok", "empty", "undecodable", "too-large", "not-fetched", "refused", "missing", "withheld"],
    "tag": world.TAGS, "not_tag": world.TAGS, "verdict": VERDICTS, "not_verdict": VERDICTS,
    "address": NETWORKS, "not_address": NETWORKS, "country": ["ES", "CN", "KP"], "not_country": ["ES", "CN"],
    "asn": [64500, 64501, 1], "not_asn": [64500], "label": LABELS, "not_label": LABELS,
    "action": ACTIONS, "not_action": ACTIONS, "text": world.WORDS,
}  # fmt: skip


@pytest.mark.parametrize("facet", VALUES)
def test_every_value_of_a_facet(worlds: list[tuple[Case, world.World]], facet: str) -> None:
    for case, known in worlds:
        for value in VALUES[facet]:
            compare(case, known, Filter(**{facet: (value,)}))


def test_every_facet_is_drawn() -> None:
    told = {"since", "until", "clock", "own", "objects", "change"}
    assert {each.name for each in fields(Filter)} == set(FACETS) | told


@pytest.mark.parametrize("number", range(WORLDS))
def test_named_objects(worlds: list[tuple[Case, world.World]], number: int) -> None:
    case, known = worlds[number]
    for own in known.of("object"):
        compare(case, known, Filter(objects=(own["sha256"].hex(), "00" * 32)))


@settings(max_examples=120, deadline=None, suppress_health_check=SLOW)
@given(st.integers(0, WORLDS - 1), filters(most=3))
def test_totals_of_origins(worlds: list[tuple[Case, world.World]], number: int, asked: Filter) -> None:
    case, known = worlds[number]
    found = case.ask(origins.totals, asked)
    events = [row for row in known.of("event") if row["address"] is not None and known.event_fits(row, asked)]
    expected = {}
    for address in {row["address"] for row in events}:
        own = [row for row in events if row["address"] == address]
        up = [row for row in own if row["action"] == Action.UPLOAD and row["ok"] == 1]
        sizes = [row["received"] for row in up if row["received"] is not None]
        times = [row["time"] for row in own if row["time"] is not None]
        expected[address] = (
            len(own), len(up), sum(sizes) if sizes else NULL, min(times, default=NULL), max(times, default=NULL)
        )  # fmt: skip
    columns = (found.ids, found.events, found.uploads, found.upload_bytes, found.first, found.last)
    rows = list(zip(*(each.tolist() for each in columns), strict=True))
    assert {row[0]: row[1:] for row in rows} == expected
    assert [row[2] for row in rows] == sorted((row[2] for row in rows), reverse=True)


@settings(max_examples=100, deadline=None, suppress_health_check=SLOW)
@given(st.integers(0, WORLDS - 1), filters(most=2))
def test_items_are_one_per_object_and_one_per_file_without_bytes(
    worlds: list[tuple[Case, world.World]], number: int, asked: Filter
) -> None:
    case, known = worlds[number]
    shown = [row for row in known.of("sighting") if known.sighting_fits(row, asked)]
    expected = {row["object"] or -row["id"] for row in shown}
    found = case.ask(files.items, asked)
    assert set(found.ids.tolist()) == expected
    assert len(found) == len(expected)

    def rank(row: dict[str, int]) -> tuple[int, int]:
        return known.rows["snapshot"][row["snapshot"]]["observed"], row["snapshot"]

    for item, first, snapshot in zip(found.ids.tolist(), found.first.tolist(), found.snapshot.tolist(), strict=True):
        own = [row for row in known.of("sighting") if (row["object"] or -row["id"]) == item]
        earliest = min(own, key=lambda row: (rank(row), row["id"]))
        assert (first, snapshot) == (earliest["id"], earliest["snapshot"])
    ranks = [rank(known.rows["sighting"][first]) for first in found.first.tolist()]
    assert ranks == sorted(ranks, reverse=True)


@pytest.mark.parametrize("number", range(WORLDS))
def test_rows_of_lists(worlds: list[tuple[Case, world.World]], number: int) -> None:
    case, known = worlds[number]
    rows = case.ask(lambda reader: list(files.rows(reader, Filter())))
    items = case.ask(files.items, Filter()).ids.tolist()
    for row, item in zip(rows, items, strict=True):
        own = [each for each in known.of("sighting") if (each["object"] or -each["id"]) == item]
        assert set(row["paths"]) == {known.rows["path"][each["path"]]["display"] for each in own}
        assert set(row["snapshots"]) == {each["snapshot"] for each in own}
        assert row["state"] == {"refused": "not-fetched"}.get(known.state(own[0]), known.state(own[0]))
        kind = ("object", item) if item > 0 else ("sighting", -item)
        assert set(row["tags"]) == known.marked("tag", *kind)
        verdicts = [each for each in known.now if each["present"] and each["kind"] == "verdict"
                    and (each["target_kind"], each["target"]) == kind]  # fmt: skip
        latest = max(verdicts, key=lambda each: each["mark"], default=None)
        assert row["verdict"] == (latest["value"] if latest else None)


WRONG = {
    "type": ("film", "filter-type"),
    "state": ("fine", "filter-state"),
    "action": ("eat", "filter-action"),
    "address": ("1.2.3", "filter-address"),
}


@pytest.mark.parametrize("facet", WRONG)
def test_words_that_a_facet_does_not_know(case: Case, facet: str) -> None:
    from tests.making import everything

    everything(case)
    word, code = WRONG[facet]
    asked = Filter(**{facet: (word,)})
    side = select.sightings if facet in ("type", "state") else select.events
    with pytest.raises(UserError) as raised:
        case.ask(side, asked)
    assert raised.value.message.code == code
    assert word in str(raised.value)


def test_an_interval_is_half_open(worlds: list[tuple[Case, world.World]]) -> None:
    case, known = worlds[0]
    (first, *_) = sorted(each["observed"] for each in known.of("snapshot"))
    assert case.ask(select.sightings, Filter(since=first, until=first + 1)).any()
    assert not case.ask(select.sightings, Filter(since=first - DAY, until=first)).any()
