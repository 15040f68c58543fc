"""The dialogs of watching: what the assistant asks, keeps and refuses, by keyboard; charter, manners, timer entries."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton

from tests.gui.dialog_samples import (
    CHARTER,
    OLD_AND_NEW,
    conduct,
    found_listing,
    found_nothing,
    timer_command,
    timer_files,
)
from tests.gui.robots import Run, until
from workbench.core.errors import Cancelled, UserError
from workbench.core.messages import Message
from workbench.core.progress import Step
from workbench.gui.dialogs.dialog import Dialog
from workbench.gui.dialogs.watch_assistant import WatchAssistant
from workbench.gui.dialogs.watch_edit import CharterDialog, MannersDialog, SourceChoice
from workbench.gui.dialogs.watch_found import FoundPage, grouped
from workbench.gui.dialogs.watch_questions import QuestionDialog
from workbench.gui.dialogs.watch_timer import TimerDialog, usual_kind, write_files
from workbench.gui.settings import ANCHORS, EXAMINER, Settings
from workbench.gui.theme import Theme
from workbench.gui.watching import (
    GIGABYTE,
    MEGABYTE,
    Agreed,
    Charter,
    Manners,
    default_source,
    interval_words,
    is_web_address,
    own_addresses,
    proxy_address,
    web_address,
)

URL = "http://203.0.113.9/files/"


class FakeProbe:
    """Probes that answer when the test says so."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str]] = []
        self.jobs: list[Any] = []

    def __call__(self, url: str, proxy: str, kind: str) -> Any:
        self.asked.append((url, proxy, kind))
        future: Future[Any] = Future()
        job = SimpleNamespace(future=future, step=Step(item=url), cancel=lambda: self._stop(future))
        self.jobs.append(job)
        return job

    def _stop(self, future: Future[Any]) -> None:
        if not future.done():
            future.set_exception(Cancelled())

    def answer(self, found: Any) -> None:
        self.jobs[-1].future.set_result(found)


def converse(run: Run, make: Callable[[Callable[[Any], object]], Dialog], act: Callable[[Any], Any]) -> Any:
    """Ask a dialog whose coroutines run; `act` is awaited while it is open."""

    async def scenario() -> Any:
        tasks: list[asyncio.Task[Any]] = []
        dialog = make(lambda work: tasks.append(asyncio.ensure_future(work)))
        waiting = asyncio.ensure_future(dialog.answer())
        await until(dialog.isVisible, "the dialog")
        await act(dialog)
        answer = await waiting
        await asyncio.gather(*tasks)
        return answer

    return run(scenario())


def test_from_the_address_to_what_was_agreed_by_keyboard(run: Run, theme: Theme, tmp_path: Path) -> None:
    settings, probe = Settings(tmp_path / "s.ini"), FakeProbe()
    anchors = tmp_path / "anchors"
    anchors.mkdir()

    async def act(dialog: WatchAssistant) -> None:
        assert dialog.page == "where"
        QTest.keyClicks(dialog.where.url, "203.0.113.9/files/")
        assert dialog.where.name.placeholderText() == "203.0.113.9"
        QTest.keyClick(dialog.where.url, Qt.Key.Key_Return)
        await until(lambda: dialog.page == "probing", "the probe")
        found = found_listing()
        found.robots_allow = False
        probe.answer(found)
        await until(lambda: dialog.page == "found", "what was found")
        assert dialog.found_page.obey.isChecked()
        QTest.keyClick(dialog, Qt.Key.Key_Return)
        assert dialog.page == "found"
        assert "nothing would be read" in dialog.problem.text()
        QTest.mouseClick(dialog.found_page.ignore, Qt.MouseButton.LeftButton)
        QTest.keyClick(dialog, Qt.Key.Key_Return)
        assert dialog.page == "charter"
        QTest.keyClick(dialog, Qt.Key.Key_Return)
        assert "who watches" in dialog.problem.text()
        QTest.keyClicks(dialog.charter.fields["who"], "K.")
        QTest.keyClick(dialog, Qt.Key.Key_Return)
        assert "why" in dialog.problem.text()
        dialog.charter.fields["why"].setText("누가  그리는가")
        dialog.charter.own.setText("198.51.100.7 nonsense")
        QTest.keyClick(dialog, Qt.Key.Key_Return)
        assert "nonsense is no IP address" in dialog.problem.text()
        dialog.charter.own.setText("198.51.100.7, 2001:DB8::1")
        QTest.keyClick(dialog, Qt.Key.Key_Return)
        assert dialog.page == "manners"
        dialog.manners.every.setValue(24)
        dialog.manners.anchors.set_path(tmp_path / "nowhere")
        dialog.accept()
        assert "no folder" in dialog.problem.text()
        dialog.manners.anchors.set_path(anchors)
        dialog.accept()

    agreed = converse(run, lambda spawn: WatchAssistant(theme, settings, spawn, probe), act)
    assert probe.asked == [("http://203.0.113.9/files/", "", "")]
    assert agreed == Agreed(
        url="https://203.0.113.9/files/",
        source="203.0.113.9",
        kind="web",
        manners=Manners(every=86_400, robots="ignore"),
        charter=Charter(who="K.", why="누가 그리는가"),
        own=("198.51.100.7", "2001:db8::1"),
        anchors=anchors,
    )
    assert settings.get(EXAMINER) == "K."


