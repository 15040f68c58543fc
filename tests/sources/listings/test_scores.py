"""Real listings against what is known of them; the scores are printed (`pytest -s`, or in the report of a failure)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.shared import shared_data
from workbench.sources.listings.registry import read_listing
from workbench.sources.remote import Entry, Page

ODD_LEAST = 80
FAILING = {
    "DirectoryListing48a": "its files lie on another host than the page that the peer assumes; at its own it is right",
    "DirectoryListing48b": "as 48a",
    "DirectoryListing75b": "the truth keeps a name percent-encoded; the server shows it with its parentheses",
    "DirectoryListing78b": "the truth takes files without a size for folders; their icons say that they are files",
}


def wrong(entries: tuple[Entry, ...], assertions: list[dict[str, Any]]) -> list[str]:
    """The assertions of the peer's test that do not hold. It calls the page itself ROOT and reads descriptions, which
    say nothing that a case keeps.
    """
    folders = [entry for entry in entries if entry.is_folder]
    files = [entry for entry in entries if not entry.is_folder]
    found = []
    for each in assertions:
        what = each["what"]
        side = folders if what.startswith("Subdirectories") else files
        if what == "Name" or what.endswith("Description"):
            continue
        if what.endswith("Count"):
            value: object = len(side)
        else:
            place = int(what.partition("[")[2].partition("]")[0])
            entry = side[place] if place < len(side) else None
            value = entry and (entry.name.decode() if what.endswith("Name") else entry.size)
        if value != each["equals"]:
            found.append(f"{what} is {value!r}, not {each['equals']!r}")
    return found


@pytest.mark.parametrize(("assumed", "also_right"), [("base_url_used_by_test", 0), ("url", 2)])
def test_odd_listings(assumed: str, also_right: int) -> None:
    root = shared_data("listings-odd")
    truth = json.loads((root / "truth.json").read_text("utf-8"))
    failed = {}
    for name, each in sorted(truth.items()):
        listing = read_listing(Page(each[assumed], (root / f"{name}.html").read_bytes(), "text/html"))
        problems = ["not understood"] if listing is None else wrong(listing.entries, each["assertions"])
        if problems:
            failed[name] = problems
    right = len(truth) - len(failed)
    print(f"listings-odd, pages at {assumed}: {right} of {len(truth)} with every assertion right")
    for name, problems in failed.items():
        print(f"  {name}: {FAILING.get(name, 'NOT EXPECTED')} ({'; '.join(problems)})")
    assert len(truth) == 84
    assert set(failed) <= set(FAILING)
    assert right >= ODD_LEAST + also_right


def test_listings_of_rclone() -> None:
    """An empty page lists nothing; that it is not understood, and not an empty folder, is more than the peer says."""
    root = shared_data("listings-rclone")
    truth = json.loads((root / "truth.json").read_text("utf-8"))
    right = 0
    for name, each in truth.items():
        listing = read_listing(Page(each["base"], (root / name).read_bytes(), "text/html"))
        entries = listing.entries if listing is not None else ()
        right += [entry.name.decode() + "/" * entry.is_folder for entry in entries] == each["entries"]
        assert (listing is None) == (name == "empty.html")
    print(f"listings-rclone: {right} of {len(truth)} with the exact entries in order")
    assert right == len(truth) == 5


@pytest.mark.parametrize(
    ("name", "url", "exact"), [("apache-autoindex.html", "/dav/", False), ("nginx-autoindex.html", "/", True)]
)
def test_listings_of_live_servers(name: str, url: str, exact: bool) -> None:
    """nginx counts bytes. Apache rounds, to the nearest tenth below ten units and up from half a unit above."""
    root = shared_data("logs-live-servers", "pages")
    truth = json.loads((root / "truth.json").read_text("utf-8"))[name]
    listing = read_listing(Page(f"http://127.0.0.1{url}", (root / name).read_bytes(), "text/html"))
    assert listing is not None
    sizes = {entry.name.decode(): entry.size for entry in listing.entries}
    right = sum(
        size == truth.get(each) if exact else abs((size or 0) - truth[each]) <= 512 for each, size in sizes.items()
    )
    print(f"{name}: {right} of {len(truth)} entries with name and size right")
    assert set(sizes) == set(truth)
    assert right == len(truth)
    assert all(entry.exact is exact for entry in listing.entries)
    assert not listing.remarks
