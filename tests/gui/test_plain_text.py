"""Evidence and user text is shown as it is: no label, tooltip, button or menu reads markup or mnemonics in it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import Qt as Rich
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QMessageBox, QWidget

import workbench.gui
from tests.gui.dialog_samples import CHARTER, OLD_AND_NEW, _no_spawn, case_stub, samples
from tests.gui.robots import Run, WindowRobot, draw
from workbench.case.case import create
from workbench.core.filter import Filter
from workbench.core.progress import Progress
from workbench.gui.dialogs.dialog import Dialog
from workbench.gui.dialogs.export import ExportDialog
from workbench.gui.dialogs.intake import IntakeDialog
from workbench.gui.dialogs.mark import TagDialog
from workbench.gui.dialogs.verify import VerifiedDialog
from workbench.gui.dialogs.watch_edit import CharterDialog, MannersDialog, SourceChoice
from workbench.gui.dialogs.watch_questions import ConductDialog, QuestionDialog
from workbench.gui.settings import Settings
from workbench.gui.sorting import Sorted
from workbench.gui.theme import Theme
from workbench.gui.watching import Manners
from workbench.gui.widgets.elide import tooltip_text
from workbench.gui.widgets.plain import PlainLabel, button_text
from workbench.jobs import intake, logs
from workbench.jobs.pool import Pool
from workbench.ops import marks

SOURCE = Path(workbench.gui.__file__).parent
ODD = "<b>x</b><img src='http://203.0.113.9/a.png'>&amp; & A"
ODD_FILE = "<b>x<img src=http.png>&amp; & A.png"


# by reading the code


def calls(name: str) -> Iterator[tuple[str, ast.Call]]:
    """Every call of something of that name, with its place."""
    for file in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called == name:
                yield f"{file.relative_to(SOURCE)}:{node.lineno}", node


def is_safe_tip(node: ast.expr) -> bool:
    """Escaped, empty, or a text of the catalogue into which nothing was put."""
    if isinstance(node, ast.IfExp):
        return is_safe_tip(node.body) and is_safe_tip(node.orelse)
    if isinstance(node, ast.Constant):
        return node.value in ("", None)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        if node.func.id == "tooltip_text":
            return True
        return node.func.id in ("text", "word") and len(node.args) == 1 and not node.keywords
    return False


def test_every_tooltip_is_escaped_or_fixed() -> None:
    found = list(calls("setToolTip"))
    assert len(found) > 30
    assert [place for place, call in found if not is_safe_tip(call.args[0])] == []
    shown = [(place, call) for place, call in calls("showText")]
    assert shown
    assert [place for place, call in shown if not is_safe_tip(call.args[1])] == []


@pytest.mark.parametrize(
    ("code", "safe"),
    [
        ("tip(name)", False),
        ("name", False),
        ("f'{name}'", False),
        ("text('a.b', what=name)", False),
        ("tooltip_text(name) if name else name", False),
        ("tooltip_text(name) if name else ''", True),
        ("text('a.b')", True),
    ],
)
def test_the_check_of_tooltips_can_fail(code: str, safe: bool) -> None:
    assert is_safe_tip(ast.parse(code, mode="eval").body) is safe


def test_models_give_escaped_tooltips_only() -> None:
    """What stands below ``if role == ToolTipRole`` is a `return` of something safe."""
    met = 0
    for file in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.If) and "ToolTipRole" in ast.unparse(node.test):
                for each in ast.walk(node):
                    if isinstance(each, ast.Return) and each.value is not None:
                        met += 1
                        assert is_safe_tip(each.value), f"{file.name}:{each.lineno}"
    assert met >= 3


def test_labels_are_made_in_one_place_and_message_boxes_nowhere() -> None:
    for name in ("QLabel", "QMessageBox", "QErrorMessage", "QTextBrowser", "QTextEdit", "setHtml"):
        assert [place for place, _ in calls(name)] == []
    classes = [
        f"{file.relative_to(SOURCE)}: {node.name}"
        for file in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and any("QLabel" in ast.unparse(base) for base in node.bases)
    ]
    assert classes == ["widgets/plain.py: PlainLabel"]
    formats = {place.partition(":")[0] for place, _ in calls("setTextFormat")}
    assert formats == {"widgets/plain.py"}


# by looking


def faults(top: QWidget) -> list[str]:
    """What would be read as markup or as a mnemonic."""
    found = []
    for widget in [top, *top.findChildren(QWidget)]:
        tip = widget.toolTip()
        inner = re.fullmatch(r"<p style='white-space: pre-wrap'>(.*)</p>", tip, re.DOTALL)
        if Rich.mightBeRichText(tip) and (inner is None or "<" in inner[1]):
            found.append(f"tooltip of {type(widget).__name__}: {tip}")
        if isinstance(widget, QLabel) and widget.textFormat() != Qt.TextFormat.PlainText:
            found.append(f"label: {widget.text()!r}")
        odd = isinstance(widget, QAbstractButton) and "<b>" in widget.text()
        if odd and ("&" in widget.text().replace("&&", "") or not widget.shortcut().isEmpty()):
            found.append(f"button: {widget.text()!r}")
        if isinstance(widget, QMessageBox):
            found.append("a message box")
        found += [
            f"action: {action.text()!r}"
            for action in widget.actions()
            if "<b>" in action.text() and "&" in action.text().replace("&&", "")
        ]
    return found


def hostile(theme: Theme, folder: Path) -> dict[str, Dialog]:
    """Every dialog that shows a name of somebody else, with the worst of names."""
    settings = Settings(folder / "hostile.ini")
    odd = folder / ODD_FILE
    bad = type("Bad", (), {"ok": False, "checked": 3, "problems": (), "head": b"x" * 32, "warnings": ()})()
    return {
        "question": QuestionDialog(theme, ODD, OLD_AND_NEW, "certificate"),
        "limit": QuestionDialog(theme, ODD, OLD_AND_NEW, "limit"),
        "manners": MannersDialog(theme, ODD, Manners(every=86400), settings, _no_spawn),
        "charter": CharterDialog(theme, ODD, CHARTER),
        "source": SourceChoice(theme, [(ODD, f"http://203.0.113.9/{ODD}"), ("b", "c")]),
        "verified": VerifiedDialog(theme, ODD, bad),
        "tag": TagDialog(theme, 3, [ODD, "knife"], remove=False),
        "intake": IntakeDialog(theme, Sorted(evidence=(odd,))),
        "export": ExportDialog(theme, settings, _no_spawn, Filter(tag=(ODD,), source=(ODD,)), ODD),
        "conduct": ConductDialog(theme, ODD, [(ODD, ODD)], ODD, clean=True, confirmed=ODD, writable=True),
    }


@pytest.mark.parametrize("name", sorted(samples(Theme(), Path())))
def test_all_dialogs(qapp: QApplication, theme: Theme, tmp_path: Path, name: str) -> None:
    case_stub(tmp_path)
    dialog = samples(theme, tmp_path)[name]()
    dialog.show()
    assert faults(dialog) == []
    dialog.close()
    dialog.deleteLater()


def test_dialogs_with_hostile_names(qapp: QApplication, theme: Theme, tmp_path: Path) -> None:
    for name, dialog in hostile(theme, tmp_path).items():
        dialog.show()
        assert faults(dialog) == [], name
        assert any("<b>" in each.text() for each in dialog.findChildren(QLabel)) or name in ("intake", "source"), name
        dialog.close()
        dialog.deleteLater()


@pytest.fixture
def hostile_case(tmp_path: Path) -> Path:
    """Markup in every name that a case can hold."""
    seen = draw(tmp_path / "server", (ODD_FILE, f"<i>d &amp; e/{ODD_FILE}"))
    log = tmp_path / "<b>access.log"
    name = ODD_FILE.replace(" ", "%20")
    line = f'192.0.2.14 - <b>u [03/Jan/2024:09:00:00 +0000] "PUT /{name} HTTP/1.1" 201 0 "-" "{ODD}"\n'
    log.write_text(line, encoding="utf-8")
    with create(tmp_path / "odd.wbcase", ODD, ODD) as case, Pool(1) as pool:
        intake.add(case, [seen], intake.Order(ODD, scope="complete"), pool, Progress())
        logs.add(case, log, pool, Progress())
        item = case.ask(lambda reader: reader.value("SELECT id FROM object ORDER BY id LIMIT 1"))
        case.run(marks.tag, [("object", item)], ODD)
        case.run(marks.note, [("object", item)], ODD)
        case.run(marks.journal, ODD)
    return tmp_path / "odd.wbcase"


def test_the_window_with_hostile_names_everywhere(run: Run, robot: WindowRobot, hostile_case: Path) -> None:
    async def scenario() -> None:
        await robot.open(hostile_case)
        robot.act("show-activity")
        robot.select(0)
        await robot.calm()
        window = robot.window
        window.toast.error(ODD, [(ODD, lambda: None)])
        assert faults(window) == []
        assert any(ODD in each.text() for each in window.findChildren(QLabel))
        model = window.panes["files"].model  # type: ignore[attr-defined]
        tip = model.index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
        assert tip is None or "<img" not in tip
        robot.act("view-image")
        await robot.calm()
        assert faults(window) == []

    run(scenario())


def test_the_helpers_themselves(qapp: QApplication) -> None:
    assert "&lt;b&gt;" in tooltip_text(ODD)
    assert "\ufffd" not in tooltip_text("one\ntwo")
    assert button_text("A & B") == "A && B"
    label = PlainLabel(ODD)
    assert label.textFormat() is Qt.TextFormat.PlainText
    assert label.text() == ODD
    label.deleteLater()
