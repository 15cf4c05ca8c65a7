"""Where a request came from, believing no header that was not written by a trusted proxy."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from starlette.types import Scope

from api.access.settings import Network

#: An attacker may hold a whole /64; an address in it is no other source.
_IPV6_PREFIX = 64
_UNKNOWN = "unknown"


def source_of(scope: Scope, trusted: Iterable[Network]) -> str:
    """Return the address that asks, an IPv6 one by its /64.

    Walks ``X-Forwarded-For`` from its end for as long as the hop that wrote an entry is trusted.
    """
    client = scope.get("client")
    hop = _address(client[0]) if client else None
    for written in reversed(_forwarded(scope)):
        if hop is None or not any(hop in network for network in trusted):
            break
        hop = _address(written)
    if hop is None:
        return _UNKNOWN
    if hop.version == 6:
        return str(ipaddress.ip_network((hop, _IPV6_PREFIX), strict=False))
    return str(hop)


def _forwarded(scope: Scope) -> list[str]:
    lines = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
    return [part.strip() for line in lines for part in line.decode("latin-1").split(",")]


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = getattr(found, "ipv4_mapped", None)
    return mapped or found