def test_back_and_next_keep_what_was_typed_and_probe_only_another_address(
    run: Run, theme: Theme, tmp_path: Path
) -> None:
    settings, probe = Settings(tmp_path / "s.ini"), FakeProbe()

    async def act(dialog: WatchAssistant) -> None:
        dialog.where.name.setText("저장 서버")
        dialog.accept()
        await until(lambda: probe.jobs, "the probe")
        probe.answer(found_listing())
        await until(lambda: dialog.page == "found", "what was found")
        dialog.accept()
        dialog.charter.fields["why"].setText("a reason")
        dialog.back.click()
        dialog.back.click()
        assert dialog.page == "where"
        assert not dialog.back.isEnabled()
        dialog.accept()
        assert dialog.page == "found", "the same address is not asked twice"
        dialog.accept()
        assert dialog.charter.fields["why"].text() == "a reason"
        dialog.back.click()
        dialog.back.click()
        dialog.where.proxy.setText("socks5://127.0.0.1:9050")
        dialog.accept()
        await until(lambda: len(probe.jobs) == 2, "a second probe")
        assert probe.asked[1] == (URL, "socks5://127.0.0.1:9050", "")
        probe.answer(found_listing())
        await until(lambda: dialog.page == "found", "what was found")
        dialog.reject()

    assert converse(run, lambda spawn: WatchAssistant(theme, settings, spawn, probe, URL), act) is None


def test_a_probe_can_be_stopped_and_ends_with_the_dialog(run: Run, theme: Theme, tmp_path: Path) -> None:
    settings, probe = Settings(tmp_path / "s.ini"), FakeProbe()

    async def act(dialog: WatchAssistant) -> None:
        dialog.accept()
        await until(lambda: dialog.page == "probing", "the probe")
        assert not dialog.next.isEnabled()
        QTest.keyClick(dialog.probing.stop, Qt.Key.Key_Space)
        await until(lambda: dialog.page == "where", "the address again")
        assert dialog.found is None
        dialog.accept()
        await until(lambda: len(probe.jobs) == 2, "another probe")
        dialog.reject()
        assert probe.jobs[1].future.done()

    assert converse(run, lambda spawn: WatchAssistant(theme, settings, spawn, probe, URL), act) is None


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("refused", "The server refuses"),
        ("login", "asks to log in"),
        ("not-understood", "not understood as a listing"),
        ("unreachable", "could not be reached"),
    ],
)
def test_what_cannot_be_watched_says_why_and_goes_no_further(
    run: Run, theme: Theme, tmp_path: Path, state: str, words: str
) -> None:
    settings, probe = Settings(tmp_path / "s.ini"), FakeProbe()

    async def act(dialog: WatchAssistant) -> None:
        dialog.accept()
        await until(lambda: probe.jobs, "the probe")
        probe.answer(found_nothing(state))
        await until(lambda: dialog.page == "found", "what was found")
        assert words in dialog.found_page.headline.text()
        assert dialog.found_page.problem.isVisible()
        assert not dialog.found_page.sample.isVisible()
        assert not dialog.found_page.obey.isVisible()
        assert not dialog.next.isEnabled()
        dialog.accept()
        assert dialog.page == "found"
        assert dialog.again.isVisible()
        dialog.again.click()
        await until(lambda: len(probe.jobs) == 2, "asked again")
        probe.jobs[1].future.set_exception(UserError("disk-full"))
        await until(lambda: dialog.page == "where", "the address again")
        assert "full" in dialog.problem.text()
        dialog.reject()

    assert converse(run, lambda spawn: WatchAssistant(theme, settings, spawn, probe, URL), act) is None


