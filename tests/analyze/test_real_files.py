"""Every real and every hostile picture through a real pool: no crash, no hang, at most one warning, right sizes."""

from __future__ import annotations

import io
import resource
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, UnidentifiedImageError

from tests.shared import shared_data
from workbench.analyze.psd import read_composite
from workbench.analyze.registry import overall
from workbench.analyze.tga import read_tga
from workbench.core.records import Analysis, State
from workbench.jobs.pool import Pool

REMARKS = frozenset({"image-chunk-damaged", "image-default-frame"})
"""Warnings about pictures that were decoded to their end all the same."""
SETS = (
    "formats-pillow",
    "formats-image-rs",
    "formats-avif",
    "formats-psd",
    "exif-orientation",
    "exif-mde",
    "hostile-images",
)


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(2) as made:
        yield made


def files(folder: str) -> list[Path]:
    return [
        path for path in sorted(shared_data(folder).rglob("*")) if path.is_file() and path.suffix not in (".md", ".txt")
    ]


def through(pool: Pool, paths: list[Path]) -> dict[Path, dict[str, Analysis]]:
    futures = {}
    for path in paths:
        with path.open("rb") as file:
            futures[path] = pool.analyze(fd=file.fileno(), ending=path.suffix[1:], deadline=30)
    return {path: future.result(60) for path, future in futures.items()}


@pytest.mark.parametrize("folder", SETS)
def test_every_file_has_a_state(pool: Pool, folder: str) -> None:
    start = time.monotonic()
    found = through(pool, files(folder))
    states = Counter(overall(analyses).value for analyses in found.values())
    print(f"{folder}: {dict(states)} of {len(found)} files in {time.monotonic() - start:.1f} s")
    for path, analyses in found.items():
        warnings = [warning for each in analyses.values() for warning in each.warnings]
        trouble = [each for each in warnings if each.code not in REMARKS]
        assert len(trouble) == (overall(analyses) in (State.UNDECODABLE, State.TOO_LARGE)), path
        assert len(warnings) <= 1, path
        if warnings:
            print(f"  {overall(analyses).value:12} {warnings[0].code:22} {path.name}")
        preview = analyses["image"].preview
        if preview and not any(each.code == "image-no-composite" for each in warnings):
            facts = dict(analyses["image"].facts)
            size = Image.open(io.BytesIO(preview)).size
            assert max(size) == min(256, max(facts["width"], facts["height"])), path


@pytest.mark.filterwarnings("ignore:IM image format:DeprecationWarning")
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_sizes_are_those_that_pillow_reads(pool: Pool) -> None:
    checked = 0
    for folder in ("formats-pillow", "formats-image-rs", "exif-orientation"):
        for path, analyses in through(pool, files(folder)).items():
            facts = dict(analyses["image"].facts)
            if analyses["image"].state is not State.OK or "width" not in facts:
                continue
            try:
                with Image.open(path) as image:
                    image.load()
                    turned = image.getexif().get(0x0112, 1) >= 5
                    size = image.size[::-1] if turned else image.size
            except (UnidentifiedImageError, OSError):
                continue
            assert (facts["width"], facts["height"]) == size, path
            checked += 1
    print(f"sizes as Pillow reads them: {checked} of {checked}")
    assert checked > 150


def test_rotated_avif_is_upright(pool: Pool) -> None:
    """``rotNmirM`` are the same picture stored in eight ways."""
    found = through(pool, sorted((shared_data("formats-pillow") / "avif").glob("rot*mir*.avif")))
    hashes = {dict(each["image"].facts)["phash"] for each in found.values()}
    sizes = {(dict(each["image"].facts)["width"], dict(each["image"].facts)["height"]) for each in found.values()}
    assert len(sizes) == 1
    assert len(hashes) <= 2


def test_what_must_be_refused_is_refused(pool: Pool) -> None:
    """PngSuite's ``x*`` files are all broken in one way; bombs are refused by their announced size."""
    broken = sorted((shared_data("hostile-images") / "pngsuite").glob("x*.png"))
    found = through(pool, broken)
    assert {each["image"].state for each in found.values()} == {State.UNDECODABLE}
    bombs = through(pool, sorted((shared_data("hostile-images") / "pillow").glob("decompression_bomb.*")))
    assert {each["image"].state for each in bombs.values()} == {State.TOO_LARGE}


def test_workers_stay_small_on_hostile_input(pool: Pool) -> None:
    through(pool, files("hostile-images"))
    peaks = []
    for pid in pool.processes:
        status = Path(f"/proc/{pid}/status").read_text()
        peaks.append(int(status.partition("VmHWM:")[2].split()[0]) // 1024)
    ours = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"peak memory: workers {peaks} MB, this process {ours} MB")
    assert max(peaks) < 500
    assert sum(peaks) + ours < 1500


def test_pictures_that_only_we_read() -> None:
    """TGA against the reference PNGs, Photoshop documents against Pillow where it reads them."""
    folder = shared_data("formats-image-rs")
    worst = 0
    for reference in sorted((folder / "reference/tga/testsuite").glob("*.png")):
        ours = read_tga((folder / "images/tga/testsuite" / reference.name.removesuffix(".png")).read_bytes())
        difference = np.abs(
            np.asarray(ours.convert("RGB"), int) - np.asarray(Image.open(reference).convert("RGB"), int)
        )
        worst = max(worst, int(difference.max()))
    assert worst <= 1  # five bits to eight are rounded in two ways
    for path in sorted((shared_data("formats-pillow") / "tga" / "common").glob("*.tga")):
        ours = read_tga(path.read_bytes())
        with Image.open(path) as theirs:
            assert np.array_equal(np.asarray(ours.convert("RGB")), np.asarray(theirs.convert("RGB"))), path.name
    compared = 0
    for path in sorted(shared_data("formats-psd").rglob("*.psd")):
        try:
            with Image.open(path) as theirs:
                theirs.load()
                ours = read_composite(path.read_bytes())
                wanted = theirs.convert(ours.mode) if theirs.mode != ours.mode else theirs
                assert np.array_equal(np.asarray(ours), np.asarray(wanted)), path.name
                compared += 1
        except (UnidentifiedImageError, OSError):
            continue
    assert compared >= 15


SEEDS = (
    ("formats-pillow", "hopper.jpg"),
    ("formats-pillow", "hopper.png"),
    ("formats-pillow", "hopper.gif"),
    ("formats-pillow", "hopper.webp"),
    ("formats-pillow", "hopper.psd"),
    ("formats-pillow", "hopper_lzw.tif"),
    ("formats-pillow", "hopper.bmp"),
    ("formats-pillow", "avif", "hopper.avif"),
    ("formats-pillow", "tga", "common", "200x32_rgba_tl_rle.tga"),
    ("formats-psd", "16bit5x5.psb"),
    ("formats-psd", "1layer.psb"),
    ("formats-image-rs", "images", "tga", "testsuite", "top_left.tga"),
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_pictures_cost_one_warning(pool: Pool, data: st.DataObject) -> None:
    parts = data.draw(st.sampled_from(SEEDS))
    whole = bytearray(shared_data(*parts).read_bytes())
    for _ in range(data.draw(st.integers(0, 8))):
        at = data.draw(st.integers(0, min(len(whole) - 1, data.draw(st.sampled_from([64, 1024, 10**9])))))
        whole[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.none() | st.integers(0, len(whole)))
    found = pool.analyze(data=bytes(whole[:cut]), ending=parts[-1].rpartition(".")[2], deadline=30).result(60)
    assert sum(len(each.warnings) for each in found.values()) <= 1
