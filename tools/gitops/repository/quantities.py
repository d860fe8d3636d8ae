"""Quantities as the API server writes them: ``1024Mi`` comes back as ``1Gi``, ``0.5`` as ``500m``.

Source: the rules of "canonical form" at
https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/.
"""

import re
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal, InvalidOperation

_FORM = re.compile(r"(?P<number>[+-]?(?:\d+\.?\d*|\.\d+))(?P<suffix>[eE][+-]?\d{1,2}|[KMGTPE]i|[numkMGTPE]|)", re.ASCII)
_SUFFIXES = {-9: "n", -6: "u", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T", 15: "P", 18: "E"}
_DECIMAL = {suffix: exponent for exponent, suffix in _SUFFIXES.items()}
_BINARY = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_NANO = Decimal(1).scaleb(-9)
_WIDE = Context(prec=400)  # exact for whatever can be written with the exponents above
_LARGEST = Decimal(2**63 - 1)
_WRONG = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"


def parse(text: str) -> tuple[Decimal, str]:
    """The exact number and the series that it was written in (``si``, ``binary``, ``exponent``); raises ``ValueError``."""
    match = _FORM.fullmatch(text)
    if not match:
        raise ValueError(_WRONG if not re.fullmatch(r"[+-]?[0-9.]+[eEinumkKMGTP]*[-+]?[0-9]*", text) else _reason(text))
    number, suffix = Decimal(match["number"]), match["suffix"]
    if suffix in _BINARY[1:]:
        value, series = _WIDE.multiply(number, Decimal(1024 ** _BINARY.index(suffix))), "binary"
    elif suffix in _DECIMAL:
        value, series = number.scaleb(_DECIMAL[suffix], _WIDE), "si"
    else:
        value, series = number.scaleb(int(suffix[1:]), _WIDE), "exponent"
    rounding = ROUND_CEILING if value > 0 else ROUND_FLOOR  # away from zero, so that something never becomes nothing
    try:
        exact = value.quantize(_NANO, rounding=rounding, context=_WIDE)
    except InvalidOperation as error:
        raise ValueError(_WRONG) from error  # of more digits than anybody can mean
    return max(-_LARGEST, min(exact, _LARGEST)), series


def _reason(text: str) -> str:
    digits = re.match(r"[+-]?[0-9.]+", text)
    number = digits.group() if digits else ""
    return "unable to parse numeric part of quantity" if number.count(".") > 1 else "unable to parse quantity's suffix"


def canonical(text: str, *, smallest: int = -9) -> str:
    """The canonical form; what is below ten to the power of ``smallest`` is rounded up. Raises ``ValueError``."""
    number, series = parse(text)
    unit = Decimal(1).scaleb(smallest)
    number = number.quantize(unit, rounding=ROUND_CEILING if number > 0 else ROUND_FLOOR, context=_WIDE)
    if number == 0:
        return "0"
    if series == "binary" and abs(number) >= 1024:
        whole = int(number.to_integral_value(rounding=ROUND_CEILING))
        power = 0
        while whole % 1024 == 0 and power < len(_BINARY) - 1:
            whole, power = whole // 1024, power + 1
        return f"{whole}{_BINARY[power]}"
    _, digits, exponent = number.normalize(_WIDE).as_tuple()
    mantissa = int("".join(map(str, digits))) * (-1 if number < 0 else 1)
    lowest = int(exponent)
    shift = lowest % 3
    mantissa, lowest = mantissa * 10**shift, lowest - shift
    while lowest > 18:
        mantissa, lowest = mantissa * 1000, lowest - 3
    if series == "exponent":
        return f"{mantissa}e{lowest}" if lowest else str(mantissa)
    return f"{mantissa}{_SUFFIXES[lowest]}"
