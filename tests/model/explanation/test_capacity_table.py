"""The sum behind a capacity adds up, names its evidence, and is the sum that was decided on."""

from datetime import date

import numpy as np
import pytest

from model.decision.whitelist import assess
from model.explanation.capacity_table import capacity_table
from model.policy.policy import policy_on
from tests.support.cards.policy_cases import CASES_CARD, POLICY_CASES

DAY = date(2023, 10, 1)
POLICY = policy_on(DAY)
TEXTS = ("occupation", "household_id")


def column(name, value):
    is_text = name in TEXTS or name.endswith("_evidence")
    kind = object if is_text else np.float64
    return np.array([np.nan if value is None and not is_text else value], dtype=kind)


def member(**own):
    values = {**POLICY_CASES["member"], **own}
    return {name: column(name, value) for name, value in values.items()}


def table(months=None, **own):
    found = capacity_table(member(**own), DAY, POLICY, months)
    assert found is not None
    return found


MANY = {
    "wages_credited_12m": 20_000, "remittances_12m": 3000, "declared_income_yuan": 50_000,
    "documented_pension_yuan": 2400, "documented_pension_evidence": "contract",
    "subsidy_12m": 1250, "rent_12m": 1500, "bureau_monthly_payment": 300,
    "bureau_guarantees": 20_000, "balance_outstanding": 8000, "debt_service_12m": 8400,
}  # fmt: skip


@pytest.mark.parametrize("own", [{}, MANY, {**MANY, "occupation": "trader"}])
def test_the_lines_add_up_to_the_income_that_counts(own):
    found = table(**own)
    assert sum(row.counted_yuan for row in found.incomes) == found.income_yuan
    for row in found.incomes:
        most = max(row.yearly_yuan * row.percent // 100 - row.inputs_yuan, 0)
        assert row.counted_yuan in (0, most)


def test_costs_and_debts_each_have_a_line():
    costs = {row.source: row.yearly_yuan for row in table(**MANY).costs}
    assert costs == {
        "living": 8813, "rent": 1500, "debt_service": 8400, "elsewhere": 3600, "guarantees": 2000,
    }  # fmt: skip


def test_the_capacities_are_those_of_the_decision():
    found = table(months=10, **MANY)
    assessed = assess(member(**MANY), DAY, POLICY, CASES_CARD, np.array([10]))
    assert found.capacity_yuan == assessed.terms.capacity_yuan[0]
    assert found.following_yuan == table(months=10, **{**MANY, "debt_service_12m": 0}).capacity_yuan
    assert found.following_yuan > found.capacity_yuan


def test_the_smaller_of_a_harvest_and_its_sales_has_a_line_that_counts_nothing():
    rows = {row.source: row for row in table(net_sales_12m=50_000).incomes}
    assert rows["turnover"].counted_yuan == 0
    assert rows["wheat"].counted_yuan > 0
    rows = {row.source: row for row in table(net_sales_12m=500_000).incomes}
    assert rows["turnover"].counted_yuan > 0
    assert rows["wheat"].counted_yuan == 0


def test_a_line_that_another_replaces_says_so_and_one_that_earns_nothing_says_why():
    rows = {row.source: row for row in table(net_sales_12m=50_000).incomes}
    assert rows["turnover"].text.zh.endswith(
        "与另一项视为同一笔收入，只计较大的一项，此项不再计入。"
    )
    rows = {row.source: row for row in table(wages_credited_12m=30_000).incomes}
    assert rows["wages_credited"].text.zh.endswith("按 90% 计，计入 27,000 元。")
    both = {
        "wages_credited_12m": 30_000,
        "documented_wages_yuan": 40_000,
        "documented_wages_evidence": "account",
    }
    rows = {row.source: row.text.en for row in table(**both).incomes}
    assert "the larger counts, this one not" in rows["wages_credited"]
    assert rows["documented_wages"].startswith("Wages as registered (account)")
    rows = {row.source: row.text.zh for row in table(harvest_wheat_mu=1, yield_wheat_kg=1).incomes}
    assert rows["wheat"].endswith("计入 0 元。")
    assert "同一笔收入" not in rows["wheat"]


def test_living_costs_name_the_heads_the_cost_of_each_and_the_share_that_counts():
    def living(heads):
        (row,) = [each for each in table(household_heads=heads).costs if each.source == "living"]
        return row

    assert living(3).text.zh == (
        "家庭生活开支（3 口人，每人 14,687 元，计 12%，其余由本行看不到的收入承担）："
        "一年 5,288 元。"
    )
    assert "家庭人口未登记，按 4 口人" in living(None).text.zh
    assert "size not on record, taken for 4 people" in living(None).text.en
    assert living(None).yearly_yuan == living(4).yearly_yuan


def test_the_steps_lead_from_income_to_what_can_be_repaid_today_and_later():
    found = table(months=10, **MANY)
    first, second = found.steps
    left = found.income_yuan - 8813 - 1500
    for number in (found.income_yuan, 10_313, left, found.for_debts_yuan):
        assert f"{number:,} 元" in first.zh
        assert f"{number:,}" in first.en
    assert f"今天 {found.capacity_yuan:,} 元，已减去本行在贷款一年应还的 8,400 元" in second.zh
    assert second.zh.endswith(f"还清后 {found.following_yuan:,} 元。")
    assert "已减去每年还他行和担保的 5,600 元" in second.zh
    alone = table(months=10).steps[-1]
    assert "他行" not in alone.zh
    assert "在贷款" not in alone.zh


def test_a_line_reads_as_a_sentence_in_both_languages():
    texts = {row.source: row.text for row in table(**MANY).incomes}
    assert (
        texts["wheat"].zh
        == "小麦（地块登记）：一年 13,000 元，按 68% 计，扣投入 4,300 元，计入 4,540 元。"
    )
    assert texts["wheat"].en == (
        "Wheat (field records): 13,000 yuan a year, at 68% less 4,300 of inputs,"
        " counts for 4,540 yuan."
    )
    assert texts["documented_pension"].en == (
        "Pension (contract): 2,400 yuan a year, at 75%, counts for 1,800 yuan."
    )
    assert (
        texts["declared"].zh == "仅自报的收入（自报）：一年 50,000 元，在走访或凭证证实前不计入。"
    )


def test_a_policy_of_before_has_no_such_sum():
    day = date(2023, 9, 30)
    assert capacity_table(member(), day, policy_on(day)) is None


def test_where_no_income_is_on_record_the_capacity_is_unknown():
    nothing = {
        name: None
        for name in POLICY_CASES["member"]
        if name.startswith(("area_", "harvest_")) or name.endswith("_12m")
    }
    found = table(**{**nothing, "declared_income_yuan": None})
    assert (found.incomes, found.capacity_yuan, found.income_yuan) == ((), None, 0)


def test_who_is_in_arrears_reads_of_no_capacity_once_repaid():
    """It is judged anew then; the sum knows today's alone."""
    found = table(months=10, **MANY, days_past_due_now=12)
    assert found.steps[-1].zh.endswith("已减去本行在贷款一年应还的 8,400 元。")
    assert found.steps[-1].en.endswith("after the 8,400 that a year of loans with us takes.")
