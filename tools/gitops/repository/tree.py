"""The repository as it lies on disk: files, components, environments and clusters, found by their place alone."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from gitops.models.approval import Approvals
from gitops.models.cluster import Cluster
from gitops.models.component import Component
from gitops.models.environment import ClusterFolder, Environment
from gitops.models.errors import UserError
from gitops.models.image_policy import ImagePolicies
from gitops.models.levels import Levels
from gitops.models.paths import JsonPath
from gitops.models.resource import Overlay
from gitops.models.waiver import Waivers
from gitops.models.waiver_rules import WaiverRules
from gitops.repository import approvals as approval_files
from gitops.repository import documents, positions
from gitops.repository.documents import Node
from gitops.repository.facts import FactReader, FileFacts
from gitops.repository.graph import BrokenEdge, Graph, kustomization_in

FOLDERS = ("base", "overlays", "clusters", "policies")
SHARED = "environment"
IMAGES = "policies/images.yaml"
LEVELS = "policies/levels.yaml"
WAIVER_RULES = "policies/waiver-rules.yaml"
WAIVERS = "policies/waivers.yaml"


@dataclass(frozen=True, slots=True)
class Link:
    """A symbolic link and what it says; ``target`` is relative to the root, or None where it leads out of it or nowhere."""

    path: str
    text: str
    target: str | None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that the operating system does not let us read."""

    path: str
    reason: str


