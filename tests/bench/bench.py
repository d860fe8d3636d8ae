#!/usr/bin/env python3
"""Times lint beside a shell loop of kustomize, kubeconform and kube-score, on the platform and on made repositories; and diff.

One run on one otherwise quiet machine, one measure after the other. ``make bench`` sets up what it needs.
"""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
from figures import Figure, figures, growth, ratios
from generate import commit, copy_platform, generate
from measure import ROOT, Bench, BenchmarkFailed, Measures, Tree

from gitops.services.workspace import default_jobs

_BUSY = 0.5
_COLUMNS = ("cold", "warm", "edited", "changed_since", "diff", "diff_again", "loop", "loop_with_kube_score")


def _sizes(_context: click.Context, _parameter: click.Parameter, value: str) -> list[int]:
    try:
        sizes = sorted({int(size) for size in value.split(",") if size})
    except ValueError:
        raise click.BadParameter("give numbers of components, with commas between them") from None
    if any(size < 1 for size in sizes):
        raise click.BadParameter("a repository has at least one component")
    return sizes


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("--sizes", default="100,1000", show_default=True, callback=_sizes, help="Components of the made repositories.")
@click.option("--skip-loop-above", type=click.IntRange(0), metavar="N", help="No shell loops for more than N components.")
@click.option(
    "--repeat", type=click.IntRange(1), metavar="R", help="Runs, of which the best counts (3; 1 where it takes minutes)"
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=ROOT / "build" / "bench.json",
    help="The figures as JSON.  [default: build/bench.json]",
)
@click.option("--strict", is_flag=True, help="Exit code 1 when a figure is missed.")
def main(sizes: list[int], skip_loop_above: int | None, repeat: int | None, output: Path, strict: bool) -> None:
    """Measures lint and diff, and prints how they stand to the figures that they are to reach."""
    load = os.getloadavg()[0]
    if load > _BUSY:
        _say(f"warning: the machine is busy (load {load:.1f}); the times say little")
    try:
        start_up, trees = _measure_all(sizes, skip_loop_above, repeat)
    except (BenchmarkFailed, subprocess.SubprocessError) as error:
        raise click.ClickException(str(error)) from error
    reached = list(figures(trees, start_up))
    output.parent.mkdir(parents=True, exist_ok=True)
    report = json.dumps(_report(load, start_up, trees, reached), indent=2, ensure_ascii=False)
    output.write_text(f"{report}\n", encoding="utf-8")
    click.echo("\n".join([*_tree_table(trees), "", *_figure_table(reached)]))
    if strict and not all(figure.met or figure.aim for figure in reached):
        raise SystemExit(1)


def _measure_all(sizes: list[int], skip_loop_above: int | None, repeat: int | None) -> tuple[dict[str, float], list[Measures]]:
    with TemporaryDirectory(prefix="bench-") as name:
        scratch = Path(name).resolve()
        bench = Bench(scratch, repeat, _say)
        bench.warm_up(_made_tree(scratch, 2))
        start_up = {command.name: bench.start_up(command) for command in sorted((ROOT / "tools").glob("*.py"))}
        trees = [bench.measure(_platform(scratch), loops=True)]
        for size in sizes:
            loops = skip_loop_above is None or size <= skip_loop_above
            trees.append(bench.measure(_made_tree(scratch, size), loops=loops))
    return start_up, trees


def _platform(scratch: Path) -> Tree:
    """A copy of the platform. What lint finds there is for `make check` to say; here it only has to find it every time."""
    folder = scratch / "platform"
    copy_platform(ROOT, folder)
    commit(folder)
    return Tree("platform", folder, None, frozenset({0, 1}))


def _made_tree(scratch: Path, components: int) -> Tree:
    folder = scratch / f"made-{components}"
    if not folder.exists():
        _say(f"writing a repository of {components} components")
        generate(folder, components)
        commit(folder)
    return Tree(f"{components} components", folder, components, frozenset({0}))


def _report(load: float, start_up: dict[str, float], trees: Sequence[Measures], reached: Sequence[Figure]) -> dict[str, Any]:
    return {
        "machine": {"cores": default_jobs(), "python": platform.python_version(), "load": load},
        "trees": [{**asdict(tree), "ratios": ratios(tree)} for tree in trees],
        "growth": growth(trees),
        "start_up": start_up,
        "figures": [{**asdict(figure), "met": figure.met} for figure in reached],
    }


def _tree_table(trees: Sequence[Measures]) -> list[str]:
    head = ["", "overlays", "objects", *(f"{name.replace('_', ' ')} s" for name in _COLUMNS), "memory MiB"]
    rows = [
        [
            tree.name,
            str(tree.overlays),
            str(tree.objects),
            *(f"{tree.seconds[name]:.2f}" if name in tree.seconds else "–" for name in _COLUMNS),
            f"{tree.memory:.0f}",
        ]
        for tree in trees
    ]
    return _aligned([head, *rows])


def _figure_table(reached: Sequence[Figure]) -> list[str]:
    head = ["figure", "measured", "at most", ""]
    rows = [
        [
            figure.what,
            f"{figure.measured:.2f} {figure.unit}",
            f"{figure.target:g} {figure.unit}",
            ("met" if figure.met else "missed") + (" (aim)" if figure.aim else ""),
        ]
        for figure in reached
    ]
    return _aligned([head, *rows])


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines with the first column to the left and the others to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for first, *others in rows:
        cells = [first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))]
        lines.append("  ".join(cells))
    return lines


def _say(text: str) -> None:
    click.echo(text, err=True)


if __name__ == "__main__":
    sys.exit(main())
