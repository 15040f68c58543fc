"""Brush, rows, tree and gallery filter each other, and nothing answers itself."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.bundle.building import START
from tests.gui.panes.robots import Desk
from tests.gui.robots import Run
from workbench.core.filter import Clock, Filter
from workbench.core.times import DAY, HOUR, MINUTE
from workbench.workspace import Focus

FIRST = START + HOUR
"""The first event of the log; there is one a minute, by three addresses in turn."""


def test_every_pane_shows_the_case(run: Run, desk: Desk, path: Path) -> None:
    async def scenario() -> None:
        await desk.open(path)
        assert len(desk.items) == 11
        assert set(desk.addresses) == {"192.0.2.1", "198.51.100.7", "2001:db8::9"}
        assert desk.addresses[0] == "198.51.100.7", "the exception comes first"
        assert desk.bars == (21, 21)
        assert desk.nodes["All files"] == "11"
        assert desk.nodes["knife"] == "2"
        assert desk.chosen_nodes == ["All files"]

    run(scenario())


def test_a_brush_narrows_all_but_the_timeline(run: Run, desk: Desk, path: Path) -> None:
    async def scenario() -> None:
        await desk.open(path)
        desk.brush(FIRST, FIRST + 2 * MINUTE)
        await desk.calm()
        assert desk.filter == Filter(since=FIRST, until=FIRST + 2 * MINUTE, clock=Clock.EVENT)
        assert desk.bars == (21, 21), "the whole histogram stays behind the brush"
        assert set(desk.addresses) == {"192.0.2.1", "198.51.100.7"}
        assert len(desk.items) == 2
        desk.timeline.timeline.brushed.emit(None, None)
        await desk.calm()
        assert not desk.filter
        assert len(desk.items) == 11

    run(scenario())


def test_an_address_narrows_all_but_the_origins(run: Run, desk: Desk, path: Path) -> None:
    async def scenario() -> None:
        await desk.open(path)
        desk.session.workspace.filter = Filter(not_label=("vpn", "hosting"))
        await desk.calm()
        assert set(desk.addresses) == {"192.0.2.1", "198.51.100.7", "2001:db8::9"}
        assert set(desk.pale_addresses) == {"192.0.2.1", "2001:db8::9"}
        assert desk.bars == (7, 21), "the rest of the bars is pale"
        assert len(desk.items) == 5, "a file that also came from a listed address is left out"

    run(scenario())


def test_a_folder_narrows_all_but_the_tree(run: Run, desk: Desk, path: Path) -> None:
    async def scenario() -> None:
        await desk.open(path)
        desk.choose("cut")
        await desk.calm()
        assert desk.filter.path == ("cut/*",)
        assert desk.nodes["All files"] == "11"
        desk.choose("All files")
        await desk.calm()
        assert not desk.filter

    run(scenario())


def test_control_adds_and_a_plain_choice_replaces(run: Run, desk: Desk, path: Path) -> None:
    async def scenario() -> None:
        await desk.open(path)
        desk.choose("5 Jan", "2 Jan")
        await desk.calm()
        assert sorted(desk.filter.snapshot) == [1, 3]
        assert sorted(desk.chosen_nodes) == ["2 Jan", "5 Jan"]
        desk.choose("knife")
        await desk.calm()
        assert (desk.filter.snapshot, desk.filter.tag) == ((), ("knife",))
        assert len(desk.items) == 2

    run(scenario())


def test_a_filter_from_elsewhere_is_shown_and_not_answered(run: Run, desk: Desk, path: Path) -> None:
    async def scenario() -> None:
        await desk.open(path)
        told: list[Filter] = []
        desk.session.filter_changed.connect(told.append)
        wanted = Filter(since=FIRST, until=FIRST + 5 * MINUTE, clock=Clock.EVENT, tag=("knife",))
        desk.session.workspace.filter = wanted
        await desk.calm()
        assert told == [wanted], "no pane plays it back"
        assert desk.timeline.timeline.brush() == (FIRST, FIRST + 5 * MINUTE)
        assert desk.chosen_nodes == ["knife"]
        desk.session.workspace.back()
        await desk.calm()
        assert told == [wanted, Filter()]
        assert desk.timeline.timeline.brush() is None

    run(scenario())


def test_the_latest_filter_wins(run: Run, desk: Desk, path: Path) -> None:
    async def scenario() -> None:
        await desk.open(path)
        for number in range(30):
            desk.session.workspace.filter = Filter(path=(f"cut/{number % 6:03}.png",))
            if number % 7 == 0:
                await asyncio.sleep(0)
        await desk.calm()
        assert len(desk.items) == 1
        assert desk.gallery.thumbs.get(desk.items[0]).name == "005.png"  # type: ignore[union-attr]

    run(scenario())


def test_a_brush_of_another_clock_is_not_laid_on_this_axis(run: Run, desk: Desk, path: Path) -> None:
    async def scenario() -> None:
        await desk.open(path)
        desk.session.workspace.filter = Filter(since=START, until=START + DAY, clock=Clock.OBSERVED)
        await desk.calm()
        assert desk.timeline.timeline.brush() is None
        desk.timeline.choose_clock("observed")
        await desk.calm()
        assert not desk.filter, "the brush belonged to its clock"
        assert desk.timeline.clock is Clock.OBSERVED
        desk.brush(START, START + DAY)
        await desk.calm()
        assert desk.filter.clock is Clock.OBSERVED

    run(scenario())


def test_clicks_select_and_do_not_filter(run: Run, desk: Desk, path: Path) -> None:
    async def scenario() -> None:
        await desk.open(path)
        desk.pick(0, 2)
        await desk.calm()
        workspace = desk.session.workspace
        assert set(workspace.selection("item")) == {desk.items[0], desk.items[2]}
        assert workspace.focus == Focus("item", desk.items[2])
        assert not desk.filter

    run(scenario())


def test_selection_and_focus_come_from_elsewhere_too(run: Run, desk: Desk, path: Path) -> None:
    async def scenario() -> None:
        await desk.open(path)
        told: list[str] = []
        desk.session.selection_changed.connect(told.append)
        desk.session.workspace.select("item", desk.items[3:5])
        desk.focus("item", desk.items[4])
        address = desk.address_id("192.0.2.1")
        desk.session.workspace.select("address", [address])
        await desk.calm()
        assert desk.gallery.gallery.selected().tolist() == desk.items[3:5]
        assert desk.gallery.gallery.current() == desk.items[4]
        assert desk.origins.table.selected_ids().tolist() == [address]
        assert told == ["item", "address"]

    run(scenario())


def test_what_a_filter_hides_is_no_longer_selected(run: Run, desk: Desk, path: Path) -> None:
    async def scenario() -> None:
        await desk.open(path)
        desk.session.workspace.select("item", desk.items)
        desk.session.workspace.filter = Filter(tag=("knife",))
        await desk.calm()
        assert sorted(desk.session.workspace.selection("item")) == sorted(desk.items)
        assert len(desk.items) == 2

    run(scenario())
