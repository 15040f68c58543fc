"""(h) A bundle of 1 GB in 1,500 files: written, hashed, searched, verified, beside `cp -r`, `bagit.py` and its check.

Both start with the files in memory and end with a checked bag with SHA-256 and SHA-512 of every file. The peer computes
both from what it copied, and again when it checks. Ours copies, computes both from what then stands in the bag, and
compares the SHA-256 with the one that the case has had since the file was taken in. It also rebuilds the case, writes
tables and a report, computes the custody chain again and searches every byte for what must not leave. The disk is
synced before each run, outside of the clock.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np

from tests.bench.common import Report, Run, alternate, cache, finish, median, ours, scratch, spread, timed
from workbench.case import schema

SEED = 7
FOLDERS = 30


def make(folder: Path, count: int, size: int) -> tuple[Path, Path]:
    """The files, whose sizes are spread like those of a store (log-normal), and a case that holds them; made once."""
    files, case = folder / "files", folder / "case.wbcase"
    if (folder / "done").exists():
        return files, case
    shutil.rmtree(folder, ignore_errors=True)
    dice = np.random.default_rng(SEED)
    shares = dice.lognormal(0.0, 0.9, count)
    for number, share in enumerate((shares / shares.sum() * size).astype(int).tolist()):
        place = files / f"{number % FOLDERS:02}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"scene_{number:04}.raw").write_bytes(dice.bytes(max(share, 1)))
    program = [sys.executable, "-m", "workbench"]
    timed([*program, "new", case, "--examiner", "Bench"])
    timed([*program, "add", case, files, "--no-analyze"], stdout=sys.stderr)
    (folder / "done").touch()
    return files, case


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true")
    args = parser.parse_args()
    count, size = (30, 3 << 20) if args.small else (1500, 1 << 30)
    repeats = 1 if args.small else int(os.environ.get("BENCH_REPEATS", "5"))
    tables = hashlib.sha256(repr(sorted(schema.expected().items())).encode()).hexdigest()[:8]
    files, case = make(cache() / f"bundle-{count}-{tables}", count, size)
    report = Report("h", f"bundle of {count:,} files, {size >> 20:,} MB, beside `cp -r`, `bagit.py` and its check")
    report.tools = [*ours(), f"bagit {version('bagit')}"]
    with scratch() as place:
        _compare(report, files, case, place, repeats)
    finish(report)


def _compare(report: Report, files: Path, case: Path, place: Path, repeats: int) -> None:
    steps: dict[str, list[float]] = {"copy": [], "make": [], "check": []}
    processor: dict[str, list[float]] = {"ours": [], "peer": []}
    said = place / "said"
    for each in files.rglob("*.raw"):
        each.read_bytes()

    def our_run() -> float:
        out = _empty(place)
        run = _ours(case, out, said)
        processor["ours"].append(run.cpu)
        return run.seconds

    def peer_run() -> float:
        out = _empty(place)
        bagit = [sys.executable, Path(sys.executable).parent / "bagit.py", "--quiet", "--processes", "2"]
        runs = [
            timed(["cp", "-r", files, out]),
            timed([*bagit, "--sha256", "--sha512", out]),
            timed([*bagit, "--validate", out]),
        ]
        for found, run in zip(steps.values(), runs, strict=True):
            found.append(run.seconds)
        processor["peer"].append(sum(run.cpu for run in runs))
        return sum(run.seconds for run in runs)

    mine, peer = alternate(repeats, our_run, peer_run)
    peak = _ours(case, _empty(place), said, memory=True).peak
    report.bar("time against cp and bagit.py", median(mine) / median(peer), 0.9, " x")
    report.bar("peak of all our processes (sum of PSS)", peak, 300, " MB")
    searched = json.loads(said.read_text("utf-8"))["searched"]
    report.say(
        f"ours {spread(mine)} s, peer {spread(peer)} s (copy {median(steps['copy']):.2f} s, bag "
        f"{median(steps['make']):.2f} s, check {median(steps['check']):.2f} s); CPU {median(processor['ours']):.1f} "
        f"and {median(processor['peer']):.1f} s; searched {searched['bytes'] >> 20:,} MB in {searched['files']:,} files"
    )


def _ours(case: Path, out: Path, said: Path, *, memory: bool = False) -> Run:
    with said.open("w") as file:
        return timed([sys.executable, "-m", "workbench", "bundle", case, out, "--json"], memory=memory, stdout=file)


def _empty(place: Path) -> Path:
    out = place / "out"
    shutil.rmtree(out, ignore_errors=True)
    os.sync()
    return out


if __name__ == "__main__":
    main()
