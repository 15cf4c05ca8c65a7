"""The token in a request: in the ``Authorization`` header, once, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable

from api.access.token_check import MOST_TOKEN_CHARACTERS, TokenRefusedError

_SCHEME = b"bearer "


def bearer_token(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """Return the bearer token (RFC 6750, section 2.1) among raw `headers`.

    Raises
    ------
    TokenRefusedError
        If there is no such header, or two, or it is no bearer token, or it is too long.
    """
    given = [value for name, value in headers if name == b"authorization"]
    if len(given) != 1 or given[0][: len(_SCHEME)].lower() != _SCHEME:
        raise TokenRefusedError("no bearer token")
    token = given[0][len(_SCHEME) :]
    if len(token) > MOST_TOKEN_CHARACTERS or not token.isascii():
        raise TokenRefusedError("size")
    return token.decode("ascii")
