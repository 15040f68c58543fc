"""A tag or a note for what is selected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCompleter, QLineEdit, QPlainTextEdit, QWidget

from workbench.gui.dialogs.dialog import Dialog, Form
from workbench.gui.texts import text
from workbench.gui.theme import Theme
from workbench.ops.marks import LONGEST


class TagDialog(Dialog):
    """One word for many things; known ones are offered while it is typed."""

    def __init__(
        self, theme: Theme, count: int, known: Sequence[str], *, remove: bool, parent: QWidget | None = None
    ) -> None:
        kind = "untag" if remove else "tag"
        super().__init__(theme, kind, text(f"{kind}.title"), text(f"{kind}.about", count=count), 440, parent)
        form = Form()
        self.word = QLineEdit()
        self.word.setMaxLength(200)
        completer = QCompleter(list(known), self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.word.setCompleter(completer)
        form.add("tag.word", self.word)
        self.body.addWidget(form)
        if known:
            self.paragraph(text("tag.known", tags=" · ".join(known[:8])), "caption")
        self.add_accept(f"{kind}.do")

    def check(self) -> str:
        """A tag is a word."""
        return "" if self.word.text().strip() else text("tag.missing")

    def result_value(self) -> Any:
        """The word."""
        return " ".join(self.word.text().split())


class NoteDialog(Dialog):
    """A note on what is selected, or with nothing selected an entry of the journal."""

    def __init__(self, theme: Theme, count: int, parent: QWidget | None = None) -> None:
        kind = "note" if count else "journal"
        super().__init__(theme, kind, text(f"{kind}.title"), text(f"{kind}.about", count=count), 520, parent)
        self.words = QPlainTextEdit()
        self.words.setAccessibleName(text(f"{kind}.title"))
        self.words.setTabChangesFocus(True)
        self.words.setMinimumHeight(130)
        self.body.addWidget(self.words)
        self.add_accept("note.do")

    def check(self) -> str:
        """Some words, not too many."""
        words = self.words.toPlainText()
        return "" if words.strip() and len(words) <= LONGEST else text("mark-text", limit=LONGEST)

    def result_value(self) -> Any:
        """The words."""
        return self.words.toPlainText().strip()
