"""Page objects: the only code of the tests that knows how the window is built. Everything waits on conditions, never
on time alone.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from PIL import Image
from PySide6.QtCore import QCoreApplication, QEvent, QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from workbench.case.case import create, open_case
from workbench.core.progress import Progress
from workbench.gui.errors import ErrorDesk
from workbench.gui.main_window import MainWindow
from workbench.gui.settings import Settings
from workbench.gui.tasks import Tasks
from workbench.gui.theme import Theme
from workbench.jobs import intake, logs, lookup, matching
from workbench.jobs.pool import Pool
from workbench.origins.library import shipped

D = TypeVar("D", bound=QDialog)
Run = Callable[[Coroutine[Any, Any, Any]], Any]

PICTURES = ("upload/EP1/a_v01.png", "upload/EP1/b_v01.png", "upload/수정/표정_12.png", "upload/参考/第12镜.png")
LOG = "".join(
    f'{address} - - [03/Jan/2024:09:0{minute}:00 +0000] "PUT /{path} HTTP/1.1" 201 0 "-" "client"\n'
    for minute, (address, path) in enumerate(
        (
            ("192.0.2.14", "upload/EP1/a_v01.png"),
            ("192.0.2.14", "upload/EP1/b_v01.png"),
            ("203.0.113.41", "upload/later.png"),
        )
    )
)


def draw(folder: Path, names: tuple[str, ...] = PICTURES) -> Path:
    """Small pictures, each different from the others."""
    for number, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(number).integers(0, 255, (48, 64, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(path)
    return folder


def make_case(folder: Path) -> Path:
    """A case with four pictures, one look, a log of three uploads, and two matches."""
    seen = draw(folder / "server")
    log = folder / "access.log"
    log.write_text(LOG, encoding="utf-8")
    with create(folder / "watch.wbcase", "Storage watch", "K.", "2024-01") as case, Pool(1) as pool:
        progress = Progress()
        intake.add(case, [seen], intake.Order("Storage server", scope="complete"), pool, progress)
        logs.add(case, log, pool, progress)
        lookup.look_up(case, shipped(), progress)
        matching.match_uploads(case, progress)
    return folder / "watch.wbcase"


def copy_case(template: Path, folder: Path) -> Path:
    """The case for one test."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(template.with_suffix(".evidence"), folder / "watch.evidence")
    return Path(shutil.copy(template, folder / "watch.wbcase"))


async def until(holds: Callable[[], object], what: str = "", seconds: float = 30.0) -> None:
    """Wait until it holds; says what did not."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while not holds():
        if loop.time() > end:
            raise AssertionError(f"waited in vain for {what or holds}")
        await asyncio.sleep(0.01)


class WindowRobot:
    """One window as a person uses it."""

    def __init__(self, theme: Theme, folder: Path) -> None:
        self.settings = Settings(folder / "window.ini")
        self.errors = ErrorDesk()
        self.window = MainWindow(theme, self.settings, self.errors, Tasks(self.errors.report))
        self.window.resize(1440, 900)
        self._closed = False

    async def show(self) -> None:
        self.window.show()
        self.window.activateWindow()
        await until(self.window.isActiveWindow, "the active window")

    async def open(self, path: Path, *, write: bool = True) -> bool:
        """Open a case and wait until every pane has answered."""
        if not self.window.isVisible():
            await self.show()
        opened = await self.window.cases.open_case(path, write=write)
        if opened:
            await self.calm()
        return opened

    async def calm(self) -> None:
        """Wait until nothing is asked and no job runs."""
        window = self.window

        def quiet() -> bool:
            return not (
                any(pane.busy for pane in window.panes.values() if pane.isVisible())
                or window.filter_bar.busy
                or (window.session is not None and (window.session.runner.busy or window.session._settle.isActive()))
            )

        for _ in range(3):
            await until(quiet, "a quiet window")
            await asyncio.sleep(0.03)

    async def close(self) -> None:
        """Close the window and everything behind it."""
        if self._closed:
            return
        self._closed = True
        for dialog in self.window.findChildren(QDialog):
            dialog.reject()
        await asyncio.sleep(0)
        self.window.close()
        await self.window.shut_down()
        self.window.deleteLater()
        self.errors.deleteLater()

    # what is on screen

    @property
    def toast(self) -> str:
        notice = self.window.toast.current()
        return notice.text if notice is not None else ""

    @property
    def title(self) -> str:
        return self.window.top.title.text()

    @property
    def facts(self) -> str:
        return self.window.top.facts.text()

    @property
    def counts(self) -> str:
        return self.window.filter_bar.counts.text()

    @property
    def chips(self) -> list[str]:
        return [chip.spec.label for chip in self.window.filter_bar.chips.chips()]

    @property
    def items(self) -> list[int]:
        return [int(each) for each in self.window.panes["gallery"].ids()]  # type: ignore[attr-defined]

    def custody(self) -> list[str]:
        """What the custody log says, newest first."""
        table = self.window.panes["activity"].table  # type: ignore[attr-defined]
        column = [each.key for each in table.model.columns].index("what")
        return [table.model.cells[column].text(row) for row in range(len(table.model.ids))]

    # what a person does

    def select(self, *rows: int) -> None:
        """Pick pictures by their place."""
        gallery = self.window.panes["gallery"].gallery  # type: ignore[attr-defined]
        ids = [self.items[row] for row in rows]
        gallery.select(ids)
        gallery.set_current(ids[-1])
        session = self.window.open_session
        session.workspace.select("item", ids)
        from workbench.workspace import Focus

        session.workspace.focus = Focus("item", ids[-1])

    def act(self, name: str) -> None:
        """Choose an action of the menus."""
        action = self.window.actions_by_name[name]
        assert action.isEnabled(), f"{name} cannot be chosen now"
        action.trigger()

    def press(self, keys: str, widget: QWidget | None = None) -> None:
        """Type a shortcut or a word where the keyboard is."""
        target = widget or QApplication.focusWidget() or self.window
        QTest.keySequence(target, keys)

    def type(self, words: str, widget: QWidget | None = None) -> None:
        QTest.keyClicks(widget or QApplication.focusWidget() or self.window, words)

    def drop(self, *paths: Path) -> None:
        """Let files fall on the window."""
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        event = QDropEvent(
            QPointF(100, 200),
            Qt.DropAction.CopyAction,
            data,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
        self.window.dropEvent(event)

    async def dialog(self, kind: type[D]) -> D:
        """The dialog of that kind, once it is there."""
        found: list[D] = []

        def there() -> bool:
            found[:] = [each for each in self.window.findChildren(kind) if each.isVisible()]
            return bool(found)

        await until(there, kind.__name__)
        return found[0]


def drain() -> None:
    """Let what was to be deleted be deleted."""
    for _ in range(3):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QCoreApplication.processEvents()


def reopen(path: Path) -> Any:
    """The case, to look what stands in it."""
    return open_case(path, write=False)
