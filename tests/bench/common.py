"""What all benchmarks share: where inputs are kept, how runs are measured, what the machine is, how rows look."""

from __future__ import annotations

import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def cache() -> Path:
    """Where generated inputs are kept between runs: outside of the repository, disposable."""
    base = os.environ.get("WORKBENCH_BENCH_CACHE") or Path(
        os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"), "workbench-bench"
    )
    folder = Path(base)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def scratch() -> Iterator[Path]:
    """An empty folder on the disk of the cache, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=cache()))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class Bar:
    """One thing that is to be shown: a measured value and its limit."""

    what: str
    value: float
    limit: float
    unit: str
    least: bool
    """Is the limit the least that will do, or the most?"""

    @property
    def met(self) -> bool:
        """Is it?"""
        return self.value >= self.limit if self.least else self.value < self.limit

    def text(self) -> str:
        """For people."""
        sign = "≥" if self.least else "<"
        return (
            f"{self.what} {self.value:.3g}{self.unit} ({sign} {self.limit:g}{self.unit}: {'yes' if self.met else 'NO'})"
        )


@dataclass
class Report:
    """What one benchmark found."""

    name: str
    title: str
    lines: list[str] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    tools: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        """A line for people, shown at once."""
        self.lines.append(text)
        print(f"  {text}", flush=True)

    def bar(self, what: str, value: float, limit: float, unit: str = "", *, least: bool = False) -> None:
        """Something that is to be shown."""
        self.bars.append(Bar(what, value, limit, unit, least))
        self.say(self.bars[-1].text())

    def row(self) -> str:
        """A row of the table in RESULTS.md."""
        cells = (
            f"{self.name} {self.title}",
            "; ".join(each.text() for each in self.bars),
            "; ".join(self._others()),
            ", ".join(self.tools),
        )
        return "| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |"

    def _others(self) -> list[str]:
        shown = {each.text() for each in self.bars}
        return [line for line in self.lines if line not in shown]


def machine() -> str:
    """Processor, cores, memory, system, load."""
    facts = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    model = next((line.split(":", 1)[1].strip() for line in facts.splitlines() if line.startswith("model name")), "?")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    return (
        f"{model}, {len(os.sched_getaffinity(0))} cores, {memory:.0f} GB, {platform.system()} {platform.release()}, "
        f"load before {load:.1f}"
    )


def ours() -> list[str]:
    """Versions of what we stand on."""
    import sqlite3

    return [
        f"Python {platform.python_version()}",
        f"SQLite {sqlite3.sqlite_version}",
        *(f"{name} {version(name)}" for name in ("numpy", "pillow", "PySide6-Essentials")),
    ]


def commit() -> str:
    """The commit that is measured; ``+`` when files differ from it."""
    found = subprocess.run(["git", "describe", "--always", "--abbrev=8"], cwd=ROOT, capture_output=True, text=True)
    changed = subprocess.run(
        ["git", "status", "--porcelain", "-uno", "workbench"], cwd=ROOT, capture_output=True, text=True
    )
    return (found.stdout.strip() or "unknown") + ("+" if changed.stdout.strip() else "")


def tool(name: str, package: str) -> str | None:
    """A peer's command; installed where we may, else it is said how."""
    if shutil.which(name) is None and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "install", "-y", "-qq", package], capture_output=True, check=False)
    if shutil.which(name) is None:
        print(f"  {name} is not here; install it with: apt-get install {package}", file=sys.stderr)
    return shutil.which(name)


def alternate(repeats: int, *runs: Callable[[], float]) -> list[list[float]]:
    """Seconds of several runs, A B A B …, so that the noise of the machine meets all of them."""
    seconds: list[list[float]] = [[] for _ in runs]
    for _ in range(repeats):
        for found, run in zip(seconds, runs, strict=True):
            found.append(run())
    return seconds


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return statistics.median(values)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of them does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Median and range."""
    return f"{median(values):.{digits}f} ({min(values):.{digits}f}-{max(values):.{digits}f})"


class Memory:
    """Watches a process and all its descendants; `peak` is the largest sum of their PSS seen, in MB.

    PSS counts a page that several processes share once over all of them. Sampled every 50 ms.
    """

    def __init__(self, pid: int) -> None:
        self.peak = 0.0
        self._pid = pid
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="memory", daemon=True)

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.05):
            self.peak = max(self.peak, sum(_pss(pid) for pid in _family(self._pid)) / 1024)


def _family(pid: int) -> list[int]:
    found, at = [pid], 0
    while at < len(found):
        for task in Path(f"/proc/{found[at]}/task").glob("*/children"):
            try:
                found += map(int, task.read_text().split())
            except OSError:
                continue
        at += 1
    return found


def _pss(pid: int) -> int:
    """Kilobytes."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


@dataclass(frozen=True)
class Run:
    """A command that was run: seconds by the clock and of the processors, and peak megabytes if they were watched."""

    seconds: float
    cpu: float
    peak: float


def timed(command: Sequence[str | Path], *, memory: bool = False, **options: object) -> Run:
    """Run a command with all its children. Raises `CalledProcessError`."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    with subprocess.Popen(  # type: ignore[call-overload]
        [str(each) for each in command], cwd=ROOT, stdin=subprocess.DEVNULL, **options
    ) as process:
        with Memory(process.pid) if memory else nullcontext() as watch:
            code = process.wait()
        seconds = time.perf_counter() - start
    if code:
        raise subprocess.CalledProcessError(code, list(map(str, command)))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(seconds, cpu, watch.peak if watch else 0.0)


def finish(report: Report) -> None:
    """Say the row for RESULTS.md as the last line."""
    print(f"ROW {report.row()}", flush=True)
