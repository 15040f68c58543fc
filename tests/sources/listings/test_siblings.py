"""Kinds of pages that were once misread, each in several shapes."""

from __future__ import annotations

import pytest

from workbench.core.times import rfc3339
from workbench.sources.listings.registry import read_listing
from workbench.sources.remote import Listing, Page

URL = "http://203.0.113.5/f/"


def read(text: str, url: str = URL, **headers: str) -> Listing | None:
    return read_listing(Page(url, text.encode(), "text/html", headers=headers))


def listed(text: str, url: str = URL) -> dict[str, int | None]:
    """Name to size; folders end with a slash."""
    listing = read(text, url)
    assert listing is not None, "not understood"
    return {each.name.decode() + "/" * each.is_folder: each.size for each in listing.entries}


def table(*rows: str, heading: str = "<tr><th>Name</th><th>Size</th><th>Date</th></tr>") -> str:
    return f"<table>{heading}{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


def row(href: str, shown: str, size: str = "12 KB", date: str = "2020-01-02 10:00") -> str:
    return f'<td><a href="{href}">{shown}</a></td><td>{size}</td><td>{date}</td>'


PRE = '<title>Index of /f</title><h1>Index of /f</h1><hr><pre><a href="../">../</a>\n{}</pre><hr>'


# links with a query


@pytest.mark.parametrize(
    ("href", "shown", "name"),
    [
        ("b.jpg?v=2", "b.jpg", "b.jpg"),
        ("b.jpg?download=1", "b.jpg", "b.jpg"),
        ("/f/b.jpg?token=x%2Fy", "b.jpg", "b.jpg"),
        ("b%20c.jpg?raw=true", "b c.jpg", "b c.jpg"),
        ("get.php?id=7", "장면.psd", "get.php?id=7"),
        ("get.php?id=8", "get", "get.php?id=8"),
    ],
)
def test_a_file_that_is_linked_with_a_query_is_a_file(href: str, shown: str, name: str) -> None:
    in_table = table(row("a.jpg", "a.jpg", "11 KB"), row(href, shown))
    assert listed(in_table) == {"a.jpg": 11264, name: 12288}
    in_pre = PRE.format(
        f'<a href="a.jpg">a.jpg</a>  02-Jan-2020 10:00  11\n<a href="{href}">{shown}</a>  02-Jan-2020 10:00  12\n'
    )
    assert set(listed(in_pre)) == {"a.jpg", name}


def test_two_files_of_one_program_are_two() -> None:
    assert set(listed(table(row("get.php?id=1", "one"), row("get.php?id=2", "two")))) == {
        "get.php?id=1",
        "get.php?id=2",
    }


@pytest.mark.parametrize(
    "href",
    [
        "?C=N;O=D", "?N=D", "?sort=name&order=asc", "?sortBy=size", "index.php?sort=d&sortMode=a", "/f/?o=d",
        "/f/index.html?x=1", "?", "#top", "index.php?lang=ko",
    ],
)  # fmt: skip
def test_what_only_steers_a_listing_is_none(href: str) -> None:
    heading = f'<tr><th><a href="{href}">Name</a></th><th>Size</th><th>Date</th></tr>'
    assert listed(
        table(row("a.jpg", "a.jpg"), f'<td><a href="{href}">Size</a></td><td></td><td></td>', heading=heading)
    ) == {"a.jpg": 12288}


@pytest.mark.parametrize("query", ["dir=sub", "path=sub", "path=sub&sort=name", "prefix=sub/", "sort=name&folder=sub"])
def test_a_folder_that_a_parameter_names(query: str) -> None:
    page = table(row(f"index.php?{query}", "sub", "-"), row("a.pdf", "a.pdf"))
    assert listed(page, "http://203.0.113.5/f/index.php") == {"sub/": None, "a.pdf": 12288}


@pytest.mark.parametrize("attribute", ["data-href", "data-url"])
def test_rows_that_a_script_follows(attribute: str) -> None:
    page = (
        "<table><tr><th>Name</th><th>Size</th></tr>"
        f'<tr {attribute}="sub/"><td>sub</td><td>-</td></tr>'
        '<tr><td><a href="a.pdf">a.pdf</a></td><td>255 KB</td></tr></table>'
    )
    assert listed(page) == {"sub/": None, "a.pdf": 255 * 1024}


# more than one table, and what stands before the listing


FILES = "<table><tr><th>File</th><th>Size</th></tr><tr><td><a href='a.pdf'>a.pdf</a></td><td>255 KB</td></tr></table>"


@pytest.mark.parametrize(
    "before",
    [
        "<table><tr><th>Directory</th></tr><tr><td><a href='sub/'>sub</a></td></tr></table>",
        "<table><tr><td><a href='sub/'>sub/</a></td></tr></table>",
        "<ul><li><a href='sub/'>sub</a></li></ul>",
        "<h2>Folders</h2><ul><li><a href='/f/sub/'>sub</a></li></ul><h2>Files</h2>",
    ],
)
def test_folders_in_a_table_of_their_own(before: str) -> None:
    assert listed(before + FILES) == {"sub/": None, "a.pdf": 255 * 1024}
    assert listed(FILES + before) == {"sub/": None, "a.pdf": 255 * 1024}


