"""A kubectl for tests: one context, Secrets and namespaces in a JSON file, refusals in the words of the real one.

It writes what it was called with, so that tests can look for values there. ``faults`` in the state say what goes wrong:
the text that a call with this verb says on standard error, in which ``{stdin}`` is all that it was given.
"""

# ruff: noqa: T201 - a program prints

import fcntl
import json
import os
import sys
from pathlib import Path
from typing import Any

HERE = Path(os.environ["FAKE_KUBECTL"])


def main(arguments: list[str]) -> int:
    words = [word for word in arguments if not word.startswith("--")]
    options = dict(word.removeprefix("--").split("=", 1) for word in arguments if word.startswith("--") and "=" in word)
    text = sys.stdin.read() if "filename" in options else ""
    with (HERE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with (HERE / "calls").open("a") as calls:
            own = {name: Path(f"/proc/self/{name}").read_bytes().decode(errors="replace") for name in ("cmdline", "environ")}
            calls.write(json.dumps({"arguments": arguments, **own}) + "\n")
        state = json.loads((HERE / "state").read_text())
        fault = state["faults"].get(words[0])
        if fault:
            print(fault.replace("{stdin}", text), file=sys.stderr)
            return 1
        code = act(state, words, options, text)
        (HERE / "state").write_text(json.dumps(state))
        return code


def act(state: dict[str, Any], words: list[str], options: dict[str, str], text: str) -> int:
    secrets = state["secrets"]
    if words[:2] == ["config", "get-contexts"]:
        print("testbed\nproduction")
    elif words[:2] == ["config", "view"]:
        print("https://cluster.example.org:6443", end="")
    elif words[:2] == ["get", "namespaces"]:
        print("\n".join(f"namespace/{name}" for name in words[2:] if name in state["namespaces"]))
    elif words[:2] == ["get", "secrets"] and "selector" in options:
        print("\n".join(name for name, body in secrets.items() if "dare-secrets" in json.dumps(body["metadata"])))
    elif words[:2] == ["get", "secrets"]:
        found = [body for name in words[2:] if (body := secrets.get(f"{options['namespace']}/{name}"))]
        if len(words) == 3:
            print("".join(json.dumps(body) for body in found))
        else:
            print(json.dumps({"kind": "List", "items": found}))
    else:
        return store(state, words[0], json.loads(text))
    return 0


def store(state: dict[str, Any], verb: str, body: dict[str, Any]) -> int:
    name = f"{body['metadata']['namespace']}/{body['metadata']['name']}"
    old = state["secrets"].get(name)
    if verb == "create" and old:
        print(f'Error from server (AlreadyExists): secrets "{name}" already exists', file=sys.stderr)
        return 1
    if verb == "replace" and (not old or old["metadata"]["resourceVersion"] != body["metadata"]["resourceVersion"]):
        print("Error from server (Conflict): the object has been modified", file=sys.stderr)
        return 1
    state["version"] += 1
    created = old["metadata"]["creationTimestamp"] if old else "2026-01-02T03:04:05Z"
    body["metadata"] |= {"resourceVersion": str(state["version"]), "creationTimestamp": created}
    state["secrets"][name] = body
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
