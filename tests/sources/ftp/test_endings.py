"""A listing that a server cut short, and one that it wrote in its own language."""

from __future__ import annotations

import pytest

from tests.sources.ftp.test_listings import FOLDER, KIND, LISTED
from workbench.core.times import rfc3339
from workbench.sources.ftp.ending import ENDED_WITH, replied
from workbench.sources.ftp.unixlist import LISTED_AT
from workbench.sources.kinds import names
from workbench.sources.remote import Listing, Page

ROW = "-rw-r--r--   1 ftp      ftp           875 Nov 22 14:30 {}\r\n"


def read(body: bytes, reply: str) -> Listing:
    listing = KIND.read(Page(FOLDER, body, headers={LISTED_AT: LISTED, ENDED_WITH: reply}))
    assert listing is not None
    return listing


def reason(listing: Listing) -> object:
    said = [each.message.args["reason"] for each in listing.remarks if each.message.code == "ftp-listing-cut"]
    return said[0] if said else None


def rows(count: int) -> bytes:
    return "".join(ROW.format(f"f{number}.png") for number in range(count)).encode()


@pytest.mark.parametrize(
    ("count", "reply", "wanted"),
    [
        (3, "Directory send OK.", None),
        (3, "Transfer complete", None),
        (3, "3 matches total", None),
        (3, "Options: -a -l\n5 matches total", "fewer"),
        (3, "Output truncated to 2000 matches", "said"),
        (3, "Options: -l\nOutput truncated to 3 matches", "said"),
        (3, "Listing incomplete", "said"),
        (3, "Too many files, only 3 shown", "said"),
        (3, "Total of 9 entries", "fewer"),
        (2000, "2000 matches total", "limit"),
        (10000, "10000 matches total", "limit"),
        (2000, "Directory send OK.", None),
        (0, "Options: -l\n0 matches total", None),
        (0, "12 matches total", "fewer"),
        (0, "Transfer complete", None),
    ],
)
def test_what_the_reply_says(count: int, reply: str, wanted: str | None) -> None:
    listing = read(rows(count), reply)
    assert reason(listing) == wanted
    assert len(listing.entries) == count


@pytest.mark.parametrize("cut", [1, 2, 10, 60])
def test_half_a_line_is_no_end(cut: int) -> None:
    assert reason(read(rows(3)[:-cut], "Transfer complete")) == "half-line"


def test_mlsd_is_cut_in_the_same_ways() -> None:
    body = b"type=file;size=5;modify=20240103090000; a.png\r\n"
    assert reason(read(body, "2 matches total")) == "fewer"
    assert reason(read(body[:-2], "done")) == "half-line"
    assert reason(read(body, "done")) is None


def test_a_blank_before_a_line_of_mlsd() -> None:
    listing = read(b" type=file;size=5;modify=20240103090000; a.png\r\n type=dir;modify=20240103090000;  b\r\n", "done")
    assert listing.format == "ftp-mlsd"
    assert [(each.name, each.is_folder, each.size) for each in listing.entries] == [
        (b"a.png", False, 5),
        (b" b", True, None),
    ]
    assert not names.ends_early(listing.remarks)


def test_the_last_reply_of_a_conversation() -> None:
    assert replied(b"250 ok\r\n150 Here it comes\r\n226 Directory send OK.\r\n") == "Directory send OK."
    assert replied(b"150 x\r\n226-Options: -l\r\n226 9 matches total\r\n") == "Options: -l\n9 matches total"
    assert replied(b"150 x\r\n226-Options: -l\r\n free text\r\n226 end\r\n") == "Options: -l\nfree text\nend"
    assert replied(b"") == ""


MONTHS = {
    "zh": ("1月 3", "一月 3", "1月  3日", "12月 3", "十二月 3"),
    "ja": ("1月  3", "1月 3日"),
    "ko": ("1월  3", "1월 3일"),
    "fr": ("3 janv.", "janv.  3", "3 déc.", "3 août", "févr. 3", "3 juil."),
    "de": ("3. Jan", "Jan  3", "3. Mär", "3. Dez", "Okt  3", "Mai  3"),
    "es": ("ene  3", "3 ene", "dic  3", "abr  3", "ago 3"),
    "ru": ("янв  3", "3 янв", "дек  3", "мая  3", "3 сен"),
}  # fmt: skip
WANTED = {
    "1月": 1, "一月": 1, "12月": 12, "十二月": 12, "1월": 1, "janv.": 1, "déc.": 12, "août": 8, "févr.": 2, "juil.": 7,
    "Jan": 1, "Mär": 3, "Dez": 12, "Okt": 10, "Mai": 5, "ene": 1, "dic": 12, "abr": 4, "ago": 8, "янв": 1, "дек": 12,
    "мая": 5, "сен": 9,
}  # fmt: skip
CHARSETS = {"zh": ("utf-8", "gb18030", "big5"), "ja": ("utf-8", "cp932", "euc_jp"), "ko": ("utf-8", "cp949")}
CHARSETS |= {
    "fr": ("utf-8", "latin-1"),
    "de": ("utf-8", "latin-1"),
    "es": ("utf-8",),
    "ru": ("utf-8", "cp1251", "koi8-r"),
}


@pytest.mark.parametrize(
    ("charset", "date"),
    [(charset, date) for language in MONTHS for charset in CHARSETS[language] for date in MONTHS[language]],
)
def test_months_in_the_language_of_the_server(charset: str, date: str) -> None:
    month = WANTED[next(part for part in date.split() if not part.rstrip("日일.").isdigit())]
    line = f"-rw-r--r--   1 ftp      ftp           875 {date}  2023 ".encode(charset) + "칼.png\r\n".encode()
    (entry,) = read(line * 1, "done").entries
    assert (entry.name.decode(), entry.size) == ("칼.png", 875)
    assert entry.modified is not None
    assert (rfc3339(entry.modified) or "")[:10] == f"2023-{month:02}-03"
