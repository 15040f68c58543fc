"""Every op of the program happens in some use of it, and the chain holds after it.

What a short scenario on the command line does is read from the custody log itself. An op that needs more than that, a
kill or a window, is named here with the test that performs it: the test is imported, so that it cannot go unnoticed.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.case import test_migrate
from tests.cli.running import listed, run
from tests.cli.test_commands import line, picture
from tests.cli.test_watch import script
from tests.gui import test_window_flows
from tests.jobs import test_citing, test_importing, test_watch
from tests.ops import test_anchors
from tests.servers.raw import raw_server
from workbench import ops
from workbench.case.operation import REGISTRY
from workbench.logs import chunks

XFERLOG = "Wed Jan  3 14:30:4{digit} 2024 1 192.0.2.33 {size} /srv/ftp/{path} b _ i r kim ftp 0 * c"

ELSEWHERE: dict[str, Callable[..., object]] = {
    "anchor.attach": test_anchors.test_a_reply_needs_its_bytes_in_the_case,
    "case.migrate": test_migrate.test_a_migrated_case_has_the_tables_of_a_new_one,
    "case.settings": test_window_flows.test_a_new_case_is_made_and_offers_the_next_act,
    "intake.exchanges": test_watch.test_a_probe_tells_what_is_there_and_is_recorded,
    "intake.warn": test_importing.test_what_is_not_understood_among_several_is_a_warning,
    "intake.resume": test_watch.test_what_was_cut_off_goes_on_without_asking_twice,
    "logs.overlaps": test_citing.test_two_formats_of_two_sources_stay_and_it_is_said,
    "watch.missed": test_watch.test_missed_looks_are_recorded_once,
}


def declared() -> set[str]:
    for each in pkgutil.iter_modules(ops.__path__, "workbench.ops."):
        importlib.import_module(each.name)
    importlib.import_module("workbench.bundle.rebuild")
    return {name for name in REGISTRY if not name.startswith(("test.", "bench."))}


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of all ops that one investigation in small comes to, its bundle's included."""
    folder = tmp_path_factory.mktemp("every-op")
    case, out = folder / "case.wbcase", folder / "bundle"
    sizes = {}
    for number, name in enumerate(("a/one.png", "a/two.png", "b/칼.png")):
        picture(folder / "in" / name, number)
        sizes[name] = (folder / "in" / name).stat().st_size
    web = [line("192.0.2.7", f"/{name}", 2, hour) for hour, name in enumerate((*sizes, *sizes, *sizes))]
    (folder / "access.log").write_text("\n".join([*web, "no line of any log", "x" * (chunks.SIZE + 1)]) + "\n")
    (folder / "cut.log").write_text("\n".join(web[2:5]) + "\n")
    ftp = [XFERLOG.format(digit=digit, size=size, path=name) for digit, (name, size) in enumerate(sizes.items())]
    (folder / "xferlog").write_text("\n".join(ftp) + "\n", "utf-8")
    run("new", case, "--examiner", "Kim")
    run("add", case, folder / "in", "--source", "server")
    run("logs", case, folder / "access.log", folder / "xferlog", folder / "cut.log", code=1)
    run("mark", case, "192.0.2.7", "--tag", "cat", "--verdict", "relevant", "--note", "아는 주소")
    run("mark", case, "192.0.2.7", "--untag", "cat")
    run("undo", case)
    run("note", case, "Looked at the server.")
    run("own", case, "203.0.113.9")
    with raw_server(script) as server:
        run("watch", case, server.url, "--source", "open", "--why", "to know", "--rate", "0", "--once")
    run("decide", case, "--source", "open", "--robots", "obey")
    run("decide", case, "--source", "open", "--confirm")
    run("anchor", case, folder)
    run("bundle", case, out, code=None)
    assert run("verify", case, "--json").object["problems"] == []
    rebuilt = Path(out, "data/record/selection.wbcase")
    return {row["op"] for each in (case, rebuilt) for row in listed("custody", each)}


@pytest.mark.parametrize("name", sorted(declared()))
def test_an_op_happens(done: set[str], name: str) -> None:
    assert (name in done) != (name in ELSEWHERE), "neither done here nor performed by a test that is named"


def test_every_op_says_what_it_does() -> None:
    assert {name for name in declared() if len(REGISTRY[name].doc) < 15} == set()
