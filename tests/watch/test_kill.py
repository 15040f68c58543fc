"""A look that is killed or cut off at any byte goes on where it was: same result, and nothing that arrived whole comes
twice. What a kill may cost is the files in hand, of which there is one for each request at a time.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest

from tests.cli.running import listed, run
from tests.servers import web
from tests.servers.raw import Gate, gate
from tests.servers.running import Server, place
from tests.servers.tree import Made, Tree, build, planned
from tests.watch.looking import contents, coverage, looking, sightings, sound, watch
from workbench.jobs.watch import PARALLEL

KILLS = 10
MOST_KILLS = 14
HEAD = 700
"""Bytes that the head of an answer has at most."""
LARGE = (8_300_000, 6_100_000, 5_000_001, 900_000, 2_500_000)


@pytest.fixture(scope="module")
def store() -> Iterator[tuple[Path, Tree]]:
    """Some of the tree, and files large enough to be in hand when something happens."""
    dice = random.Random(7)
    tree = {path: made for number, (path, made) in enumerate(planned().items()) if number % 6 == 0}
    for number, size in enumerate(LARGE):
        tree[f"场景/grand {number}.bin".encode()] = Made(dice.randbytes(size), 1_704_067_200 + 600 * number)
    with place("store") as folder:
        build(folder, tree)
        yield folder, tree


@contextmanager
def watched(folder: Path) -> Iterator[tuple[Server, Gate]]:
    with web.nginx(folder, small_buffers=True) as server, gate(server.port) as way:
        yield server, way


def seen(case: Path) -> dict[bytes, tuple[Any, ...]]:
    """All that a look says, but for ids and the names of records."""
    facts = ("snapshot", "sha256", "state", "size_claimed", "modified", "zone", "precision", "etag")
    return {path: tuple(row[fact] for fact in facts) for path, row in sightings(case).items()}


def folder_bytes(server: Server) -> int:
    """What listings cost, heads included."""
    return sum(HEAD + (each.sent or 0) for each in server.requests() if each.folder or each.target == "/robots.txt")


def fetched_again(server: Server, tree: Tree) -> list[int]:
    """Sizes of files that were sent whole, one for each time after the first."""
    sizes = {path: len(made.data) for path, made in tree.items()}
    whole: Counter[bytes] = Counter()
    for each in server.requests():
        path = unquote_to_bytes(each.target).lstrip(b"/")
        if each.status == 200 and each.sent and each.sent == sizes.get(path):
            whole[path] += 1
    return [sizes[path] for path, count in whole.items() for _ in range(count - 1)]


@pytest.fixture(scope="module")
def undisturbed(store: tuple[Path, Tree], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int, int]:
    """A case of a look that nothing happened to, the bytes that came through the gate for it, and those of listings."""
    folder, tree = store
    place_of = tmp_path_factory.mktemp("undisturbed")
    run("new", place_of / "a.wbcase")
    with watched(folder) as (server, way):
        looked = watch(place_of / "a.wbcase", way.url, "--source", "server")
        assert looked.code == 0, looked.err
        assert way.passed >= sum(len(made.data) for made in tree.values())
        return place_of / "a.wbcase", way.passed, folder_bytes(server)


def went_on(server: Server) -> list[Any]:
    """Requests that were answered with the rest of a file."""
    return [each for each in server.requests() if each.status == 206]


def left_behind(case: Path) -> bool:
    """Did a kill leave a part of a file that the next run can go on with?"""
    folder = case.with_suffix(".evidence") / "partial"
    return any(each.with_suffix(".json").exists() and each.stat().st_size for each in folder.glob("*.part"))


@pytest.mark.slow
def test_ten_kills_at_random_bytes(store: tuple[Path, Tree], undisturbed: tuple[Path, int, int], case: Path) -> None:
    folder, tree = store
    whole_case, whole, listings = undisturbed
    dice = random.Random(20240101)
    with watched(folder) as (server, way):
        kills = 0
        # After the ten, as many as it takes to leave a part of a large file behind: when its bytes go to the disk is up
        # to the machine, and what the next run does with such a part is what is looked at.
        while kills < KILLS or (kills < MOST_KILLS and not (left_behind(case) or went_on(server))):
            kills += 1
            way.hold_after(int(whole * dice.uniform(0.01, 0.095 if kills <= KILLS else 0.02)))
            with looking(case, way.url, "--source", "server") as going:
                assert way.reached.wait(120), f"it could not be killed at work: {going.said()}"
                going.kill()
            way.let_go()
        looked = watch(case, way.url, "--source", "server")
        assert (looked.code, looked.look["snapshot"], looked.look["status"]) == (0, 1, "complete"), looked.err
        in_hand, again = sum(way.in_hand), folder_bytes(server) - listings
        more = way.passed - whole
        resumed = went_on(server)
        twice = fetched_again(server, tree)
    print(
        f"{kills} kills: {more:,} bytes more than without; {in_hand:,} were in hand, {again:,} for listings again, "
        f"{sum(twice):,} of {len(twice)} files that had been sent whole and had not arrived yet; "
        f"{len(resumed)} files went on by range"
    )
    assert resumed
    assert len(twice) <= kills * PARALLEL
    assert more <= in_hand + again + sum(twice) + HEAD * (len(resumed) + len(twice) + 4 * kills)
    same_as(case, whole_case, tree)


@pytest.mark.slow
def test_two_cuts_of_the_network(store: tuple[Path, Tree], undisturbed: tuple[Path, int, int], case: Path) -> None:
    folder, tree = store
    whole_case, whole, listings = undisturbed
    with watched(folder) as (server, way):
        way.cut_after(whole // 3, whole // 4)
        looked = watch(case, way.url, "--source", "server")
        assert way.cuts == 2
        assert (looked.code, looked.look["status"]) == (0, "complete"), looked.err
        in_hand, again = sum(way.in_hand), folder_bytes(server) - listings
        more = way.passed - whole
        resumed = [each for each in server.requests() if each.status == 206]
    print(f"2 cuts: {more:,} bytes more than without, {in_hand:,} in hand; {len(resumed)} files went on by range")
    assert resumed
    assert more <= in_hand + max(again, 0) + HEAD * 10
    same_as(case, whole_case, tree)


@pytest.mark.slow
def test_a_network_that_stays_away_ends_the_look_and_the_next_one_goes_on(
    store: tuple[Path, Tree], undisturbed: tuple[Path, int, int], case: Path
) -> None:
    folder, tree = store
    _, whole, _ = undisturbed
    with watched(folder) as (server, way):
        way.hold_after(whole // 2)
        with looking(case, way.url, "--source", "server", program="tests.watch.impatient") as going:
            assert way.reached.wait(30)
            way.shut(True)
            way.let_go()
            looked = going.ended(60)
        assert looked.code == 1, looked.err
        assert "Traceback" not in looked.err
        way.shut(False)
        looked = watch(case, way.url, "--source", "server")
        assert (looked.code, looked.look["status"]) == (0, "complete"), looked.err
        more = way.passed - whole
        assert more <= max(LARGE) + folder_bytes(server)
    assert contents(case, looked.look["snapshot"]) == {path: made.sha256 for path, made in tree.items()}
    sound(case)


def same_as(case: Path, whole_case: Path, tree: Tree) -> None:
    assert {path: row[1] for path, row in seen(case).items()} == {path: made.sha256 for path, made in tree.items()}
    assert seen(case) == seen(whole_case)
    assert coverage(case) == coverage(whole_case)
    assert listed("changes", case) == []
    assert listed("rejects", case) == listed("rejects", whole_case) == []
    sound(case)
