"""Kubernetes' IP addresses, networks, URLs and named formats in CEL.

Source: https://kubernetes.io/docs/reference/using-api/cel/ (IP address, CIDR, URL and format libraries).
"""

import base64
import binascii
import re
from datetime import date, datetime
from ipaddress import IPv4Address, IPv6Address, IPv6Interface, ip_address, ip_interface
from typing import Any
from urllib.parse import parse_qs, urlsplit

from gitops.checks.admission.engine import Function
from gitops.checks.admission.values import Boxed, unboxed

IP, CIDR, URL, FORMAT = "kubernetes.IP", "kubernetes.CIDR", "kubernetes.URL", "kubernetes.NamedFormat"
Address = IPv4Address | IPv6Address
_NO_NETWORK = "network address parse error during conversion from string: "


def address_functions() -> list[Function]:
    """The functions; what gives an optional in Kubernetes gives a list of at most one here, see ``cel.py``."""
    text, box, whole, truth = "string", "map", "int", "bool"
    formats = [Function(f"format.{name}", (), box, _named(name), member=False) for name in _FORMATS]
    return [
        Function("ip", (text,), box, lambda value: {IP: str(_ip(value))}, member=False),
        Function("ip", (box,), box, lambda value: {IP: str(_network(value).ip)}),
        Function("isIP", (text,), truth, lambda value: _is(_ip, value), member=False),
        Function("ip.isCanonical", (text,), truth, lambda value: str(_ip(value)) == value, member=False),
        Function("family", (box,), whole, lambda value: _address(value).version),
        Function("isUnspecified", (box,), truth, lambda value: _address(value).is_unspecified),
        Function("isLoopback", (box,), truth, lambda value: _address(value).is_loopback),
        Function("isLinkLocalMulticast", (box,), truth, lambda value: _link_local_multicast(_address(value))),
        Function("isLinkLocalUnicast", (box,), truth, lambda value: _address(value).is_link_local),
        Function("isGlobalUnicast", (box,), truth, lambda value: _global_unicast(_address(value))),
        Function("cidr", (text,), box, lambda value: {CIDR: _cidr(value).with_prefixlen}, member=False),
        Function("isCIDR", (text,), truth, lambda value: _is(_cidr, value), member=False),
        Function("containsIP", (box, text), truth, lambda net, value: _holds(net, _argument(_ip, value))),
        Function("containsIP", (box, box), truth, lambda net, value: _holds(net, _address(value))),
        Function("containsCIDR", (box, text), truth, lambda net, other: _holds_network(net, _argument(_cidr, other))),
        Function("containsCIDR", (box, box), truth, lambda net, other: _holds_network(net, _network(other))),
        Function("prefixLength", (box,), whole, lambda value: _network(value).network.prefixlen),
        Function("masked", (box,), box, lambda value: {CIDR: _network(value).network.with_prefixlen}),
        Function("url", (text,), box, _url, member=False),
        Function("isURL", (text,), truth, lambda value: _is(_url, value), member=False),
        Function("getScheme", (box,), text, lambda value: urlsplit(unboxed(value, URL)).scheme),
        Function("getHost", (box,), text, lambda value: urlsplit(unboxed(value, URL)).netloc.rpartition("@")[2]),
        Function("getHostname", (box,), text, lambda value: _hostname(unboxed(value, URL))),
        Function("getPort", (box,), text, lambda value: _port(unboxed(value, URL))),
        Function("getEscapedPath", (box,), text, lambda value: urlsplit(unboxed(value, URL)).path),
        Function("getQuery", (box,), "map", lambda value: _query(unboxed(value, URL))),
        Function("format.named", (text,), "list", lambda name: [{FORMAT: name}] if name in _FORMATS else [], member=False),
        Function("validate", (box, text), "list", _validate),
        *formats,
    ]


def _is(read: Any, text: str) -> bool:
    try:
        read(text)
    except ValueError:
        return False
    return True


def _argument(read: Any, text: str) -> Any:
    """An argument that can't be read is one of the wrong type to Kubernetes."""
    try:
        return read(text)
    except ValueError:
        raise ValueError("no such overload") from None


