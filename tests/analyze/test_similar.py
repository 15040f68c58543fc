"""Fingerprints and groups: on invented hashes with a brute-force truth, and on real pictures."""

from __future__ import annotations

import io
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from tests.shared import shared_data
from workbench.analyze.fingerprint import fingerprint, hamming
from workbench.analyze.objects import analyze_object
from workbench.analyze.similar import MIN_QUALITY, distances, groups

GOOD = 90


def found(hashes: list[int], distance: int = 6, **options: Any) -> list[list[int]]:
    array = np.array(hashes, dtype=np.int64)
    return [group.tolist() for group in groups(array, np.full(len(array), GOOD), distance, **options)]


def by_force(hashes: NDArray[np.int64], distance: int) -> list[list[int]]:
    left = set(range(len(hashes)))
    result = []
    while left:
        group, edge = set(), {left.pop()}
        while edge:
            group |= edge
            edge = {
                other
                for other in left
                if any(hamming(int(hashes[one]), int(hashes[other])) <= distance for one in edge)
            }
            left -= edge
        if len(group) > 1:
            result.append(sorted(group))
    return sorted(result)


def near(seed: int, count: int, bits: int) -> NDArray[np.int64]:
    """Random hashes, each with a neighbour that differs in 0 to ``bits`` bits."""
    random = np.random.default_rng(seed)
    base = random.integers(-(2**63), 2**63 - 1, count)
    other = base.copy()
    for index in range(count):
        for bit in random.choice(64, random.integers(0, bits + 1), replace=False):
            other[index] ^= np.uint64(1 << int(bit)).astype(np.int64)
    return np.concatenate([base, other])


@pytest.mark.parametrize("distance", [0, 1, 4, 6, 9])
def test_exactly_the_pairs_that_brute_force_finds(distance: int) -> None:
    hashes = near(distance, 150, 10)
    assert found(hashes.tolist(), distance) == by_force(hashes, distance)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(-(2**63), 2**63 - 1) | st.sampled_from([0, 1, 3, 7, -1, 2**40]), max_size=30),
    st.integers(0, 8),
)
def test_any_hashes(hashes: list[int], distance: int) -> None:
    assert found(hashes, distance) == by_force(np.array(hashes, dtype=np.int64), distance)


def test_distances_to_one() -> None:
    assert distances(np.array([0, -1, 5], dtype=np.int64), 4).tolist() == [1, 63, 1]
    assert hamming(-1, 0) == 64


def test_blank_pages_join_nothing() -> None:
    hashes, quality = np.zeros(5, dtype=np.int64), np.array([GOOD, 0, MIN_QUALITY - 1, GOOD, 0])
    assert [group.tolist() for group in groups(hashes, quality)] == [[0, 3]]


def test_not_the_same_stays_apart() -> None:
    assert found([0, 1, 3, 7]) == [[0, 1, 2, 3]]
    assert found([0, 1, 3, 7], 1, rejected_pairs=frozenset({(0, 3)})) == [[0, 1, 2]]
    apart = found([5, 5, 5], rejected_pairs=frozenset({(2, 0)}))
    assert apart == [[0, 1]]
    assert found([5, 5], rejected_pairs=frozenset({(0, 1)})) == []
    assert found([5, 5, 9], 1, rejected_pairs=frozenset({(0, 2)})) == [[0, 1]]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 63), min_size=2, max_size=12),
    st.sets(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=5),
)
def test_no_group_holds_a_rejected_pair(hashes: list[int], rejected: set[tuple[int, int]]) -> None:
    made = found(hashes, 3, rejected_pairs=frozenset(rejected))
    members = [member for group in made for member in group]
    assert len(members) == len(set(members))
    assert not any(one != other and one in group and other in group for group in made for one, other in rejected)


def test_nothing_and_nonsense() -> None:
    assert found([]) == []
    assert found([7]) == []
    with pytest.raises(ValueError, match="99"):
        found([1, 2], 99)


def test_a_hundred_thousand_with_a_crowd() -> None:
    """A crowd of like pages must not make the search quadratic."""
    random = np.random.default_rng(5)
    crowd = np.zeros(5000, dtype=np.int64)
    for _ in range(3):
        crowd ^= np.left_shift(np.int64(1), random.integers(0, 40, 5000))
    hashes = np.concatenate([random.integers(-(2**63), 2**63 - 1, 95_000), crowd])
    start = time.process_time()
    made = groups(hashes, np.full(len(hashes), GOOD))
    print(f"100,000 hashes, 5,000 of them a crowd: {time.process_time() - start:.1f} s")
    assert max(len(group) for group in made) == 5000


