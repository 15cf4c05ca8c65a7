"""The shipped policy: dates, digests, and names that exist elsewhere."""

from datetime import date, timedelta

import pytest
import yaml

from docs.pages.policy import policy_page
from model.archive.tables import OTHER, archive_tables
from model.decision.decision import REQUEST_ATTRIBUTES
from model.decision.whitelist import DERIVED
from model.errors import ContractError
from model.policy.policy import policy_on, read_policy
from model.policy.policy_file import RULES, TABLES, read_policy_file, shipped_policy
from model.profile.dictionary import member_dictionary
from tests.support.paths import ROOT

TEXT = (ROOT / "model" / "policy" / "policy.yaml").read_text(encoding="utf-8")
SPEC = shipped_policy()
STARTS = sorted(
    {start for entry in [*SPEC["numbers"].values(), *(SPEC[name] for name in TABLES)]
     for start in entry["values"]}
    | {rule["from"] for name in RULES for rule in SPEC[name]}
)  # fmt: skip
FIRST_DAY = date(2020, 1, 20)


def edited(day=date(2023, 10, 1), **changes):
    """Return the policy read from the shipped text with whole entries replaced."""
    spec = yaml.safe_load(TEXT)
    return read_policy(yaml.safe_dump({**spec, **changes}, sort_keys=False), day)


def test_the_policy_is_sound_on_every_day_on_which_it_changes():
    for start in STARTS:
        if start >= FIRST_DAY:
            assert policy_on(start).on == start


def test_a_day_before_the_first_value_is_refused_and_the_number_named():
    with pytest.raises(ContractError, match=r"lpr_bp has no value on 2020-01-19.*2020-01-20"):
        policy_on(date(2020, 1, 19))


def test_a_value_holds_from_its_date_on_that_day_included():
    assert policy_on(date(2022, 12, 31))["product_cap_yuan"] == 20000
    assert policy_on(date(2023, 1, 1))["product_cap_yuan"] == 50000
    assert policy_on(date(2099, 1, 1))["product_cap_yuan"] == 50000


def test_a_rule_holds_from_its_first_day_until_the_day_before_its_end():
    rules = [*SPEC["rules"]]
    rules[-1] = {**rules[-1], "from": date(2023, 1, 1), "until": date(2023, 7, 1)}
    code = rules[-1]["code"]
    in_force = {
        day: code in [rule.code for rule in edited(day, rules=rules).rules]
        for day in (date(2022, 12, 31), date(2023, 1, 1), date(2023, 6, 30), date(2023, 7, 1))
    }
    assert list(in_force.values()) == [False, True, True, False]


def test_a_rule_may_be_replaced_under_the_same_code_from_a_day_on():
    old = {**SPEC["rules"][-1], "until": date(2023, 7, 1)}
    new = {**SPEC["rules"][-1], "from": date(2023, 7, 1), "value": 2}
    rules = [*SPEC["rules"][:-1], old, new]
    values = [edited(day, rules=rules).rule(old["code"]).value
              for day in (date(2023, 6, 30), date(2023, 7, 1))]  # fmt: skip
    assert values == [1.0, 2.0]


def test_the_digest_changes_exactly_when_the_policy_does():
    days = [FIRST_DAY + timedelta(days=n) for n in range(0, 2200, 9)]
    days += [start + timedelta(days=n) for start in STARTS if start > FIRST_DAY for n in (-1, 0)]
    for before, after in zip(sorted(days), sorted(days)[1:], strict=False):
        changed = any(before < start <= after for start in STARTS)
        assert (policy_on(before).digest != policy_on(after).digest) == changed


def test_a_future_value_leaves_past_digests_unchanged():
    day = date(2023, 10, 1)
    cap = SPEC["numbers"]["product_cap_yuan"]
    later = {**cap, "values": {**cap["values"], date(2030, 1, 1): 80000}}
    ending = [*SPEC["rules"][:-1], {**SPEC["rules"][-1], "until": date(2030, 1, 1)}]
    numbers = {**SPEC["numbers"], "product_cap_yuan": later}
    assert edited(day, numbers=numbers, rules=ending).digest == policy_on(day).digest
    assert edited(date(2030, 1, 1), numbers=numbers)["product_cap_yuan"] == 80000


def test_every_changed_value_changes_the_digest():
    day, digest = date(2023, 10, 1), policy_on(date(2023, 10, 1)).digest
    for name, entry in SPEC["numbers"].items():
        longer = {**entry, "source": entry["source"] + "; revised"}
        assert edited(day, numbers={**SPEC["numbers"], name: longer}).digest != digest


def test_what_is_in_force_says_unit_source_and_date_of_every_number():
    for name, entry in policy_on(date(2023, 10, 1)).in_force["numbers"].items():
        assert set(entry) == {"unit", "source", "from", "value"}, name


def test_rules_read_attributes_that_the_dictionary_or_the_whitelist_knows():
    known = {a.name for a in member_dictionary() if a.type in ("number", "flag")}
    assert {rule["attribute"] for rule in SPEC["rules"]} <= known | set(DERIVED)
    assert {rule["attribute"] for rule in SPEC["request_rules"]} <= set(REQUEST_ATTRIBUTES)


def test_crops_and_occupations_are_those_of_the_archive():
    tables = archive_tables()
    crops = set(tables["plots"].columns["crop"].choices)
    # An occupation outside the list earns the lowest margin; see `model.decision.income`.
    occupations = set(tables["members"].columns["occupation"].choices) - {OTHER}
    for entry in SPEC["crops"]["values"].values():
        assert set(entry) == crops
        assert {f"area_{crop}_mu" for crop in entry} <= set(member_dictionary().attributes)
        assert {f"harvest_{crop}_mu" for crop in entry} <= set(member_dictionary().attributes)
    evidence = set(tables["incomes"].columns["evidence"].choices)
    for weights in SPEC["evidence_percent"]["values"].values():
        assert set(weights) == evidence
    for entry in SPEC["trade_margin_percent"]["values"].values():
        assert set(entry) == occupations
    for names in SPEC["trade_besides_crops"]["values"].values():
        assert set(names) < occupations


def test_every_rule_has_a_chinese_and_an_english_text():
    for rule in [*SPEC["rules"], *SPEC["request_rules"]]:
        assert any("\u4e00" <= letter <= "\u9fff" for letter in rule["zh"]), rule["code"]
        assert rule["en"].isascii(), rule["code"]


def test_the_written_page_names_every_number_date_and_rule():
    page = policy_page()
    for name, entry in SPEC["numbers"].items():
        for start, value in entry["values"].items():
            assert f"| `{name}` | {value} | {entry['unit']} | {start} | {entry['source']} |" in page
    for rule in [*SPEC["rules"], *SPEC["request_rules"]]:
        assert f"| {rule['code']} | `{rule['attribute']}` " in page
        assert f" | {rule['missing']} | {rule['outcome']}" in page


def test_the_shipped_file_is_read_once_and_strictly():
    assert read_policy_file(TEXT) == SPEC
