"""EXIF and XMP: what is stated, what is not, and what is nonsense."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.shared import shared_data
from workbench.analyze.objects import analyze_object
from workbench.core.records import State
from workbench.core.times import from_datetime


def with_exif(root: dict[int, Any] | None = None, inner: dict[int, Any] | None = None, gps: Any = None) -> bytes:
    exif = Image.Exif()
    exif.update(root or {})
    if inner:
        exif.get_ifd(0x8769).update(inner)
    if gps:
        exif.get_ifd(0x8825).update(gps)
    stream = io.BytesIO()
    Image.new("RGB", (30, 20), "red").save(stream, "JPEG", exif=exif)
    return stream.getvalue()


def facts(data: bytes) -> dict[str, Any]:
    found = analyze_object(data, {"metadata"})["metadata"]
    assert found.state is State.OK
    assert not found.warnings
    return dict(found.facts)


NINE = from_datetime(datetime(2024, 1, 3, 9, 0, 0, tzinfo=UTC))


def test_a_time_without_a_zone_stays_a_wall_clock() -> None:
    found = facts(with_exif({0x0132: "2024:01:03 09:00:00"}))
    assert found == {"exif.datetime": NINE, "exif.datetime.zone": "unknown"}


def test_a_time_with_a_zone_is_utc() -> None:
    found = facts(with_exif(inner={0x9003: "2024:01:03 18:00:00", 0x9011: "+09:00", 0x9291: "25"}))
    assert found == {"exif.datetime_original": NINE + 250_000, "exif.datetime_original.zone": "line"}


def test_every_time_has_its_own_zone() -> None:
    found = facts(
        with_exif(
            {0x0132: "2024:01:03 09:00:00"},
            {0x9003: "2024:01:03 09:00:00", 0x9004: "2024:01:03 08:00:00", 0x9012: "-01:00", 0x9010: "Z"},
        )
    )
    assert [found[name] for name in ("exif.datetime", "exif.datetime_original", "exif.datetime_digitized")] == [
        NINE
    ] * 3
    assert found["exif.datetime.zone"] == "line"
    assert found["exif.datetime_original.zone"] == "unknown"
    assert found["exif.datetime_digitized.zone"] == "line"


@pytest.mark.parametrize("text", ["0000:00:00 00:00:00", "    :  :     :  :  ", "yesterday", "", "2024:13:40 99:00:00"])
def test_no_time_is_no_fact(text: str) -> None:
    assert facts(with_exif({0x0132: text, 0x010F: "Maker"})) == {"exif.make": "Maker"}


def test_texts_are_cleaned_and_bounded() -> None:
    found = facts(with_exif({0x010F: "A\0hidden", 0x0110: "x" * 5000, 0x0131: "  tab\there "}))
    assert found["exif.make"] == "A"
    assert len(found["exif.model"]) == 1024
    assert found["exif.software"] == "tab here"


def test_the_place() -> None:
    degrees = (45.0, 30.0, 36.0)
    assert facts(with_exif(gps={1: "S", 2: degrees, 3: "W", 4: (9.0, 6.0, 0.0)})) == {
        "exif.gps_lat": -45.51,
        "exif.gps_lon": -9.1,
    }


@pytest.mark.parametrize(
    "gps",
    [
        {1: "N", 2: (0.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)},
        {1: "N", 2: (95.0, 0.0, 0.0), 3: "E", 4: (9.0, 0.0, 0.0)},
        {1: "N", 2: (45.0, 75.0, 0.0), 3: "E", 4: (9.0, 0.0, 0.0)},
        {2: (45.0, 0.0, 0.0), 4: (9.0, 0.0, 0.0)},
        {1: "N", 2: (45.0, 0.0, 0.0)},
    ],
)
def test_no_place_is_no_fact(gps: dict[int, Any]) -> None:
    assert not facts(with_exif(gps=gps))


def test_the_writing_program_in_xmp() -> None:
    stream = io.BytesIO()
    packet = b'<x:xmpmeta><rdf:Description xmp:CreatorTool="Clip Studio &lt;Paint"/></x:xmpmeta>'
    Image.new("RGB", (3, 3)).save(stream, "JPEG", xmp=packet)
    assert facts(stream.getvalue())["xmp.creator_tool"].startswith("Clip Studio")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_once(orientation: int) -> None:
    analyses = analyze_object(with_exif({0x0112: orientation}))
    assert dict(analyses["metadata"].facts) == {"exif.orientation": orientation}
    image = dict(analyses["image"].facts)
    assert (image["width"], image["height"]) == ((20, 30) if orientation >= 5 else (30, 20))
    preview = Image.open(io.BytesIO(analyses["image"].preview or b""))
    assert preview.size == (image["width"], image["height"])
    assert not preview.getexif()


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_exif_never_raises(data: st.DataObject) -> None:
    whole = bytearray(
        with_exif({0x010F: "Maker", 0x0112: 6}, {0x9003: "2024:01:03 18:00:00"}, {1: "N", 2: (1.0, 2.0, 3.0)})
    )
    end = whole.index(b"\xff\xdb")
    for _ in range(data.draw(st.integers(1, 12))):
        whole[data.draw(st.integers(20, end - 1))] = data.draw(st.integers(0, 255))
    analyses = analyze_object(bytes(whole))
    assert sum(len(each.warnings) for each in analyses.values()) <= 1


TAGS = {
    "exif.make": r"\[Exif IFD0 - 0x010f\] Make = (.*)",
    "exif.model": r"\[Exif IFD0 - 0x0110\] Model = (.*)",
    "exif.software": r"\[Exif IFD0 - 0x0131\] Software = (.*)",
    "exif.datetime": r"\[Exif IFD0 - 0x0132\] Date/Time = (\d{4}:\d\d:\d\d \d\d:\d\d:\d\d)\s",
    "exif.datetime_original": r"\[Exif SubIFD - 0x9003\] Date/Time Original = (\d{4}:\d\d:\d\d \d\d:\d\d:\d\d)\s",
    "exif.datetime_digitized": r"\[Exif SubIFD - 0x9004\] Date/Time Digitized = (\d{4}:\d\d:\d\d \d\d:\d\d:\d\d)\s",
    "exif.gps_lat": r"\[GPS - 0x0002\] GPS Latitude = (.*)",
    "exif.gps_lon": r"\[GPS - 0x0004\] GPS Longitude = (.*)",
}


def peer_value(name: str, text: str) -> Any:
    if ".datetime" in name:
        if text.startswith("0000"):
            return None
        return from_datetime(datetime.strptime(text, "%Y:%m:%d %H:%M:%S").replace(tzinfo=UTC))
    if ".gps" in name:
        parts = [float(each) for each in re.findall(r"-?[\d.]+", text)]
        degrees = abs(parts[0]) + parts[1] / 60 + parts[2] / 3600
        return -degrees if text.startswith("-") else degrees
    return text.strip() or None


def test_against_a_peers_reading() -> None:
    """Every value that metadata-extractor read, against ours."""
    right: dict[str, int] = dict.fromkeys(TAGS, 0)
    total: dict[str, int] = dict.fromkeys(TAGS, 0)
    for truth in sorted(shared_data("exif-mde").rglob("*.expected-java.txt")):
        path = truth.with_name(truth.name.removesuffix(".expected-java.txt"))
        if path.suffix.lower() not in (".jpg", ".png", ".webp", ".avif", ".tif"):
            continue
        found = dict(analyze_object(path.read_bytes(), {"metadata"})["metadata"].facts)
        text = truth.read_text(encoding="utf-8", errors="replace")
        for name, pattern in TAGS.items():
            match = re.search(pattern, text)
            value = peer_value(name, match.group(1)) if match else None
            if value is None:
                continue
            total[name] += 1
            ours = found.get(name)
            same = (
                abs(ours - value) < 1e-4
                if isinstance(ours, float)
                else ours is not None and ours // 10**6 == value // 10**6
                if isinstance(value, int)
                else ours == value
            )
            right[name] += same
            if not same:
                print(f"{path.name} {name}: ours {ours!r}, theirs {value!r}")
    for name in TAGS:
        print(f"{name:26} {right[name]} of {total[name]}")
    assert sum(right.values()) >= 0.9 * sum(total.values())
