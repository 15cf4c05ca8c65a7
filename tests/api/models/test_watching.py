"""Monitoring and comparisons over HTTP: as signed, with small counts hidden."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from api.models.schemas import SummaryShape
from api.models.small_counties import with_hidden_counties
from api.models.watch_schemas import SwapCounty, SwapSetContent
from data.publishing.run_summaries import RunKind, runs_folder
from tests.support.fixtures.branch import ELSEWHERE, Branch
from tests.support.recording.model_runs import MODEL_RUNS, put_model_runs

LISTS = {"get_monitorings": "get_monitoring", "get_swap_sets": "get_swap_set"}


@pytest.fixture(scope="module")
def branch_with_runs(branch: Branch) -> Branch:
    put_model_runs(branch.home)
    return branch


def _stored(kind: RunKind) -> dict[str, Any]:
    (file,) = (runs_folder(MODEL_RUNS) / kind).glob("*.summary")
    content: dict[str, Any] = json.loads(file.read_bytes().split(b"\n", 4)[4])
    return content


def _get(branch: Branch, route: str, role: str = "analyst", **named: str) -> Any:
    return branch.ask(route, branch.headers(role), **named).json()


def test_a_monitoring_run_is_told_as_it_was_signed(branch_with_runs: Branch) -> None:
    kept = _stored("monitoring")
    (row,) = _get(branch_with_runs, "get_monitorings")
    assert (row["id"], row["is_verified"]) == (kept["id"], True)
    assert [alert["level"] for alert in row["run"]["alerts"]] == [
        alert["level"] for alert in kept["alerts"]
    ]
    run = _get(branch_with_runs, "get_monitoring", run_id=kept["id"])["run"]
    for name in ("alerts", "shift", "migration", "vintage_curves", "outcomes", "early"):
        assert run[name] == kept[name], name
    assert [alert for alert in run["alerts"] if alert["code"] == "PLACE_WORSE"] == []


def test_a_comparison_is_told_as_it_was_signed(branch_with_runs: Branch) -> None:
    kept = _stored("swap-sets")
    (row,) = _get(branch_with_runs, "get_swap_sets")
    assert (row["id"], row["run"]["champion"]) == (kept["id"], kept["champion"])
    run = _get(branch_with_runs, "get_swap_set", "auditor", run_id=kept["id"])["run"]
    for name in ("tiers", "swaps", "points", "counties", "scored"):
        assert run[name] == kept[name], name


def test_who_may_not_see_persons_sees_no_county_of_few(branch_with_runs: Branch) -> None:
    id_ = _stored("swap-sets")["id"]
    exact = _get(branch_with_runs, "get_swap_set", "auditor", run_id=id_)["run"]["counties"]
    shown = _get(branch_with_runs, "get_swap_set", "manager", run_id=id_)["run"]["counties"]
    for row, seen in zip(exact, shown, strict=True):
        for name, count in row.items():
            assert seen[name] in (count, None)
            if name != "place" and 0 < count < 5:
                assert seen[name] is None


def test_a_hidden_county_does_not_follow_from_the_total() -> None:
    def county(place: str, leave: int) -> SwapCounty:
        others = dict.fromkeys(SwapCounty.model_fields, 50)
        return SwapCounty(**{**others, "place": place, "first_leave": leave})

    content = SwapSetContent(
        made_at=datetime(2023, 10, 1, tzinfo=UTC), as_of="2023-10-01", champion="a" * 64,
        challenger="b" * 64, scored=300, swaps={}, code_version="", policy="c" * 64, tiers={},
        points={}, counties=[county("371502", 2), county("371503", 40), county("371521", 9)],
    )  # fmt: skip
    hidden = with_hidden_counties(content, 5).counties
    assert [each.first_leave for each in hidden] == [None, 40, None]
    assert [each.first_enter for each in hidden] == [50, 50, 50]
    assert with_hidden_counties(content, None) is content


@pytest.mark.parametrize("route", [*LISTS, *LISTS.values()])
def test_only_those_who_judge_may_read_and_only_everywhere(
    branch_with_runs: Branch, route: str
) -> None:
    for role, places, status in (
        ("officer", ("",), 403), ("operator", ("",), 403), ("analyst", (ELSEWHERE,), 403),
    ):  # fmt: skip
        headers = branch_with_runs.headers(role, places=places)
        assert branch_with_runs.ask(route, headers).status_code == status, role


@pytest.mark.parametrize(
    ("route", "kind"), [("get_monitoring", "monitoring"), ("get_swap_set", "swap-sets")]
)
def test_an_altered_summary_tells_nothing(
    branch_with_runs: Branch, route: str, kind: RunKind
) -> None:
    (path,) = (runs_folder(branch_with_runs.home) / kind).glob("*.summary")
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b'"level":"act"', b'"level":"ok"').replace(b"9", b"8"))
    answer = _get(branch_with_runs, route, run_id=path.stem)
    path.write_bytes(whole)
    assert answer["run"] is None
    assert SummaryShape.model_validate(answer).is_verified is False
