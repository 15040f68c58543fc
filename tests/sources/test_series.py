from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.errors import UserError
from workbench.core.times import Precision, Zone, rfc3339
from workbench.sources.series import split_series


def folders(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).mkdir()
    return root


def test_one_look_per_day_in_order(tmp_path: Path) -> None:
    root = folders(
        tmp_path, "2024-01-10", "2024-01-03", "notes", "2024-13-01", "2024-02-30", "2024-01-04x", "x2024-01-04"
    )
    (root / "2024-01-05").write_text("a file")
    (root / "2024-01-06").symlink_to("2024-01-03")
    looks, notes = split_series(root, "%Y-%m-%d")
    assert [(look.name, rfc3339(look.observed.micros, look.observed.zone)) for look in looks] == [
        ("2024-01-03", "2024-01-03T00:00:00.000000"),
        ("2024-01-10", "2024-01-10T00:00:00.000000"),
    ]
    assert looks[0].path == root / "2024-01-03"
    assert {look.observed.zone for look in looks} == {Zone.UNKNOWN}
    assert {look.observed.precision for look in looks} == {Precision.DAY}
    assert {note.path for note in notes} == {
        b"2024-01-04x",
        b"2024-01-05",
        b"2024-01-06",
        b"2024-02-30",
        b"2024-13-01",
        b"notes",
        b"x2024-01-04",
    }
    assert {note.message.code for note in notes} == {"series-not-matched"}


@pytest.mark.parametrize(
    ("pattern", "name", "told", "precision"),
    [
        ("%Y%m%d", "20240103", "2024-01-03T00:00:00.000000", Precision.DAY),
        ("look_%d.%b.%Y", "look_03.JAN.2024", "2024-01-03T00:00:00.000000", Precision.DAY),
        ("%Y-%j", "2024-366", "2024-12-31T00:00:00.000000", Precision.DAY),
        ("%Y-%m-%dT%H", "2024-01-03T09", "2024-01-03T09:00:00.000000", Precision.HOUR),
        ("%Y-%m-%d %H%M", "2024-01-03 0905", "2024-01-03T09:05:00.000000", Precision.MINUTE),
        ("%Y-%m-%d %H.%M.%S", "2024-01-03 09.05.07", "2024-01-03T09:05:07.000000", Precision.SECOND),
        ("100%%-%Y%m%d(+)", "100%-20240103(+)", "2024-01-03T00:00:00.000000", Precision.DAY),
        ("观察-%Y年%m月%d日", "观察-2024年01月03日", "2024-01-03T00:00:00.000000", Precision.DAY),
    ],
)
def test_patterns(tmp_path: Path, pattern: str, name: str, told: str, precision: Precision) -> None:
    looks, _ = split_series(folders(tmp_path, name), pattern)
    assert [rfc3339(look.observed.micros, look.observed.zone) for look in looks] == [told]
    assert looks[0].observed.precision is precision


@pytest.mark.parametrize("name", ["2023-366", "2024-000", "2024-367", "２０２４-001"])
def test_days_that_are_none(tmp_path: Path, name: str) -> None:
    looks, notes = split_series(folders(tmp_path, name, "2024-001"), "%Y-%j")
    assert (len(looks), len(notes)) == (1, 1)


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "days",
        "%Y",
        "%Y-%m",
        "%m-%d",
        "%Y-%d",
        "%Y-%m-%d-%m",
        "%Y-%m-%d %M",
        "%Y-%m-%d %H %S",
        "%y%m%d",
        "%",
        "%Y-%m-%d%",
        "%Y-%m-%b-%d",
        "%Y-%j-%d",
        "%Y/%m/%d",
        "%-d%Y%m",
        "%Y-%m-%d %p",
    ],
)
def test_patterns_that_name_no_day(tmp_path: Path, pattern: str) -> None:
    with pytest.raises(UserError) as caught:
        split_series(tmp_path, pattern)
    assert caught.value.message.code == "series-pattern"


def test_nothing_matched_and_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        split_series(folders(tmp_path, "x"), "%Y-%m-%d")
    assert caught.value.message.code == "series-nothing-matched"
    with pytest.raises(UserError) as caught:
        split_series(tmp_path / "none", "%Y-%m-%d")
    assert caught.value.message.code == "folder-unreadable"


@given(st.text(max_size=20))
def test_any_pattern_is_read_or_refused(pattern: str) -> None:
    with pytest.raises(UserError):
        split_series(Path("/nonexistent"), pattern)
