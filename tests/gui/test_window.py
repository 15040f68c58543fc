"""The window as a person uses it, on a small real case."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.gui.robots import PICTURES, Run, WindowRobot, copy_case, drain, draw, reopen, until
from workbench.core.errors import Cancelled, UserError
from workbench.core.filter import Filter
from workbench.core.times import parse_zone
from workbench.gui import settings as preferences
from workbench.gui.dialogs.crash import CrashDialog
from workbench.gui.dialogs.intake import IntakeDialog
from workbench.gui.dialogs.mark import TagDialog
from workbench.gui.dialogs.warnings import WarningsDialog
from workbench.gui.theme import Theme
from workbench.queries import custody, files


def test_without_a_case_it_offers_the_ways_in(run: Run, robot: WindowRobot) -> None:
    run(robot.show())
    assert robot.window.welcome.isVisible()
    assert not robot.window.actions_by_name["export"].isEnabled()
    assert robot.window.actions_by_name["new"].isEnabled()
    assert not any(dock.isVisible() for dock in robot.window.docks.docks.values())


def test_a_case_is_shown_in_all_panes(run: Run, robot: WindowRobot, case: Path) -> None:
    async def scenario() -> None:
        assert await robot.open(case)
        assert robot.title == "Storage watch"
        assert "2024-01" in robot.facts
        assert "4 files" in robot.facts
        assert "3 events" in robot.facts
        await until(lambda: robot.counts, "counts")
        assert robot.counts == "4 files · 2 addresses"
        assert len(robot.items) == 4
        assert set(robot.window.panes) == {"gallery", "files", "detail", "timeline", "origins", "viewer", "activity"}
        assert "head" in robot.window.status.custody.text()
        assert robot.settings.recent() == [case]

    run(scenario())


def test_what_is_no_case_is_one_sentence(run: Run, robot: WindowRobot, tmp_path: Path) -> None:
    other = tmp_path / "notes.wbcase"
    other.write_bytes(b"just text")

    async def scenario() -> None:
        await robot.show()
        assert not await robot.open(other)
        assert "is not a Workbench case" in robot.toast
        assert not await robot.open(tmp_path / "gone.wbcase")
        assert robot.window.session is None

    run(scenario())


def test_a_folder_dropped_on_the_window_is_taken_in(run: Run, robot: WindowRobot, case: Path, tmp_path: Path) -> None:
    fresh = draw(tmp_path / "fresh", (*PICTURES, "upload/EP2/new_v01.png"))

    async def scenario() -> None:
        await robot.open(case)
        robot.drop(fresh)
        dialog = await robot.dialog(IntakeDialog)
        assert dialog.source.text() == "fresh"
        dialog.source.setText("Storage server")
        dialog.complete.setChecked(True)
        dialog.accept()
        await until(lambda: "5 files seen, 1 of them new" in robot.toast, "the toast", 40)
        await robot.calm()
        await until(lambda: len(robot.items) == 5, "the new file in the gallery")
        assert "5 files" in robot.facts

    run(scenario())


def test_a_log_dropped_on_the_window_is_recognised(run: Run, robot: WindowRobot, case: Path, tmp_path: Path) -> None:
    log = tmp_path / "more.log"
    log.write_text(
        '198.51.100.7 - - [04/Jan/2024:10:00:00 +0000] "GET /a HTTP/1.1" 200 5 "-" "-"\n' * 6 + "this is no line\n" * 3,
        encoding="utf-8",
    )

    async def scenario() -> None:
        await robot.open(case)
        robot.drop(log)
        dialog = await robot.dialog(IntakeDialog)
        assert not dialog._found.evidence
        dialog.accept()
        await until(lambda: "log lines are in" in robot.toast, "the toast", 40)
        assert "could not be read" in robot.toast
        [show] = robot.window.toast.buttons()
        show.click()
        warnings = await robot.dialog(WarningsDialog)
        assert len(warnings.table.model.ids) == 3
        warnings.accept()

    run(scenario())


def test_a_verdict_is_given_by_a_key_and_taken_back(run: Run, robot: WindowRobot, case: Path) -> None:
    async def scenario() -> None:
        await robot.open(case)
        robot.select(0, 1)
        robot.press("1", robot.window)
        await until(lambda: "2 marked as relevant" in robot.toast, "the toast")
        undo = robot.window.actions_by_name["undo"]
        await until(lambda: "relevant" in undo.text(), "the undo text")
        robot.act("undo")
        await until(lambda: "Undone" in robot.toast, "undone")
        redo = robot.window.actions_by_name["redo"]
        await until(redo.isEnabled, "redo")
        robot.act("redo")
        await until(lambda: "Done again" in robot.toast, "redone")
        await robot.calm()

    run(scenario())
    with reopen(case) as kept:
        rows = kept.ask(lambda reader: list(files.rows(reader, Filter(verdict=("relevant",)))))
        names = kept.ask(lambda reader: [row["op"] for row in custody.rows(reader)])
    assert len(rows) == 2
    assert names[-3:] == ["mark.verdict", "history.undo", "history.undo"]


def test_a_tag_is_asked_for(run: Run, robot: WindowRobot, case: Path) -> None:
    async def scenario() -> None:
        await robot.open(case)
        robot.select(2)
        robot.act("tag")
        dialog = await robot.dialog(TagDialog)
        dialog.accept()
        assert dialog.problem.isVisible()
        robot.type("  character   sheet ", dialog.word)
        dialog.accept()
        await until(lambda: "“character sheet” put on 1" in robot.toast, "the toast")

    run(scenario())


def test_custody_is_listed_and_undone_there(run: Run, robot: WindowRobot, case: Path) -> None:
    async def scenario() -> None:
        await robot.open(case)
        robot.select(0)
        robot.act("relevant")
        await until(lambda: robot.toast, "the toast")
        robot.window.status.custody.click()
        await until(lambda: robot.custody()[:1] == ["“relevant” on 1"], "the entry")
        assert robot.custody()[-1] == "Case made"
        pane = robot.window.panes["activity"]
        pane.table.model.select_ids([max(pane._rows)])
        pane._picked()
        assert pane.undo_button.isEnabled()
        pane.undo_button.click()
        await until(lambda: robot.custody()[0].startswith("Undone"), "the undo entry")

    run(scenario())


def test_the_filter_bar_tells_and_changes_the_filter(run: Run, robot: WindowRobot, case: Path) -> None:
    async def scenario() -> None:
        await robot.open(case)
        workspace = robot.window.open_session.workspace
        robot.act("find")
        robot.type("EP1")
        await until(lambda: workspace.filter.text == ("EP1",), "the search")
        await until(lambda: robot.counts.startswith("2 of 4 files"), "the count")
        assert robot.chips == []
        workspace.filter = workspace.filter.also("not_address", "192.0.2.14")
        assert robot.chips == ["not 192.0.2.14"]
        robot.window.filter_bar.chips.chips()[0].removed.emit()
        assert workspace.filter.not_address == ()
        robot.act("filter-back")
        assert workspace.filter.not_address == ("192.0.2.14",)
        robot.act("filter-forward")
        robot.act("filter-clear")
        assert not workspace.filter
        await robot.calm()
        assert robot.window.filter_bar.search.text() == ""

    run(scenario())


def test_only_this_and_not_this(run: Run, robot: WindowRobot, case: Path) -> None:
    async def scenario() -> None:
        await robot.open(case)
        workspace = robot.window.open_session.workspace
        robot.select(1)
        robot.act("filter-selection")
        await until(lambda: len(workspace.filter.objects) == 1, "the filter")
        await until(lambda: len(robot.items) == 1, "the gallery")
        robot.act("filter-clear")
        await until(lambda: len(robot.items) == 4, "all again")
        robot.select(1)
        robot.act("filter-not")
        await until(lambda: workspace.filter.not_path, "the exclusion")
        await until(lambda: len(robot.items) == 3, "the gallery without it")

    run(scenario())


def test_the_layout_is_remembered_and_can_be_reset(
    run: Run, robot: WindowRobot, case: Path, theme: Theme, tmp_path: Path
) -> None:
    async def leave() -> None:
        await robot.open(case)
        assert robot.window.docks.is_shown("origins")
        robot.act("show-origins")
        robot.act("show-activity")
        await robot.close()

    run(leave())
    again = WindowRobot(theme, tmp_path)

    async def come_back() -> None:
        await again.open(case)
        assert not again.window.docks.is_shown("origins")
        assert again.window.docks.is_shown("activity")
        again.act("reset-layout")
        assert again.window.docks.is_shown("origins")
        assert not again.window.docks.is_shown("activity")
        await again.close()

    run(come_back())
    drain()


def test_narrow_windows_have_a_drawer(run: Run, robot: WindowRobot, case: Path) -> None:
    async def scenario() -> None:
        await robot.open(case)
        docks = robot.window.docks
        robot.window.resize(1024, 700)
        await asyncio.sleep(0.05)
        assert not docks.is_shown("detail")
        robot.act("show-detail")
        assert docks.drawer.isVisible()
        assert robot.window.panes["detail"].isVisible()
        docks.drawer.shut.emit()
        assert not docks.drawer.isVisible()
        robot.window.resize(1440, 900)
        await asyncio.sleep(0.05)
        assert docks.docks["detail"].isVisible()

    run(scenario())


def test_for_reading_only_nothing_can_be_changed(run: Run, robot: WindowRobot, case: Path) -> None:
    async def scenario() -> None:
        assert await robot.open(case, write=False)
        assert "for reading only" in robot.facts
        robot.select(0)
        for name in ("relevant", "tag", "add-folder", "undo"):
            assert not robot.window.actions_by_name[name].isEnabled()
        assert robot.window.actions_by_name["export"].isEnabled()

    run(scenario())


def test_a_missing_evidence_folder_is_said_and_borne(run: Run, robot: WindowRobot, case: Path) -> None:
    case.with_suffix(".evidence").rename(case.with_name("elsewhere"))

    async def scenario() -> None:
        assert await robot.open(case)
        assert robot.window.banner.isVisible()
        assert "watch.evidence is not beside the case" in robot.window.banner.text()
        assert len(robot.items) == 4

    run(scenario())


def test_errors_are_sorted_by_whose_turn_it_is(run: Run, robot: WindowRobot, allowed_log: list[str]) -> None:
    allowed_log.append("a bug")

    async def scenario() -> None:
        await robot.show()
        robot.errors.report(Cancelled())
        robot.errors.report(UserError("disk-full"))
        await until(lambda: "The disk is full" in robot.toast, "the sentence")
        bug = ValueError("seven")
        robot.errors.report(bug)
        dialog = await robot.dialog(CrashDialog)
        assert "ValueError: seven" in dialog.details.toPlainText()
        dialog.accept()
        await asyncio.sleep(0.02)
        robot.errors.report(bug)
        await asyncio.sleep(0.05)
        assert not [each for each in robot.window.findChildren(CrashDialog) if each.isVisible()]
        robot.window.now.renew_actions()
        robot.act("crash-report")
        (await robot.dialog(CrashDialog)).accept()

    run(scenario())


def test_viewer_opens_over_the_gallery_and_escape_returns(run: Run, robot: WindowRobot, case: Path) -> None:
    async def scenario() -> None:
        await robot.open(case)
        robot.select(0)
        robot.act("view-image")
        viewer = robot.window.panes["viewer"]
        assert robot.window.stack.currentWidget() is viewer
        await robot.calm()
        robot.act("go-next")
        focus = robot.window.open_session.workspace.focus
        assert focus is not None
        assert focus.id == robot.items[1]
        robot.press("Esc", robot.window)
        assert robot.window.stack.currentWidget() is robot.window.panes["gallery"]

    run(scenario())


def test_one_case_after_the_other(run: Run, robot: WindowRobot, case: Path, template: Path, tmp_path: Path) -> None:
    second = copy_case(template, tmp_path / "second")

    async def scenario() -> None:
        await robot.open(case)
        await robot.open(second)
        assert robot.window.open_session.case.path == second
        assert robot.settings.recent()[:2] == [second, case]
        robot.act("close-case")
        await until(lambda: robot.window.session is None, "no case")
        assert robot.window.welcome.isVisible()
        assert len(robot.window.welcome.rows) == 2

    run(scenario())


def test_the_zone_chosen_on_the_timeline_is_that_of_all_panes(run: Run, robot: WindowRobot, case: Path) -> None:
    async def scenario() -> None:
        assert await robot.open(case)
        window = robot.window
        window.panes["timeline"].zone_changed.emit(parse_zone("Asia/Seoul"), "Asia/Seoul")
        assert robot.settings.get(preferences.ZONE) == "Asia/Seoul"
        assert window.panes["detail"].zone_name == "Asia/Seoul"
        assert window.panes["viewer"].locate == window.panes["gallery"].position

    run(scenario())
