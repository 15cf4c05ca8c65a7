"""A second factor: enrolled by its owner, wanted by policy, used once a code, removed by two."""

from __future__ import annotations

import asyncio
import base64
import io
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from click.testing import CliRunner
from sqlalchemy import Connection, create_engine, delete, insert, update

from api.access.account import Account
from api.access.accounts import Accounts
from api.access.first_run import NewAccount, create_account
from api.access.one_time_codes import code_of_step, step_of
from api.access.orders import Order, Orders
from api.access.second_factor import SecondFactors
from api.access.sign_in import MAX_FAILURES, SignIn
from api.core.calendar import date_in_china
from api.core.principal import Role
from api.core.settings import Settings
from api.editions.demo import mark_demo
from api.http.problems import ProblemError
from api.ledger.chain import append_audit_rows
from api.ledger.database import Location
from api.ledger.keys import read_keys
from api.ledger.tables import accesses, second_factors
from api.ledger.vault import Vault
from api.server.app import create_app
from api.verify.verify import verify_ledger
from cli.main import rongzi
from model.policy.texts import shipped_text, use
from tests.support.tampering.rows import without_triggers
from tests.support.tampering.tables import rows_in

HERE = "192.0.2.1"


class Phone:
    """The authenticator of one officer: it shows the codes of a secret by a clock that we set."""

    def __init__(self, secret: str) -> None:
        self._secret, self.now = base64.b32decode(secret), time.time()

    def code(self, later: int = 0) -> str:
        return code_of_step(self._secret, step_of(self.now) + later)


class Desk:
    """A sign-in under a clock, and the phone of the officer."""

    def __init__(self, accounts: Accounts, officer: NewAccount) -> None:
        self.now = time.time()
        self.factors = SecondFactors(accounts, lambda: self.now)
        self.sign_in, self.officer = SignIn(accounts, self.factors), officer
        self.phone: Phone | None = None

    def enrol(self) -> Phone:
        new = self.sign_in.enrol(self.officer.name, self.officer.password, HERE)
        self.phone = phone = Phone(new.secret)
        return phone

    def enrolled(self) -> Phone:
        phone = self.enrol()
        phone.now = self.now
        self.sign_in.confirm(self.officer.name, self.officer.password, HERE, phone.code())
        self.later()
        return phone

    def later(self, seconds: int = 90) -> None:
        self.now += seconds
        if self.phone:
            self.phone.now = self.now

    def account(self, code: str | None = None, password: str = "") -> Account:
        name, word = self.officer.name, password or self.officer.password
        return self.sign_in.account(name, word, HERE, code)


@pytest.fixture
def desk(accounts: Accounts, officer: NewAccount) -> Desk:
    return Desk(accounts, officer)


@pytest.fixture
def wanted_of_officers() -> Iterator[None]:
    """A policy by which officers need a second factor."""
    spec = yaml.safe_load(shipped_text("controls.yaml"))
    # Alone, so that no later day of the shipped text takes its place.
    spec["second_factor_roles"]["values"] = {date(2020, 1, 1): [], spec_day(): ["officer"]}
    use({"controls.yaml": yaml.safe_dump(spec)})
    yield
    use({})


def spec_day() -> Any:
    return date(2023, 10, 1)


def refused(step: Callable[[], object]) -> str:
    with pytest.raises(ProblemError) as refusal:
        step()
    return refusal.value.kind.name


def test_without_policy_a_password_is_enough(desk: Desk) -> None:
    assert desk.account().name == desk.officer.name


def test_an_enrolled_account_signs_in_with_a_code_only(desk: Desk) -> None:
    phone = desk.enrolled()
    assert refused(desk.account) == "second-factor-needed"
    assert refused(lambda: desk.account("000000")) == "wrong-credentials"
    assert desk.account(phone.code()).name == desk.officer.name


def test_a_code_is_good_once_also_at_the_same_moment(desk: Desk) -> None:
    from concurrent.futures import ThreadPoolExecutor

    phone = desk.enrolled()
    code = phone.code()

    def attempt(_: int) -> bool:
        try:
            return bool(desk.account(code))
        except ProblemError:
            return False

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(attempt, range(4))) == 1
    desk.later(30)
    assert refused(lambda: desk.account(code)) == "wrong-credentials"


