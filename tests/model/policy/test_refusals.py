"""A policy with unknown keys or contradictions is refused, and the message names the entry."""

from copy import deepcopy
from datetime import date

import pytest
import yaml

from model.errors import ContractError
from model.policy.policy import read_policy
from model.policy.policy_file import shipped_policy

#: A day on which the values of `START` are still in force, and the day of capacity from evidence.
DAY = date(2023, 9, 30)
EVIDENCE_DAY = date(2023, 10, 1)
START = date(2020, 1, 1)


def refused(change, match, day=DAY):
    spec = deepcopy(dict(shipped_policy()))
    change(spec)
    with pytest.raises(ContractError, match=match):
        read_policy(yaml.safe_dump(spec, sort_keys=False, allow_unicode=True), day)


def number(name, value):
    return lambda spec: spec["numbers"][name]["values"].update({START: value})


def rule(**changes):
    return lambda spec: spec["rules"][0].update(changes)


def table(name, change):
    """Change the values of table `name` that are in force on `DAY`."""

    def changed(spec):
        values = spec[name]["values"]
        change(values[max(start for start in values if start <= DAY)])

    return changed


def evidence(change, name="evidence_percent"):
    return lambda spec: change(spec[name]["values"][EVIDENCE_DAY])


def without(key):
    return lambda entry: entry.pop(key)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda s: s.update(rulez=[]), "the file.*rulez"),
        (lambda s: s.pop("tiers"), "the file.*missing keys.*tiers"),
        (lambda s: s["numbers"]["lpr_bp"].update(units="bp"), "number lpr_bp.*units"),
        (lambda s: s["numbers"]["lpr_bp"].pop("source"), "number lpr_bp.*source"),
        (lambda s: s["numbers"]["lpr_bp"].update(unit=""), "number lpr_bp.*unit must be text"),
        (lambda s: s["grades"].update(unit="yuan"), "grades.*unit"),
        (rule(missin="decline"), "NO_CONSENT.*missin"),
        (rule(unscord=True), "NO_CONSENT.*unscord"),
        (lambda s: s["rules"][2].pop("missing"), "UNDER_AGE.*missing keys.*missing"),
        (rule(detail={"zh": "x"}), "NO_CONSENT, detail.*en"),
        (table("crops", lambda v: v["wheat"].update(markets={})), "crop wheat.*markets"),
        (table("grades", lambda v: v[0].update(cap=1)), "grades.*cap"),
        (table("crops", lambda v: v["wheat"]["market"].update({13: 0})), "crop wheat, market.*13"),
    ],
)  # fmt: skip
def test_an_unknown_or_missing_key_is_refused(change, match):
    refused(change, match)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda s: s["numbers"]["lpr_bp"].update(values={}), "number lpr_bp"),
        (lambda s: s["numbers"]["lpr_bp"].update(values={"2020": 1}), "number lpr_bp.*'2020'"),
        (lambda s: s["numbers"].update(lpr_bp=345), "number lpr_bp.*mapping"),
        (lambda s: s.update(numbers=[1]), "numbers.*mapping"),
        (lambda s: s.update(rules={}), "rules.*list"),
        (lambda s: s["rules"].append("NO_CONSENT"), "NO_CONSENT.*mapping"),
        (rule(**{"from": "soon"}), "NO_CONSENT.*'soon'"),
        (rule(until=START), "NO_CONSENT.*ends before it starts"),
    ],
)
def test_an_invalid_date_is_refused(change, match):
    refused(change, match)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (number("minimum_loan_yuan", 3000.5), "minimum_loan_yuan.*3000.5"),
        (number("minimum_loan_yuan", "3000"), "minimum_loan_yuan.*'3000'"),
        (number("minimum_loan_yuan", True), "minimum_loan_yuan"),
        (number("minimum_loan_yuan", None), "minimum_loan_yuan"),
        (number("minimum_loan_yuan", 60000), "minimum_loan_yuan is above product_cap_yuan"),
        (number("minimum_months", 13), "minimum_months is above standard_months"),
        (number("maximum_months", 11), "standard_months is above maximum_months"),
        (number("standard_months", 13), "standard_months.*1 to 12"),
        (number("shortest_harvest_months", 12), "shortest_harvest_months.*0 to 11"),
        (number("income_haircut_percent", 101), "income_haircut_percent.*0 to 100"),
        (number("rate_floor_bp", 1300), "rate_floor_bp is above rate_cap_bp"),
        (number("rounding_yuan", 0), "rounding_yuan"),
        (lambda s: s["numbers"].pop("lpr_bp"), "number lpr_bp is missing"),
        (lambda s: s["numbers"].update(lpr_pb=s["numbers"]["lpr_bp"]), "lpr_pb is not used"),
        (table("trade_margin_percent", lambda v: v.update(grower=101)), "margin.*grower.*101"),
    ],
)
def test_an_invalid_number_is_refused(change, match):
    refused(change, match)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (rule(holds="equals"), "NO_CONSENT.*'equals'"),
        (rule(outcome="deny"), "NO_CONSENT.*'deny'"),
        (rule(outcome="pass"), "NO_CONSENT.*'pass'"),
        (rule(missing="maybe"), "NO_CONSENT.*'maybe'"),
        (rule(value="minimum_lone_yuan"), "NO_CONSENT.*minimum_lone_yuan"),
        (rule(value=None), "NO_CONSENT"),
        (rule(value=float("nan")), "NO_CONSENT"),
        (rule(value=[1]), "NO_CONSENT"),
        (rule(holds=["below"]), "NO_CONSENT"),
        (rule(zh=1), "NO_CONSENT.*zh must be text"),
        (rule(code="no consent"), "no consent.*NO_CONSENT"),
        (rule(unscored="yes"), "NO_CONSENT.*unscored"),
        (rule(alone="yes"), "NO_CONSENT.*alone"),
        (rule(alone=True, unscored=False), "NO_CONSENT.*alone"),
        (rule(outcome="refer"), "NO_CONSENT.*unscored member must be declined"),
        (rule(missing="nurture"), "NO_CONSENT.*unscored member must be declined"),
        (lambda s: s["rules"].append(s["rules"][0]), "share the code NO_CONSENT"),
        (lambda s: s["request_rules"].append(s["rules"][2]), "share the code UNDER_AGE"),
        (rule(detail={"zh": "{a_on}", "en": "{b_on}"}), "NO_CONSENT.*name the same values"),
        (lambda s: s["request_rules"][0].update(outcome="nurture"), "AMOUNT_ABOVE_LIMIT.*request"),
    ],
)
def test_an_invalid_rule_is_refused(change, match):
    refused(change, match)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda v: v["wheat"]["market"].update({6: 71}), "crop wheat.*add up to 101"),
        (lambda v: v["wheat"]["market"].update({6: 170, 7: -70}), "crop wheat"),
        (lambda v: v["wheat"].update(net_yuan_per_mu=-1), "crop wheat, net_yuan_per_mu"),
        (lambda v: v.update(wheat=560), "crop wheat.*mapping"),
        (lambda v: v["wheat"].update(market=100), "crop wheat, market.*mapping"),
    ],
)
def test_an_invalid_crop_is_refused(change, match):
    refused(table("crops", change), match)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda v: v.pop(), "last grade must take every PD"),
        (lambda v: v[-1].update(pd_at_most=1.5), "grade G.*pd_at_most"),
        (lambda v: v.clear(), "last grade"),
        (lambda v: v.reverse(), "does not rise in PD"),
        (lambda v: v[1].update(pd_at_most=0.005), "grade B does not rise in PD over A"),
        (lambda v: v[1].update(spread_bp=119), "grade B has better terms than A"),
        (lambda v: v[1].update(cap_yuan=50001), "grade B has better terms than A"),
        (lambda v: v[1].update(grade="A"), "two grades share a name"),
        (lambda v: v[1].update(spread_bp=1.5), "grade B, spread_bp"),
    ],
)
def test_an_invalid_master_scale_is_refused(change, match):
    refused(table("grades", change), match)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda v: v.update(FIRST=v["SECOND"]), "FIRST must need more points than SECOND"),
        (lambda v: v.update(FIRST=500), "FIRST must need more points than SECOND"),
        (lambda v: v.update(FIRST="many"), "tiers, FIRST.*many"),
        (lambda v: v.pop("SECOND"), "must name FIRST and SECOND"),
        (lambda v: v.update(FOURTH=1), "must name FIRST and SECOND"),
    ],
)
def test_reversed_or_unknown_tiers_are_refused(change, match):
    refused(table("tiers", change), match)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda v: v[0].update(code="because"), "because.*written like"),
        (lambda v: v[0].update(code=v[1]["code"]), "two review reasons share the code"),
        (lambda v: v[0].update({"for": "maybe"}), "INCOME_VERIFIED.*'maybe'"),
        (lambda v: v[0].pop("zh"), "review_reasons.*missing keys.*zh"),
        (
            lambda v: v.__setitem__(slice(None), v[:1]),
            "no review reason justifies decline",
        ),
    ],
)
def test_invalid_review_reasons_are_refused(change, match):
    refused(table("review_reasons", change), match)