def _ip(text: str) -> Address:
    try:
        found = ip_address(text)
    except ValueError:
        raise ValueError(f'IP Address "{text}" parse error during conversion from string: {_ip_reason(text)}') from None
    if isinstance(found, IPv6Address):
        if found.scope_id:
            raise ValueError(f'IP address "{text}" with zone value is not allowed')
        if found.ipv4_mapped:
            raise ValueError(f'IPv4-mapped IPv6 address "{text}" is not allowed')
    return found


def _ip_reason(text: str) -> str:
    """Go's words for the plainest mistakes."""
    if "." not in text and ":" not in text:
        return f'ParseAddr("{text}"): unable to parse IP'
    numbers = text.split(".")
    if ":" not in text and len(numbers) == 4 and all(part.isdigit() for part in numbers):
        return f'ParseAddr("{text}"): IPv4 field has value >255'
    return f'ParseAddr("{text}"): unexpected character'


def _address(value: Boxed) -> Address:
    return ip_address(unboxed(value, IP))


def _cidr(text: str) -> Any:
    failed = f'{_NO_NETWORK}{_NO_NETWORK}netip.ParsePrefix("{text}"): '
    address, slash, length = text.rpartition("/")
    if not slash:
        raise ValueError(f"{failed}no '/'")
    try:
        found = ip_interface(text) if re.fullmatch(r"0|[1-9]\d{0,2}", length, re.ASCII) else None
    except ValueError:
        found = None
    if found is None:
        raise ValueError(f"{failed}{'prefix length out of range' if _is(_ip, address) else 'unable to parse IP'}")
    if isinstance(found, IPv6Interface) and found.ip.ipv4_mapped:
        raise ValueError(f'{_NO_NETWORK}IPv4-mapped IPv6 address "{text}" is not allowed')
    return found


def _network(value: Boxed) -> Any:
    return ip_interface(unboxed(value, CIDR))


def _holds(net: Boxed, address: Address) -> bool:
    network = _network(net).network
    return bool(network.version == address.version and address in network)


def _holds_network(net: Boxed, other: Any) -> bool:
    network = _network(net).network
    return bool(network.version == other.version and other.network.subnet_of(network))


def _link_local_multicast(address: Address) -> bool:
    return address.is_multicast and (
        str(address).startswith("224.0.0.") if address.version == 4 else (int(address) >> 112) & 0xFF0F == 0xFF02
    )


def _global_unicast(address: Address) -> bool:
    """Go's meaning: any unicast address, private ones included."""
    broadcast = address.version == 4 and int(address) == 2**32 - 1
    return not (broadcast or address.is_unspecified or address.is_loopback or address.is_multicast or address.is_link_local)


def _url(text: str) -> Boxed:
    """Go's ParseRequestURI: an absolute URL or an absolute path."""
    failed = f'URL parse error during conversion from string: parse "{text}": '
    if not text:
        raise ValueError(f"{failed}empty url")
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in text):
        raise ValueError(f"{failed}net/url: invalid control character in URL")
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:|/", text):
        raise ValueError(f"{failed}invalid URI for request")
    parts = urlsplit(text)
    if " " in parts.netloc or re.search(r"%(?![0-9A-Fa-f]{2})", parts.path):
        raise ValueError(f"{failed}invalid character in host name or URL escape")
    host = parts.netloc.rpartition("@")[2]
    port = host.rpartition("]")[2] if "[" in host else host
    if ":" in port and not re.fullmatch(r"[^:]*:\d*", port):
        raise ValueError(f'{failed}invalid port ":{port.partition(":")[2]}" after host')
    return {URL: text}


def _hostname(text: str) -> str:
    host = urlsplit(text).netloc.rpartition("@")[2]
    return host[1 : host.index("]")] if host.startswith("[") and "]" in host else host.partition(":")[0]


def _port(text: str) -> str:
    host = urlsplit(text).netloc.rpartition("@")[2].rpartition("]")[2]
    return host.partition(":")[2]


def _query(text: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(text).query, keep_blank_values=True)


def _named(name: str) -> Any:
    return lambda: {FORMAT: name}


def _validate(kind: Boxed, value: str) -> list[list[str]]:
    found = list(_FORMATS[unboxed(kind, FORMAT)](value))
    return [found] if found else []


