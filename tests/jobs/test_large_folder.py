"""A folder with more files than memory should hold is compared with the look before part by part."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.servers.raw import Asked, raw_server
from workbench.case.case import Case
from workbench.case.readers import Reader
from workbench.core.progress import Progress
from workbench.jobs.plan import Plan
from workbench.jobs.watch import look
from workbench.queries import harvest
from workbench.queries.harvest import AT_ONCE, Before

FILES = 2 * AT_ONCE + 20


def test_no_more_of_a_folder_is_looked_up_at_once_than_a_part_of_a_page(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    found = harvest.files_before

    def counted(reader: Reader, snapshot: int, paths: Sequence[bytes]) -> dict[bytes, Before]:
        sizes.append(len(paths))
        return found(reader, snapshot, paths)

    monkeypatch.setattr(harvest, "files_before", counted)
    rows = "".join(
        f'<a href="{number}.txt">{number}.txt</a>{" " * 20}03-Jan-2024 09:00{4:>20}\n' for number in range(FILES)
    )
    head = "<html><head><title>Index of /</title></head><body><h1>Index of /</h1><hr>"
    page = f'{head}<pre><a href="../">../</a>\n{rows}</pre><hr></body></html>'.encode()

    def answer(asked: Asked) -> None:
        asked.answer(page if asked.target == "/" else b"same", 404 if asked.target == "/robots.txt" else 200)

    with raw_server(answer) as server:
        plan = Plan(server.url, "server", rate=0, analyze=False)
        assert look(case, plan, None, Progress()).sightings == FILES
        server.asked.clear()
        sizes.clear()
        again = look(case, plan, None, Progress())
        assert (again.sightings, again.added, again.changed, server.asked) == (FILES, 0, 0, [("GET", "/")])
    assert sizes == [AT_ONCE, AT_ONCE, 20]
