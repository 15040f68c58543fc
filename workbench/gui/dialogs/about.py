"""What the program is, what it is made of, and whose data it carries."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from importlib import metadata

from PySide6.QtCore import QSize, Qt, qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QScrollArea, QTabWidget, QVBoxLayout, QWidget

from workbench import __version__
from workbench.core.resources import resource
from workbench.gui import icons
from workbench.gui.dialogs.dialog import Dialog
from workbench.gui.texts import text
from workbench.gui.theme import Theme, set_role, set_surface
from workbench.gui.widgets.plain import PlainLabel
from workbench.origins.attributions import Attribution

PACKAGES = (
    "PySide6-Essentials",
    "qasync",
    "pyqtgraph",
    "numpy",
    "pillow",
    "sqlite-utils",
    "puremagic",
    "defusedxml",
    "cryptography",
    "jinja2",
)


class AboutDialog(Dialog):
    """Versions, licences and attributions; all of it can be selected and copied."""

    def __init__(self, theme: Theme, said: Sequence[Attribution], parent: QWidget | None = None) -> None:
        super().__init__(theme, "about", text("about.title"), text("about.about", version=__version__), 640, parent)
        mark = PlainLabel()
        mark.setPixmap(icons.pixmap("app", theme.tokens.accent, 40, self.devicePixelRatioF()))
        self.body.addWidget(mark)
        tabs = QTabWidget()
        tabs.setAccessibleName(text("about.title"))
        tabs.setDocumentMode(True)
        tabs.addTab(_page(_data(said), text("about.data")), text("about.data"))
        tabs.addTab(_page(_versions(), text("about.versions"), mono=True), text("about.versions"))
        tabs.addTab(_page(_notice(), text("about.licence")), text("about.licence"))
        tabs.setMinimumHeight(280)
        self.body.addWidget(tabs, 1)
        self.add_button("about.copy", lambda: QGuiApplication.clipboard().setText(_versions()), left=True)
        self.add_close()

    def sizeHint(self) -> QSize:
        return QSize(660, 560)


def _page(words: str, name: str, *, mono: bool = False) -> QScrollArea:
    label = PlainLabel(words)
    label.setWordWrap(not mono)
    label.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    label.setAccessibleName(name)
    label.setAlignment(Qt.AlignmentFlag.AlignTop)
    label.setContentsMargins(4, 10, 10, 10)
    label.setProperty("data", True)
    if mono:
        set_role(label, "mono")
    inner = QWidget()
    column = QVBoxLayout(inner)
    column.setContentsMargins(0, 0, 0, 0)
    column.addWidget(label)
    set_surface(inner, "panel")
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setWidget(inner)
    area.setAccessibleName(name)
    return area


def _data(said: Sequence[Attribution]) -> str:
    return "\n\n".join(
        "\n".join(filter(None, (f"{each.title} · {each.release} · {each.licence}", each.text))) for each in said
    )


def _versions() -> str:
    lines = [f"Workbench {__version__}", f"Python {platform.python_version()}", f"Qt {qVersion()}"]
    for name in PACKAGES:
        try:
            lines.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            continue
    return "\n".join([*lines, f"{platform.system()} {platform.release()} {platform.machine()}"])


def _notice() -> str:
    """NOTICE, which says under which licence everything is."""
    packed = resource("NOTICE")
    if packed.is_file():
        return packed.read_text(encoding="utf-8")
    from pathlib import Path

    beside = Path(str(resource())).parent / "NOTICE"
    return beside.read_text(encoding="utf-8") if beside.is_file() else text("about.no-notice")
