"""Plain scalars, as Kubernetes reads them: the values are those of sigs.k8s.io/yaml v1.6 with go-yaml v2.4."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops.repository import scalars

TEXT = [
    *("yEs", "oN", "tRUE", "nULL", "none", "None", "nan", "inf", ".iNF", ".Nan"),
    *("12:30:45", "190:20:30", "2001-01-01", "2001-01-01T00:00:00Z", "1.2.3", "0.0.0.0/0", "10.0.0.0/8", "1 000", "1,000"),
    *("+", "-", ".", "--", "++", "-+1", "1-1", "=", "<<", "1e", "1e+", "e3", ".e3", "1e400", "-1e400", "5..", ".5.5"),
    *("0x", "0b", "0o", "0o18", "0b12", "0xG", "1a", "0x1p4", "0x1.8", "0x-1", "_1"),
    *("0x10000000000000000", "-0x8000000000000001", "0b1e3", "٣", "½", "²", "1m", "100Mi", "v1", "~1"),
]


@pytest.mark.parametrize("text", TEXT)
def test_text_stays_text(text: str) -> None:
    assert scalars.resolve(text) == text


@pytest.mark.parametrize("text", ["y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE"])
def test_words_that_are_true(text: str) -> None:
    assert scalars.resolve(text) is True


@pytest.mark.parametrize("text", ["n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE"])
def test_words_that_are_false(text: str) -> None:
    assert scalars.resolve(text) is False


@pytest.mark.parametrize("text", ["", "~", "null", "Null", "NULL"])
def test_words_that_are_null(text: str) -> None:
    assert scalars.resolve(text) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("-0", 0),
        ("+1", 1),
        ("00", 0),
        ("017", 15),
        ("-017", -15),
        ("0_17", 15),
        ("0b-1", -1),
        ("0b+1", 1),
        ("0o17", 15),
        ("0O17", 15),
        ("-0o17", -15),
        ("0x1F", 31),
        ("0X1f", 31),
        ("-0x1F", -31),
        ("0x_1F", 31),
        ("0b101", 5),
        ("0B1", 1),
        ("-0b101", -5),
        ("+0b101", 5),
        ("1_000", 1000),
        ("1__0", 10),
        ("1_", 1),
        ("18446744073709551615", 2**64 - 1),
        ("0xFFFFFFFFFFFFFFFF", 2**64 - 1),
        ("-9223372036854775808", -(2**63)),
    ],
)
def test_whole_numbers(text: str, value: int) -> None:
    resolved = scalars.resolve(text)
    assert (resolved, type(resolved)) == (value, int)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e3", 1000.0),
        ("1E3", 1000.0),
        ("1e+3", 1000.0),
        ("1e-3", 0.001),
        ("1.0", 1.0),
        ("1.10", 1.1),
        (".5", 0.5),
        (".5_0", 0.5),
        ("5.", 5.0),
        ("+.5", 0.5),
        ("-5.", -5.0),
        ("1.e3", 1000.0),
        ("1_000.5", 1000.5),
        ("08", 8.0),
        ("019", 19.0),
        ("-0.0", 0.0),
        ("1e-400", 0.0),
        ("18446744073709551616", 2.0**64),
        ("-9223372036854775809", -(2.0**63)),
        ("12345678901234567890123", 1.2345678901234568e22),
        (".inf", float("inf")),
        ("+.INF", float("inf")),
        ("-.Inf", float("-inf")),
    ],
)
def test_numbers_with_a_fraction_or_out_of_range(text: str, value: float) -> None:
    resolved = scalars.resolve(text)
    assert (resolved, type(resolved)) == (value, float)


@pytest.mark.parametrize("text", [".nan", ".NaN", ".NAN"])
def test_not_a_number(text: str) -> None:
    resolved = scalars.resolve(text)
    assert isinstance(resolved, float)
    assert math.isnan(resolved)


def test_more_digits_than_any_number_has_are_text() -> None:
    assert scalars.resolve("1" * 5000) == "1" * 5000


@settings(deadline=None)
@given(st.from_regex(r"[a-zA-Z_/*@%][\w./:@%-]*", fullmatch=True))
def test_what_begins_like_no_number_and_is_no_special_word_stays_text(text: str) -> None:
    special = {"y", "yes", "n", "no", "on", "off", "true", "false", "null"}
    assert text.lower() in special or scalars.resolve(text) == text


@settings(deadline=None)
@given(st.integers(-(2**63), 2**64 - 1))
def test_an_integer_of_64_bits_is_itself(number: int) -> None:
    assert scalars.resolve(str(number)) == number


@settings(deadline=None)
@given(st.text(alphabet="0123456789+-._eExXbBoO", min_size=1, max_size=8))
def test_whatever_looks_like_a_number_gives_a_value(text: str) -> None:
    assert isinstance(scalars.resolve(text), str | int | float)


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("a", "a"),
        (1, "1"),
        (True, "true"),
        (False, "false"),
        (1.5, "1.5"),
        (1.1, "1.1"),
        (1.0, "1"),
        (0.0, "0"),
        (123456.0, "123456"),
        (1e6, "1e+06"),
        (123456.789, "123456.79"),
        (1234567.5, "1.2345675e+06"),
        (16777217.0, "1.6777216e+07"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (-2.5, "-2.5"),
        (6e59, ".inf"),
    ],
    ids=str,
)
def test_a_key_is_text_in_json(key: scalars.Scalar, text: str) -> None:
    assert scalars.key_text(key) == text


def test_a_key_of_null_has_no_text() -> None:
    with pytest.raises(ValueError, match="null"):
        scalars.key_text(None)