def test_the_code_that_confirmed_opens_nothing(desk: Desk) -> None:
    phone = desk.enrol()
    desk.later(0)
    code = phone.code()
    desk.sign_in.confirm(desk.officer.name, desk.officer.password, HERE, code)
    assert refused(lambda: desk.account(code)) == "wrong-credentials"


def test_the_policy_refuses_a_role_until_it_is_enrolled(
    desk: Desk, wanted_of_officers: None
) -> None:
    assert refused(desk.account) == "second-factor-missing"
    phone = desk.enrolled()
    assert desk.account(phone.code())


def test_an_enrolment_counts_after_its_confirmation_only(desk: Desk) -> None:
    lost = desk.enrol()
    assert desk.account()
    phone = desk.enrol()
    desk.later(0)
    name, password = desk.officer.name, desk.officer.password
    wrong = refused(lambda: desk.sign_in.confirm(name, password, HERE, lost.code()))
    assert wrong == "wrong-credentials"
    desk.sign_in.confirm(name, password, HERE, phone.code())
    assert refused(desk.account) == "second-factor-needed"


def test_a_stolen_password_replaces_no_second_factor(desk: Desk) -> None:
    phone = desk.enrolled()
    assert refused(desk.enrol) == "second-factor-exists"
    name, password = desk.officer.name, desk.officer.password
    again = refused(lambda: desk.sign_in.confirm(name, password, HERE, phone.code()))
    assert again == "second-factor-exists"
    assert desk.account(phone.code())


def test_guessing_codes_locks_the_account_whatever_else_is_asked_between(desk: Desk) -> None:
    """A known password resets no count of wrong codes."""
    desk.enrolled()
    refusals = []
    for n in range(MAX_FAILURES):
        between = (desk.account, desk.enrol)[n % 2]
        refusals += [refused(lambda: desk.account("000000")), refused(between)]
    assert "too-many-attempts" in refusals[: MAX_FAILURES + 1]
    assert set(refusals[MAX_FAILURES:]) == {"too-many-attempts"}


def test_a_code_does_not_stand_for_the_password(desk: Desk) -> None:
    phone = desk.enrolled()
    assert refused(lambda: desk.account(phone.code(), "guessed")) == "wrong-credentials"
    assert desk.account(phone.code()), "a refused attempt must not use the code up"


def test_two_administrators_remove_a_second_factor(
    desk: Desk, accounts: Accounts, ledger_settings: Settings
) -> None:
    create_account(accounts, [("admin", ("admin",), ("",)), ("admin-2", ("admin",), ("",))])
    desk.enrolled()
    orders = Orders(accounts)
    wanted = Order("", "", "admin", "reset-factor", desk.officer.name, (), (), "lost the telephone")
    order = orders.place(wanted)
    assert refused(desk.account) == "second-factor-needed"
    orders.approve(order.id, "admin-2")
    assert orders.carry_out(order.id) is None
    assert desk.account()
    phone = desk.enrolled()
    assert desk.account(phone.code())
    assert verify_ledger(Location.of(ledger_settings)).is_sound


def test_the_secret_lies_encrypted(desk: Desk, accounts: Accounts) -> None:
    new = desk.sign_in.enrol(desk.officer.name, desk.officer.password, HERE)
    secret = base64.b32decode(new.secret)
    with accounts.reading.connect() as connection:
        (row,) = rows_in(connection, second_factors)
    stored = bytes(row["sealed_secret"])
    assert secret not in stored
    assert secret.hex().encode() not in stored


def _delete(connection: Connection) -> None:
    connection.execute(delete(second_factors))


def _unconfirm(connection: Connection) -> None:
    connection.execute(update(second_factors).values(is_confirmed=False))


def _exchange(connection: Connection) -> None:
    connection.execute(update(second_factors).values(sealed_secret=b"of the thief"))


