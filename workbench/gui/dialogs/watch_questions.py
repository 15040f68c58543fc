"""What a look has to ask while it runs, and what a person confirms after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from workbench.gui.dialogs.dialog import Dialog
from workbench.gui.dialogs.watch_found import grouped
from workbench.gui.panes import wording
from workbench.gui.panes.detail_parts import Statements
from workbench.gui.texts import message_text, text
from workbench.gui.theme import Theme

if TYPE_CHECKING:
    from workbench.core.messages import Message


class Snug(Dialog):
    """As high as its words need at its width: Qt reckons with narrower ones."""

    def showEvent(self, event: QShowEvent) -> None:
        """Take the height that is needed."""
        super().showEvent(event)
        self.resize(self.width(), self._outer.totalHeightForWidth(self.width()))


class QuestionDialog(Snug):
    """Yes goes on, no stops the look; Escape is no. Fingerprints are shown one above the other, to be compared."""

    def __init__(self, theme: Theme, source: str, question: Message, kind: str, parent: QWidget | None = None) -> None:
        title = text(f"watch.ask.{kind}.title", source=source)
        said = text("watch.ask.certificate.said") if kind == "certificate" else message_text(question)
        super().__init__(theme, f"watch-ask-{kind}", title, said, 640, parent)
        if kind == "certificate":
            for name, code in (("old", "watch.ask.old"), ("new", "watch.ask.new")):
                digest = question.args.get(name)
                self.paragraph(text(code), "dim")
                shown = self.paragraph(grouped(str(digest)) if digest else text("watch.ask.none"))
                shown.setFont(theme.font("mono-caption"))
        self.paragraph(text(f"watch.ask.{kind}.about"), "dim")
        self.add_button(f"watch.ask.{kind}.no", self.reject, primary=kind == "certificate")
        self.add_button(f"watch.ask.{kind}.yes", self.accept, primary=kind != "certificate")


class ConductDialog(Snug):
    """What the request log of a look shows of its conduct; the person may confirm that nothing was bypassed."""

    def __init__(
        self,
        theme: Theme,
        source: str,
        statements: list[tuple[str, str]],
        sentence: str,
        *,
        clean: bool,
        confirmed: str,
        writable: bool,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(
            theme, "conduct", text("watch.conduct.title", source=source), text("watch.conduct.about"), 640, parent
        )
        self.sentence = self.paragraph(sentence, "heading" if clean else "error")
        table = Statements(theme)
        for label, said in statements:
            table.add(label, said)
        self.body.addWidget(table)
        if confirmed:
            self.paragraph(confirmed, "dim")
        if writable and not confirmed and clean:
            self.paragraph(text("watch.conduct.asks"), "dim")
            self.add_accept("watch.conduct.do")
        else:
            self.add_button("dialog.close", self.reject, primary=True)


def amount_words(files: int, size: int) -> str:
    """``12 files, 1.6 GB``."""
    return text("watch.amount", files=wording.counted("watch.files-seen", files), size=wording.size(size))


def answered(value: Any) -> bool:
    """What a question comes to: anything but an explicit yes is no."""
    return value is True
