"""Where an event may go: an address is resolved once, judged, and connected to as resolved.

A name that an attacker controls can point into this network, or point elsewhere a moment after it
was judged. So every address of a name must be public, or lie in a network that the operator named,
and the connection goes to the very address that was judged.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from api.core.settings import Network
from model.errors import RongziError

_LOOPBACK = {"127.0.0.1": "127.0.0.1", "::1": "::1", "localhost": "127.0.0.1"}
#: Ports below are those of other services on a host, except that of the web.
_LOWEST_PORT, _WEB_PORTS = 1024, {"https": 443, "http": 80}
#: Addresses that a gateway translates to IPv4 (RFC 6052), private ones among them.
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class WebhookError(RongziError):
    """An endpoint is invalid; the message says what to write instead."""


class ForbiddenTargetError(Exception):
    """The address that a name resolves to may not receive events."""


@dataclass(frozen=True)
class Target:
    """An address that may receive events: host and port of the URL, and the resolved address."""

    scheme: str
    host: str
    port: int
    address: str

    def connect(self, seconds: float) -> http.client.HTTPConnection:
        """Return a connection to the resolved address, which presents itself as the host."""
        if self.scheme == "https":
            return _PinnedHttps(self, seconds)
        return _Pinned(self, seconds)


class _Pinned(http.client.HTTPConnection):
    def __init__(self, target: Target, seconds: float) -> None:
        super().__init__(target.host, target.port, timeout=seconds)
        self._address = target.address, target.port

    def connect(self) -> None:
        self.sock = socket.create_connection(self._address, self.timeout)


class _PinnedHttps(http.client.HTTPSConnection):
    def __init__(self, target: Target, seconds: float) -> None:
        self._trust = ssl.create_default_context()
        super().__init__(target.host, target.port, timeout=seconds, context=self._trust)
        self._address = target.address, target.port

    def connect(self) -> None:
        plain = socket.create_connection(self._address, self.timeout)
        # The certificate must be that of the host in the URL, not of the address.
        self.sock = self._trust.wrap_socket(plain, server_hostname=self.host)


def refuse_unsafe(url: str, allowed: Iterable[Network] = ()) -> None:
    """Refuse an address at which events could be read or redirected, without resolving its name.

    Raises
    ------
    WebhookError
        Unless it is https, or http to this machine, without user or fragment, to port 443 or one
        from 1024 to 65535, and to no address of a private network that is not allowed.
    """
    parts = _split(url)
    is_here = parts.hostname in _LOOPBACK
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and is_here)):
        raise WebhookError("events go to https addresses only, or to http on this machine")
    if parts.username is not None or parts.fragment or any(c.isspace() for c in url):
        raise WebhookError("write the address without user, password, spaces or #fragment")
    port = _port(parts)
    if port < _LOWEST_PORT and port != _WEB_PORTS[parts.scheme]:
        raise WebhookError("events go to port 443, or to one from 1024 to 65535")
    literal = _literal(parts.hostname)
    if literal and not is_here and not _may_receive(literal, allowed):
        raise WebhookError(
            "this is an address of a private network; name the network in"
            " RONGZI_WEBHOOK_NETWORKS if events may go there"
        )


def resolve(url: str, allowed: Iterable[Network] = ()) -> Target:
    """Return where an event to `url` goes now; the name is resolved once.

    Raises
    ------
    ForbiddenTargetError
        If the name has an address that may not receive events, or the URL is unsafe.
    OSError
        If the name cannot be resolved.
    """
    try:
        refuse_unsafe(url, allowed)
    except WebhookError as error:
        raise ForbiddenTargetError from error
    parts = _split(url)
    host, port = parts.hostname or "", _port(parts)
    if host in _LOOPBACK:
        return Target(parts.scheme, host, port, _LOOPBACK[host])
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(each[4][0]).partition("%")[0] for each in found]
    if not all(_may_receive(ipaddress.ip_address(each), allowed) for each in addresses):
        raise ForbiddenTargetError
    return Target(parts.scheme, host, port, addresses[0])


def _may_receive(address: Address, allowed: Iterable[Network]) -> bool:
    mapped = getattr(address, "ipv4_mapped", None)
    if mapped is not None:
        return _may_receive(mapped, allowed)
    if any(address in network for network in allowed):
        return True
    return address.is_global and not address.is_multicast and address not in _TRANSLATED


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError as error:
        raise WebhookError("this is not an address such as https://HOST/PATH") from error


def _port(parts: SplitResult) -> int:
    try:
        port = parts.port
    except ValueError as error:
        raise WebhookError("a port is a number from 1 to 65535") from error
    return _WEB_PORTS.get(parts.scheme, 0) if port is None else port


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