@pytest.mark.parametrize(
    "menu",
    [
        "<ul><li><a href='/'>Home</a></li><li><a href='/about/'>About</a></li></ul>",
        "<ul><li><a href='news/'>What is new</a></li><li><a href='/f/sub/'>sub</a></li></ul>",
        "<a href='/'>root</a> / <a href='/f/'>f</a>",
    ],
)
def test_a_menu_is_no_table_of_folders(menu: str) -> None:
    assert listed(menu + FILES) == {"a.pdf": 255 * 1024}


BANNERS = [
    '<table><tr><td><a href="/cgi-bin/login">Sign In</a></td></tr></table>',
    '<table><tr><td><a href="/cgi-bin/login">Sign In</a></td><td><a href="/cgi-bin/help">Help</a></td></tr></table>',
    '<ul><li><a href="/about">About us</a></li><li><a href="/contact">Contact</a></li></ul>',
    '<div><a href="https://elsewhere.example/">A word from our sponsor</a></div>',
]


@pytest.mark.parametrize("banner", BANNERS)
@pytest.mark.parametrize("sorts", [True, False])
def test_a_banner_is_not_the_listing(banner: str, sorts: bool) -> None:
    links = '<a href="?C=N;O=D">Name</a> <a href="?C=M;O=A">Last modified</a> <a href="?C=S;O=A">Size</a><hr>'
    rows = '<img src="/icons/text.gif" alt="[TXT]"> <a href="a.txt">a.txt</a>  2018-11-02 10:08  875\n'
    rows += '<img src="/icons/folder.gif" alt="[DIR]"> <a href="sub/">sub/</a>  2018-11-02 10:08    -\n'
    page = f"<title>Index of /f</title>{banner}<pre>{links if sorts else ''}{rows}</pre>"
    assert listed(page) == {"a.txt": 875, "sub/": None}


# sizes


@pytest.mark.parametrize(
    ("words", "size"),
    [
        ("4.8 MB<br><small>(4,789,380 bytes)</small>", 4_789_380),
        ("1.0 MB (1,048,000 bytes)", 1_048_000),
        ("1,048,000 bytes (1.0 MB)", 1_048_000),
        ("4.6 MiB / 4789380 B", 4_789_380),
        ("4.6M [4789380 bytes]", 4_789_380),
        ("12.3 KB <small>12 595 octets</small>", 12_595),
        ("<span>287K</span> <span>(293,888 байт)</span>", 293_888),
        ("12 KB", 12_288),
        ("3 files (2 KB)", None),
    ],
)
def test_a_size_that_is_written_twice(words: str, size: int | None) -> None:
    page = (
        "<table><tr><th>Name</th><th>Size</th></tr>"
        f'<tr><td><a href="a.bin">a.bin</a></td><td>{words}</td></tr>'
        '<tr><td><a href="b.bin">b.bin</a></td><td>7 bytes</td></tr></table>'
    )
    assert listed(page) == {"a.bin": size, "b.bin": 7}


# times


@pytest.mark.parametrize(
    ("words", "moment"),
    [
        ("1397-10-03 18:29", None),
        ("1445/07/21 08:00", None),
        ("2567-01-03 09:00", None),
        ("03-Jan-1403 09:00", None),
        ("2024-01-03 09:00", "2024-01-03T09:00:00.000000Z"),
        ("17Oct2022 17:35", "2022-10-17T17:35:00.000000Z"),
        ("1970-01-01 00:00", "1970-01-01T00:00:00.000000Z"),
    ],
)
def test_years_of_other_calendars_are_no_years_of_ours(words: str, moment: str | None) -> None:
    listing = read(PRE.format(f'<a href="a.png">a.png</a>  {words}  12K\n<a href="b.png">b.png</a>  {words}  13K\n'))
    assert listing is not None
    for entry in listing.entries:
        assert (None if entry.modified is None else rfc3339(entry.modified)) == moment
        assert words in entry.stamp, "the text is kept"
        assert entry.size in (12 * 1024, 13 * 1024)


# small servers


