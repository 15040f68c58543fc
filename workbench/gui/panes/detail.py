"""The detail pane: what the thing in focus is, and how we know."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QScrollArea,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from workbench.case.readers import Reader
from workbench.core.filter import Filter
from workbench.gui import icons
from workbench.gui.panes import detail_address, detail_event, detail_item, detail_source
from workbench.gui.panes.detail_alike import alike_of
from workbench.gui.panes.detail_marks import MarksSection
from workbench.gui.panes.hint import Hint
from workbench.gui.panes.zoned import ZonedPane
from workbench.gui.session import Session
from workbench.gui.texts import text
from workbench.gui.theme import Theme, set_role, set_surface
from workbench.gui.widgets.plain import PlainLabel
from workbench.queries import detail as queries
from workbench.queries import watched
from workbench.queries.detail_values import Address, Item, LogLine, Target
from workbench.queries.gallery import TileRow, tiles
from workbench.queries.watched import Watched
from workbench.workspace import Focus

MOST_BACK = 50
PICTURES = 12
"""Small pictures in a strip."""


@dataclass(frozen=True)
class Answer:
    """All that is needed to speak of one thing."""

    about: Item | Address | LogLine | Watched
    tags: list[str]
    alike: tuple[int, ...] = ()
    apart: int = 0
    """Bits in which the first of `alike` differs."""
    pictures: tuple[TileRow, ...] = ()


class DetailPane(ZonedPane):
    """Speaks of the focus in sentences with their source. `open_requested` asks for the viewer."""

    name = "detail"
    tables = frozenset(
        {
            "mark_now",
            "fact",
            "analysis",
            "sighting",
            "snapshot_end",
            "match",
            "event",
            "claim",
            "warning",
            "reading",
            "watch",
            "charter",
        }
    )
    watch_asked = Signal(str, str)
    """An act of `window_watched.ACTS`, and the name of the source."""
    open_requested = Signal(object)

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(session, theme, parent)
        self.shown: Focus | None = None
        self.answer: Answer | None = None
        self._marks: MarksSection | None = None
        self.next_looks: dict[str, int] = {}
        """When each watched source is to be looked at next, microseconds UTC."""
        self._back: list[Focus] = []
        self._going_back = False
        self._build()
        self._show_nothing()

    def _build(self) -> None:
        set_surface(self, "panel")
        self.page_view = QScrollArea()
        self.page_view.setWidgetResizable(True)
        self.page_view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.page_view.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.page_view.setAccessibleName(self.title)
        self.empty = Hint(self.theme, "detail", text("panes.detail.nothing"), text("panes.detail.nothing-text"))
        self.back_button = QToolButton(self)
        icons.follow(self.back_button, "previous", self.theme, 16)
        self.back_button.setAccessibleName(text("panes.detail.back"))
        self.back_button.setToolTip(text("panes.detail.back"))
        self.back_button.clicked.connect(lambda _checked=False: self.go_back())
        self.back_button.hide()
        keeps = self.back_button.sizePolicy()
        keeps.setRetainSizeWhenHidden(True)
        self.back_button.setSizePolicy(keeps)
        self.kind = PlainLabel()
        set_role(self.kind, "caption")
        line = QHBoxLayout()
        line.setContentsMargins(14, 4, 8, 0)
        line.addWidget(self.kind)
        line.addStretch(1)
        line.addWidget(self.back_button)
        holder = QWidget(self)  # without it every page would be a window for a moment
        self.pages = QStackedLayout(holder)
        self.pages.addWidget(self.page_view)
        self.pages.addWidget(self.empty)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(line)
        column.addWidget(holder, 1)
        # No focus proxy: Tab would go to the page while it is hidden, and stay where it was.

    # asking

    def _filter_changed(self, wanted: Filter) -> None:
        """What a thing is does not depend on what is shown."""

    def show_focus(self, focus: object) -> None:
        if focus is not None and self.isVisible() and not self._stopped:
            self._latest.start(self.refresh(self.session.filter))
        else:
            self._stale = True

    async def refresh(self, asked: Filter) -> None:
        """Ask for all of the thing in focus; what is shown stays until it is there."""
        focus = self.session.workspace.focus
        if focus is None:
            return
        actor = await asyncio.to_thread(lambda: self.session.case.actor)
        found = await self.session.read(_ask, focus, actor)
        if found is None:
            self._show_nothing()
            return
        self._show(focus, found)

    def _show_nothing(self) -> None:
        self.shown = self.answer = None
        self.kind.setText(self.title)
        self.pages.setCurrentWidget(self.empty)

    def _show(self, focus: Focus, found: Answer) -> None:
        same = focus == self.shown
        if not same and self.shown is not None and not self._going_back and self.shown.kind != focus.kind:
            self._back = [*self._back[-MOST_BACK:], self.shown]
        elif not same and not self._going_back and self.shown is not None and focus.kind == "item":
            self._back.clear()
        self._going_back = False
        self.back_button.setVisible(bool(self._back))
        place = self.page_view.verticalScrollBar().value() if same else 0
        marks = None if isinstance(found.about, Watched) else self._take_marks(found.about, found.tags)
        typing = None
        if marks is not None and marks.isAncestorOf(QApplication.focusWidget() or self):
            typing = marks.focusWidget()
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(14, 6, 14, 16)
        column.setSpacing(self.theme.spacing(3))
        for part in self._parts(found, marks):
            column.addWidget(part)
        column.addStretch(1)
        set_surface(page, "panel")
        self.page_view.setWidget(page)
        if marks is not None:
            marks.show()
        if typing is not None:
            typing.setFocus(Qt.FocusReason.OtherFocusReason)
        self.shown, self.answer = focus, found
        self.kind.setText(text(f"panes.detail.kind-{focus.kind}"))
        self.pages.setCurrentWidget(self.page_view)
        self.page_view.verticalScrollBar().setValue(place)

    def _parts(self, found: Answer, marks: MarksSection | None) -> list[QWidget]:
        about = found.about
        if isinstance(about, Watched):
            return detail_source.parts(self, about)
        assert marks is not None, "everything else can be marked"
        if isinstance(about, Item):
            return detail_item.parts(self, about, found, marks)
        if isinstance(about, Address):
            return detail_address.parts(self, about, found, marks)
        return detail_event.parts(self, about, found, marks)

    def _take_marks(self, about: Item | Address | LogLine, tags: list[str]) -> MarksSection:
        """The marks of the same target stay the same widget: somebody may be typing in it."""
        target = about.target if isinstance(about, Item) else target_of(about)
        kept = self._marks
        if kept is None or kept.target != target:
            kept = MarksSection(self.session, self.theme, target)
        kept.show_marks(about.marks, tags, self.zone)
        self._marks = kept
        return kept

    @property
    def marks(self) -> MarksSection | None:
        """The marks on show."""
        return self._marks

    def zone_shown(self) -> None:
        if self.shown is not None and self.answer is not None:
            self._show(self.shown, self.answer)

    # going about

    def go_to(self, kind: str, an_id: int) -> None:
        """Put something else in focus."""
        self.session.workspace.focus = Focus(kind, an_id)

    def go_back(self) -> None:
        """To what was in focus before."""
        if self._back:
            self._going_back = True
            self.session.workspace.focus = self._back.pop()

    def pick_items(self, items: tuple[int, ...]) -> None:
        """Select files in the gallery."""
        self.session.workspace.select("item", items)

    def showEvent(self, event: object) -> None:
        super().showEvent(event)
        if self.session.workspace.focus != self.shown:
            self.show_focus(self.session.workspace.focus)


def target_of(about: Address | LogLine) -> Target:
    """What a mark on it is put on."""
    return ("address", about.id) if isinstance(about, Address) else ("event", about.line.id)


def _ask(reader: Reader, focus: Focus, actor: str) -> Answer | None:
    about: Item | Address | LogLine | Watched | None = None
    alike: tuple[int, ...] = ()
    apart = 0
    small: tuple[int, ...] = ()
    if focus.kind == "source":
        about = next((each for each in watched.sources(reader) if each.source == focus.id), None)
    elif focus.kind == "item":
        about = queries.item(reader, focus.id, actor)
        alike, apart = alike_of(reader, focus.id)
        small = alike
    elif focus.kind == "address":
        address = about = queries.address(reader, focus.id, actor)
        small = address.uploaded if address is not None else ()
    elif focus.kind == "event":
        line = about = queries.event(reader, focus.id, actor)
        small = tuple(each[0] for each in line.items) if line is not None else ()
    if about is None:
        return None
    items = list(small[:PICTURES])
    rows = tiles(reader, items, queries.sightings_for(reader, items)) if items else []
    return Answer(about, queries.known_tags(reader), alike, apart, tuple(rows))
