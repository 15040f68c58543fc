"""Pictures of a report come from the objects of the bundle, whatever stands in the cache."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.bundle.building import analysed, look, new_case, picture
from tests.bundle.forging import resealed
from workbench.bundle import layout
from workbench.bundle.verify import verify_bundle
from workbench.bundle.write import write_bundle
from workbench.case.case import Case
from workbench.core.filter import Filter
from workbench.jobs.pool import Pool
from workbench.jobs.previews import Previewer


@pytest.fixture
def previewer() -> Iterator[Previewer]:
    with Pool(1) as pool:
        yield Previewer(pool)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Case]:
    with new_case(tmp_path) as case:
        look(case, {b"a.png": picture(1), b"b.png": picture(2), b"c.txt": b"no picture"})
        analysed(case)
        yield case


def jpeg(content: bytes, quality: int) -> bytes:
    out = io.BytesIO()
    with Image.open(io.BytesIO(content)) as image:
        image.convert("RGB").save(out, "JPEG", quality=quality)
    return out.getvalue()


@pytest.mark.parametrize("as_zip", [False, True])
def test_a_changed_cache_shows_nowhere(made: Case, previewer: Previewer, tmp_path: Path, as_zip: bool) -> None:
    rows = made.ask(lambda reader: reader.all("SELECT sha256 FROM object ORDER BY id"))
    forged = jpeg(picture(9), 90)
    made.previews.put([(sha256, forged) for (sha256,) in rows])
    out = tmp_path / ("out.zip" if as_zip else "out")
    write_bundle(made, out, Filter(), as_zip=as_zip, previewer=previewer)
    found = verify_bundle(out, previewer=previewer)
    assert found.problems == ()
    assert found.proof is not None
    assert found.proof.previews == 2
    if as_zip:
        shutil.unpack_archive(out, tmp_path / "folder")
        out = tmp_path / "folder" / "out"
    shown = sorted((out / layout.PREVIEWS).iterdir())
    assert len(shown) == 2
    assert all(path.read_bytes() != forged for path in shown)


def test_an_exchanged_preview_is_found_and_a_rounded_one_is_not(
    made: Case, previewer: Previewer, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    write_bundle(made, out, Filter(), previewer=previewer)
    one, two = sorted((out / layout.PREVIEWS).iterdir())
    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(jpeg(first, 97))
    resealed(out)
    assert verify_bundle(out, previewer=previewer).problems == ()
    one.write_bytes(second)
    two.write_bytes(first)
    resealed(out)
    found = verify_bundle(out, previewer=previewer).problems
    assert {each.kind for each in found} == {"bundle-preview"}
    assert len(found) == 2
