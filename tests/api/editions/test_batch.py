"""A member's row is the same alone, in a batch, in another order and on another engine."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from api.scoring.kernel import SCHEMA, Basis, Scored, member_ids, score_profile, whitelist_rows
from cli.whitelist import command
from data.publishing.published_card import published_card
from data.storage.archive import Archive
from data.storage.profiles import columns_of
from model.card.bins import Floats
from model.decision.whitelist import HOUSEHOLD_BORROWER, assess
from model.policy.policy import policy_on


@pytest.fixture(scope="module")
def basis(card_home: Path, as_of: date) -> Basis:
    return Basis(as_of, policy_on(as_of), published_card(card_home))


@pytest.fixture(scope="module")
def scored(member_profile: pa.Table, basis: Basis) -> Scored:
    return score_profile(member_profile, basis)


def test_rows_have_the_stable_shape(scored: Scored) -> None:
    stable = (
        "member_id", "tier", "points", "pd", "grade", "limit_yuan", "annual_rate", "months",
        "reason_1", "reason_2", "reason_3", "reason_4", "knock_outs", "as_of", "policy_digest",
        "card_digest",
    )  # fmt: skip
    assert set(stable) <= set(scored.rows.schema.names)
    assert scored.rows.schema.equals(SCHEMA)
    assert pa.types.is_integer(scored.rows["points"].type)
    assert pa.types.is_integer(scored.rows["limit_yuan"].type)


def test_rows_are_sorted_by_member_and_none_is_missing(
    scored: Scored, member_profile: pa.Table
) -> None:
    assert scored.rows["member_id"].equals(member_profile["member_id"])
    assert scored.rows["member_id"].to_pylist() == sorted(scored.rows["member_id"].to_pylist())


def test_every_tier_occurs_or_the_other_tests_prove_little(scored: Scored) -> None:
    assert set(scored.rows["tier"].to_pylist()) == {"FIRST", "SECOND", "THIRD", "NONE"}


def test_a_member_without_consent_has_no_score(scored: Scored, member_profile: pa.Table) -> None:
    silent = scored.rows.filter(pc.invert(member_profile["consent_in_force"]))
    assert silent.num_rows
    for name in ("points", "pd", "grade", "reason_1", "points_lost_1", "annual_rate", "months"):
        assert silent[name].null_count == silent.num_rows, name
    assert set(silent["tier"].to_pylist()) == {"NONE"}
    assert all("NO_CONSENT" in codes for codes in silent["knock_outs"].to_pylist())


def test_without_an_offer_there_is_no_price(scored: Scored) -> None:
    rows = scored.rows.to_pylist()
    for row in rows:
        offered = row["tier"] in ("FIRST", "SECOND")
        assert (row["annual_rate"] is not None) == offered
        assert (row["limit_bound_by"] is not None) == offered
        assert row["limit_yuan"] == 0 or offered


def test_a_household_has_one_borrower(scored: Scored, member_profile: pa.Table) -> None:
    offered = pc.is_in(scored.rows["tier"], pa.array(["FIRST", "SECOND"]))
    homes = member_profile["household_id"].filter(offered).to_pylist()
    assert len(homes) == len(set(homes))


def score_part(part: pa.Table, household_borrower: Floats, basis: Basis) -> pa.Table:
    """Score some profiles as a decision does, given their households' borrowers."""
    columns = {**columns_of(part), HOUSEHOLD_BORROWER: household_borrower}
    assessment = assess(columns, basis.as_of, basis.policy, basis.card.card)
    return whitelist_rows(assessment, columns, member_ids(part), basis)


@settings(max_examples=25, deadline=None)
@given(picked=st.lists(st.integers(0, 1_199), min_size=1, max_size=30))
def test_any_rows_in_any_order_score_as_in_the_whole_batch(
    member_profile: pa.Table, scored: Scored, basis: Basis, picked: list[int]
) -> None:
    part = member_profile.take(picked)
    found = score_part(part, scored.household_borrower[picked], basis)
    assert found.equals(scored.rows.take(picked).combine_chunks())


def test_row_by_row_equals_the_batch(
    member_profile: pa.Table, scored: Scored, basis: Basis
) -> None:
    for i in range(0, member_profile.num_rows, 10):
        place = scored.household_borrower[i : i + 1]
        assert score_part(member_profile.slice(i, 1), place, basis).equals(scored.rows.slice(i, 1))


def test_the_order_of_the_archive_is_irrelevant(
    member_profile: pa.Table, scored: Scored, basis: Basis
) -> None:
    order = np.random.default_rng(54).permutation(member_profile.num_rows)
    shuffled = score_profile(member_profile.take(order), basis)
    assert shuffled.rows.sort_by("member_id").equals(scored.rows)


def _run(archive: Archive, day: str, home: Path) -> Result:
    return CliRunner().invoke(
        command,
        ["--archive", str(archive.folder), "--as-of", day, "--home", str(home),
         "--out", str(home / "rows.parquet")],
        catch_exceptions=False,
    )  # fmt: skip


def test_the_command_publishes_and_prints_the_funnel(
    simulated_archive: Archive, card_home: Path, tmp_path: Path
) -> None:
    home = Path(shutil.copytree(card_home, tmp_path / "home"))
    result = _run(simulated_archive, "2023-10-01", home)
    assert result.exit_code == 0
    (begun,) = result.stderr.splitlines()
    assert begun.endswith("as of 2023-10-01: 开始 begun")
    assert "一级白名单 first tier" in result.stdout
    assert "合计 total" in result.stdout
    assert "FIRST_EDITION" in result.stdout
    assert pq.read_table(home / "rows.parquet").num_rows == 1_200
    older = _run(simulated_archive, "2023-09-01", home)
    assert "older than the one it replaces (2023-10-01)" in older.stderr
