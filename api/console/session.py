"""The session of a browser: a cookie that holds the token, and the tokens of its forms.

The cookie is the only place that holds the token: scripts cannot read it, other sites cannot cause
it to be sent, and it ends when the token does. A form carries a digest of it, so a form of another
session or of another site is not accepted.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

Language = Literal["zh", "en"]
_SESSION, _VISIT, _LANGUAGE, _NEXT = "session", "visit", "language", "next"
_YEAR_SECONDS = 365 * 24 * 3600
#: How long the address that somebody wanted before signing in is kept.
_NEXT_SECONDS = 15 * 60
#: Only browsers on this machine may hold a session without TLS: a demo, a test.
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True)
class Session:
    """The cookies of a request.

    Attributes
    ----------
    token : str or None
        The bearer token; None before sign-in and after its end.
    visit : str
        A random value for the forms of a browser that is not signed in.
    """

    request: Request

    @property
    def token(self) -> str | None:
        """The bearer token of the session; None before sign-in and after its end."""
        return self._cookie(_SESSION)

    @property
    def visit(self) -> str | None:
        """The random value of a browser that is not signed in; None at its first request."""
        return self._cookie(_VISIT)

    @property
    def language(self) -> Language:
        """The language of the pages: Chinese unless the reader chose English."""
        return "en" if self._cookie(_LANGUAGE) == "en" else "zh"

    @property
    def next_path(self) -> str | None:
        """The page that was wanted before signing in."""
        return inner_path(self._cookie(_NEXT))

    @property
    def is_same_origin(self) -> bool:
        """Whether the request came from a page of this host, as far as the browser tells."""
        headers = self.request.headers
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site in ("same-origin", "none")
        origin = headers.get("origin")
        return origin is None or urlsplit(origin).netloc == headers.get("host")

    def begin(self, response: Response, token: str, seconds: int) -> None:
        """Set the cookie of a session that holds `token` for `seconds`."""
        self._set(response, _SESSION, token, seconds)
        self._delete(response, _NEXT)

    def end(self, response: Response) -> None:
        """Remove the cookie of the session."""
        self._delete(response, _SESSION)

    def remember_visit(self, response: Response, visit: str) -> None:
        """Set the random value of a browser that is not signed in; it ends with the browser."""
        self._set(response, _VISIT, visit, None)

    def remember_next(self, response: Response, path: str) -> None:
        """Keep the address of the page to show after sign-in."""
        self._set(response, _NEXT, path, _NEXT_SECONDS)

    def choose_language(self, response: Response, language: Language) -> None:
        """Keep the reader's language."""
        self._set(response, _LANGUAGE, language, _YEAR_SECONDS)

    @property
    def _is_secure(self) -> bool:
        return self.request.url.hostname not in _LOOPBACK

    def _name(self, name: str) -> str:
        # With this prefix a browser refuses a cookie that another host of the domain set.
        return f"__Host-rongzi-{name}" if self._is_secure else f"rongzi-{name}"

    def _cookie(self, name: str) -> str | None:
        return self.request.cookies.get(self._name(name)) or None

    def _set(self, response: Response, name: str, value: str, seconds: int | None) -> None:
        response.set_cookie(
            self._name(name), value, max_age=seconds, path="/", secure=self._is_secure,
            httponly=True, samesite="strict",
        )  # fmt: skip

    def _delete(self, response: Response, name: str) -> None:
        response.delete_cookie(
            self._name(name), path="/", secure=self._is_secure, httponly=True, samesite="strict"
        )


def new_visit() -> str:
    """Return a random value for a browser that is not signed in."""
    return secrets.token_urlsafe(24)


def form_token(secret: str) -> str:
    """Return the token of the forms of the session or visit that has `secret`."""
    return hmac.new(secret.encode(), b"rongzi console form", hashlib.sha256).hexdigest()


def is_form_token(given: str, secret: str | None) -> bool:
    """Return whether `given` is the token of the forms of the session that has `secret`."""
    expected = form_token(secret) if secret else ""
    return bool(expected) and hmac.compare_digest(given.encode(), expected.encode())


def inner_path(path: str | None) -> str | None:
    """Return `path` if it is the path of a page of the console; else None."""
    if not path or not path.startswith("/console/") or "\\" in path or len(path) > 300:
        return None
    parts = urlsplit(path)
    return path if not parts.scheme and not parts.netloc and path.isprintable() else None
