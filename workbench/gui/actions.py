"""Everything that a person can do, as one table; menus, buttons, context menus and shortcuts are made of it.

Texts are ``action.ID``; a longer tip, where there is one, is ``action.ID.tip``. `run` gets the window.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Flag, auto
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu

from workbench.core.messages import catalogue
from workbench.gui import icons
from workbench.gui.texts import text
from workbench.gui.theme import Theme

if TYPE_CHECKING:
    from workbench.gui.main_window import MainWindow


class Need(Flag):
    """What has to be there for an action to make sense."""

    NOTHING = 0
    CASE = auto()
    WRITABLE = auto()
    ITEMS = auto()
    """Files are selected or one is in focus."""
    TARGETS = auto()
    """Something is selected or in focus: files, addresses or events."""
    ADDRESSES = auto()
    FILTER = auto()
    BACK = auto()
    FORWARD = auto()
    UNDO = auto()
    REDO = auto()
    RECENT = auto()
    CRASH = auto()
    WATCHED = auto()
    """A server is watched."""
    LOOKING = auto()
    """A look at a server is under way."""


CHANGE = Need.CASE | Need.WRITABLE
WATCHED = Need.CASE | Need.WATCHED


@dataclass(frozen=True)
class Spec:
    """One action. `group` numbers put separators between neighbours of a menu; keys are in Qt's portable words."""

    id: str
    menu: str
    run: Callable[[MainWindow], object]
    keys: tuple[str, ...] = ()
    icon: str = ""
    need: Need = Need.NOTHING
    group: int = 0
    checkable: bool = False
    submenu: str = ""