def test_a_list_of_the_wrong_type_is_refused():
    refused(
        lambda s: s["trade_besides_crops"]["values"].update({START: "trader"}),
        "trade_besides_crops.*list",
    )


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("numbers: {}\nnumbers: {}\n", "line 1: numbers is given twice"),
        ("numbers:\n  a: {values: {2020-01-01: 1, 2020-01-01: 2}}\n", "2020-01-01 is given twice"),
        ("numbers: [", "not YAML"),
        ("", "the file"),
        ("- 1\n", "the file"),
    ],
)
def test_a_repeated_key_or_another_file_is_refused(text, match):
    with pytest.raises(ContractError, match=match):
        read_policy(text, DAY)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda s: s["numbers"].pop("limit_months"), "number limit_months is missing beside"),
        (lambda s: s.pop("evidence_percent"), "evidence_percent names ;"),
        (evidence(lambda v: v.pop("tax")), "evidence_percent names account, contract"),
        (evidence(lambda v: v.update(rumour=10)), "evidence_percent names .*rumour"),
        (evidence(lambda v: v.update(account=101)), "evidence_percent, account.*101"),
        (evidence(lambda v: v["wheat"].pop("inputs_yuan_per_mu"), "crops"), "crop wheat.*inputs"),
        (evidence(lambda v: v["wheat"].update(net_yuan_per_mu=5), "crops"), "crop wheat.*net_yuan"),
        (evidence(lambda v: v["wheat"].update(gross_yuan_per_mu=-5), "crops"), "crop wheat, gross"),
    ],
)
def test_a_part_of_capacity_from_evidence_without_the_others_is_refused(change, match):
    refused(change, match, EVIDENCE_DAY)
