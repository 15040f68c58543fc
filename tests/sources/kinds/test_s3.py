from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.shared import shared_data
from tests.sources.kinds.asking import ask
from tests.sources.kinds.bucket import Store, document, error, serving
from workbench.core.times import Precision, Stated, Zone, rfc3339
from workbench.sources.kinds import names
from workbench.sources.kinds.s3 import S3, error_of
from workbench.sources.kinds.s3place import Place, folder_url, is_store, place_of
from workbench.sources.kinds.s3xml import Document, Object, read_document
from workbench.sources.remote import Ask, Listing, Page

KIND = S3()
BUCKET = "http://store.example/works/"


def read(body: bytes, url: str = BUCKET) -> Listing | None:
    return KIND.read(Page(url, body, "application/xml"))


def stated(moment: Stated | None) -> str | None:
    return None if moment is None else (rfc3339(moment.micros) or "").replace(".000000Z", ".000Z")


def as_peer(found: Document) -> dict[str, Any]:
    """In the words of the peer's expected parse."""

    def row(each: Object) -> dict[str, Any]:
        said = {
            "Key": each.key.decode(), "LastModified": stated(each.modified), "ETag": each.etag, "Size": each.size,
            "StorageClass": each.storage, "Owner": {"ID": each.owner, "DisplayName": each.owner_name},
            "VersionId": each.version, "IsLatest": each.latest,
        }  # fmt: skip
        return {key: value for key, value in said.items() if value is not None}

    return {
        "Name": found.name,
        "Prefix": None if found.prefix is None else found.prefix.decode(),
        "Marker": None if found.marker is None else found.marker.decode(),
        "KeyMarker": None if found.marker is None else found.marker.decode(),
        "MaxKeys": found.max_keys,
        "IsTruncated": found.truncated,
        "Contents": [row(each) for each in found.objects if not each.deleted],
        "Versions": [row(each) for each in found.objects if not each.deleted],
        "DeleteMarkers": [row(each) for each in found.objects if each.deleted],
        "Code": found.code,
        "Message": found.message,
        "BucketName": found.bucket,
        "Owner": {"ID": found.owner, "DisplayName": found.owner_name},
    }


SAMPLES = ("responses/s3-list-objects", "responses/s3-list-object-versions", "responses/s3-list-buckets",
           "errors/s3-list-objects", "errors/s3-create-bucket")  # fmt: skip


def test_truth_of_real_documents() -> None:
    right, asked = 0, 0
    for sample in SAMPLES:
        body = shared_data("listings-s3xml", sample + ".xml").read_bytes()
        truth = json.loads(shared_data("listings-s3xml", sample + ".json").read_text())
        found = read_document(body)
        assert found is not None, sample
        said = as_peer(found)
        facts = {key: value for key, value in truth.items() if key not in ("ResponseMetadata", "VersionIdMarker")}
        if "Error" in truth:
            facts = truth["Error"]
            assert error_of(Page(BUCKET, body)) == facts["Code"]
            assert read(body) is None
        if "Buckets" in truth:
            facts["Buckets"] = [(each["Name"], each["CreationDate"]) for each in truth["Buckets"]]
            said["Buckets"] = found.buckets
        assert {key: said[key] for key in facts} == facts, sample
        right, asked = right + 1, asked + len(facts)
    print(f"listings-s3xml: {right} of {len(SAMPLES)} samples, {asked} fields")


def test_what_samples_list() -> None:
    listing = read(shared_data("listings-s3xml", "responses", "s3-list-objects.xml").read_bytes())
    assert listing is not None
    assert listing.more is None
    assert [(each.name, each.size, each.exact, each.url, each.etag) for each in listing.entries] == [
        (b"key1", 10000, True, BUCKET + "key1", '"1d921b22129502cbbe5cbaf2c8bac682"'),
        (b"key2", 1234, True, BUCKET + "key2", '"1d921b22129502cbbe5cbaf2c8bac682"'),
    ]
    first = listing.entries[0]
    assert (rfc3339(first.modified), first.zone, first.precision) == (
        "2013-01-10T21:45:09.000000Z", Zone.LINE, Precision.SECOND
    )  # fmt: skip
    assert first.stamp == '10000|2013-01-10T21:45:09.000Z|"1d921b22129502cbbe5cbaf2c8bac682"'
    buckets = read(
        shared_data("listings-s3xml", "responses", "s3-list-buckets.xml").read_bytes(), "http://store.example/"
    )
    assert buckets is not None
    assert len(buckets.entries) == 36
    assert buckets.entries[0].url == "http://store.example/botostats/"
    assert all(each.is_folder for each in buckets.entries)
    assert read(shared_data("listings-s3xml", "responses", "s3-list-object-versions.xml").read_bytes()) is None


