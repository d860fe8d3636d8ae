"""Kubernetes quantities."""

from decimal import Decimal

import pytest

from gitops.models.quantity import format_bytes, format_cpu, parse_quantity


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("250m", "0.25"),
        ("1", "1"),
        (1, "1"),
        (0.5, "0.5"),
        ("1.5Gi", str(1.5 * 2**30)),
        ("1Ki", "1024"),
        ("1k", "1000"),
        ("2e3", "2000"),
        ("1E3", "1000"),
        ("1E", "1000000000000000000"),
        (".5", "0.5"),
        ("5.", "5"),
        ("-1", "-1"),
        ("100n", "0.0000001"),
        ("1Ei", str(2**60)),
    ],
)
def test_a_quantity_is_its_number(text: object, number: str) -> None:
    assert parse_quantity(text) == Decimal(number)


@pytest.mark.parametrize("text", ["", "16 GB", "16GB", "1KI", "Gi", "1e", "1e99999", "0x1", "one", True, None, [1], "1,5", "١"])
def test_anything_else_is_none(text: object) -> None:
    with pytest.raises(ValueError, match="is no quantity"):
        parse_quantity(text)


@pytest.mark.parametrize("text", ["9" * 5000, "1e999", "8E", "16Ei"])
def test_what_is_larger_than_kubernetes_can_hold_is_capped_as_it_does(text: str) -> None:
    assert parse_quantity(text) == (2**63 - 1 if text != "8E" else 8 * 10**18)
    assert parse_quantity(f"-{text}") == -parse_quantity(text)
    assert format_cpu(10**12 * parse_quantity(text)).startswith(("9223372036854775807", "8000000000000000000"))


def test_amounts_are_told_as_people_compare_them() -> None:
    assert [format_cpu(Decimal(number)) for number in ("0.25", "12", "100", "0.1234")] == ["0.25", "12", "100", "0.123"]
    assert format_bytes(Decimal(3 * 2**29)) == "1.5 GiB"
