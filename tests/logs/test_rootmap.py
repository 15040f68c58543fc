"""The server's root is inferred only where several paths agree."""

from __future__ import annotations

from workbench.logs.rootmap import infer_root, strip_root

ROOT = b"/srv/ftp/files"
NAMES = ["a/满意啦.jpg".encode(), b"b/shot_01.tga", b"c.jpg", b"a/x y.png"]


def test_three_that_agree_are_enough() -> None:
    logged = [ROOT + b"/" + name for name in NAMES[:3]]
    assert infer_root([*logged, b"/srv/ftp/files/gone.jpg"], NAMES) == ROOT
    assert infer_root(logged, [b"/" + name for name in NAMES]) == ROOT


def test_fewer_are_enough_only_when_they_are_all() -> None:
    logged = [ROOT + b"/" + name for name in NAMES[:2]]
    assert infer_root(logged, NAMES) == ROOT
    assert infer_root([*logged, ROOT + b"/gone.jpg"], NAMES) is None
    assert infer_root(logged[:1], NAMES) is None
    assert infer_root(logged[:1] * 5, NAMES) is None


def test_paths_that_agree_as_they_are_need_no_root() -> None:
    logged = [b"/" + name for name in NAMES]
    assert infer_root(logged, NAMES) is None


def test_a_chance_likeness_does_not_count() -> None:
    logged = [b"/home/%d/index.html" % number for number in range(20)]
    assert infer_root(logged, [b"index.html"]) is None


def test_two_roots_are_none() -> None:
    logged = [b"/home/kim/" + name for name in NAMES] + [b"/home/ha/" + name for name in NAMES]
    assert infer_root(logged, NAMES) is None


def test_a_few_strays_do_not_hide_the_root() -> None:
    names = [b"shots/%03d.jpg" % number for number in range(40)]
    logged = [ROOT + b"/" + name for name in names] + [ROOT + b"/old/c.jpg"]
    assert infer_root(logged, [*names, b"c.jpg"]) == ROOT


def test_nothing_gives_nothing() -> None:
    assert infer_root([], NAMES) is None
    assert infer_root([b"/a"], []) is None
    assert infer_root([b"relative/a"], [b"a"]) is None


def test_the_root_is_taken_off_only_where_it_stands() -> None:
    assert strip_root(b"/srv/ftp/files/a/b", ROOT) == b"/a/b"
    assert strip_root(b"/srv/ftp/files2/a", ROOT) == b"/srv/ftp/files2/a"
