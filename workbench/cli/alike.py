"""Commands that find pictures of similar layout. What is written on them may differ."""

from __future__ import annotations

import os
import re
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.cli.call import Call, Command, on_a_case
from workbench.cli.lists import SHORT, listing
from workbench.core.errors import UserError

if TYPE_CHECKING:
    from workbench.case.readers import Reader


def _distance(parser: ArgumentParser) -> None:
    parser.add_argument("--distance", metavar="N", default="6", help="bits that may differ, of 64 (default: 6)")


def _read_distance(text: str) -> int:
    from workbench.analyze.similar import MAX_DISTANCE

    if not (text.isascii() and text.isdecimal() and int(text) <= MAX_DISTANCE):
        raise UserError("cli-distance", most=MAX_DISTANCE)
    return int(text)


def _similar_arguments(parser: ArgumentParser) -> None:
    on_a_case(parser)
    parser.add_argument("picture", metavar="SHA256|FILE", help="a picture of the case by its hash, or any picture file")
    _distance(parser)


def _similar(call: Call, reader: Reader) -> Iterator[dict[str, Any]]:
    """The nearest first, the picture itself left out; blank pages resemble nothing."""
    import numpy as np

    from workbench.analyze.similar import MIN_QUALITY, distances
    from workbench.queries import similar

    distance = _read_distance(call.args.distance)
    text = call.args.picture.lower()
    is_hash = re.fullmatch(r"[0-9a-f]{64}", text) is not None
    own, quality = similar.fingerprint_of(reader, bytes.fromhex(text)) if is_hash else _of_file(Path(call.args.picture))
    if quality < MIN_QUALITY:
        raise UserError("similar-blank", name=text if is_hash else _shown(Path(call.args.picture)))
    every = similar.fingerprints(reader)
    apart = distances(every.hashes, own)
    near = np.flatnonzero((apart <= distance) & (every.quality >= MIN_QUALITY))
    near = near[np.lexsort((every.objects[near], apart[near]))]
    hashes = similar.hashes_of(reader, every.objects[near].tolist())
    for at in near.tolist():
        sha256 = hashes[int(every.objects[at])]
        if sha256 != text:
            yield {"sha256": sha256, "distance": int(apart[at])}


def _of_file(path: Path) -> tuple[int, int]:
    """Of a picture outside of the case; decoded in a worker process like any foreign bytes."""
    from workbench.jobs.analysis import ending_of
    from workbench.jobs.pool import Pool, WorkerDied

    name = _shown(path)
    try:
        if not path.is_file():
            raise UserError("path-missing", path=name)
        with path.open("rb") as file, Pool(1) as pool:
            found = pool.analyze(fd=file.fileno(), want=("image",), ending=ending_of(name)).result()
    except OSError as error:
        raise UserError("path-unreadable", path=name, reason=error.strerror or str(error)) from error
    except WorkerDied as error:
        raise UserError("similar-no-fingerprint", name=name) from error
    facts = dict(found["image"].facts)
    own, quality = facts.get("phash"), facts.get("phash_quality")
    if not (isinstance(own, int) and isinstance(quality, int)):
        raise UserError("similar-no-fingerprint", name=name)
    return own, quality


def _shown(path: Path) -> str:
    return os.fsencode(path.name).decode("utf-8", "replace")


def _groups_arguments(parser: ArgumentParser) -> None:
    on_a_case(parser)
    _distance(parser)


def _groups(call: Call, reader: Reader) -> Iterator[dict[str, Any]]:
    from workbench.analyze.similar import groups
    from workbench.queries import similar

    distance = _read_distance(call.args.distance)
    every = similar.fingerprints(reader)
    for number, members in enumerate(groups(every.hashes, every.quality, distance), start=1):
        ids = every.objects[members].tolist()
        hashes = similar.hashes_of(reader, ids)
        yield {"group": number, "members": [hashes[each] for each in ids]}


COMMANDS = {
    each.name: each
    for each in (
        Command(
            "similar",
            _similar_arguments,
            listing(_similar, ("sha256", "sha256"), ("distance", "distance")),
            ("workbench similar storage.wbcase drawing.png --distance 8",),
        ),
        Command(
            "groups",
            _groups_arguments,
            listing(
                _groups,
                ("group", "group"),
                ("size", "", lambda row: len(row["members"])),
                ("members", "", lambda row: [each[:SHORT] for each in row["members"]]),
            ),
            ("workbench groups storage.wbcase",),
        ),
    )
}
