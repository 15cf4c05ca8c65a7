"""The audited sum behind a capacity, line by line and in both languages, for print.

It is computed from the stored profile and policy of a decision, so it says what the decision
counted, whenever it is asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
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
from model.decision.costs import Costs
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
    return CapacityTable(
        incomes=tuple(_income_rows(household.income, confirmed)),
        costs=tuple(_cost_rows(household.costs)),
        income_yuan=income,
        for_debts_yuan=income * int(household.free_share[0]) // 10_000,
        months=int(following.months[0]),
        capacity_yuan=_capacity(now),
        following_yuan=_capacity(following),
    )


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
    inputs = f"{row.inputs_yuan:,}"
    zh += f"，按 {row.percent}% 计" + (f"，扣投入 {inputs} 元" if row.inputs_yuan else "")
    en += f", at {row.percent}%" + (f" less {inputs} of inputs" if row.inputs_yuan else "")
    return Text(f"{zh}，计入 {counted} 元。", f"{en}, counts for {counted} yuan.")


def _cost_rows(costs: Costs) -> Iterator[CostRow]:
    for source, text in _COSTS.items():
        amount = int(getattr(costs, source)[0])
        if amount:
            zh, en = f"{text.zh}：一年 {amount:,} 元。", f"{text.en}: {amount:,} yuan a year."
            yield CostRow(source, amount, Text(zh, en))


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
    "documented_wages": Text("工资", "Wages"),
    "documented_other": Text("其他收入", "Other income"),
    "documented_business": Text("经营收入", "Business"),
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
