"""The only observer outside Qt: a list of callables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, ParamSpec

P = ParamSpec("P")


class Event(Generic[P]):
    """Connect callables, then emit to them in the order in which they came.

    Runs in the emitting thread; `workbench.gui.bridge` carries it to the main thread. A listener that
    raises does not keep the others from hearing: the first error is raised after all were told.
    """

    def __init__(self) -> None:
        self._listeners: list[Callable[P, object]] = []

    def connect(self, listener: Callable[P, object]) -> Callable[[], None]:
        """Add a listener and return the call that removes it."""
        self._listeners.append(listener)

        def disconnect() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return disconnect

    def emit(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Tell every listener."""
        first: Exception | None = None
        for listener in tuple(self._listeners):
            try:
                listener(*args, **kwargs)
            except Exception as error:  # noqa: BLE001 - raised again below
                first = first or error
        if first is not None:
            raise first