def test_thttpd_and_mini_httpd() -> None:
    mini = (
        '<title>Index of ./</title><pre><a href=".">.</a>                                 17Oct2022 17:35      65536\n'
        '<a href="..">..</a>                                15Feb2020 09:10      32768\n'
        '<a href="sub/">sub/</a>                              15Feb2020 09:10      32768\n'
        '<a href="f.mkv">f.mkv</a>                             15Feb2020 08:38  183872151\n</pre>'
    )
    assert listed(mini) == {"sub/": None, "f.mkv": 183_872_151}
    thttpd = (
        "<title>Index of /f/</title><h2>Index of /f/</h2><pre>\nmode  links  bytes  last-changed  name\n"
        'dr-x   2     4096  Feb 15  2020  <a href="/f/./">.</a>/\n'
        'dr-x   5     4096  Feb 15  2020  <a href="/f/../">..</a>/\n'
        'dr-x   2     4096  Feb 15  2020  <a href="/f/sub">sub</a>/\n'
        '-r--   1      875  Feb 15  2020  <a href="/f/a.txt">a.txt</a>\n'
        "</pre>"
    )
    assert listed(thttpd) == {"sub/": None, "a.txt": 875}


# another folder


def titled(title: str) -> str:
    rows = '<a href="../">../</a>\n<a href="a">a</a>  02-Jan-2020 10:00  1\n'
    return f"<title>{title}</title><h1>{title}</h1><hr><pre>{rows}</pre>"


@pytest.mark.parametrize(
    ("title", "url"),
    [
        ("Index of /s/e/", "http://203.0.113.5/s/e/x/"),
        ("Index of /s/e", "http://203.0.113.5/s/e/x/y/"),
        ("Directory listing for /s/e/x/y/", "http://203.0.113.5/s/e/x/"),
        ("Index of /s/%EC%BB%B7/", "http://203.0.113.5/s/%EC%BB%B7/x/"),
    ],
)
def test_the_page_of_another_folder_is_not_understood(title: str, url: str) -> None:
    relative = titled(title)
    assert read(relative, url) is None
    absolute = relative.replace('href="a"', 'href="/s/e/a"')
    assert read(absolute, url) is None


@pytest.mark.parametrize(
    ("title", "url"),
    [
        ("Index of /e/x/", "http://203.0.113.5/s/e/x/"),
        ("Index of /", "http://203.0.113.5/s/e/x/"),
        ("Index of /mnt/disk/s/e/x", "http://203.0.113.5/s/e/x/"),
        ("Index of /srv/files", "http://203.0.113.5/s/e/x/"),
        ("Index of /s/e/x", "http://203.0.113.5/s/e/x/"),
    ],
)
def test_a_folder_under_another_root_is_the_same(title: str, url: str) -> None:
    page = titled(title)
    assert listed(page, url) == {"a": 1}


# empty, and not known


SORTS = '<a href="?C=N;O=D">Name</a> <a href="?C=M;O=A">Last modified</a>'
UP = '<img src="/icons/back.gif" alt="[PARENTDIR]"> <a href="/">Parent Directory</a>      -   \n'
EMPTY = {
    "nginx": PRE.format(""),
    "apache": f"<title>Index of /f</title><h1>Index of /f</h1><pre>{SORTS}<hr>{UP}<hr></pre>",
    "python": "<title>Directory listing for /f/</title><h1>Directory listing for /f/</h1><hr><ul></ul><hr>",
    "iis": "<title>h - /f/</title><H1>h - /f/</H1><hr>\r\n<pre><A HREF='/'>[To Parent Directory]</A><br></pre><hr>",
}


@pytest.mark.parametrize("server", EMPTY)
def test_an_empty_folder_that_says_so(server: str) -> None:
    assert listed(EMPTY[server]) == {}


@pytest.mark.parametrize(
    "rows",
    [
        '<a href="javascript:show(1)">a.png</a>  02-Jan-2020 10:00  12K\n',
        '<a onclick="show(1)">a.png</a>  02-Jan-2020 10:00  12K\n',
        "a.png  02-Jan-2020 10:00  12K\n",
        '<a href="/s/a.png">a.png</a>  02-Jan-2020 10:00  12K\n',
        '<a href="/s/a.png">a.png</a>\n<a href="/s/b.png">b.png</a>\n',
        '<a href="https://files.example/f/a.png">a.png</a>  02-Jan-2020 10:00  12K\n',
        '<a href="../other/">other</a>\n<a href="../more/">more</a>\n',
    ],
)
def test_a_page_with_rows_that_cannot_be_followed_is_not_empty(rows: str) -> None:
    for page in (
        PRE.format(rows),
        f'<title>Index of /f</title><ul><li><a href="../">Parent Directory</a></li><li>{rows}</li></ul>',
        f'<title>Index of /f</title><table><tr><td><a href="../">Up</a></td></tr><tr><td>{rows}</td></tr></table>',
    ):
        listing = read(page)
        assert listing is None or listing.entries, "an empty folder is claimed"


@pytest.mark.parametrize(
    "page",
    [
        "<title>Index of /f</title><h1>Index of /f</h1><p>The server is too busy. Try again later.</p>",
        "<title>Index of /f</title><h1>Sign in</h1><form><input type=password></form>",
        "<title>Directory listing</title><p>Loading…</p><script src=list.js></script>",
        "<html><body></body></html>",
        "",
    ],
)
def test_without_a_mark_of_an_empty_listing_nothing_is_known(page: str) -> None:
    assert read(page) is None
