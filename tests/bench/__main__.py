"""Runs benchmarks, each in a process of its own: ``python -m tests.bench [a b c d e f g h] [--small]``."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

from tests.bench.common import ROOT, commit, machine

ALL = {
    "a": "intake",
    "b": "origins",
    "c": "gallery",
    "d": "timeline",
    "e": "opening",
    "f": "watch",
    "g": "frames",
    "h": "bundle",
}


def main() -> int:
    """The exit code: 0, or 1 when a benchmark could not be run. A bar that is not met is said, and is no failure."""
    parser = argparse.ArgumentParser(
        prog="tests/bench/run", description="Benchmarks: ours beside the peer, in one run."
    )
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help="a intake, b origins, c gallery, d timeline, e opening, f watch, g frames, h bundle",
    )
    parser.add_argument("--small", action="store_true", help="tiny inputs: does it work at all?")
    parser.add_argument("--write", type=Path, metavar="FILE", help="append the rows to this file")
    args = parser.parse_args()
    unknown = sorted(set(args.names) - set(ALL))
    if unknown:
        parser.error(f"unknown: {' '.join(unknown)} (known: {' '.join(ALL)})")
    rows, failed = [], []
    about = f"{time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime())}, commit {commit()}, {machine()}"
    print(about)
    for name in sorted(set(args.names)) or ALL:
        command = [sys.executable, "-m", f"tests.bench.{ALL[name]}", *(["--small"] if args.small else [])]
        print(f"({name}) {ALL[name]}", flush=True)
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for line in process.stdout:
                if line.startswith("ROW "):
                    rows.append(line.removeprefix("ROW ").rstrip())
                else:
                    print(line, end="", flush=True)
        if process.returncode:
            failed.append(name)
    table = "\n".join((about, "", "| benchmark | to be shown | measured | versions |", "|---|---|---|---|", *rows, ""))
    print(f"\n{table}")
    if args.write is not None:
        with args.write.open("a", encoding="utf-8") as file:
            file.write(f"\n{table}")
    for name in failed:
        print(f"({name}) could not be run", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
