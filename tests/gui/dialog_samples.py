"""One of every dialog, for the tests that look at all of them."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from PySide6.QtWidgets import QWidget

from workbench.core.filter import Clock, Filter
from workbench.core.messages import Message
from workbench.core.times import Precision
from workbench.gui.dialogs.about import AboutDialog
from workbench.gui.dialogs.chip import ChipDialog, TimeDialog
from workbench.gui.dialogs.crash import CrashDialog
from workbench.gui.dialogs.dialog import Dialog
from workbench.gui.dialogs.export import ExportDialog, ExportedDialog
from workbench.gui.dialogs.intake import IntakeDialog
from workbench.gui.dialogs.mark import NoteDialog, TagDialog
from workbench.gui.dialogs.new_case import NewCaseDialog
from workbench.gui.dialogs.preferences import PreferencesDialog
from workbench.gui.dialogs.properties import PropertiesDialog
from workbench.gui.dialogs.shortcuts import ShortcutsDialog
from workbench.gui.dialogs.verify import VerifiedDialog, VerifyChoice
from workbench.gui.dialogs.warnings import WarningsDialog
from workbench.gui.settings import Settings
from workbench.gui.sorting import FoundLog, Sorted
from workbench.gui.theme import Theme
from workbench.logs.format import Detected
from workbench.origins.attributions import Attribution
from workbench.queries.verify import Problem

LOG = Detected("xferlog", "1", "log-format-xferlog", has_zone=False, precision=Precision.SECOND, score=1.0)
DAYS = 86_400_000_000


def _no_spawn(work: Coroutine[Any, Any, Any]) -> None:
    work.close()


def case_stub(folder: Path) -> Any:
    return SimpleNamespace(
        path=folder / "watch.wbcase",
        evidence=SimpleNamespace(folder=folder / "watch.evidence"),
        uid=bytes(16),
        writable=True,
    )


FACTS = SimpleNamespace(
    title="Storage watch", examiner="K.", number="2024-01", head="5c1e77a0" * 8, files=3, events=4, addresses=5, ops=6
)


def samples(theme: Theme, folder: Path, parent: QWidget | None = None) -> dict[str, Callable[[], Dialog]]:
    """Name to a function that makes it."""
    settings = Settings(folder / "samples.ini")
    looks = folder / "looks"
    for day in ("2024-01-03", "2024-01-04"):
        (looks / day).mkdir(parents=True, exist_ok=True)
    found = Sorted((), (FoundLog(folder / "xferlog", LOG),), (looks,))
    asked = Filter(since=0, until=DAYS, clock=Clock.EVENT, label=("vpn",))
    written = SimpleNamespace(
        path=folder / "bundle",
        objects=3,
        bytes=4096,
        left_out=[("filter", 3)],
        manifest_sha256="ab" * 32,
        custody_head="cd" * 32,
    )
    bad = SimpleNamespace(
        ok=False, checked=9, problems=(Problem("object-damaged", "ab" * 32),), head=b"x" * 32, warnings=()
    )
    good = SimpleNamespace(ok=True, checked=9, problems=(), head="ab" * 32, warnings=(Message("disk-full"),))
    row = {"where": "access.log", "line": 17, "reason": "cut off"}
    said = [Attribution("A set", "2024-01-01", "CC-BY-4.0", "by its makers")]
    return {
        "about": lambda: AboutDialog(theme, said, parent),
        "chip": lambda: ChipDialog(theme, "not_path", "upload/*", parent),
        "time": lambda: TimeDialog(theme, 0, DAYS, Clock.EVENT, parent),
        "crash": lambda: CrashDialog(theme, "Traceback …\nValueError: 3", parent),
        "export": lambda: ExportDialog(theme, settings, _no_spawn, asked, "Storage watch", parent),
        "exported": lambda: ExportedDialog(theme, written, parent),  # type: ignore[arg-type]
        "intake": lambda: IntakeDialog(theme, found, parent),
        "tag": lambda: TagDialog(theme, 3, ["knife", "letterhead"], remove=False, parent=parent),
        "untag": lambda: TagDialog(theme, 3, ["knife"], remove=True, parent=parent),
        "note": lambda: NoteDialog(theme, 3, parent),
        "journal": lambda: NoteDialog(theme, 0, parent),
        "new-case": lambda: NewCaseDialog(theme, settings, _no_spawn, parent),
        "preferences": lambda: PreferencesDialog(theme, settings, parent),
        "properties": lambda: PropertiesDialog(theme, case_stub(folder), FACTS, parent),  # type: ignore[arg-type]
        "shortcuts": lambda: ShortcutsDialog(theme, parent),
        "verify-choice": lambda: VerifyChoice(theme, parent),
        "verified-bad": lambda: VerifiedDialog(theme, "watch.wbcase", bad, parent),
        "verified-good": lambda: VerifiedDialog(theme, "bundle.zip", good, parent),
        "warnings": lambda: WarningsDialog(theme, [row], more=True, parent=parent),
    }
