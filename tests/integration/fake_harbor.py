"""A small Harbor on loopback: the part of its API that base/harbor/policy/files/apply.py speaks.

Addresses, fields and status codes are those of Harbor's api/v2.0/swagger.yaml, conditions those of its handlers
(src/server/v2.0/handler: project.go, immutable.go, robot.go, scan_all.go, gc.go).
"""

import base64
import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

PREFIX = "robot$"


class Failure(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass
class FakeHarbor:
    """State that tests read and change; ``writes`` holds method and path of every request that was to change something."""

    admin_password: str
    projects: dict[str, dict[str, Any]] = field(default_factory=dict)
    rules: dict[int, dict[str, Any]] = field(default_factory=dict)
    robots: dict[int, dict[str, Any]] = field(default_factory=dict)
    secrets: dict[int, str] = field(default_factory=dict)
    schedules: dict[str, dict[str, Any]] = field(default_factory=dict)
    writes: list[str] = field(default_factory=list)
    url: str = ""

    def __enter__(self) -> Self:
        harbor = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *arguments: object) -> None: ...

            def answer(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                body = json.loads(self.rfile.read(length)) if length else None
                try:
                    status, result = harbor.handle(self.command, self.path, body, self.headers.get("Authorization", ""))
                except Failure as failure:
                    status, result = failure.status, {"errors": [{"code": str(failure.status), "message": str(failure)}]}
                data = b"" if result is None else json.dumps(result).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PUT = do_PATCH = answer  # noqa: N815 - the names that the library looks for

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def handle(self, method: str, address: str, body: Any, authorization: str) -> tuple[int, Any]:
        path, query = urlsplit(address).path, parse_qs(urlsplit(address).query)
        user, _, password = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        if path == "/service/token":
            return 200, self.token(user, password)
        if (user, password) != ("admin", self.admin_password):
            raise Failure(401, "unauthorized")
        if method != "GET":
            self.writes.append(f"{method} {path}")
        for pattern, handler in self.routes().items():
            wanted, _, rest = pattern.partition(" ")
            match = re.fullmatch(f"/api/v2.0{rest}", path)
            if match and wanted == method:
                return handler(*match.groups(), body=body, query=query)
        raise Failure(404, f"{method} {path} is no address of Harbor's")

    def routes(self) -> dict[str, Callable[..., tuple[int, Any]]]:
        return {
            "GET /projects/([^/]+)": self.get_project,
            "POST /projects": self.create_project,
            "PUT /projects/([^/]+)": self.update_project,
            "GET /projects/([^/]+)/immutabletagrules": self.list_rules,
            "POST /projects/([^/]+)/immutabletagrules": self.create_rule,
            "PUT /projects/([^/]+)/immutabletagrules/([0-9]+)": self.update_rule,
            "GET /robots": self.list_robots,
            "POST /robots": self.create_robot,
            "PUT /robots/([0-9]+)": self.update_robot,
            "PATCH /robots/([0-9]+)": self.refresh_secret,
            "GET (/system/(?:gc|scanAll)/schedule)": self.get_schedule,
            "PUT (/system/(?:gc|scanAll)/schedule)": self.set_schedule,
        }

    def token(self, user: str, password: str) -> dict[str, str]:
        for number, robot in self.robots.items():
            if robot["name"] == user and self.secrets[number] == password and not robot["disable"]:
                return {"token": "signed"}
        raise Failure(401, "unauthorized")

    def project(self, name: str) -> dict[str, Any]:
        if name not in self.projects:
            raise Failure(404, f"project {name} not found")
        return self.projects[name]

    def get_project(self, name: str, **_: Any) -> tuple[int, Any]:
        return 200, self.project(name)

    def create_project(self, body: Any, **_: Any) -> tuple[int, Any]:
        name = body["project_name"]
        if name in self.projects:
            raise Failure(409, f"The project named {name} already exists")
        number = len(self.projects) + 1
        # The list of CVEs in the request is not looked at.
        self.projects[name] = {
            "project_id": number,
            "name": name,
            "metadata": {"public": "false", **body.get("metadata", {})},
            "cve_allowlist": {"project_id": number, "items": []},
        }
        return 201, None

    def update_project(self, name: str, body: Any, **_: Any) -> tuple[int, Any]:
        project = self.project(name)
        if not all(isinstance(value, str) for value in body["metadata"].values()):
            raise Failure(422, "metadata in body must be of type string")
        # What the request does not name stays.
        project["metadata"].update(body["metadata"])
        if "cve_allowlist" in body:
            project["cve_allowlist"] = {"project_id": project["project_id"], **body["cve_allowlist"]}
        return 200, None

    def list_rules(self, name: str, **_: Any) -> tuple[int, Any]:
        self.project(name)
        return 200, list(self.rules.values())

    def create_rule(self, name: str, body: Any, **_: Any) -> tuple[int, Any]:
        self.project(name)
        if any(rule["tag_selectors"] == body["tag_selectors"] for rule in self.rules.values()):
            raise Failure(409, "immutable rule already exists")
        number = len(self.rules) + 1
        self.rules[number] = {**body, "id": number}
        return 201, None

    def update_rule(self, name: str, number: str, body: Any, **_: Any) -> tuple[int, Any]:
        if body.get("id") != int(number):
            raise Failure(400, "the immutable_rule_id doesn't match the id in the payload body of ImmutableRule")
        self.rules[int(number)] = body
        return 200, None

    def list_robots(self, query: dict[str, list[str]], **_: Any) -> tuple[int, Any]:
        wanted = dict(part.split("=") for part in query.get("q", ["Level=system"])[0].split(","))
        if wanted["Level"] == "project" and "ProjectID" not in wanted:
            raise Failure(400, "must with project ID when to query project robots")
        return 200, [robot for robot in self.robots.values() if robot["level"] == wanted["Level"]]

    def create_robot(self, body: Any, **_: Any) -> tuple[int, Any]:
        if not re.fullmatch(r"[a-z0-9]+(?:[._-][a-z0-9]+)*", body["name"]):
            raise Failure(400, "robot name is not in lower case or contains illegal characters")
        name = f"{PREFIX}{body['permissions'][0]['namespace']}+{body['name']}"
        if any(robot["name"] == name for robot in self.robots.values()):
            raise Failure(409, f"robot account {name} already exists")
        number = len(self.robots) + 1
        self.robots[number] = {**body, "name": name, "id": number, "disable": False}
        self.secrets[number] = "Harbor's own choice 1"
        return 201, {"id": number, "name": name, "secret": self.secrets[number]}

    def update_robot(self, number: str, body: Any, **_: Any) -> tuple[int, Any]:
        robot = self.robots[int(number)]
        if (body["level"], body["name"]) != (robot["level"], robot["name"]):
            raise Failure(400, "cannot update the level or name of robot")
        self.robots[int(number)] = {**body, "id": int(number)}
        return 200, None

    def refresh_secret(self, number: str, body: Any, **_: Any) -> tuple[int, Any]:
        secret = body["secret"]
        if len(secret) < 8 or not all(re.search(one, secret) for one in ("[a-z]", "[A-Z]", "[0-9]")):
            raise Failure(400, "the secret must longer than 8 chars with at least 1 uppercase letter, 1 lowercase letter")
        self.secrets[int(number)] = secret
        return 200, {"secret": ""}

    def get_schedule(self, path: str, **_: Any) -> tuple[int, Any]:
        return 200, self.schedules.get(path)

    def set_schedule(self, path: str, body: Any, **_: Any) -> tuple[int, Any]:
        self.schedules[path] = body
        return 200, None
