"""Shadow scoring: every move is counted, nothing is published."""

import csv
import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from click.testing import CliRunner

from api.scoring.kernel import Basis, score_profile
from api.scoring.shadow import shadow_summary, swap_set
from cli.main import rongzi
from data.publishing.published_card import published_card
from data.publishing.run_summaries import run_summaries
from model.card.bins import Term
from model.card.card_file import write_card
from model.policy.policy import policy_on


@pytest.fixture(scope="module")
def stricter(member_card):
    """The champion's card with much less weight for savings."""
    terms = tuple(
        Term(t.attributes, t.points // 3, t.reference)
        if t.attributes == ("average_balance_12m",)
        else t
        for t in member_card.terms
    )
    return replace(member_card, terms=terms)


@pytest.fixture(scope="module")
def rows(member_profile, as_of, card_home, stricter):
    champion = published_card(card_home)
    basis = Basis(as_of, policy_on(as_of), champion)
    beside = replace(basis, card=replace(champion, card=stricter, digest="d" * 64))
    return score_profile(member_profile, basis).rows, score_profile(member_profile, beside).rows


def test_a_card_compared_with_itself_moves_nobody(rows):
    found = swap_set(rows[0], rows[0])
    assert found.moved.num_rows == 0
    assert all(s.members["enter"] == s.members["leave"] == 0 for s in found.swaps.values())
    assert (found.points["mean"], found.points["stays"]) == (0.0, 1.0)
    assert found.points["correlation"] == pytest.approx(1.0)


def test_every_member_is_counted_once_and_moves_are_those_of_the_rows(rows):
    old, new = (table["tier"].to_pylist() for table in rows)
    found = swap_set(*rows)
    assert sum(n for by in found.tiers.values() for n in by.values()) == len(old)
    enter = sum(b != "FIRST" and a == "FIRST" for b, a in zip(old, new, strict=True))
    leave = sum(b == "FIRST" and a != "FIRST" for b, a in zip(old, new, strict=True))
    assert (found.swaps["FIRST"].members["enter"], found.swaps["FIRST"].members["leave"]) == (
        enter, leave,
    )  # fmt: skip
    assert leave > 0
    moved = [b != a for b, a in zip(old, new, strict=True)]
    assert found.moved.num_rows == sum(moved)


def test_expected_bads_are_the_pds_of_those_who_move(rows):
    old, new = (table["tier"].to_numpy(zero_copy_only=False) for table in rows)
    leave = (old == "FIRST") & (new != "FIRST")
    swap = swap_set(*rows).swaps["FIRST"]
    by_champion = rows[0]["pd"].to_numpy(zero_copy_only=False)[leave].sum()
    assert swap.expected_bads_champion["leave"] == pytest.approx(by_champion)


def test_places_add_up_at_every_level(rows):
    found = swap_set(*rows)
    for level in ("county", "township", "village"):
        inside = np.array(found.places["level"].to_pylist()) == level
        left = found.places["first_leave"].to_numpy()[inside].sum()
        assert left == found.swaps["FIRST"].members["leave"]


def test_the_command_writes_the_report_and_publishes_nothing(
    simulated_archive, card_home, stricter, as_of, tmp_path
):
    home, out = tmp_path / "home", tmp_path / "swap"
    shutil.copytree(card_home, home)
    write_card(tmp_path / "challenger", stricter)
    result = CliRunner().invoke(rongzi, [
        "shadow", str(tmp_path / "challenger"), "--archive", str(simulated_archive.folder),
        "--as-of", as_of.isoformat(), "--out", str(out), "--home", str(home),
    ], catch_exceptions=False)  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "expected bads" in result.output
    summary = json.loads((out / "swap_set.json").read_text(encoding="utf-8"))
    assert summary["champion"] == published_card(card_home).digest
    with (out / "moved.csv").open(encoding="utf-8-sig") as file:
        assert len(list(csv.DictReader(file))) > 0
    assert not (home / "editions").exists()
    (told,) = run_summaries(home, "swap-sets")
    assert (told.fault, told.content["champion"]) == (None, summary["champion"])
    assert told.content["swaps"] == summary["swaps"]


def test_a_summary_counts_by_county_and_is_told_once(rows):
    found = swap_set(*rows)
    (one, told), (other, _) = (
        shadow_summary(found, datetime(2023, 10, day, tzinfo=UTC)) for day in (1, 2)
    )
    assert one == other
    assert {len(each["place"]) for each in told["counties"]} == {6}
    left = sum(each["first_leave"] for each in told["counties"])
    assert left == found.swaps["FIRST"].members["leave"]
    assert "moved" not in told
