"""A decision on the member of the policy's cases, changed by name, and its explanation."""

from dataclasses import replace

import numpy as np

from model.decision.decision import Request, decide
from model.explanation.explanation import explain
from model.explanation.nearest_changes import Basis
from model.policy.policy import policy_on
from model.profile.dictionary import member_dictionary
from tests.support.cards.policy_cases import CASES_CARD, POLICY_CASES

CASES = POLICY_CASES
CARD = CASES_CARD
BASIS = Basis(CASES["as_of"], policy_on(CASES["as_of"]), CARD, member_dictionary())
REQUEST = Request(10_000, 10, "inputs")


def decide_and_explain(
    since=None,
    request=REQUEST,
    on=BASIS.as_of,
    is_asked=True,
    dictionary=BASIS.dictionary,
    **member,
):
    columns = {
        name: np.array([value], dtype=object if name in ("occupation", "household_id") else float)
        for name, value in {**CASES["member"], **member}.items()
    }
    basis = replace(BASIS, as_of=on, policy=policy_on(on), dictionary=dictionary)
    decision = decide(columns, request, on, basis.policy, CARD)
    return decision, explain(columns, decision, request, basis, since, is_asked=is_asked)
