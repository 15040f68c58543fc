"""Look the case's addresses up in data sets, and record what each set says, also when it says nothing."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future

from workbench.case.case import Case
from workbench.case.writer import Done
from workbench.core.progress import Progress
from workbench.ops import networks
from workbench.origins.addresses import is_address
from workbench.origins.dataset import DataSet
from workbench.origins.lookup import claims
from workbench.queries import reading as queries

PAGE = 5_000


def look_up(case: Case, datasets: Sequence[DataSet], progress: Progress) -> int:
    """Ask every set about the addresses that it was not asked about yet; returns how many claims were added."""
    progress.stage("stage-lookup")
    ids = {(each.about.name, each.about.release): _dataset(case, each) for each in datasets}
    added = after = 0
    writing: Future[Done[int]] | None = None
    while page := case.ask(queries.not_looked_up, list(ids.values()), after, PAGE):
        progress.update(after)
        after = page[-1].id
        found = claims([each.text for each in page], datasets)
        rows = [
            (address.id, ids[claim.dataset, claim.release], claim)
            for address, said in zip(page, found, strict=True)
            for claim in said
            if ids[claim.dataset, claim.release] not in address.asked
        ]
        # A host name cannot be asked about, and must not seem to be on no list.
        asked = [each for each in page if is_address(each.text)]
        looked = [(each.id, dataset) for each in asked for dataset in ids.values() if dataset not in each.asked]
        if looked:
            added += _written(writing)  # the next page is asked about while this one is written
            writing = case.submit(networks.claims, looked, rows)
    return added + _written(writing)


def _written(page: Future[Done[int]] | None) -> int:
    return 0 if page is None else page.result().result


def _dataset(case: Case, dataset: DataSet) -> int:
    """The set as the case knows it; named by an op when it is new."""
    about = dataset.about
    found = case.ask(queries.dataset_id, about.sha256)
    if found is not None:
        return found
    info = networks.SetInfo(about.name, about.release, about.kind, about.licence, about.rows, about.sha256)
    return case.run(networks.dataset, info).result
