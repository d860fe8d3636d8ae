"""Image references, by the grammar of the Docker distribution project."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops.models.image import ImageReference, InvalidImageReference

SHA256 = "sha256:" + "0a" * 32
SHA384 = "sha384:" + "1b" * 48
SHA512 = "sha512:" + "2c" * 64
HEX64 = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("text", "registry", "path", "tag", "digest"),
    [
        pytest.param("redis", "docker.io", "library/redis", None, None, id="bare name"),
        pytest.param("redis:7", "docker.io", "library/redis", "7", None, id="bare name with tag"),
        pytest.param("bitnami/redis", "docker.io", "bitnami/redis", None, None, id="Docker Hub's user"),
        pytest.param("docker.io/redis", "docker.io", "library/redis", None, None, id="docker.io without namespace"),
        pytest.param("index.docker.io/redis", "docker.io", "library/redis", None, None, id="index.docker.io"),
        pytest.param("index.docker.io/a/b", "docker.io", "a/b", None, None, id="index.docker.io with namespace"),
        pytest.param("docker.io:443/redis", "docker.io:443", "redis", None, None, id="docker.io with port is another host"),
        pytest.param("harbor.example.org/dare/login:1.2", "harbor.example.org", "dare/login", "1.2", None, id="registry"),
        pytest.param("harbor:5000/dare/login", "harbor:5000", "dare/login", None, None, id="a port makes a registry"),
        pytest.param("harbor:5000/login:5000", "harbor:5000", "login", "5000", None, id="port and tag"),
        pytest.param("harbor/login", "docker.io", "harbor/login", None, None, id="no dot, no port: a namespace"),
        pytest.param("localhost/login", "localhost", "login", None, None, id="localhost"),
        pytest.param("localhost:5000/login", "localhost:5000", "login", None, None, id="localhost with port"),
        pytest.param("localhost", "docker.io", "library/localhost", None, None, id="localhost alone is a name"),
        pytest.param("docker.io", "docker.io", "library/docker.io", None, None, id="a host alone is a name"),
        pytest.param("127.0.0.1/login", "127.0.0.1", "login", None, None, id="IPv4 host"),
        pytest.param("[2001:db8::1]/login", "[2001:db8::1]", "login", None, None, id="IPv6 host"),
        pytest.param("[::1]:5000/login:1", "[::1]:5000", "login", "1", None, id="IPv6 host with port"),
        pytest.param("REG/login", "REG", "login", None, None, id="upper case makes a registry"),
        pytest.param("Harbor.example.org/login", "Harbor.example.org", "login", None, None, id="upper-case registry"),
        pytest.param("a.b.c/d/e/f/g", "a.b.c", "d/e/f/g", None, None, id="deep path"),
        pytest.param("a__b", "docker.io", "library/a__b", None, None, id="two underscores"),
        pytest.param("a---b", "docker.io", "library/a---b", None, None, id="any number of hyphens"),
        pytest.param("a.b_c-d", "docker.io", "library/a.b_c-d", None, None, id="single separators"),
        pytest.param("a/b.c/d", "docker.io", "a/b.c/d", None, None, id="a dot behind the first slash"),
        pytest.param("0/0", "docker.io", "0/0", None, None, id="digits"),
        pytest.param("redis:_a.B-9", "docker.io", "library/redis", "_a.B-9", None, id="every character of a tag"),
        pytest.param(f"redis:{'t' * 128}", "docker.io", "library/redis", "t" * 128, None, id="longest tag"),
        pytest.param(f"redis@{SHA256}", "docker.io", "library/redis", None, SHA256, id="digest"),
        pytest.param(f"redis:7@{SHA256}", "docker.io", "library/redis", "7", SHA256, id="tag and digest"),
        pytest.param(f"redis@{SHA384}", "docker.io", "library/redis", None, SHA384, id="sha384"),
        pytest.param(f"redis@{SHA512}", "docker.io", "library/redis", None, SHA512, id="sha512"),
        pytest.param(f"a/{HEX64}", "docker.io", f"a/{HEX64}", None, None, id="64 hexadecimal digits behind a slash"),
        pytest.param(HEX64[1:], "docker.io", f"library/{HEX64[1:]}", None, None, id="63 hexadecimal digits"),
        pytest.param(f"r.io/{'x' * 255}", "r.io", "x" * 255, None, None, id="longest path"),
        pytest.param("x" * 247, "docker.io", f"library/{'x' * 247}", None, None, id="longest path with the namespace"),
    ],
)
def test_a_reference_is_read_as_a_container_runtime_reads_it(
    text: str, registry: str, path: str, tag: str | None, digest: str | None
) -> None:
    assert ImageReference.parse(text) == ImageReference(registry, path, tag, digest)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("", "no repository path", id="empty"),
        pytest.param(" redis", "no repository path", id="space"),
        pytest.param("redis\n", "no repository path", id="line break"),
        pytest.param("Redis", "no repository path", id="upper-case name"),
        pytest.param("library/Redis", "no repository path", id="upper-case path"),
        pytest.param("a..b", "no repository path", id="two dots"),
        pytest.param("a___b", "no repository path", id="three underscores"),
        pytest.param("a._b", "no repository path", id="mixed separators"),
        pytest.param("a/b_", "no repository path", id="separator at the end"),
        pytest.param("a-", "no repository path", id="hyphen at the end"),
        pytest.param("_a", "no repository path", id="separator at the beginning"),
        pytest.param("a//b", "no repository path", id="empty component"),
        pytest.param("a/", "no repository path", id="slash at the end"),
        pytest.param("/a", "no repository path", id="slash at the beginning"),
        pytest.param("harbor.example.org/", "no repository path", id="registry alone"),
        pytest.param("rédis", "no repository path", id="letter outside ASCII"),
        pytest.param("reg_x.io/a", "no registry host", id="underscore in a host"),
        pytest.param("-reg.io/a", "no registry host", id="hyphen at a host's beginning"),
        pytest.param("reg..io/a", "no registry host", id="empty label in a host"),
        pytest.param("reg.io:/a", "no registry host", id="empty port"),
        pytest.param("reg.io:http/a", "no registry host", id="port that is no number"),
        pytest.param("[fe80::1%eth0]/a", "no registry host", id="IPv6 zone"),
        pytest.param("[]/a", "no re", id="empty brackets"),
        pytest.param("redis:", "'' is no tag", id="empty tag"),
        pytest.param("redis:-a", "'-a' is no tag", id="tag that begins with a hyphen"),
        pytest.param("redis:.a", "'.a' is no tag", id="tag that begins with a dot"),
        pytest.param("redis:a+b", r"'a\+b' is no tag", id="plus in a tag"),
        pytest.param("redis:ä", "'ä' is no tag", id="tag outside ASCII"),
        pytest.param(f"redis:{'t' * 129}", "is no tag", id="tag of 129 characters"),
        pytest.param("redis@", "'' is no digest", id="empty digest"),
        pytest.param("redis@sha256", "is no digest", id="digest without a value"),
        pytest.param("redis@sha256:", "is no digest", id="digest with an empty value"),
        pytest.param(f"redis@{SHA256[:-1]}", "is no digest", id="digest of 63 digits"),
        pytest.param(f"redis@{SHA256}0", "is no digest", id="digest of 65 digits"),
        pytest.param(f"redis@{SHA256.replace('a', 'A')}", "is no digest", id="upper-case digest"),
        pytest.param(f"redis@sha256:{'g' * 64}", "is no digest", id="digest that is not hexadecimal"),
        pytest.param(f"redis@sha512:{HEX64}", "is no digest", id="sha512 of sha256's length"),
        pytest.param(f"redis@md5:{'a' * 32}", "is no digest", id="unknown algorithm"),
        pytest.param(f"redis@SHA256:{HEX64}", "is no digest", id="upper-case algorithm"),
        pytest.param(f"redis@{SHA256}@{SHA256}", "is no digest", id="two digests"),
        pytest.param(HEX64, "an image id", id="64 hexadecimal digits"),
        pytest.param(f"r.io/{'x' * 256}", "longer than 255", id="path of 256 characters"),
        pytest.param("x" * 248, "longer than 255", id="path too long with the namespace"),
    ],
)
def test_anything_else_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(InvalidImageReference, match=reason):
        ImageReference.parse(text)


_words = st.from_regex(r"[a-z0-9]{1,5}((\.|_|__|-{1,3})[a-z0-9]{1,4}){0,2}", fullmatch=True)
_hosts = st.from_regex(r"([a-z0-9]{1,5}\.[a-z]{2,4}|localhost|\[[0-9a-f]{1,4}::1\]|[A-Z]{2,4})(:[0-9]{1,5})?", fullmatch=True)
_references = st.builds(
    ImageReference,
    _hosts,
    st.lists(_words, min_size=1, max_size=4).map("/".join),
    st.none() | st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}", fullmatch=True),
    st.none() | st.sampled_from([SHA256, SHA384, SHA512]),
)


@settings(deadline=None)
@given(_references)
def test_what_a_reference_is_written_as_reads_as_the_same(reference: ImageReference) -> None:
    assert ImageReference.parse(str(reference)) == reference


@settings(deadline=None)
@given(st.text(alphabet="aB1.-_/:@[]", max_size=20))
def test_a_text_is_refused_or_reads_the_same_twice(text: str) -> None:
    try:
        reference = ImageReference.parse(text)
    except InvalidImageReference:
        return
    assert ImageReference.parse(str(reference)) == reference


def test_latest_is_pulled_where_nothing_is_named() -> None:
    assert ImageReference.parse("redis").effective_tag == "latest"
    assert ImageReference.parse("redis:7").effective_tag == "7"
    assert ImageReference.parse(f"redis@{SHA256}").effective_tag is None


def test_pinning_keeps_the_tag_and_replaces_the_digest() -> None:
    assert str(ImageReference.parse(f"redis:7@{SHA256}").pinned(SHA512)) == f"docker.io/library/redis:7@{SHA512}"


def test_pinning_refuses_what_is_no_digest() -> None:
    with pytest.raises(InvalidImageReference, match="is no digest"):
        ImageReference.parse("redis").pinned("sha256:1")
