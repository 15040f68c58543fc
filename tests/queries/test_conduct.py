"""What is derived of a look's conduct: each way of bypassing something is seen, and nothing is claimed unseen."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import pytest

from tests.making import T0
from tests.watching import START, Said, look_at, watched, week
from workbench.case.case import Case
from workbench.core.errors import UserError
from workbench.core.messages import Message
from workbench.core.records import Noted, Purpose, Status
from workbench.ops import intake, watch
from workbench.queries.conduct import Conduct, Confirmed, conduct


def of(case: Case, said: Sequence[Said], *, url: str = START, kind: str = "web") -> Conduct:
    watched(case, url=url, kind=kind)
    return case.ask(conduct, look_at(case, said))


def basic(user: str, password: str = "") -> str:
    return f"Authorization: Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


def test_a_polite_look(case: Case) -> None:
    first, second = week(case)
    found = case.ask(conduct, first)
    assert (found.requests, found.methods, found.hosts) == (4, {"GET": 4}, {"open.example": 4})
    assert (found.refused, found.entered_count, found.outside_count) == ((f"{START}secret",), 0, 0)
    assert found.anonymous is True
    assert found.is_clean is True
    assert found.message == Message("conduct-clean", {"requests": 4, "methods": "GET 4", "refused": 1})
    assert found.confirmed is None
    assert case.ask(conduct, second).is_clean
    with pytest.raises(UserError) as raised:
        case.ask(conduct, 77)
    assert raised.value.message.code == "no-such-snapshot"


def test_confirmed_by_whom(case: Case) -> None:
    first, second = week(case)
    case.actor = "Eve"
    case.run(watch.confirm, first)
    found = case.ask(conduct, first).confirmed
    assert isinstance(found, Confirmed)
    assert found.by == "Eve"
    assert found.time > T0
    assert case.ask(conduct, second).confirmed is None


def test_a_look_without_requests_says_nothing(case: Case) -> None:
    found = of(case, [])
    assert (found.anonymous, found.is_clean, found.message.code) == (None, None, "conduct-none")


@pytest.mark.parametrize(
    ("field", "told"),
    [
        (basic("admin", "admin"), "authorization"),
        ("Authorization: Bearer abc", "authorization"),
        ("Authorization: Basic ?", "authorization"),
        ("authorization:Digest x", "authorization"),
        ("Cookie: session=1", "cookie"),
        ("Proxy-Authorization: Basic eA==", "proxy-authorization"),
    ],
)
def test_a_request_that_says_who_asks(case: Case, field: str, told: str) -> None:
    found = of(case, [Said(START), Said(START, fields=("Accept: */*", field))])
    assert found.credentials == {told: 1}
    assert (found.anonymous, found.is_clean, found.message.code) == (False, False, "conduct-doubt")


def test_the_token_of_a_public_link_is_what_everybody_sends(case: Case) -> None:
    link, dav = "https://cloud.example/s/TokEn123", "https://cloud.example/public.php/webdav/a"
    good = of(case, [Said(dav, fields=(basic("TokEn123"),), method="PROPFIND")], url=link, kind="share")
    assert (good.credentials, good.is_clean) == ({}, True)
    for user, password in (("TokEn123", "secret"), ("Other", ""), ("", ""), ("https", "")):
        if (user, password) == ("https", ""):
            continue
        look = look_at(case, [Said(dav, fields=(basic(user, password),), method="PROPFIND")])
        assert case.ask(conduct, look).is_clean is False


@pytest.mark.parametrize(("line", "clean"), [("USER anonymous", True), ("user FTP", True), ("USER root", False)])
def test_the_user_of_ftp(case: Case, line: str, clean: bool) -> None:
    url = "ftp://open.example/pub/"
    found = of(case, [Said(url, 226, method="MLSD", fields=(line,))], url=url, kind="ftp")
    assert found.is_clean is clean
    silent = look_at(case, [Said(url, None, method="MLSD", outcome="network-unreachable")], day=1)
    assert case.ask(conduct, silent).is_clean


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example/store/a", "http://open.example/store/a", "https://open.example:8443/store/a",
        "https://open.example/other", "https://open.example/store/../other", "https://open.example/store/%2e%2E/other",
        "https://a:b@open.example/store/a", "http://[broken/", "https://open.example/store/..%2fother",
        "https://open.example/store/..%5Cother", "https://open.example/?list-type=2&prefix=other/",
    ],
)  # fmt: skip
def test_a_request_outside_of_the_start(case: Case, url: str) -> None:
    found = of(case, [Said(START), Said(url)])
    assert (found.outside, found.outside_count, found.is_clean) == ((url,), 1, False)


@pytest.mark.parametrize("url", ["https://open.example/store", "https://OPEN.example:443/store/b%20c/", f"{START}?C=M"])
def test_a_request_inside(case: Case, url: str) -> None:
    assert of(case, [Said(url)]).is_clean


@pytest.mark.parametrize("start", ["https://open.example/pub", "https://open.example/v1.2"])
def test_a_start_without_its_slash_is_a_folder(case: Case, start: str) -> None:
    said = [Said(start, 301), Said(f"{start}/"), Said(f"{start}/a"), Said("https://open.example/private/x")]
    found = of(case, said, url=start)
    assert found.outside == ("https://open.example/private/x",)


def test_a_page_that_the_server_calls_a_folder_is_one(case: Case) -> None:
    start = "https://open.example/pub/odd.php"
    page = of(case, [Said(start), Said("https://open.example/pub/a")], url=start)
    assert page.is_clean
    folder = case.ask(conduct, look_at(case, [Said(start, 301), Said(f"{start}/"), Said("https://open.example/pub/a")]))
    assert folder.outside == ("https://open.example/pub/a",)


def test_the_part_of_a_bucket_that_is_listed_stands_in_the_query(case: Case) -> None:
    bucket, query = "https://open.example/bucket", "?list-type=2&delimiter=/&encoding-type=url&prefix="
    inside = [
        f"{bucket}/{query}pub/",
        f"{bucket}{query}pub/a%20b/",
        f"{bucket}/pub/file",
        f"{bucket}?delimiter=/&prefix=pub/",
    ]
    outside = [
        f"{bucket}/{query}",
        f"{bucket}/{query}other/",
        f"{bucket}/{query}pub/../other/",
        f"{bucket}/{query}a&prefix=pub/",
    ]
    found = of(case, [Said(each) for each in (*inside, *outside)], url=f"{bucket}/pub/", kind="s3")
    assert found.outside == tuple(outside)


def test_what_the_own_proxy_refuses_the_server_does_not(case: Case) -> None:
    found = of(case, [Said(f"{START}a", 407), Said(f"{START}a")])
    assert (found.refused_count, found.entered_count, found.is_clean) == (0, 0, True)


def test_robots_rules_lie_at_the_root_and_nothing_else_does(case: Case) -> None:
    rules = "https://open.example/robots.txt"
    assert of(case, [Said(rules, purpose=Purpose.ROBOTS)]).is_clean
    assert not case.ask(conduct, look_at(case, [Said(rules, purpose=Purpose.LISTING)])).is_clean
    assert not case.ask(conduct, look_at(case, [Said("https://open.example/x", purpose=Purpose.ROBOTS)])).is_clean


def test_robots_rules_may_be_sent_from_elsewhere_on_the_host(case: Case) -> None:
    watched(case)
    sent_on = Said("https://open.example/robots.txt", 302, Purpose.ROBOTS)
    rules = Said("https://open.example/x", purpose=Purpose.ROBOTS)
    assert case.ask(conduct, look_at(case, [sent_on, rules, Said(START)])).is_clean
    for said in ([sent_on, Said("https://other.example/x", purpose=Purpose.ROBOTS)], [sent_on, rules, rules]):
        assert case.ask(conduct, look_at(case, said)).outside_count == 1


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("again", ["secret/", "secret", "secret/deep/er.txt"])
def test_a_refused_path_that_is_asked_for_again_or_entered(case: Case, status: int, again: str) -> None:
    before = Said(f"{START}{again}")
    refused = Said(f"{START}secret/", status)
    assert of(case, [before, refused, Said(f"{START}secretly")]).is_clean
    found = case.ask(conduct, look_at(case, [refused, Said(f"{START}{again}")]))
    assert (found.entered, found.is_clean) == ((f"{START}secret",), False)


def test_a_page_that_was_not_there_is_no_refusal(case: Case) -> None:
    assert of(case, [Said(f"{START}a", 404), Said(f"{START}a", 503), Said(f"{START}a")]).is_clean


def test_methods_that_change_something(case: Case) -> None:
    found = of(case, [Said(START, method="PROPFIND"), Said(START, method="DELETE"), Said(START, method="PUT")])
    assert (found.other_methods, found.is_clean) == (2, False)


def test_requests_that_cannot_be_read_show_nothing(case: Case) -> None:
    watched(case)
    look = look_at(case, [Said(START), Said(START)])
    file = next((case.evidence.folder / "warc").iterdir())
    file.chmod(0o600)
    file.write_bytes(file.read_bytes()[:-1])
    found = case.ask(conduct, look)
    assert (found.unread, found.anonymous, found.is_clean) == (1, None, None)
    assert found.message.code == "conduct-unread"


def test_login_pages_are_counted_as_the_look_told_of_them(case: Case) -> None:
    watched(case)
    look = look_at(case, [Said(START)], notes=[Noted(b"in", Message("look-login-page", {}))])
    assert case.ask(conduct, look).login_pages == 1


def test_the_start_is_the_one_of_its_time(case: Case) -> None:
    """A source that is watched elsewhere from today on does not put yesterday's requests outside."""
    watched(case)
    old = look_at(case, [Said(START)])
    watched(case, url="https://open.example/new/")
    new = look_at(case, [Said("https://open.example/new/a")], day=1)
    assert case.ask(conduct, old).is_clean
    assert case.ask(conduct, new).is_clean


