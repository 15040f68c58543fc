"""Pages that are no listings are not taken for one, and what is not understood is never an empty folder."""

from __future__ import annotations

import pytest

from tests.sources.listings.writers import URL
from workbench.sources.listings.registry import is_login_page, read_listing
from workbench.sources.remote import Page

HOME = """<!doctype html><html><head><title>Acme Animation</title></head><body><nav><ul><li>
<a href="about/">About us</a>
<li><a href="work/">Work</a><li><a href="contact.html">Contact</a></ul></nav><h1>We draw</h1>
<p>See <a href="reel.mp4">our
reel</a> (12 MB) or write to <a href="mailto:us@example.com">us</a>.</p></body></html>"""
BLOG = """<html><head><title>News</title></head><body><h1>News</h1><ul><li>
<a href="first-post">First post</a> 2024-01-03</li>
<li><a href="second-post">Second post</a> 2024-02-04</li><li><a href="third-post">Third</a> 2024-03-05</li></ul>
</body>"""
LOGIN = """<html><head><title>Sign in</title></head><body><form action="login"><input name="u">
<input type=PASSWORD name="p">
<a href="forgot">Forgot?</a></form></body></html>"""
FORUM = """<html><title>Forum</title><table><tr><th>Topic</th><th>Author</th><th>Last post</th></tr><tr><td>
<a href="topic-1.html">How to draw</a></td><td>Kim</td><td>2024-01-03 09:00</td></tr><tr><td>
<a href="topic-2.html">Ink</a>
</td><td>Lee</td><td>2024-01-04 10:00</td></tr></table>"""
ERRORS = {
    "nginx": "<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n"
    "<center><h1>404 Not Found</h1></center>\r\n"
    "<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n",
    "apache": "<!DOCTYPE HTML><html><head><title>403 Forbidden</title></head><body><h1>Forbidden</h1><p>You don't have "
    "permission.</p><hr><address>Apache/2.4.57 (Debian) Server at example Port 80</address></body></html>",
    "iis": '<html><title>401 - Unauthorized</title><body><h1>Server Error</h1><a href="help">help</a></body>',
}
JSON = (
    "{}",
    "[]",
    "null",
    "[1, 2]",
    '[{"id": 1, "title": "x"}]',
    '{"name": "x", "type": "file"}',
    '[{"name": "x"',
    "[",
)
NOT_EMPTY = {
    "claims, but its rows are drawn by a script": "<html><title>Index of /</title><script>draw()</script>",
    "h5ai without its table": "<html><title>index - powered by h5ai v0.29.2</title><body><div id=content></div></body>",
    "nginx, cut off before its list": "<html>\r\n<head><title>Index of /</title></head>\r\n<h1>Index of /</h1>",
    "nginx, cut off within the first link": "<html><head><title>Index of /</title></head><h1>Index of /</h1><hr><pre>"
    '<a href="../">../</a>\r\n<a href="fir',
    "a listing whose links are written in a way of its own": "<html><title>Index of /</title><table><tr>"
    '<th>Name</th><th>Size</th></tr></table><div><a href="x.png">x</a></div><div><a href="/y/z.png">z</a></div>',
}


def page(text: str, media_type: str = "text/html") -> Page:
    """A page of these words."""
    return Page(URL, text.encode(), media_type)


@pytest.mark.parametrize(
    "text", [HOME, BLOG, LOGIN, FORUM, *ERRORS.values(), "", " ", "hello", "\0\1\2", "<a href=x>x</a>"]
)
def test_ordinary_pages_are_no_listings(text: str) -> None:
    assert read_listing(page(text)) is None


@pytest.mark.parametrize("text", JSON)
def test_json_of_other_kinds_is_no_listing(text: str) -> None:
    assert read_listing(page(text, "application/json")) is None


@pytest.mark.parametrize("text", NOT_EMPTY.values(), ids=list(NOT_EMPTY))
def test_what_is_not_understood_is_not_empty(text: str) -> None:
    listing = read_listing(page(text))
    assert listing is None or listing.entries


def test_a_page_that_asks_for_a_password() -> None:
    assert is_login_page(page(LOGIN))
    assert is_login_page(page("<div><INPUT TYPE='password'>"))
    assert not is_login_page(page(HOME))
    assert not is_login_page(page("<!-- <input type=password> --><script>'<input type=password>'</script>"))
    assert not is_login_page(page("<input type=text name=password>"))


