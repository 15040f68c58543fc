"""Dialogs by keyboard, what they refuse, and what they answer."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from tests.gui.dialog_samples import LOG, samples
from tests.gui.robots import Run, until
from workbench.core.filter import Clock, Filter
from workbench.gui.dialogs.chip import TimeDialog
from workbench.gui.dialogs.dialog import Dialog, ask
from workbench.gui.dialogs.export import ExportDialog, filter_sentence
from workbench.gui.dialogs.intake import IntakeDialog, IntakePlan, default_source, guess_series
from workbench.gui.dialogs.new_case import NewCase, NewCaseDialog, file_name
from workbench.gui.dialogs.preferences import PreferencesDialog
from workbench.gui.settings import EXAMINER, REOPEN, THEME, ZONE, Settings
from workbench.gui.sorting import FoundLog, Sorted
from workbench.gui.theme import Theme

ALL = sorted(samples(Theme(), Path()))


def answer_of(run: Run, dialog: Dialog, act: Any) -> Any:
    """Ask it, let `act` answer, and give what came of it."""

    async def scenario() -> Any:
        waiting = asyncio.ensure_future(dialog.answer())
        await until(dialog.isVisible, "the dialog")
        act()
        return await waiting

    return run(scenario())


@pytest.mark.parametrize("name", ALL)
def test_escape_cancels_every_dialog(run: Run, theme: Theme, tmp_path: Path, name: str) -> None:
    dialog = samples(theme, tmp_path)[name]()
    assert answer_of(run, dialog, lambda: QTest.keyClick(dialog, Qt.Key.Key_Escape)) is None


@pytest.mark.parametrize("name", ALL)
def test_every_dialog_can_be_gone_through_by_keyboard(
    qapp: QApplication, theme: Theme, tmp_path: Path, name: str
) -> None:
    """Tab comes round, to at least one button, and Enter has a button to press."""
    dialog = samples(theme, tmp_path)[name]()
    dialog.show()
    dialog.activateWindow()
    met: list[QWidget] = []
    for _ in range(60):
        now = dialog.focusWidget()
        if now is not None and met and now is met[0]:
            break
        if now is not None:
            met.append(now)
        dialog.focusNextChild()
    assert set(dialog.buttons.values()) & set(met)
    assert any(button.isDefault() for button in dialog.buttons.values())
    dialog.close()
    dialog.deleteLater()


@pytest.mark.parametrize("name", ALL)
def test_no_words_are_cut_off(qapp: QApplication, theme: Theme, tmp_path: Path, name: str) -> None:
    from workbench.gui.dialogs.dialog import Words

    dialog = samples(theme, tmp_path)[name]()
    dialog.show()
    for _ in range(4):
        qapp.processEvents()
    for words in dialog.findChildren(Words):
        if words.isVisible():
            assert words.height() >= words.heightForWidth(words.width()), words.text()
    dialog.close()
    dialog.deleteLater()


def test_a_question_gives_the_key_of_its_answer(run: Run, theme: Theme, qapp: QApplication) -> None:
    parent = QWidget()
    parent.show()

    async def scenario() -> str | None:
        waiting = asyncio.ensure_future(
            ask(theme, parent, "Sure?", "Really.", {"yes": "stop.do"}, primary="yes", name="sure")
        )
        await until(lambda: parent.findChildren(Dialog), "the question")
        QTest.keyClick(parent.findChildren(Dialog)[0], Qt.Key.Key_Return)
        return await waiting

    assert run(scenario()) == "yes"
    parent.deleteLater()


def _no_spawn(work: Any) -> None:
    work.close()


def test_a_new_case_needs_a_title_and_a_free_name(run: Run, theme: Theme, tmp_path: Path) -> None:
    settings = Settings(tmp_path / "s.ini")
    dialog = NewCaseDialog(theme, settings, _no_spawn)
    dialog.place.set_path(tmp_path)

    def act() -> None:
        dialog.accept()
        assert "title" in dialog.problem.text()
        dialog.case_title.setText("감시: 1/2024")
        (tmp_path / f"{file_name('감시: 1/2024')}.evidence").mkdir()
        dialog.accept()
        assert "exists already" in dialog.problem.text()
        dialog.case_title.setText("Watch 2")
        dialog.place.set_path(tmp_path / "nowhere")
        dialog.accept()
        assert "no folder" in dialog.problem.text()
        dialog.place.set_path(tmp_path)
        dialog.examiner.setText("K.")
        dialog.accept()

    assert answer_of(run, dialog, act) == NewCase(tmp_path / "Watch 2.wbcase", "Watch 2", "K.", None)
    assert settings.get(EXAMINER) == "K."
    assert settings.folder("new") == str(tmp_path)


@pytest.mark.parametrize(
    ("title", "name"), [("a/b\\c", "a b c"), ("  . ", "case"), ("수정 表情", "수정 表情"), ("x" * 200, "x" * 80)]
)
def test_titles_become_names_that_every_system_takes(title: str, name: str) -> None:
    assert file_name(title) == name


def test_intake_of_dated_folders_is_recognised(run: Run, theme: Theme, tmp_path: Path) -> None:
    for day in ("2024-01-03", "2024-01-04", "notes"):
        (tmp_path / "looks" / day).mkdir(parents=True)
    dialog = IntakeDialog(theme, Sorted(evidence=(tmp_path / "looks",)))

    def act() -> None:
        assert dialog.series.isChecked()
        assert "2 looks" in dialog.preview.text()
        dialog.pattern.setEditText("%Q")
        dialog.accept()
        assert dialog.problem.text()
        dialog.pattern.setEditText("%Y-%m-%d")
        dialog.complete.setChecked(True)
        dialog.accept()

    plan = answer_of(run, dialog, act)
    assert plan == IntakePlan(
        evidence=(tmp_path / "looks",), logs=(), source="looks", scope="complete", series="%Y-%m-%d"
    )


def test_intake_asks_for_the_zone_of_a_log_that_has_none(run: Run, theme: Theme, tmp_path: Path) -> None:
    dialog = IntakeDialog(theme, Sorted(logs=(FoundLog(tmp_path / "xferlog", LOG),)))

    def act() -> None:
        assert dialog.result_value().zone == ""
        dialog.zone.setEditText("Mars/Olympus")
        dialog.accept()
        assert "no zone Mars/Olympus" in dialog.problem.text()
        dialog.zone.setEditText("Asia/Pyongyang")
        dialog.accept()

    assert answer_of(run, dialog, act).zone == "Asia/Pyongyang"


def test_intake_asks_for_trusted_proxies_of_a_web_log(run: Run, theme: Theme, tmp_path: Path) -> None:
    web = replace(LOG, name="combined", title="log-format-combined", has_zone=True)
    dialog = IntakeDialog(theme, Sorted(logs=(FoundLog(tmp_path / "access.log", web),)))

    def act() -> None:
        assert dialog.result_value().trusted == ()
        dialog.trusted.setText("198.51.100.7, proxies.example")
        dialog.accept()
        assert "proxies.example" in dialog.problem.text()
        dialog.trusted.setText("198.51.100.7, 203.0.113.0/24")
        dialog.accept()

    assert answer_of(run, dialog, act).trusted == ("198.51.100.7", "203.0.113.0/24")


def test_intake_of_files_can_state_when_they_were_seen(run: Run, theme: Theme, tmp_path: Path) -> None:
    paths = (tmp_path / "a.png", tmp_path / "b.png")
    dialog = IntakeDialog(theme, Sorted(evidence=paths))

    def act() -> None:
        assert dialog.source.text() == tmp_path.name
        dialog.observed.setText("yesterday")
        dialog.accept()
        assert "is no time" in dialog.problem.text()
        dialog.observed.setText("2024-01-24T18:00+09:00")
        dialog.accept()

    plan = answer_of(run, dialog, act)
    assert plan.observed.micros == 1_706_086_800_000_000
    assert plan.scope == "partial"


def test_sources_are_named_after_what_holds_the_paths(tmp_path: Path) -> None:
    assert default_source((tmp_path / "server",)) == "server"
    assert guess_series(tmp_path / "gone") == ""


def test_export_checks_before_it_begins(run: Run, theme: Theme, tmp_path: Path) -> None:
    settings = Settings(tmp_path / "s.ini")
    asked = Filter(label=("vpn",))
    dialog = ExportDialog(theme, settings, _no_spawn, asked, "Watch: 1", None)
    dialog.place.set_path(tmp_path)
    (tmp_path / "taken").mkdir()

    def act() -> None:
        assert dialog.name.text() == "Watch 1 bundle"
        assert dialog.shown.isChecked()
        dialog.name.setText("taken")
        dialog.accept()
        assert "exists already" in dialog.problem.text()
        dialog.name.setText("fresh")
        dialog.zip.setChecked(True)
        dialog.sign.set_path(tmp_path / "no.key")
        dialog.accept()
        assert "no.key" in dialog.problem.text()
        dialog.sign.set_path(None)
        dialog.recipient.setText(" A reader ")
        dialog.accept()

    plan = answer_of(run, dialog, act)
    assert plan.out == tmp_path / "fresh.zip"
    assert plan.as_zip
    assert plan.asked == asked
    assert plan.recipient == "A reader"


def test_the_filter_is_a_sentence() -> None:
    assert "vpn" in filter_sentence(Filter(label=("vpn",)))
    assert filter_sentence(Filter()).startswith("Everything")


def test_times_are_checked(run: Run, theme: Theme) -> None:
    dialog = TimeDialog(theme, None, None, None)

    def act() -> None:
        dialog.since.setText("soon")
        dialog.accept()
        assert "is no time" in dialog.problem.text()
        dialog.since.setText("2024-01-03")
        dialog.until.setText("2024-01-02")
        dialog.accept()
        assert "before" in dialog.problem.text()
        dialog.until.setText("2024-01-04")
        dialog.clock.setCurrentIndex(dialog.clock.findData(Clock.MODIFIED))
        dialog.accept()

    since, until_, clock = answer_of(run, dialog, act)
    assert until_ - since == 86_400_000_000
    assert clock is Clock.MODIFIED


def test_preferences_apply_at_once(run: Run, theme: Theme, tmp_path: Path) -> None:
    settings = Settings(tmp_path / "s.ini")
    told: list[str] = []
    settings.changed.connect(told.append)
    dialog = PreferencesDialog(theme, settings)

    def act() -> None:
        dialog.fields["theme"].setCurrentIndex(2)  # type: ignore[attr-defined]
        dialog.fields["reopen"].setChecked(True)  # type: ignore[attr-defined]
        dialog.fields["zone"].setText("Nowhere")  # type: ignore[attr-defined]
        dialog.accept()
        assert dialog.problem.isVisible()
        dialog.fields["zone"].setText("+09:00")  # type: ignore[attr-defined]
        dialog.accept()

    answer_of(run, dialog, act)
    assert settings.get(THEME) == "dark"
    assert settings.get(REOPEN) is True
    assert settings.get(ZONE) == "+09:00"
    assert told == ["theme", "reopen", "zone"]
    settings.sync()
    assert Settings(tmp_path / "s.ini").get(THEME) == "dark"


def test_damaged_settings_read_as_defaults(tmp_path: Path, qapp: QApplication) -> None:
    file = tmp_path / "s.ini"
    file.write_text("[preferences]\ntheme=purple\nthumbnails=many\nreopen=perhaps\n", encoding="utf-8")
    settings = Settings(file)
    assert settings.get(THEME) == "system"
    assert settings.get(REOPEN) is False
    settings.remember_case(tmp_path / "a.wbcase")
    settings.remember_case(tmp_path / "b.wbcase")
    settings.remember_case(tmp_path / "a.wbcase")
    assert settings.recent() == [tmp_path / "a.wbcase", tmp_path / "b.wbcase"]
    settings.forget_case(tmp_path / "a.wbcase")
    assert settings.recent() == [tmp_path / "b.wbcase"]
