"""One act is one event, however many logs tell of it, in whatever order they come."""

from __future__ import annotations

import itertools
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.shared import shared_data
from workbench.case.case import Case, create
from workbench.core.filter import Filter
from workbench.core.progress import Progress
from workbench.jobs import logs
from workbench.jobs.matching import match_uploads
from workbench.jobs.pool import Pool
from workbench.queries import events, origins, timeline

TRIALS = int(os.environ.get("WORKBENCH_TRIALS", "12"))


@pytest.fixture(scope="module")
def pool():
    with Pool(2) as made:
        yield made


def line(second: int, what: int = 0, *, address: str = "203.0.113.5", tail: str = ' "-" "UA"', head: str = "") -> str:
    clock = f"{9 + second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
    return f'{head}{address} - - [25/Oct/2021:{clock} +0000] "PUT /f{what}.png HTTP/1.1" 201 5{tail}\n'


Log = tuple[str, str] | tuple[str, str, str]


def taken(tmp_path: Path, pool: Pool, files: Iterable[Log], **options: object) -> Case:
    """A case with these logs: name, text, and the source where it is named."""
    number = sum(1 for _ in tmp_path.iterdir())
    folder = tmp_path / f"logs{number}"
    folder.mkdir()
    case = create(tmp_path / f"c{number}.wbcase")
    for name, text, *source in files:
        (folder / name).write_text(text)
        logs.add(case, folder / name, pool, Progress(), source=source[0] if source else None, **options)
    match_uploads(case, Progress())
    return case


def told(case: Case) -> Counter[tuple[object, ...]]:
    """The acts, without where they are told."""
    with case.reader() as reader:
        rows = list(events.rows(reader, Filter()))
    return Counter((row["time"], row["address"], row["path"], row["agent"], row["user"]) for row in rows)


def cited(case: Case) -> list[int]:
    with case.reader() as reader:
        return [len(row["citations"]) for row in events.rows(reader, Filter())]


def remarks(case: Case) -> list[str]:
    with case.reader() as reader:
        return [row["code"] for row in events.rejects(reader)]


WHOLE = [line(each, each, address=f"203.0.113.{each % 7}") for each in range(20)]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_rotated_current_and_joined_logs_tell_each_act_once(tmp_path: Path, pool: Pool, order: Sequence[int]) -> None:
    files = [("a.log.1", "".join(WHOLE[:12])), ("a.log", "".join(WHOLE[12:])), ("all.log", "".join(WHOLE))]
    with taken(tmp_path, pool, [files[at] for at in order]) as case:
        assert sum(told(case).values()) == 20
        # Of a log with which another one begins, that is in the case already, nothing is kept.
        assert sorted(cited(case)) == ([1] * 12 if order.index(2) < order.index(0) else []) + [2] * (
            8 if order.index(2) < order.index(0) else 20
        )
        with case.reader() as reader:
            bins = list(timeline.rows(reader, Filter(), "day", None, __import__("datetime").UTC))
            assert sum(row["events"] for row in origins.rows(reader, Filter())) == 20
        assert [row["count"] for row in bins] == [20] == [row["uploads"] for row in bins]


def test_equal_lines_of_one_log_are_several_acts_also_beside_a_copy(tmp_path: Path, pool: Pool) -> None:
    text = line(1) * 3 + line(2, 1)
    with taken(tmp_path, pool, [("a.log", text), ("b.log", line(0, 9) + text)]) as case:
        assert sum(told(case).values()) == 5
        assert sorted(cited(case)) == [1, 2, 2, 2, 2]


def test_what_was_cut_out_of_a_log_adds_nothing(tmp_path: Path, pool: Pool) -> None:
    cut = "".join(each for at, each in enumerate(WHOLE) if at % 3 == 0)
    with taken(tmp_path, pool, [("cut.log", cut), ("all.log", "".join(WHOLE))]) as case:
        assert sum(told(case).values()) == 20


def test_logs_joined_in_the_wrong_order_add_nothing(tmp_path: Path, pool: Pool) -> None:
    joined = "".join(WHOLE[12:] + WHOLE[:12])
    with taken(tmp_path, pool, [("1.log", "".join(WHOLE[:12])), ("all", joined), ("2", "".join(WHOLE[12:]))]) as case:
        assert sum(told(case).values()) == 20


