"""Today: above the gallery while it shows looks stands which they are, what they brought, and a calendar of all days.

What Today shows is a filter like any other; going back leaves it. When a newer look has ended while it was shown, it
goes on to that one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from datetime import date
from functools import partial

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from workbench.core import times
from workbench.core.filter import Filter
from workbench.gui.panes import today_words, wording
from workbench.gui.panes.files_nodes import glob_of
from workbench.gui.panes.today_chips import NewsChips, NewsSpec
from workbench.gui.panes.zoned import ZonedPane
from workbench.gui.session import Session
from workbench.gui.texts import text
from workbench.gui.theme import Theme, set_role, set_surface
from workbench.gui.widgets.calendar_strip import CalendarStrip
from workbench.gui.widgets.elide import tooltip_text, visible_text
from workbench.gui.widgets.plain import PlainLabel, button_text
from workbench.queries import landing as queries
from workbench.queries.calendar import Day
from workbench.queries.landing import Heading, Landing, Place
from workbench.queries.news import NEW

UNSEEN = ("unseen",)
MOST_OTHERS = 4
"""Chips of other sources; where there are more, the last one leads to all of them."""
MARGIN = 16
MOST_ROWS = 2
"""Lines of chips above which those of other sources are folded into that last one."""


class TodayPane(ZonedPane):
    """It hides itself while the filter names no look. Main thread."""

    name = "today"
    facets = tuple(each.name for each in fields(Filter) if each.name != "snapshot")
    tables = frozenset({"sighting", "snapshot", "snapshot_end", "coverage", "mark_now", "watch", "missed", "warning"})
    wants_answers_hidden = True

    look_requested = Signal(str)
    """The name of a watched source that is to be looked at."""
    requests_requested = Signal(object)
    """The look (id) whose request log is to be shown."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(session, theme, parent)
        self._landing: Landing | None = None
        self.headline = PlainLabel()
        self.leave = QPushButton(text("panes.files.all"))
        self.chips = NewsChips(theme, text("today.chips"))
        self.said = PlainLabel()
        self.serious = PlainLabel()
        self.calendar = CalendarStrip(theme, text("today.calendar"), wording.short_month_names(), self._tell_day)
        self._build()
        self.leave.clicked.connect(self._leave)
        self.chips.picked.connect(self._picked)
        self.calendar.chosen.connect(self._choose_day)
        self.hide()

    def _build(self) -> None:
        set_surface(self, "window")
        set_role(self.headline, "heading")
        set_role(self.leave, "link")
        set_role(self.said, "dim")
        set_role(self.serious, "accent")
        self.leave.setToolTip(text("panes.files.all-tip"))
        for label in (self.headline, self.said, self.serious):
            label.setWordWrap(label is not self.headline)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        top = QHBoxLayout()
        top.addWidget(self.headline, 1)
        top.addWidget(self.leave)
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, 8, MARGIN, 2)
        column.setSpacing(self.theme.spacing(1))
        column.addLayout(top)
        column.addWidget(self.chips)
        column.addWidget(self.serious)
        column.addWidget(self.said)
        column.addSpacing(2)
        column.addWidget(self.calendar)

    # asking

    async def refresh(self, asked: Filter) -> None:
        """Ask about the looks that the filter names; with none there is nothing to say."""
        if not asked.snapshot:
            self._landing = None
            self.hide()
            return
        before = self._landing
        found = await self.session.read(queries.landing, asked.snapshot, self.zone)
        self._landing = found
        if before is not None and self._go_on(before, found):
            return
        self._show()

    def _go_on(self, before: Landing, after: Landing) -> bool:
        """Today was shown, and there is a newer one: show that. Nothing jumps in what was chosen otherwise."""
        shown = self.session.filter
        for old in before.places:
            new = next((each for each in after.places if each.source == old.source), None)
            is_old = (shown.snapshot, shown.change) == (old.filter.snapshot, old.filter.change)
            if new is not None and is_old and new.filter != old.filter and new.last.status != "running":
                self._show_filter(replace(shown, snapshot=new.filter.snapshot, change=new.filter.change))
                return True
        return False

    def show_filter(self, wanted: Filter) -> None:
        """Another chip is pressed."""
        if self._landing is not None and wanted.snapshot:
            self._show_chips(self._landing)

    def zone_shown(self) -> None:
        if self._landing is not None:
            self._stale = True
            self._ask()

    def _show(self) -> None:
        landing = self._landing
        if landing is None or landing.heading is None:
            self.hide()
            return
        found = landing.heading
        self.headline.setText(today_words.title(found, landing.place_of(found.last), self.zone))
        self.headline.setToolTip(tooltip_text(", ".join(found.names)))
        said = today_words.sentences(landing, self.zone, times.now())
        for label, serious in ((self.said, False), (self.serious, True)):
            words = " ".join(each.words for each in said if each.serious is serious)
            label.setText(words)
            label.setVisible(bool(words))
        self._show_chips(landing)
        self.calendar.set_days([today_words.cell_of(each) for each in landing.days])
        shown = {each.id for each in found.looks}
        self.calendar.set_picked(frozenset(day for day, looks in landing.looks.items() if shown & set(looks)))
        self.setAccessibleDescription(" ".join([self.headline.text(), *(each.words for each in said)]))
        self.show()

    # chips

    def _show_chips(self, landing: Landing) -> None:
        found = landing.heading
        if found is not None:
            self.chips.set_chips(self._fitting([*self._kinds(found), *self._attention(found)], landing, found))

    def _kinds(self, found: Heading) -> list[NewsSpec]:
        shown = self.session.filter
        specs = [
            NewsSpec(
                ("kind", kind),
                text(f"panes.news.{kind}", count=wording.number(count)),
                kind,
                shown.change == (kind,),
                text(f"today.tip.{kind}"),
            )
            for kind, count in found.kinds
        ]
        if found.new:
            words = wording.counted("today.unseen", found.unseen) if found.unseen else text("panes.gallery.all-seen")
            if found.unseen or shown.verdict == UNSEEN:
                specs.append(NewsSpec(("unseen",), words, "unseen", shown.verdict == UNSEEN, text("today.tip.unseen")))
        return specs

    def _attention(self, found: Heading) -> list[NewsSpec]:
        words = today_words.refused(found)
        return [NewsSpec(("coverage",), words, "attention", None, text("today.tip.coverage"))] if words else []

    def _fitting(self, own: list[NewsSpec], landing: Landing, found: Heading) -> list[NewsSpec]:
        """What is told of the looks that are shown, then the other sources, as far as there is room for them."""
        others, waiting = self._others(landing, found), self._waiting(landing)
        shown = others if len(others) <= MOST_OTHERS else others[: MOST_OTHERS - 1]
        shown, asked = list(shown), list(waiting)
        while True:
            left = len(others) + len(waiting) - len(shown) - len(asked)
            words = wording.counted("today.other-more", left)
            more = [NewsSpec(("more",), words, "source", None, text("today.tip.more"))] if left else []
            specs = [*own, *shown, *asked, *more]
            if not (shown or asked) or self.chips.rows(specs, self._room()) <= MOST_ROWS:
                return specs
            (shown or asked).pop()

    def _room(self) -> int:
        return self.width() - 2 * MARGIN

    def _others(self, landing: Landing, found: Heading) -> list[NewsSpec]:
        own = {each.source for each in found.looks}
        return [
            NewsSpec(
                ("place", each.source),
                today_words.place_words(each),
                "attention" if each.last.status == "failed" else "source",
                None,
                today_words.place_tip(each),
            )
            for each in landing.places
            if each.source not in own
        ]

    def _waiting(self, landing: Landing) -> list[NewsSpec]:
        """Servers that were never looked at, for who may look."""
        return [
            NewsSpec(
                ("look", name),
                text("today.other-waiting", source=visible_text(name)),
                "attention",
                None,
                text("today.tip.look"),
            )
            for name in (landing.waiting if self.session.case.writable else ())
        ]

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._landing is not None and event.size().width() != event.oldSize().width():
            self._show_chips(self._landing)

    def _picked(self, key: tuple[object, ...]) -> None:
        landing, shown = self._landing, self.session.filter
        if landing is None or landing.heading is None:
            return
        found = landing.heading
        what = key[0]
        if what == "kind":
            whole = queries.asked_of(shown.snapshot, dict(found.kinds)).change
            self._show_filter(replace(shown, change=whole if shown.change == (key[1],) else (str(key[1]),)))
        elif what == "unseen":
            new = tuple(kind for kind, _ in found.kinds if kind in NEW)
            change = shown.change if set(shown.change) & set(new) else new
            self._show_filter(replace(shown, change=change, verdict=() if shown.verdict == UNSEEN else UNSEEN))
        elif what == "coverage":
            self.session.spawn(self._show_unlisted(found.last.id))
        elif what == "place":
            self.show_place(next(each for each in landing.places if each.source == key[1]))
        elif what == "more":
            self._show_menu(("more",), self._everywhere(landing))
        elif what == "look":
            self.look_requested.emit(str(key[1]))

    def _everywhere(self, landing: Landing) -> list[tuple[str, Callable[[], object]]]:
        """Every source, by what it brought; then those that wait for their first look."""
        acts: list[tuple[str, Callable[[], object]]] = [
            (today_words.place_words(each), partial(self.show_place, each)) for each in landing.places
        ]
        for name in landing.waiting if self.session.case.writable else ():
            words = text("today.other-waiting", source=visible_text(name))
            acts.append((words, partial(self.look_requested.emit, name)))
        return acts

    def show_place(self, place: Place) -> None:
        """What is new at one source."""
        self._show_filter(replace(place.filter, own=self.session.filter.own))

    async def _show_unlisted(self, snapshot: int) -> None:
        """The folders that were not listed, each of which can be shown, and the way to the request log."""
        acts: list[tuple[str, Callable[[], object]]] = []
        for path, state in await self.session.read(queries.unlisted, snapshot):
            name = visible_text(path) or text("panes.gallery.top-folder")
            words = text("panes.files.with-note", name=name, note=text(f"panes.coverage.{state}"))
            below = Filter(path=(glob_of(path),) if path else (), own=self.session.filter.own)
            acts.append((words, partial(self._show_filter, below)))
        acts.append((text("today.requests"), partial(self.requests_requested.emit, snapshot)))
        self._show_menu(("coverage",), acts)

    def _show_menu(self, key: tuple[str, ...], acts: Sequence[tuple[str, Callable[[], object]]]) -> None:
        """Below a chip; names in it are foreign, and no keys of the menu."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for words, act in acts:
            menu.addAction(button_text(words), act)
        chip = next((each for each in self.chips.chips() if each.spec.key == key), None)
        menu.popup(chip.mapToGlobal(QPoint(0, chip.height())) if chip is not None else self.mapToGlobal(QPoint(0, 0)))

    # days

    def _day(self, day: date) -> Day | None:
        days = self._landing.days if self._landing is not None else ()
        at = (day - days[0].date).days if days else -1
        return days[at] if 0 <= at < len(days) else None

    def _tell_day(self, day: date) -> str:
        known = self._day(day)
        return "" if known is None else today_words.day_words(known)

    def _choose_day(self, day: date) -> None:
        landing = self._landing
        if landing is None:
            return
        looks = landing.looks.get(day, ())
        known = self._day(day)
        if not looks or known is None:
            self.said.setText(text("today.no-look", day=self._tell_day(day)))
            self.said.show()
            return
        base = self.session.filter.without("source", "time", "change", "verdict")
        self._show_filter(replace(base, snapshot=looks, change=queries.asked_of(looks, _brought(known)).change))

    def _leave(self) -> None:
        self._show_filter(Filter(own=self.session.filter.own))

    def _show_filter(self, wanted: Filter) -> None:
        self.session.workspace.filter = wanted


def _brought(day: Day) -> dict[str, int]:
    counts = {kind: getattr(day, kind) for kind in ("added", "changed", "moved", "returned", "removed")}
    return {kind: count for kind, count in counts.items() if count}
