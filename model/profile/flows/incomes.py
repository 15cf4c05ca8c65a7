"""Capital 资金流, evidenced income: documented by kind, and debts that the bureau reports."""

from __future__ import annotations

from ibis.expr.types import BooleanValue, Table, Value

from model.profile.flows.formula import Formula, formula, view
from model.profile.point_in_time import PointInTime
from model.profile.windows import in_last, total, yuan

#: From the weakest to the strongest; what is only declared is no evidence.
_STRENGTH = {"declared": 0, "officer_visit": 1, "contract": 2, "tax": 3, "account": 4}
#: Months for which a bureau report speaks.
_REPORT_MONTHS = 24


@view("incomes")
def incomes(now: PointInTime) -> Table:
    """Select the incomes in force on the day; `order` puts the strongest, then newest, last."""
    rows = now.rows("incomes")
    since = rows.from_on.year().cast("int64") * 10_000 + rows.from_on.month() * 100
    strength = rows.evidence.cases(*_STRENGTH.items(), else_=0)
    running = rows.mutate(strength=strength, order=strength * 10**8 + since + rows.from_on.day())
    return running.filter(running.to_on.isnull() | (running.to_on >= running.as_of))


@view("bureau_reports")
def bureau_reports(now: PointInTime) -> Table:
    """Select the credit bureau's reports of the last 24 months."""
    rows = now.rows("bureau_reports")
    return rows.filter(in_last(rows, _REPORT_MONTHS))


def _documented(rows: Table, kind: str) -> BooleanValue:
    return (rows.kind == kind) & (rows.strength > 0)


def _documented_yuan(kind: str) -> Formula:
    def compute(rows: Table) -> Value:
        return yuan(rows.yuan_a_year.argmax(rows.order, where=_documented(rows, kind)))

    definition = f"Yearly income ({kind}) by its strongest evidence in force; declared is none."
    return Formula(f"documented_{kind}_yuan", incomes, compute, None, definition)


def _documented_evidence(kind: str) -> Formula:
    def compute(rows: Table) -> Value:
        return rows.evidence.argmax(rows.order, where=_documented(rows, kind))

    definition = f"Strongest evidence in force of that income ({kind})."
    return Formula(f"documented_{kind}_evidence", incomes, compute, None, definition)


documented_wages_yuan = _documented_yuan("wages")
documented_wages_evidence = _documented_evidence("wages")
documented_business_yuan = _documented_yuan("business")
documented_business_evidence = _documented_evidence("business")
documented_rent_yuan = _documented_yuan("rent")
documented_rent_evidence = _documented_evidence("rent")
documented_pension_yuan = _documented_yuan("pension")
documented_pension_evidence = _documented_evidence("pension")
documented_other_yuan = _documented_yuan("other")
documented_other_evidence = _documented_evidence("other")


@formula(incomes, none=0)
def declared_income_yuan(rows: Table) -> Value:
    """Yearly incomes in force that are only declared, all kinds."""
    return yuan(total(rows.yuan_a_year, rows.strength == 0))


@formula(bureau_reports)
def bureau_monthly_payment(rows: Table) -> Value:
    """Monthly payment to other lenders by the latest report that states it."""
    payment = rows.monthly_payment
    return yuan(payment.argmax(rows.event_on, where=payment.notnull()))


@formula(bureau_reports)
def bureau_guarantees(rows: Table) -> Value:
    """Guarantees given for others by the latest report that states them."""
    return yuan(rows.guarantees.argmax(rows.event_on, where=rows.guarantees.notnull()))