def test_a_packed_copy_adds_nothing(tmp_path: Path, pool: Pool) -> None:
    import gzip

    with taken(tmp_path, pool, [("all.log", "".join(WHOLE[3:]))]) as case:
        packed = tmp_path / "a.log.2.gz"
        packed.write_bytes(gzip.compress("".join(WHOLE[:9]).encode()))
        logs.add(case, packed, pool, Progress())
        match_uploads(case, Progress())
        assert sum(told(case).values()) == 20


def test_two_servers_that_were_probed_in_one_second_stay_two(tmp_path: Path, pool: Pool) -> None:
    """Each has lines of its own between the equal ones."""
    probe = [line(each * 10, 0, address="192.0.2.1") for each in range(6)]
    one = [probe[at] + line(at * 10 + 3, 100 + at) for at in range(6)]
    two = [probe[at] + line(at * 10 + 4, 200 + at) for at in range(6)]
    with taken(tmp_path, pool, [("one.log", "".join(one)), ("two.log", "".join(two))]) as case:
        assert sum(told(case).values()) == 24


def test_two_sources_that_were_named_stay_two_and_it_is_said(tmp_path: Path, pool: Pool) -> None:
    text = "".join(WHOLE)
    with taken(tmp_path, pool, [("a.log", text, "one"), ("b.log", text + line(90, 1), "two")]) as case:
        # A log that another one begins with is that log grown, whatever its source is called.
        assert sum(told(case).values()) == 21
    with taken(tmp_path, pool, [("a.log", text, "one"), ("b.log", line(0, 77) + text, "two")]) as case:
        assert sum(told(case).values()) == 41
        assert remarks(case) == ["log-overlap"]


def test_common_and_virtual_host_logs_of_one_source_are_one(tmp_path: Path, pool: Pool) -> None:
    common = "".join(line(each, each, tail="") for each in range(12))
    vhost = "".join(line(each, each, head="www.example.com:80 ") for each in range(12))
    for order in (0, 1):
        files = [("common.log", common, "server"), ("vhost.log", vhost, "server")]
        with taken(tmp_path, pool, files[:: 1 - 2 * order]) as case:
            assert sum(told(case).values()) == 12
            assert {key[3] for key in told(case)} == {"UA"}, "the line that says more stands for the act"
            assert cited(case) == [2] * 12


def test_two_formats_of_two_sources_stay_and_it_is_said(tmp_path: Path, pool: Pool) -> None:
    common = "".join(line(each, each, tail="") for each in range(12))
    vhost = "".join(line(each, each, head="www.example.com:80 ") for each in range(12))
    with taken(tmp_path, pool, [("common.log", common), ("vhost.log", vhost)]) as case:
        assert sum(told(case).values()) == 24
        assert remarks(case) == ["log-overlap"]


def test_other_sizes_are_not_sure(tmp_path: Path, pool: Pool) -> None:
    common = "".join(line(each, each, tail="") for each in range(12))
    vhost = "".join(line(each, each, head="www.example.com:80 ") for each in range(12)).replace("201 5", "201 305")
    with taken(tmp_path, pool, [("common.log", common, "server"), ("vhost.log", vhost, "server")]) as case:
        assert sum(told(case).values()) == 24


def test_transfer_log_and_extended_log_of_one_server(tmp_path: Path, pool: Pool) -> None:
    """Uploads and downloads stand in both; the transfer log states no zone."""
    folder = shared_data("logs-live-servers")
    files = [(name, (folder / name).read_text(), "ftp") for name in ("proftpd-xferlog", "proftpd-extended.log")]
    with taken(tmp_path, pool, files[:1], zone="UTC") as case:
        alone = sum(told(case).values())
    with taken(tmp_path, pool, files[1:]) as case:
        extended = sum(told(case).values())
    with taken(tmp_path, pool, files, zone="UTC") as case:
        both = sum(told(case).values())
        doubles = sum(1 for each in cited(case) if each == 2)
        print(f"proftpd: {alone} transfers, {extended} commands, {both} acts, {doubles} told by both")
        assert both == alone + extended - doubles
        assert doubles >= alone * 0.9 - 2
    with taken(tmp_path, pool, files) as case:
        assert sum(told(case).values()) == alone + extended
        assert remarks(case) == ["log-overlap"]


