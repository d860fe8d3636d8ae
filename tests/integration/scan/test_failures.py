"""What can't be scanned is told and kept, and never taken for something without faults."""

from collections.abc import Callable

import pytest

from gitops.models.oci import digest_of
from tests.integration.scan.scene import DEBIAN, IMAGE, NAME, NOBODY, NOW, Scene, replies
from tests.support.images import ARM64, image, index
from tests.support.misbehaving import Misbehaving, Reply, Trick

FakeProgram = Callable[[str, str], None]


def test_a_registry_that_nobody_runs_is_told_and_kept_until_it_answers(scene: Scene) -> None:
    scene.push(image())
    scene.policies(mirror=NOBODY)
    code, told = scene.scan()
    assert code == 1
    assert told.startswith(f"failed    {IMAGE}\n")
    assert "can't be reached" in told
    (failure,) = scene.store.failures()
    assert (failure.image, failure.digest, failure.platform, failure.reason) == (IMAGE, "", "", "broken")
    scene.policies()
    assert scene.scan()[0] == 0
    assert scene.store.failures() == ()


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param("newTag: '2.0'\n", id="no such tag"),
        pytest.param(f"newTag: '1.0'\n    digest: {digest_of(b'other')}\n", id="no such digest"),
    ],
)
def test_what_the_registry_does_not_have_is_a_failure(lines: str, scene: Scene) -> None:
    scene.push(image())
    scene.pin(f"newName: {NAME}\n    {lines}")
    code, told = scene.scan("--environment", "testbed")
    assert code == 1
    assert "it is not there; correct name, tag or digest" in told
    assert scene.reasons() == ["absent"]


def test_an_index_without_our_platform_is_a_failure(scene: Scene) -> None:
    digest = scene.push(index(image(platform=ARM64)))
    code, told = scene.scan()
    assert code == 1
    assert "nothing in it runs on linux/amd64" in told
    (failure,) = scene.store.failures()
    assert (failure.reason, failure.digest, failure.subject) == ("platform", digest, IMAGE)


@pytest.mark.parametrize("number", [0, 1], ids=["configuration", "layer"])
def test_bytes_of_another_digest_are_a_failure(number: int, scene: Scene) -> None:
    """Also where they would have a package go unnoticed, and not only be no tar any more."""
    pushed = image()
    lie = list(pushed.blobs)[number]
    answers = replies(pushed, "team/web")
    (good,) = answers[f"/v2/team/web/blobs/{lie}"]
    answers[f"/v2/team/web/blobs/{lie}"] = [
        good._replace(body=good.body.replace(b"4.17.4", b"9.99.9").replace(b"/app", b"/bad"))
    ]
    assert good.body != answers[f"/v2/team/web/blobs/{lie}"][0].body
    with Misbehaving(answers) as server:
        scene.policies(mirror=f"{server.host}/team")
        code, told = scene.scan()
    assert code == 1, told
    assert f"/v2/team/web/blobs/{lie} sent are not those of the digest; do not run them" in told
    assert scene.reasons() == ["wrong"]
    assert scene.store.report(pushed.digest) is None


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        pytest.param(Reply(403), "denied", id="forbidden"),
        pytest.param(Reply(404), "absent", id="gone"),
        pytest.param(Reply(429, headers={"Retry-After": "3600"}), "busy", id="too many requests"),
        pytest.param(Reply(200, b"<html>", {"Content-Type": "text/html"}), "wrong", id="a sign-in page"),
        pytest.param(Reply(200, b"half", trick=Trick.CUT), "broken", id="half of it"),
    ],
)
def test_a_layer_that_does_not_come_is_a_failure(bad: Reply, reason: str, scene: Scene) -> None:
    pushed = image()
    answers = replies(pushed, "team/web")
    answers[f"/v2/team/web/blobs/{list(pushed.blobs)[1]}"] = [bad]
    with Misbehaving(answers) as server:
        scene.policies(mirror=f"{server.host}/team")
        assert scene.scan()[0] == 1
    assert scene.reasons() == [reason]
    assert scene.store.report(pushed.digest) is None


def test_a_layer_that_breaks_off_once_is_fetched_again(scene: Scene) -> None:
    pushed = image()
    answers = replies(pushed, "team/web")
    layer = f"/v2/team/web/blobs/{list(pushed.blobs)[1]}"
    answers[layer] = [answers[layer][0]._replace(trick=Trick.CUT), Reply(503), answers[layer][0]]
    with Misbehaving(answers) as server:
        scene.policies(mirror=f"{server.host}/team")
        assert scene.scan()[0] == 0
    assert "CVE-2026-1004" in scene.ids(pushed.digest)


