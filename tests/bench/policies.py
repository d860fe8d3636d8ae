"""Times the offline evaluator: 60 policies over 5,000 objects, in one process; ``make bench-policies``.

Prints seconds, pairs of policy and object per second, and the process' largest memory.
"""

import resource
import sys
import time
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parents[2] / "tools"))

from gitops.checks.admission.compiled import compile_policy
from gitops.checks.admission.evaluate import Subject, evaluate
from gitops.models.admission import Policy, PolicySpec
from gitops.models.admission_request import AdmissionRequest
from gitops.repository.kinds import Kinds
from gitops.repository.stored import stored

POLICIES, OBJECTS = 60, 5000
_WORKLOADS = {
    "resourceRules": [
        {"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["deployments", "statefulsets"]}
    ]
}
_ANY = {"resourceRules": [{"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": ["*"]}]}
_CONTAINERS = {
    "name": "containers",
    "expression": "object.spec.template.spec.containers + object.spec.template.spec.?initContainers.orValue([])",
}
_OF_CONTAINERS = (
    "c.?securityContext.?privileged.orValue(false) == false",
    "c.?securityContext.?capabilities.?drop.orValue([]).exists(d, d == 'ALL')",
    "has(c.resources.requests) && has(c.resources.requests.cpu) && has(c.resources.requests.memory)",
    "has(c.readinessProbe) && has(c.livenessProbe) && c.readinessProbe != c.livenessProbe",
    "c.image.contains(':') && !c.image.endsWith(':latest')",
    "c.image.matches('^[a-z0-9.-]+/')",
    "c.?env.orValue([]).all(e, !has(e.value) || !e.name.contains('PASSWORD'))",
    "c.?ports.orValue([]).all(p, !has(p.hostPort))",
    "quantity(c.resources.limits.memory).compareTo(quantity('16Gi')) <= 0",
    "c.?volumeMounts.orValue([]).all(m, !m.mountPath.startsWith('/proc'))",
)
_OF_OBJECTS = (
    "!has(object.metadata.labels) || object.metadata.labels.all(k, k.size() <= 317)",
    "object.metadata.?annotations.orValue({}).all(k, !k.startsWith('example.org/'))",
)


def policies() -> list[Policy]:
    """Three validations each; five in six are about workloads' containers."""
    made = []
    for number in range(POLICIES):
        if number % 6 == 5:
            spec: dict[str, Any] = {"matchConstraints": _ANY, "validations": [{"expression": text} for text in _OF_OBJECTS]}
        else:
            asked = [_OF_CONTAINERS[(number + step) % len(_OF_CONTAINERS)] for step in range(3)]
            checks = [{"expression": f"variables.containers.all(c, {text})", "message": "no"} for text in asked]
            spec = {"matchConstraints": _WORKLOADS, "variables": [_CONTAINERS], "validations": checks}
        made.append(Policy(name=f"policy-{number}", spec=PolicySpec.model_validate(spec)))
    return made


def _object(number: int) -> dict[str, Any]:
    metadata = {"name": f"thing-{number}", "namespace": "dare", "labels": {"app": f"thing-{number}"}}
    if number % 2:
        return {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": metadata,
            "data": {f"key-{key}": "x" * 80 for key in range(20)},
        }
    container = {
        "image": "registry.example.org/team/program:1.2.3",
        "env": [{"name": f"VARIABLE_{key}", "value": "some value"} for key in range(8)],
        "ports": [{"containerPort": 8080, "name": "http"}],
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
        "securityContext": {"capabilities": {"drop": ["ALL"]}, "allowPrivilegeEscalation": False},
        "readinessProbe": {"httpGet": {"path": "/ready", "port": "http"}},
        "livenessProbe": {"httpGet": {"path": "/live", "port": "http"}},
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
    }
    pod = {"containers": [{"name": "a", **container}, {"name": "b", **container}], "volumes": [{"name": "data"}]}
    template = {"metadata": {"labels": metadata["labels"]}, "spec": pod}
    spec = {"selector": {"matchLabels": metadata["labels"]}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def main() -> None:
    """Measures once."""
    started = time.perf_counter()
    compiled = [compile_policy(policy) for policy in policies()]
    ready = time.perf_counter()
    kinds, matched = Kinds(), 0
    for number in range(OBJECTS):
        body = stored(_object(number))
        subject = Subject(AdmissionRequest(kinds.find(body["apiVersion"], body["kind"]), body, namespace={"metadata": {}}))
        for policy in compiled:
            verdict = evaluate(policy, subject)
            matched += verdict.matched
            if verdict.messages or verdict.unknown:
                sys.exit(f"{policy.policy.name}: {verdict.text}")
    seconds = time.perf_counter() - ready
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    sys.stdout.write(
        f"{POLICIES} policies x {OBJECTS} objects: compiled in {ready - started:.2f} s, judged in {seconds:.1f} s "
        f"({POLICIES * OBJECTS / seconds:,.0f} pairs/s, {matched} matched), {memory} MiB\n"
    )


if __name__ == "__main__":
    main()
