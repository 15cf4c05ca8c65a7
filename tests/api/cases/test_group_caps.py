"""Caps of a village, a cooperative and related persons bind as the household's does."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from api.cases.case import case_of
from api.cases.exposure import caps_exceeded
from api.core.calendar import date_in_china
from api.decisions.commands import Decide
from api.decisions.replay import replay
from api.editions.approval import Approval
from api.editions.batch import publish_whitelist
from api.editions.edition import Edition, PlaceFilter
from api.editions.in_use import Resources
from api.payments.commands import Disburse
from api.persons.commands import Export
from data.storage.archive import Archive
from model.decision.decision import Request
from tests.conftest import Desk
from tests.support.ledger.filling import loaded

CAP = 5_000
#: Recorded before the edition's day.
RECORDED = datetime.fromisoformat("2023-09-30")
Member = dict[str, Any]


def _is_apart(edition: Edition, one: Member, other: Member) -> bool:
    same_home = other["member_id"] in edition.household_of(one["member_id"])
    return not same_home and one["village_code"] != other["village_code"]


@pytest.fixture(scope="module")
def people(resources: Resources) -> dict[str, Member]:
    """Members of the first tier: two of other villages and homes, and a neighbour of the first."""
    edition = resources.edition
    rows = edition.page(PlaceFilter(), "FIRST", None, 1_200)
    firsts = [row for row in rows if row["limit_yuan"] >= 3_000]
    for one in firsts:
        near = [
            row
            for row in firsts
            if row["village_code"] == one["village_code"]
            and row["member_id"] not in (one["member_id"], *edition.household_of(one["member_id"]))
        ]
        far = [row for row in firsts if _is_apart(edition, one, row)]
        if near and far:
            return {"one": one, "neighbour": near[0], "other": far[0]}
    raise AssertionError("no village has two borrowers of the first tier")


@pytest.fixture(scope="module")
def tied(
    people: dict[str, Member],
    published_home: Path,
    simulated_archive: Archive,
    tmp_path_factory: pytest.TempPathFactory,
) -> Resources:
    """The resources of an edition in which `one` and `other` are tied in every way."""
    folder = tmp_path_factory.mktemp("tied")
    home = Path(shutil.copytree(published_home, folder / "home"))
    archive = Archive(shutil.copytree(simulated_archive.folder, folder / "archive"))
    one, other = people["one"]["member_id"], people["other"]["member_id"]
    _append(archive, "cooperatives", [{"cooperative_id": "C-TEST", "name": "试验合作社"}])
    _append(
        archive,
        "cooperative_members",
        [
            {"cooperative_id": "C-TEST", "member_id": each, "role": "member",
             "from_on": date(2022, 1, 1)}
            for each in (one, other)
        ],
    )  # fmt: skip
    borrowed = {
        "loan_id": "L-TEST", "member_id": other, "product": "other", "applied_on": date(2023, 1, 5),
        "decision": "approved", "disbursed_on": date(2023, 1, 9), "amount": 3_000, "months": 12,
        "repayment": "interest_first", "guarantor_id": one,
    }  # fmt: skip
    _append(archive, "loans", [borrowed])
    approval = Approval("Tester", "ties of two members")
    publish_whitelist(archive, date(2023, 10, 1), home, folder / "rows.parquet", approval=approval)
    return loaded(home)


def _append(archive: Archive, table: str, rows: list[dict[str, Any]]) -> None:
    like = archive.read(table)
    template = like.slice(0, 1).to_pylist()[0] if like.num_rows else {}
    blank = {name: None for name in like.schema.names if name != "event_on"}
    full = [
        {**blank, **_required(like.schema, template), **row, "recorded_at": RECORDED}
        for row in rows
    ]
    schema = pa.schema([field for field in like.schema if field.name != "event_on"])
    archive.append(table, pa.Table.from_pylist(full, schema))


def _required(schema: pa.Schema, template: dict[str, Any]) -> dict[str, Any]:
    return {f.name: template.get(f.name) for f in schema if not f.nullable and f.name in template}


@pytest.fixture
def office(desk: Desk, tied: Resources) -> Desk:
    desk.resources = tied
    return desk


def under(desk: Desk, **caps: int) -> None:
    policy = replace(desk.resources.policy, exposure_caps_yuan=caps)
    desk.resources = replace(desk.resources, policy=policy)


def decide(desk: Desk, member: Member, yuan: int = 3_000) -> str:
    edition = desk.resources.edition
    profile = edition.profile(member["member_id"])
    row = edition.row(member["member_id"])
    assert profile is not None
    assert row is not None
    assert row["tier"] == "FIRST"
    request = Request(yuan, row["months"], "inputs")
    found: str = desk.do(
        Decide(
            None, "officer-1", member["member_id"], request, profile, desk.resources,
            date_in_china(desk.now), caps_exceeded=caps_exceeded,
        )
    )["decision_id"]  # fmt: skip
    return found


def answer_of(desk: Desk, decision: str) -> dict[str, Any]:
    with desk.ledger.read() as view:
        found: dict[str, Any] = case_of(view, decision).answer
        return found


def pay(desk: Desk, decision: str, yuan: int = 3_000) -> Disburse:
    return Disburse(None, "officer-2", decision, yuan, desk.resources)


def test_an_edition_carries_who_belongs_together_and_no_amount(
    tied: Resources, people: dict[str, Member]
) -> None:
    edition = tied.edition
    one, other = people["one"]["member_id"], people["other"]["member_id"]
    assert other in edition.related_to(one)
    assert one in edition.related_to(other)
    assert "C-TEST" in edition.cooperatives_of(one)
    assert set(edition.members_of_cooperative("C-TEST")) == {one, other}
    assert people["neighbour"]["member_id"] in edition.neighbours_of(one)
    assert other not in edition.neighbours_of(one)


@pytest.mark.parametrize(
    ("group", "second"),
    [("village", "neighbour"), ("cooperative", "other"), ("related", "other")],
)
def test_an_approval_beyond_a_group_s_cap_is_referred_in_words_that_tell_of_nobody(
    office: Desk, people: dict[str, Member], group: str, second: str
) -> None:
    under(office, **{group: CAP})
    first = decide(office, people["one"])
    assert answer_of(office, first)["outcome"] == "APPROVE"
    decision = decide(office, people[second])
    answer = answer_of(office, decision)
    assert answer["outcome"] == "REFER"
    last = answer["knock_outs"][-1]
    assert last["code"] == "EXPOSURE_CAP"
    assert group not in last["en"]
    with office.ledger.read() as view:
        assert replay(view, decision).differences == ()
        (entry,) = view.entries_of_decision(decision)
    assert entry.body["beyond_group_caps"] == [group]
    copy = office.do(Export(None, "officer-1", people[second]["member_id"], office.resources))
    assert "beyond_group_caps" not in json.dumps(copy)


@pytest.mark.parametrize(
    ("group", "second"),
    [("village", "neighbour"), ("cooperative", "other"), ("related", "other")],
)
def test_a_payment_beyond_a_group_s_cap_is_refused_though_both_were_approved(
    office: Desk, people: dict[str, Member], group: str, second: str
) -> None:
    under(office, **{group: 2 * CAP})
    one, two = decide(office, people["one"]), decide(office, people[second])
    assert answer_of(office, two)["outcome"] == "APPROVE"
    office.do(pay(office, one))
    under(office, **{group: CAP})
    assert office.refusal(pay(office, two)) == "above-group-cap"
    assert office.do(pay(office, two, 2_000))["drawn_yuan"] == 2_000


def test_whoever_does_not_belong_to_the_group_is_not_bound_by_it(
    office: Desk, people: dict[str, Member]
) -> None:
    under(office, village=CAP, household=CAP)
    decide(office, people["one"])
    assert answer_of(office, decide(office, people["other"]))["outcome"] == "APPROVE"


def test_an_edition_of_before_has_no_relations(
    desk: Desk, people: dict[str, Member], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk.resources.edition, "_tables", set())
    under(desk, related=CAP, cooperative=CAP)
    for name in ("one", "other"):
        assert answer_of(desk, decide(desk, people[name]))["outcome"] == "APPROVE"
