"""Training runs over HTTP: what the signed summaries hold, for those who judge a card."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from api.core.principal import ROLES
from data.publishing.run_summaries import runs_folder
from tests.support.fixtures.branch import ELSEWHERE, Branch
from tests.support.recording.model_runs import MODEL_RUNS, put_model_runs

JUDGES = ("analyst", "head", "manager", "auditor")
#: What no summary holds: a member, an id number, a phone number, a village.
PERSONAL = ("member_id", "id_number", "phone", "village")


@pytest.fixture(scope="module")
def branch_with_runs(branch: Branch) -> Branch:
    put_model_runs(branch.home)
    return branch


def _stored() -> dict[str, dict[str, Any]]:
    """Return the content of each recorded training, by id, read without our code."""
    files = (runs_folder(MODEL_RUNS) / "training").glob("*.summary")
    return {each.stem: json.loads(each.read_bytes().split(b"\n", 4)[4]) for each in files}


def test_a_home_without_runs_lists_none(branch: Branch) -> None:
    assert branch.ask("get_runs", branch.headers("analyst")).json() == []


@pytest.mark.parametrize("role", JUDGES)
def test_the_list_tells_what_each_run_found(branch_with_runs: Branch, role: str) -> None:
    rows = branch_with_runs.ask("get_runs", branch_with_runs.headers(role)).json()
    stored = _stored()
    assert {row["id"] for row in rows} == stored.keys()
    made = [row["run"]["made_at"] for row in rows]
    assert made == sorted(made, reverse=True)
    for row in rows:
        kept = stored[row["id"]]
        assert row["is_verified"]
        assert row["run"]["gates"] == {"verdict": kept["gates"]["verdict"]}
        assert row["run"]["card_digest"] == kept["card_digest"]
        assert row["standing"] == "NONE"


def test_a_run_holds_every_measure_gate_and_vintage_of_its_summary(
    branch_with_runs: Branch,
) -> None:
    for id_, kept in _stored().items():
        answer = branch_with_runs.ask(
            "get_run", branch_with_runs.headers("analyst"), run_id=id_
        ).json()
        run = answer["run"]
        for name in ("samples", "vintages", "fairness", "outcome", "period", "attributes", "gates"):
            assert run[name] == kept[name], name
        assert run["data"]["digest"] == kept["data"]["digest"]
        assert run["link"] is None
        assert {sample["sample"] for sample in run["samples"]} >= {"development", "out_of_time"}


def test_no_summary_holds_a_person() -> None:
    for kept in _stored().values():
        names = json.dumps({**kept, "card": None})
        assert [word for word in PERSONAL if f'"{word}"' in names] == []


def test_only_those_who_judge_may_read_and_only_everywhere(branch_with_runs: Branch) -> None:
    run = next(iter(_stored()))
    for role in ROLES:
        allowed = role in JUDGES
        for places, status in ((("",), 200 if allowed else 403), ((ELSEWHERE,), 403)):
            headers = branch_with_runs.headers(role, places=places)
            for route in ("get_runs", "get_run"):
                answer = branch_with_runs.ask(route, headers, run_id=run)
                assert answer.status_code == status, (role, places, route)


def test_a_run_that_is_not_there_is_not_found(branch_with_runs: Branch) -> None:
    headers = branch_with_runs.headers("auditor")
    assert branch_with_runs.ask("get_run", headers).status_code == 404
    for bad in ("..%2F..%2Fkeys", "A" * 32, "1" * 31):
        answer = branch_with_runs.send("get", f"/v1/models/runs/{bad}", headers)
        assert answer.status_code in (404, 422)


@pytest.fixture
def altered(branch_with_runs: Branch) -> Path:
    """A summary in which somebody turned a failed gate into a passed one."""
    path = next((runs_folder(branch_with_runs.home) / "training").glob("*.summary"))
    forged = path.with_stem("f" * 32)
    content = path.read_bytes().replace(b'"status":"flag"', b'"status":"pass"')
    forged.write_bytes(content.replace(path.stem.encode(), forged.stem.encode()))
    return forged


def test_an_altered_summary_is_listed_and_tells_nothing(
    branch_with_runs: Branch, altered: Path
) -> None:
    headers = branch_with_runs.headers("analyst")
    rows = branch_with_runs.ask("get_runs", headers).json()
    assert rows[-1]["id"] == altered.stem
    assert rows[-1]["run"] is None
    answer = branch_with_runs.ask("get_run", headers, run_id=altered.stem).json()
    altered.unlink()
    assert answer["run"] is None
    assert (answer["is_verified"], answer["signed_by"], answer["standing"]) == (False, None, "NONE")
    assert "not what was signed" in answer["why_not"]["en"]
