"""What the person prefers and what the window remembers, typed, in one INI file per user.

`SETTINGS` is the whole list of preferences: the preferences dialog is made from it, and a test asks that each one has
its words. Remembered things (`Memory`) are never shown as preferences.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from PySide6.QtCore import QByteArray, QObject, QSettings, Signal

T = TypeVar("T", str, int, bool)

MOST_RECENT = 12


@dataclass(frozen=True)
class Setting(Generic[T]):
    """One preference. Its words are ``setting.KEY`` and ``setting.KEY.help``, its choices ``setting.KEY.CHOICE``."""

    key: str
    default: T
    group: str
    choices: tuple[T, ...] = ()


THEME = Setting("theme", "system", "look", ("system", "light", "dark"))
LANGUAGE = Setting("language", "en", "look", ("en",))
THUMBNAILS = Setting("thumbnails", 2, "look", (0, 1, 2, 3, 4))
EXAMINER = Setting("examiner", "", "work")
ZONE = Setting("zone", "UTC", "work")
CONFIRM_OWN = Setting("confirm-own", True, "work")
CONFIRM_STOP = Setting("confirm-stop", True, "work")
REOPEN = Setting("reopen", False, "work")
ANCHORS = Setting("anchors", "", "work")
"""The folder outside of all cases into which heads are written down; empty for none."""

SETTINGS: tuple[Setting[str] | Setting[int] | Setting[bool], ...] = (
    THEME,
    LANGUAGE,
    THUMBNAILS,
    EXAMINER,
    ZONE,
    REOPEN,
    CONFIRM_OWN,
    CONFIRM_STOP,
    ANCHORS,
)


def default_file() -> Path:
    """Where the settings of this user lie."""
    from platformdirs import user_config_path

    return user_config_path("workbench", appauthor=False) / "window.ini"


class Settings(QObject):
    """Preferences and memory. Main thread. A damaged or foreign value reads as the default."""

    changed = Signal(str)
    """The key of a preference that has another value now."""

    def __init__(self, file: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = QSettings(str(file), QSettings.Format.IniFormat)
        self.file = file

    def get(self, setting: Setting[T]) -> T:
        """The value of now."""
        stored = self._store.value(f"preferences/{setting.key}")
        value = _as(setting, stored)
        if value is None or (setting.choices and value not in setting.choices):
            return setting.default
        return value

    def set(self, setting: Setting[T], value: T) -> None:
        """Keep another value; equal values are no event."""
        if value != self.get(setting):
            self._store.setValue(f"preferences/{setting.key}", value)
            self.changed.emit(setting.key)

    # memory

    def recent(self) -> list[Path]:
        """Cases, the last one first; they may be gone."""
        stored = self._store.value("memory/recent") or []
        listed = [stored] if isinstance(stored, str) else stored if isinstance(stored, list) else []
        return [Path(str(each)) for each in listed if each]

    def remember_case(self, path: Path) -> None:
        """Put a case on top of the list."""
        kept = [each for each in self.recent() if each != path.absolute()]
        self._store.setValue("memory/recent", [str(path.absolute()), *map(str, kept)][:MOST_RECENT])

    def forget_case(self, path: Path) -> None:
        """Take a case off the list; the case itself is not touched."""
        self._store.setValue("memory/recent", [str(each) for each in self.recent() if each != path])

    def folder(self, purpose: str) -> str:
        """The folder that was used last for a purpose, empty when it is gone."""
        stored = str(self._store.value(f"memory/folder-{purpose}") or "")
        return stored if stored and Path(stored).is_dir() else ""

    def remember_folder(self, purpose: str, folder: Path) -> None:
        """Where the next dialog for this purpose begins."""
        self._store.setValue(f"memory/folder-{purpose}", str(folder.absolute()))

    def state(self, name: str) -> QByteArray:
        """Bytes that Qt made of a window; empty when there are none."""
        stored = self._store.value(f"memory/{name}")
        return stored if isinstance(stored, QByteArray) else QByteArray()

    def remember_state(self, name: str, state: QByteArray) -> None:
        """Keep bytes that Qt made."""
        self._store.setValue(f"memory/{name}", state)

    def flag(self, name: str, default: bool = False) -> bool:
        """A remembered yes or no."""
        return _truth(self._store.value(f"memory/{name}"), default)

    def remember_flag(self, name: str, value: bool) -> None:
        """Remember a yes or no."""
        self._store.setValue(f"memory/{name}", value)

    def sync(self) -> None:
        """Write it down now."""
        self._store.sync()


def _as(setting: Setting[T], stored: object) -> T | None:
    if stored is None:
        return None
    if isinstance(setting.default, bool):
        return _truth(stored, setting.default)
    if isinstance(setting.default, int):
        try:
            return int(str(stored))
        except ValueError:
            return None
    return str(stored)


def _truth(stored: object, default: bool) -> bool:
    return {"true": True, "false": False, "1": True, "0": False}.get(str(stored).lower(), default)
