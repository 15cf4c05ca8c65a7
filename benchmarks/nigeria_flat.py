"""SuperLender's July 2017 loans as one flat table, each with the facts known at its approval.

Origin as in `benchmarks.nigeria`. A row holds the terms of the loan, the borrower's
demographics, and summaries of loans approved before this one, with only the repayments that had
happened by its approval.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

_TEXT = {"customerid": str, "systemloanid": str, "referredby": str}


def july_table(folder: Path, *, same_day: bool = True) -> pd.DataFrame:
    """Return the table, one row a loan in file order; the target is ``good_bad_flag``.

    With `same_day` a row knows what happened earlier on the day of approval, to the second: a third
    of the borrowers repaid their last loan on that day. Without it, it knows the days before the
    application, as a profile does.
    """
    loans = _dated(pd.read_csv(folder / "trainperf.csv", dtype=_TEXT))
    before = _dated(pd.read_csv(folder / "trainprevloans.csv", dtype=_TEXT))
    history = _history(loans, before, same_day)
    table = pd.concat([_terms(loans), history, _demographics(loans, folder)], axis=1)
    table["amount_to_last"] = table["loanamount"] / table["last_amount"]
    table["amount_to_mean"] = table["loanamount"] / table["mean_amount"]
    table["good_bad_flag"] = loans["good_bad_flag"]
    return table


def _dated(frame: pd.DataFrame) -> pd.DataFrame:
    dates = ("approveddate", "creationdate", "closeddate", "firstduedate", "firstrepaiddate")
    for name in dates:
        if name in frame:
            frame[name] = pd.to_datetime(frame[name], format="mixed")
    return frame


def _terms(loans: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "loannumber": loans["loannumber"],
            "loanamount": loans["loanamount"],
            "totaldue": loans["totaldue"],
            "termdays": loans["termdays"],
            "interest_share": loans["totaldue"] / loans["loanamount"] - 1,
            "interest_a_day": (loans["totaldue"] / loans["loanamount"] - 1) / loans["termdays"],
            "hour": loans["creationdate"].dt.hour,
            "weekday": loans["creationdate"].dt.dayofweek,
            "day_of_month": loans["creationdate"].dt.day,
            "referred": loans["referredby"].notna().astype(float),
        }
    )


def _history(loans: pd.DataFrame, before: pd.DataFrame, same_day: bool) -> pd.DataFrame:
    """Return summaries of earlier loans, one row for each of `loans` in their order."""
    moment = loans["approveddate"] if same_day else loans["creationdate"].dt.normalize()
    now = pd.DataFrame({"customerid": loans["customerid"], "now": moment})
    now["row"] = np.arange(len(now))
    pairs = now.merge(before, on="customerid").sort_values(["row", "approveddate", "loannumber"])
    pairs = pairs[pairs["approveddate"] < pairs["now"]].copy()
    for event in ("closeddate", "firstrepaiddate"):
        pairs[event] = pairs[event].where(pairs[event] < pairs["now"])
    pairs["late"] = _days(pairs["firstrepaiddate"] - pairs["firstduedate"])
    pairs["is_late"] = (pairs["late"] > 0).where(pairs["late"].notna()).astype(float)
    pairs["held"] = _days(pairs["closeddate"] - pairs["approveddate"])
    pairs["held_over"] = pairs["held"] - pairs["termdays"]
    pairs["gap"] = _days(pairs["approveddate"] - pairs.groupby("row")["closeddate"].shift())
    found = _summaries(pairs)
    return found.reindex(now["row"]).reset_index(drop=True)


def _days(spans: pd.Series[Any]) -> pd.Series[float]:
    days: pd.Series[float] = spans.dt.total_seconds() / 86_400
    return days


def _summaries(pairs: pd.DataFrame) -> pd.DataFrame:
    by_row = pairs.groupby("row")
    last, first = by_row.tail(1).set_index("row"), by_row.head(1).set_index("row")
    last3 = by_row.tail(3).groupby("row")
    return pd.DataFrame(
        {
            "earlier_loans": by_row.size(),
            "mean_amount": by_row["loanamount"].mean(),
            "max_amount": by_row["loanamount"].max(),
            "sum_amount": by_row["loanamount"].sum(),
            "mean_late": by_row["late"].mean(),
            "max_late": by_row["late"].max(),
            "min_late": by_row["late"].min(),
            "std_late": by_row["late"].std(),
            "share_late": by_row["is_late"].mean(),
            "times_late": by_row["is_late"].sum(),
            "mean_held": by_row["held"].mean(),
            "mean_held_over": by_row["held_over"].mean(),
            "max_held_over": by_row["held_over"].max(),
            "mean_late_3": last3["late"].mean(),
            "share_late_3": last3["is_late"].mean(),
            "mean_held_over_3": last3["held_over"].mean(),
            "mean_gap": by_row["gap"].mean(),
            "last_amount": last["loanamount"],
            "last_term": last["termdays"],
            "last_late": last["late"],
            "last_held": last["held"],
            "last_held_over": last["held_over"],
            "days_since_last": _days(last["now"] - last["approveddate"]),
            "days_since_closed": _days(last["now"] - last["closeddate"]),
            "days_since_first": _days(first["now"] - first["approveddate"]),
        }
    )


def _demographics(loans: pd.DataFrame, folder: Path) -> pd.DataFrame:
    people = pd.read_csv(folder / "traindemographics.csv", dtype={"customerid": str})
    people = people.drop_duplicates("customerid").set_index("customerid")
    people = people.reindex(loans["customerid"]).reset_index(drop=True)
    born = pd.to_datetime(people.pop("birthdate"), format="mixed")
    people["age"] = _days(loans["approveddate"] - born) / 365.25
    return people
