"""The session of a browser: cookies that hold its tokens, and the tokens of its forms.

Only cookies hold the access token and the refresh token: scripts cannot read them, other sites
cannot cause them to be sent, and they end when the tokens do. A third cookie holds a random value,
a new one at each sign-in. A form carries a digest of that value and of the account, so a form of
another sign-in, of another account or of another site is not accepted.

Two cookies come along from another site too: the language, and the attempt to sign in at an
identity provider, which sends the browser back from there.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from api.access.schemas import TokenShape

Language = Literal["zh", "en"]
_SESSION, _REFRESH, _VISIT = "session", "refresh", "visit"
_LANGUAGE, _NEXT, _DONE, _ATTEMPT = "language", "next", "done", "attempt"
_FROM_OTHER_SITES = frozenset({_LANGUAGE, _ATTEMPT})
_YEAR_SECONDS = 365 * 24 * 3600
#: How long the address that somebody wanted before signing in is kept.
_NEXT_SECONDS = 15 * 60
#: How long what a form did is kept for the page after it.
_DONE_SECONDS = 60
#: How long somebody may take to sign in at the identity provider.
_ATTEMPT_SECONDS = 10 * 60
#: Only browsers on this machine may hold a session without TLS: a demo, a test.
_LOOPBACK = re.compile(r"(?:127\.0\.0\.1|localhost|\[::1\])(?::[0-9]{1,5})?")


@dataclass(frozen=True)
class Session:
    """The cookies of a request."""

    request: Request

    @property
    def token(self) -> str | None:
        """The bearer token of the session; None before sign-in and after its end."""
        return self._cookie(_SESSION)

    @property
    def visit(self) -> str | None:
        """The random value that forms are signed with; None at a browser's first request."""
        return self._cookie(_VISIT)

    @property
    def refresh_token(self) -> str | None:
        """The token to renew the session with; None before sign-in and once it is over."""
        return self._cookie(_REFRESH)

    @property
    def is_begun(self) -> bool:
        """Whether the browser brought a session along; not behind a link of another site."""
        return self.token is not None or self.refresh_token is not None

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

    def keep(self, response: Response, tokens: TokenShape) -> None:
        """Set the cookies of a session, which end when its tokens do."""
        self._set(response, _SESSION, tokens.access_token, tokens.expires_in)
        self._set(response, _REFRESH, tokens.refresh_token, tokens.refresh_expires_in)

    def keep_access(self, response: Response, token: str, seconds: int) -> None:
        """Set the cookie of a session that the identity provider renews, not this service."""
        self._set(response, _SESSION, token, seconds)
        self._delete(response, _REFRESH)

    @property
    def attempt(self) -> str | None:
        """The attempt to sign in at the identity provider that this browser began."""
        return self._cookie(_ATTEMPT)

    def remember_attempt(self, response: Response, attempt: str) -> None:
        """Keep an attempt, which the browser brings back from the identity provider's site.

        A cookie of the host alone has no path of its own; one with a path could be set by another
        host of the domain, which could so have a browser finish an attempt of its own.
        """
        self._set(response, _ATTEMPT, attempt, _ATTEMPT_SECONDS)

    def forget_attempt(self, response: Response) -> None:
        """Forget the attempt: it takes one answer, whatever that is."""
        self._delete(response, _ATTEMPT)

    def end(self, response: Response) -> None:
        """Remove the cookies of the session."""
        self._delete(response, _SESSION)
        self._delete(response, _REFRESH)

    def remember_visit(self, response: Response, visit: str) -> None:
        """Set the random value that forms are signed with; it ends with the browser."""
        self._set(response, _VISIT, visit, None)

    def forget_next(self, response: Response) -> None:
        """Forget the page that was wanted before signing in."""
        self._delete(response, _NEXT)

    def remember_next(self, response: Response, path: str) -> None:
        """Keep the address of the page to show after sign-in."""
        self._set(response, _NEXT, path, _NEXT_SECONDS)

    @property
    def done(self) -> str | None:
        """What the form before this page did, by its key of `api.console.done.DONE`."""
        return self._cookie(_DONE)

    def remember_done(self, response: Response, done: str) -> None:
        """Keep what a form did until the page after it says so."""
        self._set(response, _DONE, done, _DONE_SECONDS)

    def forget_done(self, response: Response) -> None:
        """Forget what a form did: a page has said it."""
        self._delete(response, _DONE)

    def choose_language(self, response: Response, language: Language) -> None:
        """Keep the reader's language."""
        self._set(response, _LANGUAGE, language, _YEAR_SECONDS)

    @property
    def _is_secure(self) -> bool:
        return _LOOPBACK.fullmatch(self.request.headers.get("host", "")) is None

    def _name(self, name: str) -> str:
        # With this prefix a browser refuses a cookie that another host of the domain set.
        return f"__Host-rongzi-{name}" if self._is_secure else f"rongzi-{name}"

    def _cookie(self, name: str) -> str | None:
        return self.request.cookies.get(self._name(name)) or None

    def _set(self, response: Response, name: str, value: str, seconds: int | None) -> None:
        response.set_cookie(
            self._name(name), value, max_age=seconds, path="/", secure=self._is_secure,
            httponly=True, samesite="lax" if name in _FROM_OTHER_SITES else "strict",
        )  # fmt: skip

    def _delete(self, response: Response, name: str) -> None:
        response.delete_cookie(
            self._name(name), path="/", secure=self._is_secure, httponly=True, samesite="strict"
        )


def new_visit() -> str:
    """Return a random value for the forms of a browser."""
    return secrets.token_urlsafe(24)


def form_token(visit: str, account: str) -> str:
    """Return the token of the forms of a browser with the value `visit`, used by `account`."""
    return hmac.new(visit.encode(), f"form {account}".encode(), hashlib.sha256).hexdigest()


def is_form_token(given: str, visit: str, account: str) -> bool:
    """Return whether `given` is the token of such a form."""
    return hmac.compare_digest(given.encode(), form_token(visit, account).encode())


def inner_path(path: str | None) -> str | None:
    """Return `path` if it is the path of a page of the console; else None."""
    if not path or not path.startswith("/console/") or "\\" in path or len(path) > 300:
        return None
    parts = urlsplit(path)
    return path if not parts.scheme and not parts.netloc and path.isprintable() else None
