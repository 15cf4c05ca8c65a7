"""Who may do what, held for every route of the matrix: roles, places, and the record of looks."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pyarrow.parquet as pq
import pytest
from fastapi import FastAPI

from api.access.matrix import MATRIX, refuse_unlisted
from api.access.matrix_page import matrix_page
from api.access.principal import ROLES
from api.app import create_app
from api.openapi import route_names
from api.settings import Settings
from model.errors import ContractError

ELSEWHERE = "999999"
OBJECTS = sorted(name for name, rule in MATRIX.items() if " in " in rule.bound)
CLOSED = sorted(name for name, rule in MATRIX.items() if not rule.public)
WRITES = sorted(name for name in CLOSED if name.startswith("post_"))
#: Half a value, a name twice, NaN, UTF-16, half a character, depth, nothing, no JSON, other fields.
HOSTILE = [
    b'{"member_id":', b'{"a": 1, "a": 2}', b'{"amount_yuan": NaN}', "{}".encode("utf-16"), b"\xff",
    b"[" * 500, b"", b"no JSON", b'{"roles": ["admin"]}', b"[]", b'"\\ud800"', b"1e999",
]  # fmt: skip
NO_DECISION = "00000000-0000-4000-8000-000000000000"


class Branch:
    """A running service with one decision, and callers of any role and place."""

    def __init__(self, home: Path, bearer: Callable[..., dict[str, str]]) -> None:
        self.home, self._bearer = home, bearer
        self.app: FastAPI = create_app(Settings(home), lambda: date(2023, 10, 9))
        self.routes = {
            operation["operationId"]: (method, path)
            for path, operations in self.app.openapi()["paths"].items()
            for method, operation in operations.items()
        }
        rows = pq.read_table(home / "rows.parquet").to_pylist()
        self.member: dict[str, Any] = next(r for r in rows if r["tier"] == "FIRST")
        self.decision = NO_DECISION
        self.loop = asyncio.new_event_loop()

    def headers(self, *roles: str, places: tuple[str, ...] = ("",)) -> dict[str, str]:
        subject = f"{'-'.join(roles)}.{'.'.join(places) or 'all'}"[:60]
        return self._bearer(self.home, *roles, places=places, subject=subject)

    def ask(self, route: str, headers: dict[str, str], **named: str) -> httpx.Response:
        """Ask `route` about this branch's member and decision, or those `named`."""
        names = {"member_id": self.member["member_id"], "decision_id": self.decision} | named
        method, address = self.routes[route][0], self.address(route, names)
        return self.send(method, address, headers, names["member_id"])

    def address(self, route: str, names: dict[str, str]) -> str:
        names = names | {"number": "1", "name": "not-found"}
        return re.sub(r"\{(\w+)\}", lambda found: names[found[1]], self.routes[route][1])

    def post(self, route: str, headers: dict[str, str], body: bytes) -> httpx.Response:
        """Send the very bytes of `body`."""
        names = {"member_id": self.member["member_id"], "decision_id": self.decision}
        sent = self.client.post(self.address(route, names), content=body, headers=headers)
        return self.loop.run_until_complete(sent)

    def send(self, method: str, address: str, headers: dict[str, str], member: str = "") -> Any:
        body = {"member_id": member, "amount_yuan": 5_000, "months": 12, "purpose": "inputs"}
        key = {"Idempotency-Key": f"{address}-{len(headers)}"}
        sent = {"json": body, "headers": headers | key} if method == "post" else {
            "headers": headers
        }  # fmt: skip
        return self.loop.run_until_complete(self.client.request(method, address, **sent))

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        transport = httpx.ASGITransport(self.app, client=("192.0.2.7", 1))
        async with (
            self.app.router.lifespan_context(self.app),
            httpx.AsyncClient(transport=transport, base_url="http://service") as self.client,
        ):
            yield


@pytest.fixture(scope="module")
def branch(
    published_home: Path,
    tmp_path_factory: pytest.TempPathFactory,
    bearer: Callable[..., dict[str, str]],
) -> Iterator[Branch]:
    home = tmp_path_factory.mktemp("matrix") / "home"
    shutil.copytree(published_home, home)
    for key in ("vault.key", "blind.key", "ledger.pem", "ledger.pub"):
        (home / "keys" / key).unlink(missing_ok=True)
    made = Branch(home, bearer)
    opened = made.opened()
    made.loop.run_until_complete(opened.__aenter__())
    made.decision = made.ask("post_decision", made.headers("officer")).json()["decision_id"]
    yield made
    made.loop.run_until_complete(opened.__aexit__(None, None, None))
    made.loop.close()


def test_every_route_is_in_the_matrix_and_every_entry_is_a_route(branch: Branch) -> None:
    assert set(branch.routes) == MATRIX.keys()
    assert set(route_names(branch.app)) == MATRIX.keys()


