"""Rules: each operator at its bound, each kind of missing, and every match reported."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.decision.knock_outs import SEVERITY, knock_outs
from model.policy.policy import policy_on
from model.policy.policy_file import RULES, shipped_policy
from model.profile.dictionary import member_dictionary

POLICY = policy_on(date(2023, 10, 1))
RULE = replace(POLICY.rules[0], code="RULE", attribute="x", value=2.0, unscored=False, alone=False)


def severity(rule, value):
    found = knock_outs([rule], {"x": np.array([value], dtype=np.float64)})
    assert found.matched[0, 0] == (found.severity[0] > 0)
    return SEVERITY[found.severity[0]]


@pytest.mark.parametrize(
    ("holds", "matching"),
    [("below", (1, -np.inf)), ("above", (3, np.inf)), ("at_least", (2, 3)), ("at_most", (1, 2))],
)
@pytest.mark.parametrize("outcome", ["refer", "nurture", "decline"])
def test_an_operator_matches_as_its_name_says(holds, matching, outcome):
    rule = replace(RULE, holds=holds, outcome=outcome, missing="pass")
    for value in (-np.inf, 1, 2, 3, np.inf):
        holds_here = {"below": value < 2, "above": value > 2, "at_least": value >= 2}.get(
            holds, value <= 2
        )
        assert severity(rule, value) == (outcome if holds_here else "pass")
    assert all(severity(rule, value) == outcome for value in matching)


@pytest.mark.parametrize("missing", SEVERITY)
def test_a_missing_value_does_what_the_rule_says_of_it_and_not_what_the_rule_does(missing):
    assert severity(replace(RULE, outcome="decline", missing=missing), np.nan) == missing


@pytest.mark.parametrize("rule", POLICY.rules, ids=lambda rule: rule.code)
def test_each_rule_of_the_policy_treats_missing_as_written(rule):
    columns = {rule.attribute: np.array([np.nan])}
    assert SEVERITY[knock_outs([rule], columns).severity[0]] == rule.missing


def test_all_matching_rules_are_reported_in_policy_order_and_the_worst_counts():
    mild = replace(RULE, code="MILD", holds="above", outcome="refer", missing="pass")
    hard = replace(mild, code="HARD", outcome="decline")
    other = replace(mild, code="OTHER", value=100.0)
    found = knock_outs([mild, other, hard], {"x": np.array([5.0, 0.0, 200.0])})
    assert found.codes_by_row() == [("MILD", "HARD"), (), ("MILD", "OTHER", "HARD")]
    assert [SEVERITY[worst] for worst in found.severity] == ["decline", "pass", "decline"]


def test_only_a_rule_that_says_so_leaves_a_member_unscored_and_only_where_it_matches():
    silent = replace(RULE, holds="above", outcome="decline", missing="decline", unscored=True)
    found = knock_outs([silent, replace(silent, code="LOUD", unscored=False)],
                       {"x": np.array([1.0, 3.0, np.nan])})  # fmt: skip
    assert found.unscored.tolist() == [False, True, True]


def test_a_rule_that_is_told_alone_silences_the_others_where_it_matches():
    alone = replace(RULE, holds="above", outcome="decline", missing="decline", unscored=True,
                    alone=True)  # fmt: skip
    other = replace(RULE, code="OTHER", holds="above", value=0.0, outcome="refer", missing="refer")
    found = knock_outs([other, alone], {"x": np.array([1.0, 3.0, np.nan])})
    assert found.codes_by_row() == [("OTHER",), ("RULE",), ("RULE",)]
    assert [SEVERITY[worst] for worst in found.severity] == ["refer", "decline", "decline"]
    assert found.alone.tolist() == [False, True, True]
    rest = found.without(found.alone)
    assert rest.codes_by_row() == [("OTHER",), (), ()]
    assert [SEVERITY[worst] for worst in rest.severity] == ["refer", "pass", "pass"]


def test_no_rule_in_force_means_that_nothing_matches():
    found = knock_outs([], {"x": np.array([1.0, np.nan])})
    assert found.severity.tolist() == [0, 0]
    assert found.codes_by_row() == [(), ()]


def test_rules_made_anew_for_each_call_match_by_their_own_values():
    below = replace(RULE, holds="below", outcome="refer")
    for value in range(600):  # more rules than the cache of tables holds
        for x, codes in ((value - 1.0, ("RULE",)), (value + 1.0, ())):
            found = knock_outs([replace(below, value=float(value))], {"x": np.array([x])})
            assert found.codes_by_row() == [codes]


def test_a_missing_column_raises_an_error():
    with pytest.raises(KeyError):
        knock_outs([RULE], {"y": np.zeros(1)})


@settings(deadline=None)
@given(st.lists(st.floats(), max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_rows_is_irrelevant_and_one_row_is_as_many(values, random):
    columns = {rule.attribute: np.array(values, dtype=np.float64) for rule in POLICY.rules}
    all_rows = knock_outs(POLICY.rules, columns)
    order = random.sample(range(len(values)), len(values))
    shuffled = knock_outs(POLICY.rules, {name: v[order] for name, v in columns.items()})
    assert (shuffled.matched == all_rows.matched[order]).all()
    for i in range(len(values)):
        alone = knock_outs(POLICY.rules, {name: v[i : i + 1] for name, v in columns.items()})
        assert alone.codes_of(0) == all_rows.codes_of(i)
        assert alone.severity[0] == all_rows.severity[i]


#: What the dictionary keeps for audits and eligibility, and a rule may therefore read.
ELIGIBILITY = {"age_years", "resident_years"}


def test_no_rule_reads_what_must_not_decide():
    known = member_dictionary()
    read = {rule["attribute"] for name in RULES for rule in shipped_policy()[name]}
    audited = {name for name in read if name in known.attributes and known[name].role == "audit"}
    assert audited <= ELIGIBILITY
