"""Where a request came from: what a proxy says of it counts only where the proxy is trusted."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from starlette.requests import HTTPConnection

from citybrain.floor.errors import ConfigError, Fault

_HEADERS = ("x-forwarded-for", "x-forwarded-proto", "forwarded", "x-real-ip", "via")
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class ClientAddresses:
    """Tells addresses and schemes of requests."""

    def __init__(self, trusted: str) -> None:
        """Believe the proxies of `trusted`: addresses or networks joined by commas.

        Raises:
            ConfigError: one of them is none.
        """
        self._trusted = tuple(_networks(trusted))

    def address(self, connection: HTTPConnection) -> str:
        """Return the address that the request came from; "" where none is known."""
        direct = connection.client.host if connection.client else ""
        if not self._trusts(direct):
            return direct
        # Each proxy appends whom it heard; the first from the end that is no proxy is the client.
        told = connection.headers.get("x-forwarded-for", "").split(",")
        for hop in reversed([hop.strip() for hop in told]):
            if not _is_address(hop):
                break
            direct = hop
            if not self._trusts(hop):
                break
        return direct

    def secure(self, connection: HTTPConnection) -> bool:
        """Return whether the browser speaks TLS, to us or to a trusted proxy."""
        direct = connection.client.host if connection.client else ""
        if self._trusts(direct) and (told := connection.headers.get("x-forwarded-proto")):
            return told.rpartition(",")[2].strip() in {"https", "wss"}
        return connection.url.scheme in {"https", "wss"}

    def local(self, connection: HTTPConnection) -> bool:
        """Return whether a program of this machine asks, and no proxy for somebody else."""
        if any(name in connection.headers for name in _HEADERS):
            return False
        direct = connection.client.host if connection.client else ""
        return _is_address(direct) and ipaddress.ip_address(direct).is_loopback

    def _trusts(self, text: str) -> bool:
        if not self._trusted or not _is_address(text):
            return False
        address = ipaddress.ip_address(text)
        return any(address in network for network in self._trusted)


def group(address: str) -> str:
    """Return what counts as one origin of attempts: an IPv4 address, an IPv6 network of 64 bits."""
    if _is_address(address) and (found := ipaddress.ip_address(address)).version == _V6:
        return str(ipaddress.ip_network((found, 64), strict=False))
    return address


_V6 = 6


def _networks(text: str) -> Iterable[_Network]:
    for part in filter(None, map(str.strip, text.split(","))):
        try:
            yield ipaddress.ip_network(part)
        except ValueError as error:
            name = "CITYBRAIN_TRUSTED_PROXIES"
            problem = f"{part!r} is neither an address nor a network"
            remedy = "give one like 10.0.0.5 or 10.0.0.0/24"
            raise ConfigError([Fault("environment", name, problem, remedy)]) from error


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
