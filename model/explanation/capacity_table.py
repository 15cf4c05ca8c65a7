"""The audited sum behind a capacity, line by line and in both languages, for print.

It is computed from the stored profile and policy of a decision, so it says what the decision
counted, whenever it is asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from model.archive.tables import archive_tables
from model.card.bins import Columns, Ints
from model.decision.capacity import (
    Finances,
    LoanTerms,
    finances,
    for_the_loan_that_follows,
    loan_terms,
)
from model.decision.costs import HEADS, Costs, counted_heads
from model.decision.income import TRADE, Income
from model.decision.income_lines import DECLARED, SCALE, IncomeLine
from model.decision.visits import OFFICER_VISIT
from model.decision.whitelist import in_arrears
from model.policy.policy import Policy
from model.profile.dictionary import Text


@dataclass(frozen=True)
class IncomeRow:
    """A source of income in yuan a year; `counted_yuan` is 0 where another line counts instead.

    `months` are those of the calendar in which it comes in; none if it is spread evenly.
    """

    source: str
    evidence: str | None
    yearly_yuan: int
    percent: int
    inputs_yuan: int
    counted_yuan: int
    months: tuple[int, ...]
    text: Text


@dataclass(frozen=True)
class CostRow:
    """A cost or debt in yuan a year."""

    source: str
    yearly_yuan: int
    text: Text


@dataclass(frozen=True)
class CapacityTable:
    """The sum from income to capacity.

    Attributes
    ----------
    steps : tuple of Text
        How income and costs come to the capacity.
    income_yuan : int
        What counts of a year's income, each income once.
    for_debts_yuan : int
        What of it debts may take, after living costs and rent.
    months : int
        Term of the loan for which the capacities hold.
    capacity_yuan, following_yuan : int or None
        Principal that can be repaid now, and once the loans with us that run are repaid; None
        where no income is on record.
    """

    incomes: tuple[IncomeRow, ...]
    costs: tuple[CostRow, ...]
    steps: tuple[Text, ...]
    income_yuan: int
    for_debts_yuan: int
    months: int
    capacity_yuan: int | None
    following_yuan: int | None


def capacity_table(
    columns: Columns,
    as_of: date,
    policy: Policy,
    months: int | None = None,
    confirmed: Collection[str] = (),
    is_line: bool = False,
) -> CapacityTable | None:
    """Return the sum for one member; None under a policy that does not weigh evidence.

    Parameters
    ----------
    columns
        The profile, arrays of shape (1,).
    months
        The term of the decision; without one the term that suits the household.
    confirmed
        Crops whose yield a visit confirmed.
    is_line
        Whether the decision is on a line of credit.
    """
    household = finances(columns, as_of, policy)
    if household.costs is None or household.free_share is None:
        return None
    asked = None if months is None else np.array([months])
    line, later = np.array([is_line]), for_the_loan_that_follows(household, in_arrears(columns))
    following = loan_terms(later, policy, asked, line)
    now = loan_terms(household, policy, following.months, line)
    income = _year_of(household) // SCALE
    table = CapacityTable(
        incomes=tuple(_income_rows(household.income, confirmed)),
        costs=tuple(_cost_rows(household.costs, columns, policy)),
        steps=(),
        income_yuan=income,
        for_debts_yuan=income * int(household.free_share[0]) // 10_000,
        months=int(following.months[0]),
        capacity_yuan=_capacity(now),
        following_yuan=_capacity(following),
    )
    is_late = bool(in_arrears(columns)[0])
    steps = _steps(table, household.costs, policy, is_late=is_late)
    return replace(table, steps=tuple(steps))


def _steps(table: CapacityTable, costs: Costs, policy: Policy, *, is_late: bool) -> Iterator[Text]:
    """Yield the way from a year's income to the principal that can be repaid.

    Of a loan that follows one in arrears (`is_late`) nothing is said.
    """
    income, before = table.income_yuan, int(costs.before_debts[0])
    share, left = policy["debt_service_share_percent"], max(income - before, 0)
    yield Text(
        f"一年计入收入 {income:,} 元，减去生活开支和地租 {before:,} 元，余 {left:,} 元；"
        f"至多 {share}% 用于还债：{table.for_debts_yuan:,} 元。",
        f"Income of a year that counts: {income:,} yuan; less {before:,} for living and rent leaves"
        f" {left:,}; at most {share}% of it may go to debts: {table.for_debts_yuan:,} yuan.",
    )
    if table.capacity_yuan is None or table.following_yuan is None:
        return
    own, others = int(costs.debt_service[0]), int(costs.other_debts[0])
    today, later = f"{table.capacity_yuan:,}", f"{table.following_yuan:,}"
    rate = f"{policy['rate_cap_bp'] / 100:g}"
    zh = f"{table.months} 个月的还款能力，即按年利率 {rate}% 连本带息还得起的本金"
    en = f"Capacity over {table.months} months, the principal repayable at {rate}% a year"
    if others:
        zh += f"，已减去每年还他行和担保的 {others:,} 元"
        en += f", after {others:,} a year to other lenders and for guarantees"
    if own and is_late:
        zh += f"：今天 {today} 元，已减去本行在贷款一年应还的 {own:,} 元。"
        en += f": {today} yuan today, after the {own:,} that a year of loans with us takes."
    elif own:
        zh += f"：今天 {today} 元，已减去本行在贷款一年应还的 {own:,} 元；还清后 {later} 元。"
        en += f": {today} yuan today, after the {own:,} that a year of loans with us takes;"
        en += f" {later} once they are repaid."
    else:
        zh, en = f"{zh}：{later} 元。", f"{en}: {later} yuan."
    yield Text(zh, en)


def _year_of(household: Finances) -> int:
    return int(household.income.within(np.array([[12]]))[0, 0])


def _capacity(terms: LoanTerms) -> int | None:
    capacity = float(terms.capacity_yuan[0])
    return None if np.isnan(capacity) else int(capacity)


def _income_rows(income: Income, confirmed: Collection[str]) -> Iterator[IncomeRow]:
    crops, trade = int(income.crops[0].sum()), int(income.trade[0])
    is_own_crops = not income.has_separate_trade[0]
    for line in income.lines:
        if not line.yearly[0]:
            continue
        of_trade = line.source in TRADE
        # A grower's fields and sales are one income: over the year the larger counts.
        is_other = is_own_crops and (
            (of_trade and trade <= crops) or (bool(line.market_percent) and crops < trade)
        )
        evidence = OFFICER_VISIT if line.source in confirmed else line.evidence[0]
        yield _income_row(line, evidence, 0 if is_other else _yuan(line.counted))


def _income_row(line: IncomeLine, evidence: object, counted: int) -> IncomeRow:
    months = tuple(m for m, share in enumerate(line.market_percent, start=1) if share)
    row = IncomeRow(
        source=line.source,
        evidence=evidence if isinstance(evidence, str) else None,
        yearly_yuan=_yuan(line.yearly),
        percent=int(line.percent[0]),
        inputs_yuan=_yuan(line.inputs),
        counted_yuan=counted,
        months=months,
        text=Text("", ""),
    )
    return IncomeRow(**{**vars(row), "text": _income_text(row)})


def _income_text(row: IncomeRow) -> Text:
    source, evidence = _source(row.source), _EVIDENCE.get(row.evidence or "", _NONE)
    amount, counted = f"{row.yearly_yuan:,}", f"{row.counted_yuan:,}"
    zh = f"{source.zh}（{evidence.zh}）：一年 {amount} 元"
    en = f"{source.en} ({evidence.en}): {amount} yuan a year"
    if row.source == DECLARED:
        return Text(
            f"{zh}，在走访或凭证证实前不计入。",
            f"{en}, not counted until a visit or a paper confirms it.",
        )
    if row.counted_yuan == 0 and _alone(row) > 0:
        return Text(
            f"{zh}，与另一项视为同一笔收入，只计较大的一项，此项不再计入。",
            f"{en}, taken for the same income as another line: the larger counts, this one not.",
        )
    inputs = f"{row.inputs_yuan:,}"
    zh += f"，按 {row.percent}% 计" + (f"，扣投入 {inputs} 元" if row.inputs_yuan else "")
    en += f", at {row.percent}%" + (f" less {inputs} of inputs" if row.inputs_yuan else "")
    return Text(f"{zh}，计入 {counted} 元。", f"{en}, counts for {counted} yuan.")


def _alone(row: IncomeRow) -> int:
    """Return what a line would count if no other took its place."""
    return row.yearly_yuan * row.percent // 100 - row.inputs_yuan


def _cost_rows(costs: Costs, columns: Columns, policy: Policy) -> Iterator[CostRow]:
    for source, text in _COSTS.items():
        amount = int(getattr(costs, source)[0])
        if amount:
            how = _living(columns, policy) if source == "living" else Text("", "")
            zh = f"{text.zh}{how.zh}：一年 {amount:,} 元。"
            yield CostRow(source, amount, Text(zh, f"{text.en}{how.en}: {amount:,} yuan a year."))


def _living(columns: Columns, policy: Policy) -> Text:
    """Return how the living costs were counted: heads, cost a head, and the share counted."""
    heads, is_known = counted_heads(columns, policy), not np.isnan(float(columns[HEADS][0]))
    number, a_head = int(heads[0]), policy["living_cost_yuan_per_head"]
    percent = policy["living_cost_counted_percent"]
    zh = f"{number} 口人" if is_known else f"家庭人口未登记，按 {number} 口人"
    en = f"{number} people" if is_known else f"size not on record, taken for {number} people"
    return Text(
        f"（{zh}，每人 {a_head:,} 元，计 {percent}%，其余由本行看不到的收入承担）",
        f" ({en}, {a_head:,} yuan each, {percent}% counted: income that the bank does not see bears"
        " the rest)",
    )


def _source(name: str) -> Text:
    crops = archive_tables()["plots"].columns["crop"].choices
    if name in crops:
        return Text(crops[name][0], "Other crops" if name == "other" else name.capitalize())
    return _SOURCES[name]


def _yuan(amount: Ints) -> int:
    return int(amount[0]) // SCALE


_NONE = Text("无凭证", "no evidence")
_EVIDENCE: Mapping[str, Text] = {
    "field": Text("地块登记", "field records"),
    "account": Text("账户流水", "account"),
    "tax": Text("完税证明", "tax paper"),
    "contract": Text("合同", "contract"),
    "officer_visit": Text("走访核实", "visit by our staff"),
    "declared": Text("自报", "declared"),
}
_SOURCES: Mapping[str, Text] = {
    "turnover": Text("销售和收款", "Sales and receipts"),
    "subsidy": Text("补贴", "Subsidies"),
    "wages_credited": Text("工资入账", "Wages credited"),
    "remittances": Text("汇款收入", "Money sent home"),
    "documented_wages": Text("登记的工资", "Wages as registered"),
    "documented_other": Text("登记的其他收入", "Other income as registered"),
    "documented_business": Text("登记的经营收入", "Business income as registered"),
    "documented_rent": Text("出租收入", "Rent received"),
    "documented_pension": Text("养老金", "Pension"),
    "declared": Text("仅自报的收入", "Income that is only declared"),
}
_COSTS: Mapping[str, Text] = {
    "living": Text("家庭生活开支", "Living costs of the household"),
    "rent": Text("地租", "Rent of land"),
    "debt_service": Text("本行贷款应还本息", "Repayments on loans with us"),
    "elsewhere": Text("他行贷款应还款", "Payments to other lenders"),
    "guarantees": Text("对外担保（按政策计入部分）", "Guarantees, the share that is counted"),
}
