"""A bug was met: what that means for the work, and details to hand on."""

from __future__ import annotations

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from workbench.gui.dialogs.dialog import Dialog
from workbench.gui.texts import text
from workbench.gui.theme import Theme


class CrashDialog(Dialog):
    """Details can be read before they are copied; nothing is sent anywhere."""

    def __init__(self, theme: Theme, details: str, parent: QWidget | None = None) -> None:
        super().__init__(theme, "crash", text("crash.title"), text("crash.about"), 640, parent)
        self.details = QPlainTextEdit(details)
        self.details.setReadOnly(True)
        self.details.setTabChangesFocus(True)
        self.details.setFont(theme.font("mono-caption"))
        self.details.setAccessibleName(text("crash.details"))
        self.details.setMinimumHeight(220)
        self.details.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.body.addWidget(self.details, 1)
        self.paragraph(text("crash.private"), "caption")
        self.add_button("crash.copy", lambda: QGuiApplication.clipboard().setText(details), left=True)
        self.add_close()
