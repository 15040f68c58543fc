"""How a look is worded: while it runs, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from workbench.gui.panes import wording
from workbench.gui.texts import message_text, text

if TYPE_CHECKING:
    from workbench.jobs.control import Control, LookState
    from workbench.jobs.watch import Look
    from workbench.queries.conduct import Conduct

NEWS = ("added", "changed", "moved", "removed", "returned", "time_changed")
UNSEEN = ("refused", "failed", "not-reached")


def count_words(state: LookState) -> str:
    """``12 of 40 files``: what listings have shown so far is all that is known."""
    return text("look.files", done=wording.number(state.files_done), known=wording.number(state.files_known))


def rate_words(state: LookState) -> str:
    """``2.0 requests/s, 1.2 MB/s``."""
    return text(
        "look.rates",
        requests=f"{state.requests_per_second:.1f}",
        bytes=wording.size(round(state.bytes_per_second)),
    )


def left_words(state: LookState) -> str:
    """``28 files and 9.3 MB to go``, as far as is known; nothing when nothing is."""
    files = max(state.files_known - state.files_done, 0)
    size = state.bytes_known - state.bytes_done
    folders = max(state.folders_known - state.folders_done, 0)
    if folders:
        told = wording.counted("look.left-folders", folders)
        return text("look.left-both", files=wording.counted("watch.files-seen", files), folders=told)
    if not files:
        return ""
    told = wording.counted("watch.files-seen", files)
    return text("look.left", files=told, size=wording.size(size)) if size > 0 else text("look.left-files", files=told)


def size_words(state: LookState) -> str:
    """``3.1 MB of 12.4 MB``; without the whole where listings state no sizes."""
    done = wording.size(state.bytes_done)
    if state.bytes_known <= state.bytes_done:
        return done
    return text("look.bytes", done=done, known=wording.size(state.bytes_known))


def bar_of(state: LookState) -> tuple[int, int]:
    """How far of what is known, for a bar: bytes where their number is known, else files; small enough for 32 bits."""
    known = state.bytes_known
    done, total = (state.bytes_done, known) if known else (state.files_done, state.files_known)
    scale = max(total // 1000, 1)
    return min(done, total) // scale, total // scale


def path_words(url: str) -> str:
    """The part of an address below the host, readable; the host stands with the look."""
    parts = urlsplit(url)
    shown = unquote(parts.path, errors="replace") or "/"
    return f"{shown}?{parts.query}" if parts.query else shown


def item_words(control: Control) -> str:
    """Where a look is."""
    item = control.state.item
    return path_words(item) if "://" in item else item


def status_words(control: Control) -> str:
    """What the status line says beside the bar."""
    state = control.state
    if control.paused:
        return text("look.paused-at", count=count_words(state))
    return " · ".join((count_words(state), rate_words(state)))


def full_words(control: Control) -> str:
    """What the list of jobs says: counts, bytes, rates, what is left."""
    state = control.state
    parts = [
        text("look.paused") if control.paused else "",
        count_words(state),
        size_words(state),
        text("look.requests", count=wording.number(state.requests)),
        "" if control.paused else rate_words(state),
        left_words(state),
    ]
    return " · ".join(each for each in parts if each)


def news_words(look: Look) -> str:
    """``31 new, 5 changed, 2 removed``; nothing new says so."""
    told = [text(f"looked.{kind}", count=wording.number(getattr(look, kind))) for kind in NEWS if getattr(look, kind)]
    return ", ".join(told) if told else text("looked.nothing")


def unseen_words(folders: Mapping[str, int]) -> str:
    """``1 folder refused``; empty when all were listed."""
    told = [wording.counted(f"looked.folders-{state}", folders[state]) for state in UNSEEN if folders.get(state)]
    return ", ".join(told)


def looked_words(look: Look, source: str, folders: Mapping[str, int], *, why: str = "", first: bool = False) -> str:
    """One sentence or two of what came of a look; a `first` one has nothing to be compared with."""
    if look.paused is not None:
        return text("looked.paused", source=source, why=message_text(look.paused))
    if look.status.value == "failed":
        return text("looked.failed", source=source, why=why)
    files = wording.counted("watch.files-seen", look.sightings)
    said = text("looked.first", source=source, files=files)
    if not first:
        said = text("looked.done", source=source, news=news_words(look))
    unseen = unseen_words(folders)
    if unseen:
        said = text("looked.with", said=said, unseen=unseen)
    if look.status.value == "partial":
        said = text("looked.partial", said=said)
    return said


def conduct_rows(found: Conduct) -> list[tuple[str, str]]:
    """What the request log shows, as statements."""
    methods = ", ".join(text("conduct.times", what=name, count=count) for name, count in found.methods.items())
    hosts = ", ".join(text("conduct.times", what=name or "–", count=count) for name, count in found.hosts.items())
    return [
        (text("conduct.requests"), wording.number(found.requests)),
        (text("conduct.methods"), methods or "–"),
        (text("conduct.hosts"), hosts or "–"),
        (text("conduct.anonymous"), _anonymous(found)),
        (text("conduct.refused"), _named(found.refused, found.refused_count)),
        (text("conduct.entered"), _named(found.entered, found.entered_count)),
        (text("conduct.outside"), _named(found.outside, found.outside_count)),
        (text("conduct.logins"), wording.number(found.login_pages)),
    ]


def _anonymous(found: Conduct) -> str:
    if found.anonymous is None:
        return text("conduct.anonymous-unread", count=wording.number(found.unread))
    if found.anonymous:
        return text("conduct.anonymous-yes")
    return text("conduct.anonymous-no", count=wording.number(sum(found.credentials.values())))


def _named(names: tuple[str, ...], count: int) -> str:
    if not count:
        return text("conduct.no-one")
    shown = "; ".join(names[:3])
    return text("conduct.named", count=wording.number(count), names=shown + (" …" if count > 3 else ""))