def test_a_listing_that_is_cut_off_says_so() -> None:
    whole = '<html><head><title>Index of /</title></head><h1>Index of /</h1><hr><pre><a href="../">../</a>\r\n'
    listing = read_listing(page(whole + '<a href="a.png">a.png</a>  03-Jan-2024 09:00  12\r\n<a href="b.p'))
    assert listing is not None
    assert [entry.name for entry in listing.entries] == [b"a.png"]
    assert [remark.message.code for remark in listing.remarks] == ["listing-cut-off"]


@pytest.mark.parametrize(
    ("href", "code"),
    [
        ("a%2Fb", "listing-name-slash"),
        ("a%00b", "listing-name-nul"),
        ("%2e%2e", "listing-name-dots"),
        ("%2e", "listing-name-dots"),
        ("%2e%2e/", "listing-name-dots"),
        ("//", None),
        ("sub/deep.png", "listing-link-elsewhere"),
        ("/other/deep.png", "listing-link-elsewhere"),
        ("../beside.png", "listing-link-elsewhere"),
        ("http://elsewhere.example/x.png", "listing-link-away"),
        ("//elsewhere.example/x.png", "listing-link-away"),
        ("https://server.example/pub/%ED%95%9C/x.png", "listing-link-away"),
        ("http://server.example:8080/pub/%ED%95%9C/x.png", "listing-link-away"),
        ("ftp://server.example/x.png", "listing-link-away"),
        ("file:///etc/passwd", "listing-link-away"),
        ("javascript:alert(1)", None),
        ("mailto:a@example.com", None),
        ("data:text/html,x", None),
        ("#top", None),
        ("?C=N;O=D", None),
        ("", None),
        ("/", None),
        ("./", None),
        ("../", None),
        ("/pub/", None),
        ("/pub/%ed%95%9c/", None),
    ],
)
def test_links_that_are_no_entries(href: str, code: str | None) -> None:
    text = (
        '<html><head><title>Index of /</title></head><h1>Index of /</h1><hr><pre><a href="../">../</a>\r\n'
        f'<a href="{href}">shown</a>  03-Jan-2024 09:00  12\r\n<a href="good">good</a>  03-Jan-2024 09:00  12\r\n</pre>'
    )
    listing = read_listing(page(text))
    assert listing is not None
    assert [entry.name for entry in listing.entries] == [b"good"]
    codes = [remark.message.code for remark in listing.remarks]
    assert codes == ([code] if code else []) or (href == "//" and len(codes) <= 1)
    assert all(not remark.message.text().startswith("listing-") for remark in listing.remarks)


def test_a_base_counts_only_on_the_same_host() -> None:
    rows = '<title>Index of /</title><hr><pre><a href="../">../</a>\n<a href="a">a</a> 03-Jan-2024 09:00 1\n'
    away = read_listing(page(f'<html><base href="http://elsewhere.example/x/">{rows}</pre>'))
    assert away is not None
    assert [entry.url for entry in away.entries] == [URL + "a"]
    here = read_listing(page(f'<html><base href="/moved/">{rows}</pre>'))
    assert here is not None
    assert [entry.url for entry in here.entries] == ["http://server.example/moved/a"]


def test_rows_of_another_folder_are_told_of() -> None:
    rows = "".join(f'<a href="/other/{name}">{name}</a>  03-Jan-2024 09:00  12\r\n' for name in ("a", "b", "c"))
    listing = read_listing(page(f"<html><title>Index of /other/</title><h1>Index of /other/</h1><hr><pre>{rows}</pre>"))
    assert listing is not None
    assert [entry.url for entry in listing.entries] == [f"http://server.example/other/{name}" for name in "abc"]
    assert [(remark.message.code, remark.message.args) for remark in listing.remarks] == [
        ("listing-elsewhere", {"folder": "/other"})
    ]


def test_one_name_counts_once_and_other_links_beside_it_are_told_of() -> None:
    listing = read_listing(page(
        "<html><table><tr><th>Name<th>Size<th>Date"
        "<tr><td><a href='a/'>icon</a> <a href='a/'>a/</a><td><a href='a.zip'>2 MB</a>"
        "<td>2024-01-03<tr><td><a href='b'>b</a><td>5<td>2024-01-03"
        "<tr><td><a href='./b'>b again</a><td>6<td>2024-01-03</table>"
    ))  # fmt: skip
    assert listing is not None
    assert [(entry.name, entry.size) for entry in listing.entries] == [(b"a", None), (b"b", 5)]
    assert [(remark.name, remark.message.code) for remark in listing.remarks] == [(b"a.zip", "listing-link-beside")]


