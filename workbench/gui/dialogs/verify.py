"""What to verify, and what came of it."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtWidgets import QWidget

from workbench.core.messages import Message
from workbench.gui.dialogs.dialog import Dialog
from workbench.gui.texts import message_text, text
from workbench.gui.theme import Theme
from workbench.gui.widgets.table import Column, DataTable

MOST = 5_000
"""Problems that are listed."""


class VerifyChoice(Dialog):
    """A bundle is a folder or a zip file, and the system has a dialog for each; or a case, also one that is damaged."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, "verify-choice", text("verify.which"), text("verify.which.about"), 460, parent)
        self._kind = ""
        self.add_button("dialog.cancel", self.reject)
        self.add_button("verify.case", lambda: self._take("case"))
        self.add_button("verify.zip", lambda: self._take("zip"))
        self.add_button("verify.folder", lambda: self._take("folder"), primary=True)

    def _take(self, kind: str) -> None:
        self._kind = kind
        self.accept()

    def result_value(self) -> Any:
        """``zip``, ``folder`` or ``case``."""
        return self._kind


class VerifiedDialog(Dialog):
    """One sentence when all is well; otherwise every problem with its place."""

    def __init__(self, theme: Theme, name: str, found: Any, parent: QWidget | None = None) -> None:
        ok = bool(found.ok)
        of_bundle = hasattr(found, "seal")
        fine = "verified.no-problem" if of_bundle else "verified.ok"
        title = text(fine if ok else "verified.problems", name=name)
        about = text(f"{fine}.about" if ok else "verified.problems.about", count=f"{found.checked:,}")
        super().__init__(theme, "verified", title, about, 620, parent)
        if not ok:
            self.table = DataTable(theme, text("verified.list"))
            problems = found.problems[:MOST]
            self.table.set_columns(
                (
                    Column("text", text("verified.what"), "text", 380),
                    Column("where", text("verified.where"), "mono", 180),
                ),
                {
                    "text": [message_text(Message(f"verify-{each.kind}", {"where": each.where})) for each in problems],
                    "where": [each.where for each in problems],
                },
                np.arange(len(problems), dtype=np.int64),
            )
            self.table.setMinimumHeight(260)
            self.body.addWidget(self.table, 1)
        for warning in getattr(found, "warnings", ()):
            self.paragraph(message_text(warning), "dim")
        proof = getattr(found, "proof", None)
        for line in proof.messages() if proof is not None else ():
            self.paragraph(message_text(line), "dim")
        if of_bundle:
            signed = text("verified.signed", key=found.signed_by) if found.signed_by else text("verified.not-signed")
            self.paragraph(signed, "caption")
        if of_bundle and found.seal:
            self.paragraph(text("verified.seal", seal=found.seal), "caption")
        head = found.head.hex() if isinstance(found.head, bytes) else found.head
        if head:
            self.paragraph(text("verified.head", head=head), "caption")
        self.add_close()
