"""Brings Harbor's project, its policy and its robot accounts into the state that its arguments, TOML files, describe.

Reads what is there, writes only what differs, and says so: run again, it changes nothing. It takes away no project, robot or rule
that it does not know. Source of all addresses and fields: api/v2.0/swagger.yaml of Harbor 2.15.

Environment: HARBOR_URL, HARBOR_PASSWORD_FILE (of the user admin), HARBOR_ROBOTS_FOLDER (a file with the password of each robot).
"""

import base64
import json
import os
import sys
import tomllib
import urllib.error
import urllib.parse
import urllib.request
from datetime import UTC, date, datetime, time, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple

TIMEOUT = 30
"""Seconds; garbage collection holds locks, so an answer may take a while."""
NEVER = -1
"""A robot's duration in days, for one that does not expire."""


class Refused(Exception):
    """Harbor answered with an error; the text is Harbor's."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Robot(NamedTuple):
    """One [[robot]] of the files; ``may`` holds actions on repositories."""

    name: str
    description: str
    may: list[str]


class Harbor:
    """Harbor's API with the rights of one account."""

    def __init__(self, url: str, user: str, password: str) -> None:
        self.url = url.rstrip("/")
        self.authorization = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The answer's JSON, None where it has none. Raises ``Refused`` for an error, ``OSError`` where nobody answers."""
        request = urllib.request.Request(f"{self.url}{path}", method=method)
        request.add_header("Authorization", self.authorization)
        data = None if body is None else json.dumps(body).encode()
        if data is not None:
            request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, data, TIMEOUT) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            with error:
                text = error.read().decode(errors="replace").strip()
            raise Refused(error.code, f"{method} {path}: {error.code} {text}") from None
        return json.loads(text) if text.strip() else None

    def api(self, method: str, path: str, body: Any = None) -> Any:
        return self.call(method, f"/api/v2.0{path}", body)


def merged(one: dict[str, Any], other: dict[str, Any], where: str = "") -> dict[str, Any]:
    """Both files as one; a value that stands in both is an error, whichever would have won."""
    result = dict(one)
    for key, value in other.items():
        if key not in result:
            result[key] = value
        elif isinstance(value, dict) and isinstance(result[key], dict):
            result[key] = merged(result[key], value, f"{where}{key}.")
        else:
            raise SystemExit(f"{where}{key} stands in both files")
    return result


