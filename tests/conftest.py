"""Shared fixtures: a small simulated archive, its profile, a card, a published edition, a ledger.

Fixtures import heavy modules when they are first used, so that a test without them starts at once.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.ledger.postgres import Postgres
from tests.support.prerequisites import lacking

# Workers share the cores, and scikit-learn's threads spin while they wait for one another, which
# takes time from other workers. The library reads this when it is loaded.
os.environ.setdefault("OMP_NUM_THREADS", "1")

pytest_plugins = (
    "tests.support.fixtures.accounts",
    "tests.support.fixtures.branch",
    "tests.support.fixtures.operated",
    "tests.support.fixtures.provider",
    "tests.support.fixtures.service",
)

if TYPE_CHECKING:
    import pyarrow as pa

    from api.core.settings import Settings
    from api.decisions.commands import Decide
    from api.editions.in_use import Resources
    from api.ledger.commands import Command
    from api.ledger.writer import Ledger
    from data.storage.archive import Archive
    from model.card.scorecard import Card


def pytest_unconfigure(config: pytest.Config) -> None:
    """Name what failed once more, below what libraries print when they end."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None:
        return
    for outcome in ("failed", "error"):
        for report in reporter.stats.get(outcome, []):
            crash = getattr(report.longrepr, "reprcrash", None)
            why = crash.message.splitlines()[0] if crash else ""
            sys.stderr.write(f"{outcome}: {report.nodeid}: {why}\n")


def _assert_unserved(home: Path) -> None:
    assert not (home / "ledger").exists(), "a test served the shared home: let it copy the home"


@pytest.fixture(scope="session")
def as_of() -> date:
    """The day after the simulated archive's last month."""
    return date(2023, 10, 1)


@pytest.fixture(scope="session")
def simulated_archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """An archive of 1,200 simulated members over 60 months."""
    from data.simulator import load_scenario, simulate
    from data.storage.archive import Archive

    archive = Archive(tmp_path_factory.mktemp("simulated"))
    simulate(load_scenario(), 1_200, 60, seed=54).write(archive)
    return archive


@pytest.fixture(scope="session")
def batch_profile(simulated_archive: Archive, as_of: date) -> pa.Table:
    """Every member's profile with the days of consent, as a batch reads it, sorted by member id."""
    from data.storage.profiles import profile_as_of

    return profile_as_of(simulated_archive, as_of, with_consent_days=True)


@pytest.fixture(scope="session")
def member_profile(batch_profile: pa.Table) -> pa.Table:
    """Every member's profile, sorted by member id."""
    from model.profile.profile import CONSENT_DAYS

    return batch_profile.drop([*CONSENT_DAYS])


@pytest.fixture(scope="session")
def member_card() -> Card:
    """A card over five attributes, written by hand."""
    from tests.support.cards.hand_written import hand_written_card

    return hand_written_card()