ACTIONS: tuple[Spec, ...] = (
    Spec("new", "file", lambda w: w.cases.new(), ("Ctrl+N",), "new"),
    Spec("open", "file", lambda w: w.cases.open(), ("Ctrl+O",), "open"),
    Spec("open-recent", "file", lambda w: w.cases.show_recent(), (), "clock", Need.RECENT, submenu="recent"),
    Spec("open-demo", "file", lambda w: w.cases.demo(), (), "image"),
    Spec("add-files", "file", lambda w: w.intake.add_files(), ("Ctrl+Shift+A",), "add", CHANGE, 1),
    Spec("add-folder", "file", lambda w: w.intake.add_folder(), ("Ctrl+Shift+F",), "folder", CHANGE, 1),
    Spec("add-log", "file", lambda w: w.intake.add_log(), ("Ctrl+Shift+L",), "log", CHANGE, 1),
    Spec("watch", "file", lambda w: w.watch.add(), ("Ctrl+Shift+W",), "watch", CHANGE, 1),
    Spec("export", "file", lambda w: w.export.bundle(), ("Ctrl+E",), "export", Need.CASE, 2),
    Spec("verify", "file", lambda w: w.export.verify_case(), (), "verify", Need.CASE, 2),
    Spec("verify-bundle", "file", lambda w: w.export.verify_other(), (), "archive", Need.NOTHING, 2),
    Spec("analyze", "file", lambda w: w.intake.analyze_missing(), (), "look", CHANGE, 2),
    Spec("warnings", "file", lambda w: w.intake.show_warnings(), (), "warning", Need.CASE, 2),
    Spec("properties", "file", lambda w: w.cases.properties(), ("Alt+Return",), "info", Need.CASE, 3),
    Spec("preferences", "file", lambda w: w.help.preferences(), ("Ctrl+,",), "settings", Need.NOTHING, 3),
    Spec("close-case", "file", lambda w: w.cases.close(), ("Ctrl+W",), "close", Need.CASE, 4),
    Spec("quit", "file", lambda w: w.close(), ("Ctrl+Q",), "", Need.NOTHING, 4),
    Spec("undo", "edit", lambda w: w.marks.undo(), ("Ctrl+Z",), "undo", CHANGE | Need.UNDO),
    Spec("redo", "edit", lambda w: w.marks.redo(), ("Ctrl+Shift+Z", "Ctrl+Y"), "redo", CHANGE | Need.REDO),
    Spec("copy", "edit", lambda w: w.going.copy(), ("Ctrl+C",), "copy", Need.TARGETS, 1),
    Spec("paste", "edit", lambda w: w.watch.paste(), ("Ctrl+V",), "", CHANGE, 1),
    Spec("select-all", "edit", lambda w: w.going.select_all(), ("Ctrl+A",), "", Need.CASE, 1),
    Spec("find", "edit", lambda w: w.filters.find(), ("Ctrl+F",), "search", Need.CASE, 2),
    Spec("relevant", "mark", lambda w: w.marks.verdict("relevant"), ("1",), "relevant", CHANGE | Need.TARGETS),
    Spec(
        "not-relevant", "mark", lambda w: w.marks.verdict("not-relevant"), ("2",), "not-relevant", CHANGE | Need.TARGETS
    ),
    Spec("later", "mark", lambda w: w.marks.verdict("later"), ("3",), "clock", CHANGE | Need.TARGETS),
    Spec("unseen", "mark", lambda w: w.marks.verdict("unseen"), ("0", "U"), "", CHANGE | Need.TARGETS),
    Spec("tag", "mark", lambda w: w.marks.tag(), ("T",), "tag", CHANGE | Need.TARGETS, 1),
    Spec("untag", "mark", lambda w: w.marks.untag(), ("Shift+T",), "", CHANGE | Need.TARGETS, 1),
    Spec("note", "mark", lambda w: w.marks.note(), ("N",), "note", CHANGE | Need.TARGETS, 1),
    Spec("journal", "mark", lambda w: w.marks.journal(), ("Ctrl+J",), "text", CHANGE, 1),
    Spec("own", "mark", lambda w: w.marks.own(), (), "person", CHANGE | Need.ADDRESSES, 2),
    Spec("look-now", "watch", lambda w: w.watch.look_now(), ("F5",), "look", CHANGE | WATCHED),
    Spec("pause-look", "watch", lambda w: w.watch.pause(), ("Shift+F5",), "pause", Need.CASE | Need.LOOKING, 0, True),
    Spec("stop-look", "watch", lambda w: w.watch.stop(), ("Ctrl+F5",), "stop", Need.CASE | Need.LOOKING),
    Spec("request-log", "watch", lambda w: w.watched.act("requests"), ("Ctrl+Shift+R",), "log", WATCHED, 1),
    Spec("confirm-look", "watch", lambda w: w.watched.act("confirm"), (), "done", WATCHED, 1),
    Spec("charter", "watch", lambda w: w.watched.act("charter"), (), "charter", WATCHED, 2),
    Spec("schedule", "watch", lambda w: w.watched.act("schedule"), (), "clock", CHANGE | WATCHED, 2),
    Spec("watch-timer", "watch", lambda w: w.watched.act("timer"), (), "timer", CHANGE | WATCHED, 2),
    Spec("stop-watching", "watch", lambda w: w.watched.act("stop-watching"), (), "close", CHANGE | WATCHED, 2),
    Spec("anchor", "watch", lambda w: w.watched.anchor(), (), "anchor", CHANGE, 3),
    Spec("filter-selection", "filter", lambda w: w.filters.only_selection(), ("F",), "filter", Need.TARGETS),
    Spec("filter-not", "filter", lambda w: w.filters.without_selection(), ("Shift+F",), "", Need.TARGETS),
    Spec("filter-clear", "filter", lambda w: w.filters.clear(), ("Ctrl+Shift+X",), "close", Need.FILTER, 1),
    Spec("filter-own", "filter", lambda w: w.filters.toggle_own(), (), "person", Need.CASE, 1, checkable=True),
    Spec("filter-back", "filter", lambda w: w.filters.back(), ("Alt+Left",), "previous", Need.BACK, 2),
    Spec("filter-forward", "filter", lambda w: w.filters.forward(), ("Alt+Right",), "next", Need.FORWARD, 2),
    Spec("go-next", "go", lambda w: w.going.go("next"), ("J",), "down", Need.CASE),
    Spec("go-previous", "go", lambda w: w.going.go("previous"), ("K",), "up", Need.CASE),
    Spec("go-first", "go", lambda w: w.going.go("first"), ("Ctrl+Home",), "", Need.CASE),
    Spec("go-last", "go", lambda w: w.going.go("last"), ("Ctrl+End",), "", Need.CASE),
    Spec("view-image", "go", lambda w: w.going.toggle_viewer(), ("V",), "image", Need.CASE, 1),
    Spec("today", "go", lambda w: w.today.show(), ("Ctrl+T",), "look", Need.CASE, 2),
    Spec("go-gallery", "go", lambda w: w.going.focus_pane("gallery"), ("Ctrl+1",), "gallery", Need.CASE, 2),
    Spec("go-files", "go", lambda w: w.going.focus_pane("files"), ("Ctrl+2",), "folder", Need.CASE, 2),
    Spec("go-timeline", "go", lambda w: w.going.focus_pane("timeline"), ("Ctrl+3",), "timeline", Need.CASE, 2),
    Spec("go-origins", "go", lambda w: w.going.focus_pane("origins"), ("Ctrl+4",), "origins", Need.CASE, 2),
    Spec("go-detail", "go", lambda w: w.going.focus_pane("detail"), ("Ctrl+5",), "detail", Need.CASE, 2),
    Spec("go-activity", "go", lambda w: w.going.focus_pane("activity"), ("Ctrl+6",), "activity", Need.CASE, 2),
    Spec("show-files", "view", lambda w: w.going.toggle_pane("files"), ("F6",), "", Need.CASE, 0, True),
    Spec("show-timeline", "view", lambda w: w.going.toggle_pane("timeline"), ("F7",), "", Need.CASE, 0, True),
    Spec("show-origins", "view", lambda w: w.going.toggle_pane("origins"), ("F8",), "", Need.CASE, 0, True),
    Spec("show-detail", "view", lambda w: w.going.toggle_pane("detail"), ("F9",), "", Need.CASE, 0, True),
    Spec("show-activity", "view", lambda w: w.going.toggle_pane("activity"), ("F10",), "", Need.CASE, 0, True),
    Spec("reset-layout", "view", lambda w: w.docks.reset(), (), "", Need.CASE, 1),
    Spec("thumbs-larger", "view", lambda w: w.going.zoom_thumbs(1), ("Ctrl+=", "Ctrl++"), "zoom-in", Need.CASE, 2),
    Spec("thumbs-smaller", "view", lambda w: w.going.zoom_thumbs(-1), ("Ctrl+-",), "zoom-out", Need.CASE, 2),
    Spec("zone-utc", "view", lambda w: w.going.set_zone("UTC"), (), "clock", Need.CASE, 3, True),
    Spec("zone-local", "view", lambda w: w.going.set_zone("local"), (), "", Need.CASE, 3, True),
    Spec("theme-system", "view", lambda w: w.going.choose_theme("system"), (), "theme", Need.NOTHING, 4, True),
    Spec("theme-light", "view", lambda w: w.going.choose_theme("light"), (), "", Need.NOTHING, 4, True),
    Spec("theme-dark", "view", lambda w: w.going.choose_theme("dark"), (), "", Need.NOTHING, 4, True),
    Spec("shortcuts", "help", lambda w: w.help.shortcuts(), ("F1", "?"), "info"),
    Spec("data-folder", "help", lambda w: w.help.open_case_folder(), (), "folder", Need.CASE, 1),
    Spec("crash-report", "help", lambda w: w.help.last_crash(), (), "warning", Need.CRASH, 1),
    Spec("about", "help", lambda w: w.help.about(), (), "app", Need.NOTHING, 2),
)

