"""Longer ways through the window: making, exporting, verifying, refusing, stopping."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLineEdit

from tests.gui.robots import Run, WindowRobot, reopen, until
from workbench.core.progress import Progress
from workbench.gui.dialogs.dialog import Dialog
from workbench.gui.dialogs.export import ExportDialog, ExportedDialog
from workbench.gui.dialogs.new_case import NewCaseDialog
from workbench.gui.dialogs.properties import PropertiesDialog
from workbench.gui.dialogs.verify import VerifiedDialog, VerifyChoice
from workbench.gui.theme import Theme
from workbench.jobs.runner import Phase
from workbench.queries import custody
from workbench.workspace import Focus


def question(robot: WindowRobot, name: str) -> Dialog | None:
    found = [each for each in robot.window.findChildren(Dialog) if each.objectName() == f"dialog-{name}"]
    return found[0] if found and found[0].isVisible() else None


def test_a_new_case_is_made_and_offers_the_next_act(run: Run, robot: WindowRobot, tmp_path: Path) -> None:
    async def scenario() -> None:
        await robot.show()
        robot.act("new")
        dialog = await robot.dialog(NewCaseDialog)
        robot.type("Fresh watch", dialog.case_title)
        dialog.place.set_path(tmp_path)
        dialog.accept()
        await until(lambda: robot.title == "Fresh watch", "the case")
        await robot.calm()
        assert robot.items == []
        assert robot.counts == "0 files · 0 addresses"
        robot.act("properties")
        properties = await robot.dialog(PropertiesDialog)
        properties.fields["number"].setText("7/2024")
        properties.accept()
        await until(lambda: "7/2024" in robot.facts, "the number")

    run(scenario())
    with reopen(tmp_path / "Fresh watch.wbcase") as case:
        assert case.ask(lambda reader: [row["op"] for row in custody.rows(reader)]) == ["case.create", "case.settings"]


def test_a_bundle_is_exported_and_verified(run: Run, robot: WindowRobot, case: Path, tmp_path: Path) -> None:
    async def scenario() -> None:
        await robot.open(case)
        robot.window.open_session.workspace.filter = robot.window.open_session.filter.also("path", "*EP1*")
        robot.act("export")
        dialog = await robot.dialog(ExportDialog)
        assert dialog.shown.isChecked()
        dialog.place.set_path(tmp_path)
        dialog.name.setText("handed-over")
        dialog.recipient.setText("A reader")
        QTest.keyClick(dialog, Qt.Key.Key_Return)
        done = await robot.dialog(ExportedDialog)
        assert (tmp_path / "handed-over" / "bagit.txt").is_file()
        done.accept()
        robot.act("verify")
        verified = await robot.dialog(VerifiedDialog)
        assert "is what it was" in verified.heading.text()
        verified.accept()
        jobs = robot.window.panes["activity"].jobs  # type: ignore[attr-defined]
        assert [row.job.phase for row in jobs.rows.values()] == [Phase.DONE, Phase.DONE]
        await robot.calm()

    run(scenario())


def test_a_changed_byte_is_found_by_verify(run: Run, robot: WindowRobot, case: Path) -> None:
    victim = next(path for path in (case.with_suffix(".evidence") / "objects").rglob("*") if path.is_file())
    victim.chmod(0o600)
    victim.write_bytes(b"~" + victim.read_bytes()[1:])

    async def scenario() -> None:
        await robot.open(case)
        robot.act("verify")
        verified = await robot.dialog(VerifiedDialog)
        assert "is not what it was" in verified.heading.text()
        assert len(verified.table.model.ids) == 1
        verified.accept()

    run(scenario())


def test_a_case_that_is_too_damaged_to_open_is_verified_too(
    run: Run, robot: WindowRobot, case: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(sqlite3.connect(case)) as conn:
        conn.execute("PRAGMA application_id = 7")

    async def chosen(*_: object) -> list[Path]:
        return [case]

    monkeypatch.setattr("workbench.gui.dialogs.choose.choose", chosen)

    async def scenario() -> None:
        robot.act("verify-bundle")
        choice = await robot.dialog(VerifyChoice)
        choice.buttons["verify.case"].click()
        verified = await robot.dialog(VerifiedDialog)
        assert "is not what it was" in verified.heading.text()
        assert "head of the file" in str(verified.table.model.index(0, 0).data())
        verified.accept()
        await robot.calm()

    run(scenario())


def test_a_risky_place_is_asked_about(
    run: Run, robot: WindowRobot, case: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.case.case.risky_place", lambda path: "dropbox")

    async def scenario() -> None:
        await robot.show()
        opening = asyncio.ensure_future(robot.window.cases.open_case(case))
        await until(lambda: question(robot, "open-stopped"), "the question")
        asked = question(robot, "open-stopped")
        assert asked is not None
        assert "dropbox" in asked.about.text()
        asked.buttons["open.read-only"].click()
        assert await opening
        assert not robot.window.open_session.case.writable

    run(scenario())


def test_own_addresses_are_asked_about_and_left_out(run: Run, robot: WindowRobot, case: Path) -> None:
    async def scenario() -> None:
        await robot.open(case)
        session = robot.window.open_session
        address = await session.read(lambda reader: reader.value("SELECT id FROM address WHERE text = '192.0.2.14'"))
        session.workspace.select("address", [address])
        session.workspace.focus = Focus("address", address)
        robot.act("own")
        await until(lambda: question(robot, "own"), "the question")
        asked = question(robot, "own")
        assert asked is not None
        assert "192.0.2.14" in asked.about.text()
        asked.buttons["own.do"].click()
        await until(lambda: "marked as yours" in robot.toast, "the toast")
        await until(lambda: robot.counts.endswith("1 addresses"), "the count without it")
        robot.act("filter-own")
        await until(lambda: robot.counts.endswith("2 addresses"), "the count with it")

    run(scenario())


def test_closing_while_something_runs_is_asked_about(run: Run, robot: WindowRobot, case: Path) -> None:
    def long(progress: Progress) -> None:
        for step in range(10_000):
            progress.update(step, 10_000, "stage-store")
            time.sleep(0.01)

    async def scenario() -> None:
        await robot.open(case)
        closed: list[bool] = []
        robot.window.closed.connect(lambda: closed.append(True))
        job = robot.window.jobs.start("job.add", long, "server")
        await until(robot.window.status.bar.isVisible, "the progress")
        robot.window.close()
        await until(lambda: question(robot, "stop"), "the question")
        assert robot.window.isVisible()
        asked = question(robot, "stop")
        assert asked is not None
        asked.reject()
        await asyncio.sleep(0.05)
        assert not closed
        robot.window.status.stop.click()
        await until(lambda: job.phase is Phase.CANCELLED, "the cancelled job")
        await until(lambda: not robot.window.status.bar.isVisible(), "no progress")
        row = next(iter(robot.window.panes["activity"].jobs.rows.values()))  # type: ignore[attr-defined]
        assert "start it again" in row.state.text()
        robot.window.jobs.start("job.add", long)
        robot.window.close()
        await until(lambda: question(robot, "stop"), "the question again")
        again = question(robot, "stop")
        assert again is not None
        again.buttons["stop.do"].click()
        await until(lambda: closed, "the closed window")

    run(scenario())


def test_a_failing_job_says_so_and_stays_in_the_list(run: Run, robot: WindowRobot, case: Path, tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.mkdir()

    async def scenario() -> None:
        await robot.open(case)
        from workbench.gui.dialogs.intake import IntakePlan

        robot.window.spawn(robot.window.intake._take_in(IntakePlan(evidence=(tmp_path / "gone",), logs=())))
        await until(lambda: "There is no file or folder" in robot.toast, "the sentence")
        row = next(iter(robot.window.panes["activity"].jobs.rows.values()))  # type: ignore[attr-defined]
        assert "There is no file or folder" in row.state.text()

    run(scenario())


def test_the_theme_follows_the_menu(run: Run, robot: WindowRobot, theme: Theme) -> None:
    async def scenario() -> None:
        await robot.show()
        robot.act("theme-dark")
        assert theme.dark
        assert robot.window.actions_by_name["theme-dark"].isChecked()
        robot.act("theme-light")
        assert not theme.dark

    run(scenario())


def test_open_asks_with_a_dialog_that_does_not_block(run: Run, robot: WindowRobot, case: Path) -> None:
    async def scenario() -> None:
        robot.window.setProperty("plain-dialogs", True)
        await robot.show()
        robot.act("open")
        found: list[Any] = []

        def there() -> bool:
            found[:] = robot.window.findChildren(QFileDialog)
            return bool(found) and found[0].isVisible()

        await until(there, "the file dialog")
        found[0].findChild(QLineEdit, "fileNameEdit").setText(str(case))
        found[0].accept()
        await until(lambda: robot.title == "Storage watch", "the case")
        await robot.calm()

    run(scenario())
