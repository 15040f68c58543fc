"""Nothing that a redaction withholds is in the bundle, in any form, whatever is withheld and wherever it stood."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

import pytest

from tests.bundle.hiding import Planted, found_in, plant, redaction_of
from workbench.bundle.write import write_bundle
from workbench.case.case import open_case
from workbench.core.errors import UserError
from workbench.core.filter import Filter
from workbench.jobs.pool import Pool

TRIALS = int(os.environ.get("WORKBENCH_TRIALS", "3"))


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    """A case with a secret in every place, made once and only read."""
    with Pool(2) as pool:
        return plant(tmp_path_factory.mktemp("planted"), pool)


@pytest.mark.parametrize("trial", range(TRIALS))
def test_random_redactions(planted: Planted, tmp_path: Path, trial: int) -> None:
    dice = random.Random(trial)
    chosen = [each for each in planted.hidden if dice.random() < dice.choice((0.1, 0.5, 0.9))]
    (tmp_path / "redact.json").write_text(json.dumps(redaction_of(chosen)), "utf-8")
    out = tmp_path / "out"
    with open_case(planted.path, write=False) as case:
        try:
            write_bundle(case, out, Filter(), redact=tmp_path / "redact.json")
        except UserError as refused:
            error = refused
        else:
            error = None
    if error is not None:
        assert error.message.code == "bundle-leak", error
        assert any(each.may_refuse for each in chosen), error
        assert not out.exists()
        return
    secrets = [secret for each in chosen for secret in each.secrets]
    assert found_in(out, [*secrets, *planted.always]) == []
