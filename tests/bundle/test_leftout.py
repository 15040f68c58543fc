"""Whatever stays out of a bundle is told in a sentence with its number."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import workbench.bundle
from workbench.bundle.leftout import REASONS, LeftOut, sentence_of, sentences
from workbench.core.messages import catalogue
from workbench.core.resources import resource

SOURCE = Path(workbench.bundle.__file__).parent
LANGUAGES = [each.name for each in resource("translations").iterdir() if each.is_dir()]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_has_its_sentence_in_one_and_in_many(reason: str, language: str) -> None:
    words = catalogue(language)
    one, many = sentence_of(reason, 1), sentence_of(reason, 1253)
    assert one.code in words
    assert many.code in words
    assert re.search(r"\b1\b", one.text(language))
    assert "1,253" in many.text(language)
    assert one.text(language) != many.text(language)
    assert many.text(language).endswith(".")
    assert reason not in many.text(language)


def test_a_reason_without_a_sentence_cannot_be_counted() -> None:
    counts = LeftOut()
    with pytest.raises(ValueError, match="no sentence"):
        counts["redacted-moon"] += 1
    counts["log-lines"] += 2
    assert dict(counts) == {"log-lines": 2}


def written_reasons() -> set[str]:
    """Reasons that stand in the code in full, as the key of something that is counted."""
    found = set()
    for file in SOURCE.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Subscript) and ast.unparse(node.value).endswith("left_out"):
                found |= {each.value for each in ast.walk(node.slice) if isinstance(each, ast.Constant)}
    return {each for each in found if isinstance(each, str)}


def test_all_reasons_in_the_code_are_known() -> None:
    whole = {each for each in written_reasons() if not each.startswith("-") and not each.endswith("-")}
    assert len(whole) > 15
    assert whole - {"object", "count"} <= set(REASONS)


def test_sentences_come_in_a_fixed_order_and_none_for_nothing() -> None:
    said = [each.text() for each in sentences([("custody-arguments", 253), ("log-lines", 0), ("redacted-path", 1)])]
    assert said == [
        "1 sighting is withheld for its path.",
        "253 acts of the log keep their arguments to themselves.",
    ]
