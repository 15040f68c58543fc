"""Watching a server in the window, against a real one on this machine."""

from __future__ import annotations

import asyncio
import hashlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt
from PySide6.QtGui import QDropEvent, QGuiApplication

from tests.gui.open_server import OpenServer, open_server
from tests.gui.robots import Run, WindowRobot, draw, reopen, until
from tests.sources.http.servers import certificate
from workbench.case.case import create
from workbench.core import times
from workbench.core.errors import Cancelled
from workbench.core.messages import Message
from workbench.core.progress import Progress
from workbench.gui.dialogs.dialog import Dialog
from workbench.gui.dialogs.watch_assistant import WatchAssistant
from workbench.gui.dialogs.watch_edit import CharterDialog, MannersDialog, SourceChoice
from workbench.gui.dialogs.watch_questions import ConductDialog, QuestionDialog
from workbench.gui.dialogs.watch_timer import TimerDialog
from workbench.gui.look_questions import Questions
from workbench.gui.settings import ANCHORS
from workbench.gui.window_watched import manners_of, program_words
from workbench.jobs.plan import Plan
from workbench.ops import watch as ops
from workbench.queries import custody, requests, watched
from workbench.workspace import Focus

FILES = ("EP3/수정_v01.png", "EP3/b_v01.png", "参考/第12镜.png", "first.png")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[OpenServer]:
    with open_server(draw(tmp_path / "served", FILES)) as made:
        yield made


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """A case with nothing in it."""
    path = tmp_path / "case" / "watch.wbcase"
    path.parent.mkdir()
    create(path, "저장 서버", "K.").close()
    return path


async def watch(robot: WindowRobot, case: Path, url: str, **options: Any) -> None:
    """Open the case with a server in it that was agreed on."""
    await robot.open(case)
    session = robot.window.open_session
    plan = Plan(url=url, source="Storage", kind="web", **{"rate": 0.0, **options})
    await session.run(ops.source, "Storage", "web", url, plan.options())
    await session.run(ops.charter, "Storage", who="K.", why="to see")
    await until(lambda: robot.window.facts is not None and robot.window.facts.watched == 1, "the watched server")


async def looked(robot: WindowRobot, act: str = "look-now") -> str:
    """Take a look and wait for what is said of it."""
    robot.window.toast.dismiss()
    robot.act(act)
    await ended(robot)
    return robot.toast


async def ended(robot: WindowRobot) -> None:
    await until(lambda: robot.window.watch.under_way is None, "the end of the look", 30)
    await robot.calm()


def drop(robot: WindowRobot, words: str) -> None:
    data = QMimeData()
    data.setText(words)
    copy, button, key = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    robot.window.dropEvent(QDropEvent(QPointF(100, 200), copy, data, button, key))


def test_from_a_dropped_address_to_the_first_look_and_its_confirmation(
    run: Run, robot: WindowRobot, empty: Path, server: OpenServer, tmp_path: Path
) -> None:
    anchors = tmp_path / "anchors"
    anchors.mkdir()

    async def scenario() -> None:
        await robot.open(empty)
        assert not robot.window.top.look.isVisible()
        drop(robot, server.url)
        dialog = await robot.dialog(WatchAssistant)
        assert dialog.where.url.text() == server.url
        dialog.where.name.setText("저장 서버")
        dialog.accept()
        await until(lambda: dialog.page == "found", "what was found", 30)
        assert "Web listing" in dialog.found_page.headline.text()
        dialog.accept()
        dialog.charter.fields["why"].setText("누가 그리는가")
        dialog.charter.fields["who"].setText("K.")
        dialog.charter.own.setText("198.51.100.7")
        dialog.accept()
        dialog.manners.rate.setValue(0)
        dialog.manners.every.setValue(24)
        dialog.manners.anchors.set_path(anchors)
        dialog.accept()
        await until(lambda: robot.window.watch.under_way == "저장 서버", "the look")
        await ended(robot)
        assert "저장 서버: first look, 4 files" in robot.toast
        assert robot.window.top.look.isVisible()
        assert len(robot.items) == 4
        assert "Next look" in robot.window.status.next.text()
        await until(lambda: robot.window.status.anchor.text() == "Anchored outside today", "the anchor")
        show, confirm = robot.window.toast.buttons()
        assert show.text() == "Show"
        confirm.click()
        conduct = await robot.dialog(ConductDialog)
        assert "nothing was bypassed" in conduct.sentence.text()
        conduct.buttons["watch.conduct.do"].click()
        await until(lambda: "confirmation" in robot.toast, "the confirmation")
        robot.window.watched.confirm(1)
        again = await robot.dialog(ConductDialog)
        assert "watch.conduct.do" not in again.buttons, "it was confirmed already"
        again.reject()
        await robot.calm()

    run(scenario())
    assert robot.settings.get(ANCHORS) == str(anchors)
    assert len(list(anchors.iterdir())) == 1
    with reopen(empty) as kept:
        [known] = kept.ask(watched.sources)
        assert (known.name, known.kind, known.status) == ("저장 서버", "web", "complete")
        assert known.options["every"] == 86_400
        assert known.charter is not None
        assert known.charter.why == "누가 그리는가"
        names = [row["op"] for row in kept.ask(lambda reader: list(custody.rows(reader)))]
    assert {"watch.source", "watch.charter", "watch.decision", "watch.confirm", "mark.own", "anchor.write"} <= set(
        names
    )
    assert names.index("watch.charter") < names.index("intake.begin")


