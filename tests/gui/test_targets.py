"""A mark hits what is shown or picked in front, and nothing that the filter hides; the number stands before the act."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.gui.robots import Run, WindowRobot, reopen, until
from workbench.case.readers import Reader
from workbench.core.filter import Filter
from workbench.gui.window_marks import address_state
from workbench.queries import select
from workbench.workspace import Focus


def marked(path: Path) -> set[int]:
    with reopen(path) as case:
        rows = case.ask(lambda reader: reader.all("SELECT target FROM mark WHERE kind = 'verdict'"))
        return {row[0] for row in rows}


def test_in_the_viewer_the_picture_that_is_shown(run: Run, robot: WindowRobot, case: Path) -> None:
    shown: list[int] = []

    async def scenario() -> None:
        await robot.open(case)
        robot.select(0, 1, 2)
        robot.act("view-image")
        await robot.calm()
        robot.window.going.go("next")
        robot.window.open_session.workspace.select("item", robot.items[:3])
        await robot.calm()
        shown.append(robot.window.panes["viewer"].item)  # type: ignore[attr-defined]
        robot.act("relevant")
        await until(lambda: "1 marked as relevant" in robot.toast, "the toast")
        await robot.calm()

    run(scenario())
    assert marked(case) == set(shown)


def test_a_selection_or_a_focus_that_the_filter_hides_is_not_hit(run: Run, robot: WindowRobot, case: Path) -> None:
    async def scenario() -> None:
        await robot.open(case)
        hidden = robot.items[0]
        session = robot.window.open_session
        keep = await session.read(
            lambda reader: reader.value(
                "SELECT p.display FROM sighting s JOIN path p ON p.id = s.path WHERE s.object = ?", (robot.items[1],)
            )
        )
        robot.select(0)
        session.workspace.filter = Filter(path=(keep,))
        await robot.calm()
        assert hidden not in robot.items
        session.workspace.focus = Focus("item", hidden)
        assert robot.window.marks.targets() == []
        session.workspace.select("item", [hidden, robot.items[0]])
        assert robot.window.marks.targets() == [("object", robot.items[0])]
        await robot.calm()

    run(scenario())


def test_the_number_stands_before_the_act(run: Run, robot: WindowRobot, case: Path) -> None:
    async def scenario() -> None:
        await robot.open(case)
        act = robot.window.actions_by_name["relevant"]
        robot.select(0, 1, 2)
        assert "(3)" in act.text()
        robot.select(1)
        assert "(" not in act.text()
        await robot.calm()

    run(scenario())


def test_filter_to_a_selection_of_objects_and_listed_files(run: Run, robot: WindowRobot, case: Path) -> None:
    async def scenario() -> None:
        await robot.open(case)
        robot.select(0, 2)
        wanted = {robot.items[0], robot.items[2]}
        robot.act("filter-selection")
        await until(lambda: len(robot.items) == 2, "the two")
        assert set(robot.items) == wanted
        await robot.calm()

    run(scenario())
    with reopen(case) as opened:

        def chosen(reader: Reader) -> list[int]:
            rows = reader.all("SELECT s.id, lower(hex(o.sha256)) FROM sighting s JOIN object o ON o.id = s.object")
            (_, first), (listed, _) = rows[0], rows[2]
            asked = replace(Filter(), objects=(first, f"sighting:{listed}"))
            mask = select.sightings(reader, asked)
            return [int(each) + 1 for each in mask.nonzero()[0]]

        both = opened.ask(chosen)
        assert len(both) == 2


def test_the_state_of_more_addresses_than_sqlite_takes_in_one_question(case: Path) -> None:
    with reopen(case) as opened:
        texts, own = opened.ask(lambda reader: address_state(reader, list(range(1, 40_001))))
        assert len(texts) == 2
        assert not own
