"""Whatever goes wrong ends here, and whose turn it is decides what is shown.

`UserError` becomes a line in the message bar, `Cancelled` nothing, everything else is a bug: it is logged, and shown
once per distinct bug with details that can be copied.
"""

from __future__ import annotations

import asyncio
import logging
import platform
import sys
import threading
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import Any

from PySide6.QtCore import QMessageLogContext, QObject, Qt, QtMsgType, Signal, qInstallMessageHandler, qVersion

from workbench import __version__
from workbench.core.errors import Cancelled, UserError
from workbench.gui.texts import message_text

log = logging.getLogger("workbench.window")

SILENT = (Cancelled, asyncio.CancelledError, KeyboardInterrupt)


class ErrorDesk(QObject):
    """Takes errors from any thread; shows them on the main thread through what the window gives it."""

    _arrived = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.show_sentence: Callable[[str], object] = lambda sentence: log.warning("%s", sentence)
        self.show_crash: Callable[[str], object] = lambda details: None
        self.last_crash: str | None = None
        self._known: set[tuple[object, ...]] = set()
        self._restore: list[Callable[[], object]] = []
        self._arrived.connect(self._show, Qt.ConnectionType.QueuedConnection)

    def report(self, error: BaseException) -> None:
        """Say it, once the main thread has time. Any thread."""
        if isinstance(error, SILENT):
            return
        if not isinstance(error, UserError):
            log.error("a bug: %s", error, exc_info=error)
        self._arrived.emit(error)

    def install(self) -> None:
        """Hear of everything that nobody caught, in Python and in Qt."""
        before, threads = sys.excepthook, threading.excepthook
        sys.excepthook = self._uncaught
        threading.excepthook = self._uncaught_in_thread
        handler = qInstallMessageHandler(qt_message)
        self._restore = [
            lambda: setattr(sys, "excepthook", before),
            lambda: setattr(threading, "excepthook", threads),
            lambda: qInstallMessageHandler(handler),
        ]

    def uninstall(self) -> None:
        """Hear no more."""
        for restore in self._restore:
            restore()
        self._restore = []

    def loop_error(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """What asyncio found: for `loop.set_exception_handler`."""
        del loop
        error = context.get("exception")
        if isinstance(error, BaseException):
            self.report(error)
        else:
            log.error("asyncio: %s", context.get("message"))

    def _uncaught(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        del kind, trace
        self.report(error)

    def _uncaught_in_thread(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
            self.report(args.exc_value)

    def _show(self, error: BaseException) -> None:
        if isinstance(error, UserError):
            self.show_sentence(message_text(error.message))
            return
        self.last_crash = crash_report(error)
        identity = _identity(error)
        if identity not in self._known:
            self._known.add(identity)
            self.show_crash(self.last_crash)


def crash_report(error: BaseException) -> str:
    """What a developer needs to know; nothing of the case but what the traceback itself says."""
    head = (
        f"Workbench {__version__} · Python {platform.python_version()} · Qt {qVersion()} · "
        f"{platform.system()} {platform.release()} {platform.machine()}"
    )
    return f"{head}\n\n{''.join(traceback.format_exception(error)).strip()}\n"


def _identity(error: BaseException) -> tuple[object, ...]:
    """Two errors of one kind from one line are one bug."""
    frames = traceback.extract_tb(error.__traceback__)
    return (type(error), *((frames[-1].filename, frames[-1].lineno) if frames else (str(error),)))


def qt_message(kind: QtMsgType, context: QMessageLogContext, text: str | None) -> None:
    """Qt's own messages go to Python's log."""
    level = {
        QtMsgType.QtDebugMsg: logging.DEBUG,
        QtMsgType.QtInfoMsg: logging.INFO,
        QtMsgType.QtWarningMsg: logging.WARNING,
    }.get(kind, logging.ERROR)
    if (text or "").startswith("This plugin does not support"):
        level = logging.DEBUG  # the offscreen platform, of every window
    logging.getLogger("workbench.qt").log(level, "%s (%s)", text, context.category or "qt")
