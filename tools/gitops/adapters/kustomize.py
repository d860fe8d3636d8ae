"""kustomize: renders one folder."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gitops.adapters import command
from gitops.models.values import sequence

TOP_FIELDS = ("buildMetadata", "sortOptions")

# A render lives for milliseconds and renders run side by side: several threads in each, and collecting garbage before
# there is much of it, cost a quarter of the time (`make bench` times whole runs).
_ENVIRONMENT = {"GOGC": "400", "GOMAXPROCS": "1"}


class Kustomize:
    """Renders folders of one repository with origin annotations, whatever their own ``buildMetadata`` says.

    The annotation is asked for in a kustomization of our own around the folder, so that no overlay must carry it.
    ``identity`` tells one build of the program from another; it goes into cache keys.
    """

    def __init__(self, program: Path, identity: str, root: Path, scratch: Path) -> None:
        self.identity = identity
        self._program = program
        self._root = Path(os.path.realpath(root))  # kustomize refuses a way that leads through a symbolic link
        self._scratch = Path(os.path.realpath(scratch))

    def render(self, folder: str, top: Mapping[str, Any]) -> str:
        """The YAML of ``folder``, a path relative to the root.

        ``top`` are the fields of its kustomization that kustomize heeds only in the one that it was asked to build
        (``TOP_FIELDS``; ``Kustomizer.Run`` of sigs.k8s.io/kustomize/api v0.21).
        Raises ``command.CommandFailed``; its message names files relative to the root.
        """
        target = os.path.relpath(self._root / folder, self._scratch / "wrapper")
        self._scratch.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=self._scratch, prefix="render-") as wrapper:
            metadata = [*sequence(top.get("buildMetadata")), "originAnnotations"]
            around = {**top, "resources": [target], "buildMetadata": metadata}
            (Path(wrapper) / "kustomization.yaml").write_text(json.dumps(around), encoding="utf-8")
            try:
                return command.run(
                    [self._program, "build", wrapper], limit=command.time_limit(), environment=_ENVIRONMENT
                ).stdout
            except command.CommandFailed as error:
                error.message = self._readable(error.message, wrapper, target)
                raise

    def origin_path(self, path: str) -> str:
        """A path of an origin annotation, which is relative to the kustomization that was built, made relative to the root."""
        return Path(os.path.relpath(os.path.normpath(self._scratch / "wrapper" / path), self._root)).as_posix()

    def _readable(self, message: str, wrapper: str, target: str) -> str:
        """The message without our wrapper and without absolute paths."""
        return (
            message.replace(f"{self._root}{os.sep}", "")
            .replace(target, os.path.relpath(target, os.path.relpath(self._root, self._scratch / "wrapper")))
            .replace(f"{wrapper}{os.sep}", "")
            .replace(wrapper, ".")
        )
