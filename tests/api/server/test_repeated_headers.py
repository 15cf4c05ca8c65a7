"""Two headers of one name are refused, whatever they say, and lists of proxies are not."""

from __future__ import annotations

import pytest

from api.http.headers import repeats_a_header
from tests.support.fixtures.branch import Branch

ONCE = (
    "Idempotency-Key", "Content-Type", "Authorization", "X-Request-Id", "Host", "Content-Length",
    "User-Agent", "X-Anything", "Cookie",
)  # fmt: skip


def _ask(branch: Branch, *more: tuple[str, str]) -> tuple[int, str]:
    headers = [*branch.headers("officer").items(), *more]
    answer = branch.loop.run_until_complete(branch.client.get("/v1/me", headers=headers))
    return answer.status_code, answer.json().get("type", "")


@pytest.mark.parametrize("name", ONCE)
def test_a_header_that_occurs_twice_is_refused(branch: Branch, name: str) -> None:
    twice = [(name, "1"), (name.lower(), "2")]
    assert _ask(branch, *twice) == (400, "/problems/repeated-header")


def test_a_write_with_two_keys_writes_nothing(branch: Branch) -> None:
    body = {
        "member_id": branch.member["member_id"], "amount_yuan": 4_321, "months": 12,
        "purpose": "inputs",
    }  # fmt: skip
    keys = [("Idempotency-Key", "one"), ("Idempotency-Key", "two")]
    headers = [*branch.headers("officer").items(), *keys]
    sent = branch.client.post("/v1/decisions", json=body, headers=headers)
    answer = branch.loop.run_until_complete(sent)
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/repeated-header")
    with branch.app.state.ledger.read() as view:
        assert not [entry for entry in view.entries_where() if entry.amount_yuan == 4_321]


def test_proxies_may_add_to_their_lists(branch: Branch) -> None:
    more = [("X-Forwarded-For", "192.0.2.1"), ("X-Forwarded-For", "192.0.2.2"), ("Via", "a"),
            ("Via", "b")]  # fmt: skip
    assert _ask(branch, *more) == (200, "")


def test_cookies_that_http_2_splits_are_one_header() -> None:
    cookies = [(b"cookie", b"a=1"), (b"cookie", b"b=2")]
    assert repeats_a_header(cookies)
    assert not repeats_a_header(cookies, "2")
