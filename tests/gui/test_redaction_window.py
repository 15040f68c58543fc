"""What is withheld is ticked in the window, counted, saved, loaded and exported; nothing that was filled in is lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QListWidgetItem

from tests.gui.robots import Run, WindowRobot, draw, until
from workbench.bundle.redaction import read_redaction
from workbench.case.case import create
from workbench.core.progress import Progress
from workbench.gui.dialogs.export import ExportDialog, ExportedDialog
from workbench.gui.dialogs.redaction import RedactionDialog
from workbench.gui.dialogs.ticking import TickList
from workbench.jobs import intake
from workbench.jobs.pool import Pool

LITERAL = "upload/수정 [초안]X/표정_12?.png"
SIBLING = "upload/수정 초X/표정_123.png"
"""What `LITERAL` would hit too, were it a pattern."""


@pytest.fixture
def odd_case(tmp_path: Path) -> Path:
    """Korean and Chinese names with signs that mean something in patterns."""
    names = (LITERAL, SIBLING, "upload/参考*/第12镜.png")
    seen = draw(tmp_path / "server", names)
    with create(tmp_path / "odd.wbcase", "Odd names", "K.") as case, Pool(1) as pool:
        intake.add(case, [seen], intake.Order("server", scope="complete"), pool, Progress())
    return tmp_path / "odd.wbcase"


def entry(ticks: TickList, holding: str) -> QListWidgetItem:
    found = [ticks.list.item(row) for row in range(ticks.list.count())]
    return next(each for each in found if holding in str(each.data(Qt.ItemDataRole.UserRole)))


def shows(ticks: TickList, holding: str) -> Callable[[], bool]:
    def there() -> bool:
        rows = range(ticks.list.count())
        return any(holding in str(ticks.list.item(row).data(Qt.ItemDataRole.UserRole)) for row in rows)

    return there


async def form_of(robot: WindowRobot, path: Path) -> tuple[ExportDialog, RedactionDialog]:
    await robot.open(path)
    robot.act("export")
    dialog = await robot.dialog(ExportDialog)
    dialog.choose_withheld.click()
    return dialog, await robot.dialog(RedactionDialog)


async def counted(form: RedactionDialog, holding: str) -> None:
    await until(lambda: holding in form.comes_to.text(), f"{holding!r} among the counts")


def test_ticked_addresses_are_counted_before_and_said_after(
    run: Run, robot: WindowRobot, case: Path, tmp_path: Path
) -> None:
    async def scenario() -> None:
        dialog, form = await form_of(robot, case)
        addresses = form.lists["addresses"]
        await until(shows(addresses, "192.0.2.14"), "the addresses")
        await counted(form, "3 log events")
        assert "Nothing is ticked." in form.comes_to.text()
        item = entry(addresses, "192.0.2.14")
        addresses.list.setCurrentItem(item)
        QTest.keyClick(addresses.list, Qt.Key.Key_Space)
        await counted(form, "2 log events are withheld")
        assert "1 log event and" in form.comes_to.text()
        form.accept()
        await until(lambda: dialog.withheld.text() == "1 address", "the summary")
        dialog.place.set_path(tmp_path)
        dialog.name.setText("out")
        dialog.accept()
        done = await robot.dialog(ExportedDialog)
        from workbench.gui.dialogs.dialog import Words

        told = "\n".join(each.text() for each in done.findChildren(Words))
        assert "2 log events are withheld" in told
        assert "acts of the log keep their arguments to themselves." in told
        done.buttons["exported.copy-seal"].click()
        seal = QGuiApplication.clipboard().text()
        assert f"Workbench-Seal: {seal}" in (tmp_path / "out" / "bag-info.txt").read_text()
        done.accept()
        await robot.calm()

    run(scenario())
    everything = b"".join(each.read_bytes() for each in (tmp_path / "out").rglob("*") if each.is_file())
    assert b"192.0.2.14" not in everything
    assert b"203.0.113.41" in everything


def test_names_with_signs_of_patterns_are_meant_literally(
    run: Run, robot: WindowRobot, odd_case: Path, tmp_path: Path
) -> None:
    file = tmp_path / "redaction.json"

    async def scenario() -> None:
        _, form = await form_of(robot, odd_case)
        paths = form.lists["exact_paths"]
        paths.search.setText("표정_12?")
        await until(lambda: shows(paths, LITERAL)() and not shows(paths, SIBLING)(), "what was searched for")
        entry(paths, LITERAL).setCheckState(Qt.CheckState.Checked)
        await counted(form, "1 sighting is withheld for its path.")
        assert "2 files," in form.comes_to.text()
        await form.save(file)
        form.reject()
        await robot.calm()

    run(scenario())
    assert json.loads(file.read_text(encoding="utf-8")) == {"exact_paths": [LITERAL]}
    assert read_redaction(file).exact_paths == (LITERAL,)


def test_a_bad_file_leaves_the_form_as_it_was(run: Run, robot: WindowRobot, case: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text('{"adresses": []}', encoding="utf-8")
    good = tmp_path / "good.json"
    plain = {
        "addresses": ["192.0.2.14/32"],
        "exact_paths": ["upload/EP1/a_v01.png"],
        "hashes": "open",
        "notes": True,
        "paths": ["*b_v0?.png"],
    }
    good.write_text(json.dumps(plain), encoding="utf-8")

    async def scenario() -> None:
        dialog, form = await form_of(robot, case)
        await form.load(good)
        assert form.redaction().to_json() == plain
        await form.load(bad)
        assert "bad.json" in form.problem.text()
        assert form.isVisible()
        assert form.redaction().to_json() == plain
        await form.save(tmp_path / "gone" / "x.json")
        assert "still here" in form.problem.text()
        await form.save(tmp_path / "again.json")
        await form.load(tmp_path / "again.json")
        form.accept()
        await until(lambda: "1 pattern of paths" in dialog.withheld.text(), "the summary")
        dialog.reject()
        await robot.calm()

    run(scenario())
    assert json.loads((tmp_path / "again.json").read_text(encoding="utf-8")) == plain


def test_an_export_that_fails_keeps_what_was_filled_in(
    run: Run, robot: WindowRobot, case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        dialog, form = await form_of(robot, case)
        form.lists["tags"].tick(["no such tag"])
        form._count()
        await until(lambda: "no such tag" in form.problem.text(), "why it cannot be counted")
        form.accept()
        await until(lambda: dialog.withheld.text() == "1 tag", "the summary")
        dialog.place.set_path(tmp_path)
        dialog.name.setText("out")
        dialog.recipient.setText("편집국")
        dialog.accept()
        await until(lambda: dialog.isVisible() and "no such tag" in dialog.problem.text(), "the form again")
        assert dialog.recipient.text() == "편집국"
        assert dialog.withheld.text() == "1 tag"
        assert not (tmp_path / "out").exists()
        dialog.choose_withheld.click()
        again = await robot.dialog(RedactionDialog)
        assert again.lists["tags"].ticked() == ["no such tag"]
        again.lists["tags"].clear()
        again.notes.setChecked(True)
        again.accept()
        await until(lambda: dialog.withheld.text() == "All notes and journal entries", "the new summary")
        dialog.accept()
        done = await robot.dialog(ExportedDialog)
        done.accept()
        assert (tmp_path / "out" / "bagit.txt").is_file()
        await robot.calm()

    run(scenario())


def test_an_export_that_is_stopped_keeps_what_was_filled_in(
    run: Run, robot: WindowRobot, case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*_about: object, progress: Progress, **_more: object) -> None:
        progress.stage("stage-bundle-select", 9)
        while True:
            progress.check()

    monkeypatch.setattr("workbench.bundle.write.write_bundle", slow)

    async def scenario() -> None:
        await robot.open(case)
        robot.act("export")
        dialog = await robot.dialog(ExportDialog)
        dialog.place.set_path(tmp_path)
        dialog.recipient.setText("A reader")
        dialog.accept()
        await until(robot.window.status.bar.isVisible, "the progress")
        robot.window.status.stop.click()
        await until(lambda: dialog.isVisible() and "stopped" in dialog.problem.text(), "the form again")
        assert dialog.recipient.text() == "A reader"
        dialog.reject()
        await robot.calm()

    run(scenario())


def test_the_selection_of_the_window_is_taken_in(run: Run, robot: WindowRobot, case: Path) -> None:
    async def scenario() -> None:
        await robot.open(case)
        robot.select(0, 2)
        session = robot.window.open_session
        address = await session.read(lambda reader: reader.value("SELECT id FROM address WHERE text = '203.0.113.41'"))
        session.workspace.select("address", [address])
        robot.act("export")
        dialog = await robot.dialog(ExportDialog)
        dialog.choose_withheld.click()
        form = await robot.dialog(RedactionDialog)
        form.buttons["redaction.selection"].click()
        await until(lambda: len(form.lists["objects"].ticked()) == 2, "the files of the selection")
        assert form.lists["addresses"].ticked() == ["203.0.113.41"]
        await counted(form, "2 files are withheld")
        form.reject()
        dialog.reject()
        await robot.calm()

    run(scenario())
