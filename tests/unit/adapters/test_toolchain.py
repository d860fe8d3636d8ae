"""What a pin asks for, and where the program is looked for."""

import hashlib
from pathlib import Path

import pytest

from gitops.adapters import toolchain
from gitops.models.errors import UserError
from tests.conftest import ROOT

MODULE = """\
module tools.invalid/kubeconform

go 1.26.0

tool example.org/kubeconform/cmd/kubeconform

require (
	example.org/kube v0.1.0 // indirect
	example.org/kubeconform v0.8.0 // indirect
	example.org/kubeconform/cmd v0.9.0-rc.1 // indirect
	example.org/kubeconform/cmdline v0.7.0 // indirect
)
"""


SEVERAL = """\
module tools.invalid/suite

tool (
	example.org/suite/cmd/server
	example.org/suite/cmd/client
)

require (
	example.org/suite v1.36.3
)
"""


def _module(root: Path, module: str, name: str, build: str | None = None) -> None:
    folder = root / "tools" / "toolchain" / name
    folder.mkdir(parents=True)
    (folder / "go.mod").write_text(module, encoding="utf-8")
    (folder / "go.sum").write_bytes(b"sums")
    if build is not None:
        (folder / "build.toml").write_text(build, encoding="utf-8")


def _pin(root: Path, module: str, name: str = "kubeconform", build: str | None = None) -> toolchain.Pin:
    _module(root, module, name, build)
    return toolchain.read_pin(root, name)


def test_a_pin_is_the_tool_with_the_version_of_the_module_that_holds_it(tmp_path: Path) -> None:
    pin = _pin(tmp_path, MODULE)
    assert (pin.package, pin.version) == ("example.org/kubeconform/cmd/kubeconform", "v0.9.0-rc.1")
    assert pin.checksum == hashlib.sha256(b"sums").hexdigest()


def test_a_module_that_only_begins_alike_does_not_hold_the_tool(tmp_path: Path) -> None:
    module = MODULE.replace("\texample.org/kubeconform/cmd v0.9.0-rc.1 // indirect\n", "")
    assert _pin(tmp_path, module).version == "v0.8.0"


def test_a_pin_without_a_tool_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"has no line 'tool PACKAGE'"):
        _pin(tmp_path, MODULE.replace("tool ", "// tool "))


def test_a_pin_whose_module_is_not_required_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"requires no module that holds example\.org/other"):
        _pin(tmp_path, MODULE.replace("tool example.org/kubeconform/cmd/kubeconform", "tool example.org/other"))


def test_a_pin_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="the pin of kubeconform can't be read"):
        toolchain.read_pin(tmp_path, "kubeconform")


def test_a_program_is_found_in_the_module_that_has_it_among_its_tools(tmp_path: Path) -> None:
    _module(tmp_path, MODULE, "kubeconform")
    _module(tmp_path, SEVERAL, "suite")
    pin = toolchain.read_pin(tmp_path, "client")
    assert (pin.name, pin.package, pin.version) == ("client", "example.org/suite/cmd/client", "v1.36.3")
    assert pin.built.name == "client"
    assert pin.built != toolchain.read_pin(tmp_path, "server").built


def test_a_module_of_several_programs_is_none_itself(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="or several, for suite"):
        _pin(tmp_path, SEVERAL, "suite")


def test_what_go_build_does_not_know_stands_in_a_file(tmp_path: Path) -> None:
    build = 'version-argument = "version"\n[variables]\n"a.version" = "{version}"\n"a.minor" = "{minor}"\n"a.by" = "us"\n'
    pin = _pin(tmp_path, MODULE, build=build)
    assert pin.version_argument == "version"
    assert pin.variables == (("a.version", "v0.9.0-rc.1"), ("a.minor", "9"), ("a.by", "us"))


def test_another_way_of_building_is_another_program(tmp_path: Path) -> None:
    pins = [_pin(tmp_path / name, MODULE, build=f"[variables]\nx = '{name}'\n") for name in ("a", "b")]
    assert pins[0].built != pins[1].built


def test_a_file_about_building_that_is_no_toml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="the pin of kubeconform can't be read"):
        _pin(tmp_path, MODULE, build="[variables")


def test_another_version_or_other_sums_are_built_into_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DARE_CACHE", str(tmp_path / "cache"))
    pin = _pin(tmp_path, MODULE)
    assert pin.built == tmp_path / "cache" / "toolchain" / f"kubeconform-v0.9.0-rc.1-{pin.checksum[:16]}" / "kubeconform"


def test_the_variable_of_a_program_is_its_name_in_capitals(tmp_path: Path) -> None:
    assert _pin(tmp_path, MODULE, "kube-score").variable == "DARE_KUBE_SCORE"


@pytest.mark.parametrize("name", ["kustomize", "kubeconform", "kube-score", "etcd", "kube-apiserver", "kubectl"])
def test_every_pin_of_this_repository_can_be_read(name: str) -> None:
    pin = toolchain.read_pin(ROOT, name)
    assert name in pin.package
    assert pin.version.startswith("v")


def test_the_program_that_the_variable_names_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _pin(tmp_path, MODULE)
    program = tmp_path / "mine"
    program.write_bytes(b"")
    program.chmod(0o755)
    monkeypatch.setenv("DARE_KUBECONFORM", str(program))
    found = toolchain.find(tmp_path, "kubeconform")
    assert found.path == program
    program.write_bytes(b"another build")
    assert toolchain.find(tmp_path, "kubeconform").identity != found.identity


def test_a_variable_that_names_no_program_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _pin(tmp_path, MODULE)
    monkeypatch.setenv("DARE_KUBECONFORM", str(tmp_path / "gone"))
    with pytest.raises(UserError, match=r"DARE_KUBECONFORM names '.*gone', which is no program"):
        toolchain.find(tmp_path, "kubeconform")


def test_the_built_program_is_found_and_without_it_the_user_is_told_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DARE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path))
    pin = _pin(tmp_path, MODULE)
    with pytest.raises(UserError, match=r"kubeconform v0\.9\.0-rc\.1 is not installed; run 'make setup'"):
        toolchain.find(tmp_path, "kubeconform")
    pin.built.parent.mkdir(parents=True)
    pin.built.write_bytes(b"")
    pin.built.chmod(0o755)
    assert toolchain.find(tmp_path, "kubeconform") == toolchain.Program(pin.built, "kubeconform v0.9.0-rc.1")
