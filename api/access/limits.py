"""Rate limits: a token bucket for each caller, and the source address of a request."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Callable, Iterable
from time import monotonic

from starlette.types import Scope

from api.core.settings import Network

#: Most callers in memory; the one idle longest is dropped first and later starts with full tokens.
_MAX_CALLERS = 20_000


class RateLimits:
    """Token buckets: `burst` requests at once, `per_second` in the long run.

    Each worker process counts alone, so several workers together allow more.
    """

    def __init__(
        self, per_second: float, burst: float, clock: Callable[[], float] = monotonic
    ) -> None:
        self._per_second, self._burst, self._clock = per_second, burst, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, caller: str) -> float:
        """Take one token of `caller` and return 0, or return the seconds until one is free."""
        now = self._clock()
        tokens, last = self._buckets.pop(caller, (self._burst, now))
        tokens = min(self._burst, tokens + (now - last) * self._per_second)
        allowed = tokens >= 1
        self._buckets[caller] = (tokens - 1 if allowed else tokens, now)
        if len(self._buckets) > _MAX_CALLERS:
            self._buckets.popitem(last=False)
        return 0.0 if allowed else (1 - tokens) / self._per_second

    def give_back(self, caller: str) -> None:
        """Give the token of the last request of `caller` back."""
        if caller in self._buckets:
            tokens, last = self._buckets[caller]
            self._buckets[caller] = min(self._burst, tokens + 1), last


#: An attacker may own a whole /64, so all addresses in it count as one source.
_IPV6_PREFIX = 64
_UNKNOWN = "unknown"


def source_of(scope: Scope, trusted: Iterable[Network]) -> str:
    """Return the address of the client, for IPv6 its /64 network.

    Walks ``X-Forwarded-For`` from its end as long as a trusted proxy wrote the entry; an entry that
    anyone else wrote is not believed.
    """
    client = scope.get("client")
    hop = _address(client[0]) if client else None
    for forwarded in reversed(_forwarded(scope)):
        if hop is None or not any(hop in network for network in trusted):
            break
        hop = _address(forwarded)
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
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
