"""What an op is: a named change, declared once, run by the writer in one transaction with its custody entry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Concatenate, Generic, ParamSpec, TypeVar

if TYPE_CHECKING:
    from workbench.case.transaction import Transaction

P = ParamSpec("P")
R = TypeVar("R")

REGISTRY: dict[str, Operation[..., object]] = {}
"""Every op of the program by name; filled as `workbench.ops` is imported."""


@dataclass(frozen=True)
class Operation(Generic[P, R]):
    """A verb. `function` gets the transaction first; its name stands in the custody log for ever.

    `urgent` ops (a person's marks) go before bulk batches. `undoable` ops touch marks only.
    """

    name: str
    function: Callable[Concatenate[Transaction, P], R]
    undoable: bool
    urgent: bool

    @property
    def doc(self) -> str:
        """The first line of the function's docstring."""
        return (self.function.__doc__ or "").strip().splitlines()[0]


def operation(
    name: str, *, undoable: bool = False, urgent: bool = False
) -> Callable[[Callable[Concatenate[Transaction, P], R]], Operation[P, R]]:
    """Declare an op: ``@operation("mark.tag", undoable=True, urgent=True)``."""

    def declare(function: Callable[Concatenate[Transaction, P], R]) -> Operation[P, R]:
        made = Operation(name, function, undoable, urgent)
        if name in REGISTRY:
            raise ValueError(f"op {name!r} is declared twice")
        REGISTRY[name] = made  # type: ignore[assignment]
        return made

    return declare
