"""What headings and badges of the gallery say."""

from __future__ import annotations

from datetime import UTC, tzinfo
from functools import partial

from workbench.gui.panes import wording
from workbench.gui.texts import text
from workbench.gui.widgets.elide import visible_text
from workbench.gui.widgets.gallery_tiles import Badge, Section
from workbench.queries.gallery import Group
from workbench.queries.walk import ADDED, CHANGED, MOVED, REMOVED, RETURNED

_BADGES: dict[int, Badge] = {CHANGED: "changed", MOVED: "moved", RETURNED: "returned", REMOVED: "removed"}


def badge_of(kind: int, recent: bool) -> Badge:
    """*New* is said in the newest look, or the looks filtered to, only: every file was new once."""
    if kind == ADDED:
        return "new" if recent else ""
    return _BADGES.get(kind, "")


def section_of(group: Group, zone: tzinfo, with_source: bool) -> Section:
    """A heading: *Today, 24 January* · *31 new · 5 changed · 2 moved · seen 12 of 38*."""
    if group.path is not None:
        title = visible_text(group.path) or text("panes.gallery.top-folder")
        return Section(group.start, title, tell=partial(_folder_notes, group))
    return Section(group.start, _title(group, zone, with_source), _joined(_notes(group)))


def _folder_notes(group: Group) -> str:
    said = [_kind(*each) for each in group.kinds] or [_files(group.count)]
    return _joined([*said, _seen(group)])


def _title(group: Group, zone: tzinfo, with_source: bool) -> str:
    observed = group.observed or 0
    to_the_day = group.precision == wording.DAY_PRECISION
    used = UTC if to_the_day else zone
    title = wording.day(observed, used)
    if not to_the_day:
        title = text("panes.gallery.at", day=title, time=wording.clock_time(observed, used))
    if wording.is_today(observed, used):
        title = text("panes.gallery.today", day=title)
    return text("panes.gallery.of-source", title=title, source=visible_text(group.source)) if with_source else title


def _notes(group: Group) -> list[str]:
    said: list[str] = []
    if group.status != "complete":
        said.append(text(f"panes.look.{group.status}"))
    known = sum(count for _, count in group.kinds)
    if group.compared:
        said += [_kind(*each) for each in group.kinds]
        if group.count > known:
            said.append(text("panes.gallery.unchanged", count=wording.number(group.count - known)))
    else:
        said.append(_files(group.count))
        said.append(text("panes.gallery.not-compared"))
    if group.removed:
        said.append(_kind("removed", group.removed))
    said.append(_seen(group))
    return said


def _kind(kind: str, count: int) -> str:
    return text(f"panes.news.{kind}", count=wording.number(count))


def _files(count: int) -> str:
    return wording.counted("panes.gallery.files", count)


def _seen(group: Group) -> str:
    if group.seen == group.count:
        return text("panes.gallery.all-seen")
    return text("panes.gallery.seen", seen=wording.number(group.seen), count=wording.number(group.count))


def _joined(parts: list[str]) -> str:
    return " · ".join(part for part in parts if part)