def test_a_name_that_is_taken_is_refused(run: Run, theme: Theme, tmp_path: Path) -> None:
    async def act(dialog: WatchAssistant) -> None:
        dialog.accept()
        assert "203.0.113.9 already" in dialog.problem.text()
        dialog.where.url.setText("http://203.0.113.9:99999/")
        dialog.accept()
        assert "no address" in dialog.problem.text()
        dialog.where.url.setText(URL)
        dialog.where.proxy.setText("telnet://x")
        dialog.accept()
        assert "no address of a proxy" in dialog.problem.text()
        dialog.reject()

    taken = frozenset({"203.0.113.9"})
    settings = Settings(tmp_path / "s.ini")
    converse(run, lambda spawn: WatchAssistant(theme, settings, spawn, FakeProbe(), URL, taken), act)


def labels(page: FoundPage) -> str:
    return "\n".join(each.text().replace("\u200b", "") for each in page.findChildren(QLabel))


def test_a_listing_is_described_with_its_doubts(theme: Theme, qapp: object) -> None:
    page = FoundPage(theme)
    page.show_found(found_listing())
    said = labels(page)
    assert "written by nginx" in said
    assert "3 folders, 9 files" in said
    assert "at least 12.4 MB" in said
    assert "4 folders, which were opened; 17 folders were not" in said
    assert "an estimate" in said
    assert "not trusted by this computer: self-signed certificate" in said
    assert "Disallow: /files/private/" in page.rules.toPlainText()
    cells = page.sample.model.cells
    names = [cells[0].text(row) for row in range(7)]
    assert "수정 표정/" in names
    assert cells[1].text(3) == "about 63.0 kB"
    assert cells[1].text(4) == "84.0 kB"
    assert cells[1].text(0) == cells[2].text(4) == "–", "what is not stated stays unknown"
    plain = found_listing()
    plain.robots, plain.robots_allow, plain.certificate, plain.url = "", True, None, URL
    plain.size, plain.sizes_known = 0, False
    page.show_found(plain)
    assert "has no robots rules" in labels(page)
    assert "not encrypted" in labels(page)
    assert "not stated" in labels(page)
    page.deleteLater()


def test_a_charter_is_changed(run: Run, theme: Theme) -> None:
    async def act(dialog: CharterDialog) -> None:
        dialog.form.fields["who"].clear()
        dialog.accept()
        assert dialog.problem.isVisible()
        dialog.form.fields["who"].setText("L.")
        dialog.accept()

    changed = converse(run, lambda _spawn: CharterDialog(theme, "Storage", CHARTER), act)
    assert changed.who == "L."
    assert changed.why == CHARTER.why

    async def close(dialog: CharterDialog) -> None:
        assert all(line.isReadOnly() for line in dialog.form.fields.values())
        dialog.accept()

    assert converse(run, lambda _spawn: CharterDialog(theme, "Storage", CHARTER, writable=False), close) == CHARTER