def test_a_second_look_says_what_changed_and_what_was_refused(
    run: Run, robot: WindowRobot, empty: Path, server: OpenServer
) -> None:
    async def scenario() -> None:
        await watch(robot, empty, server.url)
        assert "first look" in await looked(robot)
        (server.root / "EP3" / "new_v01.png").write_bytes(b"new")
        (server.root / "EP3" / "b_v01.png").unlink()
        (server.root / "first.png").write_bytes(b"other bytes now")
        os.utime(server.root / "first.png", (4_000_000_000, 4_000_000_000))
        server.refused.add("/参考/")
        said = await looked(robot)
        assert "1 new, 1 changed, 1 removed" in said
        assert "1 folder refused" in said
        show = robot.window.toast.buttons()[0]
        show.click()
        await until(lambda: robot.window.open_session.filter.snapshot == (2,), "the files of the look")
        await robot.calm()
        assert robot.window.stack.currentWidget() is robot.window.panes["gallery"]

    run(scenario())


def test_the_request_log_and_folders_of_a_look(run: Run, robot: WindowRobot, empty: Path, server: OpenServer) -> None:
    async def scenario() -> None:
        await watch(robot, empty, server.url)
        await looked(robot)
        server.refused.add("/参考/")
        await looked(robot)
        robot.act("request-log")
        await robot.calm()
        page = robot.window.panes["activity"].requests  # type: ignore[attr-defined]
        await until(lambda: len(page.table.model.ids) > 3, "the requests")
        counts = await robot.window.open_session.read(requests.counts, 2)
        assert len(page.table.model.ids) == counts.requests
        keys = [column.key for column in page.table.model.columns]
        shown = [page.table.model.cells[keys.index("path")].text(row) for row in range(len(page.table.model.ids))]
        assert "/参考/" in shown
        page.trouble.setChecked(True)
        await until(lambda: len(page.table.model.ids) == 1, "only what was refused")
        assert [page.table.model.cells[keys.index("status")].text(row) for row in range(len(page.table.model.ids))] == [
            "403"
        ]
        page.combo.setCurrentIndex(1)
        await until(lambda: page.snapshot == 1 and not page.busy, "the look before")
        await until(lambda: not len(page.table.model.ids), "nothing that was refused in it")
        page.trouble.setChecked(False)
        await until(lambda: len(page.table.model.ids) > 3, "the requests again")
        page.set_zone(times.parse_zone("+09:00"), "+09:00")
        assert "UTC+9" in page.combo.currentText()
        asked: list[object] = []
        page.conduct_wanted.connect(asked.append)
        page.conduct.click()
        assert asked == [1]
        (await robot.dialog(ConductDialog)).reject()
        folders = robot.window.panes["activity"].folders  # type: ignore[attr-defined]
        robot.window.panes["activity"].tabs.setCurrentWidget(folders)  # type: ignore[attr-defined]
        await until(lambda: len(folders.table.model.ids) == 3, "the folders")
        states = [folders.table.model.cells[1].text(row) for row in range(3)]
        assert states == ["refused", "listed", "listed"]
        assert "1 refused" in folders.table.caption_label.text()

    run(scenario())


