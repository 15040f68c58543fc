"""The files pane: sources with their looks and folders, logs and tags. What is chosen here is filtered to."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QGuiApplication, QKeyEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QMenu, QStackedLayout, QTreeView, QVBoxLayout, QWidget

from workbench.core.filter import Filter
from workbench.gui.panes import files_nodes as nodes
from workbench.gui.panes.files_delegate import ROW, FilesDelegate
from workbench.gui.panes.files_model import FilesModel
from workbench.gui.panes.files_nodes import Node
from workbench.gui.panes.files_watched import tell_watched, with_watched
from workbench.gui.panes.hint import Hint
from workbench.gui.panes.zoned import ZonedPane
from workbench.gui.session import Session
from workbench.gui.texts import text
from workbench.gui.theme import Theme, set_role, set_surface
from workbench.gui.widgets.plain import PlainLabel
from workbench.queries import landing, tree, watched
from workbench.queries.landing import Place
from workbench.queries.tree import FolderNode, Overview
from workbench.queries.watched import Watched
from workbench.workspace import Focus

_SETTLE_MS = 120
"""Arrow keys that come faster are one choice."""


class FilesPane(ZonedPane):
    """A tree whose choice is the filter's source, snapshot, path, tag and change. Escape, or *All files*, lets go."""

    name = "files"
    facets = nodes.FACETS
    tables = frozenset(
        {
            "source",
            "snapshot",
            "snapshot_end",
            "sighting",
            "log",
            "reading_end",
            "event",
            "mark_now",
            "coverage",
            "watch",
            "charter",
        }
    )

    add_requested = Signal()
    watch_requested = Signal()
    watch_asked = Signal(str, str)
    """An act of `window_watched.ACTS`, and the name of the source."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(session, theme, parent)
        self.model = FilesModel(self)
        self.view = _View(theme, self.model)
        self.empty = Hint(theme, "source")
        self._overview: Overview | None = None
        self._watched: dict[int, Watched] = {}
        self._today: Place | None = None
        self._next: dict[str, int] = {}
        self._folders: list[FolderNode] = []
        self._quiet = False
        self._asked_now = Filter()
        self._settle = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._settle.timeout.connect(self._choose)
        self._build()
        self.model.folders_wanted.connect(self._fetch)
        self.view.selectionModel().selectionChanged.connect(self._selected)
        self.view.menu_wanted.connect(self._menu)
        self.view.cleared.connect(self._clear)

    def _build(self) -> None:
        set_surface(self, "panel")
        title = PlainLabel(self.title)
        set_role(title, "dim")
        title.setContentsMargins(14, 10, 8, 4)
        self.view.setAccessibleName(self.title)
        holder = QWidget(self)  # without it every page would be a window for a moment
        self.pages = QStackedLayout(holder)
        self.pages.addWidget(self.view)
        self.pages.addWidget(self.empty)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(title)
        layout.addWidget(holder, 1)
        self.setFocusProxy(self.view)

    # asking

    async def refresh(self, asked: Filter) -> None:
        """The overview first; folders, which may be many, after it."""
        self._asked_now = asked
        overview = await self.session.read(tree.overview, asked)
        self._watched = {each.source: each for each in await self.session.read(watched.sources)}
        self._today = next(iter(await self.session.read(landing.places)), None)
        self._overview = with_watched(overview, self._watched)
        self._show()
        folders = await self.session.read(tree.folders, asked)
        while len(folders) == 1 and folders[0].has_folders:
            inner = await self.session.read(tree.folders, asked, folders[0].id)
            if sum(each.items for each in inner) < folders[0].items:
                break
            folders = [replace(each, name=f"{folders[0].name}/{each.name}") for each in inner]
        if folders != self._folders:
            self._folders = folders
            self._show()
        for node in [each for each in self.model.nodes() if each.folder is not None and each.children]:
            found = await self.session.read(tree.folders, asked, node.folder)
            self.model.put_folders(node, [nodes.folder_node(each, str(node.key[1])) for each in found])

    def _show(self) -> None:
        found = self._overview
        if found is None:
            return
        if not found.sources and not found.logs:
            actions = []
            if self.session.case.writable:
                actions = [
                    (text("panes.add-files"), self.add_requested.emit),
                    (text("watch.add"), self.watch_requested.emit),
                ]
            self.empty.set_content("source", text("panes.files.none"), text("panes.files.none-text"), actions)
            self.pages.setCurrentWidget(self.empty)
            return
        single = len(found.sources) == 1
        top = [nodes.everything(found)]
        if self._today is not None and (self._today.compared or self._today.watched):
            top.append(nodes.today_node(self._today, self.zone))
        for each in found.sources:
            node = nodes.source_node(each, self.zone, self._folders if single else ())
            server = self._watched.get(each.id)
            top.append(node if server is None else tell_watched(node, server, self._next.get(server.name), self.zone))
        if not single and self._folders:
            shared = Node(("folders",), text("panes.files.folders"), "folder", heading=True, choosable=False)
            top.append(shared.add([nodes.folder_node(each, "") for each in self._folders]))
        top += [nodes.log_node(each) for each in found.logs]
        if found.tags:
            top.append(nodes.tags_node(found))
        opened = {each.key for each in self.model.nodes() if self.view.isExpanded(self.model.index_of(each))}
        known = {each.key for each in self.model.nodes()}
        self._quiet = True
        try:
            if self.model.set_top(top):
                self._open_again(opened, known)
        finally:
            self._quiet = False
        self.pages.setCurrentWidget(self.view)
        self.show_filter(self.session.filter)

    def _open_again(self, opened: set[tuple[object, ...]], known: set[tuple[object, ...]]) -> None:
        """What was open stays open; headings that are new open."""
        for node in list(self.model.nodes()):
            if node.key in opened or (node.heading and node.key not in known):
                self.view.expand(self.model.index_of(node))

    def _fetch(self, node: Node) -> None:
        async def fetch() -> None:
            found = await self.session.read(tree.folders, self._asked_now, node.folder)
            self.model.put_folders(node, [nodes.folder_node(each, str(node.key[1])) for each in found])

        self.session.spawn(fetch())

    def zone_shown(self) -> None:
        self._show()

    def set_next(self, planned: dict[str, int]) -> None:
        """When each watched source is to be looked at next, microseconds UTC."""
        if planned != self._next:
            self._next = planned
            self._show()

    # choice and filter

    def _selected(self, _now: QItemSelection, _before: QItemSelection) -> None:
        if not self._quiet:
            self._settle.start()

    def _choose(self) -> None:
        picked = [self.model.node(each) for each in self.view.selectionModel().selectedIndexes()]
        if len(picked) > 1:
            picked = [each for each in picked if each.values]
        self.session.workspace.filter = nodes.filter_of(self.session.filter, picked)
        if len(picked) == 1 and picked[0].target is not None:
            self.session.workspace.focus = Focus("source", picked[0].target)

    def _clear(self) -> None:
        self.session.workspace.filter = self.session.filter.without(*nodes.FACETS)

    def show_filter(self, wanted: Filter) -> None:
        """Select the nodes that the filter names; silent."""
        values = nodes.chosen(wanted)
        picked = QItemSelection()
        current: QModelIndex | None = None
        taken: set[nodes.Value] = set()
        for node in self.model.nodes():
            named = set(node.values)
            if (named and named <= values and not named <= taken) or (node.key == ("all",) and not values):
                taken |= named
                current = self.model.index_of(node)
                picked.select(current, current)
        self._quiet = True
        try:
            flags = QItemSelectionModel.SelectionFlag
            self.view.selectionModel().select(picked, flags.ClearAndSelect)
            if current is not None and picked.size() == 1 and not self.view.hasFocus():
                self.view.selectionModel().setCurrentIndex(current, flags.NoUpdate)
        finally:
            self._quiet = False

    # menu

    def _menu(self, where: QPoint, node: Node) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        workspace = self.session.workspace
        if node.values:
            facet, value = node.values[0]
            only = nodes.filter_of(workspace.filter, [node])
            menu.addAction(text("panes.files.only"), partial(setattr, workspace, "filter", only))
            also = workspace.filter.also(facet, value)
            menu.addAction(text("panes.files.also"), partial(setattr, workspace, "filter", also))
            if facet in ("path", "tag"):
                less = workspace.filter.drop(facet, value).also(f"not_{facet}", value)
                menu.addAction(text("panes.files.without"), partial(setattr, workspace, "filter", less))
            menu.addSeparator()
        for act in self._acts(node):
            menu.addAction(text(f"source.act.{act}"), partial(self.watch_asked.emit, act, str(node.key[1])))
        if node.target is not None:
            menu.addSeparator()
        name = str(node.key[-1]) if node.key[0] in ("folder", "tag", "source") else node.label
        menu.addAction(text("panes.copy-name"), partial(QGuiApplication.clipboard().setText, name))
        menu.popup(where)

    def _acts(self, node: Node) -> tuple[str, ...]:
        """What can be done about a watched source; without writing only what shows something."""
        if node.target is None:
            return ()
        if self.session.case.writable:
            return ("look", "requests", "confirm", "charter", "schedule", "timer", "stop-watching")
        return ("requests", "confirm", "charter")


class _View(QTreeView):
    """The tree. Escape lets the choice go."""

    menu_wanted = Signal(QPoint, object)
    cleared = Signal()

    def __init__(self, theme: Theme, model: FilesModel) -> None:
        super().__init__()
        self._files = model
        self.setModel(model)
        self.setItemDelegate(FilesDelegate(theme, model, self))
        self.setHeaderHidden(True)
        self.setIndentation(14)
        self.setUniformRowHeights(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setMouseTracking(True)
        self.setExpandsOnDoubleClick(True)
        self.customContextMenuRequested.connect(self._ask_menu)
        theme.changed.connect(self.viewport().update)

    def _ask_menu(self, place: QPoint) -> None:
        index = self.indexAt(place) if place.y() >= 0 else self.currentIndex()
        if index.isValid():
            self.menu_wanted.emit(self.viewport().mapToGlobal(place), self._files.node(index))

    def drawBranches(self, painter: QPainter, rect: QRect, index: QModelIndex | QPersistentModelIndex) -> None:
        """The arrow of a heading stands beside its words, which stand below a gap."""
        lowered = QRect(rect)
        lowered.setTop(rect.bottom() - ROW + 1)
        super().drawBranches(painter, lowered, index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.cleared.emit()
            return
        super().keyPressEvent(event)
