"""What the command line does with words: help, order of options, mistakes, cases that are none."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import pytest

from tests.cli.running import listed, run
from workbench.cli import commands
from workbench.cli.call import Command
from workbench.cli.main import main, overview
from workbench.cli.parsing import parse, parser_of
from workbench.core.filter import Filter
from workbench.workspace import Opening

CONTRACT = (
    "open", "new", "add", "logs", "analyze", "files", "sightings", "changes", "events", "rejects", "origins",
    "timeline", "similar", "groups", "mark", "note", "undo", "custody", "bundle", "verify", "anchor", "own", "demo",
    "watch", "schedule", "import", "charter", "requests", "coverage", "decide",
)  # fmt: skip
LATER = ("dataset",)
LISTS = (
    "files", "sightings", "changes", "events", "rejects", "origins", "timeline", "similar", "groups", "custody",
    "requests", "coverage",
)  # fmt: skip
CHANGING = (
    "new",
    "add",
    "logs",
    "analyze",
    "mark",
    "note",
    "undo",
    "anchor",
    "own",
    "charter",
    "decide",
    "watch",
    "import",
)


def command(name: str) -> Command:
    found = commands.find(name)
    assert found is not None
    return found


@pytest.fixture
def case(tmp_path: Path) -> Path:
    run("new", tmp_path / "a.wbcase", "--examiner", "Kim")
    return tmp_path / "a.wbcase"


def test_the_table_is_the_contract() -> None:
    assert set(commands.SUMMARIES) == set(CONTRACT)
    for name in CONTRACT:
        assert command(name).name == name


@pytest.mark.parametrize("name", CONTRACT)
def test_every_command_explains_itself_with_an_example(name: str) -> None:
    text = run(name, "--help").out
    assert commands.SUMMARIES[name].split(":")[0][:20].lower() in text.lower()
    assert command(name).examples
    for example in command(name).examples:
        assert example in text
        program, word, *words = shlex.split(example)
        assert (program, word) == ("workbench", name)
        parse(command(name), "", words)  # the example can be typed as it stands
    assert run("help", name).out == text


def test_what_the_readme_tells_to_type_can_be_typed() -> None:
    text = (Path(__file__).resolve().parents[2] / "README.md").read_text("utf-8")
    lines = [each for each in text.splitlines() if each.startswith("workbench ")]
    assert lines
    for each in lines:
        _, word, *words = shlex.split(each, comments=True)
        parse(command(word), "", words)


def test_help_lists_every_command() -> None:
    text = run("--help").out
    assert text == overview() == run("help").out == run("-h").out
    for name in CONTRACT:
        assert re.search(rf"^  {name} ", text, re.MULTILINE)
    for name in LATER:
        assert not re.search(rf"\b{name}\b", text)
    assert "example" in text
    assert run("--version").out.startswith("workbench ")


@pytest.mark.parametrize("name", [*LATER, "nonsense", "--nonsense", "CASE", "fil"])
def test_an_unknown_word_is_wrong_use(name: str) -> None:
    ran = run(name, "x", code=2)
    assert ran.out == ""
    assert len(ran.err.splitlines()) == 1
    assert name in ran.err


@pytest.mark.parametrize("name", [each for each in CONTRACT if each not in ("verify", "demo", "open")])
def test_options_that_every_command_on_a_case_takes(name: str) -> None:
    options = parser_of(command(name), "")._option_string_actions
    assert "--json" in options
    assert ("--actor" in options) or name not in CHANGING


def test_options_stand_before_or_after_arguments(case: Path) -> None:
    expected = run("files", case, "--json", "--type", "image").out
    for words in (
        ("files", "--json", case, "--type", "image"),
        ("files", "--type", "image", "--json", case),
        ("files", "--type=image", case, "--json"),
        ("--json", "files", "--type", "image", case),
    ):
        assert run(*words).out == expected
    assert run("note", "--actor", "Lee", case, "--", "--dashes first").code == 0
    assert run("--actor", "Lee", "note", case, "one").code == 0
    assert run("--actor=Lee", "note", case, "two").code == 0
    assert [row["actor"] for row in listed("custody", case)] == ["Kim", "Lee", "Lee", "Lee"]


def test_arguments_may_be_scattered(case: Path, tmp_path: Path) -> None:
    for name in ("one", "two", "-three"):
        (tmp_path / name).write_text(name)
    run("add", case, tmp_path / "one", "--source", "s", tmp_path / "two", "--scope", "partial")
    assert {path for row in listed("files", case) for path in row["paths"]} == {"one", "two"}
    before = Path.cwd()
    os.chdir(tmp_path)
    try:
        run("add", case, "--", "-three")
    finally:
        os.chdir(before)
    assert "-three" in {path for row in listed("files", case) for path in row["paths"]}


def test_the_suffix_may_be_left_out(case: Path) -> None:
    assert run("files", case.with_suffix("")).code == 0


WRONG = [
    ("files",),
    ("files", "CASE", "extra"),
    ("files", "CASE", "--nonsense"),
    ("files", "CASE", "--typ", "image"),
    ("files", "CASE", "--since"),
    ("files", "CASE", "--since", "yesterday"),
    ("files", "CASE", "--since", "2024-13-01"),
    ("files", "CASE", "--until", "2024-01-01T25:00"),
    ("files", "CASE", "--clock", "sundial"),
    ("files", "CASE", "--type", "picture"),
    ("files", "CASE", "--not-type", "picture"),
    ("files", "CASE", "--state", "fine"),
    ("files", "CASE", "--change", "gone"),
    ("files", "CASE", "--snapshot", "one"),
    ("files", "CASE", "--address", "300.1.1.1"),
    ("files", "CASE", "--not-address", "10.0.0.0/99"),
    ("files", "CASE", "--country", "Spain"),
    ("files", "CASE", "--asn", "ASX"),
    ("files", "CASE", "--action", "steal"),
    ("timeline", "CASE", "--by", "week"),
    ("timeline", "CASE", "--zone", "Mars/Base"),
    ("timeline", "CASE", "--zone", "+99:00"),
    ("changes", "CASE", "--from", "x"),
    ("similar", "CASE"),
    ("groups", "CASE", "--distance", "-1"),
    ("add", "CASE"),
    ("add", "CASE", "absent"),
    ("add", "CASE", ".", "--observed", "noon"),
    ("add", "CASE", ".", "--scope", "all"),
    ("add", "CASE", ".", "--series", "%Q"),
    ("add", "CASE", ".", "..", "--series", "%Y-%m-%d"),
    ("logs", "CASE"),
    ("analyze", "CASE", "--only", "nonsense"),
    ("mark", "CASE"),
    ("note", "CASE"),
    ("note", "CASE", " "),
    ("note", "CASE", "x", "--actor", " "),
    ("undo", "CASE"),
    ("undo", "CASE", "99"),
    ("undo", "CASE", "1"),
    ("undo", "CASE", "nonsense"),
    ("own", "CASE"),
    ("bundle", "CASE"),
    ("bundle", "CASE", "out", "--redact", "absent"),
    ("bundle", "CASE", "out", "--sign", "absent"),
    ("verify",),
    ("demo",),
    ("new",),
    ("open", "absent.wbcase"),
    ("open", "CASE", "--size", "big"),
    ("open", "CASE", "--theme", "pink"),
]


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_wrong_use_is_one_sentence_and_changes_nothing(words: tuple[str, ...], case: Path, tmp_path: Path) -> None:
    before = os.getcwd()  # noqa: PTH109
    empty = tmp_path / "empty"
    empty.mkdir()
    os.chdir(empty)
    try:
        ran = run(*(case if word == "CASE" else word for word in words), code=2)
    finally:
        os.chdir(before)
    assert ran.out == ""
    assert len(ran.err.strip().splitlines()) == 1, ran.err
    assert len(listed("custody", case)) == 1
    assert list(empty.iterdir()) == []


def _cases(tmp_path: Path) -> dict[str, Path]:
    run("new", tmp_path / "newer")
    newer = tmp_path / "newer.wbcase"
    data = bytearray(newer.read_bytes())
    data[60:64] = (99).to_bytes(4, "big")
    newer.write_bytes(data)
    (tmp_path / "text.wbcase").write_text("no case")
    (tmp_path / "empty.wbcase").write_bytes(b"")
    (tmp_path / "folder.wbcase").mkdir()
    return {
        "absent": tmp_path / "absent.wbcase",
        "text": tmp_path / "text.wbcase",
        "empty": tmp_path / "empty.wbcase",
        "folder": tmp_path / "folder.wbcase",
        "newer": newer,
    }


@pytest.mark.parametrize("kind", ["absent", "text", "empty", "folder", "newer"])
def test_what_is_no_case_of_ours(kind: str, tmp_path: Path) -> None:
    path = _cases(tmp_path)[kind]
    verify = () if kind == "newer" else (("verify", path),)  # of that one it can say what is wrong with it
    for words in (("files", path), ("note", path, "x"), ("custody", path), ("add", path, tmp_path), *verify):
        ran = run(*words, code=2)
        assert ran.out == ""
        assert len(ran.err.splitlines()) == 1


def test_a_synchronised_folder_needs_a_clear_yes(tmp_path: Path) -> None:
    folder = tmp_path / "Dropbox"
    folder.mkdir()
    assert "Dropbox" in run("new", folder / "a", code=2).err or "dropbox" in run("new", folder / "a", code=2).err
    assert list(folder.iterdir()) == []
    run("new", folder / "a", "--allow-risky-place")
    run("note", folder / "a", "x", code=2)
    run("note", folder / "a", "x", "--allow-risky-place")


@pytest.mark.skipif(os.geteuid() == 0, reason="the administrator may write anywhere")
def test_a_case_that_cannot_be_written(case: Path) -> None:
    case.chmod(0o400)
    case.parent.chmod(0o500)
    try:
        assert "reading only" in run("note", case, "x", code=2).err
        assert run("files", case).code == 0
        assert run("verify", case).code == 0
    finally:
        case.parent.chmod(0o700)


def test_a_mistake_of_ours_is_told_in_a_sentence(case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from workbench.queries import files

    def broken(*_: object) -> object:
        raise RuntimeError("secret inside")

    monkeypatch.setattr(files, "rows", broken)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    ran = run("files", case, code=3)
    assert len(ran.err.splitlines()) == 1
    assert "mistake in Workbench" in ran.err
    report = next((tmp_path / "state").rglob("crash-*.txt"))
    assert str(report) in ran.err
    assert "secret inside" in report.read_text()


class Window:
    """Opens nothing and remembers how it was asked to."""

    def __init__(self) -> None:
        self.calls: list[Opening] = []

    def __call__(self, opening: Opening) -> int:
        self.calls.append(opening)
        return 0


def test_the_window_opens(case: Path) -> None:
    window = Window()
    assert [main([*words], window) for words in ((), ("open",), ("open", str(case)))] == [0, 0, 0]
    assert window.calls == [Opening(), Opening(), Opening(case)]


def test_the_window_opens_on_a_filter(case: Path) -> None:
    window = Window()
    assert main(["open", str(case), "--not-label", "vpn", "--focus", "192.0.2.1"], window) == 0
    assert window.calls == [Opening(case, Filter(not_label=("vpn",)), "192.0.2.1")]


def test_the_window_is_drawn(case: Path, tmp_path: Path) -> None:
    window, picture = Window(), tmp_path / "window.png"
    words = [
        "open",
        "--screenshot",
        str(picture),
        str(case),
        "--size",
        "1440x900",
        "--theme",
        "dark",
        "--pane",
        "origins",
    ]
    assert main(words, window) == 0
    assert window.calls == [
        Opening(case, screenshot=picture, size=(1440, 900), theme="dark", pane="origins"),
    ]


def test_without_a_window_to_open() -> None:
    assert "cannot be opened" in run("open", code=2).err
