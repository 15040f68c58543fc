"""Whatever a worker sends: a typed value, or `BadReply`."""

from __future__ import annotations

import io
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.analyze.test_manyparts import gif, tiff
from tests.analyze.test_objects import saved
from tests.analyze.test_wholeness import chunks_of, png_of
from workbench.analyze.manyparts import MOST_EXTRAS, MOST_PAGES
from workbench.core.batch import COLUMNS, NULL, TABLES, EventBatch
from workbench.core.messages import Message
from workbench.core.records import Analysis, State
from workbench.jobs.pool import Pool
from workbench.jobs.replies import (
    JUDGES,
    BadReply,
    judge_analyses,
    judge_batch,
    judge_pixels,
    pack_analyses,
    pack_batch,
)
from workbench.logs.layout import Column, Evidence

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=12), inner, max_size=5),
    max_leaves=20,
)
PARAMS = {"want": ["type", "image"], "budget": 1000, "bytes": 500}


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(JUDGES)), JSON, st.lists(st.binary(max_size=64), max_size=3))
def test_anything_is_judged_without_a_surprise(task: str, result: Any, buffers: list[bytes]) -> None:
    with suppress(BadReply):
        JUDGES[task](result, [memoryview(each) for each in buffers], PARAMS)


@settings(max_examples=300, deadline=None)
@given(
    st.fixed_dictionaries({"state": JSON, "facts": JSON, "warnings": JSON, "preview": JSON})
    | st.fixed_dictionaries(
        {
            "state": st.sampled_from(["ok", "empty", "undecodable", "missing"]),
            "facts": st.lists(
                st.tuples(st.sampled_from(["width", "phash", "media_type", "mode"]), JSON).map(list), max_size=3
            ),
            "warnings": st.lists(st.tuples(st.just("image-undecodable"), JSON).map(list), max_size=2),
            "preview": st.none() | st.integers(-2, 2),
        }
    ),
    st.lists(st.binary(max_size=64), max_size=2),
)
def test_nearly_right_analyses(image: dict[str, Any], buffers: list[bytes]) -> None:
    try:
        found = judge_analyses({"image": image}, [memoryview(each) for each in buffers], {"want": ["image"]})
    except BadReply:
        return
    assert set(found) == {"image"}
    assert all(isinstance(value, int | str) for _, value in found["image"].facts)


def jpeg(width: int, height: int, **options: Any) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (width, height)).save(stream, "JPEG", **options)
    return stream.getvalue()


def judged_preview(data: bytes) -> bytes | None:
    packed, buffers = pack_analyses({"image": Analysis(State.OK, (("width", 5),), (), data)})
    return judge_analyses(packed, [memoryview(each) for each in buffers], {"want": ["image"]})["image"].preview


def test_analyses_come_back_as_they_were() -> None:
    warning = Message("image-damaged", {"type": "image/png"})
    found = {
        "type": Analysis(State.OK, (("media_type", "image/png"), ("kind", "image"))),
        "image": Analysis(State.UNDECODABLE, (("width", 3), ("phash", -5)), (warning,), jpeg(256, 1)),
        "metadata": Analysis(State.OK, (("exif.gps_lat", -12.5), ("exif.make", "相机"))),
    }
    packed, buffers = pack_analyses(found)
    assert judge_analyses(packed, [memoryview(each) for each in buffers], {"want": list(found)}) == found


@pytest.mark.parametrize(
    "data",
    [
        jpeg(257, 10),
        jpeg(10, 10, progressive=True),
        jpeg(10, 10, comment=b"hello"),
        jpeg(10, 10)[:-2],
        jpeg(10, 10) + b"<script>",
        b"",
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8" + b"\0" * (300 << 10) + b"\xff\xd9",
    ],
)
def test_other_previews_are_refused(data: bytes) -> None:
    with pytest.raises(BadReply):
        judged_preview(data)


def test_good_previews_pass() -> None:
    assert judged_preview(jpeg(256, 256, quality=80)) is not None


def test_pixels_must_be_as_many_as_announced() -> None:
    good = {"width": 2, "height": 3, "full_width": 4, "full_height": 6, "damaged": False}
    assert judge_pixels(good, [memoryview(bytes(24))], {"budget": 6}).full == (4, 6)
    for odd in ({"width": 3}, {"height": 0}, {"full_width": 1}, {"width": 2.0}, {"width": None}):
        with pytest.raises(BadReply):
            judge_pixels({**good, **odd}, [memoryview(bytes(24))], {"budget": 6})
    with pytest.raises(BadReply):
        judge_pixels(good, [memoryview(bytes(24))], {"budget": 5})


