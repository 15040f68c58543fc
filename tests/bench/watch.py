"""(f) A look at 2,000 files of 1 GB on a loopback nginx, beside `wget -r -np` and `rclone copy`, all without a limit.

Ours hashes, syncs and records every file and every exchange in a new case; the peers write files. None of them looks
into the files: ours runs with --no-analyze. All three run as the command that a user types. Then a second look with
nothing changed, which must cost the listings only.

Every run writes to a new place. Before the next one its files are emptied, and not deleted: ext4 passes over every
inode that was deleted in the last minutes when it looks for a free one, so that files would cost the more the more were
deleted before.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.common import Report, Run, alternate, finish, median, ours, scratch, spread, timed, tool
from tests.servers.running import Request, Server, place
from tests.servers.web import nginx

SEED = 2024
FOLDERS = 20


def make(root: Path, files: int, size: int) -> int:
    """Files of half to one and a half times a size in nested folders, from a seed; the bytes of all of them."""
    dice = random.Random(SEED)
    total = 0
    for number in range(files):
        folder = root / f"场景 {number % FOLDERS:02}" / ("late" if number % 3 else ".").strip(".")
        folder.mkdir(parents=True, exist_ok=True)
        data = dice.randbytes(size // 2 + dice.randrange(size + 1))
        path = folder / f"drawing {number:05}.bin"
        path.write_bytes(data)
        os.utime(path, (1_704_067_200 + number,) * 2)
        total += len(data)
    os.sync()
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true")
    args = parser.parse_args()
    files, size, repeats = (60, 20_000, 1) if args.small else (2000, 500_000, int(os.environ.get("BENCH_REPEATS", "3")))
    tools = {
        name: tool(name, package) for name, package in (("nginx", "nginx"), ("wget", "wget"), ("rclone", "rclone"))
    }
    missing = [name for name, path in tools.items() if path is None]
    if missing:
        sys.exit(f"not installed: {', '.join(missing)}")
    report = Report("f", f"a look at {files:,} files on a loopback nginx beside `wget -r -np` and `rclone copy`")
    report.tools = [*ours()[:2], *_versions()]
    with place("bench") as root, scratch() as out:
        total = make(root, files, size)
        with nginx(root) as server:
            _compare(report, server, out, files, total, repeats)
            _memory_and_second_look(report, server, out, files, total)
    finish(report)


def _versions() -> list[str]:
    said = subprocess.run(["nginx", "-v"], capture_output=True, text=True).stderr.strip().rpartition(" ")[2]
    firsts = [
        subprocess.run(command, capture_output=True, text=True).stdout.splitlines()[0]
        for command in (["wget", "--version"], ["rclone", "version"])
    ]
    return [said, *(first.partition(" built")[0] for first in firsts)]


def _command(case: Path, server: Server) -> list[str | Path]:
    return [
        sys.executable,
        "-m",
        "workbench",
        "watch",
        case,
        server.url,
        "--source",
        "s",
        "--once",
        "--rate",
        "0",
        "--json",
        "--no-analyze",
    ]


def _new(folder: Path) -> Path:
    case = folder / "a.wbcase"
    subprocess.run([sys.executable, "-m", "workbench", "new", str(case)], check=True, capture_output=True)
    return case


def _empty(folder: Path) -> None:
    """Give back memory and disk, and keep the names."""
    for each in folder.rglob("*"):
        if each.is_file():
            each.chmod(0o600)
            os.truncate(each, 0)


def _place(out: Path) -> Path:
    return Path(tempfile.mkdtemp(dir=out))


def _look(case: Path, server: Server, *, memory: bool = False) -> tuple[dict[str, object], Run]:
    """What it said, and what it cost."""
    said = case.with_suffix(".said")
    with said.open("w") as out:
        run = timed(_command(case, server), memory=memory, stdout=out)
    found: dict[str, object] = json.loads(said.read_text())
    return found, run


def _compare(report: Report, server: Server, out: Path, files: int, total: int, repeats: int) -> None:
    def our_run() -> float:
        case = _new(_place(out))
        os.sync()
        found, run = _look(case, server)
        _empty(case.parent)
        assert (found["status"], found["sightings"], found["bytes"]) == ("complete", files, total), found
        processor["ours"].append(run.cpu)
        return run.seconds

    def peer_run(*command: str | Path) -> float:
        folder = _place(out)
        os.sync()
        run = timed([*command, folder] if command[0] == "rclone" else [*command, "-P", folder, server.url])
        processor[str(command[0])].append(run.cpu)
        got = [each.stat().st_size for each in folder.rglob("*.bin")]
        assert (len(got), sum(got)) == (files, total)
        _empty(folder)
        return run.seconds

    processor: dict[str, list[float]] = {"ours": [], "wget": [], "rclone": []}
    config = out / "rclone.conf"
    config.touch()
    mine, wget, rclone = alternate(
        repeats,
        our_run,
        lambda: peer_run("wget", "-q", "-r", "-np", "-nH"),
        lambda: peer_run("rclone", "--config", config, "copy", ":http:", "--http-url", server.url),
    )
    report.bar("rate against wget", median(wget) / median(mine), 1.0, " x", least=True)
    report.bar("rate against rclone", median(rclone) / median(mine), 0.6, " x", least=True)
    megabytes = total / 1e6
    report.say(
        f"{megabytes:,.0f} MB: ours {spread(mine)} s = {megabytes / median(mine):.0f} MB/s, "
        f"wget {spread(wget)} s, rclone {spread(rclone)} s; CPU "
        + ", ".join(f"{name} {median(seconds):.1f} s" for name, seconds in processor.items())
    )


def _memory_and_second_look(report: Report, server: Server, out: Path, files: int, total: int) -> None:
    case = _new(_place(out))
    found, run = _look(case, server, memory=True)
    assert found["bytes"] == total, found
    report.bar("peak of all our processes (sum of PSS)", run.peak, 250, " MB")
    _settled(server)
    server.forget()
    found, run = _look(case, server)
    assert (found["sightings"], found["new_objects"], found["added"], found["changed"]) == (files, 0, 0, 0), found
    asked = _settled(server)
    others = [each for each in asked if not each.folder and each.target != "/robots.txt"]
    report.bar("requests of a second look for anything but listings", len(others), 1)
    listings = sum(each.folder for each in asked)
    report.say(
        f"second look: {listings} listings, {sum(each.sent or 0 for each in asked):,} bytes, {run.seconds:.1f} s"
    )


def _settled(server: Server) -> list[Request]:
    """The server's log, once no more lines come."""
    asked = server.requests()
    while True:
        time.sleep(0.2)
        if len(now := server.requests()) == len(asked):
            return now
        asked = now


if __name__ == "__main__":
    main()
