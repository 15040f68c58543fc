"""Today as the place on which a case with a watched server opens, and as a deed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from workbench.gui.texts import text

if TYPE_CHECKING:
    from workbench.gui.main_window import MainWindow
    from workbench.gui.session import Session


class Today:
    """What the last look brought, as a filter. Main thread."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    async def land(self, session: Session) -> None:
        """Let a case with a watched server begin with what is new there. All files are one step back."""
        from workbench.queries.landing import first_filter

        wanted = await session.read(first_filter)
        if wanted is not None:
            session.workspace.filter = wanted

    def show(self) -> None:
        """Show what is new at the source in focus, else at the one that was looked at last."""
        self._window.spawn(self.show_last(self._window.open_session))

    async def show_last(self, session: Session) -> None:
        """See `show`; done when the filter is set."""
        from workbench.queries.landing import places

        found = await session.read(places)
        focus = session.workspace.focus
        chosen = [each for each in found if focus is not None and (focus.kind, focus.id) == ("source", each.source)]
        place = next(iter(chosen or found), None)
        if place is None:
            self._window.toast.info(text("today.nothing-yet"))
            return
        session.workspace.filter = replace(place.filter, own=session.filter.own)
        self._window.going.focus_pane("gallery")
