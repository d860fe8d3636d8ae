"""A secret value shows itself to nobody."""

import copy
import json
import logging
import pickle
import traceback

import pytest

from gitops.models.secret import SecretName, SecretValue, StoredSecret

VALUE = SecretValue(b"RECOGNISABLE")


@pytest.mark.parametrize(
    "shown",
    [
        repr(VALUE),
        str(VALUE),
        f"{VALUE}",
        f"{VALUE!r:>20}",
        format(VALUE, ">20"),
        f"{[VALUE]} {({'a': VALUE},)}",
        repr(StoredSecret(SecretName("a", "b"), {"k": VALUE}, state={"data": "RECOGNISABLE"})),
    ],
)
def test_no_way_to_text_shows_it(shown: str) -> None:
    assert "RECOGNISABLE" not in shown


def test_neither_logs_nor_tracebacks_show_it(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger().warning("a value %s in %r", VALUE, {"k": VALUE})
    told = "".join(traceback.format_exception(ValueError(VALUE, [VALUE])))
    assert "RECOGNISABLE" not in caplog.text + told


def test_it_is_not_written_anywhere() -> None:
    for write in (pickle.dumps, json.dumps, copy.deepcopy):
        with pytest.raises(TypeError):
            write(VALUE)


def test_equal_values_are_equal() -> None:
    assert SecretValue(b"RECOGNISABLE") == VALUE
    assert SecretValue(b"recognisable") != VALUE
    assert VALUE != b"RECOGNISABLE"
    with pytest.raises(TypeError):
        hash(VALUE)
