"""Marks in the detail pane: verdict, tags, notes. Every press is an op, and the last one can be undone here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QEvent, QObject, QStringListModel, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QCompleter,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
)

from workbench.case.operation import Operation
from workbench.core.errors import UserError
from workbench.gui import icons
from workbench.gui.panes import wording
from workbench.gui.panes.detail_parts import Section, side_by_side, words
from workbench.gui.session import Session
from workbench.gui.texts import message_text, text
from workbench.gui.theme import Theme, set_role, set_surface
from workbench.gui.widgets.chips import ChipRow, ChipSpec
from workbench.gui.widgets.elide import visible_text
from workbench.gui.widgets.plain import PlainLabel
from workbench.ops import history, marks
from workbench.queries.detail_values import Marks, Note, Target

VERDICTS = (("relevant", "relevant"), ("not-relevant", "not-relevant"), ("later", "clock"))


class MarksSection(Section):
    """What people decided about one target. It stays while its target does, so that what is being typed stays too."""

    failed = Signal(str)

    def __init__(self, session: Session, theme: Theme, target: Target) -> None:
        super().__init__(theme, text("panes.detail.marks"))
        self._session = session
        self._theme = theme
        self.target = target
        self._last: int | None = None
        self._said = Marks()
        self._zone: Any = None
        self.buttons: dict[str, QPushButton] = {}
        writable = session.case.writable
        self.add(self._verdicts(writable))
        self.others = words("", "caption")
        self.add(self.others)
        self.chips = ChipRow(theme)
        self.chips.setAccessibleName(text("panes.detail.tags"))
        self.chips.removed.connect(lambda word: self._run(marks.untag, str(word)))
        self.chips.picked.connect(self._filter_to_tag)
        self.add(self.chips)
        self.tag_field = QLineEdit()
        self.tag_field.setPlaceholderText(text("panes.detail.add-tag"))
        self.tag_field.setAccessibleName(text("panes.detail.add-tag"))
        self._known = QStringListModel(self)
        completer = QCompleter(self._known, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.tag_field.setCompleter(completer)
        self.tag_field.returnPressed.connect(self._tag)
        self.add(self.tag_field)
        self.notes = QVBoxLayout()
        self.notes.setSpacing(6)
        self.column.addLayout(self.notes)
        self.note_field = QPlainTextEdit()
        self.note_field.setPlaceholderText(text("panes.detail.add-note"))
        self.note_field.setAccessibleName(text("panes.detail.add-note"))
        self.note_field.setTabChangesFocus(True)
        self.note_field.setFixedHeight(54)
        self.note_field.installEventFilter(self)
        self.note_field.textChanged.connect(self._typed)
        self.add(self.note_field)
        self.save = QPushButton(text("panes.detail.save-note"))
        self.save.clicked.connect(lambda _checked=False: self._note())
        self.save.hide()
        self.undo = QPushButton(text("panes.detail.undo"))
        set_role(self.undo, "link")
        self.undo.clicked.connect(lambda _checked=False: self._undo())
        self.undo.hide()
        self.problem = words("", "error")
        self.problem.hide()
        self.add(side_by_side(self.save, self.undo))
        self.add(self.problem)
        for field in (self.tag_field, self.note_field):
            field.setVisible(writable)

    def _verdicts(self, writable: bool) -> QFrame:
        frame = QFrame()
        row = QHBoxLayout(frame)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for word, icon in VERDICTS:
            button = QPushButton(text(f"panes.verdict.{word}"))
            button.setCheckable(True)
            button.setEnabled(writable)
            icons.follow(button, icon, self._theme, 14)
            button.setToolTip(text(f"panes.verdict.{word}.tip"))
            button.setStyleSheet("QPushButton { padding: 3px 8px; }")
            button.clicked.connect(lambda checked, word=word: self._verdict(word, checked))
            row.addWidget(button)
            self.buttons[word] = button
        row.addStretch(1)
        return frame

    # showing

    def show_marks(self, said: Marks, known: Sequence[str], zone: Any) -> None:
        """Show what is recorded now."""
        actor = self._session.case.actor
        mine = next((value for author, value in said.verdicts if author == actor), "")
        for word, button in self.buttons.items():
            button.setChecked(word == mine)
            self._dress(button)
        others = [
            text("panes.detail.verdict-of", author=author, verdict=self._verdict_word(value))
            for author, value in said.verdicts
            if author != actor or value not in self.buttons
        ]
        self.others.setText(visible_text("; ".join(others)))
        self.others.setVisible(bool(others))
        self.chips.set_chips([ChipSpec(each, each, removable=each in said.mine) for each in said.tags])
        self.chips.setVisible(bool(said.tags))
        self._known.setStringList([each for each in known if each not in said.tags])
        if said.notes != self._said.notes or zone != self._zone:
            self._show_notes(said.notes, zone)
        self._said, self._zone = said, zone

    def _verdict_word(self, value: str) -> str:
        return text(f"panes.verdict.{value}") if value in self.buttons else value

    def _dress(self, button: QPushButton) -> None:
        tokens = self._theme.tokens
        chosen = f"background: {tokens.accent_ground.name()}; color: {tokens.accent_text.name()};"
        button.setStyleSheet(
            "QPushButton { padding: 3px 7px; }"
            + (f"QPushButton {{ {chosen} border-color: {tokens.accent.name()}; }}" if button.isChecked() else "")
        )

    def _show_notes(self, notes: Sequence[Note], zone: Any) -> None:
        while (item := self.notes.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        for note in notes:
            self.notes.addWidget(_card(self._theme, note, zone))

    # deeds

    def _run(self, op: Operation[..., Any], word: str) -> None:
        self._do(op, [self.target], word)

    def _do(self, op: Operation[..., Any], *args: Any, after: Callable[[], None] | None = None) -> None:
        async def put() -> None:
            try:
                done = await self._session.run(op, *args)
            except UserError as error:
                self.problem.setText(message_text(error.message))
                self.problem.show()
                return
            self.problem.hide()
            self._last = None if op is history.undo else done.seq
            self.undo.setVisible(self._last is not None)
            if after is not None:
                after()

        self._session.spawn(put())

    def _verdict(self, word: str, checked: bool) -> None:
        self._run(marks.verdict, word if checked else "unseen")

    def _tag(self) -> None:
        word = self.tag_field.text().strip()
        if word:
            self._do(marks.tag, [self.target], word, after=self.tag_field.clear)

    def _filter_to_tag(self, word: object) -> None:
        self._session.workspace.filter = self._session.filter.also("tag", str(word))

    def _note(self) -> None:
        typed = self.note_field.toPlainText()
        if typed.strip():
            self._do(marks.note, [self.target], typed, after=self.note_field.clear)

    def _undo(self) -> None:
        if self._last is not None:
            self._do(history.undo, self._last)

    def _typed(self) -> None:
        self.save.setVisible(bool(self.note_field.toPlainText().strip()))

    @property
    def is_typed_in(self) -> bool:
        """Is there something that is not saved?"""
        return bool(self.note_field.toPlainText().strip() or self.tag_field.text().strip())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Control and Enter save a note."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            entered = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            if entered and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
                self._note()
                return True
        return super().eventFilter(watched, event)


def _card(theme: Theme, note: Note, zone: Any) -> QFrame:
    card = QFrame()
    set_surface(card, "window")
    column = QVBoxLayout(card)
    column.setContentsMargins(10, 6, 10, 6)
    column.setSpacing(2)
    column.addWidget(words(note.text, lines=True))
    by = PlainLabel(visible_text(text("panes.detail.note-by", author=note.author, at=wording.moment(note.time, zone))))
    set_role(by, "caption")
    column.addWidget(by)
    return card
