"""What every pane is: a view that asks again when filter or tables change, and keeps what it shows until then."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

from workbench.core.filter import Filter
from workbench.gui.session import ALL_TABLES, Session
from workbench.gui.tasks import Latest
from workbench.gui.texts import text
from workbench.gui.theme import Theme

THROTTLE_MS = 400


class Pane(QWidget):
    """A dock's content. Subclasses set the class attributes and write `refresh`.

    `facets` are the pane's own: it asks with the filter without them, so that what is unselected stays visible.
    `tables` are those whose change makes it ask again. `name` is the dock's object name and part of message codes
    (``pane.NAME`` is the title).
    """

    name: ClassVar[str]
    facets: ClassVar[tuple[str, ...]] = ()
    tables: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.theme = theme
        self.setObjectName(f"pane-{self.name}")
        self.setAccessibleName(self.title)
        self._latest = Latest(session.tasks)
        self._asked: Filter | None = None
        self._stale = True
        self._stopped = False
        self._throttle = QTimer(self, singleShot=True, interval=THROTTLE_MS)
        self._throttle.timeout.connect(self._ask)
        session.filter_changed.connect(self._filter_changed)
        session.case_changed.connect(self._case_changed)
        session.selection_changed.connect(self.show_selection)
        session.focus_changed.connect(self.show_focus)

    @property
    def title(self) -> str:
        """The dock's title."""
        return text(f"pane.{self.name}")

    async def refresh(self, asked: Filter) -> None:
        """Ask the case and show the answer. Cancelled when a newer question comes."""
        raise NotImplementedError

    def show_selection(self, kind: str) -> None:
        """The selection of a kind changed, possibly by this pane itself."""

    def show_focus(self, focus: object) -> None:
        """Another thing is in focus."""

    def start(self) -> None:
        """Ask for the first time, unless being shown was a reason to."""
        if self._stale:
            self._ask()

    @property
    def busy(self) -> bool:
        """Is a question under way or about to be?"""
        return self._latest.busy or self._throttle.isActive()

    def _filter_changed(self, wanted: Filter) -> None:
        if wanted.without(*self.facets) != self._asked:
            self._ask()
        else:
            self.show_filter(wanted)

    def show_filter(self, wanted: Filter) -> None:
        """Only the pane's own facets changed: show them (a brush, a picked row); nothing is asked."""

    def _case_changed(self, tables: frozenset[str]) -> None:
        if (tables == ALL_TABLES or tables & self.tables) and not self._throttle.isActive():
            self._throttle.start()

    def _ask(self) -> None:
        self._throttle.stop()
        if self._stopped:
            return
        if not self.isVisible() and self._asked is not None and not self.wants_answers_hidden:
            self._stale = True
            return
        self._stale = False
        self._asked = self.session.filter.without(*self.facets)
        self._latest.start(self.refresh(self._asked))

    wants_answers_hidden: ClassVar[bool] = False
    """Whether a hidden pane asks too; others wait until they are shown."""

    def showEvent(self, event: object) -> None:
        super().showEvent(event)  # type: ignore[arg-type]
        if self._stale:
            self._ask()

    def stop(self) -> None:
        """Ask no more: the window is closing. What the case still tells comes to nothing."""
        self._stopped = True
        self._throttle.stop()
        self._latest.cancel()
