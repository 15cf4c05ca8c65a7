"""Roles and places of every route of the access matrix."""

from __future__ import annotations

import re

import pytest

from api.access.matrix import MATRIX, refuse_unlisted
from api.core.principal import ROLES
from api.http.openapi import route_names
from model.errors import ContractError
from tests.support.fixtures.branch import ELSEWHERE, NO_DECISION, Branch

OBJECTS = sorted(name for name, rule in MATRIX.items() if " in " in rule.bound)
CLOSED = sorted(name for name, rule in MATRIX.items() if not rule.public)
WRITES = sorted(name for name in CLOSED if name.startswith("post_"))
#: Half a value, a name twice, NaN, UTF-16, half a character, depth, nothing, no JSON, other fields.
HOSTILE = [
    b'{"member_id":', b'{"a": 1, "a": 2}', b'{"amount_yuan": NaN}', "{}".encode("utf-16"), b"\xff",
    b"[" * 500, b"", b"no JSON", b'{"roles": ["admin"]}', b"[]", b'"\\ud800"', b"1e999",
]  # fmt: skip
WELL_FORMED = b'{"member_id":"M1","amount_yuan":5000,"months":12,"purpose":"inputs"}'


def test_every_route_is_in_the_matrix_and_every_entry_is_a_route(branch: Branch) -> None:
    assert set(branch.routes) == MATRIX.keys()
    assert set(route_names(branch.app)) == MATRIX.keys()


def test_a_route_without_an_entry_stops_the_start() -> None:
    with pytest.raises(ContractError, match="get_secrets"):
        refuse_unlisted([*MATRIX, "get_secrets"])


def test_only_the_openapi_document_and_the_console_lie_outside_the_matrix(branch: Branch) -> None:
    plain = {getattr(route, "path", None) for route in branch.app.routes} - {None}
    pages = {path for path in plain if path.startswith("/console")}
    assert plain - pages == {"/openapi.json"}


@pytest.mark.parametrize("route", CLOSED)
def test_a_request_without_a_token_is_refused(branch: Branch, route: str) -> None:
    answer = branch.ask(route, {})
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/unauthorised")
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("route", WRITES)
def test_without_a_token_no_body_is_parsed(
    branch: Branch, route: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def parsed(_: bytes) -> object:
        raise AssertionError("a stranger's body was parsed")

    monkeypatch.setattr("api.access.strict_route.parse_strict_json", parsed)
    for body in (*HOSTILE, WELL_FORMED):
        for headers in (
            {},
            {"Content-Type": "text/plain"},
            {"Authorization": "Bearer no.such.token"},
        ):
            answer = branch.post(route, headers, body)
            assert (answer.status_code, answer.json()["type"]) == (401, "/problems/unauthorised")


@pytest.mark.parametrize("route", WRITES)
def test_without_the_role_no_body_is_parsed(branch: Branch, route: str) -> None:
    for role in set(ROLES) - MATRIX[route].roles:
        answer = branch.post(route, branch.headers(role), b'{"member_id":')
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/forbidden"), role


@pytest.mark.parametrize("route", CLOSED)
def test_a_role_that_the_matrix_does_not_name_is_refused(branch: Branch, route: str) -> None:
    for role in set(ROLES) - MATRIX[route].roles:
        answer = branch.ask(route, branch.headers(role))
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/forbidden"), role


@pytest.mark.parametrize("route", OBJECTS)
def test_a_foreign_object_is_answered_exactly_as_an_absent_one(branch: Branch, route: str) -> None:
    headers = branch.headers(*ROLES, places=(ELSEWHERE,))
    foreign = branch.ask(route, headers)
    nothing = {"member_id": "NOBODY", "decision_id": NO_DECISION, "village_code": "0" * 12}
    absent = branch.ask(route, headers, **nothing)
    assert foreign.status_code == 404
    assert foreign.content == absent.content
    assert branch.member["member_id"] not in foreign.text


@pytest.mark.parametrize("digits", [0, 6, 9, 12])
def test_a_caller_of_a_place_reaches_the_members_in_it(branch: Branch, digits: int) -> None:
    place = branch.member["village_code"][:digits]
    for route in ("get_member", "get_decision", "get_explanation", "get_consents"):
        assert branch.ask(route, branch.headers("officer", places=(place,))).status_code == 200


def test_a_caller_of_no_place_sees_nothing(branch: Branch) -> None:
    headers = branch.headers("officer", "auditor", places=(ELSEWHERE,))
    assert branch.send("get", "/v1/whitelist", headers).json()["rows"] == []
    assert branch.send("get", "/v1/whitelist/funnel", headers).json()["rows"] == []
    records = branch.send("get", "/v1/accesses", headers).json()["rows"]
    assert {record["place_code"] for record in records} <= {ELSEWHERE}


def test_a_list_contains_only_the_callers_places_under_any_filter(branch: Branch) -> None:
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
def test_totals_contain_only_the_callers_places_and_add_up(branch: Branch, level: str) -> None:
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
def test_malformed_ids_are_refused_alike_and_never_repeated(
    branch: Branch, member: str, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = branch.send("get", f"/v1/members/{member}", branch.headers("officer"))
    assert answer.status_code in {404, 422}
    written = answer.text + "".join(capfd.readouterr())
    assert not re.search(r"etc|OR 1=1|\x1b|X-A:", written)


def test_extra_fields_about_rights_are_refused(branch: Branch) -> None:
    body = {
        "member_id": branch.member["member_id"], "amount_yuan": 5_000, "months": 12,
        "purpose": "inputs",
    }  # fmt: skip
    headers = branch.headers("officer") | {"Idempotency-Key": "mass"}
    for added in ("roles", "places", "outcome", "limit_yuan", "actor", "subject"):
        sent = branch.client.post("/v1/decisions", json=body | {added: "x"}, headers=headers)
        assert branch.loop.run_until_complete(sent).status_code == 422
