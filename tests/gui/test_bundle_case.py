"""The case of a bundle in the window: it can be read where it lies, and nothing about the bundle changes by it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.gui.robots import Run, WindowRobot, until
from tests.gui.test_window_flows import question
from tests.watching import week
from workbench.bundle import layout
from workbench.bundle.verify import verify_bundle
from workbench.bundle.write import write_bundle
from workbench.case.case import create
from workbench.core.filter import Filter
from workbench.gui.screenshot import take
from workbench.workspace import Opening


def bundle(folder: Path) -> Path:
    with create(folder / "server.wbcase", "Server", "Kim") as made:
        week(made)
        return write_bundle(made, folder / "out", Filter()).path


def test_it_is_asked_about_and_opened_for_reading(run: Run, robot: WindowRobot, tmp_path: Path) -> None:
    out = bundle(tmp_path)

    async def scenario() -> None:
        await robot.show()
        opening = asyncio.ensure_future(robot.window.cases.open_case(out / layout.CASE_FILE))
        await until(lambda: question(robot, "open-stopped"), "the question")
        asked = question(robot, "open-stopped")
        assert asked is not None
        assert set(asked.buttons) >= {"open.read-only"}
        assert "open.allow" not in asked.buttons
        asked.buttons["open.read-only"].click()
        assert await opening
        assert not robot.window.open_session.case.writable

    run(scenario())
    assert verify_bundle(out).ok


def test_a_picture_of_it_is_drawn_at_once(run: Run, robot: WindowRobot, tmp_path: Path) -> None:
    out, picture = bundle(tmp_path), tmp_path / "window.png"

    async def scenario() -> None:
        await robot.show()
        opening = Opening(out / layout.CASE_FILE, screenshot=picture)
        assert await take(robot.window, opening, picture) == 0
        assert robot.window.session is not None

    run(scenario())
    assert picture.stat().st_size > 1000
    assert verify_bundle(out).ok
