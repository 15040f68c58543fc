"""packaging/run and packaging/test in a checkout that is set up, with fakes for the program and the tools."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.packaging.shell import bash, copy_checkout, fake, set_up_with_seams

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the set-up scripts are for a POSIX shell")

# Notes every call; makes what the real program would make.
WORKBENCH = """
echo "$*" >>"$HOME/calls"
case "$1" in
  demo) test ! -e "$HOME/broken" || { echo "no room left" >&2; exit 2; }; mkdir "$2" && touch "$2/invented.wbcase" ;;
  open) if [ "${3:-}" = --screenshot ]; then touch "$4"; fi ;;
  bundle) mkdir "$3"; exit "$(cat "$HOME/bundle-exit" 2>/dev/null || echo 0)" ;;
  verify) exit "$(cat "$HOME/verify-exit" 2>/dev/null || echo 0)" ;;
esac
"""

# Answers for the version, runs the report reader for real, and plays pytest.
PYTHON = f"""
case "$1" in
  -c) echo 3.11 ;;
  -) exec '{sys.executable}' "$@" ;;
  -m) shift; echo "$TZ $*" >>"$HOME/calls"
    for word; do
      case "$word" in --junitxml=*) test ! -e "$HOME/report" || cp "$HOME/report" "${{word#*=}}" ;; esac
    done
    exit "$(cat "$HOME/pytest-exit" 2>/dev/null || echo 0)" ;;
esac
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = copy_checkout(tmp_path / "a checkout with blanks")
    for purpose in ("run", "test"):
        assert set_up_with_seams(folder, purpose).returncode == 0
    programs = folder / ".venv" / "bin"
    fake(programs, "workbench", WORKBENCH)
    fake(programs, "python", PYTHON)
    for tool in ("ruff", "mypy", "lint-imports"):
        fake(programs, tool, f'echo "{tool} $*" >>"$HOME/calls"; test ! -e "$HOME/bad-{tool}"')
    fake(folder / "fakes", "uname", "echo Linux")
    return folder


def call(checkout: Path, command: str, **env: str) -> subprocess.CompletedProcess[str]:
    return bash(f"packaging/{command}", checkout, checkout / "fakes", WORKBENCH_NO_SYSTEM="1", **env)


def calls(checkout: Path) -> list[str]:
    note = checkout / "calls"
    text = note.read_text().replace(str(checkout.resolve()), "HERE") if note.exists() else ""
    note.unlink(missing_ok=True)
    return text.splitlines()


# --- run -------------------------------------------------------------------------------------------------------------


def test_with_a_display_the_demonstration_case_is_built_once_and_opened(checkout: Path) -> None:
    opened = "open HERE/.state/demo/invented.wbcase"
    assert call(checkout, "run", DISPLAY=":0").returncode == 0
    assert calls(checkout) == ["demo HERE/.state/demo.part", opened]
    assert call(checkout, "run", WAYLAND_DISPLAY="wayland-0").returncode == 0
    assert calls(checkout) == [opened]
    assert call(checkout, "run --new-demo --theme dark", DISPLAY=":0").returncode == 0
    assert calls(checkout) == ["demo HERE/.state/demo.part", f"{opened} --theme dark"]


def test_without_a_display_a_picture_and_a_verified_bundle_are_made_each_time(checkout: Path) -> None:
    for _ in range(2):
        result = call(checkout, "run")
        assert result.returncode == 0, result.stderr
        assert result.stdout.splitlines()[-2:] == [
            f"Window:  {checkout.resolve()}/.state/demo.png",
            f"Bundle:  {checkout.resolve()}/.state/demo-bundle",
        ]
        case = "HERE/.state/demo/invented.wbcase"
        assert calls(checkout)[-3:] == [
            f"open {case} --screenshot HERE/.state/demo.png --size 1440x900",
            f"bundle {case} HERE/.state/demo-bundle",
            "verify HERE/.state/demo-bundle",
        ]


def test_a_bundle_that_left_something_out_goes_on_and_one_that_does_not_verify_fails(checkout: Path) -> None:
    (checkout / "bundle-exit").write_text("1")
    assert call(checkout, "run").returncode == 0
    (checkout / "verify-exit").write_text("1")
    result = call(checkout, "run")
    assert result.returncode == 1
    assert result.stderr.startswith("The bundle did not verify")


def test_a_demonstration_case_that_failed_says_why_and_is_built_again(checkout: Path) -> None:
    (checkout / "broken").touch()
    result = call(checkout, "run", DISPLAY=":0")
    assert result.returncode == 1
    assert result.stderr.splitlines()[0] == "no room left"
    assert not (checkout / ".state" / "demo").exists()
    (checkout / "broken").unlink()
    assert call(checkout, "run", DISPLAY=":0").returncode == 0


def test_setup_only_starts_nothing(checkout: Path) -> None:
    result = call(checkout, "run --setup-only", DISPLAY=":0")
    assert result.stdout.startswith("Ready.")
    assert calls(checkout) == []


# --- test ------------------------------------------------------------------------------------------------------------


def report(checkout: Path, tests: int, failures: int = 0, errors: int = 0, skipped: int = 0) -> None:
    numbers = f'tests="{tests}" failures="{failures}" errors="{errors}" skipped="{skipped}"'
    (checkout / "report").write_text(f'<testsuites name="t"><testsuite {numbers}></testsuite></testsuites>')


def test_all_checks_run_and_the_last_line_counts_them_with_the_tests(checkout: Path) -> None:
    report(checkout, tests=12, skipped=2)
    result = call(checkout, "test --quick -k word")
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1] == "14 passed, 0 failed"
    ran = calls(checkout)
    assert ran[:4] == ["ruff format --check .", "ruff check .", "mypy ", "lint-imports "]
    assert ran[4].startswith("Asia/Kathmandu pytest -n 2 --junitxml=")
    assert ran[4].endswith("-m not slow -k word")


def test_a_failed_check_is_counted_and_the_others_still_run(checkout: Path) -> None:
    report(checkout, tests=12, failures=1, errors=1)
    (checkout / "pytest-exit").write_text("1")
    (checkout / "bad-mypy").touch()
    result = call(checkout, "test")
    assert result.returncode == 1
    lines = result.stdout.splitlines()
    assert lines[-1] == "13 passed, 3 failed"
    assert [line.split()[-3] for line in lines[-6:-2]] == ["passed", "passed", "FAILED", "passed"]
    assert lines[-2].endswith("10 passed, 2 failed, 0 skipped")


@pytest.mark.parametrize("counted", [0, 5])
def test_a_test_run_that_broke_off_has_failed(checkout: Path, counted: int) -> None:
    if counted:
        report(checkout, tests=counted)
    (checkout / "pytest-exit").write_text("3")
    result = call(checkout, "test")
    assert result.returncode == 1
    assert result.stdout.splitlines()[-1] == f"{counted + 4} passed, 1 failed"