def test_a_tag_that_moved_since_it_was_resolved_is_a_failure_until_it_is_resolved_again(scene: Scene) -> None:
    old = scene.push(image())
    assert scene.call("resolve", "--now", NOW)[0] == 0
    new = scene.push(image(DEBIAN))
    code, told = scene.scan()
    assert code == 1
    assert f"leads to {new} by now, and led to {old} when it was resolved (2026-11-24 12:00 UTC); resolve it again" in told
    assert scene.reasons() == ["moved"]
    assert scene.store.report(new) is None
    assert scene.call("resolve", "--now", NOW)[0] == 0
    assert scene.scan()[0] == 0
    assert "CVE-2026-1003" in scene.ids(new)
    assert scene.store.failures() == ()


# Trivy itself, in the shape of a script -------------------------------------------------------------------------------

_OUTPUT = 'while [ "$1" != --output ]; do shift; done'


def fake(does: str) -> str:
    """A Trivy that lists well, and scans as ``does`` says; ``$out`` is the file that its report goes to."""
    return f"""\
if [ "$1" = version ]; then exec "$REAL" "$@"; fi
if [ "$1" = image ]; then exec "$REAL" "$@"; fi
all="$*"
{_OUTPUT}
out="$2"
good() {{ "$REAL" $(printf '%s' "$all" | sed 's/--config  --ignorefile  //'); }}
{does}
"""


@pytest.mark.parametrize(
    ("does", "reason", "says"),
    [
        pytest.param("kill -9 $$", "killed", "Trivy was killed by signal 9; run it again, with fewer --jobs", id="killed"),
        pytest.param(
            'good; half=$(($(wc -c < "$out") / 2)); head -c "$half" "$out" > "$out.x"; mv "$out.x" "$out"',
            "unreadable",
            "Trivy's report is not what it should be (JSON: Invalid JSON",
            id="half a JSON",
        ),
        pytest.param("good; exit 1", "failed", "Trivy failed: ", id="findings, and exit code 1"),
        pytest.param("good; kill -15 $$", "killed", "Trivy was killed by signal 15", id="killed when it had written all"),
        pytest.param("exit 0", "unreadable", "wrote nothing that can be read (No such file or directory)", id="nothing"),
        pytest.param(': > "$out"', "unreadable", "Trivy's report is not what it should be (JSON", id="an empty file"),
        pytest.param(
            'good; sed -i \'s/"SchemaVersion": 2/"SchemaVersion": 3/\' "$out"',
            "unreadable",
            "SchemaVersion: Input should be 2",
            id="another schema",
        ),
        pytest.param(
            'good; sed -i \'s/"Severity": "CRITICAL"/"Severity": "APOCALYPTIC"/\' "$out"',
            "unreadable",
            "Severity: Input should be 'UNKNOWN', 'LOW', 'MEDIUM', 'HIGH' or 'CRITICAL'",
            id="a severity that nobody knows",
        ),
        pytest.param(
            'echo \'{"SchemaVersion": 2, "Trivy": {"Version": "0.76.0"}, "ArtifactType": "cyclonedx"}\' > "$out"',
            "unreadable",
            "it says nothing about the 3 packages that the SBOM lists",
            id="a report on nothing",
        ),
        pytest.param(
            'good; sed -i \'s/"ArtifactType": "cyclonedx"/"ArtifactType": "filesystem"/\' "$out"',
            "unreadable",
            "ArtifactType: Input should be 'cyclonedx'",
            id="a report on something else",
        ),
        pytest.param("echo 'panic: no' >&2; exit 2", "failed", "Trivy failed: panic: no (exit code 2)", id="a panic"),
    ],
)
def test_a_trivy_that_does_not_do_its_work_is_a_failure(
    does: str, reason: str, says: str, scene: Scene, fake_program: FakeProgram, pinned_trivy: object
) -> None:
    digest = scene.push(image())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REAL", str(pinned_trivy.path))  # type: ignore[attr-defined]
        fake_program("DARE_TRIVY", fake(does))
        code, told = scene.scan()
    assert code == 1, told
    assert says in told
    assert scene.reasons() == [reason]
    assert scene.store.report(digest) is None
