"""The gallery pane: pictures and files under the looks that brought them, selection and focus shared with all panes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import QMenu, QStackedLayout, QVBoxLayout, QWidget

from workbench.case.readers import Reader
from workbench.core.filter import Filter
from workbench.gui.panes.gallery_header import GalleryHeader
from workbench.gui.panes.gallery_words import badge_of, section_of
from workbench.gui.panes.pane import THROTTLE_MS
from workbench.gui.panes.today import TodayPane
from workbench.gui.panes.zoned import ZonedPane
from workbench.gui.session import Session
from workbench.gui.texts import text
from workbench.gui.theme import Theme, set_surface
from workbench.gui.thumbs import Thumbs
from workbench.gui.widgets.elide import visible_text
from workbench.gui.widgets.empty import Action, EmptyState
from workbench.gui.widgets.gallery import TILE_SIZES, Gallery
from workbench.gui.widgets.gallery_tiles import Badge, Section
from workbench.queries import files, landing
from workbench.queries import gallery as queries
from workbench.queries.gallery import Arrangement, Wall
from workbench.queries.news import news
from workbench.workspace import Focus

SMALL_EDGE, FULL_EDGE = 128, 256
MARK_MS = 60


class GalleryPane(ZonedPane):
    """What the filter shows, as tiles. `open_requested` asks for the viewer, `add_requested` for an intake."""

    name = "gallery"
    tables = frozenset(
        {"sighting", "snapshot", "snapshot_end", "object", "analysis", "match", "event", "mark_now", "watch"}
    )
    wants_answers_hidden = True

    open_requested = Signal(object)
    add_requested = Signal()
    watch_requested = Signal()
    menu_requested = Signal(QPoint)
    look_requested = Signal(str)
    requests_requested = Signal(object)
    shown_changed = Signal(int, int)
    """How many items are shown, and how many the case has."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(session, theme, parent)
        self._wall: Wall | None = None
        self._newest: frozenset[int] = frozenset()
        self._by: dict[bool, Arrangement] = {False: "look", True: "folder"}
        """The order, without and with news of looks alone."""
        self._telling = False
        self.thumbs = Thumbs(session, self._placed, parent=self)
        self.gallery = Gallery(theme, self.thumbs)
        self.thumbs.ready.connect(self.gallery.tiles_ready)
        self.today = TodayPane(session, theme)
        self.header = GalleryHeader(theme)
        self.empty = EmptyState(theme, "gallery", "")
        self._build()
        self.gallery.selection_changed.connect(self._selected)
        self.gallery.focus_changed.connect(self._focused)
        self.gallery.activated.connect(self._open)
        self.gallery.context_requested.connect(self._menu)
        self.gallery.zoom_changed.connect(self._zoomed)
        self.header.arrangement_chosen.connect(self.arrange)
        self.header.zoom_chosen.connect(self.gallery.set_zoom)
        self.header.show_zoom(self.gallery.zoom())
        self.today.look_requested.connect(self.look_requested)
        self.today.requests_requested.connect(self.requests_requested)

    def _build(self) -> None:
        set_surface(self, "window")
        holder = QWidget(self)  # without it every page would be a window for a moment
        self.pages = QStackedLayout(holder)
        self.pages.addWidget(self.gallery)
        self.pages.addWidget(self.empty)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.today)
        layout.addWidget(self.header)
        layout.addWidget(holder, 1)
        self.setFocusProxy(self.gallery)

    # asking

    async def refresh(self, asked: Filter) -> None:
        """Ask for ids and headings; tiles follow for what is on screen."""
        found = await self.session.read(_found, asked, self._by[is_news(asked)])
        self._show(found, asked)

    def start(self) -> None:
        super().start()
        self.today.start()

    @property
    def busy(self) -> bool:
        """Is a question under way, here or above?"""
        return super().busy or self.today.busy

    def _show(self, found: _Found, asked: Filter) -> None:
        wall, newest = found.wall, found.newest
        self.header.show_arrangement(self._by[is_news(asked)])
        self._wall, self._newest = wall, newest | set(asked.snapshot)
        self.thumbs.renew()
        self._telling = True
        try:
            self.gallery.set_items(wall.ids, self._sections(), keep=True)
        finally:
            self._telling = False
        self._selected()
        self._show_page(wall, asked, found.waiting)
        self.header.show_counts(len(wall), wall.total)
        self.shown_changed.emit(len(wall), wall.total)
        self.show_selection("item")
        self.show_focus(self.session.workspace.focus)

    def _sections(self) -> list[Section]:
        wall = self._wall
        return [] if wall is None else [section_of(each, self.zone, wall.sources > 1) for each in wall.groups]

    def _show_page(self, wall: Wall, asked: Filter, waiting: str) -> None:
        if len(wall):
            self.pages.setCurrentWidget(self.gallery)
            return
        if wall.total:
            actions: list[Action] = [(text("panes.clear-filter"), self._clear)] if asked else []
            self.empty.set_content(
                "filter", text("panes.gallery.no-match"), text("panes.gallery.no-match-text"), actions
            )
        elif waiting:
            self._show_waiting(waiting)
        else:
            actions = []
            if self.session.case.writable:
                actions = [
                    (text("panes.add-files"), self.add_requested.emit),
                    (text("watch.add"), self.watch_requested.emit),
                ]
            self.empty.set_content("gallery", text("panes.gallery.none"), text("panes.gallery.none-text"), actions)
        self.pages.setCurrentWidget(self.empty)

    def _show_waiting(self, source: str) -> None:
        """A server was added and not looked at yet."""
        look = [(text("source.act.look"), partial(self.look_requested.emit, source))]
        title = text("panes.gallery.not-looked-yet", source=visible_text(source))
        actions: list[Action] = list(look) if self.session.case.writable else []
        self.empty.set_content("look", title, text("panes.gallery.not-looked-yet-text"), actions)

    def _clear(self) -> None:
        self.session.workspace.filter = Filter(own=self.session.filter.own)

    def zone_shown(self) -> None:
        self.today.set_zone(self.zone, self.zone_name)
        if self._wall is not None:
            self.gallery.set_items(self._wall.ids, self._sections(), keep=True)

    def _case_changed(self, tables: frozenset[str]) -> None:
        """A mark is shown sooner than the batches of an intake: somebody waits for it."""
        self._throttle.setInterval(MARK_MS if tables <= {"mark", "mark_now"} else THROTTLE_MS)
        super()._case_changed(tables)

    # what the provider asks

    def _placed(self, item: int) -> tuple[int, Badge]:
        """The sighting by which an item is shown, and its badge."""
        wall = self._wall
        place = -1 if wall is None else wall.place_of(item)
        if wall is None or place < 0:
            return (0, "")
        recent = int(wall.look[place]) in self._newest
        return int(wall.sighting[place]), badge_of(int(wall.kind[place]), recent)

    # arranging

    def arrange(self, by: Arrangement) -> None:
        """Another order."""
        if by != self.arrangement:
            self._by[is_news(self.session.filter)] = by
            self.header.show_arrangement(by)
            self._stale = True
            self._ask()

    @property
    def arrangement(self) -> Arrangement:
        """The order of now."""
        return self._by[is_news(self.session.filter)]

    def set_zoom(self, step: int) -> None:
        """Another tile size, an index into `TILE_SIZES`."""
        self.gallery.set_zoom(step)

    def zoom_by(self, steps: int) -> None:
        """Larger or smaller tiles."""
        self.gallery.set_zoom(self.gallery.zoom() + steps)

    def _zoomed(self, step: int) -> None:
        self.header.show_zoom(step)
        needed = TILE_SIZES[step] * self.devicePixelRatioF()
        self.thumbs.set_edge(SMALL_EDGE if needed <= SMALL_EDGE else FULL_EDGE)

    # selection and focus

    def _selected(self) -> None:
        if not self._telling:
            self._telling = True
            try:
                self.session.workspace.select("item", self.gallery.selected().tolist())
            finally:
                self._telling = False
        self.header.show_selected(self.gallery.selected_count())

    def _focused(self, item: int | None) -> None:
        if item is not None and not self._telling:
            self.session.workspace.focus = Focus("item", int(item))

    def _open(self, item: int) -> None:
        self.session.workspace.focus = Focus("item", int(item))
        self.open_requested.emit(int(item))

    def show_selection(self, kind: str) -> None:
        if kind != "item" or self._telling:
            return
        self._telling = True
        try:
            self.gallery.select(np.asarray(self.session.workspace.selection("item"), np.int64))
        finally:
            self._telling = False
        self.header.show_selected(self.gallery.selected_count())

    def show_focus(self, focus: object) -> None:
        if isinstance(focus, Focus) and focus.kind == "item" and self.gallery.current() != focus.id:
            self._telling = True
            try:
                self.gallery.set_current(focus.id)
            finally:
                self._telling = False

    # neighbours, for the viewer

    def ids(self) -> NDArray[np.int64]:
        """What is shown, in order."""
        return self.gallery.ids()

    def step(self, by: int | str) -> int | None:
        """Focus a neighbour: 1, -1, ``first`` or ``last``. The item, or null at an end."""
        count = self.gallery.count()
        if not count:
            return None
        row = self.gallery.current_row()
        wanted = 0 if by == "first" else count - 1 if by == "last" else row + int(by)
        if not 0 <= wanted < count:
            return None
        item = int(self.gallery.ids()[wanted])
        self.gallery.select([item])
        self.gallery.set_current(item)
        self.session.workspace.focus = Focus("item", item)
        return item

    def position(self, item: int) -> tuple[int, int]:
        """The place of an item, from 1, and how many there are; 0 when it is not shown."""
        place = -1 if self._wall is None else self._wall.place_of(item)
        return (place + 1, self.gallery.count())

    def select_all(self) -> None:
        """Pick everything that is shown."""
        self.gallery.select_all()

    def copy(self) -> None:
        """Paths and hashes of what is selected, else of the current file, to the clipboard."""
        current = self.gallery.current()
        picked = self.gallery.selected().tolist() or ([current] if current is not None else [])

        async def copy() -> None:
            rows = await self.session.read(files.describe, picked)
            lines = ["\t".join([each["sha256"] or "", *each["paths"]]) for each in rows]
            QGuiApplication.clipboard().setText("\n".join(lines))

        if picked:
            self.session.spawn(copy())

    def _menu(self, where: QPoint) -> None:
        if self.receivers("2menu_requested(QPoint)"):
            self.menu_requested.emit(where)
            return
        menu = QMenu(self)
        menu.addAction(text("panes.gallery.select-all"), self.gallery.select_all)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(where)

    def stop(self) -> None:
        super().stop()
        self.today.stop()
        self.thumbs.close()

    def showEvent(self, event: QShowEvent) -> None:  # type: ignore[override]
        super().showEvent(event)
        self._zoomed(self.gallery.zoom())


def is_news(asked: Filter) -> bool:
    """Does the filter show what looks brought, and nothing else? That is grouped by folder."""
    return bool(asked.snapshot and asked.change)


@dataclass(frozen=True)
class _Found:
    """`waiting` is a watched source without a look, told of where there is nothing else."""

    wall: Wall
    newest: frozenset[int]
    waiting: str


def _found(reader: Reader, asked: Filter, by: Arrangement) -> _Found:
    wall = queries.wall(reader, asked, by)
    waiting = "" if wall.total else next(iter(landing.waiting(reader)), "")
    return _Found(wall, news(reader).newest, waiting)
