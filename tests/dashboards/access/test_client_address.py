"""Where requests come from: proxies are believed only where they are trusted."""

from __future__ import annotations

import pytest
from starlette.requests import HTTPConnection

from citybrain.floor.errors import ConfigError
from dashboards.access.client_address import ClientAddresses, group


def connection(client: str, scheme: str = "http", **headers: str) -> HTTPConnection:
    raw = [(name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()]
    scope = {
        "type": "http",
        "client": (client, 1),
        "headers": raw,
        "scheme": scheme,
        "server": ("wall", 1),
        "path": "/",
        "query_string": b"",
    }
    return HTTPConnection(scope)


@pytest.mark.parametrize(
    ("trusted", "client", "told", "address"),
    [
        ("", "10.0.0.9", "1.2.3.4", "10.0.0.9"),
        ("10.0.0.9", "10.0.0.9", "1.2.3.4", "1.2.3.4"),
        ("10.0.0.0/24", "10.0.0.9", "6.6.6.6, 1.2.3.4, 10.0.0.8", "1.2.3.4"),
        ("10.0.0.9", "10.0.0.7", "1.2.3.4", "10.0.0.7"),
        ("10.0.0.9", "10.0.0.9", "nonsense", "10.0.0.9"),
        ("10.0.0.9", "10.0.0.9", "6.6.6.6, <script>", "10.0.0.9"),
        ("10.0.0.9", "10.0.0.9", "", "10.0.0.9"),
        ("::1", "::1", "2001:db8::7", "2001:db8::7"),
    ],
)
def test_address_when_a_proxy_tells_then_believed_where_trusted(
    trusted: str, client: str, told: str, address: str
) -> None:
    assert ClientAddresses(trusted).address(connection(client, x_forwarded_for=told)) == address


@pytest.mark.parametrize(
    ("trusted", "scheme", "told", "secure"),
    [
        ("", "http", "https", False),
        ("", "https", "http", True),
        ("10.0.0.9", "http", "https", True),
        ("10.0.0.9", "ws", "http, https", True),
        ("10.0.0.9", "http", "https, http", False),
    ],
)
def test_secure_when_a_proxy_tells_then_believed_where_trusted(
    trusted: str, scheme: str, told: str, secure: bool
) -> None:
    found = ClientAddresses(trusted).secure(connection("10.0.0.9", scheme, x_forwarded_proto=told))
    assert found is secure


@pytest.mark.parametrize(
    ("client", "headers", "local"),
    [
        ("127.0.0.1", {}, True),
        ("::1", {}, True),
        ("10.0.0.1", {}, False),
        ("127.0.0.1", {"x_forwarded_for": "127.0.0.1"}, False),
        ("127.0.0.1", {"forwarded": "for=1.2.3.4"}, False),
        ("testclient", {}, False),
    ],
)
def test_local_when_it_came_through_a_proxy_then_not(
    client: str, headers: dict[str, str], local: bool
) -> None:
    assert ClientAddresses("").local(connection(client, **headers)) is local


def test_trusted_when_it_is_no_network_then_in_words() -> None:
    with pytest.raises(ConfigError) as caught:
        ClientAddresses("10.0.0.1, proxy")
    assert str(caught.value) == (
        "environment: CITYBRAIN_TRUSTED_PROXIES: 'proxy' is neither an address nor a network; "
        "give one like 10.0.0.5 or 10.0.0.0/24"
    )


@pytest.mark.parametrize(
    ("address", "one"),
    [("1.2.3.4", "1.2.3.4"), ("2001:db8::7:1", "2001:db8::/64"), ("", ""), ("x", "x")],
)
def test_group_when_it_is_v6_then_its_network(address: str, one: str) -> None:
    assert group(address) == one
