"""Rules for robots, against the examples of RFC 9309 and a plain reading of its words."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.sources.robots import LIMIT, Robots, robots_url, rules_of

HOST = "http://example.org"


def allows(text: str, path: str, product: str = "Workbench") -> bool:
    return Robots(text, product).allows(HOST + path)


def only(*rules: str) -> str:
    return "\n".join(["User-agent: *", *rules])


def test_the_rules_lie_at_the_root_of_a_host() -> None:
    assert robots_url("http://example.org:81/a/b/?c=d") == "http://example.org:81/robots.txt"


# groups


EXAMPLE = """
User-Agent: *
Disallow: *.gif$
Disallow: /example/
Allow: /publications/

User-Agent: foobot
Disallow:/
Allow:/example/page.html
Allow:/example/allowed.gif

User-Agent: barbot
User-Agent: bazbot
Disallow: /example/page.html

User-Agent: quxbot
"""


@pytest.mark.parametrize(
    ("product", "path", "allowed"),
    [
        ("foobot", "/example/page.html", True),
        ("foobot", "/example/allowed.gif", True),
        ("foobot", "/other", False),
        ("FooBot", "/other", False),
        ("barbot", "/example/page.html", False),
        ("bazbot", "/example/page.html", False),
        ("bazbot", "/example/x.gif", True),
        ("quxbot", "/example/page.html", True),
        ("anybot", "/example/page.html", False),
        ("anybot", "/publications/a", True),
        ("anybot", "/publications/a.gif", True),
        ("anybot", "/pub/a.gif", False),
        ("anybot", "/pub/a.gif?b", True),
        ("anybot", "/robots.txt", True),
        ("foobot", "/robots.txt", True),
    ],
)
def test_the_simple_example(product: str, path: str, allowed: bool) -> None:
    assert allows(EXAMPLE, path, product) is allowed


def test_groups_of_the_same_product_are_one_and_leave_those_of_everybody() -> None:
    text = (
        "user-agent: workbench\ndisallow: /a\n\nuser-agent: *\ndisallow: /b\n\n"
        "USER-AGENT: Workbench/2.0 (x)\nDISALLOW: /c\n"
    )
    assert [allows(text, path) for path in ("/a", "/b", "/c", "/d")] == [False, True, False, True]
    assert [allows(text, path, "other") for path in ("/a", "/b", "/c")] == [True, False, True]


@pytest.mark.parametrize("name", ["workbench-news", "bench", "work", "workbenches"])
def test_the_name_of_another_product_is_not_ours(name: str) -> None:
    assert allows(f"User-agent: {name}\nDisallow: /", "/a")


def test_other_records_end_no_group_and_rules_before_any_belong_to_nobody() -> None:
    group = "User-agent: *\nCrawl-delay: 3\nUser-agent: other\nDisallow: /a\nSitemap: http://x/\nDisallow: /b"
    text = f"Disallow: /lost\n{group}"
    assert [allows(text, path) for path in ("/lost", "/a", "/b")] == [True, False, False]


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_lines_comments_and_a_mark_at_the_beginning(end: str) -> None:
    text = end.join(
        ["\ufeffUser-agent : * # all", "# Disallow: /no", "  disallow\t:\t/a # why", "Disallow /c", "Disallow: #"]
    )
    assert [allows(text, path) for path in ("/a", "/no", "/c", "/")] == [False, True, True, True]


def test_no_more_is_read_than_the_limit_and_no_line_in_part() -> None:
    start = "User-agent: *\nDisallow: /early\n"
    filled = start + "#" * (LIMIT - len(start) - len("\nDisallow: /")) + "\nDisallow: /late\nDisallow: /later"
    assert [allows(filled, path) for path in ("/early", "/", "/late")] == [False, True, True]
    assert allows("#" * (2 * LIMIT) + "\n" + only("Disallow: /"), "/a")


# patterns


@pytest.mark.parametrize(
    ("rules", "path", "allowed"),
    [
        (["Allow: /example/page/", "Disallow: /example/page/disallowed.gif"], "/example/page/disallowed.gif", False),
        (["Disallow: /a", "Allow: /a"], "/a", True),
        (["Allow: /a", "Disallow: /a"], "/a", True),
        (["Allow: /a*c", "Disallow: /abc"], "/abc", True),
        (["Disallow: /a*c", "Allow: /ab"], "/abc", False),
        (["Disallow: /a", "Disallow: /a", "Allow: /ab"], "/abc", True),
        (["Disallow: /"], "/", False),
        (["Disallow: /"], "", False),
        (["Disallow:"], "/a", True),
        (["Disallow: /fish"], "/fishheads/x", False),
        (["Disallow: /fish"], "/Fish", True),
        (["Disallow: /fish/"], "/fish", True),
        (["Disallow: /*.php"], "/a/b.php5?x", False),
        (["Disallow: /*.php$"], "/a/b.php", False),
        (["Disallow: /*.php$"], "/a/b.php.php", False),
        (["Disallow: /*.php$"], "/a/b.php?x", True),
        (["Disallow: /a$"], "/a", False),
        (["Disallow: /a$"], "/ab", True),
        (["Disallow: /a$b"], "/a$b", False),
        (["Disallow: /a$b"], "/a%24b", False),
        (["Disallow: /a%2Ab"], "/a*b", False),
        (["Disallow: /a%2Ab"], "/axb", True),
        (["Disallow: /*a*a$"], "/a", True),
        (["Disallow: /*?"], "/a?", False),
        (["Disallow: /*?"], "/a", True),
        (["Disallow: /a?b=c/d"], "/a?b=c%2fd", False),
        (["Disallow: /*=c/d"], "/a?b=c%2Fd", False),
        (["Disallow: /foo/bar?baz=https://foo.bar"], "/foo/bar?baz=https%3A%2F%2Ffoo.bar", False),
        (["Disallow: /foo/bar/ツ"], "/foo/bar/%E3%83%84", False),
        (["Disallow: /foo/bar/%e3%83%84"], "/foo/bar/%E3%83%84", False),
        (["Disallow: /foo/bar/%62%61%7A"], "/foo/bar/baz", False),
        (["Disallow: /foo/bar/baz"], "/foo/bar/%62%61%7a", False),
        (["Disallow: /a%2Fb"], "/a/b", True),
        (["Disallow: /a%2fb"], "/a%2Fb", False),
        (["Disallow: /50%"], "/50%25", False),
        (["Disallow: /a b"], "/a%20b", False),
        (["Disallow: /a"], "/a#b", False),
        (["Disallow: /a#b"], "/a", False),
        (["Disallow: a"], "/a", True),
    ],
)
def test_patterns(rules: list[str], path: str, allowed: bool) -> None:
    assert allows(only(*rules), path) is allowed


PATTERN = st.text(alphabet="ab/*$", min_size=1, max_size=7).map(lambda text: "/" + text)
PATH = st.text(alphabet="ab/$*", max_size=9).map(lambda text: "/" + text)


@given(st.lists(st.tuples(st.booleans(), PATTERN), max_size=5), PATH)
def test_the_longest_match_decides_as_regular_expressions_find_it(rules: list[tuple[bool, str]], path: str) -> None:
    found = [(len(pattern), allow) for allow, pattern in rules if re.match(expression(pattern), path)]
    expected = max(found)[1] if found else True
    if len({length for length, _ in found}) == len(found) and "$" not in "".join(p[:-1] for _, p in rules):
        text = only(*(f"{'Allow' if allow else 'Disallow'}: {pattern}" for allow, pattern in rules))
        assert allows(text, path) is expected


def expression(pattern: str) -> str:
    end = pattern.endswith("$")
    return ".*".join(map(re.escape, pattern.removesuffix("$").split("*"))) + (r"\Z" if end else "")


def test_patterns_made_to_take_long_do_not() -> None:
    text = only("Disallow: /" + "*a" * 5000 + "$", *(f"Disallow: /{number}/" for number in range(20_000)))
    rules = Robots(text)
    assert rules.allows(f"{HOST}/{'a' * 4000}b")
    assert not rules.allows(f"{HOST}/19999/{'a' * 4000}")


@given(st.text(max_size=200), st.text(max_size=20))
def test_whatever_a_host_sends_is_read(text: str, path: str) -> None:
    rules = Robots(text)
    assert rules.allows(f"{HOST}/{path}") in (True, False)
    assert rules.text == text


# answers


@pytest.mark.parametrize(
    ("status", "text", "allowed"),
    [
        (200, only("Disallow: /a"), False),
        (206, only("Disallow: /a"), False),
        (200, "", True),
        (200, "<html><h1>Not found: go: away</h1>", True),
        (200, None, False),
        (301, None, True),
        (401, None, True),
        (403, only("Disallow: /a"), True),
        (404, only("Disallow: /a"), True),
        (410, None, True),
        (429, None, True),
        (500, "", False),
        (503, only("Allow: /"), False),
        (None, None, False),
        (99, None, False),
        (600, "", False),
    ],
)
def test_what_an_answer_comes_to(status: int | None, text: str | None, allowed: bool) -> None:
    rules = rules_of(status, text)
    assert rules.allows(f"{HOST}/a") is allowed
    assert rules.allows(f"{HOST}/robots.txt")
    assert rules.closed == (not allowed and not (text and status in (200, 206)))
