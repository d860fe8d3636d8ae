"""The configuration of the monitoring, held against the programs that read it."""

import subprocess
from pathlib import Path

from gitops.adapters import toolchain

ROOT = Path(__file__).resolve().parents[2]

PROMETHEUS = ROOT / "base" / "prometheus" / "files"
TESTS = sorted(Path(__file__).parent.glob("rules_*test.yaml"))


def run(program: str, *arguments: object, cwd: Path = ROOT) -> str:
    call = [str(toolchain.find(ROOT, program).path), *map(str, arguments)]
    done = subprocess.run(call, cwd=cwd, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_prometheus_takes_its_configuration() -> None:
    # Syntax alone: the files of a pod's ServiceAccount are not here.
    run("promtool", "check", "config", "--syntax-only", PROMETHEUS / "prometheus.yaml")


def test_prometheus_takes_its_rules() -> None:
    rules = sorted(PROMETHEUS.glob("rules-*.yaml"))
    assert rules
    assert "SUCCESS" in run("promtool", "check", "rules", *rules)


def test_alerts_fire_when_they_should() -> None:
    assert len(TESTS) >= 2
    assert "SUCCESS" in run("promtool", "test", "rules", *TESTS)


def test_every_file_of_rules_is_deployed_and_tested() -> None:
    names = {path.name for path in PROMETHEUS.glob("rules-*.yaml")}
    deployed = (ROOT / "base" / "prometheus" / "kustomization.yaml").read_text(encoding="utf-8")
    tested = "".join(test.read_text(encoding="utf-8") for test in TESTS)
    assert all(name in deployed and name in tested for name in names)


def test_alertmanager_takes_its_configuration() -> None:
    assert "SUCCESS" in run("amtool", "check-config", ROOT / "base" / "alertmanager" / "files" / "alertmanager.yaml")


def test_events_of_argo_cd_reach_the_receiver_that_tells_no_end() -> None:
    config = f"--config.file={ROOT / 'base' / 'alertmanager' / 'files' / 'alertmanager.yaml'}"
    routed = run("amtool", "config", "routes", "test", config, "alertname=SyncFailed", "severity=warning", "lasts=false")
    assert routed.strip() == "events"
