"""A picture of the window, drawn without a screen once everything is there."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

from workbench.core.errors import UserError
from workbench.gui.main_window import MainWindow
from workbench.gui.panes.pane import Pane
from workbench.workspace import Opening

BOUND_SECONDS = 30.0
CALM_SECONDS = 0.5
"""How long nothing may be under way before the picture is taken."""
TODAY = "today"


async def take(window: MainWindow, opening: Opening, file: Path) -> int:
    """Open the case, wait until every pane is idle, save the window as a PNG: 0, or 2 and a sentence."""
    case, pane = opening.case, opening.pane
    try:
        if case is not None:
            from workbench.case.case import open_case

            try:
                opened = await asyncio.to_thread(open_case, case)
            except UserError as error:
                if error.message.code not in ("case-read-only", "case-in-bundle", "case-risky-place"):
                    raise
                opened = await asyncio.to_thread(open_case, case, write=False)
            await window.enter_case(opened)
            if window.session is not None:
                from workbench.gui.app import begin_with

                await begin_with(window.session, opening)
        if pane is not None:
            await _raise(window, pane)
        await _calm(window)
        picture = window.grab()
        if not picture.save(str(file), "PNG"):
            raise UserError("screenshot-cannot-write", file=file.name)
    except UserError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the command's only words
        return 2
    return 0


async def _raise(window: MainWindow, pane: str) -> None:
    """Bring a pane to the front. *Today* is no pane of its own: it is what the gallery shows of the last look."""
    known = sorted([*window.panes, TODAY])
    if pane not in known:
        raise UserError("screenshot-no-pane", pane=pane, known=", ".join(known))
    if pane == TODAY:
        if window.session is not None:
            await window.today.show_last(window.session)
        return
    window.going.focus_pane(pane)
    if pane == "activity":
        window.going.show_activity("custody")


async def _calm(window: MainWindow) -> None:
    """Nothing is asked and nothing is loaded for a while, or the time is up."""
    until = time.monotonic() + BOUND_SECONDS
    calm_since = time.monotonic()
    while time.monotonic() < until:
        await asyncio.sleep(0.05)
        if any(_busy(pane) for pane in window.panes.values() if pane.isVisible()) or window.filter_bar.busy:
            calm_since = time.monotonic()
        elif time.monotonic() - calm_since > CALM_SECONDS:
            return


def _busy(pane: Pane) -> bool:
    """Does the pane wait for an answer, or for its pictures?"""
    return pane.busy or bool(getattr(getattr(pane, "thumbs", None), "busy", False))
