"""Rules of the whole house: what is registered is documented, codes have words, nothing is dead."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import json
import pkgutil
import re
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

import workbench
from workbench.core import records
from workbench.core.messages import catalogue

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "workbench"


@cache
def sources() -> dict[str, str]:
    return {str(path.relative_to(PACKAGE)): path.read_text(encoding="utf-8") for path in sorted(PACKAGE.rglob("*.py"))}


def modules(room: str) -> list[str]:
    package = importlib.import_module(f"workbench.{room}")
    return [each.name for each in pkgutil.iter_modules(package.__path__, f"workbench.{room}.")]


@pytest.mark.parametrize(
    "room", ["core", "case", "ops", "queries", "jobs", "sources", "logs", "origins", "analyze", "bundle"]
)
def test_everything_public_is_documented(room: str) -> None:
    missing = []
    for name in modules(room):
        module = importlib.import_module(name)
        assert (module.__doc__ or "").strip(), name
        for key, value in vars(module).items():
            own = getattr(value, "__module__", None) == name and not key.startswith("_")
            if own and (inspect.isfunction(value) or inspect.isclass(value)) and not (value.__doc__ or "").strip():
                missing.append(f"{name}.{key}")
    assert not missing


CODE = re.compile(r"[a-z]+(-[a-z0-9]+)+")


@dataclass
class Read:
    """What is looked for in the syntax of all modules, which takes seconds to read."""

    spoken: set[str] = field(default_factory=set)
    """Words in the code that could be message codes."""
    called: list[tuple[str, str]] = field(default_factory=list)
    """Codes that are surely ones, with the module: the first argument of an error, message or stage."""
    prints: list[tuple[str, int]] = field(default_factory=list)
    """Module and line."""
    swallows: list[tuple[str, int]] = field(default_factory=list)
    """Module and line of what ignores any error."""


@cache
def syntax() -> Read:
    found = Read()
    for name, text in sources().items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
                found.spoken.add(node.value)
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                called = ast.unparse(node.func).rpartition(".")[2]
                value = node.args[0].value
                if called in ("UserError", "Message", "SourceError", "stage", "Refused") and isinstance(value, str):
                    found.called.append((name, value))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
                found.prints.append((name, node.lineno))
            if isinstance(node, ast.ExceptHandler) and len(node.body) == 1 and isinstance(node.body[0], ast.Pass):
                broad = node.type is None or ast.unparse(node.type) in ("Exception", "BaseException")
                if broad:
                    found.swallows.append((name, node.lineno))
    return found


def test_every_code_has_its_words() -> None:
    missing = sorted({f"{name}: {code}" for name, code in syntax().called if code not in catalogue()})
    assert not missing


MADE = re.compile(r"f\"([a-z-]+)\{")


def test_every_word_has_its_code() -> None:
    """Codes may be put together: ``f"verify-{kind}"`` speaks for all that begin like that."""
    prefixes = {each for text in sources().values() for each in MADE.findall(text)}
    endings = {each for text in sources().values() for each in re.findall(r"\{[^}\"]*\}(-[a-z-]+)\"", text)}
    spoken = syntax().spoken | {
        word for text in sources().values() for word in re.findall(r"[\"'`]([a-z]+(?:[-.][a-z0-9]+)*)[\"'`]", text)
    }
    dead = [
        code
        for code in catalogue()
        if code not in spoken
        and not code.startswith(tuple(prefixes))
        and not code.endswith(tuple(endings))
        and "." not in code
    ]
    assert not dead


def test_the_catalogue_s_templates_can_be_filled() -> None:
    for code, template in catalogue().items():
        assert template.strip() or "." in code, code  # the window leaves out what needs no words
        template.format_map(dict.fromkeys(re.findall(r"\{(\w+)", template), 1))


def test_no_prints_and_no_swallowed_errors() -> None:
    wrong = [f"{name}:{line} swallows" for name, line in syntax().swallows]
    for name, line in syntax().prints:
        if not name.startswith("cli/") and "noqa: T201 - " not in sources()[name].splitlines()[line - 1]:
            wrong.append(f"{name}:{line} prints")
    assert not wrong


def test_nothing_is_left_to_be_done() -> None:
    words = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    assert [name for name, text in sources().items() if words.search(text)] == []


def test_no_places_of_the_workshop_in_the_code() -> None:
    assert [name for name, text in sources().items() if "/" + "work/" in text.replace("/network/", "")] == []


def imported(name: str) -> object | None:
    return importlib.import_module(name) if importlib.util.find_spec(name) else None


def readme() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in ROOT.glob("*.md"))


def test_every_setting_and_action_has_words() -> None:
    if imported("PySide6.QtCore") is None or importlib.util.find_spec("workbench.gui.settings") is None:
        pytest.skip("there is no window here")
    settings = importlib.import_module("workbench.gui.settings")
    words = json.dumps(dict(catalogue()))
    missing = [each.key for each in settings.SETTINGS if f"setting.{each.key}" not in words]
    assert not missing
    if importlib.util.find_spec("workbench.gui.actions") is not None:
        actions = importlib.import_module("workbench.gui.actions")
        assert [
            each.id for each in actions.ACTIONS if f"action.{each.id}" not in words and f"action-{each.id}" not in words
        ] == []


def test_numbers_that_stand_in_cases_stay_what_they_are() -> None:
    """A case of today must read the same in five years."""
    actions = ("OTHER", "UPLOAD", "DOWNLOAD", "LIST", "DELETE", "MOVE", "LOGIN", "LOGIN_FAILED")
    assert {each.name: int(each) for each in records.Action} == {name: number for number, name in enumerate(actions)}
    from workbench.core.times import Precision, Zone

    assert [each.name for each in Zone] == ["UNKNOWN", "LINE", "GIVEN", "ASSUMED"]
    assert [each.name for each in Precision] == ["MICROSECOND", "MILLISECOND", "SECOND", "MINUTE", "HOUR", "DAY"]


def test_the_package_knows_its_version() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", workbench.__version__)
    assert readme()


def test_imports_go_downward() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run(['--no-cache'])"],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