def drawing(seed: int, size: tuple[int, int] = (900, 600)) -> Image.Image:
    random = np.random.default_rng(seed)
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    for _ in range(25):
        points = [(int(x * size[0]), int(y * size[1])) for x, y in random.random((4, 2))]
        draw.line(points, fill=(20, 20, 20), width=max(2, size[0] // 150))
    return image


def hash_of(image: Image.Image, form: str = "PNG", **options: Any) -> tuple[int, int]:
    stream = io.BytesIO()
    image.save(stream, form, **options)
    facts = dict(analyze_object(stream.getvalue())["image"].facts)
    value, quality = facts["phash"], facts["phash_quality"]
    assert isinstance(value, int)
    assert isinstance(quality, int)
    return value, quality


def test_line_drawings_survive_copying_and_differ_from_each_other() -> None:
    originals = [hash_of(drawing(seed)) for seed in range(12)]
    copied = [hash_of(drawing(seed), "JPEG", quality=40)[0] for seed in range(12)]
    small = [hash_of(drawing(seed).resize((300, 200)), "WEBP")[0] for seed in range(12)]
    assert max(hamming(one[0], other) for one, other in zip(originals, copied, strict=True)) <= 6
    assert max(hamming(one[0], other) for one, other in zip(originals, small, strict=True)) <= 6
    assert min(hamming(a[0], b[0]) for i, a in enumerate(originals) for b in originals[:i]) > 10
    assert min(quality for _, quality in originals) > 50


def test_blank_pages_have_no_quality() -> None:
    for colour in ("white", "black", "#808080"):
        assert hash_of(Image.new("RGB", (500, 700), colour))[1] == 0
    noisy = np.random.default_rng(3).normal(250, 2, (700, 500)).clip(0, 255).astype(np.uint8)
    assert hash_of(Image.fromarray(noisy))[1] < MIN_QUALITY
    assert fingerprint(np.zeros((32, 32), dtype=np.uint8))[1] == 0


def real(path: Path) -> tuple[int, int] | None:
    facts = dict(analyze_object(path.read_bytes(), ending=path.suffix[1:])["image"].facts)
    value, quality = facts.get("phash"), facts.get("phash_quality")
    return (value, quality) if isinstance(value, int) and isinstance(quality, int) else None


@pytest.mark.parametrize("name", ["Landscape", "Portrait"])
def test_orientations_are_one_picture(name: str) -> None:
    folder = shared_data("exif-orientation")
    hashes = []
    for number in range(9):
        path = folder / f"{name}_{number}.jpg"
        found_hash = real(path)
        assert found_hash is not None
        facts = dict(analyze_object(path.read_bytes())["image"].facts)
        assert (facts["width"], facts["height"]) == ((1800, 1200) if name == "Landscape" else (1200, 1800))
        hashes.append(found_hash[0])
    apart = [hamming(hashes[0], each) for each in hashes]
    print(f"{name}: bits from the first {apart}")
    assert max(apart) <= 2


def test_one_picture_in_many_formats_is_one_group() -> None:
    folder = shared_data("formats-pillow")
    paths = [*sorted(folder.glob("hopper*")), folder / "avif" / "hopper.avif"]
    known = [(path, hashed) for path in paths if (hashed := real(path))]
    hashes = np.array([hashed[0] for _, hashed in known], dtype=np.int64)
    made = groups(hashes, np.array([hashed[1] for _, hashed in known]))
    inside = {known[index][0].name for group in made for index in group}
    outside = {path.name for path in paths} - inside
    print(f"hopper: {len(inside)} files in {len(made)} group(s); outside: {sorted(outside)}")
    assert len(made) == 1
    # A dithered drawing of it in black and white, and a TIFF whose compression is not built in.
    assert outside == {"hopper_1bit.pbm", "hopper_webp.tif"}


def test_known_near_duplicates() -> None:
    folder = shared_data("neardup-pdq")
    same = sorted((folder / "bridge-mods").glob("*.jpg"))
    turned = sorted((folder / "dih").glob("*.jpg"))
    hashed = [real(path) for path in (*same, *turned)]
    values = np.array([each[0] for each in hashed if each], dtype=np.int64)
    apart = distances(values, int(values[0]))
    recall, wrong = int((apart[: len(same)] <= 6).sum()), int((apart[len(same) :] <= 6).sum())
    print(f"neardup-pdq: {recall} of {len(same)} copies within 6 bits, {wrong} of {len(turned)} turned ones")
    assert (recall, wrong) == (len(same), 0)
