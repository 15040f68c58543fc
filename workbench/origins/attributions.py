"""Whose data the program ships, for the About window and the reports."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from workbench.origins.dataset import DataSet
from workbench.origins.library import shipped


@dataclass(frozen=True)
class Attribution:
    """One data set: what it is, as of when, under which licence, and the words that the licence asks for."""

    title: str
    release: str
    licence: str
    text: str


def attributions(datasets: Iterable[DataSet] | None = None) -> list[Attribution]:
    """The attributions of these sets, by default of all that are shipped (read from disk: not in the main thread).

    The text holds the publisher's own caution where there is one.
    """
    abouts = [dataset.about for dataset in (shipped() if datasets is None else datasets)]
    return [
        Attribution(
            about.title, about.release, about.licence, " ".join(filter(None, (about.attribution, about.caution)))
        )
        for about in abouts
    ]
