"""Go's templates, as far as ApplicationSets use them: worked out as Argo CD does, or not at all."""

import pytest

from gitops.repository.go_template import Undecided, fill_in

GIVEN = {"path": {"path": "overlays/test/web", "basename": "web", "segments": ["overlays", "test", "web"]}, "tier": "", "n": 3}


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("no template", "no template"),
        ("{{ .path.basename }}", "web"),
        ("{{.path.basename}}-{{ .n }}", "web-3"),
        ('{{ if eq .path.basename "argocd" }}a{{ else }}b{{ end }}', "b"),
        ('{{ if eq .path.basename "web" }}a{{ else }}b{{ end }}', "a"),
        ('{{ if eq .path.basename "a" "web" }}a{{ end }}', "a"),
        ('{{ if eq .path.basename "a" }}1{{ else if eq .path.basename "web" }}2{{ else }}3{{ end }}', "2"),
        ('{{ if eq .path.basename "a" }}1{{ else if eq .path.basename "b" }}2{{ else }}3{{ end }}', "3"),
        ('{{ if ne .path.basename "a" }}{{ if .tier }}1{{ else }}2{{ end }}{{ end }}', "2"),
        ("{{ if and (eq .n 3) .path }}y{{ end }}", "y"),
        ("{{ if or .tier (not .tier) }}y{{ end }}", "y"),
        ('{{ if and .path.basename (hasPrefix "overlays/" .path.path) }}y{{ end }}', "y"),
        ('{{ .path.path | trimPrefix "overlays/" | replace "/" "-" }}', "test-web"),
        ('{{ default "none" .tier }}', "none"),
        ("a {{- `-b-` -}} c", "a-b-c"),
        ("{{/* why */}}x{{ true }}", "xtrue"),
        ('{{ "a }} \\"b" }}', 'a }} "b'),
    ],
)
def test_a_template_is_filled_in(template: str, said: str) -> None:
    assert fill_in(template, GIVEN) == said


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("{{ .path.name }}", "the generator gives no '.path.name'"),
        ("{{ .cluster }}", "the generator gives no '.cluster'"),
        ("{{ .path.basename | upper }}", "the function 'upper' is not known here"),
        ("{{ upper .path.basename }}", "'upper' is not known here"),
        ("{{ range .path.segments }}x{{ end }}", "'range' is not known here"),
        ("{{ if .tier }}x", "an 'if' without its 'end'"),
        ("x{{ end }}", "'end' closes nothing"),
        ("{{ .path }}", "a value that is no text"),
        ("{{ .path.segments }}", "a value that is no text"),
        ("{{ }}", "an empty action"),
        ("{{ (eq .n }}", "a parenthesis that is not closed"),
        ("{{ .n .n }}", "'.n .n' can't be read"),
        ("{{ $x := .n }}", "'$x := .n' can't be read"),
        ("{{ not }}", "'not' can't take these arguments"),
        ('{{ trimPrefix "a" .path }}', "'trimPrefix' can't take these arguments"),
    ],
)
def test_what_is_not_understood_is_said(template: str, reason: str) -> None:
    with pytest.raises(Undecided) as raised:
        fill_in(template, GIVEN)
    assert str(raised.value) == reason


def test_a_branch_that_does_not_hold_is_not_looked_into() -> None:
    assert fill_in('{{ if eq .n "x" }}{{ .nothing | upper }}{{ else }}y{{ end }}', GIVEN) == "y"
