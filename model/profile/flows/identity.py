"""Identity 身份: residence, household and village. A profile holds no name, id number or phone.

The attributes of the village are for audits only, because scoring them would score the village.
"""

from __future__ import annotations

from ibis.expr.types import Column, DateColumn, Table, Value

from model.profile.flows.formula import formula, recorded, view
from model.profile.point_in_time import KEYS, PointInTime, in_force, versions
from model.profile.windows import completed_months, completed_years, day_number


@view("members", single=True)
def member(now: PointInTime) -> Table:
    """Select the member's own row."""
    return now.rows("members")


household_id = recorded(member, "household_id", "Household as recorded.")
occupation = recorded(member, "occupation")
labourers = recorded(member, "labourers")
gender = recorded(member, "gender")
education = recorded(member, "education")
village_code = recorded(member, "village_code")
household_size = recorded(member, "household_size")


@formula(member)
def household_heads(row: Table) -> Value:
    """Household size as recorded, for living costs; `household_size` itself is for audits."""
    return row.household_size


@formula(member)
def operating_years(row: Table) -> Value:
    """Completed years since the farm or business began."""
    return completed_years(row.operating_since, row.as_of)


@formula(member)
def months_of_history(row: Table) -> Value:
    """Completed months since the member joined."""
    return completed_months(row.joined_on, row.as_of)


@formula(member)
def resident_years(row: Table) -> Value:
    """Completed years of residence."""
    return completed_years(row.resident_since, row.as_of)


@formula(member)
def resident_since(row: Table) -> Value:
    """Day on which residence began, in days since 1970-01-01."""
    return day_number(row.resident_since)


@formula(member)
def hukou_local(row: Table) -> Value:
    """Whether the hukou is local; missing where it is unknown or not on record."""
    return row.hukou.cases(("local", True), ("other", False))


@formula(member)
def county_code(row: Table) -> Value:
    """First 6 digits of the village code."""
    return row.village_code.left(6)


@formula(member)
def township_code(row: Table) -> Value:
    """First 9 digits of the village code."""
    return row.village_code.left(9)


@formula(member)
def age_years(row: Table) -> Value:
    """Completed years since birth."""
    return completed_years(row.birth_date, row.as_of)


@formula(member)
def age_months(row: Table) -> Value:
    """Age in begun months: at most 780 on the 65th birthday, 781 on the day after."""
    begun = (row.as_of.day() != row.birth_date.day()).cast("int64")
    return completed_months(row.birth_date, row.as_of) + begun


@view("members", "villages", single=True)
def village(now: PointInTime) -> Table:
    """Select the row of the member's village."""
    homes = now.rows("members").select(*KEYS, "village_code")
    known = versions("villages", now.tables["villages"])
    return in_force(known.inner_join(homes, "village_code"))


@formula(village)
def village_station_years(row: Table) -> Value:
    """Completed years since the village's station opened."""
    return _years(row, row.station_opened_on)


@formula(village)
def village_delivery_days(row: Table) -> Value:
    """As recorded."""
    return row.delivery_days_per_week


@formula(village)
def village_credit_years(row: Table) -> Value:
    """Completed years since the village became a credit village."""
    return _years(row, row.credit_village_since)


def _years(row: Table, since: DateColumn) -> Column:
    # A station that opens after the as-of date does not exist yet.
    return (since < row.as_of).ifelse(completed_years(since, row.as_of), None)
