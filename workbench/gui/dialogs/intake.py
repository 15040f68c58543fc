"""What is taken in and what is known of it: source, time of the look, whether that was all, the zone of a log."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QButtonGroup, QCheckBox, QComboBox, QLineEdit, QRadioButton, QVBoxLayout, QWidget

from workbench.core.errors import UserError
from workbench.core.times import Stated, parse_option, parse_zone
from workbench.gui.dialogs.dialog import Dialog, Form
from workbench.gui.sorting import Sorted
from workbench.gui.texts import message_text, text
from workbench.gui.theme import Theme, set_role, set_surface
from workbench.gui.widgets.elide import ElidedLabel
from workbench.logs.forwarded import Trust
from workbench.logs.registry import by_name
from workbench.sources.series import split_series

PREVIEW_MS = 250
PATTERNS = ("%Y-%m-%d", "%Y%m%d", "%Y-%m-%d_%H%M", "%d-%b-%Y")
ZONES = ("", "UTC", "Asia/Pyongyang", "Asia/Shanghai", "Asia/Tokyo", "Europe/Moscow", "Europe/Berlin")


@dataclass(frozen=True)
class IntakePlan:
    """What was agreed on."""

    evidence: tuple[Path, ...]
    logs: tuple[Path, ...]
    source: str = ""
    observed: Stated | None = None
    scope: str = "partial"
    series: str = ""
    zone: str = ""
    log_source: str = ""
    trusted: tuple[str, ...] = ()
    """Proxies of the server's own, beside local addresses."""

    @property
    def detail(self) -> str:
        """What stands beside the job."""
        return ", ".join(path.name for path in (*self.evidence, *self.logs)[:3])


