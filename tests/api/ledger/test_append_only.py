"""The databases themselves refuse changes, and the service's role owns nothing."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from click.testing import CliRunner
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError

from api.access.accounts import Accounts
from api.access.first_run import create_account, first_accounts
from api.access.issuer import Issuer
from api.access.key_orders import KeyOrders
from api.access.one_time_codes import code_of_step, step_of
from api.access.second_factor import SecondFactors
from api.access.sessions import Sessions
from api.access.sign_in import SignIn
from api.core.settings import Settings
from api.decisions.commands import Decide
from api.ledger.database import Location, open_engine
from api.ledger.schema import upgrade
from api.ledger.tables import APPEND_ONLY, metadata
from api.ledger.writer import Ledger
from api.verify.verify import verify_ledger
from cli.upgrade_ledger import command as upgrade_command
from model.errors import LedgerError
from tests.support.ledger.filling import fill, record_accesses
from tests.support.ledger.postgres import Postgres

TABLES = [table.name for table in APPEND_ONLY]


@pytest.fixture
def engine(ledger: Ledger, ledger_settings: Settings, asks: list[Decide]) -> Iterator[Engine]:
    """A connection of the owner of the tables, without the service."""
    fill(ledger, iter(asks[:3]))
    record_accesses(ledger, 1)
    owner = create_engine(Location.of(ledger_settings).url)
    yield owner
    owner.dispose()


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("change", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
def test_the_triggers_stop_even_the_owner_from_changing_a_row(
    engine: Engine, table: str, change: str
) -> None:
    column = next(iter(metadata.tables[table].columns)).name
    with engine.connect() as connection, pytest.raises(DBAPIError, match="append-only"):
        connection.execute(text(change.format(table, column, column)))


#: The statement that replaces a row in each database.
REPLACES = {
    "sqlite": "INSERT OR REPLACE INTO {0} SELECT * FROM {0}",
    "postgresql": "INSERT INTO {0} OVERRIDING SYSTEM VALUE SELECT * FROM {0}"
    " ON CONFLICT ({1}) DO UPDATE SET {1} = EXCLUDED.{1}",
}


@pytest.mark.parametrize("table", TABLES)
def test_a_row_cannot_be_replaced(engine: Engine, table: str) -> None:
    (key,) = metadata.tables[table].primary_key.columns.keys()
    replaces = REPLACES[engine.dialect.name].format(table, key)
    with engine.connect() as connection, pytest.raises(DBAPIError, match="append-only"):
        connection.execute(text(replaces))


def test_a_postgresql_table_cannot_be_truncated(postgres: Postgres) -> None:
    engine = create_engine(Location.of(_at(postgres.new_database())).url)
    upgrade(engine)
    with engine.connect() as connection:
        for table in TABLES:
            with pytest.raises(DBAPIError, match="append-only"):
                connection.execute(text(f"TRUNCATE {table} CASCADE"))
            connection.rollback()
    engine.dispose()


def _at(url: str, home: Path = Path("unused")) -> Settings:
    return Settings(home=home, database_url=url)


@pytest.fixture
def as_service(postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A database that its owner upgraded for the role of the service."""
    url = postgres.new_database()
    database = url.rsplit("/", 1)[1]
    role = f"service_{database}"
    postgres.sql(database, f"CREATE ROLE {role} LOGIN")
    monkeypatch.setenv("RONGZI_DATABASE_URL", url)
    result = CliRunner().invoke(
        upgrade_command, ["--home", str(tmp_path / "home"), "--service-role", role]
    )
    assert result.exit_code == 0, result.output
    return _at(postgres.url(database, role), tmp_path / "home")


def test_the_service_role_decides_and_erases_but_changes_no_entry(
    as_service: Settings, asks: list[Decide]
) -> None:
    ledger = Ledger.open(as_service)
    fill(ledger, iter(asks[:5]))
    ledger.close()
    assert verify_ledger(Location.of(as_service)).is_sound
    engine = create_engine(Location.of(as_service).url)
    forbidden = [
        f"{change} {table}{rest}"
        for table in TABLES
        for change, rest in (
            ("DELETE FROM", ""), ("TRUNCATE", ""), ("DROP TABLE", ""),
            ("ALTER TABLE", " DISABLE TRIGGER ALL"),
        )
    ]  # fmt: skip
    forbidden += ["UPDATE entries SET actor = 'x'", "UPDATE identities SET name = NULL"]
    forbidden += ["CREATE TABLE mine (x int)", "SET session_replication_role = replica"]
    for statement in forbidden:
        with (
            engine.connect() as connection,
            pytest.raises(DBAPIError, match=r"permission denied|must be owner"),
        ):
            connection.execute(text(statement))
    with engine.begin() as connection:
        assert connection.execute(text("DELETE FROM identities")).rowcount > 0
    engine.dispose()