@pytest.mark.parametrize(
    ("url", "bucket", "prefix"),
    [
        ("http://192.0.2.7:9000/works/a/b/", "http://192.0.2.7:9000/works/", b"a/b/"),
        ("http://192.0.2.7:9000/works", "http://192.0.2.7:9000/works/", b""),
        ("http://192.0.2.7:9000/", "http://192.0.2.7:9000/", b""),
        ("https://works.s3.amazonaws.com/a%20b/", "https://works.s3.amazonaws.com/", b"a b/"),
        ("https://my.works.s3.eu-west-1.amazonaws.com/a", "https://my.works.s3.eu-west-1.amazonaws.com/", b"a"),
        ("https://works.s3-us-west-2.amazonaws.com/", "https://works.s3-us-west-2.amazonaws.com/", b""),
        ("https://s3.cn-north-1.amazonaws.com.cn/works/x/", "https://s3.cn-north-1.amazonaws.com.cn/works/", b"x/"),
        ("https://storage.googleapis.com/works/x/", "https://storage.googleapis.com/works/", b"x/"),
        ("https://works.storage.googleapis.com/x/", "https://works.storage.googleapis.com/", b"x/"),
        ("https://works.oss-cn-beijing.aliyuncs.com/x/", "https://works.oss-cn-beijing.aliyuncs.com/", b"x/"),
        ("https://works.nyc3.digitaloceanspaces.com/x/", "https://works.nyc3.digitaloceanspaces.com/", b"x/"),
        ("http://h/works/?list-type=2&delimiter=/&prefix=a%20b/", "http://h/works/", b"a b/"),
        ("http://h?prefix=a+b/", "http://h/", b"a b/"),
    ],
)
def test_which_bucket_a_url_names(url: str, bucket: str, prefix: bytes) -> None:
    assert place_of(url) == (bucket, prefix)
    assert place_of(KIND.ask(url).url).bucket == bucket
    assert place_of(folder_url(Place(bucket, prefix))) == (bucket, prefix)


def test_known_stores() -> None:
    assert is_store("https://works.s3.amazonaws.com/")
    assert not is_store("https://works.example/")
    assert not is_store("https://s3.amazonaws.com.example/")


@given(
    st.binary(max_size=20),
    st.sampled_from(["http://h/", "http://h/b/", "http://h/store/b/", "https://b.s3.amazonaws.com/"]),
)
def test_a_folder_s_url_leads_back_to_it(prefix: bytes, bucket: str) -> None:
    url = folder_url(Place(bucket, prefix))
    assert place_of(url) == (bucket, prefix)
    assert url.startswith(bucket)
    assert url.isascii()


def test_ask_and_its_fallbacks() -> None:
    asked = KIND.ask("http://h/works/a b".replace(" ", "%20"))
    assert asked.url == "http://h/works/?list-type=2&delimiter=/&encoding-type=url&prefix=a%20b/"
    first = KIND.fallback(asked, 501)
    assert first is not None
    assert first.url == "http://h/works/?delimiter=/&encoding-type=url&prefix=a%20b/"
    assert KIND.fallback(asked, 403) is None
    assert KIND.fallback(asked) == first
    assert KIND.fallback(first) is None
    assert KIND.fetch(BUCKET + "a") == Ask("GET", BUCKET + "a")


