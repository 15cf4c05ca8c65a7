"""What an identity provider says of itself (OpenID Connect Discovery 1.0), and asking it."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Any

from api.access.oidc import AWAY, FETCH_SECONDS, FRESH_SECONDS, RETRY_SECONDS, fetch, provider_away
from api.access.tokens import TokenRefusedError
from api.core.log import log
from api.core.settings import is_private_address
from api.http.problems import ProblemError

_PATH = "/.well-known/openid-configuration"
#: Threads that wait for the provider; a provider that hangs stops nothing but sign-ins.
_THREADS = 4


class Discovery:
    """The description of the provider with the address `issuer`, and questions to it."""

    def __init__(self, issuer: str, clock: Callable[[], float] = monotonic) -> None:
        self._issuer, self._clock = issuer, clock
        self._threads = ThreadPoolExecutor(_THREADS, "provider")
        self._one = asyncio.Lock()
        self._known: Mapping[str, Any] | None = None
        self._read_at = self._failed_at = float("-inf")

    async def described(self) -> Mapping[str, Any]:
        """Return the description, read again once it is `FRESH_SECONDS` old.

        Raises
        ------
        ProblemError
            503 if the provider is away, was away within `RETRY_SECONDS`, describes another issuer,
            or takes no challenge of the kind S256.
        """
        async with self._one:
            if self._known is not None and self._clock() - self._read_at < FRESH_SECONDS:
                return self._known
            if self._clock() - self._failed_at < RETRY_SECONDS:
                raise provider_away()
            try:
                self._known = await self._read()
            except ProblemError:
                self._failed_at = self._clock()
                raise
            self._read_at = self._clock()
            return self._known

    async def endpoint(self, name: str) -> str:
        """Return the address of an endpoint, such as ``token_endpoint``; see `described`."""
        address = (await self.described()).get(name)
        if not isinstance(address, str) or not is_private_address(address):
            raise _unfit(name)
        return address

    async def ask(self, asked: urllib.request.Request) -> Mapping[str, Any]:
        """Return the JSON object that the provider answers.

        Raises
        ------
        TokenRefusedError
            If it refuses what was sent.
        ProblemError
            503 if it is away, or answers something else.
        """
        answering = asyncio.get_running_loop().run_in_executor(self._threads, fetch, asked)
        try:
            found = json.loads(await asyncio.wait_for(answering, FETCH_SECONDS))
        except urllib.error.HTTPError as error:
            if 400 <= error.code < 500 and asked.data is not None:
                raise TokenRefusedError("refused by the provider") from error
            raise _unfit(f"status {error.code}") from error
        except (TimeoutError, RecursionError, *AWAY) as error:
            raise _unfit(type(error).__qualname__) from error
        if not isinstance(found, dict):
            raise _unfit("answer")
        return found

    async def _read(self) -> Mapping[str, Any]:
        address = self._issuer.rstrip("/") + _PATH
        found = await self.ask(urllib.request.Request(address))
        if found.get("issuer") != self._issuer:
            raise _unfit("issuer")
        kinds = found.get("code_challenge_methods_supported", ["S256"])
        if not isinstance(kinds, list) or "S256" not in kinds:
            raise _unfit("challenge")
        return found

    def close(self) -> None:
        """Wait for nobody any more."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _unfit(why: str) -> ProblemError:
    log.warning("refused", part="provider", error=why)
    return provider_away()
