"""What the window says of the case now, and what can be done now: title, counts, custody, undo, enabled actions."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from workbench.gui import settings as preferences
from workbench.gui.actions import Need
from workbench.gui.tasks import Latest
from workbench.gui.texts import text
from workbench.gui.widgets.plain import button_text

if TYPE_CHECKING:
    from workbench.gui.case_facts import CaseFacts
    from workbench.gui.main_window import MainWindow
    from workbench.gui.session import Session


NUMBERED = ("relevant", "not-relevant", "later", "unseen", "tag", "untag", "note", "filter-selection", "filter-not")
"""Acts on what is selected."""


class Now:
    """Keeps the window's own lines and its actions up to date. Main thread."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._latest: Latest | None = None

    def forget(self) -> None:
        """The case is gone."""
        self._latest = None

    def case_changed(self, tables: object) -> None:
        del tables
        session = self._window.session
        if session is not None:
            if self._latest is None:
                self._latest = Latest(session.tasks)
            self._latest.start(self.ask_facts(session))

    async def ask_facts(self, session: Session) -> None:
        from workbench.gui.case_facts import case_facts

        actor = await asyncio.to_thread(lambda: session.case.actor)
        facts = await session.read(case_facts, actor)
        if self._window.session is session:
            self._window.facts = facts
            self._show_facts(session, facts)

    def _show_facts(self, session: Session, facts: CaseFacts) -> None:
        title = facts.title or session.case.path.stem
        told = [facts.number] if facts.number else []
        told.append(text("window.files", count=f"{facts.files:,}"))
        if facts.events:
            told.append(text("window.events", count=f"{facts.events:,}"))
        if not session.case.writable:
            told.append(text("window.read-only"))
        self._window.top.show_case(title, " · ".join(told))
        self._window.setWindowTitle(text("window.title-case", title=title))
        self._window.status.show_custody(
            anchor_words(facts.anchored),
            text("window.custody-line", count=f"{facts.ops:,}", head=f"{facts.head[:4]} {facts.head[4:8]}"),
        )
        self._window.top.look.setVisible(bool(facts.watched) and session.case.writable)
        self._window.banner.setText(
            "" if facts.evidence else text("window.evidence-missing", name=session.case.evidence.folder.name)
        )
        self._window.banner.setVisible(not facts.evidence)
        self._renew_undo(facts)
        self.renew_actions()

    def _renew_undo(self, facts: CaseFacts) -> None:
        from workbench.gui.op_words import op_words

        for name, row in (("undo", facts.undo), ("redo", facts.redo)):
            action = self._window.actions_by_name[name]
            what = op_words(row["of"] if row is not None and row.get("of") else row)
            action.setText(text(f"action.{name}-what", what=button_text(what)) if what else text(f"action.{name}"))

    def renew_actions(self) -> None:
        there = Need.NOTHING
        if self._window.settings.recent():
            there |= Need.RECENT
        if self._window.errors.last_crash:
            there |= Need.CRASH
        session = self._window.session
        if session is not None:
            workspace = session.workspace
            there |= Need.CASE
            there |= Need.WRITABLE if session.case.writable else Need.NOTHING
            focus = workspace.focus
            kinds = {kind for kind in ("item", "address", "event") if workspace.selection(kind)}
            kinds |= {focus.kind} if focus is not None else set()
            there |= Need.TARGETS if kinds & {"item", "address", "event"} else Need.NOTHING
            there |= Need.ITEMS if "item" in kinds else Need.NOTHING
            there |= Need.ADDRESSES if "address" in kinds else Need.NOTHING
            there |= Need.FILTER if session.filter.without("own") else Need.NOTHING
            there |= Need.BACK if workspace.can_go_back else Need.NOTHING
            there |= Need.FORWARD if workspace.can_go_forward else Need.NOTHING
            there |= Need.LOOKING if self._window.watch.under_way else Need.NOTHING
            if self._window.facts is not None:
                there |= Need.WATCHED if self._window.facts.watched else Need.NOTHING
                there |= Need.UNDO if self._window.facts.undo is not None else Need.NOTHING
                there |= Need.REDO if self._window.facts.redo is not None else Need.NOTHING
        self._window.actions_by_name.enable(there)
        self._number_acts(len(self._window.marks.targets()))
        self.renew_checks()

    def _number_acts(self, count: int) -> None:
        """Say before the act how many it is about, where it is more than one."""
        for name in NUMBERED:
            said = text(f"action.{name}")
            self._window.actions_by_name[name].setText(
                text("window.act-on", act=said, count=f"{count:,}") if count > 1 else said
            )

    def renew_checks(self) -> None:
        acts = self._window.actions_by_name
        for name in self._window.docks.docks:
            acts[f"show-{name}"].setChecked(self._window.session is not None and self._window.docks.is_shown(name))
        wanted = self._window.settings.get(preferences.THEME)
        for name in ("system", "light", "dark"):
            acts[f"theme-{name}"].setChecked(wanted == name)
        running = self._window.watch.running()
        acts["pause-look"].setChecked(running is not None and running[1].paused)
        zone = self._window.settings.get(preferences.ZONE)
        acts["zone-utc"].setChecked(zone == "UTC")
        acts["zone-local"].setChecked(zone == "local")
        self._window.top.details.setVisible(self._window.session is not None and self._window.docks.narrow)
        acts["filter-own"].setChecked(self._window.session is not None and self._window.session.filter.own)


def anchor_words(anchored: int | None) -> str:
    """How old the last anchor outside of the case is."""
    if anchored is None:
        return text("window.anchor-none")
    from workbench.core.times import DAY, now

    days = max(0, (now() - anchored) // DAY)
    return text("window.anchor-today") if days == 0 else text("window.anchor-days", days=days)
