"""The explanation of a member before any request."""

from __future__ import annotations

from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.support.fixtures.branch import Branch


def _explained(branch: Branch, member_id: str, lang: str = "zh") -> dict[str, Any]:
    address = f"/v1/members/{member_id}/explanation?lang={lang}"
    answer = branch.send("get", address, branch.headers("officer"))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture(scope="module")
def rows(branch: Branch) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(branch.home / "rows.parquet").to_pylist()
    return found


def test_what_counted_adds_up_to_the_points_of_the_edition(
    branch: Branch, rows: list[dict[str, Any]]
) -> None:
    scored = [row for row in rows if row["points"] is not None][:20]
    for row in scored:
        told = _explained(branch, row["member_id"])
        assert told["points"] == row["points"]
        sums = [
            sum(c["points"] for c in told["counted"]),
            (told["rest"] or {"points": 0})["points"],
        ]
        means = told["points"] - sum(sums)
        assert str(means) in told["standing"]


def test_it_says_what_the_explanation_of_a_decision_says(branch: Branch) -> None:
    told = _explained(branch, branch.member["member_id"])
    asked = branch.ask("get_explanation", branch.headers("officer")).json()
    for field in ("standing", "counted", "rest", "missing", "proposals", "no_proposal"):
        assert told[field] == asked[field]


def test_the_year_shows_the_whole_limit_repaid(branch: Branch, rows: list[dict[str, Any]]) -> None:
    row = next(r for r in rows if r["limit_yuan"] and r["months"] <= 12)
    months = _explained(branch, row["member_id"])["season"]
    assert len(months) == 12
    repaid = sum(each["loan_yuan"] for each in months)
    assert row["limit_yuan"] < repaid < row["limit_yuan"] * (1 + row["annual_rate"]) + 12


def test_both_languages_say_the_same_in_other_words(branch: Branch) -> None:
    member = branch.member["member_id"]
    zh, en = _explained(branch, member), _explained(branch, member, "en")
    assert zh["season"] == en["season"]
    assert [each["points"] for each in zh["counted"]] == [each["points"] for each in en["counted"]]
    assert zh["standing"] != en["standing"]


def test_without_consent_it_says_that_alone(branch: Branch, rows: list[dict[str, Any]]) -> None:
    without = next(row for row in rows if "NO_CONSENT" in row["knock_outs"])
    told = _explained(branch, without["member_id"])
    assert told["points"] is None
    assert told["season"] == told["counted"] == told["missing"] == told["proposals"] == []
    assert told["capacity"] is None
    assert len(told["rules"]) == 1
