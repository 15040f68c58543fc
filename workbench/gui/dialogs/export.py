"""What is handed over, to whom and where; and, afterwards, what it came to."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QButtonGroup, QLineEdit, QPushButton, QRadioButton, QVBoxLayout, QWidget

from workbench.bundle.leftout import sentences
from workbench.bundle.redaction import Redaction
from workbench.core.filter import Filter
from workbench.core.sentence import parts
from workbench.gui.dialogs.choose import PathField
from workbench.gui.dialogs.dialog import Dialog, Form, Words
from workbench.gui.dialogs.new_case import file_name
from workbench.gui.dialogs.redaction import Questions, RedactionDialog, redaction_words
from workbench.gui.settings import Settings
from workbench.gui.texts import message_text, text
from workbench.gui.theme import Theme

if TYPE_CHECKING:
    from workbench.bundle.write import Written

Spawn = Callable[[Coroutine[Any, Any, Any]], object]


@dataclass(frozen=True)
class ExportPlan:
    """What was agreed on."""

    out: Path
    as_zip: bool
    asked: Filter
    recipient: str = ""
    redact: Redaction = field(default_factory=Redaction)
    sign: Path | None = None


def filter_sentence(asked: Filter) -> str:
    """The filter as one sentence in the language of the window."""
    said = [message_text(each) for each in parts(asked)]
    if not said:
        return text("sentence-everything")
    return text("sentence-whole", parts=text("sentence-and").join(said))


class ExportDialog(Dialog):
    """Where, as what, for whom, and how much."""

    def __init__(
        self,
        theme: Theme,
        settings: Settings,
        spawn: Spawn,
        asked: Filter,
        title: str,
        parent: QWidget | None = None,
        questions: Callable[[Filter], Questions] | None = None,
    ) -> None:
        super().__init__(theme, "export", text("export.title"), text("export.about"), 620, parent)
        self._settings = settings
        self._asked = asked
        form = Form()
        what = QWidget()
        column = QVBoxLayout(what)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(4)
        self.shown = QRadioButton(text("export.shown"))
        self.everything = QRadioButton(text("export.everything"))
        sentence = Words(filter_sentence(asked), "dim")
        sentence.setContentsMargins(22, 0, 0, 2)
        self._what = QButtonGroup(self)
        self._form_group = QButtonGroup(self)
        column.addWidget(self.shown)
        column.addWidget(sentence)
        column.addWidget(self.everything)
        for button in (self.shown, self.everything):
            self._what.addButton(button)
        self.shown.setVisible(bool(asked))
        sentence.setVisible(bool(asked))
        (self.shown if asked else self.everything).setChecked(True)
        form.add("export.what", what, named=self.shown if asked else self.everything)
        self.shown.setAccessibleName(text("export.shown"))
        self.shown.setAccessibleDescription(sentence.text())
        self.everything.setAccessibleName(text("export.everything"))
        self.place = PathField(settings, "folder", "export", spawn)
        self.place.set_path(Path(settings.folder("export") or Path.home()))
        form.add("export.place", self.place, named=self.place.edit)
        self.name = QLineEdit(file_name(f"{title} bundle" if title else "bundle"))
        form.add("export.name", self.name)
        kind = QWidget()
        row = QVBoxLayout(kind)
        row.setContentsMargins(0, 4, 0, 0)
        row.setSpacing(4)
        self.folder = QRadioButton(text("export.folder"))
        self.zip = QRadioButton(text("export.zip"))
        self.folder.setChecked(True)
        for button in (self.folder, self.zip):
            self._form_group.addButton(button)
            row.addWidget(button)
        form.add("export.kind", kind, named=self.folder)
        self.folder.setAccessibleName(text("export.folder"))
        self.recipient = QLineEdit()
        form.add("export.recipient", self.recipient, "export.recipient.help")
        self._redaction = Redaction()
        self._questions = questions
        self._spawn = spawn
        withheld = QWidget()
        line = QVBoxLayout(withheld)
        line.setContentsMargins(0, 4, 0, 0)
        line.setSpacing(4)
        self.withheld = Words("", "")
        self.choose_withheld = QPushButton(text("export.withheld.choose"))
        self.choose_withheld.setAutoDefault(False)
        self.choose_withheld.clicked.connect(lambda: spawn(self._choose_withheld()))
        line.addWidget(self.withheld)
        line.addWidget(self.choose_withheld, 0, Qt.AlignmentFlag.AlignLeft)
        form.add("export.withheld", withheld, "export.redact.help", named=self.choose_withheld)
        self.choose_withheld.setAccessibleName(text("export.withheld.choose"))
        self.set_redaction(Redaction())
        self.sign = PathField(settings, "file", "sign", spawn)
        form.add("export.sign", self.sign, "export.sign.help", named=self.sign.edit)
        self.body.addWidget(form)
        self.add_accept("export.do")

    def set_redaction(self, redaction: Redaction) -> None:
        """Withhold this."""
        self._redaction = redaction
        self.withheld.setText(redaction_words(redaction))
        self.choose_withheld.setEnabled(self._questions is not None)

    async def _choose_withheld(self) -> None:
        assert self._questions is not None
        dialog = RedactionDialog(
            self.theme, self._settings, self._spawn, self._questions(self.asked()), self._redaction, self
        )
        chosen = await dialog.answer()
        if chosen is not None:
            self.set_redaction(chosen)

    def asked(self) -> Filter:
        """The part of the case that was chosen."""
        return Filter() if self.everything.isChecked() else self._asked

    def path(self) -> Path:
        """What will be written."""
        name = file_name(self.name.text()) if self.name.text().strip() else ""
        if self.zip.isChecked() and name and not name.lower().endswith(".zip"):
            name += ".zip"
        return (self.place.path or Path.home()) / name

    def check(self) -> str:
        """A name that is free, in a folder that is there; key and redaction where they were named."""
        if not self.name.text().strip():
            return text("export.missing-name")
        out = self.path()
        if not out.parent.is_dir():
            return text("new.missing-folder", folder=str(out.parent))
        if out.exists():
            return text("bundle-exists", path=out.name)
        if self.sign.path is not None and not self.sign.path.is_file():
            return text("path-missing", path=str(self.sign.path))
        return ""

    def result_value(self) -> Any:
        """The plan."""
        self._settings.remember_folder("export", self.path().parent)
        return ExportPlan(
            self.path(),
            self.zip.isChecked(),
            self.asked(),
            self.recipient.text().strip(),
            self._redaction,
            self.sign.path,
        )


class ExportedDialog(Dialog):
    """The bundle is there and was verified: what it holds, what it does not, and the numbers to keep."""

    def __init__(self, theme: Theme, written: Written, parent: QWidget | None = None) -> None:
        super().__init__(theme, "exported", text("exported.title"), text("exported.about"), 700, parent)
        self._folder = False
        self.paragraph(str(written.path), "mono")
        self.paragraph(text("exported.holds", objects=f"{written.objects:,}", bytes=f"{written.bytes:,}"))
        self.section(text("exported.left-out"))
        if written.left_out:
            self.paragraph("\n".join(map(message_text, sentences(written.left_out))), "dim")
        else:
            self.paragraph(text("exported.nothing-left-out"), "dim")
        form = Form()
        for code, value in (
            ("exported.seal", written.seal),
            ("exported.manifest", written.manifest_sha256),
            ("exported.head", written.custody_head),
        ):
            field = QLineEdit(value)
            field.setReadOnly(True)
            field.setFont(theme.font("mono"))
            field.setCursorPosition(0)
            form.add(code, field)
        self.body.addWidget(form)
        self.paragraph(text("exported.keep"), "caption")
        self.add_button("exported.copy", lambda: self._copy(written), left=True)
        self.add_button("exported.copy-seal", lambda: QGuiApplication.clipboard().setText(written.seal), left=True)
        self.add_button("exported.open", self._open)
        self.add_close()

    def _copy(self, written: Written) -> None:
        QGuiApplication.clipboard().setText(
            f"{written.path.name}\nseal {written.seal}\nmanifest-sha256.txt {written.manifest_sha256}\n"
            f"custody {written.custody_head}\n"
        )

    def _open(self) -> None:
        self._folder = True
        self.accept()

    def result_value(self) -> Any:
        """``folder`` when the folder is to be shown."""
        return "folder" if self._folder else "closed"