MENUS = ("file", "edit", "mark", "watch", "filter", "go", "view", "help")

ITEM_MENU = (
    "view-image",
    "relevant",
    "not-relevant",
    "later",
    "unseen",
    "tag",
    "untag",
    "note",
    "filter-selection",
    "filter-not",
    "copy",
)
ADDRESS_MENU = ("tag", "note", "relevant", "not-relevant")
"""What the window adds to the menu of addresses; the rest is the pane's own."""


class ActionSet(QObject):
    """The table as Qt actions of one window."""

    ran = Signal(str)

    def __init__(self, window: MainWindow, theme: Theme) -> None:
        super().__init__(window)
        self._made: dict[str, QAction] = {}
        self._specs = {spec.id: spec for spec in ACTIONS}
        self._theme = theme
        for spec in ACTIONS:
            made = QAction(text(f"action.{spec.id}"), self)
            made.setObjectName(f"action-{spec.id}")
            made.setShortcuts([QKeySequence(keys, QKeySequence.SequenceFormat.PortableText) for keys in spec.keys])
            made.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
            made.setCheckable(spec.checkable)
            if f"action.{spec.id}.tip" in catalogue():
                made.setStatusTip(text(f"action.{spec.id}.tip"))
            made.triggered.connect(lambda _checked=False, spec=spec: self._run(window, spec))
            window.addAction(made)
            self._made[spec.id] = made

    def dress(self, *names: str) -> None:
        """Draw the icons of some actions, or of all: 35 ms, so only what is on screen at once is drawn before it."""
        for name in names or self._made:
            drawn = self._specs[name].icon
            if drawn and drawn != "app":
                icons.follow(self._made[name], drawn, self._theme, 16)

    def _run(self, window: MainWindow, spec: Spec) -> None:
        spec.run(window)
        self.ran.emit(spec.id)

    def __getitem__(self, name: str) -> QAction:
        return self._made[name]

    def __iter__(self) -> Iterator[QAction]:
        return iter(self._made.values())

    def spec(self, name: str) -> Spec:
        """The row of the table."""
        return self._specs[name]

    def enable(self, there: Need) -> None:
        """Let work what can."""
        for name, made in self._made.items():
            need = self._specs[name].need
            made.setEnabled(need & there == need)

    def fill(self, menu: QMenu, name: str, submenus: dict[str, QMenu] | None = None) -> None:
        """The rows of one menu, parted by their groups."""
        group = 0
        for spec in ACTIONS:
            if spec.menu != name:
                continue
            if spec.group != group:
                menu.addSeparator()
                group = spec.group
            if spec.submenu and submenus and spec.submenu in submenus:
                menu.addMenu(submenus[spec.submenu])
            else:
                menu.addAction(self._made[spec.id])

    def context(self, names: tuple[str, ...]) -> list[QAction]:
        """Some actions, for a context menu."""
        return [self._made[name] for name in names]


def keys_shown(spec: Spec) -> str:
    """The shortcuts of an action as this system writes them."""
    return ", ".join(
        QKeySequence(keys, QKeySequence.SequenceFormat.PortableText).toString(QKeySequence.SequenceFormat.NativeText)
        for keys in spec.keys
    )


def menu_keys(spec: Spec) -> str:
    """How an action is reached by the letters of the menus, ``Alt+W, H``; nothing where one of them has none."""
    letters = [_letter(text(f"menu.{spec.menu}")), _letter(text(f"action.{spec.id}"))]
    if not all(letters):
        return ""
    opens = QKeySequence(f"Alt+{letters[0]}", QKeySequence.SequenceFormat.PortableText)
    return f"{opens.toString(QKeySequence.SequenceFormat.NativeText)}, {letters[1]}"


def _letter(words: str) -> str:
    return words.replace("&&", "").partition("&")[2][:1].upper()
