"""What the user is looking at: filter, selection, focus. No Qt; used by the main thread only.

Setting an equal value is no event, so a brush that is told of its own filter does not answer, and nothing plays
ping-pong. Clicking changes the selection, never the filter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from workbench.core.event import Event
from workbench.core.filter import Filter

KINDS = ("item", "event", "address", "snapshot", "source")


@dataclass(frozen=True)
class Focus:
    """The one thing that the detail pane speaks of. `kind` is one of `KINDS`; an ``item`` is an object's id, or minus a
    sighting's.
    """

    kind: str
    id: int


@dataclass(frozen=True)
class Opening:
    """How the window is to begin. `size` is in pixels; with `screenshot` it is drawn, saved as a PNG and closed.

    `focus` names what the detail pane shows first, as on the command line: a SHA-256, an address, ``sighting:ID``.
    """

    case: Path | None = None
    asked: Filter = field(default_factory=Filter)
    focus: str | None = None
    screenshot: Path | None = None
    size: tuple[int, int] | None = None
    theme: str | None = None
    pane: str | None = None


class Workspace:
    """The shared state of the panes, with its history of filters."""

    HISTORY = 100

    def __init__(self) -> None:
        self.filter_changed: Event[[Filter]] = Event()
        self.selection_changed: Event[[str]] = Event()
        """Told with the kind whose selection changed."""
        self.focus_changed: Event[[Focus | None]] = Event()
        self._filter = Filter()
        self._back: list[Filter] = []
        self._forward: list[Filter] = []
        self._selection: dict[str, tuple[int, ...]] = {}
        self._focus: Focus | None = None

    @property
    def filter(self) -> Filter:
        """What is shown."""
        return self._filter

    @filter.setter
    def filter(self, wanted: Filter) -> None:
        if wanted != self._filter:
            self._back = [*self._back[-self.HISTORY :], self._filter]
            self._forward.clear()
            self._show(wanted)

    @property
    def can_go_back(self) -> bool:
        """Was another filter shown before?"""
        return bool(self._back)

    @property
    def can_go_forward(self) -> bool:
        """Was `back` used?"""
        return bool(self._forward)

    def back(self) -> None:
        """Show the filter before this one."""
        if self._back:
            self._forward.append(self._filter)
            self._show(self._back.pop())

    def forward(self) -> None:
        """Take `back` back."""
        if self._forward:
            self._back.append(self._filter)
            self._show(self._forward.pop())

    def _show(self, wanted: Filter) -> None:
        self._filter = wanted
        self.filter_changed.emit(wanted)

    def selection(self, kind: str) -> tuple[int, ...]:
        """Ids that are picked, of one kind."""
        return self._selection.get(kind, ())

    def select(self, kind: str, ids: Sequence[int]) -> None:
        """Pick these, and only these, of a kind."""
        picked = tuple(ids)
        if kind not in KINDS:
            raise ValueError(kind)
        if picked != self.selection(kind):
            self._selection[kind] = picked
            self.selection_changed.emit(kind)

    @property
    def focus(self) -> Focus | None:
        """What the detail pane speaks of."""
        return self._focus

    @focus.setter
    def focus(self, wanted: Focus | None) -> None:
        if wanted != self._focus:
            self._focus = wanted
            self.focus_changed.emit(wanted)
