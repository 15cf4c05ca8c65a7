"""What an analyst decides about a card before it is trained."""

from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner

from cli.train import command
from model.card.card_file import CardFile
from model.errors import TrainingError
from model.profile.dictionary import member_dictionary
from tests.support.planted_card import HONEST, card_over, evidence, gates, people
from training.gates.exactness import broken_directions
from training.promote import judge_run
from training.settings import Settings
from training.shaped import shaped
from training.train import FlatRows, drafted_dictionary, train_rows

ROWS = 3000
DAY = date(2026, 1, 2)


@pytest.fixture(scope="module")
def table():
    """Risk rises with `debt`, falls with `income`, and turns in the middle of `age`."""
    rng = np.random.default_rng(3)
    debt, income, age = rng.normal(size=(3, ROWS))
    log_odds = -1.2 + debt - income - 2 * np.abs(age)
    bad = rng.random(ROWS) < 1 / (1 + np.exp(-log_odds))
    return pa.table({"debt": debt, "income": income, "age_gap": age, "bad": bad.astype(np.int64)})


def trained(table, **more):
    settings = Settings(family="woe", resamples=50, **more)
    return train_rows(FlatRows(table, "bad"), settings)


def test_an_attribute_kept_out_is_not_in_the_card(table):
    assert "debt" in trained(table).card.attributes
    assert "debt" not in trained(table, without=("debt",)).card.attributes


def test_risk_moves_one_way_only_where_the_analyst_says_so(table):
    free, directed = trained(table), trained(table, directions=(("age_gap", "up"),))
    assert broken_directions(free.card, {"age_gap": "up"}) == ["age_gap"]
    assert broken_directions(directed.card, {"age_gap": "up"}) == []


@pytest.mark.parametrize(
    "named", [{"without": ("dept",)}, {"directions": (("dept", "up"),)}, {"without": ("gender",)}]
)
def test_a_name_that_is_not_scored_is_refused(named):
    with pytest.raises(TrainingError, match="no scored attribute is called"):
        shaped(member_dictionary(), Settings(**named))


def test_a_direction_is_up_down_or_free(tmp_path):
    (tmp_path / "t.csv").write_text("debt,bad\n1,0\n")
    given = ["--table", str(tmp_path / "t.csv"), "--target", "bad", "--direction", "debt=sideways"]
    done = CliRunner().invoke(command, given)
    assert done.exit_code == 2
    assert "debt=sideways: give ATTRIBUTE=up" in done.output


def test_a_table_of_more_than_a_quarter_of_the_points_is_flagged():
    names = [f"a{number}" for number in range(6)]
    even = card_over(dict.fromkeys(names, (0, 20)), 480)
    rows = people(**{name: lambda bad, columns, rng: rng.normal(size=len(bad)) for name in names})
    assert gates(evidence(even, rows))["LARGEST_RANGE"].status == "pass"
    steep = card_over({**dict.fromkeys(names, (0, 20)), "a0": (0, 90)}, 480)
    verdict = gates(evidence(steep, rows))["LARGEST_RANGE"]
    assert (verdict.status, round(verdict.value, 3)) == ("flag", round(90 / 190, 3))
    assert "a0" in verdict.finding.en


def test_a_card_of_few_tables_has_no_such_share():
    assert gates(evidence(HONEST, people()))["LARGEST_RANGE"].status == "none"


@pytest.fixture(scope="module")
def champion(table):
    """A card that scores debt, income and age gap."""
    return trained(table)


def _against(run, champion):
    judged = judge_run(run, CardFile(champion.judged, champion.digest, None, None), DAY).gates
    return next(each for each in judged.verdicts if each.gate == "AUC_AGAINST_CHAMPION")


def test_a_card_that_leaves_an_attribute_out_is_compared_with_a_champion_that_scores_it(
    table, champion
):
    run = trained(table, without=("age_gap",))
    assert "age_gap" not in run.card.inputs
    found = _against(run, champion)
    assert found.value is not None, found.finding.en
    assert "AUC" in found.finding.en
    assert "lack" not in found.finding.en


@pytest.mark.parametrize("role", [None, "audit"])
def test_a_dictionary_may_give_up_an_attribute_that_the_champion_scores(table, champion, role):
    given = drafted_dictionary(table, "bad", "t")
    others = {name: each for name, each in given.attributes.items() if name != "age_gap"}
    if role:
        others["age_gap"] = replace(given["age_gap"], role=role)
    settings = Settings(family="woe", resamples=50)
    rows, own = FlatRows(table, "bad"), replace(given, attributes=others)
    run = train_rows(rows, settings, own, champion=champion.judged)
    assert _against(run, champion).value is not None
    # The card learns from what its dictionary scores alone.
    assert run.digest == train_rows(rows, settings, own).digest


def test_a_champion_whose_column_the_table_lacks_stays_incomparable(table, champion):
    settings = Settings(family="woe", resamples=50)
    run = train_rows(
        FlatRows(table.drop_columns(["age_gap"]), "bad"), settings, champion=champion.judged
    )
    found = _against(run, champion)
    assert (found.status, "age_gap" in found.finding.en) == ("fail", True)