def _state_a_removal(connection: Connection) -> None:
    confirmed = next(
        row for row in rows_in(connection, accesses) if row["route"] == "second_factor_confirmed"
    )
    removal = {"route": "second_factor_removed", "detail": "none"}
    append_audit_rows(connection, [confirmed | removal])
    connection.execute(delete(second_factors))


@pytest.mark.parametrize("way", [_delete, _unconfirm, _exchange, _state_a_removal])
def test_who_can_write_the_database_removes_no_second_factor(
    desk: Desk, ledger_settings: Settings, way: Callable[[Connection], None]
) -> None:
    desk.enrolled()
    location = Location.of(ledger_settings)
    with without_triggers(location.url) as connection:
        way(connection)
    assert refused(desk.account) == "second-factor-differs"
    assert refused(desk.enrol) == "second-factor-differs"
    findings = verify_ledger(location).findings
    assert any(each.kind in ("account", "look") for each in findings)


def test_who_can_write_the_database_adds_no_second_factor(
    desk: Desk, ledger_settings: Settings
) -> None:
    engine = create_engine(Location.of(ledger_settings).url)
    row = {"account": desk.officer.name, "sealed_secret": b"x", "is_confirmed": True}
    with engine.begin() as connection:
        connection.execute(insert(second_factors).values(row | {"last_step": 0}))
    engine.dispose()
    assert refused(desk.account) == "second-factor-differs"
    assert not verify_ledger(Location.of(ledger_settings)).is_sound


def test_over_http_a_second_factor_is_enrolled_confirmed_and_asked_for(
    published_home: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(published_home, home)
    with closing(Accounts(Settings(home))) as accounts:
        accounts.prepare()
        (wang,) = create_account(accounts, [("wang", ("officer",), ("371502",))])

    async def asked() -> None:
        app = create_app(Settings(home))
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://s") as client,
        ):
            who = {"username": "wang", "password": wang.password}
            strange = await client.post("/v1/second-factor", json=who | {"password": "guessed"})
            assert (strange.status_code, strange.json()["type"][10:]) == (400, "wrong-credentials")
            new = await client.post("/v1/second-factor", json=who)
            assert new.status_code == 201
            phone = Phone(new.json()["secret"])
            confirmation = "/v1/second-factor/confirmation"
            for code in ("12345", "1234567", "abcdef", ""):
                answer = await client.post(confirmation, json=who | {"code": code})
                assert answer.status_code == 422
            answer = await client.post(confirmation, json=who | {"code": phone.code(-1)})
            assert answer.status_code == 204, answer.text
            form = {"grant_type": "password", **who}
            needed = (await client.post("/v1/token", data=form)).json()
            assert (needed["type"], needed["error"]) == (
                "/problems/second-factor-needed", "invalid_grant",
            )  # fmt: skip
            good = await client.post("/v1/token", data=form | {"code": phone.code()})
            assert good.status_code == 200, good.text
            again = await client.post("/v1/token", data=form | {"code": phone.code()})
            assert again.status_code == 400

    asyncio.run(asked())


def test_the_console_enrols_and_then_asks_for_the_code(tmp_path: Path) -> None:
    def console(*line: str, typed: str = "") -> Any:
        command = ["users", "--home", str(tmp_path), *line]
        return CliRunner().invoke(rongzi, command, input=typed)

    made = CliRunner().invoke(rongzi, ["init", "--home", str(tmp_path)]).output.splitlines()
    passwords = {line.split()[0]: line.split()[-1] for line in made if line.startswith("admin")}
    wrong = console("enrol", "admin", typed=f"{passwords['admin']}\n000000\n")
    assert wrong.exit_code != 0
    secret = next(line.split()[1] for line in wrong.output.splitlines() if "secret: " in line)
    with closing(Accounts(Settings(tmp_path))) as accounts:
        phone = Phone(secret)
        SignIn(accounts).confirm("admin", passwords["admin"], "console", phone.code(-1))
    order = ("add", "li.wei", "--role", "officer", "--place", "371502", "--because", "starts today")
    unanswered = console(*order, "--as", "admin", typed=f"{passwords['admin']}\n000000\n")
    assert unanswered.exit_code != 0
    placed = console(*order, "--as", "admin", typed=f"{passwords['admin']}\n{phone.code()}\n")
    assert placed.exit_code == 0, placed.output
    assert "order " in placed.output