def test_a_look_is_paused_gone_on_with_stopped_and_taken_up_again(
    run: Run, robot: WindowRobot, empty: Path, server: OpenServer
) -> None:
    async def scenario() -> None:
        await watch(robot, empty, server.url, rate=20.0)
        robot.act("look-now")
        await until(lambda: robot.window.watch.running() is not None, "the look")
        robot.act("pause-look")
        found = robot.window.watch.running()
        assert found is not None
        control = found[1]
        assert control.paused
        assert robot.window.actions_by_name["pause-look"].isChecked()
        await until(lambda: "paused" in robot.window.status.count.text(), "the status line")
        assert robot.window.status.pause.toolTip() == "Go on with the look"
        before = len(server.asked)
        await asyncio.sleep(0.3)
        assert len(server.asked) <= before + 1, "what was on its way may still arrive"
        robot.window.status.pause.click()
        assert not control.paused
        robot.act("stop-look")
        await ended(robot)
        [known] = await robot.window.open_session.read(watched.sources)
        assert known.unfinished
        assert "first look, 4 files" in await looked(robot)
        [known] = await robot.window.open_session.read(watched.sources)
        assert (known.snapshot, known.status) == (1, "complete"), "the same look was gone on with"

    run(scenario())


def test_more_bytes_than_agreed_are_asked_about(run: Run, robot: WindowRobot, empty: Path, server: OpenServer) -> None:
    async def scenario() -> None:
        await watch(robot, empty, server.url, limit_files=2)
        robot.act("look-now")
        question = await robot.dialog(QuestionDialog)
        assert "Storage holds more" in question.heading.text()
        question.buttons["watch.ask.limit.no"].click()
        await ended(robot)
        assert "first look" in robot.toast
        robot.act("look-now")
        question = await robot.dialog(QuestionDialog)
        question.buttons["watch.ask.limit.yes"].click()
        await until(lambda: not question.isVisible(), "the answer")
        await ended(robot)
        await until(lambda: len([each for each in robot.items if each > 0]) == 4, "all files")

    run(scenario())


def test_another_certificate_is_asked_about(run: Run, robot: WindowRobot, empty: Path, tmp_path: Path) -> None:
    root = draw(tmp_path / "served", FILES)
    (first, _, _), (second, _, der) = (certificate(tmp_path, "127.0.0.1", name=name) for name in ("one", "two"))

    async def scenario() -> None:
        with open_server(root, first) as server:
            await watch(robot, empty, server.url)
            assert "first look" in await looked(robot)
        with open_server(root, second, server.port) as server:
            robot.window.toast.dismiss()
            robot.act("look-now")
            question = await robot.dialog(QuestionDialog)
            assert "another certificate" in question.heading.text()
            question.buttons["watch.ask.certificate.no"].click()
            await until(lambda: not question.isVisible(), "the answer")
            await ended(robot)
            assert robot.toast.startswith("The look at Storage waits. ")
            assert not server.asked, "nothing was asked of it"
            [go_on] = robot.window.toast.buttons()
            go_on.click()
            question = await robot.dialog(QuestionDialog)
            question.buttons["watch.ask.certificate.yes"].click()
            await until(lambda: not question.isVisible(), "the answer")
            await ended(robot)
            assert "nothing new" in robot.toast
        [known] = await robot.window.open_session.read(watched.sources)
        assert known.certificate == hashlib.sha256(der).digest()

    run(scenario())


def test_a_question_ends_with_the_job(run: Run, robot: WindowRobot) -> None:
    """A job thread that waits for an answer is let go when the job is stopped."""

    async def scenario() -> None:
        await robot.show()
        shown: list[Any] = []

        async def show(asked: Any) -> bool:
            shown.append(asked)
            await asyncio.sleep(30)
            return True

        tasks: list[asyncio.Task[Any]] = []
        questions = Questions(lambda work: tasks.append(asyncio.ensure_future(work)), show, robot.window)
        progress = Progress()
        ask = questions.asker("S", progress)
        outcome: list[BaseException] = []

        def work() -> None:
            try:
                ask(Message("certificate-changed"))
            except Cancelled as error:
                outcome.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        await until(lambda: shown, "the question")
        assert shown[0].kind == "certificate"
        progress.cancel()
        await until(lambda: outcome, "the end of the wait")
        thread.join()
        tasks[0].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    run(scenario())


