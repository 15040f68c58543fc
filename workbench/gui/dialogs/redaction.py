"""What is withheld from a bundle: ticked, counted before it is written, saved and loaded as a redaction file."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QCheckBox, QTabWidget, QVBoxLayout, QWidget

from workbench.bundle.expected import Expected
from workbench.bundle.leftout import WITHHELD, sentences
from workbench.bundle.redaction import COMMITTED, OPEN, Redaction, read_redaction, write_redaction
from workbench.core.errors import UserError
from workbench.core.messages import numbered
from workbench.gui.dialogs.choose import choose
from workbench.gui.dialogs.dialog import Dialog
from workbench.gui.dialogs.ticking import TickList
from workbench.gui.settings import Settings
from workbench.gui.texts import message_text, text
from workbench.gui.theme import Theme
from workbench.queries.withholdable import KINDS, Found, Picked

Spawn = Callable[[Coroutine[Any, Any, Any]], object]
COUNT_MS = 350
"""The counting waits so long for the next tick."""


@dataclass(frozen=True)
class Questions:
    """What the dialog asks of the case; each answer comes from a reader thread."""

    find: Callable[[str, str], Awaitable[Found]]
    expect: Callable[[Redaction], Awaitable[Expected]]
    selection: Callable[[], Awaitable[Picked]]


class RedactionDialog(Dialog):
    """Answers with the `Redaction`. A file that cannot be read changes nothing of what was ticked."""

    def __init__(
        self,
        theme: Theme,
        settings: Settings,
        spawn: Spawn,
        questions: Questions,
        redaction: Redaction,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, "redaction", text("redaction.title"), text("redaction.about"), 640, parent)
        self._settings = settings
        self._spawn = spawn
        self._questions = questions
        self._kept = Redaction()
        self._done = False
        self._counting: asyncio.Task[None] | None = None
        self.tabs = QTabWidget()
        self.tabs.setAccessibleName(text("redaction.title"))
        self.tabs.setUsesScrollButtons(True)
        self.lists: dict[str, TickList] = {}
        for kind in KINDS:
            ticks = TickList(theme, text(f"redaction.{kind}"))
            ticks.searched.connect(partial(self._search, kind))
            ticks.changed.connect(self._count)
            self.lists[kind] = ticks
            self.tabs.addTab(ticks, text(f"redaction.{kind}"))
        self.body.addWidget(self.tabs, 1)
        flags = QWidget()
        column = QVBoxLayout(flags)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        self.notes = QCheckBox(text("redaction.notes"))
        self.actors = QCheckBox(text("redaction.actors"))
        self.open_hashes = QCheckBox(text("redaction.open-hashes"))
        self.open_hashes.setAccessibleDescription(text("redaction.open-hashes.help"))
        for box in (self.notes, self.actors, self.open_hashes):
            column.addWidget(box)
            box.toggled.connect(lambda _on: self._count())
        self.body.addWidget(flags)
        self.hashes_help = self.paragraph(text("redaction.open-hashes.help"), "caption")
        self.section(text("redaction.comes-to"))
        self.comes_to = self.paragraph(text("redaction.counting"), "dim")
        self.add_button("redaction.load", lambda: spawn(self._load()), left=True)
        self.add_button("redaction.save", lambda: spawn(self._save()), left=True)
        self.add_button("redaction.selection", lambda: spawn(self._take_selection()), left=True)
        self.add_accept("redaction.do")
        self._timer = QTimer(self, singleShot=True, interval=COUNT_MS)
        self._timer.timeout.connect(self._start_counting)
        self.finished.connect(lambda _code: self._end())
        self.set_redaction(redaction)
        for kind in KINDS:
            self._search(kind, "")

    # what is ticked

    def set_redaction(self, redaction: Redaction) -> None:
        """Fill the form; what no list can show (patterns, single marks) is kept and counted with the rest."""
        self._kept = replace(
            redaction,
            **{kind: frozenset() for kind in ("tags", "authors", "objects")},  # type: ignore[arg-type]
            addresses=(),
            exact_paths=(),
            notes=False,
            actors=False,
            hashes=COMMITTED,
        )
        values = {
            "addresses": [_plain(each) for each in redaction.addresses],
            "exact_paths": list(redaction.exact_paths),
            "tags": sorted(redaction.tags),
            "authors": sorted(redaction.authors),
            "objects": sorted(each.hex() for each in redaction.objects),
        }
        for kind, ticks in self.lists.items():
            ticks.clear()
            ticks.tick(values[kind])
        self.notes.setChecked(redaction.notes)
        self.actors.setChecked(redaction.actors)
        self.open_hashes.setChecked(redaction.open_hashes)
        self._count()

    def redaction(self) -> Redaction:
        """What is to be withheld. Paths are exact: ``*``, ``?`` and ``[`` in a name mean themselves."""
        ticked = {kind: ticks.ticked() for kind, ticks in self.lists.items()}
        return replace(
            self._kept,
            addresses=tuple(ipaddress.ip_network(each) for each in ticked["addresses"]),
            exact_paths=tuple(ticked["exact_paths"]),
            tags=frozenset(ticked["tags"]),
            authors=frozenset(ticked["authors"]),
            objects=frozenset(map(bytes.fromhex, ticked["objects"])),
            notes=self.notes.isChecked(),
            actors=self.actors.isChecked(),
            hashes=OPEN if self.open_hashes.isChecked() else COMMITTED,
        )

    def result_value(self) -> Any:
        """The redaction."""
        return self.redaction()

    # what the case says

    def _search(self, kind: str, words: str) -> None:
        self._spawn(self._find(kind, words))

    async def _find(self, kind: str, words: str) -> None:
        found = await self._questions.find(kind, words)
        if not self._done and self.lists[kind].search.text() == words:
            self.lists[kind].show_found(found)

    def _count(self) -> None:
        for index, (kind, ticks) in enumerate(self.lists.items()):
            number = len(ticks.ticked())
            name = text(f"redaction.{kind}")
            self.tabs.setTabText(index, f"{name} · {number:,}" if number else name)
        self._timer.start()

    def _start_counting(self) -> None:
        self._stop()
        self._spawn(self._expect())

    async def _expect(self) -> None:
        self._counting = asyncio.current_task()
        wanted = self.redaction()
        self.comes_to.setText(text("redaction.counting"))
        self.show_problem("")
        try:
            found = await self._questions.expect(wanted)
        except UserError as error:
            if not self._done:
                self.comes_to.setText(text("redaction.not-counted"))
                self.show_problem(message_text(error.message))
            return
        if not self._done:
            self.comes_to.setText(expected_words(found, wanted))

    def _end(self) -> None:
        """Answers that come later have nobody to tell."""
        self._done = True
        self._stop()

    def _stop(self) -> None:
        self._timer.stop()
        if self._counting is not None and not self._counting.done():
            self._counting.cancel()
        self._counting = None

    # files and the selection

    async def _load(self) -> None:
        chosen = await choose(self, self._settings, "file", "redact")
        if chosen:
            await self.load(chosen[0])

    async def load(self, file: Path) -> None:
        """Fill the form from a file; one that cannot be read leaves it as it was and says why."""
        try:
            read = await asyncio.to_thread(read_redaction, file)
        except UserError as error:
            self.show_problem(message_text(error.message))
            return
        self.show_problem("")
        self.set_redaction(read)

    async def _save(self) -> None:
        chosen = await choose(self, self._settings, "save", "redact-save", name="redaction.json")
        if chosen:
            await self.save(chosen[0])

    async def save(self, file: Path) -> None:
        """Write the form as a file that ``workbench bundle --redact`` takes."""
        try:
            await asyncio.to_thread(write_redaction, file, self.redaction())
        except UserError as error:
            self.show_problem(message_text(error.message))

    async def _take_selection(self) -> None:
        picked = await self._questions.selection()
        if not (picked.objects or picked.exact_paths or picked.addresses):
            self.show_problem(text("redaction.nothing-selected"))
            return
        self.show_problem("")
        self.lists["objects"].tick(picked.objects)
        self.lists["exact_paths"].tick(picked.exact_paths)
        self.lists["addresses"].tick(picked.addresses)
        first = next(kind for kind in ("objects", "exact_paths", "addresses") if getattr(picked, kind))
        self.tabs.setCurrentWidget(self.lists[first])
        self._count()


def redaction_words(redaction: Redaction) -> str:
    """What was ticked, in a line."""
    parts = [
        message_text(numbered(f"redaction.count-{kind}", number))
        for kind, number in (
            ("addresses", len(redaction.addresses)),
            ("paths", len(redaction.exact_paths)),
            ("patterns", len(redaction.paths)),
            ("tags", len(redaction.tags)),
            ("authors", len(redaction.authors)),
            ("objects", len(redaction.objects)),
            ("marks", len(redaction.marks)),
        )
        if number
    ]
    if redaction.notes:
        parts.append(text("redaction.notes"))
    if redaction.actors:
        parts.append(text("redaction.actors"))
    return " · ".join(parts) if parts else text("redaction.nothing")


def expected_words(found: Expected, redaction: Redaction) -> str:
    """What would go along, what the redaction withholds, and what else stays out."""
    lines = [
        text(
            "redaction.goes",
            files=message_text(numbered("redaction.files", found.files)),
            events=message_text(numbered("redaction.events", found.events)),
            marks=message_text(numbered("redaction.marks", found.marks)),
        )
    ]
    withheld = [each for each in found.left_out if each[0] in WITHHELD]
    if not withheld:
        lines.append(text("redaction.withholds-nothing" if not redaction else "redaction.withholds-none"))
    lines += [message_text(each) for each in sentences(found.left_out)]
    return "\n".join(lines)


def _plain(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> str:
    return str(network.network_address) if network.prefixlen == network.max_prefixlen else str(network)
