"""kubectl against one cluster, with nothing of the user's own configuration."""

from pathlib import Path

from gitops.adapters import command


class Kubectl:
    """``folder`` is for its caches, so that no two clusters share what they discovered."""

    def __init__(self, program: Path, kubeconfig: Path, folder: Path) -> None:
        self._program = program
        self._kubeconfig = kubeconfig
        self._folder = folder

    def run(self, *arguments: str | Path, limit: float = 120.0, accept: frozenset[int] = frozenset({0})) -> command.Output:
        """Raises ``command.CommandFailed`` for any other exit code than those in ``accept``."""
        options = [f"--kubeconfig={self._kubeconfig}", f"--cache-dir={self._folder / 'kubectl-cache'}"]
        environment = {"KUBECONFIG": str(self._kubeconfig), "HOME": str(self._folder)}
        return command.run([self._program, *options, *arguments], limit=limit, environment=environment, accept=accept)
