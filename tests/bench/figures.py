"""What the measures mean: ratios, growth, and how they stand to the figures that lint and diff are to reach on two cores."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from measure import Measures

LOOP = "loop_with_kube_score"
_AT_A_THOUSAND = (("cold", 60.0), ("edited", 3.0), ("changed_since", 3.0))
_ON_THE_PLATFORM = (("warm", 1.0), ("edited", 1.0), ("changed_since", 1.0), ("diff", 3.0), ("diff_again", 1.5))
_MEMORY = 1536.0
_START_UP = 0.3
_NOISE = 1.1  # a tenth for what the machine does besides
_WORDS = {
    "cold": "nothing cached",
    "warm": "the same again",
    "edited": "one file of a base edited",
    "changed_since": "one overlay edited, --changed-since HEAD",
    "diff": "diff: one overlay changed, nothing cached",
    "diff_again": "diff: one overlay changed, the same again",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A number and the most that it may be; ``aim`` where it is a wish and missing it is no failure."""

    what: str
    measured: float
    target: float
    unit: str
    aim: bool = False

    @property
    def met(self) -> bool:
        return self.measured <= self.target


def ratios(measures: Measures) -> dict[str, float]:
    """Lint's seconds with nothing cached, as a part of each loop's that ran."""
    return {name: measures.seconds["cold"] / seconds for name, seconds in measures.seconds.items() if name.startswith("loop")}


def growth(trees: Sequence[Measures]) -> dict[str, dict[int, float]]:
    """Per measure and number of components of the made trees: seconds per overlay, the smallest tree's being 1."""
    made = {tree.made: tree for tree in trees if tree.made is not None}
    return {
        measure: {size: _per_overlay(made[size], measure) / _per_overlay(made[min(made)], measure) for size in sorted(made)}
        for measure in _WORDS
        if made and all(measure in tree.seconds for tree in made.values())
    }


def figures(trees: Sequence[Measures], start_up: dict[str, float]) -> Iterator[Figure]:
    """Every figure that these measures can tell."""
    for tree in trees:
        yield from _beside_the_loop(tree)
        if tree.made is None:
            yield from _within(tree, _ON_THE_PLATFORM)
        elif tree.made == 1000:
            yield from _within(tree, _AT_A_THOUSAND)
            yield Figure(f"{tree.name}: peak memory", tree.memory, _MEMORY, "MiB")
    grown = growth(trees)
    for measure in ("cold", "edited"):
        sizes = sorted(grown.get(measure, {}))
        if len(sizes) > 1:
            what = f"{sizes[-1]} components: {_WORDS[measure]}, seconds per overlay to those at {sizes[0]}"
            yield Figure(what, grown[measure][sizes[-1]], _NOISE, "×")
    for command, seconds in start_up.items():
        yield Figure(f"tools/{command} --help", seconds, _START_UP, "s")


def _beside_the_loop(tree: Measures) -> Iterator[Figure]:
    ratio = ratios(tree).get(LOOP)
    if ratio is not None:
        what = f"{tree.name}: {_WORDS['cold']}, of the loop with kube-score"
        yield Figure(what, ratio, 1.0, "×")
        yield Figure(what, ratio, 0.5, "×", aim=True)


def _within(tree: Measures, limits: Sequence[tuple[str, float]]) -> Iterator[Figure]:
    for measure, seconds in limits:
        yield Figure(f"{tree.name}: {_WORDS[measure]}", tree.seconds[measure], seconds, "s")


def _per_overlay(tree: Measures, measure: str) -> float:
    return tree.seconds[measure] / tree.overlays