_ALNUM = "must start and end with an alphanumeric character"
_LABEL = f"a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and {_ALNUM}"
_SUBDOMAIN = f"a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and {_ALNUM}"
_LABEL_1035 = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', "
    "start with an alphabetic character, and end with an alphanumeric character"
)
_DNS = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_NAME = f"name part must consist of alphanumeric characters, '-', '_' or '.', and {_ALNUM}"
_VALUE = f"a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and {_ALNUM}"
_NAMES = ("MyName", "my.name", "123-abc")
_PLAIN = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"


def _hint(message: str, pattern: str, *examples: str) -> str:
    """The API server's sentence about a pattern."""
    shown = " or ".join(f"'{example}', " for example in examples)
    return f"{message} (e.g. {shown}regex used for validation is '{pattern}')"


def _matches(pattern: str, longest: int, message: str) -> Any:
    def check(value: str) -> list[str]:
        found = [f"must be no more than {longest} bytes"] if len(value.encode()) > longest else []
        return found if re.fullmatch(pattern, value, re.ASCII) else [*found, message]

    return check


def _prefix(check: Any) -> Any:
    """A prefix of a name may end with a dash, since something follows."""
    return lambda value: check(f"{value[:-2]}a" if len(value) > 1 and value.endswith("-") else value)


def _qualified_name(value: str) -> list[str]:
    prefix, slash, name = value.rpartition("/")
    whole = f"a qualified name must consist of alphanumeric characters, '-', '_' or '.', and {_ALNUM}"
    hint = _hint(whole, _PLAIN, *_NAMES)
    if "/" in prefix:
        return [f"{hint} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"]
    found = []
    if slash:
        found = ["prefix part must be non-empty"] if not prefix else [f"prefix part {one}" for one in _subdomain(prefix)]
    if not name:
        found.append("name part must be non-empty")
    elif len(name) > 63:
        found.append("name part must be no more than 63 bytes")
    if not re.fullmatch(_PLAIN, name, re.ASCII):
        found.append(_hint(_NAME, _PLAIN, *_NAMES))
    return found


def _reads(read: Any, message: str) -> Any:
    return lambda value: [] if _is(read, value) else [message]


def _date(value: str) -> None:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
        raise ValueError(value)
    date.fromisoformat(value)


def _datetime(value: str) -> None:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", value, re.ASCII):
        raise ValueError(value)
    datetime.fromisoformat(value.upper())


def _byte(value: str) -> None:
    try:
        base64.b64decode(value, validate=True)
    except binascii.Error as error:
        raise ValueError(value) from error


def _uri(value: str) -> list[str]:
    try:
        _url(value)
    except ValueError as error:
        return [str(error).removeprefix("URL parse error during conversion from string: ")]
    return []


_label = _matches(_DNS, 63, _hint(_LABEL, _DNS, "my-name", "123-abc"))
_subdomain = _matches(rf"{_DNS}(\.{_DNS})*", 253, _hint(_SUBDOMAIN, rf"{_DNS}(\.{_DNS})*", "example.com"))
_label_1035 = _matches("[a-z]([-a-z0-9]*[a-z0-9])?", 63, _hint(_LABEL_1035, "[a-z]([-a-z0-9]*[a-z0-9])?", "my-name", "abc-123"))
_UUID = r"(?i:[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12})"

_FORMATS: dict[str, Any] = {
    "dns1123Label": _label,
    "dns1123LabelPrefix": _prefix(_label),
    "dns1123Subdomain": _subdomain,
    "dns1123SubdomainPrefix": _prefix(_subdomain),
    "dns1035Label": _label_1035,
    "dns1035LabelPrefix": _prefix(_label_1035),
    "qualifiedName": _qualified_name,
    "labelValue": _matches(f"({_PLAIN})?", 63, _hint(_VALUE, f"({_PLAIN})?", "MyValue", "my_value", "12345")),
    "uri": _uri,
    "uuid": _matches(_UUID, 64, "does not match the UUID format"),
    "byte": _reads(_byte, "invalid base64"),
    "date": _reads(_date, "invalid date"),
    "datetime": _reads(_datetime, "invalid datetime"),
}