class Tree:
    """One reading of the repository; nothing in it changes afterwards."""

    def __init__(self, root: Path, reader: FactReader) -> None:
        """Reads every file under ``base``, ``overlays``, ``clusters`` and ``policies``.

        Raises ``UserError`` where ``root`` has no overlays: then it is no repository of ours.
        """
        self.root = Path(os.path.realpath(root))
        if not (self.root / "overlays").is_dir():
            raise UserError(f"{root} is no GitOps repository: it has no folder 'overlays'")
        self.files: dict[str, FileFacts] = {}
        self.links: dict[str, Link] = {}
        self.unreadable: list[Unreadable] = []
        self._folders: set[str] = set()
        self._followed: set[str] = set()
        self._approvals: dict[str, Approvals] = {}
        for folder in FOLDERS:
            self._walk(folder, reader)
        reader.save()

    def _walk(self, folder: str, reader: FactReader) -> None:
        try:
            entries = sorted(os.scandir(f"{self.root}/{folder}"), key=lambda entry: entry.name)
        except FileNotFoundError:
            return
        except OSError as error:
            self.unreadable.append(Unreadable(folder, error.strerror or str(error)))
            return
        self._folders.add(folder)
        for entry in entries:
            path = f"{folder}/{entry.name}"
            if entry.is_symlink():
                self.links[path] = Link(path, str((self.root / path).readlink()), self._link_target(path))
            elif entry.is_dir():
                self._walk(path, reader)
            elif entry.is_file():
                self._read(path, reader)

    def _read(self, path: str, reader: FactReader) -> None:
        try:
            with open(f"{self.root}/{path}", "rb") as file:  # noqa: PTH123 - thousands of files: pathlib would cost half of it
                data = file.read()
        except OSError as error:
            self.unreadable.append(Unreadable(path, error.strerror or str(error)))
            return
        self.files[path] = reader.read(path, data)

    def _link_target(self, path: str) -> str | None:
        real = Path(os.path.realpath(self.root / path))
        if not real.exists() or not real.is_relative_to(self.root):
            return None
        return real.relative_to(self.root).as_posix()

    def text(self, path: str) -> str:
        """The text of a file of the tree, bytes that are no UTF-8 replaced."""
        return (self.root / path).read_text(encoding="utf-8-sig", errors="replace")

    def line(self, path: str, value: JsonPath) -> int:
        """The line of a value in a file of the tree; 1 where the file can't be read."""
        roots = self.nodes(path)
        return positions.find(roots[0], value, roots[0].value).line if roots else 1

    def nodes(self, path: str) -> list[Node]:
        """The documents of a file of the tree with the line of each value; none where the file can't be read."""
        return documents.positions(self.text(path)) if path in self.files else []

    @cached_property
    def graph(self) -> Graph:
        """The kustomize graph of the whole tree, dead kustomizations included."""
        kustomizations = {
            path: facts.references
            for path, facts in self.files.items()
            if kustomization_in(path.rpartition("/")[0], self.files) == path
        }
        return Graph(kustomizations, self._resolve)

    @property
    def followed_links(self) -> frozenset[str]:
        """The symbolic links that a kustomization's reference leads through."""
        return frozenset(self._followed) if self.graph else frozenset()  # building the graph is what follows them

    def _resolve(self, path: str) -> str | None:
        """The file that a reference to ``path`` reads."""
        real = self._through_links(path)
        if real is None or real in self.files:
            return real
        return kustomization_in(real, self.files)

    def _through_links(self, path: str) -> str | None:
        """The path with symbolic links inside the tree followed; None for one that leads out."""
        parts = path.split("/") if self.links else []
        for end in range(1, len(parts) + 1):
            link = self.links.get("/".join(parts[:end]))
            if link:
                self._followed.add(link.path)
                # The target is a real path, so only what comes after it can lead through a link again.
                return None if link.target is None else self._through_links("/".join([link.target, *parts[end:]]))
        return path

    @cached_property
    def component_folders(self) -> tuple[str, ...]:
        """Names of the folders of ``base/``, but for the part that the environments share."""
        return tuple(name for name in self._names("base") if name != SHARED)

    @cached_property
    def components(self) -> dict[str, Component]:
        """The components whose ``component.yaml`` is in order, by name."""
        found = {}
        for name in self.component_folders:
            facts = self.files.get(f"base/{name}/component.yaml")
            if facts and facts.data is not None:
                found[name] = Component.model_validate(facts.data)
        return found

    @cached_property
    def clusters(self) -> dict[str, ClusterFolder]:
        """The clusters whose ``cluster.yaml`` is in order, by name."""
        found = {}
        for name in self._names("clusters"):
            facts = self.files.get(f"clusters/{name}/cluster.yaml")
            if facts and facts.data is not None:
                found[name] = ClusterFolder(name, f"clusters/{name}", Cluster.model_validate(facts.data))
        return found

    @cached_property
    def environments(self) -> dict[str, Environment]:
        """Every folder of ``overlays/``, by name."""
        found = {}
        for name in self._names("overlays"):
            clusters = tuple(cluster for cluster in self.clusters.values() if cluster.facts.environment == name)
            overlays = [
                Overlay(name, part, f"overlays/{name}/{part}") for part in self._names(f"overlays/{name}") if part != SHARED
            ]
            overlays += [
                Overlay(name, cluster.path, cluster.path) for cluster in clusters if kustomization_in(cluster.path, self.files)
            ]
            found[name] = Environment(name, tuple(overlays), clusters)
        return found

    @property
    def overlays(self) -> Iterator[Overlay]:
        for environment in self.environments.values():
            yield from environment.overlays

    @property
    def folders(self) -> frozenset[str]:
        """Every folder."""
        return frozenset(self._folders)

    def kustomization(self, overlay: Overlay) -> str | None:
        """The kustomization file of an overlay, or None where it has none."""
        return kustomization_in(overlay.path, self.files)

    @cached_property
    def waivers(self) -> Waivers:
        """The waivers; none where the file is missing or defective (that is a finding of its own)."""
        facts = self.files.get(WAIVERS)
        return Waivers.model_validate(facts.data) if facts and facts.data is not None else Waivers()

    @cached_property
    def levels(self) -> Levels:
        """How much rules weigh; as much as by themselves where the file is missing or defective (a finding of its own)."""
        facts = self.files.get(LEVELS)
        return Levels.model_validate(facts.data) if facts and facts.data is not None else Levels()

    @cached_property
    def waiver_rules(self) -> WaiverRules:
        """What waivers must keep to; what always holds where the file is missing or defective (a finding of its own)."""
        facts = self.files.get(WAIVER_RULES)
        return WaiverRules.model_validate(facts.data) if facts and facts.data is not None else WaiverRules()

    @cached_property
    def image_policies(self) -> ImagePolicies:
        """What each environment asks of its images; of none where the file is missing or defective (a finding of its own)."""
        facts = self.files.get(IMAGES)
        return ImagePolicies.model_validate(facts.data) if facts and facts.data is not None else ImagePolicies(environments={})

    def approvals(self, environment: str) -> Approvals:
        """What was decided about the images of an environment; nothing where the file is missing or defective (a finding of its
        own): then nothing is approved."""
        if environment not in self._approvals:
            path = approval_files.path_of(environment)
            facts = self.files.get(path)
            found = approval_files.read((self.root / path).read_bytes()) if facts and facts.data is not None else None
            self._approvals[environment] = found or Approvals()
        return self._approvals[environment]

    def approval_lines(self, environment: str) -> dict[approval_files.Identity, int]:
        """The line of each approval in the environment's file."""
        return approval_files.lines_of((self.root / approval_files.path_of(environment)).read_bytes())

    def lost_base(self, edge: BrokenEdge) -> bool:
        """Whether a reference is an overlay's to its own base, and the whole base is gone."""
        match edge.source.split("/"):
            case ["overlays", _, component, _]:
                return component not in self.component_folders and f"{edge.target}/".startswith(f"base/{component}/")
            case _:
                return False

    def affected(self, paths: frozenset[str]) -> frozenset[Overlay]:
        """The overlays whose render, or whose verdict, may differ when these files change, appear or go."""
        touched = self.graph.affected(paths | self._behind_links(paths))
        return frozenset(
            overlay for overlay in self.overlays if self.kustomization(overlay) in touched or self._described(overlay, paths)
        )

    def _behind_links(self, paths: frozenset[str]) -> frozenset[str]:
        """The files that changed links lead to, one by one where they lead to a folder."""
        targets = {link.target for path in paths if (link := self.links.get(path)) and link.target}
        return frozenset(file for file in self.files for target in targets if file == target or file.startswith(f"{target}/"))

    def _described(self, overlay: Overlay, paths: frozenset[str]) -> bool:
        """Whether a path changes what is said about the overlay, or adds to or takes from its own folder."""
        clusters = self.environments[overlay.environment].clusters
        facts = {f"base/{overlay.component}/component.yaml", *(f"{cluster.path}/cluster.yaml" for cluster in clusters)}
        return bool(paths & facts) or any(path.startswith(f"{overlay.path}/") for path in paths)

    def _names(self, folder: str) -> tuple[str, ...]:
        prefix = f"{folder}/"
        names = {path[len(prefix) :] for path in self._folders if path.startswith(prefix)}
        return tuple(sorted(name for name in names if "/" not in name))
