"""Change one part of the filter by typing."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget

from workbench.core.filter import Clock
from workbench.core.sentence import shown_time
from workbench.gui.dialogs.dialog import Dialog, Form
from workbench.gui.filter_text import parse_moment
from workbench.gui.texts import text
from workbench.gui.theme import Theme


class ChipDialog(Dialog):
    """Another word for one chip; empty removes it."""

    def __init__(self, theme: Theme, facet: str, value: str, parent: QWidget | None = None) -> None:
        super().__init__(theme, "chip", text("chip.title"), text("chip.about"), 440, parent)
        form = Form()
        self.word = QLineEdit(value)
        plain = facet.removeprefix("not_")
        form.add(f"facet.{plain}", self.word, "facet.path.help" if plain == "path" else "")
        self.body.addWidget(form)
        self.add_accept("chip.do")
        self.word.selectAll()

    def result_value(self) -> Any:
        """What stands there."""
        return self.word.text().strip()


class TimeDialog(Dialog):
    """Another interval, and on which clock."""

    def __init__(
        self, theme: Theme, since: int | None, until: int | None, clock: Clock | None, parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, "time", text("time.title"), text("time.about"), 460, parent)
        form = Form()
        self.since = QLineEdit("" if since is None else shown_time(since))
        self.until = QLineEdit("" if until is None else shown_time(until))
        self.clock = QComboBox()
        for each in (None, *Clock):
            self.clock.addItem(text(f"filter.clock.{each.value if each else 'default'}"), each)
        self.clock.setCurrentIndex(0 if clock is None else 1 + list(Clock).index(clock))
        form.add("time.since", self.since)
        form.add("time.until", self.until, "time.until.help")
        form.add("time.clock", self.clock)
        self.body.addWidget(form)
        self.add_accept("chip.do")

    def check(self) -> str:
        """Both are times or empty, in their order."""
        for field in (self.since, self.until):
            if field.text().strip() and parse_moment(field.text()) is None:
                return text("time.wrong", value=field.text().strip())
        since, until = parse_moment(self.since.text()), parse_moment(self.until.text())
        return text("time.order") if since is not None and until is not None and since >= until else ""

    def result_value(self) -> Any:
        """(since, until, clock)."""
        since, until = parse_moment(self.since.text()), parse_moment(self.until.text())
        chosen = self.clock.currentData()
        clock = Clock(chosen) if chosen and (since is not None or until is not None) else None
        return since, until, clock