def test_a_route_without_an_entry_stops_the_start() -> None:
    with pytest.raises(ContractError, match="get_secrets"):
        refuse_unlisted([*MATRIX, "get_secrets"])


def test_what_is_no_route_of_the_matrix_is_the_document_alone(branch: Branch) -> None:
    plain = {getattr(route, "path", None) for route in branch.app.routes} - {None}
    assert plain == {"/openapi.json"}


@pytest.mark.parametrize("route", CLOSED)
def test_without_a_token_nothing_is_told(branch: Branch, route: str) -> None:
    found = branch.ask(route, {})
    assert (found.status_code, found.json()["type"]) == (401, "/problems/unauthorised")
    assert found.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("route", WRITES)
def test_without_a_token_nothing_of_a_body_is_looked_at(branch: Branch, route: str) -> None:
    for body in HOSTILE:
        for told in ({}, {"Content-Type": "text/plain"}, {"Authorization": "Bearer no.such.token"}):
            found = branch.post(route, {"Content-Type": "application/json"} | told, body)
            assert (found.status_code, found.json()["type"]) == (401, "/problems/unauthorised")


@pytest.mark.parametrize("route", WRITES)
def test_without_the_role_nothing_of_a_body_is_looked_at(branch: Branch, route: str) -> None:
    for role in set(ROLES) - MATRIX[route].roles:
        found = branch.post(route, branch.headers(role), b'{"member_id":')
        assert (found.status_code, found.json()["type"]) == (403, "/problems/forbidden"), role


@pytest.mark.parametrize("route", CLOSED)
def test_a_role_that_the_matrix_does_not_name_is_refused(branch: Branch, route: str) -> None:
    for role in set(ROLES) - MATRIX[route].roles:
        found = branch.ask(route, branch.headers(role))
        assert (found.status_code, found.json()["type"]) == (403, "/problems/forbidden"), role


@pytest.mark.parametrize("route", OBJECTS)
def test_a_foreign_object_is_told_exactly_as_an_absent_one(branch: Branch, route: str) -> None:
    headers = branch.headers(*ROLES, places=(ELSEWHERE,))
    foreign = branch.ask(route, headers)
    absent = branch.ask(route, headers, member_id="NOBODY", decision_id=NO_DECISION)
    assert foreign.status_code == 404
    assert foreign.content == absent.content
    assert branch.member["member_id"] not in foreign.text


@pytest.mark.parametrize("digits", [0, 6, 9, 12])
def test_a_place_reaches_what_lies_in_it(branch: Branch, digits: int) -> None:
    place = branch.member["village_code"][:digits]
    for route in ("get_member", "get_decision", "get_explanation", "get_consents"):
        assert branch.ask(route, branch.headers("officer", places=(place,))).status_code == 200


def test_a_caller_of_no_place_sees_nothing(branch: Branch) -> None:
    headers = branch.headers("officer", "auditor", places=(ELSEWHERE,))
    assert branch.send("get", "/v1/whitelist", headers).json()["rows"] == []
    assert branch.send("get", "/v1/whitelist/funnel", headers).json()["rows"] == []
    looks = branch.send("get", "/v1/accesses", headers).json()["rows"]
    assert {look["place_code"] for look in looks} <= {ELSEWHERE}


def test_a_list_holds_only_the_callers_places_whatever_is_asked_for(branch: Branch) -> None:
    place = branch.member["village_code"][:6]
    headers = branch.headers("officer", places=(place,))
    other = f"{int(place) + 1:06d}"
    for query in ("", f"?county={place}", f"?county={other}", "?tier=FIRST"):
        rows = branch.send("get", f"/v1/whitelist{query}", headers).json()["rows"]
        assert {row["county_code"] for row in rows} <= {place}
    assert branch.send("get", f"/v1/whitelist?county={other}", headers).json()["rows"] == []


def test_a_foreign_cursor_is_refused_as_an_unknown_one(branch: Branch) -> None:
    headers = branch.headers("officer", places=(ELSEWHERE,))
    member = branch.member["member_id"]
    foreign = branch.send("get", f"/v1/whitelist?cursor={member}", headers)
    unknown = branch.send("get", "/v1/whitelist?cursor=NOBODY", headers)
    assert (foreign.status_code, foreign.content) == (422, unknown.content)


@pytest.mark.parametrize("level", ["total", "county", "township", "village"])
def test_sums_hold_only_the_callers_places_and_add_up(branch: Branch, level: str) -> None:
    village = branch.member["village_code"]
    places = (village[:9], "371503" if village[:6] != "371503" else "371502")
    headers = branch.headers("analyst", places=places)
    rows = branch.send("get", f"/v1/whitelist/funnel?level={level}", headers).json()["rows"]
    everything = branch.send(
        "get", "/v1/whitelist/funnel?level=village", branch.headers("analyst")
    ).json()["rows"]
    mine = [row for row in everything if row["place_code"].startswith(places)]
    for step in ("members", "eligible", "first", "disbursed_yuan"):
        assert sum(row[step] for row in rows) == sum(row[step] for row in mine)


