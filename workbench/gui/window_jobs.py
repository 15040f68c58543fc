"""Jobs as the window sees them: started, waited for, shown in the status line, stopped."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, Qt, Signal

from workbench.gui.tasks import result_of
from workbench.gui.texts import text

if TYPE_CHECKING:
    from workbench.core.progress import Progress
    from workbench.gui.main_window import MainWindow
    from workbench.jobs.control import Control
    from workbench.jobs.runner import Job, Runner

R = TypeVar("R")


class Jobs(QObject):
    """The jobs of the case, and those without a case, such as building the demonstration. Main thread."""

    _stepped = Signal(object)

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._loose: Runner | None = None
        self._stepped.connect(self.show, Qt.ConnectionType.QueuedConnection)

    def start(self, title: str, work: Callable[[Progress], R], detail: str = "") -> Job[R]:
        """Long work, shown in Activity; without a case only in the status line. `title` is a message code."""
        if self._window.session is not None:
            return self._window.session.start_job(title, work, detail)
        if self._loose is None:
            from workbench.jobs.runner import Runner

            self._loose = Runner()
            self._loose.changed.connect(self._stepped.emit)
        return self._loose.start(title, work, detail)

    async def outcome(self, job: Job[R]) -> R:
        """Wait for a job."""
        return await result_of(job.future)

    def running(self) -> list[Job[object]]:
        """What is under way, the newest last."""
        runners = [self._window.session.runner] if self._window.session is not None else []
        runners += [self._loose] if self._loose is not None else []
        return [job for runner in runners for job in runner.jobs if job.phase.value == "running"]

    def show(self, job: object = None) -> None:
        """Say in the status line what runs and how far it is."""
        del job
        running = self.running()
        if not running:
            self._window.status.show_job("", 0, None)
            return
        job = running[-1]
        session = self._window.session
        control = session.controls.get(job.number) if session is not None else None
        if control is not None:
            self._show_look(job, control, len(running) - 1)
            return
        step = job.step
        words = text(step.what) if step.what else text(job.title)
        self._window.status.show_job(words, step.done, step.total, len(running) - 1)

    def _show_look(self, job: Job[object], control: Control, more: int) -> None:
        from workbench.gui.look_words import bar_of, status_words

        words = text("look.at", source=job.detail)
        done, total = bar_of(control.state)
        self._window.status.show_look(words, done, total, status_words(control), paused=control.paused, more=more)

    def cancel(self) -> None:
        """Stop the one that the status line shows."""
        running = self.running()
        if running:
            running[-1].cancel()

    def close(self) -> None:
        """Stop those without a case and wait for them; not on the main thread."""
        if self._loose is not None:
            self._loose.close()
