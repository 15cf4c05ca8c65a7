"""One whitelisted borrower per household, for every member, order of requests and term."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from model.decision.decision import Request, decide
from model.decision.whitelist import HOUSEHOLD_BORROWER, assess, assess_edition
from model.policy.policy import policy_on
from tests.support.cards.policy_cases import CASES_CARD, POLICY_CASES

CARD = CASES_CARD
CASES = POLICY_CASES
DAY = CASES["as_of"]
POLICY = policy_on(DAY)
TEXT_COLUMNS = ("occupation", "household_id")


def columns_of(members):
    rows = [{**CASES["member"], **member} for member in members]
    return {
        name: np.array(
            [row[name] for row in rows], dtype=object if name in TEXT_COLUMNS else np.float64
        )
        for name in rows[0]
        if name != HOUSEHOLD_BORROWER
    }


def edition(members, ids=None):
    ids = ids or [f"M{i}" for i in range(len(members))]
    return assess_edition(columns_of(members), np.array(ids, dtype=object), DAY, POLICY, CARD)


def holders(members, ids=None):
    return np.flatnonzero(edition(members, ids)[1] == 1).tolist()


WEAKER = {"operating_years": 5}
SECOND = {"operating_years": 5, "bills_on_time_share_12m": 0.6}
NO_LAND = {
    "harvest_wheat_mu": 0, "harvest_maize_mu": 0, "harvest_melon_mu": 0, "net_sales_12m": 0,
}  # fmt: skip


def test_more_points_take_the_place():
    assert holders([WEAKER, {}]) == [1]


def test_the_higher_tier_takes_the_place_before_more_points():
    referred = {"bureau_queries_6m": 9, "operating_years": 30}
    found, _ = edition([referred, {}])
    assert found.points[0] > found.points[1]
    assert found.tier.tolist()[1] == "FIRST"
    assert holders([referred, {}]) == [1]


def test_who_has_a_loan_open_keeps_the_place_before_a_higher_tier():
    assert holders([{}, {**SECOND, "loans_open": 1}]) == [1]


def test_a_tie_goes_to_the_smaller_member_id_whatever_the_order_of_rows():
    assert holders([{}, {}], ["M9", "M10"]) == [1]
    assert holders([{}, {}], ["M10", "M9"]) == [0]


def test_who_has_no_offer_takes_no_place_though_his_loan_is_open():
    assert holders([{"court_unresolved": 1, "loans_open": 1}, {}]) == [1]


def test_who_gave_no_consent_takes_no_place():
    assert holders([{"consent_in_force": 0, "operating_years": 30}, WEAKER]) == [1]


def test_where_nobody_has_an_offer_the_place_stays_open():
    found, borrower = edition([NO_LAND, {"court_unresolved": 1}])
    assert np.isnan(borrower).all()
    assert found.tier.tolist() == ["THIRD", "NONE"]


def test_the_other_members_get_the_household_knock_out():
    found, borrower = edition([{}, WEAKER, NO_LAND])
    assert borrower.tolist() == [1, 0, 0]
    assert found.tier.tolist() == ["FIRST", "NONE", "NONE"]
    assert found.knock_outs.codes_of(1) == ("HOUSEHOLD_BORROWER",)
    assert found.knock_outs.codes_of(2) == ("NO_REPAYMENT_CAPACITY", "HOUSEHOLD_BORROWER")


def test_members_without_a_household_are_independent_and_so_are_households():
    alone = {"household_id": None}
    assert holders([alone, alone, {}, {"household_id": "H2"}]) == [0, 1, 2, 3]


def test_a_household_called_na_is_a_household():
    assert holders([{"household_id": "NA"}, {"household_id": "NA"}, {"household_id": "None"}]) == [
        0,
        2,
    ]


member = st.fixed_dictionaries(
    {},
    optional={
        "household_id": st.sampled_from(["H1", "H2", "H3", None]),
        "operating_years": st.sampled_from([1, 5, 12, 30]),
        "bills_on_time_share_12m": st.sampled_from([0.4, 0.6, 0.99]),
        "harvest_melon_mu": st.sampled_from([0, 0.5, 3, 20]),
        "harvest_maize_mu": st.sampled_from([0, 10]),
        "loans_open": st.sampled_from([0, 1, np.nan]),
        "debt_service_12m": st.sampled_from([0, 5000, 20000]),
        "court_unresolved": st.sampled_from([0, 0, 0, 1]),
        "consent_in_force": st.sampled_from([1, 1, 1, 0]),
        "age_years": st.sampled_from([40, 63, 64, 65]),
    },
)
archives = st.lists(member, min_size=1, max_size=8)
law = settings(deadline=None, max_examples=60)


@law
@given(archives)
def test_each_household_has_one_place_if_anyone_has_an_offer_and_none_else(members):
    vacant = {**columns_of(members), HOUSEHOLD_BORROWER: np.full(len(members), np.nan)}
    before = assess(vacant, DAY, POLICY, CARD)
    found, borrower = edition(members)
    homes = [row.get("household_id", "H1") for row in members]
    for home in {h for h in homes if h is not None}:
        of_home = [i for i, h in enumerate(homes) if h == home]
        wanted = any(before.offered[i] for i in of_home)
        assert sum(borrower[i] == 1 for i in of_home) == wanted
        assert sum(bool(found.offered[i]) for i in of_home) == wanted
        assert all(np.isnan(borrower[i]) != wanted for i in of_home)
    for i in [i for i, h in enumerate(homes) if h is None]:
        assert found.offered[i] == before.offered[i]


@law
@given(archives, st.randoms(use_true_random=False))
def test_the_order_of_rows_chooses_nobody(members, random):
    order = random.sample(range(len(members)), len(members))
    _, borrower = edition(members)
    _, shuffled = edition([members[i] for i in order], [f"M{i}" for i in order])
    assert np.array_equal(borrower[order], shuffled, equal_nan=True)


@law
@given(archives, st.integers(1, 30), st.integers(1, 60_000))
def test_online_every_member_of_a_household_asking_makes_no_second_borrower(members, months, yuan):
    columns = columns_of(members)
    found, borrower = edition(members)
    homes = [row.get("household_id", "H1") for row in members]
    granted = []
    for i, home in enumerate(homes):
        one = {name: values[i : i + 1] for name, values in columns.items()}
        one[HOUSEHOLD_BORROWER] = borrower[i : i + 1]
        decision = decide(one, Request(yuan, months, "inputs"), DAY, POLICY, CARD)
        assert decision.tier == found.tier[i]
        if decision.outcome != "DECLINE" and home is not None:
            granted.append(home)
    assert len(granted) == len(set(granted))


def test_the_places_found_reproduce_the_edition_row_by_row():
    members = [{}, WEAKER, {**SECOND, "household_id": "H2"}, {**NO_LAND, "household_id": "H3"}]
    columns = columns_of(members)
    found, borrower = edition(members)
    again = assess({**columns, HOUSEHOLD_BORROWER: borrower}, DAY, POLICY, CARD)
    assert again.tier.tolist() == found.tier.tolist() == ["FIRST", "NONE", "SECOND", "THIRD"]
