"""What a policy asks of consents, by date; policies without it keep the terms of their time."""

from copy import deepcopy
from datetime import date

import pytest
import yaml

from model.errors import ContractError
from model.policy.consent import terms_by_day
from model.policy.policy import dated_consent_terms, policy_on, read_policy
from model.policy.policy_file import shipped_policy
from model.profile.consent_terms import FIRST_TERMS, ConsentTerms

DAY = date(2023, 10, 1)
SHARED = ("personal_information", "credit_bureau", "data_sharing")


def changed(table, values):
    spec = deepcopy(dict(shipped_policy()))
    spec[table]["values"].update(values)
    return spec


def test_a_policy_that_asks_nothing_of_consents_has_the_first_terms():
    assert policy_on(date(2023, 9, 30)).consent_terms == FIRST_TERMS
    assert "consent_purposes" not in policy_on(date(2023, 9, 30)).in_force


def test_the_terms_shipped_are_those_of_old_so_that_one_formula_serves_all_dates():
    assert policy_on(DAY).consent_terms == FIRST_TERMS
    assert dated_consent_terms() == ((date.min, FIRST_TERMS),)


def test_terms_change_on_their_day():
    spec = changed("consent_purposes", {date(2024, 1, 1): list(SHARED)})
    spec["consent_recipients"]["values"][date(2025, 1, 1)] = ["bank"]
    assert terms_by_day(spec) == (
        (date.min, FIRST_TERMS),
        (date(2024, 1, 1), ConsentTerms(SHARED, ("bank", "unstated"))),
        (date(2025, 1, 1), ConsentTerms(SHARED, ("bank",))),
    )


@pytest.mark.parametrize("value", [[], ["marketing"], "credit_bureau", None])
def test_a_purpose_that_no_consent_has_is_refused(value):
    text = yaml.safe_dump(changed("consent_purposes", {DAY: value}), allow_unicode=True)
    with pytest.raises(ContractError, match=r"consent_purposes.*personal_information"):
        read_policy(text, DAY)
