"""What the annotation with a policy's pointers may say."""

import pytest

from gitops.models.pointers import Pointer, Start, read_pointers

PRIVILEGED = Pointer(Start.CONTAINER, ("securityContext", "privileged"))


def test_a_single_line_is_for_every_validation_and_for_what_is_none() -> None:
    read = read_pointers("container/securityContext/privileged container\n", 3)
    assert read.mistakes == ()
    assert {read.of(validation) for validation in (-1, 0, 2)} == {(PRIVILEGED, Pointer(Start.CONTAINER, ()))}


def test_of_several_lines_each_is_for_its_validation() -> None:
    read = read_pointers("pod/hostPID\n/metadata/labels/a~1b~0c", 2)
    assert read.of(0) == (Pointer(Start.POD, ("hostPID",)),)
    assert read.of(1) == (Pointer(Start.OBJECT, ("metadata", "labels", "a/b~c")),)
    assert read.of(-1) == ()


def test_without_the_annotation_there_are_no_pointers() -> None:
    assert (read_pointers("", 2).of(0), read_pointers("", 2).mistakes) == ((), ())


@pytest.mark.parametrize(
    ("text", "validations", "mistakes"),
    [
        ("spec/replicas", 1, ["'spec/replicas' starts with none of /, pod/ and container/"]),
        ("pods/hostPID", 1, ["'pods/hostPID' starts with none of /, pod/ and container/"]),
        (".spec.replicas", 1, ["'.spec.replicas' starts with none of /, pod/ and container/"]),
        ("/", 1, ["'/' has an empty step"]),
        ("pod//hostPID", 1, ["'pod//hostPID' has an empty step"]),
        ("pod/hostPID/", 1, ["'pod/hostPID/' has an empty step"]),
        ("pod/volumes/**/name", 1, ["'pod/volumes/**/name' has a * that is only a part of a step"]),
        ("pod/volumes[*]/name", 1, ["'pod/volumes[*]/name' has a * that is only a part of a step"]),
        ("/metadata/labels/a~b", 1, ["'/metadata/labels/a~b' has a ~ that is neither ~0 (for ~) nor ~1 (for /)"]),
        ("/a\n/b", 3, ["there are 2 lines and 3 validations: write a line for each, or one for all"]),
        ("/a\n/b", 1, ["there are 2 lines and 1 validations: write a line for each, or one for all"]),
        ("/a\n\n/b", 3, ["line 2 has no pointer"]),
        ("/a b\nc", 2, ["'b' starts with none of /, pod/ and container/", "'c' starts with none of /, pod/ and container/"]),
    ],
)
def test_a_mistake_is_told_and_leaves_no_pointers(text: str, validations: int, mistakes: list[str]) -> None:
    read = read_pointers(text, validations)
    assert (list(read.mistakes), read.of(0)) == (mistakes, ())