def text_of(value: Any) -> str:
    """A value of the project's metadata as Harbor keeps it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def allowlist(wanted: dict[str, Any]) -> dict[str, Any]:
    """The list of CVEs that are let through. Harbor knows one last day for all of them; it expires as that day ends, in UTC."""
    cves: list[str] = wanted.get("cves", [])
    last: date | None = wanted.get("last_day")
    if cves and last is None:
        raise SystemExit("allowlist.cves without allowlist.last_day: nothing is let through for ever")
    body: dict[str, Any] = {"items": [{"cve_id": cve} for cve in sorted(cves)]}
    if last is not None:
        body["expires_at"] = int(datetime.combine(last + timedelta(days=1), time(), UTC).timestamp())
    return body


def apply_project(harbor: Harbor, wanted: dict[str, Any], cves: dict[str, Any]) -> int:
    """Creates or corrects the project; returns its number."""
    name = wanted["name"]
    metadata = {key: text_of(value) for key, value in wanted["metadata"].items()}
    body = {"metadata": metadata, "cve_allowlist": allowlist(cves)}
    found = project(harbor, name)
    if found is None:
        harbor.api("POST", "/projects", {"project_name": name, **body})
        print(f"project {name}: created")
        found = project(harbor, name)
        if found is None:
            raise SystemExit(f"project {name} was created and is not there")
    kept = {key: value for key, value in found.get("metadata", {}).items() if key in metadata}
    if kept != metadata or listed(found.get("cve_allowlist")) != listed(body["cve_allowlist"]):
        harbor.api("PUT", f"/projects/{name}", body)
        print(f"project {name}: policy set")
    number: int = found["project_id"]
    return number


def project(harbor: Harbor, name: str) -> dict[str, Any] | None:
    # Harbor says 403, not 404, to those who may not know whether a project exists; admin may.
    try:
        found: dict[str, Any] = harbor.api("GET", f"/projects/{name}")
    except Refused as refused:
        if refused.status == HTTPStatus.NOT_FOUND:
            return None
        raise
    return found


def listed(one: dict[str, Any] | None) -> tuple[set[str], int | None]:
    """What of a list of CVEs is compared."""
    one = one or {}
    return {item["cve_id"] for item in one.get("items") or []}, one.get("expires_at") or None


def apply_immutable(harbor: Harbor, name: str, rules: list[dict[str, str]]) -> None:
    """Each rule is there and in force. Which is which, Harbor tells by the patterns: it admits no rule twice."""
    path = f"/projects/{name}/immutabletagrules"
    found = {patterns(rule): rule for rule in harbor.api("GET", f"{path}?page_size=100") or []}
    for wanted in rules:
        key = (wanted["repositories"], wanted["tags"])
        body = {
            "action": "immutable",
            "template": "immutable_template",
            "disabled": False,
            "scope_selectors": {"repository": [selector("repoMatches", key[0])]},
            "tag_selectors": [selector("matches", key[1])],
        }
        rule = found.get(key)
        if rule is None:
            harbor.api("POST", path, body)
            print(f"immutable tags {key[1]}: created")
        elif rule.get("disabled"):
            harbor.api("PUT", f"{path}/{rule['id']}", {**body, "id": rule["id"]})
            print(f"immutable tags {key[1]}: in force again")


def selector(decoration: str, pattern: str) -> dict[str, str]:
    return {"kind": "doublestar", "decoration": decoration, "pattern": pattern}


def patterns(rule: dict[str, Any]) -> tuple[str, str] | None:
    """The two patterns of a rule as this program writes them; None for any other rule."""
    scopes = rule.get("scope_selectors", {}).get("repository", [])
    tags = rule.get("tag_selectors", [])
    if [one["decoration"] for one in (*scopes, *tags)] != ["repoMatches", "matches"]:
        return None
    return scopes[0]["pattern"], tags[0]["pattern"]


def apply_schedule(harbor: Harbor, what: str, path: str, cron: str, parameters: dict[str, Any] | None = None) -> None:
    """PUT also creates: it takes away the schedule that is there, if any, and makes the new one."""
    found = harbor.api("GET", path) or {}
    kept = found.get("schedule") or {}
    if (kept.get("type"), kept.get("cron")) == ("Custom", cron):
        return
    body: dict[str, Any] = {"schedule": {"type": "Custom", "cron": cron}}
    if parameters is not None:
        body["parameters"] = parameters
    harbor.api("PUT", path, body)
    print(f"{what}: scheduled at {cron}")


def apply_robot(harbor: Harbor, name: str, number: int, robot: Robot, password: str) -> None:
    """The robot is there, may what it should and no more, and has the password of the Secret."""
    body = {
        "name": robot.name,
        "description": robot.description,
        "level": "project",
        "duration": NEVER,
        "disable": False,
        "permissions": [
            {
                "kind": "project",
                "namespace": name,
                "access": [{"resource": "repository", "action": action} for action in robot.may],
            }
        ],
    }
    found = find_robot(harbor, name, number, robot.name)
    if found is None:
        harbor.api("POST", "/robots", body)
        print(f"robot {robot.name}: created")
        found = find_robot(harbor, name, number, robot.name)
        if found is None:
            raise SystemExit(f"robot {robot.name} was created and is not there")
    elif state(found) != state(body):
        # Harbor compares the name with its own, prefix and project included.
        harbor.api("PUT", f"/robots/{found['id']}", {**body, "name": found["name"]})
        print(f"robot {robot.name}: corrected")
    if not signs_in(harbor, found["name"], password):
        harbor.api("PATCH", f"/robots/{found['id']}", {"secret": password})
        print(f"robot {robot.name}: password set")


def find_robot(harbor: Harbor, name: str, number: int, robot: str) -> dict[str, Any] | None:
    """The robot of the project whose full name, prefix and all, ends in the project's and its own."""
    query = urllib.parse.urlencode({"q": f"Level=project,ProjectID={number}", "page_size": 100})
    robots: list[dict[str, Any]] = harbor.api("GET", f"/robots?{query}") or []
    return next((one for one in robots if one["name"].endswith(f"${name}+{robot}")), None)


def state(robot: dict[str, Any]) -> tuple[Any, ...]:
    """What of a robot is compared."""
    access = {
        (permission["kind"], permission["namespace"], one["resource"], one["action"])
        for permission in robot.get("permissions") or []
        for one in permission.get("access") or []
    }
    return robot.get("description", ""), robot.get("duration"), robot.get("disable", False), access


def signs_in(harbor: Harbor, user: str, password: str) -> bool:
    """Whether a password holds, tried where clients of the registry sign in. Harbor tells nobody a password."""
    try:
        Harbor(harbor.url, user, password).call("GET", "/service/token?service=harbor-registry")
    except Refused as refused:
        if refused.status == HTTPStatus.UNAUTHORIZED:
            return False
        raise
    return True


def apply(harbor: Harbor, wanted: dict[str, Any], passwords: dict[str, str]) -> None:
    name = wanted["project"]["name"]
    number = apply_project(harbor, wanted["project"], wanted.get("allowlist", {}))
    apply_immutable(harbor, name, wanted.get("immutable", []))
    for robot in (Robot(**fields) for fields in wanted.get("robot", [])):
        apply_robot(harbor, name, number, robot, passwords[robot.name])
    schedules = wanted["schedules"]
    apply_schedule(harbor, "scan of all images", "/system/scanAll/schedule", schedules["scan"])
    apply_schedule(
        harbor, "collection of garbage", "/system/gc/schedule", schedules["garbage"], {"delete_untagged": True}
    )


def main(files: list[str]) -> int:
    wanted: dict[str, Any] = {}
    for file in files:
        wanted = merged(wanted, tomllib.loads(Path(file).read_text(encoding="utf-8")))
    password = Path(os.environ["HARBOR_PASSWORD_FILE"]).read_text(encoding="utf-8").strip()
    folder = Path(os.environ["HARBOR_ROBOTS_FOLDER"])
    passwords = {
        robot["name"]: (folder / robot["name"]).read_text(encoding="utf-8").strip() for robot in wanted.get("robot", [])
    }
    harbor = Harbor(os.environ["HARBOR_URL"], "admin", password)
    try:
        apply(harbor, wanted, passwords)
    except Refused as refused:
        print(f"error: {refused}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"error: {harbor.url} does not answer: {error}", file=sys.stderr)
        return 1
    print("Harbor is as described")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
