"""What analyzers found."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.case.operation import operation
from workbench.case.transaction import Transaction
from workbench.core.records import Analysis


@operation("facts.record")
def record(tx: Transaction, found: Sequence[tuple[int, str, str, Analysis]]) -> int:
    """Record (object, analyzer, version, analysis) with facts and warnings."""
    done = tx.append(
        "analysis",
        object=[each[0] for each in found],
        analyzer=[each[1] for each in found],
        version=[each[2] for each in found],
        state=[each[3].state.value for each in found],
    )
    facts = [
        (each[0], row, key, value)
        for row, each in zip(done, found, strict=True)
        for key, value in each[3].facts
        if value is not None
    ]
    tx.append(
        "fact",
        object=[each[0] for each in facts],
        analysis=[each[1] for each in facts],
        key=[each[2] for each in facts],
        value=[each[3] for each in facts],
    )
    warnings = [(each[0], message) for each in found for message in each[3].warnings]
    tx.append(
        "warning",
        snapshot=[None] * len(warnings),
        path=[None] * len(warnings),
        object=[each[0] for each in warnings],
        code=[each[1].code for each in warnings],
        arguments=[each[1].to_json() for each in warnings],
    )
    tx.arguments.update(objects=len({each[0] for each in found}), facts=len(facts), warnings=len(warnings))
    return len(facts)
