"""What eligibility rules read besides the profile: ages by the day, residence, lapse, household.

Each column follows from columns of the profile. An edition made before these rules lacks some of
them; its policy has no rule that reads what follows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from model.card.bins import Columns, Floats
from model.policy.policy import Policy

LONGEST_MONTHS = "longest_months_by_age"
#: Years after its end at which an adverse record lapses (credit reporting rules, art. 16).
_LAPSE_YEARS = 5
#: Years after its end within which an adverse record keeps a loan away.
_PROBATION_YEARS = 2
_DEFAULT_DAYS = 90
#: What shows that a household works: sales and receipts, parcels, accounts, land.
_FLOW_COLUMNS = (
    "net_sales_12m", "qr_receipts_12m", "parcels_sent_12m", "average_balance_12m", "area_total_mu",
)  # fmt: skip
_FLOWS = len(_FLOW_COLUMNS)
_PAPER_COLUMNS = tuple(
    f"documented_{kind}_yuan" for kind in ("wages", "business", "rent", "pension", "other")
)
#: Days beyond which no calendar day is computed.
_MOST_DAYS = 200_000.0


def eligibility(columns: Columns, policy: Policy) -> dict[str, Floats]:
    """Return the columns, each of shape (n,), that rules and their details read.

    What `columns` lacks the inputs of is left out.
    """
    return {
        name: compute(
            *(np.asarray(columns[each], dtype=np.float64) for each in inputs), policy=policy
        )
        for name, (inputs, compute) in _DERIVED.items()
        if name in policy.read_by_rules and all(each in columns for each in inputs)
    }


def _longest_months(age_months: Floats, policy: Policy) -> Floats:
    """Return the longest term, in months, whose last day is not after the oldest birthday."""
    return np.maximum(policy["oldest_at_maturity_years"] * 12 - age_months, 0.0)


def _years_without_local_hukou(years: Floats, hukou_local: Floats, policy: Policy) -> Floats:
    """Return years of residence where the hukou is known to be elsewhere, else infinity."""
    return np.where(hukou_local == 0, years, np.inf)


def _years_with_unknown_hukou(years: Floats, hukou_local: Floats, policy: Policy) -> Floats:
    """Return years of residence where the hukou is not on record, else infinity."""
    return np.where(np.isnan(hukou_local), years, np.inf)


def _household_matter(balance: Floats, defaults: Floats, adverse: Floats, policy: Policy) -> Floats:
    """Return 1 where anything about another member of the household needs a person, else 0.

    One column for all of it: a rule on each would tell which it is.
    """
    return ((balance > 0) | (defaults > 0) | (adverse > 0)).astype(np.float64)


def _earlier_default_ended_on(ended_on: Floats, worst_24m: Floats, policy: Policy) -> Floats:
    """Return the day on which a default ended that no longer counts in the last 24 months."""
    return np.where(worst_24m >= _DEFAULT_DAYS, np.nan, ended_on)


def _arrears_short_of_default(worst_24m: Floats, policy: Policy) -> Floats:
    """Return the worst days past due where they are no default, which has a rule of its own."""
    return np.where(worst_24m >= _DEFAULT_DAYS, np.nan, worst_24m)


def _adverse_resolved_earlier(in_60m: Floats, in_24m: Floats, policy: Policy) -> Floats:
    """Return the records resolved within five years where none is of the last two, else unknown."""
    return np.where(in_24m > 0, np.nan, in_60m)


def _flows_on_record(*flows: Floats, policy: Policy) -> Floats:
    """Return how many of sales, parcels, accounts and land the archive knows of the member."""
    return _kinds(flows)


def _flows_beside_papers(*columns: Floats, policy: Policy) -> Floats:
    """Return the kinds of flows on record where there is a paper of income, else infinity."""
    return np.where(_papers(columns[_FLOWS:]) > 0, _kinds(columns[:_FLOWS]), np.inf)


def _records_on_file(*columns: Floats, policy: Policy) -> Floats:
    """Return how many of sales, parcels, accounts, land and papers of income are on record."""
    return _kinds(columns[:_FLOWS]) + _papers(columns[_FLOWS:])


def _kinds(flows: tuple[Floats, ...]) -> Floats:
    sales, receipts, parcels, balance, area = flows
    kinds = (sales > 0, parcels > 0, (balance >= 0) | (receipts > 0), area > 0)
    found: Floats = np.sum(kinds, axis=0, dtype=np.float64)
    return found


def _papers(incomes: tuple[Floats, ...]) -> Floats:
    """Return how many kinds of income papers or a visit document; a declaration is none."""
    found: Floats = np.sum([each > 0 for each in incomes], axis=0, dtype=np.float64)
    return found


def _lapse(ended_on: Floats, policy: Policy) -> Floats:
    return _after_years(ended_on, _LAPSE_YEARS)


def _probation(ended_on: Floats, policy: Policy) -> Floats:
    return _after_years(ended_on, _PROBATION_YEARS)


def _year_of_residence(since: Floats, policy: Policy) -> Floats:
    return _after_years(since, 1)


def _after_years(days: Floats, years: int) -> Floats:
    """Return the same day `years` later, in days since 1970-01-01; 29 February becomes 1 March."""
    known = np.abs(days) <= _MOST_DAYS
    day = np.where(known, days, 0).astype("int64").astype("datetime64[D]")
    month = day.astype("datetime64[M]")
    later = (month + 12 * years).astype("datetime64[D]") + (day - month.astype("datetime64[D]"))
    return np.where(known, later.astype("int64"), np.nan)


#: Attributes that say something of the household's other members: no copy of a person's data has
#: them, and no sentence tells them apart.
OF_OTHERS = ("household_balance_outstanding", "household_defaults_24m", "household_adverse")

_Compute = Callable[..., Floats]
#: Name → the columns that it follows from, and how.
_DERIVED: Mapping[str, tuple[tuple[str, ...], _Compute]] = {
    LONGEST_MONTHS: (("age_months",), _longest_months),
    "years_without_local_hukou": (("resident_years", "hukou_local"), _years_without_local_hukou),
    "years_with_unknown_hukou": (("resident_years", "hukou_local"), _years_with_unknown_hukou),
    "household_matter": (OF_OTHERS, _household_matter),
    "earlier_default_ended_on": (
        ("default_ended_on", "worst_days_past_due_24m"), _earlier_default_ended_on,
    ),
    "arrears_short_of_default_24m": (("worst_days_past_due_24m",), _arrears_short_of_default),
    "adverse_resolved_earlier": (
        ("adverse_resolved_60m", "adverse_resolved_24m"), _adverse_resolved_earlier,
    ),
    "flows_on_record": (_FLOW_COLUMNS, _flows_on_record),
    "flows_beside_papers": ((*_FLOW_COLUMNS, *_PAPER_COLUMNS), _flows_beside_papers),
    "records_on_file": ((*_FLOW_COLUMNS, *_PAPER_COLUMNS), _records_on_file),
    "resident_a_year_on": (("resident_since",), _year_of_residence),
    "adverse_lapses_on": (("adverse_resolved_on",), _lapse),
    "adverse_probation_ends_on": (("adverse_resolved_on",), _probation),
    "default_lapses_on": (("default_ended_on",), _lapse),
}  # fmt: skip

#: Every name that `eligibility` may return.
ELIGIBILITY = tuple(_DERIVED)
#: Every column of a profile that they follow from.
ELIGIBILITY_INPUTS = frozenset(name for inputs, _ in _DERIVED.values() for name in inputs)
