"""Kubernetes quantities as exact numbers.

Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ (suffixes of the decimal and binary
series, and exponents; what is larger than a 64-bit number is capped at the largest).
"""

import re
from decimal import Decimal

_FORM = re.compile(r"(?P<number>[+-]?(?:\d+\.?\d*|\.\d+))(?P<suffix>[eE][+-]?\d+|[KMGTPE]i|[numkMGTPE]|)", re.ASCII)
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {f"{letter}i": 10 * power for power, letter in enumerate("KMGTPE", start=1)}
_LARGEST = Decimal(2**63 - 1)
_LONGEST_EXPONENT = 4  # with its sign and letter: what is larger is no amount of anything


def parse_quantity(value: object) -> Decimal:
    """``250m``, ``1.5Gi``, ``2e3`` or a plain number as a number of units or bytes; raises ``ValueError``."""
    match = _FORM.fullmatch(str(value).strip())
    if not match or isinstance(value, bool):
        raise ValueError(f"'{value}' is no quantity")
    return max(-_LARGEST, min(_scaled(Decimal(match["number"]), match["suffix"]), _LARGEST))


def _scaled(number: Decimal, suffix: str) -> Decimal:
    if suffix in _BINARY:
        return number * Decimal(2 ** _BINARY[suffix])
    if suffix in _DECIMAL:
        return number.scaleb(_DECIMAL[suffix])
    if len(suffix) > _LONGEST_EXPONENT:
        raise ValueError(f"'{number}{suffix}' is no quantity")
    return number.scaleb(int(suffix[1:]))


def format_cpu(cores: Decimal) -> str:
    """Cores with as many decimals as say something: ``0.25``, ``12``."""
    return f"{cores:.3f}".rstrip("0").rstrip(".")


def format_bytes(number: Decimal) -> str:
    """Bytes in GiB with one decimal, as people compare them."""
    return f"{number / 2**30:.1f} GiB"
