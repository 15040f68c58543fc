"""A new case: what it is called, who works on it, where it lies."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QLineEdit, QWidget

from workbench.gui.dialogs.choose import PathField
from workbench.gui.dialogs.dialog import Dialog, Form
from workbench.gui.settings import EXAMINER, Settings
from workbench.gui.texts import text
from workbench.gui.theme import Theme, set_role


@dataclass(frozen=True)
class NewCase:
    """What was asked for; `path` is the case file."""

    path: Path
    title: str
    examiner: str | None
    number: str | None


class NewCaseDialog(Dialog):
    """The file's name follows the title until somebody types one."""

    def __init__(
        self,
        theme: Theme,
        settings: Settings,
        spawn: Callable[[Coroutine[Any, Any, Any]], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, "new-case", text("new.title"), text("new.about"), 560, parent)
        self._settings = settings
        form = Form()
        self.case_title = QLineEdit()
        self.case_title.setPlaceholderText(text("new.case-title.example"))
        self.examiner = QLineEdit(settings.get(EXAMINER))
        self.number = QLineEdit()
        self.place = PathField(settings, "folder", "new", spawn)
        self.place.set_path(Path(settings.folder("new") or Path.home()))
        form.add("new.case-title", self.case_title)
        form.add("new.examiner", self.examiner, "new.examiner.help")
        form.add("new.number", self.number)
        form.add("new.place", self.place, "new.place.help", named=self.place.edit)
        self.body.addWidget(form)
        self.will_be = self.paragraph("", "caption")
        set_role(self.will_be, "mono")
        self.add_accept("new.do")
        self.case_title.textChanged.connect(self._say)
        self.place.edit.textChanged.connect(self._say)
        self._say()

    def path(self) -> Path:
        """The case file that it will be."""
        return (self.place.path or Path.home()) / f"{file_name(self.case_title.text())}.wbcase"

    def _say(self) -> None:
        self.will_be.setText(text("new.will-be", path=str(self.path())))

    def check(self) -> str:
        """A title, and a folder where nothing of that name lies."""
        if not self.case_title.text().strip():
            return text("new.missing-title")
        folder = self.path().parent
        if not folder.is_dir():
            return text("new.missing-folder", folder=str(folder))
        if self.path().exists() or self.path().with_suffix(".evidence").exists():
            return text("case-exists", path=self.path().name)
        return ""

    def result_value(self) -> Any:
        """What was asked for; the examiner is remembered for the next case."""
        examiner = self.examiner.text().strip()
        if examiner and not self._settings.get(EXAMINER):
            self._settings.set(EXAMINER, examiner)
        self._settings.remember_folder("new", self.path().parent)
        return NewCase(
            self.path(), self.case_title.text().strip(), examiner or None, self.number.text().strip() or None
        )


def file_name(title: str) -> str:
    """A title as a file name that every system takes; letters of all scripts stay."""
    clean = re.sub(r'[\\/:*?"<>|\x00-\x1f]+', " ", title)
    clean = re.sub(r"\s+", " ", clean).strip(" .")
    return clean[:80] or "case"
