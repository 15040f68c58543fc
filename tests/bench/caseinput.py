"""A case with any number of files, made through the ops of an intake: looks, objects, sightings, analyses, facts.

The bytes of the files are stored, and previews made, for the beginning of the newest look only: what a first screen can
show. All else is in the case as an intake of so many files leaves it.
"""

from __future__ import annotations

import hashlib
import io
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from workbench.case.case import Case, create
from workbench.core.records import Analysis, Basis, Sighted, State, Status, Stored
from workbench.core.times import DAY, Precision, Zone
from workbench.jobs.analysis import VERSIONS
from workbench.ops import facts, intake

LOOKS = 30
START = 1_704_100_000_000_000
BATCH = 2_000
SHOWN = 2_000


def make(folder: Path, files: int) -> Path:
    """The case, made unless it is there; ends ready to be opened."""
    path = folder / "million.wbcase"
    if (folder / "done").exists():
        return path
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    dice = np.random.default_rng(11)
    with create(path, title="A million files") as case:
        known = intake.Known()
        for look, numbers in enumerate(np.array_split(np.arange(files), LOOKS)):
            began = START + look * DAY
            snapshot = case.run(
                intake.begin,
                intake.Look("storage", "folder", began, began, Basis.ASSERTED, Precision.SECOND, "partial"),
            ).result
            for part in np.array_split(numbers, max(1, len(numbers) // BATCH)):
                _batch(case, snapshot, part.tolist(), began, known, dice)
            case.run(intake.end, snapshot, Status.PARTIAL, began + 3_600_000_000)
        newest = np.array_split(np.arange(files), LOOKS)[-1][:SHOWN]
        for number in newest.tolist():
            case.evidence.put(io.BytesIO(_content(number)), lambda _: False)
        case.evidence.flush()
        case.previews.put(zip(map(_sha256, newest.tolist()), _previews(len(newest)), strict=True))
    (folder / "done").touch()
    return path


def _content(number: int) -> bytes:
    return b"an invented file, number %d\n" % number


def _sha256(number: int) -> bytes:
    return hashlib.sha256(_content(number)).digest()


def _batch(
    case: Case, snapshot: int, numbers: list[int], began: int, known: intake.Known, dice: np.random.Generator
) -> None:
    sighted = [
        Sighted(
            path=f"share/{at % 40:02}/shot{at % 997:03}/scene_{at:07}_take_{at % 5}.png".encode(),
            stored=Stored(_sha256(at), len(_content(at)), new=True),
            state=State.OK.value,
            size=len(_content(at)),
            modified=began - at % 86_400 * 1_000_000,
            zone=Zone.GIVEN,
            precision=Precision.SECOND,
        )
        for at in numbers
    ]
    ids = case.run(intake.batch, snapshot, sighted, [], known).result.objects
    hashes = dice.integers(-(2**63), 2**63 - 1, len(numbers)).tolist()
    rows = []
    for each, phash in zip(sighted, hashes, strict=True):
        assert each.stored is not None
        row = ids[each.stored.sha256]
        rows += [
            (row, "type", VERSIONS["type"], Analysis(State.OK, (("media_type", "image/png"), ("kind", "image")))),
            (row, "image", VERSIONS["image"], Analysis(State.OK, (
                ("width", 1920), ("height", 1080), ("frames", 1), ("mode", "RGB"), ("phash", phash),
                ("phash_quality", 80),
            ))),
            (row, "metadata", VERSIONS["metadata"], Analysis(State.OK)),
        ]  # fmt: skip
    case.run(facts.record, rows)


def _previews(count: int) -> Iterator[bytes]:
    """Small JPEGs with something on them."""
    for at in range(count):
        image = Image.new("RGB", (256, 144), ((at * 37) % 200 + 40, (at * 71) % 200 + 40, (at * 13) % 200 + 40))
        pen = ImageDraw.Draw(image)
        for line in range(12):
            pen.line((line * 20, at % 144, 255 - line * 9, (at * 7 + line * 11) % 144), fill=(20, 20, 20), width=2)
        out = io.BytesIO()
        image.save(out, "JPEG", quality=80)
        yield out.getvalue()
