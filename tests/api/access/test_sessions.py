"""Sessions: tokens refreshed once each, ended by their owner or an administrator, on record."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from sqlalchemy import create_engine, update

from api.access.account import Account
from api.access.account_cache import AccountCache
from api.access.accounts import Accounts
from api.access.first_run import NewAccount, create_account
from api.access.issuer import Issuer, key_name, token_key
from api.access.sessions import Sessions, Tokens
from api.access.sign_in import SignIn
from api.access.tokens import TokenRefusedError
from api.core.settings import Settings
from api.http.problems import ProblemError
from api.ledger.database import Location
from api.ledger.tables import sessions as session_table
from api.server.app import create_app
from api.verify.verify import verify_ledger
from tests.support.tampering.tables import rows_in

DAY = 24 * 3600


@pytest.fixture
def account(accounts: Accounts, officer: NewAccount) -> Account:
    found = accounts.find(officer.name)
    assert found
    return found


def refused(step: Callable[[], object]) -> str:
    with pytest.raises(ProblemError) as refusal:
        step()
    return refusal.value.kind.name


class Clock:
    """A clock that tests set forward."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


def test_a_refresh_gives_tokens_of_the_same_session(
    sessions: Sessions, account: Account, ledger_settings: Settings
) -> None:
    first = sessions.start(account)
    second = sessions.refresh(first.refresh_token)
    claims = [Issuer(ledger_settings.home).check(each.access_token) for each in (first, second)]
    assert [each.session for each in claims] == [first.session_id] * 2
    assert first.refresh_token != second.refresh_token
    assert sessions.refresh(second.refresh_token).session_id == first.session_id


def test_a_copied_refresh_token_ends_the_session_for_thief_and_owner(
    sessions: Sessions, account: Account, ledger_settings: Settings
) -> None:
    stolen = sessions.start(account)
    owner = sessions.refresh(stolen.refresh_token)
    other = sessions.start(account)
    assert refused(lambda: sessions.refresh(stolen.refresh_token)) == "session-over"
    assert refused(lambda: sessions.refresh(owner.refresh_token)) == "session-over"
    assert [each.session_id for each in sessions.of(account.name)] == [other.session_id]
    assert _audited(ledger_settings, "session_reused") == [(account.name, owner.session_id)]


def test_of_two_refreshes_at_once_one_wins_and_the_session_ends(
    sessions: Sessions, account: Account
) -> None:
    from concurrent.futures import ThreadPoolExecutor

    tokens = sessions.start(account)

    def attempt(_: int) -> Tokens | None:
        try:
            return sessions.refresh(tokens.refresh_token)
        except ProblemError:
            return None

    with ThreadPoolExecutor(6) as pool:
        won = [each for each in pool.map(attempt, range(6)) if each]
    assert len(won) == 1
    assert refused(lambda: sessions.refresh(won[0].refresh_token)) == "session-over"


def test_a_session_ends_when_left_alone_and_after_a_working_day(
    accounts: Accounts, account: Account, ledger_settings: Settings
) -> None:
    clock = Clock()
    sessions = Sessions(accounts, Issuer(ledger_settings.home), clock)
    idle = sessions.start(account)
    assert (idle.expires_in, idle.refresh_expires_in) == (900, 1800)
    clock.now += 1_800
    assert refused(lambda: sessions.refresh(idle.refresh_token)) == "session-over"
    tokens, began = sessions.start(account), clock.now
    while clock.now < began + 12 * 3600 - 1_700:
        clock.now += 1_700
        tokens = sessions.refresh(tokens.refresh_token)
    clock.now = began + 12 * 3600
    assert refused(lambda: sessions.refresh(tokens.refresh_token)) == "session-over"
    assert sessions.of(account.name) == []


def test_rows_of_old_sessions_are_removed(
    accounts: Accounts, account: Account, ledger_settings: Settings
) -> None:
    clock = Clock()
    sessions = Sessions(accounts, Issuer(ledger_settings.home), clock)
    sessions.start(account)
    clock.now += 2 * DAY
    sessions.start(account)
    with accounts.reading.connect() as connection:
        assert len(rows_in(connection, session_table)) == 1


