"""From process start to first paint to an orderly end."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QApplication

from workbench import __version__
from workbench.gui import frame_timer
from workbench.gui import settings as preferences
from workbench.gui.errors import ErrorDesk
from workbench.gui.garbage import Garbage
from workbench.gui.icons import app_icon
from workbench.gui.loop import make_loop
from workbench.gui.main_window import MainWindow
from workbench.gui.settings import Settings
from workbench.gui.tasks import Tasks
from workbench.gui.texts import Catalogue
from workbench.gui.theme import Theme
from workbench.gui.window_going import wanted_theme
from workbench.queries.targets import item_of_sighting, target
from workbench.workspace import Focus, Opening

if TYPE_CHECKING:
    from workbench.gui.session import Session

log = logging.getLogger("workbench.window")

TURN_SECONDS = 0.0002
"""After so long a thread of Python lets others run: the main thread waits for several of them before it can draw."""


def run(opening: Opening) -> int:
    """Open the window, with a case if one is named, and stay until it is closed; the exit code.

    With a screenshot: 0, or 2 with a sentence on standard error.
    """
    screenshot = opening.screenshot
    if screenshot is not None:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        os.environ.setdefault("QT_SCALE_FACTOR", "1")
    app = _application()
    settings = _settings(screenshot)
    if opening.theme is not None:
        settings.set(preferences.THEME, opening.theme)
    look = Theme(wanted_theme(settings))
    look.apply(app)
    _translate(app, settings)
    errors = ErrorDesk()
    errors.install()
    garbage = Garbage()
    sys.setswitchinterval(TURN_SECONDS)
    try:
        with asyncio.Runner(loop_factory=lambda: make_loop(app, errors)) as runner:
            return runner.run(_window(app, look, settings, errors, opening, garbage))
    finally:
        garbage.stop()
        errors.uninstall()


def _application() -> QApplication:
    QApplication.setApplicationName("workbench")
    QApplication.setApplicationDisplayName("Workbench")
    QApplication.setApplicationVersion(__version__)
    QApplication.setDesktopFileName("workbench")
    made = QApplication.instance()
    app = made if isinstance(made, QApplication) else QApplication(sys.argv[:1])
    app.setQuitOnLastWindowClosed(False)
    app.setWindowIcon(app_icon())
    return app


def _settings(screenshot: Path | None) -> Settings:
    """The user's own; for a picture those of a new user, so that it looks alike everywhere."""
    if screenshot is None:
        return Settings(preferences.default_file())
    import tempfile

    return Settings(Path(tempfile.mkdtemp(prefix="workbench-")) / "window.ini")


def _translate(app: QApplication, settings: Settings) -> None:
    language = settings.get(preferences.LANGUAGE)
    if language != "en":
        app.installTranslator(Catalogue(language, app))


async def _window(
    app: QApplication,
    look: Theme,
    settings: Settings,
    errors: ErrorDesk,
    opening: Opening,
    garbage: Garbage,
) -> int:
    case_path, screenshot = opening.case, opening.screenshot
    window = MainWindow(look, settings, errors, Tasks(errors.report))
    closed = asyncio.Event()
    window.closed.connect(closed.set)
    window.entered.connect(lambda: settle(window, garbage))
    app.styleHints().colorSchemeChanged.connect(lambda _: look.set(wanted_theme(settings)))
    _place(window, settings, opening.size)
    painted = asyncio.Event()
    window.painted.connect(painted.set)
    if case_path is not None:
        window.prepare()
    window.show()
    await painted.wait()
    log.info("first paint %.0f ms after the process began", since_start() * 1000)
    frames = frame_timer.wanted(window)
    code = 0
    try:
        if case_path is None and screenshot is None and settings.get(preferences.REOPEN):
            case_path = next((each for each in settings.recent() if each.exists()), None)
        if screenshot is not None:
            from workbench.gui.screenshot import take

            code = await take(window, opening, screenshot)
            window.close()
        elif case_path is not None:
            opened = await window.cases.open_case(case_path)
            if not opened and window.session is None:
                window.back_to_welcome()
            elif opened and window.session is not None:
                await begin_with(window.session, opening)
            log.info("ready %.0f ms after the process began", since_start() * 1000)
        await closed.wait()
    finally:
        if frames is not None:
            frames.stop()
        await window.shut_down()
        window.deleteLater()
    return code


def settle(window: MainWindow, garbage: Garbage) -> None:
    """A case is open, and what shows it stays until it is closed."""
    if window.session is not None:
        garbage.settle()
        window.session.destroyed.connect(garbage.release)


async def begin_with(session: Session, opening: Opening) -> None:
    """Show what the opening asks for. Raises `UserError` for a focus that names nothing."""
    if opening.asked:
        session.workspace.filter = opening.asked
    if opening.focus is not None:
        kind, row = await session.read(target, opening.focus)
        if kind == "sighting":
            kind, row = "item", await session.read(item_of_sighting, row)
        session.workspace.focus = Focus("item" if kind == "object" else kind, row)


def _place(window: MainWindow, settings: Settings, size: tuple[int, int] | None) -> None:
    geometry = settings.state("geometry")
    if size is not None:
        window.resize(*size)
    elif geometry.isEmpty() or not window.restoreGeometry(geometry):
        room = window.screen().availableSize()
        window.resize(min(1440, room.width()), min(900, room.height()))


def since_start() -> float:
    """Seconds since the process began, by the system's own record where there is one."""
    try:
        fields = Path("/proc/self/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        return time.clock_gettime(time.CLOCK_BOOTTIME) - int(fields[19]) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, AttributeError, IndexError):
        return time.process_time()
