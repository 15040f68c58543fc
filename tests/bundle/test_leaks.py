"""Nothing that a redaction withholds is in the bundle, in any form, wherever it stood; where one filter fails, the
search of the finished bundle stops the export. ``WORKBENCH_TRIALS=300`` tries as many redactions.
"""

from __future__ import annotations

import json
import os
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.bundle.hiding import Hidden, Planted, found_in, plant, redaction_of
from workbench.bundle import exchanges, selection, watchedrows, write
from workbench.bundle.redaction import Redaction
from workbench.bundle.selection import Selection
from workbench.bundle.write import Written, write_bundle
from workbench.case.case import open_case
from workbench.core.errors import UserError
from workbench.core.filter import Filter
from workbench.jobs.pool import Pool

TRIALS = int(os.environ.get("WORKBENCH_TRIALS", "4"))


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    """A case with a secret in every place, made once and only read."""
    with Pool(2) as pool:
        return plant(tmp_path_factory.mktemp("planted"), pool)


def bundle_of(planted: Planted, tmp_path: Path, chosen: Sequence[Hidden], *, as_zip: bool = False) -> Written:
    (tmp_path / "redact.json").write_text(json.dumps(redaction_of(chosen)), "utf-8")
    with open_case(planted.path, write=False) as case:
        return write_bundle(case, tmp_path / "out", Filter(), redact=tmp_path / "redact.json", as_zip=as_zip)


def strict(planted: Planted) -> list[Hidden]:
    """All that a rule withholds without asking."""
    return [each for each in planted.hidden if not each.may_refuse]


@pytest.mark.parametrize("trial", range(TRIALS))
def test_random_redactions(planted: Planted, tmp_path: Path, trial: int) -> None:
    dice = random.Random(trial)
    share = dice.choice((0.1, 0.4, 0.8))
    chosen = [each for each in strict(planted) if dice.random() < share] or strict(planted)[:1]
    written = bundle_of(planted, tmp_path, chosen, as_zip=trial % 4 == 3)
    secrets = [secret for each in chosen for secret in each.secrets]
    place = tmp_path / "out"
    if place.is_file():
        (tmp_path / "folder").mkdir()
        place = place.rename(tmp_path / "folder" / "out.zip").parent
    assert found_in(place, [*secrets, *planted.always]) == []
    assert written.searched.strings > len(set(planted.always))
    assert written.searched.files > 20


def test_the_search_of_this_test_finds_what_is_there(planted: Planted, tmp_path: Path) -> None:
    bundle_of(planted, tmp_path, [])
    secrets = [secret for each in planted.hidden for secret in each.secrets]
    places = "\n".join(place for place, _ in found_in(tmp_path / "out", secrets))
    assert [each for each in secrets if f": {each!r}" not in places] == []


def in_a_file(planted: Planted) -> Hidden:
    (found,) = (each for each in planted.hidden if each.place == "address in a file")
    return found


def test_a_file_that_repeats_what_is_withheld_stops_the_export(planted: Planted, tmp_path: Path) -> None:
    chosen = in_a_file(planted)
    error = refused(planted, tmp_path, [chosen])
    assert "a withheld address" in str(error)
    assert "data/evidence/objects/" in str(error)
    assert chosen.value not in str(error)


def test_it_goes_along_when_it_is_accepted_by_name(planted: Planted, tmp_path: Path) -> None:
    chosen = in_a_file(planted)
    sha256 = re.findall(r"objects/../([0-9a-f]{64})", str(refused(planted, tmp_path, [chosen])))[0]
    written = bundle_of(planted, tmp_path, [chosen, Hidden("", (), "accept", sha256)])
    assert written.searched.accepted == 1
    assert dict(written.left_out)["accepted-object"] == 1
    hits = found_in(tmp_path / "out", chosen.secrets)
    assert {place.partition(":")[0] for place, _ in hits} == {f"data/evidence/objects/{sha256[:2]}/{sha256}"}


def refused(planted: Planted, tmp_path: Path, chosen: Sequence[Hidden]) -> UserError:
    """The export was stopped by the search, and nothing is left of it."""
    with pytest.raises(UserError) as raised:
        bundle_of(planted, tmp_path, chosen)
    assert raised.value.message.code == "bundle-leak", str(raised.value)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["redact.json"]
    return raised.value