def test_a_host_that_is_a_bucket_says_so_in_its_folders() -> None:
    kind = S3(host_is_bucket=True)
    asked = kind.ask("http://files.example/some/prefix")
    assert asked.url == "http://files.example/?list-type=2&delimiter=/&encoding-type=url&prefix=some/prefix/"
    body = document("<CommonPrefixes><Prefix>some/prefix/a/</Prefix></CommonPrefixes>" + contents(("some/prefix/b", 1)))
    listing = read(body, asked.url)
    assert listing is not None
    assert [each.url for each in listing.entries] == [
        "http://files.example/some/prefix/a/?bucket=/", "http://files.example/some/prefix/b"
    ]  # fmt: skip
    for either in (kind, KIND):
        assert either.ask(listing.entries[0].url).url.endswith("example/" + asked.url.partition("example/")[2] + "a/")
    assert KIND.ask("http://files.example/some/prefix").url.startswith("http://files.example/some/?")


def test_where_a_source_starts() -> None:
    assert KIND.start("http://h/works/?list-type=2&prefix=a%20b") == "http://h/works/a%20b/"
    assert KIND.start("http://h/works") == "http://h/works/"
    assert S3(host_is_bucket=True).start("http://h/works/a") == "http://h/works/a/?bucket=/"


def contents(*keys: tuple[str, int]) -> str:
    return "".join(f"<Contents><Key>{key}</Key><Size>{size}</Size></Contents>" for key, size in keys)


def test_keys_that_no_path_can_hold_are_told() -> None:
    keys = contents(
        ("a/", 0),
        ("a/b", 1),
        ("c//d", 1),
        ("../e", 1),
        ("/f", 1),
        ("g/", 7),
        ("h/../i", 1),
        (".", 1),
        ("j", 1),
        ("j", 2),
    )
    listing = read(document(keys))
    assert listing is not None
    assert [(each.name, each.is_folder) for each in listing.entries] == [
        (b"a", True), (b"c", True), (b"g", True), (b"h", True), (b"j", False)
    ]  # fmt: skip
    assert [(remark.name, remark.message.code) for remark in listing.remarks] == [
        (b"../e", "row-name-unsafe"),
        (b"/f", "row-name-unsafe"),
        (b"g/", "bucket-marker-bytes"),
        (b".", "row-name-unsafe"),
        (b"j", "row-twice"),
    ]
    below = read(document(contents(("c//d", 1), ("c/", 0), ("elsewhere", 1))), BUCKET + "?prefix=c/")
    assert below is not None
    assert below.entries == ()
    assert [(remark.name, remark.message.code) for remark in below.remarks] == [
        (b"/d", "row-name-unsafe"), (b"elsewhere", "row-elsewhere")
    ]  # fmt: skip
    prefixes = "".join(f"<CommonPrefixes><Prefix>{each}</Prefix></CommonPrefixes>" for each in ("/", "../", "x/", "x/"))
    listing = read(document(prefixes))
    assert listing is not None
    assert [each.name for each in listing.entries] == [b"x"]
    assert len(listing.remarks) == 2


def test_pages_that_lead_nowhere_are_not_complete() -> None:
    more = "<IsTruncated>true</IsTruncated>"
    listing = read(document(more + contents(("a", 1))))
    assert listing is not None
    assert listing.more is not None
    assert listing.more.url == BUCKET + "?delimiter=/&encoding-type=url&marker=a&prefix="
    circle = read(document(more + contents(("a", 1))), listing.more.url)
    assert circle is not None
    assert circle.more is None
    assert names.ends_early(circle.remarks)
    token = more + "<NextContinuationToken>a+b/=</NextContinuationToken>"
    listing = read(document(token))
    assert listing is not None
    assert listing.more is not None
    assert "continuation-token=a%2Bb%2F%3D&" in listing.more.url
    circle = read(document(token), listing.more.url)
    assert circle is not None
    assert (circle.more, names.ends_early(circle.remarks)) == (None, True)
    empty = read(document(more))
    assert empty is not None
    assert names.ends_early(empty.remarks)