def test_the_kind_that_the_look_itself_found_out_counts(case: Case) -> None:
    link, dav = "https://cloud.example/s/TokEn123", "https://cloud.example/public.php/webdav/"
    watched(case, url=link, kind="")
    look = look_at(case, [Said(dav, method="PROPFIND")], status=None)
    assert not case.ask(conduct, look).is_clean
    watched(case, url=link, kind="share")
    assert case.ask(conduct, look).is_clean
    case.run(intake.end, look, Status.COMPLETE, T0)
    watched(case, url="https://elsewhere.example/", kind="web")
    assert case.ask(conduct, look).is_clean


def test_a_source_that_nobody_said_is_watched_has_no_outside(case: Case) -> None:
    found = case.ask(conduct, look_at(case, [Said("https://a.example/"), Said("https://b.example/")]))
    assert (found.outside_count, found.hosts) == (0, {"a.example": 1, "b.example": 1})


def test_a_long_list_is_named_in_part_and_counted_whole(case: Case) -> None:
    found = of(case, [Said(f"https://b.example/{each}") for each in range(30)])
    assert (len(found.outside), found.outside_count) == (20, 30)


@pytest.mark.parametrize("code", ["conduct-clean", "conduct-doubt", "conduct-unread", "conduct-none"])
def test_every_sentence_has_its_words(code: str) -> None:
    assert not Message(code, {}).text().startswith(code)