def batch(**odd: int) -> EventBatch:
    values = dict.fromkeys(COLUMNS, 0) | {"line": 1, "length": 10, "sent": NULL, "time": 1_700_000_000_000_000} | odd
    columns = {name: np.array([value], dtype=np.int64) for name, value in values.items()}
    tables: dict[str, list[Any]] = {name: ["x"] for name in TABLES}
    tables["path"] = [b"/\xff\xe4"]
    tables["forwarded"] = ['["192.0.2.1"]']
    return EventBatch(2, 20, columns, tables, [(2, 11, 5, "line-unreadable")])


def judged(one: EventBatch) -> EventBatch:
    packed, buffers = pack_batch(one)
    return judge_batch(packed, buffers, {"bytes": 20})


def test_a_batch_comes_back_as_it_was() -> None:
    back = judged(batch())
    assert back.tables["path"] == [b"/\xff\xe4"]
    assert back.rejects == [(2, 11, 5, "line-unreadable")]
    assert {name: column.tolist() for name, column in back.columns.items()} == {
        name: column.tolist() for name, column in batch().columns.items()
    }


@pytest.mark.parametrize(
    "odd",
    [
        {"line": 0},
        {"line": 3},
        {"start": 15},
        {"start": -1},
        {"zone": 9},
        {"action": -1},
        {"ok": 2},
        {"path": 1},
        {"peer": 1},
        {"rule": 2},
        {"forwarded": 1},
        {"forwarded": NULL},
        {"agent": -1},
        {"sent": -2},
        {"length": 2**62},
    ],
)
def test_a_batch_out_of_range_is_refused(odd: dict[str, int]) -> None:
    with pytest.raises(BadReply):
        judged(batch(**odd))


@pytest.mark.parametrize("odd", ["", "x", "{}", "[1]", "[[]]", "[" * 5000])
def test_a_forwarded_for_list_is_a_list_of_texts(odd: str) -> None:
    one = batch()
    one.tables["forwarded"] = [odd]
    with pytest.raises(BadReply):
        judged(one)


def _evidence(**changes: Any) -> dict[str, Any]:
    column = Column(lines=1, named=1).to_json()
    return {**Evidence().to_json(), "front": column, "behind": {"3": column}} | changes


@pytest.mark.parametrize(
    "odd",
    [
        {"front": {}},
        {"front": 1},
        {"front": {**Column().to_json(), "lines": 3}},
        {"front": {**Column().to_json(), "lines": -1}},
        {"front": {**Column().to_json(), "values": [2**62]}},
        {"front": {**Column().to_json(), "peers": list(range(129))}},
        {"front": {**Column().to_json(), "peers": "x"}},
        {"behind": {"99": Column().to_json()}},
        {"behind": []},
        {"behind": {"3": None}},
        {"words": {}},
        {"words": {**Evidence().words, "users": 3}},
        {"more": 1},
    ],
)
def test_evidence_that_no_log_gives_is_refused(odd: dict[str, Any]) -> None:
    one = batch()
    one.evidence = _evidence()
    assert judged(one).evidence == one.evidence
    one.evidence = _evidence(**odd)
    with pytest.raises(BadReply):
        judged(one)


def test_what_is_said_of_many_pages_and_heavy_chunks_comes_through_the_pool() -> None:
    """The judge takes what the analysis really says, for each kind that has a remark of its own."""
    chunks = chunks_of(saved(Image.effect_noise((40, 40), 80)))
    chunks.insert(1, (b"tEXt", b"Comment\0" + b"x" * (MOST_EXTRAS + 1)))
    files = {
        "image-pages-many": [tiff(MOST_PAGES + 1), tiff(200_000), gif(MOST_PAGES + 1)],
        "image-chunk-passed-over": [png_of(chunks)],
    }
    with Pool(1) as pool:
        for code, made in files.items():
            for data in made:
                image = pool.analyze(data=data).result()["image"]
                assert (image.state, [each.code for each in image.warnings]) == (State.OK, [code])
                assert image.preview is not None
