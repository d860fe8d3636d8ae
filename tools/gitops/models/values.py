"""JSON values of a shape that nobody has checked yet: what is asked for, or something empty in its place."""

from typing import Any


def mapping(value: Any) -> dict[str, Any]:
    """The value itself where it is a mapping, else an empty one."""
    return value if isinstance(value, dict) else {}


def sequence(value: Any) -> list[Any]:
    """The value itself where it is a list, else an empty one."""
    return value if isinstance(value, list) else []