def test_a_better_reading_is_compared_again(tmp_path: Path, pool: Pool) -> None:
    zoneless = "".join(
        f"Mon Oct 25 09:{each:02}:28 2021 1 203.0.113.7 5120 /up/{each}.png b _ i r kim ftp 0 * c\n"
        for each in range(9)
    )
    files = [("a", zoneless), ("b", "".join(zoneless.splitlines(keepends=True)[3:]))]
    with taken(tmp_path, pool, files) as case:
        assert sum(told(case).values()) == 9
        logs.add(case, tmp_path / "logs0" / "a", pool, Progress(), zone="UTC")
        match_uploads(case, Progress())
        assert sum(told(case).values()) == 15, "times with a zone are not those without one"
        logs.add(case, tmp_path / "logs0" / "b", pool, Progress(), zone="UTC")
        match_uploads(case, Progress())
        assert sum(told(case).values()) == 9


def test_marks_and_targets_of_a_line_hold_for_its_act(tmp_path: Path, pool: Pool) -> None:
    from workbench.ops import marks
    from workbench.queries.targets import target

    with taken(tmp_path, pool, [("b.log", "".join(WHOLE[:9]))]) as case:
        case.run(marks.tag, [("event", 5)], "knife")
        (tmp_path / "all").write_text(line(0, 50) + "".join(WHOLE))
        log = logs.add(case, tmp_path / "all", pool, Progress()).log.hex()
        match_uploads(case, Progress())
        with case.reader() as reader:
            assert len(list(events.rows(reader, Filter(tag=("knife",))))) == 1
            assert target(reader, f"event:{log}:6") == ("event", 5)
            (row,) = list(events.rows(reader, Filter(source=("all",), path=("/f4.png",))))
            assert [each["line"] for each in row["citations"]] == [5, 6]


def test_a_log_with_a_gap_in_which_another_one_lies(tmp_path: Path, pool: Pool) -> None:
    around, inside = line(0) + line(3000, 1), line(1000, 2) + line(1001, 3)
    with taken(tmp_path, pool, [("around", around), ("inside", inside)]) as case:
        assert sum(told(case).values()) == 4


def test_a_case_without_events_has_no_acts(tmp_path: Path, pool: Pool) -> None:
    with taken(tmp_path, pool, [("a", line(0)), ("b", line(5))]) as case:
        assert cited(case) == [1, 1]


def test_the_search_is_done_once(tmp_path: Path, pool: Pool) -> None:
    with taken(tmp_path, pool, [("a", "".join(WHOLE[:9])), ("b", "".join(WHOLE[3:]))]) as case:

        def ops() -> int:
            with case.reader() as reader:
                return int(reader.value("SELECT count(*) FROM op"))

        before = ops()
        match_uploads(case, Progress())
        assert ops() == before


pieces = st.lists(st.tuples(st.integers(0, 29), st.integers(1, 30)), min_size=1, max_size=5)


@settings(max_examples=TRIALS, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(st.sampled_from((0, 0, 1, 1, 5)), min_size=2, max_size=30), cuts=pieces, shuffle=st.randoms())
def test_any_overlapping_pieces_in_any_order_are_the_whole(
    tmp_path_factory: pytest.TempPathFactory, pool: Pool, steps: list[int], cuts: list[tuple[int, int]], shuffle
) -> None:
    """As long as some piece holds all copies of a line: nobody could count them else."""
    tmp_path = tmp_path_factory.mktemp("pieces")
    seconds = list(itertools.accumulate(steps))
    whole = [
        line(second, second % 2) if step else line(second, at % 3)
        for at, (second, step) in enumerate(zip(seconds, steps, strict=True))
    ]
    parts = [whole[start : start + size] for start, size in cuts if start < len(whole)]
    covered = {at for start, size in cuts for at in range(start, min(start + size, len(whole)))}
    parts += [whole[at:] for at in [min(set(range(len(whole))) - covered, default=len(whole))] if at < len(whole)]
    have = Counter(each for part in parts for each in set(part))
    for each, times in Counter(whole).items():
        assume(max((part.count(each) for part in parts), default=0) == times)
    assert set(have) == set(whole)
    shuffle.shuffle(parts)
    files = [(f"p{at}.log", "".join(part)) for at, part in enumerate(parts)]
    with taken(tmp_path, pool, files) as case, taken(tmp_path, pool, [("whole", "".join(whole))]) as one:
        assert told(case) == told(one)
