"""Headers that occur twice.

Two readers of one request may each take another one of two headers: a proxy the first, the service
the last. So a request with two of one name is refused, unless HTTP lets a client or a proxy send
that header in several lines (RFC 9110, section 5.3).
"""

from __future__ import annotations

from collections.abc import Sequence

#: Lists that clients and proxies send in several lines, none of which decides what a write does.
REPEATABLE = frozenset(
    {
        b"accept", b"accept-charset", b"accept-encoding", b"accept-language", b"cache-control",
        b"connection", b"forwarded", b"via", b"x-forwarded-for",
    }
)  # fmt: skip


#: HTTP/2 splits one header of cookies into several (RFC 9113, section 8.2.3); HTTP/1.1 does not.
_SPLIT_COOKIES = ("2", "3")


def repeats_a_header(headers: Sequence[tuple[bytes, bytes]], http_version: str = "1.1") -> bool:
    """Return whether a header occurs twice that may occur once; names are in lower case."""
    names = [name for name, _ in headers]
    if len(set(names)) == len(names):
        return False
    may = REPEATABLE | {b"cookie"} if http_version in _SPLIT_COOKIES else REPEATABLE
    once = [name for name in names if name not in may]
    return len(set(once)) < len(once)