def test_an_empty_bucket_is_a_listing_and_an_error_is_none() -> None:
    assert read(document("<IsTruncated>false</IsTruncated>")) == Listing("s3", ())
    assert read(error("NoSuchBucket")) is None
    assert error_of(Page(BUCKET, error("NoSuchBucket"))) == "NoSuchBucket"
    assert error_of(Page(BUCKET, document(""))) is None
    assert error_of(Page(BUCKET, b"<html/>")) is None
    assert read(b"junk" + document("")) is None
    assert read(document("") + b"<") is None


def test_a_page_with_too_many_keys_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "MOST_ROWS", 2)
    listing = read(document(contents(("a", 1), ("b", 1), ("c", 1))))
    assert listing is not None
    assert len(listing.entries) == 2
    assert names.ends_early(listing.remarks)


def walk(start: str, get: Callable[[Ask], tuple[int, bytes]]) -> dict[bytes, bytes]:
    """All files below, asked for as a look does."""
    found: dict[bytes, bytes] = {}
    left: list[tuple[Ask, bytes]] = [(KIND.ask(start), b"")]
    while left:
        asked, path = left.pop()
        status, body = get(asked)
        if status != 200:
            other = KIND.fallback(asked, status)
            assert other is not None
            left.append((other, path))
            continue
        listing = KIND.read(Page(asked.url, body))
        assert listing is not None
        assert listing.remarks == ()
        if listing.more is not None:
            left.append((listing.more, path))
        for entry in listing.entries:
            if entry.is_folder:
                left.append((KIND.ask(entry.url), path + entry.name + b"/"))
            else:
                assert path + entry.name not in found
                found[path + entry.name] = get(KIND.fetch(entry.url))[1]
                assert entry.size == len(found[path + entry.name])
                assert entry.precision == Precision.MILLISECOND
    return found


NAMES = st.binary(min_size=1, max_size=6).filter(lambda name: names.problem_with(name) is None)
KEYS = st.dictionaries(
    st.lists(NAMES, min_size=1, max_size=3).map(b"/".join), st.binary(max_size=3), min_size=1, max_size=12
)


@given(KEYS, st.integers(1, 5), st.sampled_from([1, 2]), st.booleans(), st.booleans())
def test_any_keys_come_back(keys: dict[bytes, bytes], page: int, version: int, plus: bool, virtual: bool) -> None:
    store = Store(keys, version=version, page=page, plus=plus, virtual=virtual)

    def get(asked: Ask) -> tuple[int, bytes]:
        assert asked.url.isascii()
        return store.answer(asked.url.removeprefix("http://h"))

    assert walk("http://h/" if virtual else "http://h/works/", get) == keys


@pytest.mark.parametrize("version", [1, 2])
def test_over_the_network(version: int) -> None:
    keys = {
        f"{folder}{name}".encode(): name.encode() for folder in ("", "원화/", "a b+c/x/") for name in ("1", "둘", "#3?")
    }
    with serving(Store(keys, version=version)) as store:
        found = walk(store.url + store.bucket, lambda asked: ask(asked)[:2])
        assert any("continuation-token" in each for each in store.asked) == (version == 2)
        assert any("&marker=" in each for each in store.asked) == (version == 1)
    assert found == keys


@given(st.data())
def test_mutations_never_raise(data: st.DataObject) -> None:
    keys = contents(*((quote(each), 1) for each in data.draw(st.lists(st.text(max_size=9), max_size=4))))
    body = bytearray(document("<EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>" + keys))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(body) - 1))
        body[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    listing = read(bytes(body))
    if listing is not None:
        assert all(names.problem_with(entry.name) is None for entry in listing.entries)


def test_a_store_that_overlooks_prefix_and_delimiter_is_read_right() -> None:
    body = document(contents(("a/1", 1), ("a/b/2", 1), ("c", 1)))
    root = read(body, BUCKET + "?list-type=2&delimiter=/&prefix=")
    below = read(body, BUCKET + "?list-type=2&delimiter=/&prefix=a/")
    assert root is not None
    assert below is not None
    assert [each.name for each in root.entries] == [b"a", b"c"]
    assert [each.name for each in below.entries] == [b"b", b"1"]
    assert Place(BUCKET, b"a/b/") == place_of(below.entries[0].url)
