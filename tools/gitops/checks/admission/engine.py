"""What the evaluator asks of an engine for the Common Expression Language; ``cel.py`` is the one that it uses."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple, Protocol


class CompileFailed(Exception):
    """An expression that does not compile; ``line`` and ``column`` count from 1 inside the expression."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.message, self.line, self.column = message, line, column


class Unsupported(Exception):
    """An expression that the API server may understand and this engine does not: nothing can be said of it offline."""


class Kind(StrEnum):
    """How an evaluation ended."""

    VALUE = "value"
    ERROR = "error"  # the API server would fail in the same way
    UNKNOWN = "unknown"  # it depends on what only a cluster knows, or on what this engine can't do


class Answer(NamedTuple):
    """What an expression evaluates to (JSON values, times and durations), or why to nothing."""

    kind: Kind
    value: Any = None
    message: str = ""


class Data(Protocol):
    """Values by name, made ready for many expressions."""


class Program(Protocol):
    """A compiled expression; ``returns`` is the type that the checker found: ``bool``, ``string``, ``dyn``, ``list<…>`` …"""

    @property
    def returns(self) -> str: ...

    def evaluate(self, data: Data) -> Answer:
        """Never raises, whatever the expression meets."""
        ...


class Engine(Protocol):
    """Compiles expressions over named variables."""

    def compile(self, expression: str, variables: Mapping[str, str]) -> Program:
        """``variables`` are names (perhaps dotted) and types. Raises ``CompileFailed`` and ``Unsupported``."""
        ...

    def data(self, values: Mapping[str, Any]) -> Data:
        """Makes values ready; a declared name without a value is what only a cluster knows."""
        ...


@dataclass(frozen=True, slots=True)
class Function:
    """A function of Kubernetes' own libraries: types are CEL's names; ``dyn`` takes anything."""

    name: str
    parameters: tuple[str, ...]
    returns: str
    implementation: Callable[..., Any]
    member: bool = True
