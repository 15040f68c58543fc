"""One of every dialog, for the tests that look at all of them."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from PySide6.QtWidgets import QWidget

from workbench.bundle.expected import Expected
from workbench.bundle.recheck import Proof
from workbench.bundle.redaction import Redaction
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
from workbench.gui.dialogs.redaction import Questions, RedactionDialog, expected_words
from workbench.gui.dialogs.shortcuts import ShortcutsDialog
from workbench.gui.dialogs.verify import VerifiedDialog, VerifyChoice
from workbench.gui.dialogs.warnings import WarningsDialog
from workbench.gui.dialogs.watch_assistant import WatchAssistant
from workbench.gui.dialogs.watch_edit import CharterDialog, MannersDialog, SourceChoice
from workbench.gui.dialogs.watch_questions import ConductDialog, QuestionDialog
from workbench.gui.dialogs.watch_timer import TimerDialog
from workbench.gui.settings import Settings
from workbench.gui.sorting import FoundLog, Sorted
from workbench.gui.theme import Theme
from workbench.gui.watching import Charter, Manners
from workbench.logs.format import Detected
from workbench.origins.attributions import Attribution
from workbench.queries.verify import Problem
from workbench.queries.withholdable import Found, Withholdable
from workbench.sources.remote import Entry

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


def found_listing() -> Any:
    """What a probe of a listing says, with names of all scripts."""
    names = (
        "EP3",
        "수정 표정",
        "参考資料",
        "第12镜_改动作_v03.psd",
        "표정_수정본_12컷.png",
        "a\u202egnp.exe",
        "x" * 120 + "_v02.png",
    )
    entries = tuple(
        Entry(
            name.encode(),
            at < 3,
            f"https://203.0.113.9/files/{at}",
            None if at < 3 else 21_000 * at,
            at % 2 == 0,
            None if at == 4 else 1_704_067_200_000_000 + at * DAYS,
        )
        for at, name in enumerate(names)
    )
    return SimpleNamespace(
        url="https://203.0.113.9/files/",
        kind="web",
        format="nginx",
        server="nginx/1.22.1",
        entries=entries,
        folders=3,
        files=9,
        size=12_400_000,
        sizes_known=True,
        listed=4,
        unlisted=17,
        certificate=b"\x5c" * 32,
        untrusted="self-signed certificate",
        robots="User-agent: *\nDisallow: /files/private/\n",
        robots_allow=True,
        state="listing",
        message=None,
    )


def found_nothing(state: str, message: Message | None = None) -> Any:
    """What a probe says that came to nothing."""
    found = found_listing()
    found.state, found.message, found.entries, found.certificate = state, message, (), None
    found.url = "http://203.0.113.9/files/"
    return found


CHARTER = Charter(
    "K., 조사팀", "Who draws for whom: 谁在为谁画图?", "Editors' decision of 3 January", "", "A tip", "A VPN in Japan"
)
OLD_AND_NEW = Message("certificate-changed", {"old": "ab" * 32, "new": "cd" * 32})


def _never(url: str, proxy: str, kind: str) -> Any:
    raise AssertionError((url, proxy, kind))


def conduct(theme: Theme, parent: QWidget | None) -> ConductDialog:
    """A look that was clean."""
    rows = [("[Requests]", "412"), ("[Methods]", "GET, HEAD"), ("[Refused]", "2")]
    return ConductDialog(
        theme, "Storage", rows, "[All were anonymous.]", clean=True, confirmed="", writable=True, parent=parent
    )


def timer_files(kind: str) -> dict[str, str]:
    """Two files for each kind."""
    return {f"watch.{kind}": f"# {kind}\n" * 12, f"watch2.{kind}": "[Timer]\n"}


def timer_command(kind: str, names: Sequence[str]) -> str:
    """What is typed then."""
    return f"watch. {kind} {names[0]}"


def assistant(theme: Theme, settings: Settings, parent: QWidget | None, page: str, found: Any = None) -> WatchAssistant:
    """The assistant on one of its pages."""
    made = WatchAssistant(theme, settings, _no_spawn, _never, "https://203.0.113.9/files/", parent=parent)
    made.found = found or found_listing()
    made.found_page.show_found(made.found)
    made._asked = made.where.asked()
    made._show(page)
    return made


def redaction(theme: Theme, settings: Settings, parent: QWidget | None) -> RedactionDialog:
    """Something of each kind is ticked already."""
    made = RedactionDialog(
        theme,
        settings,
        _no_spawn,
        Questions(_unasked, _unasked, _unasked),
        Redaction(
            addresses=(ipaddress.ip_network("203.0.113.9"),),
            exact_paths=("upload/수정 [초안]*/표정?.png", "upload/<b>x</b>&amp;.png"),
            tags=frozenset({"<b>刀</b>"}),
            notes=True,
        ),
        parent,
    )
    page = Found((Withholdable("203.0.113.41", 3), Withholdable("192.0.2.14", 1)), True)
    made.lists["addresses"].show_found(page)
    made.comes_to.setText(
        expected_words(Expected(3, 11, 1, (("redacted-event", 3), ("own-traffic", 1))), made.redaction())
    )
    return made


async def _unasked(*about: object) -> Any:
    raise AssertionError(about)


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
        left_out=[("custody-arguments", 253), ("redacted-path", 1)],
        seal="ef" * 32,
        manifest_sha256="ab" * 32,
        custody_head="cd" * 32,
    )
    bad = SimpleNamespace(
        ok=False, checked=9, problems=(Problem("object-damaged", "ab" * 32),), head=b"x" * 32, warnings=()
    )
    good = SimpleNamespace(ok=True, checked=9, problems=(), head="ab" * 32, warnings=(Message("disk-full"),))
    proof = Proof(1200, 30, {"mark": 30}, ("files", "events"), ("logs",), 12)
    handed_over = SimpleNamespace(**vars(good), proof=proof, seal="cd" * 32, signed_by="ef" * 32)
    row = {"where": "access.log", "line": 17, "reason": "cut off"}
    said = [Attribution("A set", "2024-01-01", "CC-BY-4.0", "by its makers")]
    return {
        "about": lambda: AboutDialog(theme, said, parent),
        "chip": lambda: ChipDialog(theme, "not_path", "upload/*", parent),
        "time": lambda: TimeDialog(theme, 0, DAYS, Clock.EVENT, parent),
        "crash": lambda: CrashDialog(theme, "Traceback …\nValueError: 3", parent),
        "export": lambda: ExportDialog(theme, settings, _no_spawn, asked, "Storage watch", parent),
        "redaction": lambda: redaction(theme, settings, parent),
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
        "verified-good": lambda: VerifiedDialog(theme, "watch.wbcase", good, parent),
        "verified-bundle": lambda: VerifiedDialog(theme, "bundle.zip", handed_over, parent),
        "watch-where": lambda: assistant(theme, settings, parent, "where"),
        "watch-found": lambda: assistant(theme, settings, parent, "found"),
        "watch-refused": lambda: assistant(theme, settings, parent, "found", found_nothing("refused")),
        "watch-not-understood": lambda: assistant(theme, settings, parent, "found", found_nothing("not-understood")),
        "watch-charter": lambda: assistant(theme, settings, parent, "charter"),
        "watch-manners": lambda: assistant(theme, settings, parent, "manners"),
        "watch-charter-edit": lambda: CharterDialog(theme, "저장 서버", CHARTER, parent=parent),
        "watch-manners-edit": lambda: MannersDialog(
            theme, "Storage", Manners(every=86400), settings, _no_spawn, parent
        ),
        "watch-source": lambda: SourceChoice(
            theme, [("Storage", "http://203.0.113.9/"), ("저장 & 2", "ftp://203.0.113.10/")], parent
        ),
        "watch-certificate": lambda: QuestionDialog(theme, "Storage", OLD_AND_NEW, "certificate", parent),
        "watch-limit": lambda: QuestionDialog(theme, "Storage", Message("disk-full"), "limit", parent),
        "watch-conduct": lambda: conduct(theme, parent),
        "watch-timer": lambda: TimerDialog(
            theme, "Storage", "every 24 hours", timer_files, timer_command, settings, _no_spawn, parent
        ),
        "warnings": lambda: WarningsDialog(theme, [row], more=True, parent=parent),
    }
