"""Preferences, made from the typed list of settings. They apply at once."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QWidget

from workbench.core.errors import UserError
from workbench.core.times import parse_zone
from workbench.gui.dialogs.dialog import Dialog, Form
from workbench.gui.settings import SETTINGS, ZONE, Setting, Settings
from workbench.gui.texts import message_text, text
from workbench.gui.theme import Theme
from workbench.jobs.sandbox import protection


class PreferencesDialog(Dialog):
    """One row a setting, grouped."""

    def __init__(self, theme: Theme, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(theme, "preferences", text("preferences.title"), "", 680, parent)
        self._settings = settings
        self.fields: dict[str, QWidget] = {}
        group = ""
        form = Form()
        for setting in SETTINGS:
            if setting.group != group:
                group = setting.group
                self.section(text(f"preferences.{group}"))
                form = Form()
                self.body.addWidget(form)
            field = self._field(setting)
            self.fields[setting.key] = field
            form.add(f"setting.{setting.key}", field, f"setting.{setting.key}.help")
        self.section(text("preferences.protection"))
        self.paragraph(message_text(protection().message()), "dim")
        self.add_close()

    def _field(self, setting: Setting[Any]) -> QWidget:
        settings = self._settings
        value = settings.get(setting)
        if isinstance(setting.default, bool):
            box = QCheckBox()
            box.setChecked(bool(value))
            box.toggled.connect(lambda on: settings.set(setting, on))
            return box
        if setting.choices:
            combo = QComboBox()
            for choice in setting.choices:
                combo.addItem(text(f"setting.{setting.key}.{choice}"), choice)
            combo.setCurrentIndex(setting.choices.index(value))
            combo.currentIndexChanged.connect(lambda at: settings.set(setting, setting.choices[at]))
            return combo
        line = QLineEdit(str(value))
        line.editingFinished.connect(lambda: self._typed(setting, line))
        return line

    def _typed(self, setting: Setting[Any], line: QLineEdit) -> None:
        typed = line.text().strip()
        if setting is ZONE and typed != "local":
            try:
                parse_zone(typed)
            except UserError as error:
                self.show_problem(str(error))
                return
        self.show_problem("")
        self._settings.set(setting, typed)

    def check(self) -> str:
        """A zone that can be read."""
        field = self.fields[ZONE.key]
        if isinstance(field, QLineEdit) and field.text().strip() != "local":
            try:
                parse_zone(field.text().strip())
            except UserError:
                return text("zone-unknown", zone=field.text().strip())
        for setting in SETTINGS:
            line = self.fields[setting.key]
            if isinstance(line, QLineEdit):
                self._typed(setting, line)
        return ""