def test_an_archive_that_names_a_withheld_member_is_named(planted: Planted, tmp_path: Path) -> None:
    """The folder of an archive's members is no object of its own; where the archive is one, it has to be accepted."""
    (chosen,) = (each for each in planted.hidden if each.place == "archive member")
    try:
        bundle_of(planted, tmp_path, [chosen])
    except UserError as error:
        stopped = error
    else:
        stopped = None
    if stopped is None:
        assert found_in(tmp_path / "out", chosen.secrets) == []
    else:
        assert "data/evidence/objects/" in str(stopped)


# the doors, each of them left open once

Select = Callable[..., Selection]


def blind(field: str) -> Callable[[pytest.MonkeyPatch], None]:
    """Select as if one field of the redaction were empty."""

    def open_it(patch: pytest.MonkeyPatch) -> None:
        real: Select = write.selected

        def selected(reader: Any, asked: Filter, redaction: Redaction) -> Selection:
            return real(reader, asked, replace(redaction, **{field: getattr(Redaction(), field)}))

        patch.setattr(write, "selected", selected)

    return open_it


def carried(table: str) -> Callable[[pytest.MonkeyPatch], None]:
    """Let every row of a table go along."""

    def open_it(patch: pytest.MonkeyPatch) -> None:
        real: Select = write.selected

        def selected(*given: Any) -> Selection:
            made = real(*given)
            made.masks[table][1:] = True
            made.closed.pop(table, None)
            return made

        patch.setattr(write, "selected", selected)

    return open_it


def no_lines(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        selection, "take_out_mentions", lambda _reader, _hidden, events, rejects: (events & False, rejects & False)
    )


def no_own(patch: pytest.MonkeyPatch) -> None:
    real = selection._Choice.__init__

    def made(self: Any, *given: Any) -> None:
        real(self, *given)
        self.own[:] = False

    patch.setattr(selection._Choice, "__init__", made)


def all_bytes(patch: pytest.MonkeyPatch) -> None:
    real: Select = write.selected

    def selected(*given: Any) -> Selection:
        made = real(*given)
        made.bytes_of = np.ones_like(made.bytes_of)
        made.bytes_of[0] = False
        return made

    patch.setattr(write, "selected", selected)


def all_requests(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(watchedrows, "_allowed", lambda base, *_: base.all("exchange"))
    patch.setattr(exchanges._Writing, "_is_hidden", lambda *_: False)
    patch.setattr(watchedrows, "_named", lambda base: base.all("exchange"))


def all_names(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Redaction, "hides", lambda *_: False)


DOORS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    **{f"the field {field}": blind(field) for field in ("objects", "paths", "addresses", "tags", "authors", "marks")},
    **{f"the field {field}": blind(field) for field in ("notes", "actors")},
    **{
        f"the table {table}": carried(table)
        for table in ("path", "logpath", "word", "address", "mark", "actor", "warning", "fact", "object", "decision")
    },
    **{f"the table {table}": carried(table) for table in ("charter", "setting", "case_key", "resumption")},
    "lines of logs": no_lines,
    "own addresses": no_own,
    "bytes of objects": all_bytes,
    "requests": all_requests,
    "names": all_names,
}


@pytest.mark.parametrize("door", DOORS)
def test_a_door_left_open_is_noticed(
    planted: Planted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, door: str
) -> None:
    chosen = strict(planted)
    DOORS[door](monkeypatch)
    if door == "the field notes":
        chosen = [each for each in chosen if each.field not in ("authors", "marks")]
    if door == "the field authors":
        chosen = [each for each in chosen if each.field not in ("actors", "notes")]
    if door == "the field marks":
        chosen = [each for each in chosen if each.field not in ("actors", "notes")]
    error = refused(planted, tmp_path, chosen)
    assert "data/" in str(error)


def test_with_all_doors_shut_everything_can_be_withheld(planted: Planted, tmp_path: Path) -> None:
    bundle_of(planted, tmp_path, strict(planted))
    secrets = [secret for each in strict(planted) for secret in each.secrets]
    assert found_in(tmp_path / "out", [*secrets, *planted.always]) == []
