"""What kubectl prints, told apart by object."""

from gitops.adapters.command import Output
from gitops.models.resource import Origin, Resource
from tests.e2e.dry_run.trial import Ground, Remark, heard
from tests.unit.repository.trees import WEB

ONE, TWO = (Resource(WEB, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}, Origin()) for name in "ab")
DONE = "configmap/a created (server dry run)\nconfigmap/b created (server dry run)\n"


DONE_A = "configmap/a created (server dry run)\n"


def said(stderr: str, stdout: str = DONE) -> list[Remark]:
    return list(heard(Output(1 if stderr else 0, stdout, stderr), [ONE, TWO]))


def test_a_line_for_each_object_says_nothing() -> None:
    assert said("") == []


def test_an_error_is_about_the_object_whose_file_it_names() -> None:
    text = 'Error from server (Invalid): error when creating "/x/objects/0001.json": ConfigMap "b" is invalid: \n* data: no'
    (remark,) = said(text, DONE_A)
    assert remark.resource is TWO
    assert remark.ground is Ground.KUBECTL
    assert remark.message.endswith("* data: no")


def test_a_warning_and_a_line_that_nobody_knows_are_about_no_object() -> None:
    assert said("Warning: old\n") == [Remark(Ground.KUBECTL, "old")]
    assert said("panic: help\nmore\n") == [Remark(Ground.KUBECTL, "panic: help\nmore")]


def test_objects_that_kubectl_says_nothing_of_are_told() -> None:
    assert said("", DONE_A) == [Remark(Ground.KUBECTL, "kubectl answered for 1 of 2 objects")]