def test_the_service_role_can_change_only_the_password_of_an_account(
    as_service: Settings,
) -> None:
    owner = replace(as_service, database_url=os.environ["RONGZI_DATABASE_URL"])
    admin, *_ = first_accounts(owner, demo=False)
    with closing(Accounts(as_service)) as accounts:
        accounts.change("admin", "password_changed", "x", lambda a: replace(a, password_hash="x"))
        with pytest.raises(DBAPIError, match="permission denied"):
            accounts.change(
                "admin", "account_disabled", "x", lambda a: replace(a, is_enabled=False)
            )
        with pytest.raises(DBAPIError, match="permission denied") as refused:
            create_account(accounts, [("clerk", ("officer",), ("371502",))])
    assert "argon2" not in str(refused.value)
    assert admin.name == "admin"


def test_the_service_role_keeps_sessions_and_enrols_but_removes_no_second_factor(
    as_service: Settings,
) -> None:
    owner = replace(as_service, database_url=os.environ["RONGZI_DATABASE_URL"])
    admin, *_ = first_accounts(owner, demo=False)
    with closing(Accounts(as_service)) as accounts:
        factors = SecondFactors(accounts)
        sign_in = SignIn(accounts, factors)
        sessions = Sessions(accounts, Issuer(as_service.home))
        account = sign_in.account("admin", admin.password, "192.0.2.1")
        tokens = sessions.refresh(sessions.start(account).refresh_token)
        sessions.end(tokens.session_id, "admin")
        secret = base64.b32decode(sign_in.enrol("admin", admin.password, "192.0.2.1").secret)
        code = code_of_step(secret, step_of(time.time()))
        sign_in.confirm("admin", admin.password, "192.0.2.1", code)
        assert factors.has("admin")
        with pytest.raises(DBAPIError, match="permission denied"):
            factors.remove("admin", "admin")
        assert factors.has("admin")
    with closing(KeyOrders(Location.of(as_service))) as orders:
        order = orders.place("promote", "ab" * 32, "the card of October", "analyst")
        (stored,) = orders.all()
        assert replace(stored, rows=()) == order
    assert verify_ledger(Location.of(owner)).is_sound


def test_an_action_that_only_the_owner_may_do_is_refused_in_one_line(as_service: Settings) -> None:
    address = {**os.environ, "RONGZI_DATABASE_URL": str(as_service.database_url)}
    command = [sys.executable, "-m", "cli.main", "init", "--home", str(as_service.home)]
    done = subprocess.run(command, env=address, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("rongzi: the database does not let this account do that; run it")
    assert done.stderr.count("\n") == 1


def test_a_role_that_does_not_exist_is_named_with_what_to_do(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RONGZI_DATABASE_URL", postgres.new_database())
    result = CliRunner().invoke(
        upgrade_command, ["--home", str(tmp_path), "--service-role", "nobody_there"]
    )
    assert isinstance(result.exception, LedgerError)
    assert "create it first" in str(result.exception)


def test_migrations_end_at_the_tables_that_the_code_uses(ledger_settings: Settings) -> None:
    location = Location.of(ledger_settings)
    location.make_file()
    engine = open_engine(location.url, writes=True)
    upgrade(engine)
    upgrade(engine)  # The second run has nothing to do.
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        drift = [step for step in compare_metadata(context, metadata) if "alembic" not in str(step)]
    engine.dispose()
    assert drift == []


def test_tables_of_a_later_release_are_refused(ledger_settings: Settings) -> None:
    Ledger.open(ledger_settings).close()
    engine = create_engine(Location.of(ledger_settings).url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    ledger = Ledger.open(ledger_settings)
    assert "later release" in str(ledger.fault)
    ledger.close()


def test_an_address_is_never_quoted() -> None:
    secret = replace(_at("mysql://root:hunter2@host/db"))
    with pytest.raises(LedgerError) as refused:
        Location.of(secret)
    assert "hunter2" not in str(refused.value) + repr(secret)
