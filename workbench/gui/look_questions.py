"""Questions of a running look, from its job thread to the person and back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal

from workbench.core.messages import Message
from workbench.core.progress import Progress

SLICE = 0.2
"""Seconds after which a waiting job looks again whether it is to stop."""
KINDS = {"certificate-changed": "certificate", "limit-question": "limit"}


@dataclass(frozen=True)
class Asked:
    """One question that waits. `kind` is ``certificate``, ``limit`` or ``other``."""

    source: str
    message: Message
    answer: Future[bool] = field(default_factory=Future)

    @property
    def kind(self) -> str:
        """Which dialog asks it."""
        return KINDS.get(self.message.code, "other")


class Questions(QObject):
    """Made on the main thread; `asker` gives what a look calls in its own thread."""

    _arrived = Signal(object)

    def __init__(
        self,
        spawn: Callable[[Coroutine[Any, Any, Any]], object],
        show: Callable[[Asked], Awaitable[bool]],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._spawn, self._show = spawn, show
        self._arrived.connect(self._take, Qt.ConnectionType.QueuedConnection)

    def asker(self, source: str, progress: Progress) -> Callable[[Message], bool]:
        """Blocks the job thread until the person has answered; raises `Cancelled` when the job is to stop."""

        def ask(message: Message) -> bool:
            asked = Asked(source, message)
            self._arrived.emit(asked)
            while True:
                try:
                    return asked.answer.result(SLICE)
                except TimeoutError:
                    if asked.answer.done():
                        raise
                    progress.check()

        return ask

    def _take(self, asked: Asked) -> None:
        self._spawn(self._answer(asked))

    async def _answer(self, asked: Asked) -> None:
        said = False
        try:
            said = await self._show(asked)
        finally:
            if not asked.answer.done():
                asked.answer.set_result(said)
