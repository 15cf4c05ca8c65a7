"""Sentences about values that are not there."""

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
    assert line(40.0).subject.zh.startswith("没有到期的还款（最近一期")
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
