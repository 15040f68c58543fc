"""What the window says where there is nothing: no log, no address of a server, no look; and Today as a picture."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.gui.robots import Run, WindowRobot, until
from tests.gui.test_today import WEEK, made, opened, server
from workbench.core.filter import Filter
from workbench.gui.screenshot import take
from workbench.workspace import Opening


def test_without_a_log_no_filter_is_blamed_for_the_lack_of_addresses(
    run: Run, robot: WindowRobot, tmp_path: Path
) -> None:
    async def scenario() -> None:
        await opened(robot, made(tmp_path / "c", WEEK))
        origins = robot.window.panes["origins"]
        assert origins.empty.accessibleName() == "No addresses yet"  # type: ignore[attr-defined]
        assert "access logs, and none was added" in origins.empty.accessibleDescription()  # type: ignore[attr-defined]
        await robot.calm()

    run(scenario())


def test_with_a_log_the_filter_is_named(run: Run, robot: WindowRobot, case: Path) -> None:
    async def scenario() -> None:
        await robot.open(case)
        robot.window.open_session.workspace.filter = Filter(path=("nothing/*",))
        await robot.calm()
        origins = robot.window.panes["origins"]
        await until(lambda: origins.empty.accessibleName() == "No address fits the filter", "the words")  # type: ignore[attr-defined]
        await robot.calm()

    run(scenario())


def test_a_server_that_is_set_again_as_before_has_no_address_in_the_custody_log(
    run: Run, robot: WindowRobot, tmp_path: Path
) -> None:
    async def scenario() -> None:
        case = made(tmp_path / "c", WEEK, lambda case: server(case, "Storage"))
        await opened(robot, case)
        robot.act("show-activity")
        robot.window.going.show_activity("custody")
        await robot.calm()
        said = [each for each in robot.custody() if "Storage" in each and "watched" in each]
        assert said == ["Storage is watched as before", "Storage is watched at http://192.0.2.1/Storage/"]

    run(scenario())


def test_today_can_be_drawn_by_its_name(run: Run, robot: WindowRobot, tmp_path: Path) -> None:
    async def scenario() -> None:
        await robot.show()
        picture = tmp_path / "today.png"
        case = made(tmp_path / "c", WEEK)
        asked = Opening(case, Filter(path=("no such/*",)), screenshot=picture, pane="today")
        assert await take(robot.window, asked, picture) == 0
        assert robot.window.open_session.filter.snapshot == (3,)
        assert robot.window.panes["gallery"].today.isVisible()  # type: ignore[attr-defined]
        with Image.open(picture) as image:
            assert image.size[0] >= 1024

    run(scenario())


def test_a_name_that_no_pane_has_is_answered_with_those_that_are(
    run: Run, robot: WindowRobot, case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def scenario() -> None:
        await robot.show()
        picture = tmp_path / "no.png"
        assert await take(robot.window, Opening(case, screenshot=picture, pane="kitchen"), picture) == 2
        said = capsys.readouterr().err
        assert "kitchen" in said
        assert "origins, timeline, today" in said
        assert not picture.exists()

    run(scenario())