def test_manners_come_back_as_they_were_set(run: Run, theme: Theme, tmp_path: Path) -> None:
    settings = Settings(tmp_path / "s.ini")
    before = Manners(0.0, True, 500, 3 * MEGABYTE, "never", 6 * 3600, "mail@example.org", "ignore", "socks5://h:1")

    async def keep(dialog: MannersDialog) -> None:
        assert not dialog.form.trust.isEnabled()
        assert dialog.form.rate.text() == "no limit"
        assert dialog.form.unit.currentText() == "MB"
        dialog.accept()

    made = converse(run, lambda spawn: MannersDialog(theme, "S", before, settings, spawn), keep)
    assert made == (before, False)

    async def change(dialog: MannersDialog) -> None:
        dialog.form.list_only.setChecked(False)
        dialog.form.every.setValue(0)
        dialog.form.unit.setCurrentIndex(1)
        dialog.form.bytes.setValue(1.5)
        dialog.buttons["watch.manners.timer"].click()
        assert "every how many hours" in dialog.problem.text()
        dialog.form.every.setValue(12)
        dialog.form.tree_depth.setValue(5)
        dialog.form.most_folders.setValue(700)
        dialog.form.most_minutes.setValue(30)
        dialog.buttons["watch.manners.timer"].click()

    manners, timer = converse(run, lambda spawn: MannersDialog(theme, "S", before, settings, spawn), change)
    assert timer
    assert (manners.limit_bytes, manners.every, manners.list_only) == (1_500_000_000, 43_200, False)
    assert manners.limit_bytes == GIGABYTE * 1.5
    assert (manners.limit_depth, manners.limit_folders, manners.limit_time) == (5, 700, 1800)


def test_one_of_several_sources_is_chosen(run: Run, theme: Theme) -> None:
    async def act(dialog: SourceChoice) -> None:
        dialog.buttons_by_name["저장 & 2"].setChecked(True)
        dialog.accept()

    choice = [("Storage", URL), ("저장 & 2", "ftp://203.0.113.10/")]
    assert converse(run, lambda _spawn: SourceChoice(theme, choice), act) == "저장 & 2"


def test_a_changed_certificate_shows_both_and_stopping_is_the_default(run: Run, theme: Theme) -> None:
    async def act(dialog: QuestionDialog) -> None:
        said = "\n".join(each.text() for each in dialog.findChildren(QLabel))
        assert grouped("ab" * 32) in said
        assert grouped("cd" * 32) in said
        assert dialog.buttons["watch.ask.certificate.no"].isDefault()
        QTest.keyClick(dialog, Qt.Key.Key_Return)

    assert converse(run, lambda _s: QuestionDialog(theme, "S", OLD_AND_NEW, "certificate"), act) is None

    async def accept(dialog: QuestionDialog) -> None:
        dialog.buttons["watch.ask.limit.yes"].click()

    assert converse(run, lambda _s: QuestionDialog(theme, "S", Message("disk-full"), "limit"), accept) is True


def test_conduct_is_confirmed_by_a_button_only(run: Run, theme: Theme) -> None:
    async def act(dialog: Any) -> None:
        dialog.buttons["watch.conduct.do"].click()

    assert converse(run, lambda _s: conduct(theme, None), act) is True


def test_timer_files_are_previewed_copied_and_saved(run: Run, theme: Theme, tmp_path: Path) -> None:
    async def act(dialog: TimerDialog) -> None:
        dialog.kind.setCurrentIndex(3)
        assert list(dialog.files) == ["watch.cron", "watch2.cron"]
        assert dialog.command.text() == "watch. cron watch.cron"
        dialog.tabs.setCurrentIndex(1)
        dialog.copy()
        assert QGuiApplication.clipboard().text() == "[Timer]\n"
        await dialog.save_to(tmp_path)
        assert "Written to" in dialog.said.text()
        await dialog.save_to(tmp_path)
        assert "there already" in dialog.problem.text()
        await dialog.save_to(tmp_path / "gone")
        assert "Nothing could be written" in dialog.problem.text()
        dialog.findChild(QPushButton, "dialog.close").click()

    settings = Settings(tmp_path / "s.ini")
    converse(
        run, lambda spawn: TimerDialog(theme, "S", "every 24 hours", timer_files, timer_command, settings, spawn), act
    )
    assert (tmp_path / "watch.cron").read_text(encoding="utf-8").startswith("# cron")
    with pytest.raises(FileExistsError):
        write_files(tmp_path, {"other": "", "watch.cron": ""})
    assert not (tmp_path / "other").exists(), "all or nothing"
    assert [usual_kind(each) for each in ("linux", "darwin", "win32")] == ["systemd", "launchd", "task"]


