"""The margin of an edition's offers, by tier and grade."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from data.storage.profiles import columns_of
from model.decision.whitelist import assess_edition
from model.policy.policy import policy_on
from training.measures.margins import margin_rows

DAY = date(2023, 10, 1)


@pytest.fixture(scope="module")
def assessed(member_profile, member_card):
    columns = columns_of(member_profile)
    return assess_edition(columns, columns["member_id"], DAY, policy_on(DAY), member_card)[0]


def test_tiers_and_grades_each_hold_every_offer_once(assessed):
    rows = margin_rows(assessed, policy_on(DAY))
    (whole,) = (row for row in rows if row.kind == "all")
    assert whole.offers == (assessed.limit_yuan > 0).sum()
    for kind in ("tier", "grade"):
        assert sum(row.offers for row in rows if row.kind == kind) == whole.offers


def test_what_a_rate_brings_is_loss_cost_and_margin_and_none_is_lost(assessed):
    for row in margin_rows(assessed, policy_on(DAY)):
        assert row.rate == pytest.approx(row.expected_loss + row.cost + row.margin)
        # Rates cover their cost offer by offer, so that no group loses money on average.
        assert row.margin >= -1e-12
        assert row.cost == pytest.approx(0.041)


def test_the_risk_rises_with_the_grade(assessed):
    by_grade = [row.pd for row in margin_rows(assessed, policy_on(DAY)) if row.kind == "grade"]
    assert by_grade == sorted(by_grade)
    assert len(by_grade) > 1


def test_a_policy_without_costs_and_an_edition_without_offers_have_no_margins(assessed):
    assert margin_rows(assessed, policy_on(date(2023, 9, 30))) == ()
    nobody = replace(assessed, rank=np.zeros_like(assessed.rank))
    assert margin_rows(nobody, policy_on(DAY)) == ()
