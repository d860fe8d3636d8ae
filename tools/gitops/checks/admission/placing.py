"""Which field of an object a finding of an admission policy points at, by the policy's pointers and the refusal's message.

A message tells what is wrong at its end, behind its last colon where it has one: ``containers may not be privileged: web, db``.
Where a pointer may go several ways, what the message tells decides: the name of an element, the key of an entry, the text that
stands there, or its place as the API server writes it (``rules[2].verbs``). Whole words count, so ``web`` is not ``web-api``.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from gitops.models.paths import JsonPath, value_at
from gitops.models.pointers import EACH, Pointer, Start
from gitops.models.resource import Resource
from gitops.repository.workloads import workload_of

_CONTAINERS = ("containers", "initContainers", "ephemeralContainers")
_PUNCTUATION = ".,:;()\"'`"

_Words = dict[str, int]  # each word of a message with its place in it


class _Route(NamedTuple):
    """A way that a pointer can go: as far as there is something (``whole``: to its end), and the words that tell of it."""

    path: JsonPath
    whole: bool
    told: tuple[int, ...] = ()
    end_told: bool = False

    @property
    def preference(self) -> tuple[Any, ...]:
        """The more is told of it the better, of its end before all; then what is told first."""
        return (-len(self.told), not self.end_told, self.told)


def place(resource: Resource, prefix: JsonPath, pointers: Sequence[Pointer], message: str) -> JsonPath:
    """The path of the field to edit; ``prefix`` is where the object stands that was asked about: a template for its pod.

    The first pointer counts that leads to something, going no way but one that the message tells; then the first that leads
    to something at all. Where none does, the field is missing: what is around the place that the last pointer means.
    """
    words = _words(message)
    best = [(pointer, route) for pointer in pointers if (route := _best(resource, prefix, pointer, words))]
    leading = [(pointer, route) for pointer, route in best if route.whole]
    sure = [(pointer, route) for pointer, route in leading if route.told or not _chooses(pointer)]
    return next((route.path for _, route in (*sure, *leading, *reversed(best))), prefix)


def _best(resource: Resource, prefix: JsonPath, pointer: Pointer, words: _Words) -> _Route | None:
    """The way of which most is told; of equal ones the first to the pointer's end. None in an object without its start."""
    routes = list(_routes(resource, prefix, pointer, words))
    if not routes:
        return None
    preferred = min(route.preference for route in routes)
    equal = [route for route in routes if route.preference == preferred]
    return next((route for route in equal if route.whole), equal[0])


def _routes(resource: Resource, prefix: JsonPath, pointer: Pointer, words: _Words) -> Iterator[_Route]:
    start = prefix
    if pointer.start is not Start.OBJECT:
        workload = workload_of(resource)
        if workload is None:
            return
        start = workload.spec_path
    try:
        value = value_at(resource.body, start)
    except LookupError:
        return
    walk = _Walk(words, prefix)
    if pointer.start is Start.CONTAINER:
        for name in _CONTAINERS:
            yield from walk.routes(start, value, (name, EACH, *pointer.steps))
    else:
        yield from walk.routes(start, value, pointer.steps)


class _Walk(NamedTuple):
    words: _Words
    prefix: JsonPath

    def routes(self, path: JsonPath, value: Any, steps: tuple[str, ...], told: tuple[int, ...] = ()) -> Iterator[_Route]:
        """Every way that the steps can go from a value, in the order of the object."""
        if not steps:
            yield _Route(path, True, told)
            return
        step, rest = steps[0], steps[1:]
        children = _children(value) if step == EACH else _child(value, step)
        if not children:
            yield _Route(path, False, told)
        for key, child in children:
            here = (*path, key)
            # What is told of a step that has no choice tells nothing, but at the end: there it is the value.
            found = self._told(here, key if step == EACH else None, child) if step == EACH or not rest else ()
            for route in self.routes(here, child, rest, (*told, *found)):
                yield route if rest else route._replace(end_told=bool(found))

    def _told(self, path: JsonPath, key: str | int | None, value: Any) -> tuple[int, ...]:
        texts = [_dotted(path[len(self.prefix) :]), *_texts(value)]
        if isinstance(key, str):
            texts.append(key)
        places = [self.words[text] for text in texts if text in self.words]
        return (min(places),) if places else ()


def _chooses(pointer: Pointer) -> bool:
    return pointer.start is Start.CONTAINER or EACH in pointer.steps


def _children(value: Any) -> list[tuple[str | int, Any]]:
    if isinstance(value, dict):
        return list(value.items())
    return list(enumerate(value)) if isinstance(value, list) else []


def _child(value: Any, step: str) -> list[tuple[str | int, Any]]:
    """What a step without a choice leads to, alone; nothing where it leads nowhere."""
    return [(key, child) for key, child in _children(value) if str(key) == step]


def _texts(value: Any) -> list[str]:
    """What identifies a value: itself where it is a text or number, the name of a map, else any text in it."""
    if isinstance(value, dict):
        name = value.get("name")
        return [name] if isinstance(name, str) else [each for each in value.values() if isinstance(each, str)]
    return [str(value)] if isinstance(value, str | int) and not isinstance(value, bool) else []


def _dotted(path: JsonPath) -> str:
    """A path as the API server writes it: ``spec.rules[0].host``."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")


def _words(message: str) -> _Words:
    words: _Words = {}
    for place_in_message, word in enumerate(message.rpartition(": ")[2].split()):
        for text in (word, word.strip(_PUNCTUATION)):
            words.setdefault(text, place_in_message)
    return words
