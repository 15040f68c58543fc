"""The sentence above everything: what is shown, as chips that can be removed; a search; how much that is of all."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QIcon, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QScrollArea, QToolButton, QWidget

from workbench.core.filter import Filter
from workbench.gui import icons
from workbench.gui.filter_text import EDITABLE, chip_texts, removed, turned
from workbench.gui.texts import text
from workbench.gui.theme import Theme, set_role, set_surface
from workbench.gui.widgets.chips import ChipRow, ChipSpec
from workbench.gui.widgets.plain import PlainLabel

if TYPE_CHECKING:
    from workbench.gui.session import Session
    from workbench.gui.tasks import Latest

DEBOUNCE_MS = 300
HEIGHT = 42


class _Search(QLineEdit):
    """Escape empties it, and leaves it when it is empty."""

    left = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            if self.text():
                self.clear()
            else:
                self.left.emit()
        else:
            super().keyPressEvent(event)


class _ChipStrip(QScrollArea):
    """The chips on one line that scrolls by itself when they are many."""

    def __init__(self, chips: ChipRow) -> None:
        super().__init__()
        self._chips = chips
        self.setWidget(chips)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setFixedHeight(HEIGHT - 8)

    def fit(self) -> None:
        """Lay the chips out on one line and show the last of them."""
        flow = self._chips.layout()
        if flow is None:
            return
        flow.setContentsMargins(0, 0, 0, 0)
        wanted = flow.sizeHint()
        self._chips.resize(wanted.width() + 1, self.height())
        flow.setContentsMargins(0, max(0, (self.height() - wanted.height()) // 2), 0, 0)
        self.setMaximumWidth(wanted.width() + 1)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        return QSize(self._chips.width(), self.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(min(self._chips.width(), 120), self.height())


class FilterBar(QWidget):
    """Made before there is a case; `set_session` brings it to life. Main thread."""

    edit_wanted = Signal(str, object)
    """(facet, value): the word of a chip was clicked that can be changed."""
    left = Signal()
    """Escape in the empty search field: the focus may go back to the gallery."""

    def __init__(self, theme: Theme, actions: Callable[[str], QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._session: Session | None = None
        self._latest: Latest | None = None
        self._quiet = False
        set_surface(self, "window")
        self.setAccessibleName(text("window.filter"))
        self.setFixedHeight(HEIGHT)
        self.back = self._button(actions("filter-back"))
        self.forward = self._button(actions("filter-forward"))
        self.word = PlainLabel(text("window.showing"))
        set_role(self.word, "dim")
        self.chips = ChipRow(theme)
        self.strip = _ChipStrip(self.chips)
        self.chips.removed.connect(self._remove)
        self.chips.picked.connect(self._picked)
        self.search = _Search()
        set_role(self.search, "bare")
        self.search.setPlaceholderText(text("window.search"))
        self.search.setAccessibleName(text("window.search-name"))
        self.search.setClearButtonEnabled(True)
        self.search.setMinimumWidth(140)
        self.search.setMaxLength(500)
        self._glass = self.search.addAction(QIcon(), QLineEdit.ActionPosition.LeadingPosition)
        self.clear = self._button(actions("filter-clear"))
        self.counts = PlainLabel()
        set_role(self.counts, "dim")
        self._debounce = QTimer(self, singleShot=True, interval=DEBOUNCE_MS)
        self._debounce.timeout.connect(self._search_now)
        self.search.textChanged.connect(self._typed)
        self.search.returnPressed.connect(self._search_now)
        self.search.left.connect(self.left)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 14, 0)
        row.setSpacing(4)
        row.addWidget(self.back)
        row.addWidget(self.forward)
        row.addSpacing(2)
        row.addWidget(self.word)
        row.addSpacing(4)
        row.addWidget(self.strip)
        row.addWidget(self.clear)
        row.addSpacing(4)
        row.addWidget(self.search, 1)
        row.addSpacing(8)
        row.addWidget(self.counts)
        theme.changed.connect(self._dress)
        self._dress()
        self.setEnabled(False)

    def set_session(self, session: Session | None) -> None:
        """Show the filter of a case, or of none."""
        self._debounce.stop()
        if self._latest is not None:
            self._latest.cancel()
            self._latest = None
        self._session = session
        self.setEnabled(session is not None)
        self.counts.setText("")
        if session is None:
            self.show_filter(Filter())
            return
        from workbench.gui.tasks import Latest

        self._latest = Latest(session.tasks)
        session.filter_changed.connect(self._filter_changed)
        session.case_changed.connect(self._case_changed)
        self._filter_changed(session.filter)

    @property
    def busy(self) -> bool:
        """Is a count under way?"""
        return self._latest is not None and self._latest.busy

    def show_filter(self, asked: Filter) -> None:
        """Chips and search field as the filter says."""
        specs = [
            ChipSpec((each.facet, each.value), each.label, "exclude" if each.excludes else "include")
            for each in chip_texts(asked)
        ]
        self.chips.set_chips(specs)
        self.strip.setVisible(bool(specs))
        self.clear.setVisible(bool(asked))
        self.word.setText(text("window.showing" if asked else "window.showing-all"))
        self.strip.fit()
        words = asked.text[0] if len(asked.text) == 1 else ""
        if words != self.search.text().strip() and not self._debounce.isActive():
            self._quiet = True
            self.search.setText(words)
            self._quiet = False

    def focus_search(self) -> None:
        """Where the next word is typed."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def _filter_changed(self, asked: Filter) -> None:
        self.show_filter(asked)
        self._count()

    def _case_changed(self, tables: object) -> None:
        del tables
        self._count()

    def _count(self) -> None:
        if self._session is not None and self._latest is not None:
            self._latest.start(self._counted(self._session))

    async def _counted(self, session: Session) -> None:
        from workbench.gui.case_facts import shown

        found = await session.read(shown, session.filter)
        told = {
            "files": f"{found.files:,}",
            "all_files": f"{found.all_files:,}",
            "addresses": f"{found.addresses:,}",
            "all_addresses": f"{found.all_addresses:,}",
        }
        everything = (found.files, found.addresses) == (found.all_files, found.all_addresses)
        self.counts.setText(text("window.counts-all" if everything else "window.counts", **told))

    def _typed(self) -> None:
        if not self._quiet:
            self._debounce.start()

    def _search_now(self) -> None:
        self._debounce.stop()
        if self._session is None:
            return
        words = self.search.text().strip()
        workspace = self._session.workspace
        workspace.filter = (
            workspace.filter.without("text").also("text", words) if words else (workspace.filter.without("text"))
        )

    def _remove(self, key: object) -> None:
        if self._session is not None and isinstance(key, tuple):
            self._session.workspace.filter = removed(self._session.filter, *key)

    def _picked(self, key: object) -> None:
        """A chip's word: change it where it can be typed, else turn it into its opposite and back."""
        if self._session is None or not isinstance(key, tuple):
            return
        facet, value = key
        if facet.removeprefix("not_") in EDITABLE or facet == "time":
            self.edit_wanted.emit(facet, value)
        else:
            self._session.workspace.filter = turned(self._session.filter, facet, value)

    def _button(self, action: QAction) -> QToolButton:
        made = QToolButton()
        made.setDefaultAction(action)
        made.setIconSize(QSize(16, 16))
        made.setAccessibleName(action.text().replace("&", ""))
        made.setAutoRaise(True)
        return made

    def _dress(self) -> None:
        self._glass.setIcon(QIcon(icons.pixmap("search", self._theme.tokens.dim, 16, self.devicePixelRatioF())))
