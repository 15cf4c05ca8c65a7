"""An old edition does not approve, and a very old one does not decide; a demo plays on its day."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.core.settings import Settings
from api.decisions.commands import Decide
from api.decisions.replay import replay
from api.editions.demo import MARK, mark_demo
from api.editions.in_use import Age, Service, load
from api.server.app import create_app
from model.decision.decision import Request
from model.errors import ContractError, GivenError
from model.policy.publication import publication_limits_on, read_publication_limits
from model.policy.texts import shipped_text
from tests.support.recording.home import old_home

AS_OF = date(2023, 10, 1)
LIMITS = publication_limits_on(AS_OF)


def aged_decide(desk: Any, tier: str, age: Age | None) -> dict[str, Any]:
    member = desk.member(tier)
    profile = desk.resources.edition.profile(member["member_id"])
    request = Request(3_000, member["months"] or 12, "inputs")
    today = date(2023, 10, 9)
    command = Decide(
        None, "officer-1", member["member_id"], request, profile, desk.resources, today, age
    )
    answer: dict[str, Any] = desk.do(command)
    return answer


def test_beyond_its_age_an_edition_refers_what_it_would_approve_and_says_so(desk: Any) -> None:
    stale = Age(60, 45, "referred")
    answer = aged_decide(desk, "FIRST", stale)
    assert (answer["outcome"], answer["tier"]) == ("REFER", "FIRST")
    assert answer["knock_outs"][-1]["code"] == "EDITION_STALE"
    assert "过期" in answer["knock_outs"][-1]["zh"]
    declined = aged_decide(desk, "THIRD", stale)
    assert declined["outcome"] == "DECLINE"
    with desk.ledger.read() as view:
        for made in (answer, declined):
            result = replay(view, made["decision_id"])
            assert result.differences == ()
            assert result.entry.body["edition_age"] == {"days": 60, "longest_days": 45}


def test_a_fresh_edition_approves_and_its_entry_names_no_age(desk: Any) -> None:
    answer = aged_decide(desk, "FIRST", Age(45, 45, "fresh"))
    assert answer["outcome"] == "APPROVE"
    with desk.ledger.read() as view:
        assert "edition_age" not in replay(view, answer["decision_id"]).entry.body


@pytest.mark.parametrize(
    ("days", "use"),
    [
        (0, "fresh"), (LIMITS.referred_edition_days, "fresh"),
        (LIMITS.referred_edition_days + 1, "referred"), (LIMITS.refused_edition_days, "referred"),
        (LIMITS.refused_edition_days + 1, "refused"),
    ],
)  # fmt: skip
def test_the_service_uses_an_edition_by_its_age(tmp_path: Path, days: int, use: str) -> None:
    home = old_home(tmp_path / "home", with_ledger=False)
    service = Service(
        Settings(home, allow_unsigned_editions=True), lambda: AS_OF + timedelta(days=days)
    )
    service.refresh()
    assert (service.edition_age().days, service.edition_age().freshness) == (days, use)


class Client:
    """A client of a service in this process."""

    def __init__(self, client: httpx.AsyncClient, loop: asyncio.AbstractEventLoop) -> None:
        self._client, self._loop = client, loop

    def get(self, address: str, **options: Any) -> httpx.Response:
        return self._loop.run_until_complete(self._client.get(address, **options))

    def post(self, address: str, **options: Any) -> httpx.Response:
        return self._loop.run_until_complete(self._client.post(address, **options))


@contextmanager
def served(home: Path, today: date) -> Iterator[Client]:
    app, loop = (
        create_app(Settings(home, allow_unsigned_editions=True), lambda: today),
        asyncio.new_event_loop(),
    )
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service")
    lifespan = app.router.lifespan_context(app)
    loop.run_until_complete(lifespan.__aenter__())
    try:
        yield Client(client, loop)
    finally:
        loop.run_until_complete(client.aclose())
        loop.run_until_complete(lifespan.__aexit__(None, None, None))
        loop.close()


def test_an_edition_of_2023_neither_decides_nor_pays_in_2026(
    tmp_path: Path, bearer: Callable[..., dict[str, str]]
) -> None:
    home = old_home(tmp_path / "home", with_ledger=False)
    headers = bearer(home, "officer") | {"Idempotency-Key": "1"}
    body = {"amount_yuan": 5_000, "months": 12, "purpose": "inputs"}
    with served(home, date(2023, 10, 9)) as client:
        rows = client.get("/v1/whitelist?tier=FIRST", headers=headers).json()["rows"]
        body["member_id"] = next(row["member_id"] for row in rows if row["limit_yuan"] >= 5_000)
        approved = client.post("/v1/decisions", json=body, headers=headers).json()
        assert approved["outcome"] == "APPROVE"
    with served(home, date(2026, 11, 29)) as client:
        again = headers | {"Idempotency-Key": "2"}
        answer = client.post("/v1/decisions", json=body, headers=again)
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/edition-stale")
        paid = client.post(
            f"/v1/decisions/{approved['decision_id']}/disbursements",
            json={"amount_yuan": 1_000},
            headers=again,
        )
        assert (paid.status_code, paid.json()["type"]) == (503, "/problems/edition-stale")
        ready = client.get("/ready").json()
        assert (ready["edition_use"], ready["demo_day"]) == ("refused", None)
        assert "rongzi-demo-day" not in answer.headers
    with served(home, AS_OF + timedelta(days=60)) as client:
        third = headers | {"Idempotency-Key": "3"}
        answer = client.post("/v1/decisions", json=body, headers=third).json()
        assert answer["outcome"] == "REFER"
        assert "EDITION_STALE" in {each["code"] for each in answer["knock_outs"]}


def test_a_demo_counts_to_the_day_it_plays_on_and_every_answer_shows_it(
    published_home: Path, tmp_path: Path, bearer: Callable[..., dict[str, str]]
) -> None:
    home = Path(shutil.copytree(published_home, tmp_path / "home"))
    with served(home, date(2026, 11, 29)) as client:
        ready = client.get("/ready")
        assert (ready.json()["edition_age_days"], ready.json()["edition_use"]) == (8, "fresh")
        assert ready.json()["demo_day"] == "2023-10-09"
        answers = [
            ready, client.get("/live"), client.get("/nowhere"), client.get("/v1/whitelist"),
            client.get("/v1/whitelist", headers=bearer(home, "officer")),
        ]  # fmt: skip
        assert {each.headers.get("rongzi-demo-day") for each in answers} == {"2023-10-09"}


def test_no_home_that_holds_something_becomes_a_demo(tmp_path: Path) -> None:
    home = old_home(tmp_path / "home", with_ledger=False)
    with pytest.raises(GivenError, match="cannot become a demo"):
        mark_demo(home, date(2023, 10, 9))
    # A mark written by hand does not make its edition younger: it is not served at all.
    (home / MARK).write_text('{"plays_on": "2023-10-09"}')
    loaded = load(home, allow_unsigned=True)
    assert isinstance(loaded, tuple)
    assert "is of no demo" in loaded[0].expected.en


def test_an_edition_of_a_demo_is_not_served_in_another_home(
    published_home: Path, tmp_path: Path
) -> None:
    home = Path(shutil.copytree(published_home, tmp_path / "home"))
    (home / MARK).unlink()
    loaded = load(home)
    assert isinstance(loaded, tuple)
    assert "of a demo that plays on 2023-10-09" in loaded[0].expected.en


def test_limits_that_contradict_each_other_are_refused() -> None:
    text = shipped_text("publication.yaml")
    with pytest.raises(ContractError, match="above refused_edition_days"):
        read_publication_limits(text.replace("2020-01-01: 45}", "2020-01-01: 450}", 1), AS_OF)
    with pytest.raises(ContractError, match="unknown or missing: most_points_shift"):
        read_publication_limits(text.replace("most_points_shift:", "most_points_shifts:"), AS_OF)