@pytest.fixture(scope="session")
def card_home(member_card: Card, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A demo home with the hand-written card signed and published, without an edition.

    Shared like `published_home`.
    """
    from api.editions.demo import mark_demo
    from data.publishing.published_card import publish_card
    from model.card.card_file import write_card

    home, source = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("card")
    mark_demo(home, date(2023, 10, 9))
    write_card(source, member_card)
    publish_card(home, source, "Tester", datetime(2023, 10, 1, tzinfo=UTC))
    yield home
    _assert_unserved(home)


@pytest.fixture(scope="session")
def published_home(
    card_home: Path,
    simulated_archive: Archive,
    batch_profile: pa.Table,
    as_of: date,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Path]:
    """A home with a published card and edition, and the edition's rows as ``rows.parquet``.

    All tests of a session share it: copy it before writing to it or serving it.
    """
    import shutil

    from api.editions.batch import publish_profile
    from api.scoring.kernel import Basis
    from data.publishing.published_card import published_card
    from model.policy.policy import policy_on

    home = tmp_path_factory.mktemp("published") / "home"
    shutil.copytree(card_home, home)
    basis = Basis(as_of, policy_on(as_of), published_card(home))
    publish_profile(simulated_archive, batch_profile, basis, home, home / "rows.parquet")
    yield home
    _assert_unserved(home)


@pytest.fixture(scope="session")
def bearer() -> Callable[..., dict[str, str]]:
    """A function from home (or settings), roles and places to the headers of such a caller."""
    from api.core.principal import Role
    from api.core.settings import Settings
    from tests.support.service.callers import headers_of

    def headers(
        home: Path | Settings,
        *roles: Role,
        places: tuple[str, ...] = ("",),
        subject: str = "tester",
    ) -> dict[str, str]:
        settings = home if isinstance(home, Settings) else Settings(home)
        return headers_of(settings, roles, places, subject)

    return headers


@pytest.fixture(scope="session")
def spark_installed() -> None:
    """Skip the test, or fail it if all must run, where Spark is not available."""
    from importlib.util import find_spec
    from shutil import which

    parts = {
        "pyspark (requirements-spark.lock)": find_spec("pyspark"),
        "Java 17": which("java"),
    }
    lacking(*(name for name, found in parts.items() if found is None))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server for this session; without one the test skips or fails."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        server = Postgres.found(Path(folder))
        if server is None:
            lacking("PostgreSQL")
            return
        server.start()
        yield server
        server.stop()


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    server: Postgres = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture
def ledger_settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings of an empty ledger with keys and checkpoints in the test's folder."""
    from api.core.settings import Settings

    return Settings(
        home=tmp_path / "home", database_url=database_url, checkpoints=tmp_path / "checkpoints"
    )


@pytest.fixture
def ledger(ledger_settings: Settings) -> Iterator[Ledger]:
    """An open, empty ledger on each kind of database."""
    from api.ledger.writer import Ledger

    opened = Ledger.open(ledger_settings)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def resources(published_home: Path) -> Resources:
    """The published card, policy and edition, loaded as the service does."""
    from tests.support.ledger.filling import loaded

    return loaded(published_home)


@pytest.fixture
def asks(resources: Resources) -> list[Decide]:
    """Forty decision commands, each with its own question and key."""
    from tests.support.ledger.filling import asks

    return list(asks(resources, 40))


class Desk:
    """An office with its own ledger: members, commands, and a clock that tests set."""

    def __init__(self, settings: Settings, resources: Resources) -> None:
        from api.ledger.writer import Ledger

        self.now = datetime(2023, 10, 9, 2, tzinfo=UTC)
        self.resources = resources
        self.settings = settings
        self.ledger = Ledger.open(settings, lambda: self.now)

    def restart(self) -> None:
        """Close the ledger and open it again, as a restarted service does."""
        from api.ledger.writer import Ledger

        self.ledger.close()
        self.ledger = Ledger.open(self.settings, lambda: self.now)

    def member(self, tier: str, consents: bool = True) -> dict[str, Any]:
        """Return the edition's row of the member of a tier with the highest limit."""
        from api.editions.edition import PlaceFilter

        rows = self.resources.edition.page(PlaceFilter(), tier, None, 1_200)
        rows = [row for row in rows if ("NO_CONSENT" in row["knock_outs"]) != consents]
        return max(rows, key=lambda row: row["limit_yuan"])

    def decide(self, member: dict[str, Any], yuan: int, actor: str = "officer-1") -> str:
        """Ask for a decision and return its id."""
        from api.core.calendar import date_in_china
        from api.decisions.commands import Decide
        from model.decision.decision import Request

        profile = self.resources.edition.profile(member["member_id"])
        assert profile is not None
        request = Request(yuan, member["months"] or 12, "inputs")
        today = date_in_china(self.now)
        command = Decide(None, actor, member["member_id"], request, profile, self.resources, today)
        found: str = self.do(command)["decision_id"]
        return found

    def do(self, command: Command) -> dict[str, Any]:
        """Run a command and return its answer."""
        found: dict[str, Any] = json.loads(self.ledger.write_now(command).body)
        return found

    def refusal(self, command: Command) -> str:
        """Return the name of the problem that a command is refused with."""
        from api.http.ledger import problem_kind
        from api.http.problems import ProblemError
        from api.ledger.errors import LedgerRefusalError

        with pytest.raises((ProblemError, LedgerRefusalError)) as refusal:
            self.ledger.write_now(command)
        return problem_kind(refusal.value).name


@pytest.fixture
def desk(ledger_settings: Settings, resources: Resources) -> Iterator[Desk]:
    """A desk on each kind of database."""
    opened = Desk(ledger_settings, resources)
    yield opened
    opened.ledger.close()
