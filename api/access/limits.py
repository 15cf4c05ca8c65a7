"""How often a caller may ask: a token bucket for each, in this process.

Where a request came from, believing no header that was not written by a trusted proxy.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Callable, Iterable
from time import monotonic

from starlette.types import Scope

from api.core.settings import Network

#: Callers remembered; who was idle longest is forgotten first, with a full bucket.
_MOST_CALLERS = 20_000


class RateLimits:
    """Token buckets: `burst` at once, `per_second` steadily.

    In memory alone: with several workers a caller may ask each of them as often.
    """

    def __init__(
        self, per_second: float, burst: float, clock: Callable[[], float] = monotonic
    ) -> None:
        self._per_second, self._burst, self._clock = per_second, burst, clock
        self._held: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, caller: str) -> float:
        """Take one token of `caller`'s, or return after how many seconds there will be one."""
        now = self._clock()
        tokens, then = self._held.pop(caller, (self._burst, now))
        tokens = min(self._burst, tokens + (now - then) * self._per_second)
        allowed = tokens >= 1
        self._held[caller] = (tokens - 1 if allowed else tokens, now)
        if len(self._held) > _MOST_CALLERS:
            self._held.popitem(last=False)
        return 0.0 if allowed else (1 - tokens) / self._per_second


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
