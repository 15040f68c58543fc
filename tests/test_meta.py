"""Rules of the whole house: what is registered is documented and tested, codes have words, files stay small."""

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
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

import workbench
from workbench.analyze.registry import ANALYZERS
from workbench.case.operation import REGISTRY
from workbench.core import records
from workbench.core.messages import catalogue

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "workbench"
LINES = 400
LONGER = {
    "demo/figures.py": "drawing of people, one table of curves",
    "gui/widgets/gallery.py": "one widget and its events",
}
"""Modules that may be longer, and why."""


@cache
def sources() -> dict[str, str]:
    return {str(path.relative_to(PACKAGE)): path.read_text(encoding="utf-8") for path in sorted(PACKAGE.rglob("*.py"))}


@cache
def text_of_tests() -> str:
    return "\n".join(
        path.read_text(encoding="utf-8")
        for path in sorted((ROOT / "tests").rglob("*.py"))
        if path.name != "test_meta.py"
    )


def modules(room: str) -> list[str]:
    package = importlib.import_module(f"workbench.{room}")
    return [each.name for each in pkgutil.iter_modules(package.__path__, f"workbench.{room}.")]


@pytest.fixture(scope="module", autouse=True)
def _all_ops() -> None:
    for name in modules("ops"):
        importlib.import_module(name)


def ops() -> dict[str, str]:
    for name in modules("ops"):
        importlib.import_module(name)
    importlib.import_module("workbench.bundle.rebuild")
    return {
        name: f"{op.function.__module__.rpartition('.')[2]}.{op.function.__name__}"
        for name, op in REGISTRY.items()
        if not name.startswith(("test.", "bench."))
    }


@pytest.mark.parametrize("name", ops())
def test_every_op_says_what_it_does_and_is_tested(name: str) -> None:
    op = REGISTRY[name]
    assert op.doc.endswith((".", ",", ";")) or len(op.doc) > 20
    where = ops()[name]
    verb = where.rpartition(".")[2]
    used = [where, f'"{name}"', f"case.{verb}", f"{verb}("]
    assert any(each in text_of_tests() for each in used[:2]) or re.search(
        rf"\b{re.escape(verb.lstrip('_'))}\b", text_of_tests()
    ), where


def public_functions(room: str) -> Iterator[tuple[str, str]]:
    for name in modules(room):
        module = importlib.import_module(name)
        for key, value in vars(module).items():
            if inspect.isfunction(value) and value.__module__ == name and not key.startswith("_"):
                yield name, key


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


def reads() -> list[str]:
    """Functions that a reader is given to: the queries of the program."""
    found = []
    for name, key in public_functions("queries"):
        function = getattr(importlib.import_module(name), key)
        if next(iter(inspect.signature(function).parameters), "") == "reader":
            found.append(f"{name.rpartition('.')[2]}.{key}")
    return found


def test_every_query_is_used_and_thereby_tested() -> None:
    """By name in a test, or by the code that a test drives."""
    everything = text_of_tests() + "\n".join(text for _, text in sources().items())
    words = Counter(re.findall(r"\w+", everything))
    unused = [each for each in reads() if words[each.rpartition(".")[2]] < 2]
    assert not unused


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


def test_files_stay_small() -> None:
    long = {
        name: text.count("\n") for name, text in sources().items() if text.count("\n") > LINES and name not in LONGER
    }
    assert not long
    stale = [name for name in LONGER if name in sources() and sources()[name].count("\n") <= LINES]
    assert not stale, "these are short again"


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


def test_every_command_is_explained() -> None:
    commands = imported("workbench.cli.commands")
    if commands is None:
        pytest.skip("there is no command line yet")
    for name, summary in commands.SUMMARIES.items():  # type: ignore[attr-defined]
        assert summary, name
        found = commands.find(name)  # type: ignore[attr-defined]
        assert found is not None, name
        assert re.search(rf"[\"']{name}[\"']", text_of_tests()), f"no test uses {name}"


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


@pytest.mark.parametrize("name", [each.name for each in ANALYZERS])
def test_every_analyzer_is_tested(name: str) -> None:
    assert re.search(rf"[\"']{name}[\"']", text_of_tests())


def test_every_log_format_and_source_is_text_of_tests() -> None:
    from workbench.logs import registry

    formats = [each.name for each in registry.FORMATS]
    assert formats
    assert [each for each in formats if not re.search(rf"[\"']{each}[\"']", text_of_tests())] == []
    kinds = set(
        re.findall(
            r"kind = \"([a-z]+)\"", "\n".join(text for name, text in sources().items() if name.startswith("sources/"))
        )
    )
    assert {each for each in kinds if not re.search(rf"[\"']{each}[\"']", text_of_tests())} == set()


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
