"""Qt's event loop as asyncio's."""

from __future__ import annotations

import asyncio
import sys
import weakref
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import qasync
from PySide6.QtWidgets import QApplication

from workbench.gui.errors import ErrorDesk

THREADS = 4


def make_loop(app: QApplication, errors: ErrorDesk | None = None) -> asyncio.AbstractEventLoop:
    """A loop that runs while the application does.

    Two things that qasync lacks are added: hooks that close abandoned async generators, and an executor of plain
    threads (its own makes QThreads, which abort the process when one is alive at its end).
    """
    loop: asyncio.AbstractEventLoop = qasync.QEventLoop(app)
    if errors is not None:
        loop.set_exception_handler(errors.loop_error)
    loop.set_default_executor(ThreadPoolExecutor(THREADS, "window"))
    living: weakref.WeakSet[AsyncGenerator[Any, Any]] = weakref.WeakSet()

    def finalize(generator: AsyncGenerator[Any, Any]) -> None:
        living.discard(generator)
        if not loop.is_closed():
            loop.call_soon_threadsafe(lambda: loop.create_task(_close(generator)))

    sys.set_asyncgen_hooks(firstiter=living.add, finalizer=finalize)
    return loop


async def _close(generator: AsyncGenerator[Any, Any]) -> None:
    await generator.aclose()
