"""The hand-made members of ``members/``: imported, on the whitelist, and answered for."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from data.storage.archive import Archive
    from tests.support.service.counter import Counter

MEMBERS = Path(__file__).with_name("members")
#: More of their kind: E07 turns 65 within nine months, E08 and E11 are D08 and D11 with their hukou
#: on record.
MORE = Path(__file__).with_name("more")
#: The day after the members' last month, and the day on which they ask.
AS_OF, ASKED_ON = date(2023, 10, 1), date(2023, 10, 9)


@pytest.fixture(scope="session")
def members_archive(
    simulated_archive: Archive, tmp_path_factory: pytest.TempPathFactory
) -> Archive:
    """The simulated archive with the hand-made members imported beside it."""
    from data.importing.importer import import_files
    from data.storage.archive import Archive

    folder = tmp_path_factory.mktemp("members")
    archive = Archive(Path(shutil.copytree(simulated_archive.folder, folder / "archive")))
    moment = datetime(2023, 9, 30, 20, tzinfo=UTC).replace(tzinfo=None)
    report = import_files([MEMBERS, MORE], archive, folder / "quarantine", moment, workers=1)
    assert not report.totals.quarantined, report.as_json()
    return archive


@pytest.fixture(scope="session")
def members_home(members_archive: Archive, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a card of every flow and an edition of `members_archive`."""
    from api.editions.batch import publish_whitelist
    from api.editions.demo import mark_demo
    from data.publishing.published_card import publish_card
    from model.card.card_file import write_card
    from tests.support.cards.hand_written import wide_card

    home, source = tmp_path_factory.mktemp("cases"), tmp_path_factory.mktemp("wide-card")
    mark_demo(home, ASKED_ON)
    write_card(source, wide_card())
    publish_card(home, source, "Tester", datetime(2023, 10, 1, tzinfo=UTC))
    publish_whitelist(members_archive, AS_OF, home, home / "rows.parquet")
    return home


@pytest.fixture(scope="module")
def counter(
    members_home: Path,
    tmp_path_factory: pytest.TempPathFactory,
    bearer: Callable[..., dict[str, str]],
) -> Iterator[Counter]:
    """A counter of the branch, served from a copy of `members_home`."""
    import httpx

    from api.core.settings import Settings
    from api.server.app import create_app
    from tests.support.service.counter import Counter

    home = Path(shutil.copytree(members_home, tmp_path_factory.mktemp("counter") / "home"))
    app = create_app(Settings(home), lambda: ASKED_ON)
    headers = bearer(home, "officer")
    loop, stack = asyncio.new_event_loop(), AsyncExitStack()
    loop.run_until_complete(stack.enter_async_context(app.router.lifespan_context(app)))
    transport = httpx.ASGITransport(app, client=("192.0.2.7", 1))
    client = httpx.AsyncClient(transport=transport, base_url="http://service")
    loop.run_until_complete(stack.enter_async_context(client))
    yield Counter(home, headers, client, loop)
    loop.run_until_complete(stack.aclose())
    loop.close()
