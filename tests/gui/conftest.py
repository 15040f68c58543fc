"""Every test of the window runs offscreen in the real look and must leave nothing behind.

Left behind means: a top-level widget, a running QThread, an active QTimer, a Python thread, or a warning in
Python's log that the test did not announce through `allowed_log`. Qt's own warnings fail by `qt_log_level_fail`.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import re
import sys
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_SCALE_FACTOR", "1")

import pytest
import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QThread, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from tests.gui.robots import Run, WindowRobot, copy_case, drain, make_case
from workbench.gui.garbage import Garbage
from workbench.gui.loop import make_loop
from workbench.gui.theme import Theme


def pytest_configure(config: pytest.Config) -> None:
    """The offscreen platform says of every top-level window what it cannot do; that is no fault of ours."""
    config.addinivalue_line("qt_log_ignore", "^This plugin does not support")


_HARMLESS = ("QTipLabel", "QComboBoxPrivateContainer", "QDesktopWidget")


@pytest.fixture(scope="session")
def theme(qapp: QApplication) -> Theme:
    """The one theme of the session; light again after every test."""
    made = Theme("light")
    made.apply(qapp)
    return made


@pytest.fixture(autouse=True)
def _dressed(theme: Theme) -> Iterator[None]:
    yield
    theme.set("light")


def _drain() -> None:
    for _ in range(3):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QCoreApplication.processEvents()


def _left_over(before: set[int]) -> list[QWidget]:
    return [
        widget
        for widget in QApplication.topLevelWidgets()
        if id(widget) not in before and widget.metaObject().className() not in _HARMLESS
    ]


@pytest.fixture(autouse=True)
def _no_leaked_widgets(qapp: QApplication) -> Iterator[None]:
    _drain()
    kept = QApplication.topLevelWidgets()
    before = {id(widget) for widget in kept}
    yield
    _drain()
    if _left_over(before):
        gc.unfreeze()
        gc.collect()
        _drain()
    names = [f"{type(widget).__name__} {widget.windowTitle()!r}" for widget in _left_over(before)]
    for widget in _left_over(before):
        widget.close()
        widget.deleteLater()
    _drain()
    assert not names, f"top-level widgets were left behind: {names}"


@pytest.fixture(autouse=True)
def _no_running_qthreads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    started: list[weakref.ref[QThread]] = []
    start = QThread.start

    def remember(thread: QThread, *args: Any) -> None:
        started.append(weakref.ref(thread))
        start(thread, *args)

    monkeypatch.setattr(QThread, "start", remember)
    yield
    running = [thread for ref in started if (thread := ref()) is not None and shiboken6.isValid(thread)]
    late = [repr(thread) for thread in running if thread.isRunning() and not thread.wait(10_000)]
    assert not late, f"QThreads were left running: {late}"


@pytest.fixture(autouse=True)
def _no_active_timers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Timers that Python started; one that only has to fire once more is given the time of one drain."""
    started: list[weakref.ref[QTimer]] = []
    start = QTimer.start

    def remember(timer: QTimer, *args: Any) -> None:
        started.append(weakref.ref(timer))
        start(timer, *args)

    monkeypatch.setattr(QTimer, "start", remember)
    yield
    _drain()
    gc_done = False
    active: list[QTimer] = []
    for ref in started:
        timer = ref()
        if timer is None or not shiboken6.isValid(timer) or not timer.isActive() or timer.isSingleShot():
            continue
        if not gc_done:
            gc.unfreeze()
            gc.collect()
            gc_done = True
        if shiboken6.isValid(timer) and timer.isActive():
            active.append(timer)
    names = [f"every {timer.interval()} ms of {type(timer.parent()).__name__}" for timer in active]
    for timer in active:
        timer.stop()
    assert not names, f"repeating QTimers were left active: {names}"


@pytest.fixture(autouse=True)
def _no_leaked_threads() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    new = [thread for thread in threading.enumerate() if thread not in before]
    for thread in new:
        thread.join(10)
    left = [thread.name for thread in new if thread.is_alive()]
    assert not left, f"Python threads were left running: {left}"


class _Collect(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.append(f"{record.name}: {record.getMessage()}")


@pytest.fixture
def allowed_log() -> list[str]:
    """Patterns of log warnings that this test expects: append to it."""
    return []


@pytest.fixture(autouse=True)
def _no_log_warnings(allowed_log: list[str]) -> Iterator[None]:
    handler = _Collect()
    logging.getLogger().addHandler(handler)
    yield
    logging.getLogger().removeHandler(handler)
    seen = [line for line in handler.seen if not any(re.search(pattern, line) for pattern in allowed_log)]
    assert not seen, f"unexpected log warnings: {seen}"


# the whole window, on a small real case


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed case that tests copy."""
    return make_case(tmp_path_factory.mktemp("template"))


@pytest.fixture
def case(template: Path, tmp_path: Path) -> Path:
    """The case of one test."""
    return copy_case(template, tmp_path / "case")


@pytest.fixture
def run(qapp: QApplication) -> Iterator[Run]:
    """Runs a coroutine in the window's loop."""
    qapp.setQuitOnLastWindowClosed(False)
    garbage = Garbage()
    loop = make_loop(qapp)
    asyncio.set_event_loop(loop)
    yield lambda work: loop.run_until_complete(asyncio.wait_for(work, 60))
    loop.close()
    asyncio.set_event_loop(None)
    sys.set_asyncgen_hooks(None, None)
    drain()
    garbage.stop()
    gc.collect()
    if not gc.get_freeze_count():
        gc.freeze()


@pytest.fixture
def robot(run: Run, theme: Theme, tmp_path: Path) -> Iterator[WindowRobot]:
    """A window without a case."""
    made = WindowRobot(theme, tmp_path)
    yield made
    run(made.close())
    drain()