def test_every_look_at_a_person_is_on_record_and_names_nobody(branch: Branch) -> None:
    auditor, place = branch.headers("auditor"), branch.member["village_code"]
    asked = branch.ask("get_member", branch.headers("officer") | {"X-Request-Id": "look-at-one"})
    assert asked.status_code == 200
    member = branch.member["member_id"]
    (last, *_) = branch.send("get", f"/v1/accesses?member_id={member}", auditor).json()["rows"]
    assert last["route"] == "get_member"
    assert (last["actor"], last["place_code"], last["persons"]) == ("officer.all", place, 1)
    assert last["request_id"] == "look-at-one"
    assert member not in json.dumps(last)


def test_a_write_refused_by_how_things_stand_is_on_record_for_the_refusal_tells_it(
    branch: Branch,
) -> None:
    """Who asks whether consent stands by trying to give it has looked, too."""
    officer = {**branch.headers("officer"), "Content-Type": "application/json"}
    asked = officer | {"Idempotency-Key": "probe", "X-Request-Id": "probe-by-refusal"}
    told = branch.post("post_consent", asked, b'{"evidence":"paper"}')
    assert (told.status_code, told.json()["type"]) == (409, "/problems/consent-unchanged")
    malformed = branch.post("post_consent", asked | {"X-Request-Id": "tells-nothing"}, b"{}")
    assert malformed.status_code == 422
    (last, *_) = branch.send("get", "/v1/accesses", branch.headers("auditor")).json()["rows"]
    assert (last["route"], last["request_id"]) == ("post_consent", "probe-by-refusal")
    assert (last["actor"], last["persons"]) == ("officer.all", 1)


def test_a_page_is_on_record_with_how_many_it_told_of(branch: Branch) -> None:
    place = branch.member["village_code"][:6]
    headers = branch.headers("reviewer", places=(place,))
    page = branch.send("get", "/v1/whitelist?page_size=7", headers).json()["rows"]
    (last, *_) = branch.send("get", "/v1/accesses", branch.headers("auditor")).json()["rows"]
    assert (last["route"], last["place_code"]) == ("get_whitelist", place)
    assert last["persons"] == len(page)
    foreign = branch.headers("auditor", places=(ELSEWHERE,))
    looks = branch.send("get", "/v1/accesses", foreign).json()["rows"]
    assert place not in {look["place_code"] for look in looks}


def test_the_record_is_read_page_by_page(branch: Branch) -> None:
    auditor = branch.headers("auditor")
    whole = branch.send("get", "/v1/accesses?page_size=500", auditor).json()["rows"]
    numbers, cursor = [], ""
    while cursor is not None:
        page = branch.send("get", f"/v1/accesses?page_size=3{cursor}", auditor).json()
        numbers += [row["number"] for row in page["rows"]]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    assert numbers == [row["number"] for row in whole]
    assert numbers == sorted(numbers, reverse=True)


@pytest.mark.parametrize("query", ["access_token", "token", "authorization"])
def test_a_token_in_the_address_is_refused(branch: Branch, query: str) -> None:
    headers = branch.headers("officer")
    token = headers["Authorization"].removeprefix("Bearer ")
    assert branch.send("get", f"/v1/policy?{query}={token}", {}).status_code == 401
    with_both = branch.send("get", f"/v1/policy?{query}={token}", headers)
    assert with_both.status_code == 422
    assert token not in with_both.text


@pytest.mark.parametrize(
    "member", ["..%2F..%2Fetc", "%2e%2e", "a%00", "a%0d%0aX-A:%20b", "%1b[31m", "'%20OR%201=1"]
)
def test_ids_that_are_none_are_refused_alike_and_never_repeated(
    branch: Branch, member: str, capfd: pytest.CaptureFixture[str]
) -> None:
    found = branch.send("get", f"/v1/members/{member}", branch.headers("officer"))
    assert found.status_code in {404, 422}
    written = found.text + "".join(capfd.readouterr())
    assert not re.search(r"etc|OR 1=1|\x1b|X-A:", written)


def test_what_a_body_adds_about_rights_is_refused(branch: Branch) -> None:
    body = {
        "member_id": branch.member["member_id"], "amount_yuan": 5_000, "months": 12,
        "purpose": "inputs",
    }  # fmt: skip
    headers = branch.headers("officer") | {"Idempotency-Key": "mass"}
    for added in ("roles", "places", "outcome", "limit_yuan", "actor", "subject"):
        sent = branch.client.post("/v1/decisions", json=body | {added: "x"}, headers=headers)
        assert branch.loop.run_until_complete(sent).status_code == 422


def test_the_page_is_written_from_the_declaration() -> None:
    page = Path(__file__).parents[1] / "docs" / "access.md"
    assert page.read_text(encoding="utf-8") == matrix_page(), "run make docs"
