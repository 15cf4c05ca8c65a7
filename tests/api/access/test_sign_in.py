"""Sign-in: passwords, locks, withdrawn accounts, rate limits and the form."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from api.access import sign_in as sign_in_module
from api.access.account import Account
from api.access.account_cache import AccountCache
from api.access.accounts import Accounts
from api.access.first_run import NewAccount
from api.access.form_route import MAX_FORM_BYTES
from api.access.issuer import Issuer
from api.access.limits import RateLimits, source_of
from api.access.sign_in import (
    LOCK_SECONDS,
    MAX_FAILURES,
    UNKNOWN_ACCOUNT_HASH,
    FailedSignIns,
    SignIn,
    generate_password,
    is_acceptable,
)
from api.core.settings import Settings
from api.http.problem_kinds import TOO_MANY_ATTEMPTS, WRONG_CREDENTIALS
from api.http.problems import ProblemError
from api.server.app import create_app
from tests.support.paths import ROOT


def _refusal(sign_in: SignIn, name: str, password: str) -> str:
    with pytest.raises(ProblemError) as refusal:
        sign_in.account(name, password, "192.0.2.1")
    return refusal.value.kind.name


def test_a_password_opens_its_account_and_no_other(sign_in: SignIn, officer: NewAccount) -> None:
    assert sign_in.account("officer-1", officer.password, "192.0.2.1")
    for name, password in (("officer-1", officer.password + "x"), ("nobody", officer.password)):
        assert _refusal(sign_in, name, password) == WRONG_CREDENTIALS.name


def test_failures_in_a_row_lock_a_name_with_or_without_an_account(
    sign_in: SignIn, officer: NewAccount
) -> None:
    for name in ("officer-1", "no such account"):
        refusals = [_refusal(sign_in, name, "wrong") for _ in range(MAX_FAILURES + 1)]
        assert refusals == [WRONG_CREDENTIALS.name] * MAX_FAILURES + [TOO_MANY_ATTEMPTS.name]
    assert _refusal(sign_in, "officer-1", officer.password) == TOO_MANY_ATTEMPTS.name


def test_parallel_attempts_all_count(accounts: Accounts) -> None:
    attempts, begun = FailedSignIns(accounts.writing), threading.Barrier(8)

    def attempt(_: int) -> bool:
        begun.wait()
        return attempts.begin("officer-1") == 0

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(8))) == MAX_FAILURES


def test_a_lock_ends_by_itself_or_by_the_administrator(accounts: Accounts) -> None:
    now = [1_000_000.0]
    attempts = FailedSignIns(accounts.writing, clock=lambda: now[0])
    for _ in range(MAX_FAILURES):
        assert attempts.begin("a") == attempts.begin("b") == 0
    assert attempts.begin("a") == LOCK_SECONDS
    attempts.succeed("a")
    assert (attempts.begin("a"), attempts.begin("b")) == (0, LOCK_SECONDS)
    now[0] += LOCK_SECONDS
    assert attempts.begin("b") == 0


def test_a_success_resets_the_failures(sign_in: SignIn, officer: NewAccount) -> None:
    for _ in range(2):
        for _ in range(MAX_FAILURES - 1):
            _refusal(sign_in, "officer-1", "wrong")
        assert sign_in.account("officer-1", officer.password, "192.0.2.1")


def test_an_unknown_name_costs_the_same_check_as_a_known_one(
    sign_in: SignIn, officer: NewAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []

    def recorded(password_hash: str, _: str) -> bool:
        checked.append(password_hash)
        return True

    monkeypatch.setattr(sign_in_module, "password_matches", recorded)
    assert _refusal(sign_in, "no such account", "anything") == WRONG_CREDENTIALS.name
    sign_in.account("officer-1", officer.password, "192.0.2.1")
    assert checked[0] == UNKNOWN_ACCOUNT_HASH
    parameters = [re.findall(r"\$argon2id\$v=\d+\$[^$]+", each) for each in checked]
    assert parameters[0] == parameters[1] != []


def test_a_disabled_account_is_refused_as_a_wrong_password(
    sign_in: SignIn, accounts: Accounts, officer: NewAccount
) -> None:
    accounts.change("officer-1", "account_disabled", "test", lambda a: replace(a, is_enabled=False))
    assert _refusal(sign_in, "officer-1", officer.password) == WRONG_CREDENTIALS.name


def test_one_source_is_limited_over_all_names(sign_in: SignIn) -> None:
    sign_in._sources = RateLimits(0.1, 3)
    refusals = [_refusal(sign_in, f"name-{i}", "wrong") for i in range(4)]
    assert refusals == [WRONG_CREDENTIALS.name] * 3 + [TOO_MANY_ATTEMPTS.name]


@pytest.mark.parametrize(
    "change",
    [
        lambda account: replace(account, is_enabled=False),
        lambda account: replace(account, password_hash="another"),
        lambda account: replace(account, places=("371503",)),
    ],
)
def test_a_change_of_the_account_ends_its_tokens_within_seconds(
    accounts: Accounts,
    officer: NewAccount,
    ledger_settings: Settings,
    change: Callable[[Account], Account],
) -> None:
    now, account = [0.0], accounts.find(officer.name)
    assert account
    issuer = Issuer(ledger_settings.home)
    claims = issuer.check(issuer.token(account))

    async def ended() -> None:
        cache = AccountCache(accounts, clock=lambda: now[0])
        assert await cache.account_for(claims)
        accounts.change(officer.name, "account_changed", "test", change)
        now[0] += 2.1
        assert await cache.account_for(claims) is None

    asyncio.run(ended())


def test_a_fresh_account_cache_needs_no_query(
    accounts: Accounts,
    officer: NewAccount,
    ledger_settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account = accounts.find(officer.name)
    assert account
    issuer = Issuer(ledger_settings.home)
    claims = issuer.check(issuer.token(account))

    async def asked() -> None:
        cache = AccountCache(accounts, clock=lambda: 0.0)
        await cache.account_for(claims)
        monkeypatch.setattr(accounts, "all", None)
        for _ in range(100):
            assert await cache.account_for(claims)

    asyncio.run(asked())


def test_a_password_is_changed_by_its_owner_alone(
    sign_in: SignIn, accounts: Accounts, officer: NewAccount
) -> None:
    chosen = "a longer sentence"
    with pytest.raises(ProblemError):
        sign_in.change_password("officer-1", "wrong", chosen, "192.0.2.1")
    for unfit in ("short", "x" * 129, "my officer-1 password", officer.password):
        with pytest.raises(ProblemError):
            sign_in.change_password("officer-1", officer.password, unfit, "192.0.2.1")
    sign_in.change_password("officer-1", officer.password, chosen, "192.0.2.1")
    assert sign_in.account("officer-1", chosen, "192.0.2.1")
    assert _refusal(sign_in, "officer-1", officer.password) == WRONG_CREDENTIALS.name


def test_generated_passwords_are_long_acceptable_and_unique() -> None:
    made = {generate_password() for _ in range(200)}
    assert len(made) == 200
    assert all(len(each.replace("-", "")) == 20 and is_acceptable(each, "admin") for each in made)


def test_each_caller_is_limited_alone_and_gets_a_waiting_time() -> None:
    now = [0.0]
    buckets = RateLimits(2, 3, clock=lambda: now[0])
    assert [buckets.wait("a") for _ in range(4)] == [0, 0, 0, 0.5]
    assert buckets.wait("b") == 0
    now[0] += 0.5
    assert (buckets.wait("a"), buckets.wait("a")) == (0, 0.5)


def _source(client: str, forwarded: str, *trusted: str) -> str:
    headers = [(b"x-forwarded-for", forwarded.encode()), (b"x-real-ip", b"203.0.113.9")]
    networks = [ipaddress.ip_network(each) for each in trusted]
    return source_of({"client": (client, 1), "headers": headers}, networks)


def test_a_forwarded_address_is_believed_from_trusted_proxies_alone() -> None:
    assert _source("192.0.2.1", "198.51.100.7") == "192.0.2.1"
    assert _source("10.0.0.1", "198.51.100.7", "10.0.0.0/8") == "198.51.100.7"
    assert _source("10.0.0.1", "1.2.3.4, 198.51.100.7", "10.0.0.0/8") == "198.51.100.7"
    assert _source("10.0.0.1", "1.2.3.4, 198.51.100.7, 10.0.0.2", "10.0.0.0/8") == "198.51.100.7"
    assert _source("10.0.0.1", "\r\nx", "10.0.0.0/8") == "unknown"
    assert _source("2001:db8::1", "") == _source("2001:db8::ffff", "") == "2001:db8::/64"


def test_the_product_contains_no_password() -> None:
    root = ROOT
    written = re.compile(
        r"""(?i)\b(?:password|passwd|secret)\b["']?\s*[:=]\s*["'][^"'{}$ ]{3,}["']"""
    )
    for room in ("api", "cli", "data", "model"):
        for file in (root / room).rglob("*.py"):
            found = written.findall(file.read_text(encoding="utf-8"))
            assert not [each for each in found if "oauth2" not in each], file