AFTER = datetime(2027, 1, 2, 2, tzinfo=UTC).timestamp()
MIGHTY: tuple[Role, ...] = ("admin", "head", "manager", "reviewer")


@pytest.mark.parametrize("role", MIGHTY)
def test_who_approves_or_administers_needs_a_code_as_shipped_and_enrols_by_the_first_sign_in(
    accounts: Accounts, role: Role
) -> None:
    (new,) = create_account(accounts, [("chief", (role,), ("",))])
    desk = Desk(accounts, new)
    desk.now = AFTER
    assert refused(desk.account) == "second-factor-missing"
    assert refused(lambda: desk.account("000000")) == "second-factor-missing"
    phone = desk.enrolled()
    assert refused(desk.account) == "second-factor-needed"
    assert desk.account(phone.code()).name == "chief"


def test_an_officer_and_a_demo_need_no_code_as_shipped(desk: Desk, tmp_path: Path) -> None:
    desk.now = AFTER
    assert desk.account().name == desk.officer.name
    home = tmp_path / "demo"
    mark_demo(home, date(2023, 10, 9))
    with closing(Accounts(Settings(home))) as accounts:
        accounts.prepare()
        (new,) = create_account(accounts, [("admin", ("admin",), ("",))])
        demo = Desk(accounts, new)
        demo.now = AFTER
        assert demo.account().name == "admin"


class TypedInTurn(io.BufferedIOBase):
    """What somebody types at a console, each line when it is asked for."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines, self._typed = lines, b""

    def readable(self) -> bool:
        return True

    def read1(self, size: int = 1, /) -> bytes:
        self._typed = self._typed or next(self._lines, "").encode()
        read, self._typed = self._typed[:size], self._typed[size:]
        return read

    read = read1


def test_a_first_administrator_enrols_at_the_console_and_is_not_locked_out(
    tmp_path: Path,
) -> None:
    spec = yaml.safe_load(shipped_text("controls.yaml"))
    spec["second_factor_roles"]["values"][date_in_china(datetime.now(UTC))] = list(MIGHTY)
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "controls.yaml").write_text(yaml.safe_dump(spec), "utf-8")
    home = tmp_path / "home"
    adopted = CliRunner().invoke(rongzi, [
        "policy", "adopt", str(tmp_path / "texts"), "--home", str(home), "--approved-by", "A",
        "--approved-by", "B", "--because", "codes from today",
    ])  # fmt: skip
    assert adopted.exit_code == 0, adopted.output
    made = CliRunner().invoke(rongzi, ["init", "--home", str(home)]).output.splitlines()
    passwords = {line.split()[0]: line.split()[-1] for line in made if line.startswith("admin")}
    order = ["users", "--home", str(home), "add", "li.wei", "--role", "officer", "--place",
             "371502", "--because", "starts today", "--as", "admin"]  # fmt: skip

    def typed() -> Iterator[str]:
        yield f"{passwords['admin']}\n"
        location = Location.of(Settings(home))
        vault = Vault(read_keys(location.keys, may_make=False))
        with (
            closing(Accounts(Settings(home))) as accounts,
            accounts.reading.connect() as connection,
        ):
            (row,) = rows_in(connection, second_factors)
        secret = bytes.fromhex(vault.open(row["sealed_secret"], "admin", "second_factor"))
        yield f"{code_of_step(secret, step_of(time.time()))}\n"

    try:
        done = CliRunner().invoke(rongzi, order, input=TypedInTurn(typed()))
        again = CliRunner().invoke(rongzi, order, input=f"{passwords['admin']}\n000000\n")
    finally:
        use({})
    assert done.exit_code == 0, done.output
    assert "secret: " in done.output
    assert "order " in done.output
    assert again.exit_code != 0, "from now on a code is needed"