def test_a_server_that_refuses_is_a_failed_look_with_its_reason(
    run: Run, robot: WindowRobot, empty: Path, server: OpenServer
) -> None:
    server.refused.add("/")

    async def scenario() -> None:
        await watch(robot, empty, server.url)
        said = await looked(robot)
        assert said.startswith("The look at Storage failed. ")
        assert len(said) > len("The look at Storage failed. ")
        titles = [button.text() for button in robot.window.toast.buttons()]
        assert titles[0] == "Requests"
        robot.window.toast.buttons()[0].click()
        await robot.calm()

    run(scenario())


def test_what_is_due_is_looked_at_and_what_was_missed_is_recorded(
    run: Run, robot: WindowRobot, empty: Path, server: OpenServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        await watch(robot, empty, server.url, every=86_400)
        await looked(robot)
        timetable = robot.window.timetable
        await until(lambda: timetable.next and not timetable.busy, "the next look")
        [known] = await robot.window.open_session.read(watched.sources)
        assert timetable.next == {"Storage": known.observed + 86_400 * times.SECOND}
        now = times.now() + 3 * times.DAY
        monkeypatch.setattr("workbench.gui.window_timetable.times", SimpleNamespace(now=lambda: now))
        timetable.renew()
        await until(lambda: robot.window.watch.under_way, "the look that is due", 20)
        await ended(robot)
        [known] = await robot.window.open_session.read(watched.sources)
        assert known.snapshot == 2
        assert known.missed is not None
        timetable.renew()
        await until(lambda: not timetable.busy, "the timetable")
        assert robot.window.watch.under_way is None, "a source rests after a look that began by itself"

    run(scenario())


def test_charter_and_schedule_are_changed_and_watching_is_stopped(
    run: Run, robot: WindowRobot, empty: Path, server: OpenServer
) -> None:
    async def scenario() -> None:
        await watch(robot, empty, server.url)
        robot.act("charter")
        charter = await robot.dialog(CharterDialog)
        charter.form.fields["authority"].setText("the editor")
        charter.accept()
        await until(lambda: "charter of Storage is kept" in robot.toast, "the charter")
        robot.act("watch-timer")
        manners = await robot.dialog(MannersDialog)
        assert manners.form.rate.text() == "no limit"
        manners.form.every.setValue(24)
        manners.buttons["watch.manners.timer"].click()
        timer = await robot.dialog(TimerDialog)
        assert any("--source" in each and "Storage" in each for each in timer.files.values())
        timer.accept()
        await until(lambda: robot.window.timetable.next, "the schedule")
        [known] = await robot.window.open_session.read(watched.sources)
        assert known.charter is not None
        assert known.charter.authority == "the editor"
        assert manners_of(known).every == 86_400
        await until(lambda: robot.window.watch.under_way is None, "a look that was due", 30)
        robot.act("stop-watching")
        question = await robot.dialog(Dialog)
        question.buttons["watch.stop.do"].click()
        await until(lambda: not robot.window.timetable.next, "no schedule")
        await robot.calm()
        await until(lambda: not robot.window.actions_by_name["look-now"].isEnabled(), "nothing to look at")
        assert not robot.window.top.look.isVisible()

    run(scenario())


def test_a_watched_source_in_the_tree_and_in_detail(
    run: Run, robot: WindowRobot, empty: Path, server: OpenServer
) -> None:
    async def scenario() -> None:
        await watch(robot, empty, server.url, every=3600)
        files, detail = robot.window.panes["files"], robot.window.panes["detail"]
        await robot.calm()
        nodes = {node.key: node for node in files.model.nodes()}  # type: ignore[attr-defined]
        node = nodes["source", "Storage"]
        assert server.url in node.tooltip
        assert "Charter: K., to see" in node.tooltip
        await until(lambda: robot.window.watch.under_way is None, "a look that was due", 30)
        files.view.selectionModel().select(  # type: ignore[attr-defined]
            files.model.index_of(next(each for each in files.model.nodes() if each.key == ("source", "Storage"))),  # type: ignore[attr-defined]
            files.view.selectionModel().SelectionFlag.ClearAndSelect,  # type: ignore[attr-defined]
        )
        focus = robot.window.open_session.workspace
        await until(lambda: focus.focus == Focus("source", node.target), "the source in focus")
        await robot.calm()
        from PySide6.QtWidgets import QLabel, QPushButton

        said = "\n".join(each.text().replace("\u200b", "") for each in detail.findChildren(QLabel))
        for words in (server.url, "Web listing", "every hour", "not stated", "to see", "no limit to the rate"):
            assert words in said
        asked: list[tuple[str, str]] = []
        detail.watch_asked.connect(lambda act, source: asked.append((act, source)))  # type: ignore[attr-defined]
        [button] = [each for each in detail.findChildren(QPushButton) if each.text() == "Charter…"]
        button.click()
        assert asked == [("charter", "Storage")]
        (await robot.dialog(CharterDialog)).reject()
        assert files._acts(node)[0] == "look"  # type: ignore[attr-defined]

    run(scenario())


def test_of_several_servers_one_is_chosen_and_looks_wait_for_each_other(
    run: Run, robot: WindowRobot, empty: Path, server: OpenServer
) -> None:
    async def scenario() -> None:
        await watch(robot, empty, server.url)
        session = robot.window.open_session
        other = Plan(url=f"{server.url}EP3/", source="Other", kind="web", rate=0.0)
        await session.run(ops.source, "Other", "web", other.url, other.options())
        await session.run(ops.charter, "Other", who="K.")
        await robot.calm()
        robot.act("charter")
        choice = await robot.dialog(SourceChoice)
        choice.buttons_by_name["Other"].setChecked(True)
        choice.accept()
        charter = await robot.dialog(CharterDialog)
        assert "Other" in charter.heading.text()
        charter.reject()
        server.gate.clear()
        robot.act("look-now")
        await until(lambda: robot.window.watch.under_way, "the first look")
        assert "is looked at after" in robot.toast
        server.gate.set()
        await until(lambda: robot.window.watch.under_way == "Storage", "the second look", 30)
        await ended(robot)
        known = await session.read(watched.sources)
        assert [each.status for each in known] == ["complete", "complete"]

    run(scenario())


def test_pasting_an_address_opens_the_assistant(run: Run, robot: WindowRobot, empty: Path) -> None:
    async def scenario() -> None:
        await robot.open(empty)
        QGuiApplication.clipboard().setText("just words")
        robot.act("paste")
        assert "no address of a server" in robot.toast
        QGuiApplication.clipboard().setText("https://203.0.113.9/files/\n")
        robot.act("paste")
        dialog = await robot.dialog(WatchAssistant)
        assert dialog.where.url.text() == "https://203.0.113.9/files/"
        dialog.reject()
        button = robot.window.panes["gallery"].empty.buttons()[1]  # type: ignore[attr-defined]
        assert button.text() == "Watch a server…"
        button.click()
        (await robot.dialog(WatchAssistant)).reject()

    run(scenario())


def test_a_case_for_reading_only_is_not_looked_at(
    run: Run, robot: WindowRobot, empty: Path, server: OpenServer
) -> None:
    async def scenario() -> None:
        await watch(robot, empty, server.url, every=3600)
        await until(lambda: robot.window.watch.under_way is None, "a look that was due", 30)
        await robot.calm()
        await robot.open(empty, write=False)
        asked = len(server.asked)
        assert not robot.window.actions_by_name["look-now"].isEnabled()
        assert not robot.window.top.look.isVisible()
        assert not robot.window.timetable.next
        robot.act("charter")
        charter = await robot.dialog(CharterDialog)
        assert charter.form.fields["who"].isReadOnly()
        charter.accept()
        robot.window.watch.add(server.url)
        await until(lambda: robot.toast, "a reason")
        assert len(server.asked) == asked

    run(scenario())


def test_the_program_knows_how_it_is_started_again() -> None:
    assert program_words()