FORM = "application/x-www-form-urlencoded"
FORMS: dict[str, tuple[str, str, int]] = {
    "wrong": ("grant_type=password&username=a&password=999901197001010014", FORM, 400),
    "another grant": ("grant_type=client_credentials&username=a&password=b", FORM, 422),
    "rights": ("grant_type=password&username=a&password=b&roles=admin", FORM, 422),
    "a field twice": ("grant_type=password&username=a&username=b&password=c", FORM, 400),
    "no password": ("grant_type=password&username=a", FORM, 422),
    "too large": ("grant_type=password&username=" + "a" * MAX_FORM_BYTES, FORM, 413),
    "a long name": (f"grant_type=password&password=b&username={'a' * 65}", FORM, 422),
    "JSON": ('{"username": "a"}', "application/json", 415),
    "several parts": ("--x", "multipart/form-data; boundary=x", 415),
    "NUL": ("grant_type=password&username=%00&password=%00", FORM, 400),
    "half a character": ("grant_type=password&username=%ff%fe&password=b", FORM, 400),
}


def test_an_invalid_form_is_a_typed_problem_that_repeats_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async def asked() -> None:
        app = create_app(Settings(tmp_path))
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://s") as client,
        ):
            for named, (body, kind, status) in FORMS.items():
                headers = {"content-type": kind}
                answer = await client.post("/v1/token", content=body, headers=headers)
                assert answer.status_code == status, named
                assert answer.headers["content-type"] == "application/problem+json"
                assert "999901197001010014" not in answer.text

    asyncio.run(asked())
    assert "999901197001010014" not in "".join(capfd.readouterr())


