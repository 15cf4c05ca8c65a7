"""The whole decision on every consenting member, by group."""

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from data.storage.profiles import columns_of
from model.decision.whitelist import assess_edition
from model.policy.policy import policy_on
from model.profile.dictionary import member_dictionary
from tests.support.planted_card import HONEST, evidence, gates, people
from training.fairness.offers import offers_report, removal_cost

DAY = date(2023, 10, 1)


def report_of(profile, card, cost_of=lambda attribute: 0.0):
    return offers_report(profile, DAY, policy_on(DAY), card, cost_of, member_dictionary(), 1)


@pytest.fixture(scope="module")
def found(member_profile, member_card):
    return report_of(member_profile, member_card)


def test_every_consenting_member_is_in_one_group_of_each_attribute(found, member_profile):
    consenting = pc.sum(member_profile["consent_in_force"]).as_py()
    assert found.members == consenting
    for each in found.attributes:
        assert sum(row.members for row in each.groups) == consenting
        assert sum(row.offered.rows for row in each.groups) == found.may_borrow
    assert {each.attribute for each in found.attributes} == {
        "gender", "age_years", "county_code", "occupation", "household_size",
    }  # fmt: skip


def test_offers_are_those_of_the_edition(found, member_profile, member_card):
    columns = columns_of(member_profile)
    assessed, _ = assess_edition(columns, columns["member_id"], DAY, policy_on(DAY), member_card)
    (gender,) = (each for each in found.attributes if each.attribute == "gender")
    for row in gender.groups:
        own = (columns["gender"] == row.group) & assessed.offered
        assert row.offered.raw * row.offered.rows == pytest.approx(own.sum())
        assert row.limit_yuan == pytest.approx(assessed.limit_yuan[own].mean())
        assert row.annual_rate == pytest.approx(assessed.offer.annual_rate[own].mean())


def test_a_group_that_loses_points_is_named_with_the_attribute_that_costs_them(
    member_profile, member_card
):
    at = member_profile.schema.get_field_index("bills_on_time_share_12m")
    women = pc.equal(member_profile["gender"], "female")
    values = pc.if_else(women, pa.scalar(0.0), pa.scalar(1.0))
    unequal = member_profile.set_column(at, "bills_on_time_share_12m", values)
    named = []
    found = report_of(unequal, member_card, lambda name: named.append(name) or 0.01)
    (gender,) = (each for each in found.attributes if each.attribute == "gender")
    assert gender.widest.group == "female"
    assert gender.widest.high < 1
    assert gender.sources[0].attribute == "bills_on_time_share_12m"
    assert gender.sources[0].points < 0
    assert gender.sources[0].auc_cost == 0.01
    assert set(named) >= {"bills_on_time_share_12m"}


def test_nobody_is_decided_without_consent(member_profile, member_card):
    at = member_profile.schema.get_field_index("consent_in_force")
    field = member_profile.schema.field(at)
    none = pa.array(np.zeros(member_profile.num_rows)).cast(field.type)
    assert report_of(member_profile.set_column(at, field, none), member_card) is None


def test_the_cost_of_an_attribute_is_the_auc_lost_without_its_points():
    cost = removal_cost(HONEST, people())
    assert cost("income") > 0.03
    assert cost("nothing") == 0


@pytest.mark.parametrize(
    ("value", "low", "high", "status"),
    [(0.9, 0.85, 0.95, "pass"), (0.7, 0.65, 0.75, "flag"), (0.4, 0.35, 0.45, "fail")],
)
def test_the_gate_flags_below_four_fifths_and_stops_below_half(value, low, high, status):
    gap = {"group": "<30", "value": value, "low": low, "high": high, "sources": ["thrift"]}
    verdict = gates(evidence(HONEST, people(), offer_gaps={"age_years": gap}))[
        "FAIRNESS_OFFERS_AGE_YEARS"
    ]
    assert verdict.status == status
    assert "<30" in verdict.finding.en
    assert "thrift" in verdict.remedy.en


def test_evidence_of_an_earlier_release_has_no_decisions_on_all_members():
    assert gates(evidence(HONEST, people()))["FAIRNESS_OFFERS"].status == "none"
