"""From decision to payment over real HTTP, as officer, reviewer and auditor."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pyarrow.parquet as pq
import pytest

from tests.support.service.running import serving

NOTE = "已到大棚实地查看，收入与流水相符"
APPROVE = {
    "verdict": "APPROVE",
    "amount_yuan": 3_000,
    "reason_code": "INCOME_VERIFIED",
    "note": NOTE,
}
ID_NUMBER = "999901197001010014"


@dataclass
class Branch:
    """A served home, with requests of each role."""

    client: httpx.Client
    home: Path
    bearer: Callable[..., dict[str, str]]
    rows: list[dict[str, Any]]

    def as_(self, *roles: str, places: tuple[str, ...] = ("",), subject: str = "") -> Any:
        headers = self.bearer(self.home, *roles, places=places, subject=subject or roles[0])

        def ask(method: str, address: str, body: Any = None, key: str = "") -> httpx.Response:
            keyed = headers | {"Idempotency-Key": key or str(uuid.uuid4())}
            return self.client.request(method, address, json=body, headers=keyed)

        return ask

    def member(self, tier: str) -> dict[str, Any]:
        return max(
            (row for row in self.rows if row["tier"] == tier), key=lambda row: row["limit_yuan"]
        )

    def decide(self, tier: str, yuan: int) -> str:
        member = self.member(tier)
        body = {
            "member_id": member["member_id"],
            "amount_yuan": yuan,
            "months": member["months"] or 12,
            "purpose": "inputs",
        }
        answer = self.as_("officer")("POST", "/v1/decisions", body)
        assert answer.status_code == 200, answer.text
        decision: str = answer.json()["decision_id"]
        return decision


@pytest.fixture(scope="module")
def branch(
    published_home: Path,
    tmp_path_factory: pytest.TempPathFactory,
    bearer: Callable[..., dict[str, str]],
) -> Iterator[Branch]:
    home = tmp_path_factory.mktemp("lending") / "home"
    shutil.copytree(published_home, home)
    rows = pq.read_table(home / "rows.parquet").to_pylist()
    with (
        serving(home, home.parent / "log") as running,
        httpx.Client(base_url=running.url, trust_env=False) as client,
    ):
        yield Branch(client, home, bearer, rows)


def test_an_approved_decision_is_explained_and_paid_out(branch: Branch) -> None:
    officer, teller = branch.as_("officer"), branch.as_("officer", subject="teller")
    decision = branch.decide("FIRST", 4_000)
    address = f"/v1/decisions/{decision}"
    body = officer("GET", f"{address}/explanation?lang=en").json()
    assert body["outcome"] == "APPROVE"
    assert "4,000 yuan" in body["answer"]
    capacity = body["capacity"]
    assert sum(row["counted_yuan"] for row in capacity["incomes"]) == capacity["income_yuan"]
    assert 4_000 <= capacity["capacity_yuan"] <= capacity["for_debts_yuan"]
    assert all("yuan a year" in row["text"] for row in (*capacity["incomes"], *capacity["costs"]))
    own = officer("POST", f"{address}/disbursements", {"amount_yuan": 1_500})
    assert (own.status_code, own.json()["type"]) == (403, "/problems/duties-apart")
    paid = teller("POST", f"{address}/disbursements", {"amount_yuan": 1_500}, "first")
    assert (paid.status_code, paid.json()["left_yuan"]) == (201, 2_500)
    again = teller("POST", f"{address}/disbursements", {"amount_yuan": 1_500}, "first")
    assert (again.content, again.headers["Idempotent-Replayed"]) == (paid.content, "true")
    other = teller("POST", f"{address}/disbursements", {"amount_yuan": 1_501}, "first")
    assert (other.status_code, other.json()["type"]) == (422, "/problems/key-reused")
    undone = officer("POST", f"{address}/disbursements/1/cancellation")
    assert undone.json()["drawn_yuan"] == 0
    state = officer("GET", address).json()
    assert [event["kind"] for event in state["history"]] == [
        "DECISION", "DISBURSED", "DISBURSEMENT_CANCELLED",
    ]  # fmt: skip
    assert state["answer"]["decision_id"] == decision
    assert [d["is_cancelled"] for d in officer("GET", f"{address}/disbursements").json()] == [True]


def test_a_declined_member_gets_an_explanation_and_requests_a_review(
    branch: Branch,
) -> None:
    officer, reviewer = branch.as_("officer"), branch.as_("reviewer")
    decision = branch.decide("THIRD", 3_000)
    for lang, word in (("zh", "工作人员"), ("en", "a person review")):
        body = officer("GET", f"/v1/decisions/{decision}/explanation?lang={lang}").json()
        assert word in body["rights"]
        assert body["counted"]
        assert body["proposals"] or body["no_proposal"]
    asked = officer("POST", f"/v1/decisions/{decision}/review-requests", {"statement": "去年遭灾"})
    assert (asked.status_code, asked.json()["status"]) == (201, "WAITING")
    waiting = officer("GET", f"/v1/decisions/{decision}/explanation").json()["answer"]
    assert "正在由工作人员审核" in waiting
    queue = reviewer("GET", "/v1/reviews").json()["rows"]
    assert decision in [row["decision_id"] for row in queue]
    assert reviewer("POST", f"/v1/reviews/{decision}/claim").json()["status"] == "CLAIMED"
    answer = reviewer("POST", f"/v1/reviews/{decision}/verdict", APPROVE)
    assert (answer.status_code, answer.json()["status"]) == (201, "APPROVED_AFTER_REVIEW")
    told = officer("GET", f"/v1/decisions/{decision}/explanation").json()
    assert "经工作人员审核，同意发放" in told["answer"]
    report = branch.as_("auditor")("GET", "/v1/overrides").json()
    assert [row["via"] for row in report["rows"]] == ["review"]


def test_an_approval_that_a_person_overrode_is_not_told_as_one(branch: Branch) -> None:
    officer, reviewer = branch.as_("officer"), branch.as_("reviewer")
    address = f"/v1/decisions/{branch.decide('FIRST', 3_700)}"
    assert "可以发放" in officer("GET", f"{address}/explanation").json()["answer"]
    stop = {"verdict": "DECLINE", "reason_code": "PURPOSE_DOUBTFUL", "note": "借款用途说不清楚"}
    done = reviewer("POST", f"{address}/override", stop)
    assert (done.status_code, done.json()["status"]) == (201, "DECLINED_BY_OVERRIDE")
    for lang, says, never in (("zh", "不予发放", "可以发放"), ("en", "declined it", "can pay out")):
        told = officer("GET", f"{address}/explanation?lang={lang}").json()
        assert says in told["answer"]
        assert never not in str(told)
    assert "借款用途存疑" in officer("GET", f"{address}/explanation").json()["answer"]


def test_the_head_of_reviewers_moves_a_case_and_decides_none(branch: Branch) -> None:
    decision = branch.decide("SECOND", 4_500)
    head, first = branch.as_("head"), branch.as_("reviewer")
    second = branch.as_("reviewer", subject="reviewer-2")
    address = f"/v1/reviews/{decision}"
    assert head("POST", f"{address}/claim").status_code == 403
    first("POST", f"{address}/claim")
    assert second("POST", f"{address}/claim").json()["type"] == "/problems/claimed-by-another"
    unfit = head("POST", f"{address}/assignment", {"reviewer": "officer"})
    assert (unfit.status_code, unfit.json()["type"]) == (409, "/problems/unfit-reviewer")
    moved = head("POST", f"{address}/assignment", {"reviewer": "reviewer-2"})
    assert (moved.status_code, moved.json()["claimed_by"]) == (201, "reviewer-2")
    assert first("POST", f"{address}/verdict", APPROVE).json()["type"] == "/problems/not-claimed"
    assert second("POST", f"{address}/release").json()["status"] == "WAITING"
    assert first("POST", f"{address}/verdict", APPROVE).status_code == 409


def test_an_officer_decides_no_review_and_a_reviewer_pays_nothing(branch: Branch) -> None:
    decision = branch.decide("SECOND", 4_000)
    officer, reviewer = branch.as_("officer"), branch.as_("reviewer")
    assert officer("POST", f"/v1/reviews/{decision}/claim").status_code == 403
    paid = reviewer("POST", f"/v1/decisions/{decision}/disbursements", {"amount_yuan": 1})
    assert paid.status_code == 403


def test_sixteen_simultaneous_requests_make_one_decision(branch: Branch) -> None:
    member = branch.member("SECOND")
    body = {
        "member_id": member["member_id"],
        "amount_yuan": 7_000,
        "months": 12,
        "purpose": "inputs",
    }
    officer = branch.as_("officer")

    def pressed(keys: list[str]) -> list[httpx.Response]:
        with ThreadPoolExecutor(16) as pool:
            return list(pool.map(lambda key: officer("POST", "/v1/decisions", body, key), keys))

    same = pressed(["pressed"] * 16)
    answered = [answer for answer in same if answer.status_code == 200]
    assert {answer.status_code for answer in same} <= {200, 409}
    assert len({answer.content for answer in answered}) == 1
    others = pressed([f"pressed-{number}" for number in range(16)])
    assert {answer.status_code for answer in others} == {200}
    made = {answer.json()["decision_id"] for answer in [*answered, *others]}
    assert len(made) == 1


def test_consent_is_withdrawn_given_again_and_remembered(branch: Branch) -> None:
    officer = branch.as_("officer", subject="registrar")
    address = f"/v1/members/{branch.member('SECOND')['member_id']}/consents"
    body = officer("GET", address).json()
    assert body.pop("since") < "2023-10-01"
    states = {each["purpose"]: each["is_given"] for each in body.pop("purposes")}
    assert states["personal_information"]
    assert states["credit_bureau"]
    assert body == {"in_force": True, "by": "archive", "history": []}
    withdrawn = officer("POST", f"{address}/withdrawal", {"evidence": "paper"})
    assert (withdrawn.status_code, withdrawn.json()["in_force"]) == (201, False)
    assert officer("POST", address, {"evidence": "voice"}).json()["in_force"] is True
    body = officer("GET", address).json()
    assert (body["in_force"], body["by"]) == (True, "ledger")
    assert [event["is_given"] for event in body["history"]] == [False, True]


def test_consent_is_given_and_withdrawn_by_purpose_and_recipient(branch: Branch) -> None:
    officer = branch.as_("officer", subject="registrar")
    address = f"/v1/members/{branch.member('SECOND')['member_id']}/consents"
    asked = {"evidence": "paper", "purposes": ["credit_bureau"], "recipient": "bank"}
    assert officer("POST", f"{address}/withdrawal", asked).json()["in_force"] is False
    to_the_post = {**asked, "recipient": "post"}
    assert officer("POST", address, to_the_post).json()["in_force"] is False
    assert officer("POST", address, to_the_post).json()["type"] == "/problems/consent-unchanged"
    body = officer("GET", address).json()
    states = {each["purpose"]: each for each in body["purposes"]}
    assert (states["credit_bureau"]["is_given"], states["credit_bureau"]["is_needed"]) == (
        False,
        True,
    )
    assert states["personal_information"]["is_given"]
    assert not states["data_sharing"]["is_needed"]
    assert [(event["purposes"], event["recipient"]) for event in body["history"][-2:]] == [
        (["credit_bureau"], "bank"),
        (["credit_bureau"], "post"),
    ]
    assert officer("POST", address, asked).json()["in_force"] is True
    for wrong in ({"purposes": []}, {"purposes": ["marketing"]}, {"recipient": "unstated"}):
        assert officer("POST", address, {**asked, **wrong}).status_code == 422


def test_a_person_is_exported_and_erased(branch: Branch) -> None:
    member = min(
        (row for row in branch.rows if row["tier"] == "FIRST"), key=lambda row: row["limit_yuan"]
    )
    officer, reviewer = branch.as_("officer"), branch.as_("reviewer")
    address = f"/v1/members/{member['member_id']}"
    assert reviewer("POST", f"{address}/erasure").json()["type"] in (
        "/problems/nothing-held",
        "/problems/loan-outstanding",
    )
    export = officer("GET", f"{address}/export").json()
    assert export["archive"]["member_id"] == member["member_id"]


def test_the_portfolio_of_a_county_is_the_officers_own(branch: Branch) -> None:
    branch.decide("FIRST", 5_000)
    home = branch.member("FIRST")["village_code"][:6]
    everywhere = branch.as_("auditor")("GET", "/v1/portfolio?level=total").json()["rows"][0]
    own = branch.as_("officer", places=(home,))("GET", "/v1/portfolio?level=total").json()["rows"]
    assert 0 < own[0]["members"] < everywhere["members"]
    counties = branch.as_("auditor")("GET", "/v1/portfolio").json()["rows"]
    assert (
        sum(row["in_total"]["decisions"] for row in counties)
        == (everywhere["in_total"]["decisions"])
    )


def test_a_decision_of_another_county_is_not_found(branch: Branch) -> None:
    decision = branch.decide("FIRST", 7_000)
    home = branch.member("FIRST")["village_code"][:6]
    elsewhere = next(r["county_code"] for r in branch.rows if r["county_code"] != home)
    foreign = branch.as_("officer", "reviewer", places=(elsewhere,))
    for method, address, body in (
        ("GET", f"/v1/decisions/{decision}", None),
        ("GET", f"/v1/decisions/{decision}/explanation", None),
        ("POST", f"/v1/decisions/{decision}/disbursements", {"amount_yuan": 1}),
        ("POST", f"/v1/decisions/{decision}/disbursements/1/cancellation", None),
        ("POST", f"/v1/decisions/{decision}/review-requests", {}),
        ("POST", f"/v1/decisions/{decision}/override", APPROVE),
        ("POST", f"/v1/reviews/{decision}/claim", None),
        ("POST", f"/v1/reviews/{decision}/verdict", APPROVE),
        ("POST", f"/v1/reviews/{decision}/release", None),
        ("POST", f"/v1/decisions/{decision}/proposals/{uuid.uuid4()}/confirmation", None),
        ("POST", f"/v1/decisions/{decision}/proposals/{uuid.uuid4()}/withdrawal", None),
    ):
        answer = foreign(method, address, body)
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/unknown-decision")
    # Other tests may have asked for a review there.
    queue = branch.as_("reviewer", places=(elsewhere,))("GET", "/v1/reviews").json()["rows"]
    assert decision not in [row["decision_id"] for row in queue]


def test_without_an_endpoint_no_webhook_is_listed(branch: Branch) -> None:
    assert branch.as_("operator")("GET", "/v1/webhooks").json() == []


BAD_BODIES: dict[str, tuple[str, Any, str]] = {
    "an amount of nothing": ("disbursements", {"amount_yuan": 0}, "amount_yuan"),
    "an amount as text": ("disbursements", {"amount_yuan": "5"}, "amount_yuan"),
    "a field too many": ("disbursements", {"amount_yuan": 5, "actor": "x"}, "body"),
    "no amount": ("disbursements", {}, "amount_yuan"),
    "an id number in a statement": ("review-requests", {"statement": ID_NUMBER}, "statement"),
    "a spaced phone number": ("review-requests", {"statement": "139 0000 0000"}, "statement"),
    "a note too short": ("override", {**APPROVE, "note": "ok"}, "note"),
    "no reason": ("override", {**APPROVE, "reason_code": ""}, "reason_code"),
    "an unknown verdict": ("override", {**APPROVE, "verdict": "MAYBE"}, "verdict"),
}


@pytest.mark.parametrize(("route", "body", "field"), BAD_BODIES.values(), ids=BAD_BODIES.keys())
def test_a_wrong_body_is_a_typed_problem_that_names_the_field_and_repeats_nothing(
    branch: Branch, route: str, body: Any, field: str
) -> None:
    asker = branch.as_("reviewer" if route == "override" else "officer")
    answer = asker("POST", f"/v1/decisions/{uuid.uuid4()}/{route}", body)
    # A decision that does not exist may be refused before its body is parsed.
    assert answer.status_code in (404, 422)
    assert ID_NUMBER not in answer.text
    if answer.status_code == 422:
        assert [error["field"] for error in answer.json()["errors"]] == [field]


@pytest.mark.parametrize("name", ["..%2F..%2Fetc", "%00", "x", "A" * 36, "-" * 36])
def test_a_malformed_decision_id_is_refused(branch: Branch, name: str) -> None:
    answer = branch.as_("officer")("GET", f"/v1/decisions/{name}")
    assert answer.status_code in (404, 422)


def test_every_write_needs_a_key(branch: Branch) -> None:
    decision = branch.decide("FIRST", 6_000)
    answer = branch.client.post(
        f"/v1/decisions/{decision}/disbursements",
        json={"amount_yuan": 1},
        headers=branch.bearer(branch.home, "officer"),
    )
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "Idempotency-Key")
