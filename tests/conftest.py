"""For every test: an unusual zone and locale, no leaked threads, no unexpected log lines, and quick cases.

The tests of the window have their own, stricter watch over threads and log lines; this one leaves them alone.
"""

from __future__ import annotations

import gc
import locale
import logging
import os
import re
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ["TZ"] = "Asia/Kathmandu"  # UTC+05:45: whoever uses the local zone by mistake is found out
time.tzset()

if sys.dont_write_bytecode:
    # Whoever wants no bytecode among the sources gets it elsewhere: without any, each of the many programs that the
    # tests start would compile the whole package again.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    if sys.pycache_prefix is None:
        _state = os.environ.get("WORKBENCH_STATE") or Path(__file__).resolve().parents[1] / ".state"
        sys.pycache_prefix = os.environ["PYTHONPYCACHEPREFIX"] = str(Path(_state) / "bytecode")

import hypothesis  # noqa: E402
import pytest  # noqa: E402

from workbench.case.case import Case, create, open_case  # noqa: E402
from workbench.jobs.pool import Pool  # noqa: E402

# The same examples on every run, and no example fails because the machine was busy.
hypothesis.settings.register_profile(
    "calm", deadline=None, derandomize=True, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("calm")

for _name in ("de_DE.UTF-8", "ko_KR.UTF-8", "C.UTF-8"):
    try:
        locale.setlocale(locale.LC_ALL, _name)
        break
    except locale.Error:
        continue


def pytest_collection_finish() -> None:
    """What lives to the end, thousands of tests and all modules, is not searched for garbage after each test."""
    gc.collect()
    gc.freeze()


_window_was_open = False


def pytest_runtest_setup(item: pytest.Item) -> None:
    """What tests of the window left in cycles is destroyed here, on the main thread, before any test with threads."""
    global _window_was_open
    if "gui" in item.path.parts or "e2e" in item.path.parts:
        _window_was_open = True
    elif _window_was_open:
        _window_was_open = False
        gc.collect()


START = 1_704_067_200_000_000
"""2024-01-01T00:00:00Z, when the clock of a test case begins."""


class Clock:
    """A laptop's clock that goes on by a millisecond at each look."""

    def __init__(self, start: int = START) -> None:
        self.now = start

    def __call__(self) -> int:
        self.now += 1000
        return self.now


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new, empty case, made once: copies of it are ready in a moment."""
    path = tmp_path_factory.mktemp("template") / "template.wbcase"
    create(path, title="Template", examiner="Examiner", uid=bytes(range(16)), clock=Clock()).close()
    return path


@pytest.fixture
def new_case(template: Path, tmp_path: Path) -> Iterator[Callable[..., Case]]:
    """Make open cases by name; they are closed at the end."""
    made: list[Case] = []

    def make(name: str = "case") -> Case:
        path = tmp_path / f"{name}.wbcase"
        shutil.copyfile(template, path)
        shutil.copytree(template.with_suffix(".evidence"), path.with_suffix(".evidence"))
        made.append(open_case(path, allow_risky=True, clock=Clock(START + 10_000_000)))
        return made[-1]

    yield make
    for case in made:
        case.close()


@pytest.fixture
def case(new_case: Callable[..., Case]) -> Case:
    """An open, empty case."""
    return new_case()


@pytest.fixture(scope="session")
def pool() -> Iterator[Pool]:
    """Worker processes for the whole session."""
    with Pool(2) as pool:
        yield pool


@pytest.fixture
def allowed_log() -> list[str]:
    """Patterns of log warnings that this test expects: append to it."""
    return []


class _Collect(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.append(f"{record.name}: {record.getMessage()}")


@pytest.fixture(autouse=True)
def _no_unexpected_log_lines(request: pytest.FixtureRequest, allowed_log: list[str]) -> Iterator[None]:
    if "gui" in request.path.parts:
        yield
        return
    handler = _Collect()
    logging.getLogger().addHandler(handler)
    yield
    logging.getLogger().removeHandler(handler)
    seen = [line for line in handler.seen if not any(re.search(pattern, line) for pattern in allowed_log)]
    assert not seen, f"unexpected log lines: {seen}"


_LASTING = ("pool-", "pytest_timeout")
"""Threads of fixtures that live longer than one test."""


@pytest.fixture(autouse=True)
def _no_leaked_threads_here(request: pytest.FixtureRequest) -> Iterator[None]:
    if "gui" in request.path.parts:
        yield
        return
    before = set(threading.enumerate())
    yield
    new = [each for each in threading.enumerate() if each not in before and not each.name.startswith(_LASTING)]
    for thread in new:
        thread.join(10)
    left = [each.name for each in new if each.is_alive()]
    assert not left, f"threads were left running: {left}"