def test_remarks_are_bounded() -> None:
    rows = "".join(f'<a href="/far/{number}/x">x</a>  03-Jan-2024 09:00  12\r\n' for number in range(500))
    start = '<html><title>Index of /</title><h1>Index of /</h1><hr><pre><a href="../">../</a>\r\n'
    listing = read_listing(page(f"{start}{rows}<a href=good>good</a>  03-Jan-2024 09:00  12\r\n</pre>"))
    assert listing is not None
    assert len(listing.remarks) == 201
    assert (listing.remarks[-1].message.code, listing.remarks[-1].message.args) == (
        "listing-more-remarks",
        {"count": 300},
    )


def test_the_program_that_writes_a_listing_is_no_entry() -> None:
    listing = read_listing(page(
        "<html><table><tr><th>Name<th>Size"
        "<tr><td><a href='index.php'>index.php</a><td>5 KB<tr><td><a href=b>b</a><td>5 B</table>"
    ))  # fmt: skip
    assert listing is not None
    assert [entry.name for entry in listing.entries] == [b"b"]
    assert [remark.message.code for remark in listing.remarks] == ["listing-own-program"]


MANUALS = {
    "an index of a manual": "<html><title>Index of new symbols</title><h1>Index of new symbols</h1>"
    "<ul><li><a href=x>x</a><li><a href=y>y</a></ul>",
    "a table of a manual": "<html><table><tr><td>:</td><td>the size of the list</td></tr>"
    "<tr><td>Returns</td><td><a href=x.html>x</a></td></tr></table>",
    "a table of articles": "<html><table><tr><td><a href=a.html>A</a></td><td>2024-01-03</td></tr>"
    "<tr><td><a href=b.html>B</a><td>2024-01-04</table>",
}


@pytest.mark.parametrize("text", MANUALS.values(), ids=list(MANUALS))
def test_manuals_and_articles_are_no_listings(text: str) -> None:
    assert read_listing(page(text)) is None


PROSE = {
    "a site of its own": "<html><title>Index of /</title><body><h1>Index of /</h1><p>Read <a href=about.html>about us"
    "</a> or <a href=mail.php>write</a>.<p>Our <a href=work/>work</a> is new.</body></html>",
    "its ways through the site": "<html><title>Index of /</title><body><h1>Index of /</h1><ul>"
    "<li><a href=about.html>About us</a><li><a href=work.html>Our work</a><li><a href=mail.php>Contact</a></ul>",
    "a book's index": "<html><title>Index of authors</title><body><h1>Index of authors</h1><ul>"
    "<li><a href=adams.html>Adams, poet</a><li><a href=wilde.html>Wilde, wit</a></ul></body></html>",
    "a shop": "<html><title>Index of products</title><table><tr><td><a href=k.html>Knives</a><td><a href=f.html>Forks"
    "</a><tr><td><a href=s.html>Spoons</a></table></html>",
    "a poem": "<html><title>Index of poems</title><pre>\nThe <a href=rose.html>rose</a> is red\n"
    "the <a href=violet.html>violet</a> blue\n</pre></html>",
}


@pytest.mark.parametrize("server", ["", "Apache/2.4.57 (Debian)", "nginx/1.22.1"])
@pytest.mark.parametrize("text", PROSE.values(), ids=list(PROSE))
def test_a_page_for_readers_with_the_heading_of_a_listing_is_none(text: str, server: str) -> None:
    assert read_listing(Page(URL, text.encode(), "text/html", headers={"server": server} if server else {})) is None


@pytest.mark.parametrize("server", ["", "Apache/2.4.57 (Debian)"])
def test_a_bare_list_shows_the_names_that_it_leads_to(server: str) -> None:
    """As they are, as their links have them, or cut off; a few links of another kind do not matter."""
    rows = (
        "<li><a href='../'> Parent Directory</a></li><li><a href='a%20%26b.png'> a  &amp;b.png</a></li>"
        "<li><a href='%EC%B9%BC.png'>%EC%B9%BC.png</a></li><li><a href='sub/'>sub/</a></li>"
        "<li><a href='a-name-that-is-too-long.png'>a-name-that-is-t..&gt;</a></li><li><a href='help.html'>Help</a></li>"
    )
    text = f"<html><title>Index of /pub/한</title><h1>Index of /pub/한</h1><ul>{rows}</ul></html>"
    listing = read_listing(Page(URL, text.encode(), "text/html", headers={"server": server} if server else {}))
    assert listing is not None
    names = ["a &b.png", "칼.png", "sub", "a-name-that-is-too-long.png", "help.html"]
    assert [each.name.decode() for each in listing.entries] == names
    assert [each.is_folder for each in listing.entries] == [name == "sub" for name in names]
