"""Sentences about values that are not there."""

import re

import numpy as np

from model.explanation.sentences import contributions
from tests.support.explaining.members import DICTIONARY, SIDED_CARD, one, random_members


def line(last_loan, open_loans=0.0):
    """Return the line on the last instalment of a member who has none on record."""
    member = one(random_members(5, 1), 0) | {
        "last_days_late": np.array([np.nan]),
        "months_since_last_loan": np.array([last_loan]),
        "loans_open": np.array([open_loans]),
    }
    found = contributions(member, SIDED_CARD, DICTIONARY)
    (own,) = (each for each in found if "last_days_late" in each.attributes and each.is_missing)
    return own


def test_who_never_borrowed_is_not_told_that_nothing_fell_due():
    assert line(40.0).subject.zh.startswith("没有逐期的还款记录（最近一期")
    never = line(np.nan)
    assert never.subject.zh.startswith("没有贷过款（最近一期")
    assert never.subject.en.startswith("there was no loan before (")
    assert never.points == line(40.0).points


def test_without_a_table_of_loans_nobody_is_told_that_there_was_none():
    assert line(np.nan, open_loans=np.nan).subject == line(40.0, open_loans=np.nan).subject


def queries(lenders):
    """Return the line on one query of a member whose report tells of so many lenders."""
    found = random_members(5, 40)
    members = (one(found, at) for at in range(40))
    for each in members:
        member = each | {
            "bureau_queries_6m": np.array([5.0]),
            "bureau_lenders": np.array([lenders]),
        }
        for line in contributions(member, SIDED_CARD, DICTIONARY):
            if line.attributes == ("bureau_queries_6m",):
                return line.subject
    raise AssertionError("the card says nothing of queries")


def test_queries_without_a_report_are_told_by_their_own_records():
    assert "查询登记 5 次，没有报告" in queries(np.nan).zh
    assert "5 queries on record, no report held" in queries(np.nan).en
    assert "（5 次" in queries(2.0).zh


def losses(**values):
    """Return the subject of each loss of a member with these values, by attribute."""
    member = one(random_members(5, 1), 0) | {n: np.array([each]) for n, each in values.items()}
    found = contributions(member, SIDED_CARD, DICTIONARY)
    alone = (each for each in found if len(each.attributes) == 1 and each.points < 0)
    return {each.attributes[0]: each.subject for each in alone}


def test_the_best_values_are_told_of_what_the_member_can_change_and_by_when():
    told = losses(trainings_24m=0.0, lease_ending_share=0.9, bureau_queries_6m=5.0)
    assert "，约 12 个月可达到）" in told["trainings_24m"].zh
    assert re.search(r"; it takes about \d+ months?\)$", told["lease_ending_share"].en)
    assert "约 6 个月可达到" in told["bureau_queries_6m"].zh


def test_what_the_member_cannot_change_is_told_as_it_is_and_no_more():
    told = losses(net_sales_12m=900.0, parcels_sent_12m=2.0, peer_review_grade_24m=1.0,
                  last_days_late=20.0, months_since_last_loan=2.0)  # fmt: skip
    assert len(told) >= 4
    for name in set(told) - {"trainings_24m", "bills_on_time_share_12m", "bureau_queries_6m"}:
        assert "最有利的是" not in told[name].zh
        assert "best:" not in told[name].en
    assert told["peer_review_grade_24m"].zh.endswith("（差）")
