"""(b) From a log of 1,000,000 lines to the whole answer of `origins`, beside GoAccess on the same file.

Ours is a process that makes a new case, takes the log in (bytes stored and synced, parsed by workers, every event a
row, custody entries with digests), looks the addresses up in the shipped sets and reads every row of `origins`.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

from tests.bench import loginput
from tests.bench.common import Report, alternate, cache, finish, median, ours, scratch, spread, timed, tool


def measured(log: Path, case: Path) -> None:
    """What is measured, in a process of its own."""
    from workbench.case.case import create
    from workbench.core.filter import Filter
    from workbench.core.progress import Progress
    from workbench.jobs import logs, lookup, matching
    from workbench.jobs.pool import Pool
    from workbench.origins.library import shipped
    from workbench.queries import origins

    marks = [time.perf_counter()]
    with create(case) as made:
        with Pool() as pool:
            read = logs.add(made, log, pool, Progress())
            marks.append(time.perf_counter())
            lookup.look_up(made, shipped(), Progress())
            matching.match_uploads(made, Progress())
            marks.append(time.perf_counter())
        with made.reader() as reader:
            rows = sum(1 for _ in origins.rows(reader, Filter()))
        marks.append(time.perf_counter())
    logged, looked, asked = (after - before for before, after in pairwise(marks))
    print(f"{read.events} {rows} {logged:.2f} {looked:.2f} {asked:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--measured", nargs=2, type=Path)
    args = parser.parse_args()
    if args.measured:
        measured(*args.measured)
        return
    lines, repeats = (3_000, 1) if args.small else (1_000_000, 5)
    log = loginput.make(cache() / f"combined-{lines}.log", lines)
    report = Report("b", f"{lines:,} combined lines to the answer of `origins` beside GoAccess")
    goaccess = tool("goaccess", "goaccess")
    parted: list[list[float]] = []
    addresses: list[int] = []
    peaks: list[float] = []
    processor: dict[str, list[float]] = {"ours": [], "peer": []}
    peer_peaks: list[float] = []
    with scratch() as folder:

        def our_run() -> float:
            said = folder / "said"
            with said.open("w") as out:
                command = [sys.executable, "-m", "tests.bench.origins", "--measured", log, folder / "a.wbcase"]
                run = timed(command, memory=watching, stdout=out)
            peaks.append(run.peak)
            events, rows, *parts = said.read_text().split()
            assert int(events) == lines, events
            parted.append([float(each) for each in parts])
            addresses.append(int(rows))
            (folder / "a.wbcase").unlink()
            shutil.rmtree(folder / "a.evidence")
            processor["ours"].append(run.cpu)
            return run.seconds

        def peer_run() -> float:
            if goaccess is None:
                return float("nan")
            command = [goaccess, log, "--log-format=COMBINED", "-o", folder / "report.json"]
            run = timed(command, memory=watching, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            peer_peaks.append(run.peak)
            processor["peer"].append(run.cpu)
            return run.seconds

        watching = True  # in runs of their own, because the watching costs time
        our_run()
        peer_run()
        watching = False
        for found in (parted, *processor.values()):
            found.clear()
        mine, peer = alternate(repeats, our_run, peer_run)

    report.tools = ours()
    if goaccess:
        said = subprocess.run([goaccess, "--version"], capture_output=True, text=True).stdout.split("\n")[0]
        report.tools.append(said.rstrip("."))
        report.bar("rate against GoAccess", median(peer) / median(mine), 2.5, " x", least=True)
    report.bar("peak of all our processes (sum of PSS)", max(peaks), 400, " MB")
    report.say(
        f"ours {spread(mine)} s = {lines / median(mine) / 1000:.0f} k lines/s, GoAccess {spread(peer)} s; "
        f"CPU {spread(processor['ours'])} and {spread(processor['peer'] or [0])} s"
    )
    steps = [median(list(each)) for each in zip(*parted, strict=True)]
    report.say(
        "of ours: log {:.2f} s, look-up and matching {:.2f} s, answer {:.2f} s".format(*steps)
        + f" ({addresses[0]:,} addresses; the rest is start and end of the process)"
    )
    if peer_peaks:
        report.say(f"peak of GoAccess {max(peer_peaks):.0f} MB")
    report.say(f"log of {log.stat().st_size / 2**20:.0f} MB, seed {loginput.SEED}")
    finish(report)


if __name__ == "__main__":
    main()
