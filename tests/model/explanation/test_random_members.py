"""Two thousand random explanations in both languages, held by rule against profile and card."""

from datetime import date

import numpy as np
import pytest

from model.decision.decision import Request, decide
from model.decision.whitelist import TIERS, assess
from model.explanation.explanation import explain
from model.explanation.nearest_changes import Basis, with_changes
from model.policy.policy import policy_on
from tests.support.explaining.members import DICTIONARY, SIDED_CARD, one, random_members
from tests.support.explaining.truth import flaws_of_explanation

DAY = date(2023, 10, 1)
MEMBERS = 2_000


@pytest.fixture(scope="module")
def basis():
    return Basis(DAY, policy_on(DAY), SIDED_CARD, DICTIONARY)


@pytest.fixture(scope="module")
def explained(basis):
    columns, dice = random_members(3, MEMBERS), np.random.default_rng(4)
    found = []
    for row in range(MEMBERS):
        member = one(columns, row)
        asked = Request(int(dice.choice([5_000, 20_000, 60_000])), int(dice.integers(2, 27)), "x")
        decision = decide(member, asked, DAY, basis.policy, basis.card)
        found.append((member, decision, explain(member, decision, asked, basis)))
    return found


def test_no_explanation_says_anything_false_twice_or_unlawful(explained, basis):
    flaws = [
        flaw
        for member, _, explanation in explained
        for flaw in flaws_of_explanation(explanation, member, basis.card, DICTIONARY)
    ]
    assert flaws[:10] == []


def test_lines_and_their_rest_are_the_whole_difference_from_the_mean(explained, basis):
    mean = basis.card.base + int(basis.card.references.sum())
    for _, decision, explanation in explained:
        if decision.points is not None:
            rest = explanation.rest.points if explanation.rest else 0
            told = sum(line.points for line in explanation.counted)
            assert told + rest == decision.points - mean


def test_every_line_matters_and_the_reasons_are_among_the_lines(explained, basis):
    least = basis.policy.numbers["least_points_told"]
    for _, decision, explanation in explained:
        losses = [line.points for line in explanation.counted if line.points < 0]
        lost = [each.points_lost for each in decision.reasons]
        if (decision.points or 0) < basis.policy.tiers["FIRST"]:
            assert [-x for x in losses] == lost
        else:
            assert [-x for x in losses] == lost[: len(losses)]
            gains = [line.points for line in explanation.counted[: -len(losses) or None]]
            assert gains == sorted(gains, reverse=True)
            assert len(losses) <= max(2, 5 - len(gains))
        strong = [x for x in explanation.counted if abs(x.points) >= least]
        assert len(explanation.counted) - len(strong) <= (len(losses) == 1)


def test_every_proposal_lifts_the_tier_and_moves_related_values_together(explained, basis):
    proposals = 0
    for member, decision, explanation in explained:
        for each in explanation.proposals:
            after = with_changes(member, each.improvement.changes)
            found = assess(after, DAY, basis.policy, basis.card)
            assert found.tier[0] == each.improvement.tier
            assert TIERS.index(found.tier[0]) > TIERS.index(decision.tier)
            if {"bills_on_time_share_12m", "late_bills_6m"} & {
                change.attribute for change in each.improvement.changes
            }:
                assert after["bills_on_time_share_12m"][0] in (1.0,) or np.isnan(
                    member["bills_on_time_share_12m"][0]
                )
                assert not after["late_bills_6m"][0] > 0
            proposals += 1
    assert proposals > 50


def test_who_lacks_a_record_is_not_told_each_thing_that_it_would_show(explained):
    spared = 0
    for member, _, explanation in explained:
        told = {text.zh for text in explanation.missing}
        unknown = [
            own for own in DICTIONARY if own.role == "scored" and is_unknown(member, own.name)
        ]
        implied = {own.name for own in unknown if is_unknown(member, own.missing_with)}
        of_itself = {own.missing.zh for own in unknown if own.name not in implied}
        for own in unknown:
            if own.name in implied and own.missing.zh not in of_itself:
                root = DICTIONARY[own.missing_with].missing.zh
                assert f"{own.missing.zh}。" not in told or own.missing.zh == root
                spared += 1
    assert spared > 200


def is_unknown(member, name):
    return name is not None and bool(np.isnan(member[name][0]))