def test_a_timer_that_cannot_keep_the_interval_says_so(run: Run, theme: Theme, tmp_path: Path) -> None:
    def entries(kind: str) -> dict[str, str]:
        if kind == "cron":
            raise UserError("timer-cron", minutes="1, 2", hours="3, 4", days="1-31")
        return timer_files(kind)

    async def act(dialog: TimerDialog) -> None:
        dialog.kind.setCurrentIndex(3)
        assert "(3, 4)" in dialog.problem.text()
        assert (dialog.files, dialog.tabs.count(), dialog.command.text()) == ({}, 0, "")
        assert not dialog.copying.isEnabled()
        assert not dialog.saving.isEnabled()
        dialog.kind.setCurrentIndex(0)
        assert (dialog.problem.text(), dialog.tabs.count()) == ("", 2)
        assert dialog.copying.isEnabled()
        assert dialog.saving.isEnabled()
        dialog.findChild(QPushButton, "dialog.close").click()

    settings = Settings(tmp_path / "s.ini")
    converse(run, lambda spawn: TimerDialog(theme, "S", "90 min", entries, timer_command, settings, spawn), act)


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        (" https://example.org/a b/", None),
        ("https://example.org/自/", "https://example.org/自/"),
        ("203.0.113.9", "http://203.0.113.9"),
        ("[2001:db8::1]:8080/x", "http://[2001:db8::1]:8080/x"),
        ("ftp://203.0.113.9/pub/", "ftp://203.0.113.9/pub/"),
        ("ftp://user:secret@203.0.113.9/", None),
        ("file:///etc/passwd", None),
        ("javascript:alert(1)", None),
        ("http://", None),
        ("", None),
    ],
)
def test_addresses_are_read_or_refused(typed: str, url: str | None) -> None:
    if url is None:
        with pytest.raises(UserError):
            web_address(typed)
    else:
        assert web_address(typed) == url


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_refused(typed: str) -> None:
    default_source(typed)
    try:
        url = web_address(typed)
    except UserError:
        assert not is_web_address(typed)
        return
    assert web_address(url) == url


def test_proxies_and_own_addresses() -> None:
    assert proxy_address("") == ""
    assert proxy_address(" socks5://127.0.0.1:9050 ") == "socks5://127.0.0.1:9050"
    for wrong in ("127.0.0.1", "socks5://u:p@h:1", "ftp://h"):
        with pytest.raises(UserError):
            proxy_address(wrong)
    assert own_addresses(" 198.51.100.7;198.51.100.7\n2001:DB8::1 ") == ("198.51.100.7", "2001:db8::1")
    assert default_source("https://example.org:8443/x") == "example.org:8443"
    assert [interval_words(each) for each in (None, 3600, 86_400, 1800)] == [
        "by hand only",
        "every hour",
        "every 24 hours",
        "every 30 minutes",
    ]


def test_the_folder_for_anchors_is_remembered_as_a_preference(theme: Theme, tmp_path: Path, qapp: object) -> None:
    settings = Settings(tmp_path / "s.ini")
    settings.set(ANCHORS, str(tmp_path))
    dialog = WatchAssistant(theme, settings, lambda work: work.close(), FakeProbe(), URL)
    assert dialog.manners.anchors.path == tmp_path
    dialog.deleteLater()
