"""One decision requested from the real service over HTTP, as a loan officer would."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.access.first_run import NewAccount, first_accounts
from cli.options import settings_of
from model.errors import RongziError

#: A service that starts at all is ready well within this time.
_TIMEOUT_SECONDS = 60


@dataclass(frozen=True)
class Trial:
    """A request with its answer, the officer who sent it, and the accounts of the demo."""

    request: dict[str, Any]
    answer: dict[str, Any]
    officer: NewAccount
    accounts: list[NewAccount]


def decide_over_http(home: Path) -> Trial:
    """Create the demo's accounts, sign in to the service as an officer, and request a decision.

    The whitelist shows an officer only their own county, so the member is of that county.

    Raises
    ------
    RongziError
        If the service does not become ready, or does not answer, or nobody has an offer.
    """
    accounts = first_accounts(settings_of(home), demo=True)
    officer = next(each for each in accounts if "officer" in each.roles)
    with _service(home) as base:
        _wait_until_ready(base)
        headers = _sign_in(base, officer)
        pages = (
            _json(f"{base}/v1/whitelist?tier={tier}&page_size=100", headers)
            for tier in ("FIRST", "SECOND")
        )
        offers = (row for page in pages for row in page["rows"] if row["limit_yuan"])
        member = next(offers, None)
        if member is None:
            raise RongziError(
                "nobody has an offer: a card of so few members ranks too little;"
                " give the demo more --members"
            )
        request = {
            "member_id": member["member_id"],
            "amount_yuan": member["limit_yuan"],
            "months": member["months"],
            "purpose": "inputs",
        }
        answer = _json(f"{base}/v1/decisions", headers, request)
        return Trial(request, answer, officer, accounts)


def _sign_in(base: str, account: NewAccount) -> dict[str, str]:
    form = {"grant_type": "password", "username": account.name, "password": account.password}
    with urllib.request.urlopen(
        f"{base}/v1/token", urllib.parse.urlencode(form).encode(), timeout=10
    ) as answer:
        return {"Authorization": f"Bearer {json.load(answer)['access_token']}"}


@contextmanager
def _service(home: Path) -> Iterator[str]:
    port = _free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "cli.main", "serve", "--port", str(port), "--home", str(home)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(base: str) -> None:
    deadline = time.monotonic() + _TIMEOUT_SECONDS
    while True:
        try:
            _json(f"{base}/ready", {})
            return
        except (OSError, urllib.error.URLError) as error:
            if time.monotonic() > deadline:
                raise RongziError(f"the service did not become ready: {error}") from error
            time.sleep(0.2)


def _json(url: str, headers: dict[str, str], body: dict[str, Any] | None = None) -> dict[str, Any]:
    post_headers = {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
    request = urllib.request.Request(
        url,
        None if body is None else json.dumps(body).encode(),
        headers if body is None else headers | post_headers,
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        payload: dict[str, Any] = json.load(answer)
        return payload
