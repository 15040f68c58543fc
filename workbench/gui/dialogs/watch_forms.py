"""The two forms of watching, used by the assistant and on their own: the charter, and manners with schedule."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from workbench.core.errors import UserError
from workbench.gui.dialogs.choose import PathField
from workbench.gui.dialogs.dialog import Form
from workbench.gui.settings import ANCHORS, Settings
from workbench.gui.texts import message_text, text
from workbench.gui.watching import GIGABYTE, HOUR, LONGEST, MEGABYTE, Charter, Manners, own_addresses

Spawn = Callable[[Coroutine[Any, Any, Any]], object]
TRUST = ("listing", "etag", "never")
UNITS = (MEGABYTE, GIGABYTE, 1000 * GIGABYTE)
MOST_HOURS = 24 * 31
HIGH = 28
"""Pixels of a field with arrows, as the others have by themselves."""


class CharterForm(QWidget):
    """Who, why, by what authority and legal basis, how it was found, from which connection."""

    def __init__(self, charter: Charter, *, first: bool) -> None:
        super().__init__()
        form = Form()
        self.fields: dict[str, QLineEdit] = {}
        for name in Charter.names():
            line = QLineEdit(getattr(charter, name))
            line.setMaxLength(LONGEST)
            line.setCursorPosition(0)
            self.fields[name] = line
            form.add(f"watch.charter.{name}", line, f"watch.charter.{name}.help")
        self.own = QLineEdit()
        self.contact = QLineEdit()
        self.contact.setMaxLength(200)
        if first:
            form.add("watch.own", self.own, "watch.own.help")
            form.add("watch.contact", self.contact, "watch.contact.help")
        else:
            self.own.setParent(self)
            self.contact.setParent(self)
            self.own.hide()
            self.contact.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(form)
        column.addStretch(1)

    def charter(self) -> Charter:
        """What stands there."""
        return Charter(**{name: " ".join(line.text().split()) for name, line in self.fields.items()})

    def check(self) -> tuple[str, QWidget | None]:
        """What is missing and where: somebody and a reason are the least."""
        charter = self.charter()
        for name in ("who", "why"):
            if not getattr(charter, name):
                return text(f"watch.charter.{name}.missing"), self.fields[name]
        try:
            own_addresses(self.own.text())
        except UserError as error:
            return message_text(error.message), self.own
        contact = self.contact.text()
        if not (contact.isascii() and contact.isprintable()) or set(contact) & set("()\\"):
            return text("watch.contact.unreadable"), self.contact
        return "", None


class MannersForm(QWidget):
    """How fast, how much, how far unchanged files are trusted, how often; and where anchors go."""

    def __init__(self, manners: Manners, settings: Settings, spawn: Spawn, *, anchors: bool = True) -> None:
        super().__init__()
        self._before = manners
        self.rate = QDoubleSpinBox(decimals=1, singleStep=0.5, maximum=100, value=manners.rate)
        self.rate.setSpecialValueText(text("watch.rate.unlimited"))
        self.rate.setSuffix(text("watch.rate.suffix"))
        self.list_only = QCheckBox()
        self.list_only.setChecked(manners.list_only)
        self.files = QSpinBox(maximum=100_000_000, singleStep=1000, value=manners.limit_files or 0)
        self.files.setSpecialValueText(text("watch.limit.none"))
        self.files.setGroupSeparatorShown(True)
        self.bytes = QDoubleSpinBox(decimals=1, maximum=1_000_000)
        self.bytes.setSpecialValueText(text("watch.limit.none"))
        self.unit = QComboBox()
        self.unit.setAccessibleName(text("watch.unit"))
        for unit in UNITS:
            self.unit.addItem(text(f"watch.unit.{unit // MEGABYTE}"), unit)
        self._show_bytes(manners.limit_bytes)
        self.tree_depth = QSpinBox(minimum=1, maximum=10_000, value=manners.limit_depth)
        self.most_folders = QSpinBox(minimum=1, maximum=10_000_000, singleStep=1000, value=manners.limit_folders)
        self.most_folders.setGroupSeparatorShown(True)
        self.most_minutes = QSpinBox(maximum=100_000, singleStep=10, value=-(-(manners.limit_time or 0) // 60))
        self.most_minutes.setSpecialValueText(text("watch.limit.none"))
        self.most_minutes.setSuffix(text("watch.most-minutes.suffix"))
        self.trust = QComboBox()
        for word in TRUST:
            self.trust.addItem(text(f"watch.trust.{word}"), word)
        self.trust.setCurrentIndex(max(self.trust.findData(manners.trust), 0))
        self.every = QSpinBox(maximum=MOST_HOURS, value=(manners.every or 0) // HOUR)
        self.every.setSpecialValueText(text("watch.every.by-hand"))
        self.every.setPrefix(text("watch.every.prefix"))
        self.every.setSuffix(text("watch.every.suffix"))
        self.anchors = PathField(settings, "folder", "anchors", spawn)
        kept = settings.get(ANCHORS)
        self.anchors.set_path(Path(kept) if kept else None)
        for field in (
            self.rate,
            self.files,
            self.bytes,
            self.tree_depth,
            self.most_folders,
            self.most_minutes,
            self.every,
        ):
            field.lineEdit().setTextMargins(6, 0, 0, 0)
            field.setFixedHeight(HIGH)
        self._lay_out(anchors)

    def _lay_out(self, anchors: bool) -> None:
        amount = QHBoxLayout()
        amount.setSpacing(6)
        amount.addWidget(self.bytes, 1)
        amount.addWidget(self.unit)
        form = Form()
        form.add("watch.rate", self.rate, "watch.rate.help")
        form.add("watch.bytes", amount, "watch.bytes.help", named=self.bytes)
        form.add("watch.files", self.files)
        form.add("watch.tree-depth", self.tree_depth)
        form.add("watch.most-folders", self.most_folders)
        form.add("watch.most-minutes", self.most_minutes, "watch.most-minutes.help")
        form.add("watch.list-only", self.list_only)
        form.add("watch.trust", self.trust, "watch.trust.help")
        form.add("watch.every", self.every, "watch.every.help")
        if anchors:
            form.add("watch.anchors", self.anchors, "watch.anchors.help", named=self.anchors.edit)
        else:
            self.anchors.setParent(self)
            self.anchors.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(form)
        column.addStretch(1)
        self.list_only.toggled.connect(lambda on: self._fetching(not on))
        self._fetching(not self.list_only.isChecked())

    def _fetching(self, fetches: bool) -> None:
        """What concerns bytes of files is idle when only names are read."""
        for widget in (self.bytes, self.unit, self.trust):
            widget.setEnabled(fetches)

    def _show_bytes(self, limit: int | None) -> None:
        unit = next((each for each in reversed(UNITS) if limit and limit >= each), UNITS[1])
        self.unit.setCurrentIndex(UNITS.index(unit))
        self.bytes.setValue((limit or 0) / unit)

    def manners(self) -> Manners:
        """What stands there; contact, robots and proxy as they were."""
        limit = round(self.bytes.value() * int(self.unit.currentData()))
        return Manners(
            rate=round(self.rate.value(), 1),
            list_only=self.list_only.isChecked(),
            limit_files=self.files.value() or None,
            limit_bytes=limit or None,
            limit_depth=self.tree_depth.value(),
            limit_folders=self.most_folders.value(),
            limit_time=self.most_minutes.value() * 60 or None,
            trust=str(self.trust.currentData()),
            every=self.every.value() * HOUR or None,
            contact=self._before.contact,
            robots=self._before.robots,
            proxy=self._before.proxy,
        )

    def check(self) -> tuple[str, QWidget | None]:
        """A folder for anchors that is there, if one was named."""
        folder = self.anchors.path
        if folder is not None and not folder.is_dir():
            return text("new.missing-folder", folder=str(folder)), self.anchors.edit
        return "", None
