"""Going from one case to another: what cannot be opened costs nothing, and notices end with their case."""

from __future__ import annotations

from pathlib import Path

from tests.gui.robots import Run, WindowRobot, until
from workbench.gui.dialogs.new_case import NewCaseDialog


def test_opening_what_is_no_case_leaves_the_open_case_open(
    run: Run, robot: WindowRobot, case: Path, tmp_path: Path
) -> None:
    junk = tmp_path / "junk.wbcase"
    junk.write_bytes(b"no case at all" * 100)

    async def scenario() -> None:
        await robot.open(case)
        session, shown = robot.window.open_session, robot.items
        for path in (junk, tmp_path / "gone.wbcase", tmp_path):
            assert not await robot.window.cases.open_case(path)
            assert robot.window.session is session
            assert robot.items == shown
            await until(lambda: robot.toast, "the reason")
            robot.window.toast.dismiss()
        assert session.case.path == case
        robot.select(0)
        robot.act("relevant")
        await until(lambda: "marked as relevant" in robot.toast, "a mark in the case that stayed open")
        assert await robot.open(case)
        assert robot.window.session is not session
        assert robot.items == shown

    run(scenario())


def test_notices_end_with_their_case(run: Run, robot: WindowRobot, case: Path, tmp_path: Path) -> None:
    async def scenario() -> None:
        await robot.open(case)
        robot.window.toast.error("One thing went wrong.")
        robot.window.toast.error("Another did.")
        robot.act("new")
        dialog = await robot.dialog(NewCaseDialog)
        robot.type("Other", dialog.case_title)
        dialog.place.set_path(tmp_path)
        dialog.accept()
        await until(lambda: robot.title == "Other", "the other case")
        await robot.calm()
        assert "wrong" not in robot.toast
        assert "Another" not in robot.toast

    run(scenario())
