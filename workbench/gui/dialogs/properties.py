"""What the case says of itself, and what of it may be changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QLineEdit, QWidget

from workbench.gui.dialogs.dialog import Dialog, Form
from workbench.gui.texts import text
from workbench.gui.theme import Theme

if TYPE_CHECKING:
    from workbench.case.case import Case
    from workbench.gui.case_facts import CaseFacts


class PropertiesDialog(Dialog):
    """Changes are ops like any other: the old words stay in the custody log."""

    def __init__(self, theme: Theme, case: Case, facts: CaseFacts, parent: QWidget | None = None) -> None:
        super().__init__(theme, "properties", text("properties.title"), text("properties.about"), 600, parent)
        self._before = {"title": facts.title, "examiner": facts.examiner, "number": facts.number}
        self.fields = {key: QLineEdit(value) for key, value in self._before.items()}
        form = Form()
        for key, code in (("title", "new.case-title"), ("examiner", "new.examiner"), ("number", "new.number")):
            self.fields[key].setReadOnly(not case.writable)
            form.add(code, self.fields[key])
        for code, value in (
            ("properties.file", str(case.path)),
            ("properties.evidence", str(case.evidence.folder)),
            ("properties.uid", case.uid.hex()),
            ("exported.head", facts.head),
        ):
            field = QLineEdit(value)
            field.setReadOnly(True)
            field.setCursorPosition(0)
            field.setFont(theme.font("mono"))
            form.add(code, field)
        self.body.addWidget(form)
        counts = {name: f"{getattr(facts, name):,}" for name in ("files", "events", "addresses", "ops")}
        self.paragraph(text("properties.counts", **counts), "dim")
        if case.writable:
            self.add_accept("properties.do")
        else:
            self.add_close()

    def check(self) -> str:
        """A case has a title."""
        return "" if self.fields["title"].text().strip() else text("new.missing-title")

    def result_value(self) -> Any:
        """Only what was changed."""
        after = {key: field.text().strip() for key, field in self.fields.items()}
        return {key: value or None for key, value in after.items() if value != self._before[key]}