def test_an_ended_session_opens_nothing_within_seconds(
    accounts: Accounts, sessions: Sessions, account: Account, ledger_settings: Settings
) -> None:
    tokens, other, now = sessions.start(account), sessions.start(account), [0.0]
    issuer = Issuer(ledger_settings.home)
    ended, living = (issuer.check(each.access_token) for each in (tokens, other))

    async def asked() -> None:
        cache = AccountCache(accounts, clock=lambda: now[0])
        assert await cache.account_for(ended)
        sessions.end(tokens.session_id, account.name, of=account.name)
        now[0] += 2.1
        assert await cache.account_for(ended) is None
        assert await cache.account_for(living)

    asyncio.run(asked())
    assert refused(lambda: sessions.refresh(tokens.refresh_token)) == "session-over"
    assert sessions.refresh(other.refresh_token)
    assert verify_ledger(Location.of(ledger_settings)).is_sound


@pytest.mark.parametrize(
    "change",
    [lambda a: replace(a, is_enabled=False), lambda a: replace(a, password_hash="another")],
)
def test_a_change_of_the_account_ends_its_sessions(
    accounts: Accounts,
    sessions: Sessions,
    account: Account,
    change: Callable[[Account], Account],
) -> None:
    tokens = sessions.start(account)
    accounts.change(account.name, "account_changed", "test", change)
    assert refused(lambda: sessions.refresh(tokens.refresh_token)) == "session-over"
    assert sessions.of(account.name) == []


def test_nobody_ends_the_session_of_another_account(sessions: Sessions, account: Account) -> None:
    tokens = sessions.start(account)
    foreign = refused(lambda: sessions.end(tokens.session_id, "officer-2", of="officer-2"))
    absent = refused(lambda: sessions.end("0" * 36, "officer-2", of="officer-2"))
    assert foreign == absent == "unknown-session"
    assert sessions.refresh(tokens.refresh_token)


def test_an_administrator_ends_every_session_of_an_account_on_record(
    sessions: Sessions, account: Account, ledger_settings: Settings
) -> None:
    ids = {sessions.start(account).session_id for _ in range(3)}
    assert sessions.end_all(account.name, "admin") == 3
    assert sessions.end_all(account.name, "admin") == 0
    ended = _audited(ledger_settings, "session_ended")
    assert sorted(ended) == sorted((account.name, each) for each in ids)


def test_neither_kind_of_token_stands_for_the_other(
    sessions: Sessions, account: Account, ledger_settings: Settings
) -> None:
    tokens, issuer = sessions.start(account), Issuer(ledger_settings.home)
    with pytest.raises(TokenRefusedError):
        issuer.check(tokens.refresh_token)
    assert refused(lambda: sessions.refresh(tokens.access_token)) == "session-over"


def test_a_refresh_token_that_this_home_did_not_sign_is_refused(
    sessions: Sessions, account: Account, ledger_settings: Settings, tmp_path: Path
) -> None:
    tokens = sessions.start(account)
    claims = jwt.decode(tokens.refresh_token, options={"verify_signature": False})
    key, foreign = token_key(ledger_settings.home), token_key(tmp_path / "other")

    def forged(secret: Any, **changed: object) -> str:
        header = {"typ": "rt+jwt", "kid": key_name(key)}
        return jwt.encode(claims | changed, secret, algorithm="EdDSA", headers=header)

    unsigned = jwt.encode(claims, None, algorithm="none", headers={"typ": "rt+jwt"})
    for bad in (
        forged(foreign),
        unsigned,
        forged(key, sid="0" * 36),
        forged(key, sub="officer-2"),
        forged(key, gen="0"),
        forged(key, gen=True),
        forged(key, exp=claims["exp"] + 30 * DAY),
        "x" * 20_000,
        "",
    ):
        assert refused(partial(sessions.refresh, bad)) == "session-over"
    assert sessions.refresh(tokens.refresh_token)


def test_a_session_written_beside_the_service_opens_nothing(
    sessions: Sessions, account: Account, accounts: Accounts, ledger_settings: Settings
) -> None:
    """Who can write the database, but holds no token and no key, gets no session."""
    create_account(accounts, [("admin", ("admin",), ("",))])
    tokens = sessions.start(account)
    engine = create_engine(Location.of(ledger_settings).url)
    with engine.begin() as connection:
        connection.execute(update(session_table).values(account="admin", generation=0))
    engine.dispose()
    assert refused(lambda: sessions.refresh(tokens.refresh_token)) == "session-over"