def test_right_sign_ins_at_once_are_never_refused_as_guesses(
    sign_in: SignIn, officer: NewAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = threading.Barrier(12)
    # Every check takes long enough for all attempts to have begun.
    monkeypatch.setattr(sign_in, "_slots", threading.BoundedSemaphore(12))

    def slow(password_hash: str, password: str) -> bool:
        time.sleep(0.3)
        return password == officer.password

    monkeypatch.setattr(sign_in_module, "password_matches", slow)

    def attempt(_: int) -> str:
        begun.wait()
        return sign_in.account("officer-1", officer.password, "192.0.2.1")

    with ThreadPoolExecutor(12) as pool:
        assert all(pool.map(attempt, range(12)))


def test_wrong_sign_ins_at_once_are_still_limited(
    sign_in: SignIn, officer: NewAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, checked = threading.Barrier(12), []
    monkeypatch.setattr(sign_in, "_slots", threading.BoundedSemaphore(12))

    def wrong(password_hash: str, password: str) -> bool:
        checked.append(password)
        time.sleep(0.1)
        return False

    monkeypatch.setattr(sign_in_module, "password_matches", wrong)

    def attempt(n: int) -> str:
        begun.wait()
        return _refusal(sign_in, "officer-1", f"guess-{n}")

    with ThreadPoolExecutor(12) as pool:
        refusals = list(pool.map(attempt, range(12)))
    assert len(checked) == MAX_FAILURES
    assert refusals.count(TOO_MANY_ATTEMPTS.name) == 12 - MAX_FAILURES


def test_an_office_behind_one_address_may_sign_in_at_once(
    sign_in: SignIn, officer: NewAccount
) -> None:
    sign_in._sources = RateLimits(0.1, 3)
    assert all(sign_in.account("officer-1", officer.password, "192.0.2.1") for _ in range(6))
    refusals = [_refusal(sign_in, f"name-{i}", "wrong") for i in range(4)]
    assert refusals[-1] == TOO_MANY_ATTEMPTS.name
