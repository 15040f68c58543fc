"""A watched source afterwards: its charter, and its manners with the schedule. Both are ops; the old words stay."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QButtonGroup, QRadioButton, QVBoxLayout, QWidget

from workbench.gui.dialogs.dialog import Dialog
from workbench.gui.dialogs.watch_assistant import scrolled
from workbench.gui.dialogs.watch_forms import CharterForm, MannersForm, Spawn
from workbench.gui.settings import Settings
from workbench.gui.texts import text
from workbench.gui.theme import Theme
from workbench.gui.watching import Charter, Manners
from workbench.gui.widgets.plain import PlainLabel, button_text


class CharterDialog(Dialog):
    """The charter of one source. The answer is a `Charter`, or the same one when nothing was changed."""

    def __init__(
        self, theme: Theme, source: str, charter: Charter, *, writable: bool = True, parent: QWidget | None = None
    ) -> None:
        super().__init__(
            theme, "charter", text("watch.charter.title", source=source), text("watch.charter.about"), 640, parent
        )
        self.form = CharterForm(charter, first=False)
        for line in self.form.fields.values():
            line.setReadOnly(not writable)
        self.body.addWidget(scrolled(self.form, text("watch.page.charter")), 1)
        if writable:
            self.add_accept("watch.charter.do")
        else:
            self.add_close()

    def sizeHint(self) -> QSize:
        return QSize(660, 560)

    def check(self) -> str:
        """Somebody, and a reason."""
        return self.form.check()[0]

    def result_value(self) -> Any:
        """What stands there."""
        return self.form.charter()


class MannersDialog(Dialog):
    """How often and how a source is looked at. The answer is `Manners`, or ``timer`` for an entry of the system."""

    def __init__(
        self,
        theme: Theme,
        source: str,
        manners: Manners,
        settings: Settings,
        spawn: Spawn,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(
            theme, "manners", text("watch.manners.title", source=source), text("watch.manners.about"), 640, parent
        )
        self._timer = False
        self.form = MannersForm(manners, settings, spawn, anchors=False)
        self.body.addWidget(self.form)
        self.add_button("watch.manners.timer", self._ask_timer, left=True)
        self.add_accept("watch.manners.do")

    def _ask_timer(self) -> None:
        self._timer = True
        self.accept()

    def check(self) -> str:
        """Nothing here can be wrong; a timer of the system needs an interval."""
        if self._timer and not self.form.manners().every:
            self._timer = False
            return text("watch.timer.no-interval")
        return self.form.check()[0]

    def result_value(self) -> Any:
        """The manners, and whether an entry for the system's timer is wanted."""
        return self.form.manners(), self._timer


class SourceChoice(Dialog):
    """Which of several watched sources is meant."""

    def __init__(self, theme: Theme, sources: list[tuple[str, str]], parent: QWidget | None = None) -> None:
        super().__init__(theme, "watch-source", text("watch.which.title"), text("watch.which.about"), 480, parent)
        self.buttons_by_name: dict[str, QRadioButton] = {}
        group = QButtonGroup(self)
        for name, url in sources:
            button = QRadioButton(button_text(name))
            button.setAccessibleName(name)
            button.setAccessibleDescription(url)
            group.addButton(button)
            self.buttons_by_name[name] = button
            where = PlainLabel(url)
            where.setContentsMargins(22, 0, 0, 4)
            where.setFont(theme.font("mono-caption"))
            pair = QVBoxLayout()
            pair.setSpacing(0)
            pair.addWidget(button)
            pair.addWidget(where)
            self.body.addLayout(pair)
        next(iter(self.buttons_by_name.values())).setChecked(True)
        self.add_accept("watch.which.do")

    def result_value(self) -> Any:
        """The name of the source."""
        return next(name for name, button in self.buttons_by_name.items() if button.isChecked())