def test_a_session_refreshes_no_faster_than_people_work(
    sessions: Sessions, account: Account
) -> None:
    tokens = sessions.start(account)
    for _ in range(10):
        tokens = sessions.refresh(tokens.refresh_token)
    assert refused(lambda: sessions.refresh(tokens.refresh_token)) == "too-many-requests"


def _audited(settings: Settings, event: str) -> list[tuple[str, str]]:
    from api.ledger.tables import accesses

    engine = create_engine(Location.of(settings).url)
    with engine.connect() as connection:
        found = [
            (row["account"], row["detail"])
            for row in rows_in(connection, accesses)
            if row["route"] == event
        ]
    engine.dispose()
    return found


def test_over_http_sessions_are_begun_refreshed_listed_and_ended(
    published_home: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(published_home, home)
    with closing(Accounts(Settings(home))) as accounts:
        accounts.prepare()
        wang, li, admin = create_account(
            accounts,
            [("wang", ("officer",), ("371502",)), ("li", ("officer",), ("371502",)),
             ("admin", ("admin",), ("",))],
        )  # fmt: skip

    async def asked() -> None:
        app = create_app(Settings(home))
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://s") as client,
        ):

            async def signed_in(who: NewAccount) -> dict[str, str]:
                form = {"grant_type": "password", "username": who.name, "password": who.password}
                answer = await client.post("/v1/token", data=form)
                assert answer.status_code == 200, answer.text
                found: dict[str, str] = answer.json()
                return found

            async def refreshed(token: str) -> httpx.Response:
                form = {"grant_type": "refresh_token", "refresh_token": token}
                return await client.post("/v1/token", data=form)

            def bearing(tokens: dict[str, str]) -> dict[str, str]:
                return {"Authorization": f"Bearer {tokens['access_token']}"}

            one, two, other = await signed_in(wang), await signed_in(wang), await signed_in(li)
            again = await refreshed(one["refresh_token"])
            assert again.status_code == 200
            assert again.json()["session_id"] == one["session_id"]
            mine = (await client.get("/v1/sessions", headers=bearing(one))).json()
            assert {each["session_id"]: each["is_current"] for each in mine} == {
                one["session_id"]: True, two["session_id"]: False,
            }  # fmt: skip
            foreign = f"/v1/sessions/{other['session_id']}/end"
            assert (await client.post(foreign, headers=bearing(one))).status_code == 404
            own = f"/v1/sessions/{two['session_id']}/end"
            assert (await client.post(own, headers=bearing(one))).status_code == 204
            assert (await refreshed(two["refresh_token"])).json()["error"] == "invalid_grant"
            out = await client.post("/v1/logout", headers=bearing(one))
            assert out.status_code == 204
            over = await refreshed(again.json()["refresh_token"])
            assert (over.status_code, over.json()["type"]) == (400, "/problems/session-over")
            head = bearing(await signed_in(admin))
            address = "/v1/accounts/li/sessions"
            assert (await client.get(address, headers=bearing(other))).status_code == 403
            (seen,) = (await client.get(address, headers=head)).json()
            assert seen["session_id"] == other["session_id"]
            ended = await client.post(f"{address}/end", headers=head)
            assert ended.json() == {"ended": 1}
            await asyncio.sleep(2.2)
            assert (await client.get("/v1/me", headers=bearing(other))).status_code == 401
            assert (await client.get("/v1/me", headers=bearing(one))).status_code == 401
            for form in (
                {"grant_type": "refresh_token"},
                {"grant_type": "password", "username": "wang"},
                {"grant_type": "password", "username": "wang", "password": "x", "code": "12345"},
                {"grant_type": "refresh_token", "refresh_token": "x", "username": "wang"},
                {"grant_type": "refresh_token", "refresh_token": "x", "code": "123456"},
                {"grant_type": "password", "username": "w", "password": "x", "refresh_token": "x"},
            ):
                assert (await client.post("/v1/token", data=form)).status_code == 422

    asyncio.run(asked())


def test_a_sign_in_alone_begins_no_session(sign_in: SignIn, officer: NewAccount) -> None:
    assert sign_in.account(officer.name, officer.password, "192.0.2.1").name == officer.name
