"""(a) Intake of 1,200 seeded pictures through the product, beside `vipsthumbnail` in two processes, thumbnails only.

Ours stores every file (copied, hashed, synced), recognises and decodes it in workers, makes the thumbnail and the
fingerprint, and commits rows with custody entries into a new case. The peer reads, shrinks and writes a JPEG.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.bench import imageinput
from tests.bench.common import Report, alternate, cache, finish, median, ours, scratch, spread, timed, tool

BATCH = 25
"""Files that one `vipsthumbnail` gets: enough that its start does not count, few enough to keep two of them busy."""


def measured(folder: Path, case: Path) -> None:
    """What is measured, in a process of its own."""
    from workbench.case.case import create
    from workbench.core.progress import Progress
    from workbench.jobs import intake
    from workbench.jobs.pool import Pool

    with create(case) as made, Pool() as pool:
        done = intake.add(made, [folder], intake.Order(source="bench"), pool, Progress())
        previews = made.ask(
            lambda reader: reader.value("SELECT count(*) FROM analysis WHERE analyzer = 'image' AND state = 'ok'")
        )
        marks = made.ask(lambda reader: reader.value("SELECT count(*) FROM fact WHERE key = 'phash'"))
    print(done.sightings, done.new_objects, done.warnings, previews, marks)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--measured", nargs=2, type=Path)
    args = parser.parse_args()
    if args.measured:
        measured(*args.measured)
        return
    count, repeats = (12, 1) if args.small else (1200, int(os.environ.get("BENCH_REPEATS", "3")))
    sizes = ((800, 600), (400, 300)) if args.small else (imageinput.LARGE, imageinput.SMALL)
    images = cache() / f"images-{count}"
    folders = imageinput.make(images, count, *sizes)
    vips = tool("vipsthumbnail", "libvips-tools")
    report = Report("a", f"intake of {count:,} pictures beside `xargs -P2 vipsthumbnail`, thumbnails only")
    report.tools = ours()
    if vips:
        report.tools.append(subprocess.run([vips, "--version"], capture_output=True, text=True).stdout.strip())
    with scratch() as place:
        for name, folder in (("all", images), *folders.items()):
            _compare(report, name, folder, place, vips, repeats)
    finish(report)


def _compare(report: Report, name: str, folder: Path, place: Path, vips: str | None, repeats: int) -> None:
    files = sorted(each for each in folder.rglob("*") if each.is_file())
    megabytes = sum(each.stat().st_size for each in files) / 2**20
    for each in files:
        each.read_bytes()  # both start with the files in memory

    def our_run() -> float:
        said = place / "said"
        with said.open("w") as out:
            run = timed(
                [sys.executable, "-m", "tests.bench.intake", "--measured", folder, place / "a.wbcase"], stdout=out
            )
        assert said.read_text().split() == [str(len(files))] * 2 + ["0"] + [str(len(files))] * 2, said.read_text()
        (place / "a.wbcase").unlink()
        shutil.rmtree(place / "a.evidence")
        processor["ours"].append(run.cpu)
        return run.seconds

    def peer_run() -> float:
        if vips is None:
            return float("nan")
        out = place / "thumbs"
        out.mkdir()
        listed = place / "list"
        listed.write_bytes(b"\0".join(os.fsencode(each) for each in files))
        shrink = [vips, "--size", "256x256", "-o", f"{out}/%s.jpg[Q=80]"]
        run = timed(
            ["xargs", "-0", "-a", listed, "-P2", "-n", str(BATCH), *shrink],
            env={**os.environ, "VIPS_CONCURRENCY": "1"},
        )
        assert len(list(out.iterdir())) == len(files)
        shutil.rmtree(out)
        processor["vips"].append(run.cpu)
        return run.seconds

    processor: dict[str, list[float]] = {"ours": [], "vips": []}
    mine, peer = alternate(repeats, our_run, peer_run)
    rate = median(peer) / median(mine)
    if name == "all":
        report.bar("rate against vipsthumbnail, all", rate, 1.0, " x", least=True)
    report.say(
        f"{name}: {len(files)} files, {megabytes:.0f} MB: "
        f"ours {spread(mine, 1)} s = {len(files) / median(mine):.1f}/s, "
        f"vipsthumbnail {spread(peer, 1)} s = {len(files) / median(peer):.1f}/s, {rate:.2f} x "
        f"(CPU {median(processor['ours']):.1f} and {median(processor['vips'] or [0]):.1f} s)"
    )


if __name__ == "__main__":
    main()
