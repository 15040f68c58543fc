"""What a probe of a server found, said plainly: who understood it, a sample, how much there is, whom it may be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QButtonGroup, QPlainTextEdit, QRadioButton, QVBoxLayout, QWidget

from workbench.gui.dialogs.dialog import Words
from workbench.gui.panes import wording
from workbench.gui.panes.detail_parts import Statements
from workbench.gui.texts import message_text, text
from workbench.gui.theme import Theme, set_role
from workbench.gui.widgets.elide import visible_text
from workbench.gui.widgets.table import Column, DataTable

if TYPE_CHECKING:
    from workbench.jobs.probe import Found
    from workbench.sources.remote import Entry

LONGEST_RULES = 20_000
"""Characters of robots rules that are shown."""
MOST_LINES = 5
"""Lines of them that are seen at once."""


class FoundPage(QWidget):
    """The answer of one probe. Main thread."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.headline = Words("", "heading")
        self.problem = Words("", "error")
        self._facts = QVBoxLayout()
        self.obey = QRadioButton(text("watch.robots.obey"))
        self.ignore = QRadioButton(text("watch.robots.ignore"))
        self.obey.setChecked(True)
        group = QButtonGroup(self)
        group.addButton(self.obey)
        group.addButton(self.ignore)
        self.rules_title = Words("", "dim")
        self.rules = QPlainTextEdit()
        self.rules.setReadOnly(True)
        self.rules.setTabChangesFocus(True)
        self.rules.setAccessibleName(text("watch.robots"))
        self.rules.setFont(theme.font("mono-caption"))
        self.sample = SampleTable(theme)
        self.sample.setMinimumHeight(140)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.headline)
        column.addWidget(self.problem)
        column.addLayout(self._facts)
        column.addWidget(self.sample, 1)
        for widget in (self.rules_title, self.rules, self.obey, self.ignore):
            column.addWidget(widget)
        self._stretch = QWidget()
        column.addWidget(self._stretch, 1)

    @property
    def robots(self) -> str:
        """``obey`` or ``ignore``."""
        return "ignore" if self.ignore.isChecked() else "obey"

    def check(self, found: Found | None) -> str:
        """Why there would be nothing to look at, if so."""
        kept_out = found is not None and not found.robots_allow and self.robots == "obey"
        return text("watch.robots.kept-out") if kept_out else ""

    def show_found(self, found: Found) -> None:
        """Say it."""
        listing = found.state == "listing"
        self.headline.setText(headline(found))
        told = "" if listing else text(f"watch.found.{found.state}.about")
        self.problem.setText(message_text(found.message) if found.message is not None else told)
        set_role(self.problem, "dim" if listing else "error")
        self.problem.setVisible(bool(self.problem.text()))
        self._show_facts(found, listing)
        self._show_robots(found, listing)
        self.sample.show_entries(found.entries if listing else ())
        self.sample.setVisible(listing)
        self._stretch.setVisible(not listing)

    def _show_facts(self, found: Found, listing: bool) -> None:
        while (item := self._facts.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        facts = Statements(self._theme)
        facts.add(text("watch.found.url"), found.url, mono=True)
        if found.server:
            facts.add(text("watch.found.server"), found.server, text("watch.found.server-note"))
        if listing:
            facts.add(text("watch.found.seen"), seen_words(found.folders, found.files), listed_words(found))
            stated = bool(found.size or found.sizes_known)
            facts.add(text("watch.found.size"), size_words(found), text("watch.found.size-note") if stated else "")
        if found.certificate is not None:
            said, note = certificate_words(found.certificate, found.untrusted)
            facts.add(text("watch.certificate"), said, note)
        elif found.url.startswith(("http:", "ftp:")):
            facts.add(text("watch.certificate"), text("watch.certificate.none"))
        self._facts.addWidget(facts)

    def _show_robots(self, found: Found, listing: bool) -> None:
        rules = (found.robots or "") if listing else ""
        there = bool(rules.strip())
        code = "watch.robots.allows" if found.robots_allow else "watch.robots.disallows"
        self.rules_title.setText(text(code if there else "watch.robots.none"))
        self.rules.setPlainText("\n".join(visible_text(line) for line in rules[:LONGEST_RULES].strip().splitlines()))
        self.rules_title.setVisible(listing)
        lines = min(max(self.rules.blockCount(), 1), MOST_LINES)
        self.rules.setFixedHeight(lines * self.rules.fontMetrics().lineSpacing() + 18)
        self.rules.setVisible(there)
        for button in (self.obey, self.ignore):
            button.setVisible(there)


class SampleTable(DataTable):
    """The first entries of a listing."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, text("watch.sample"))
        self.set_empty_text(text("watch.sample.none"))
        self.search.hide()

    def sizeHint(self) -> QSize:
        return QSize(600, 190)

    def show_entries(self, entries: Sequence[Entry]) -> None:
        """Names as they are, sizes and times as the listing claims them."""
        names = [entry.name.decode("utf-8", "replace") + ("/" if entry.is_folder else "") for entry in entries]
        self.set_columns(
            (
                Column("name", text("watch.sample.name"), "text", 330),
                Column("size", text("watch.sample.size"), "text", 100, align="right"),
                Column("modified", text("watch.sample.modified"), "text", 200),
            ),
            {
                "name": names,
                "size": [entry_size(entry) for entry in entries],
                "modified": [entry_time(entry) for entry in entries],
            },
            np.arange(len(entries), dtype=np.int64),
        )


def headline(found: Found) -> str:
    """One sentence of what it is."""
    if found.state != "listing":
        return text(f"watch.found.{found.state}")
    kind = text(f"watch.kind.{found.kind}")
    if found.format and found.format != found.kind:
        return text("watch.found.listing-by", kind=kind, format=found.format)
    return text("watch.found.listing", kind=kind)


def seen_words(folders: int, files: int) -> str:
    """``3 folders, 9 files``."""
    return text(
        "watch.found.seen-what",
        folders=wording.counted("watch.folders", folders),
        files=wording.counted("watch.files-seen", files),
    )


def listed_words(found: Found) -> str:
    """How many folders that is the sum of, and how many were not opened."""
    said = wording.counted("watch.found.listed", found.listed)
    if not found.unlisted:
        return text("watch.found.all-listed", listed=said)
    return text("watch.found.not-listed", listed=said, more=wording.counted("watch.found.unlisted", found.unlisted))


def size_words(found: Found) -> str:
    """What the listings that were read claim for their files; said as an estimate."""
    if not found.size and not found.sizes_known:
        return text("watch.found.size-unknown")
    whole = found.sizes_known and not found.unlisted
    return text("watch.found.size-about" if whole else "watch.found.size-least", size=wording.size(found.size))


def certificate_words(sha256: bytes, untrusted: str | None) -> tuple[str, str]:
    """Trusted or not and why, and the hash by which it is known again."""
    said = text("watch.certificate.trusted")
    if untrusted:
        said = text("watch.certificate.untrusted", problem=untrusted)
    return said, text("watch.certificate.sha256", digest=grouped(sha256.hex()))


def grouped(digest: str) -> str:
    """Hexadecimal digits in groups of eight, so that two can be compared by eye."""
    return " ".join(digest[at : at + 8] for at in range(0, len(digest), 8))


def entry_size(entry: Entry) -> str | None:
    """As claimed; a rounded one says so."""
    if entry.size is None:
        return None
    shown = wording.size(entry.size)
    return shown if entry.exact else text("watch.sample.about", size=shown)


def entry_time(entry: Entry) -> str | None:
    """As claimed, with its zone or the note that none is known."""
    if entry.modified is None:
        return None
    return wording.moment(entry.modified, precision=int(entry.precision), stated=int(entry.zone))