class IntakeDialog(Dialog):
    """Preset from what was dropped or chosen; only what applies is shown."""

    def __init__(self, theme: Theme, found: Sorted, parent: QWidget | None = None) -> None:
        super().__init__(theme, "intake", text("intake.title"), text("intake.about"), 620, parent)
        self._found = found
        self._logs = tuple(each.path for each in found.logs)
        self._list_paths()
        spare = QWidget(self)  # holds what does not apply
        spare.hide()
        self.source = QLineEdit(spare)
        self.observed = QLineEdit(spare)
        self.partial = QRadioButton(spare)
        self.complete = QRadioButton(spare)
        self.series = QCheckBox(spare)
        self.pattern = QComboBox(spare)
        self.preview = self.paragraph("", "caption")
        self.zone = QComboBox(spare)
        self.trusted = QLineEdit(spare)
        if found.evidence:
            self._evidence_form()
        if found.logs:
            self._log_form()
        self.add_accept("intake.do")
        self._timer = QTimer(self, singleShot=True, interval=PREVIEW_MS)
        self._timer.timeout.connect(self._show_preview)
        self.pattern.editTextChanged.connect(lambda _: self._timer.start())
        self.series.toggled.connect(self._series_toggled)
        self._series_toggled(self.series.isChecked())

    def _list_paths(self) -> None:
        card = QWidget()
        set_surface(card, "card")
        column = QVBoxLayout(card)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(3)
        formats = {each.path: text(each.detected.title) for each in self._found.logs}
        paths = [*self._found.evidence, *self._logs]
        for path in paths[:6]:
            kind = formats.get(path) or text("intake.folder" if path.is_dir() else "intake.file")
            column.addWidget(ElidedLabel(self.theme, f"{path.name}   —   {kind}"))
        if len(paths) > 6:
            more = ElidedLabel(self.theme, text("intake.more", count=len(paths) - 6))
            more.set_dim(True)
            column.addWidget(more)
        self.body.addWidget(card)

    def _evidence_form(self) -> None:
        paths = self._found.evidence
        form = Form()
        self.source.setText(default_source(paths))
        form.add("intake.source", self.source, "intake.source.help")
        self.observed.setPlaceholderText(text("intake.observed.now"))
        form.add("intake.observed", self.observed, "intake.observed.help")
        choice = QWidget()
        column = QVBoxLayout(choice)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(4)
        group = QButtonGroup(self)
        for button, code in ((self.partial, "intake.partial"), (self.complete, "intake.complete")):
            button.setText(text(code))
            button.setAccessibleDescription(text(f"{code}.help"))
            group.addButton(button)
            column.addWidget(button)
        self.partial.setChecked(True)
        form.add("intake.scope", choice, "intake.scope.help", named=self.partial)
        self.partial.setAccessibleName(text("intake.partial"))
        single = len(paths) == 1 and paths[0].is_dir()
        self.pattern.setEditable(True)
        self.pattern.addItems(list(PATTERNS))
        if single:
            guessed = guess_series(paths[0])
            form.add("intake.series", self.series)
            form.add("intake.pattern", self.pattern, "intake.pattern.help")
            if guessed:
                self.pattern.setEditText(guessed)
                self.series.setChecked(True)
                self.complete.setChecked(False)
        self._form = form
        self.body.addWidget(form)
        self.body.addWidget(self.preview)

    def _log_form(self) -> None:
        form = Form()
        self.zone.setEditable(True)
        for zone in ZONES:
            self.zone.addItem(zone or text("intake.zone-unknown"), zone)
        if any(not each.detected.has_zone for each in self._found.logs):
            form.add("intake.zone", self.zone, "intake.zone.help")
        else:
            self.paragraph(text("intake.zone-in-lines"), "caption")
        if any(by_name(each.detected.name).has_layout for each in self._found.logs):
            self.trusted.setPlaceholderText(text("intake.trusted.none"))
            form.add("intake.trusted", self.trusted, "intake.trusted.help")
        self.body.addWidget(form)

    def _series_toggled(self, on: bool) -> None:
        if not hasattr(self, "_form"):
            self.preview.hide()
            return
        self._form.show_row(self.pattern, on)
        self._form.show_row(self.observed, not on)
        self.preview.setVisible(on)
        self._show_preview()

    def _show_preview(self) -> None:
        if not (self.series.isChecked() and self._found.evidence):
            self.preview.setText("")
            return
        try:
            looks, left = split_series(self._found.evidence[0], self.pattern.currentText())
        except UserError as error:
            self.preview.setText(message_text(error.message))
            set_role(self.preview, "error")
            return
        set_role(self.preview, "caption")
        self.preview.setText(
            text("intake.preview", count=len(looks), first=looks[0].name, last=looks[-1].name, left=len(left))
        )
        if self.isVisible():
            self.fit()

    def _zone(self) -> str:
        typed = self.zone.currentText().strip()
        return "" if typed == text("intake.zone-unknown") else typed

    def _trusted(self) -> tuple[str, ...]:
        return tuple(self.trusted.text().replace(",", " ").split())

    def check(self) -> str:
        """Times, zones and networks that can be read."""
        try:
            Trust(self._trusted())
            if self.observed.isVisible() and self.observed.text().strip():
                parse_option(self.observed.text().strip())
            if self._zone():
                parse_zone(self._zone())
            if self.series.isChecked() and self._found.evidence:
                split_series(self._found.evidence[0], self.pattern.currentText())
        except UserError as error:
            return message_text(error.message)
        return ""

    def result_value(self) -> Any:
        """The plan."""
        typed = self.observed.text().strip()
        series = self.pattern.currentText().strip() if self.series.isChecked() else ""
        return IntakePlan(
            evidence=self._found.evidence,
            logs=self._logs,
            source=self.source.text().strip(),
            observed=parse_option(typed) if typed and not series else None,
            scope="complete" if self.complete.isChecked() else "partial",
            series=series,
            zone=self._zone(),
            trusted=self._trusted(),
        )


def default_source(paths: Sequence[Path]) -> str:
    """The name of the one path, or of the folder that holds all."""
    if len(paths) == 1:
        return paths[0].name
    return paths[0].parent.name or paths[0].name


def guess_series(folder: Path) -> str:
    """A pattern that the first few subfolders are named by, if any."""
    from itertools import islice

    try:
        names = [entry.name for entry in islice(folder.iterdir(), 200) if entry.is_dir()]
    except OSError:
        return ""
    for pattern, form in (("%Y-%m-%d", r"\d{4}-\d\d-\d\d"), ("%Y%m%d", r"\d{8}")):
        if len([name for name in names if re.fullmatch(form, name)]) >= 2:
            return pattern
    return ""
