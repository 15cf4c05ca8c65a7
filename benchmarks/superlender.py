"""Map the SuperLender micro-loans (Nigeria, 2016-2017) into archive tables.

Origin: Zindi, "Loan Default Prediction Challenge" (SuperLender), files ``trainperf.csv``,
``trainprevloans.csv`` and ``traindemographics.csv``. They are read from a folder named on the
command line and never copied. Fields that the archive requires and the files lack are generated: id
numbers of an unassigned region code, one village, one household for each member.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from data.storage.archive import Archive
from data.storage.schema import arrow_schema
from model.archive.tables import EVENT_ON, archive_tables

VILLAGE = "999901001001"
#: A day by which every loan's performance window has passed.
KNOWN_BY = dt.date(2019, 1, 1)
#: Days between two due days from which a loan has more than one instalment.
_ONE_TERM = 20
_NEVER = pd.Timestamp("2100-01-01")


def write_archive(source: Path, folder: Path) -> Archive:
    """Write the loans in `source` as an archive in `folder`.

    Loans have their repayments by month, and the earlier ones their instalments to the day.
    """
    loans = _loans(source)
    archive = Archive(folder)
    archive.append("members", _arrow("members", _members(source, loans)))
    archive.append("loans", _arrow("loans", _loan_rows(loans)))
    archive.append("repayments", _arrow("repayments", _repayment_rows(loans)))
    archive.append("instalments", _arrow("instalments", _instalment_rows(loans)))
    return archive


def _loans(source: Path) -> pd.DataFrame:
    """Return earlier and July 2017 loans in one frame, with the day each was settled."""
    text: dict[str, type] = {"customerid": str, "systemloanid": str}
    before = pd.read_csv(source / "trainprevloans.csv", dtype=text)
    target = pd.read_csv(source / "trainperf.csv", dtype=text)
    loans = pd.concat([before, target], ignore_index=True)
    for column in ("approveddate", "creationdate", "closeddate", "firstduedate", "firstrepaiddate"):
        loans[column] = pd.to_datetime(loans[column], format="mixed")
    # An earlier loan of the same July is invisible to profiles of 1 July and has no outcome flag.
    loans = loans[loans["good_bad_flag"].notna() | (loans["approveddate"] < "2017-07-01")].copy()
    # Five loans lack their principal; the amount due replaces it.
    loans["loanamount"] = loans["loanamount"].fillna(loans["totaldue"])
    loans["due_on"] = (
        loans["approveddate"] + pd.to_timedelta(loans["termdays"], "D")
    ).dt.normalize()
    # A July loan is only known as settled (Good: taken as on its due day) or not (Bad: never).
    settled = loans["closeddate"].fillna(loans["due_on"])
    loans["settled_on"] = settled.where(loans["good_bad_flag"] != "Bad", _NEVER).dt.normalize()
    first_late = (loans["firstrepaiddate"] - loans["firstduedate"]).dt.days
    loans["late"] = (loans["settled_on"] - loans["due_on"]).dt.days.clip(lower=0)
    loans["late"] = loans[["late"]].assign(first=first_late).max(axis=1).clip(lower=0).astype(int)
    return loans.drop_duplicates("systemloanid").reset_index(drop=True)


def _members(source: Path, loans: pd.DataFrame) -> pd.DataFrame:
    born = pd.read_csv(source / "traindemographics.csv", dtype={"customerid": str})
    born = born.drop_duplicates("customerid").set_index("customerid")["birthdate"]
    first = loans.groupby("customerid")["creationdate"].min().sort_index()
    frame = pd.DataFrame({"member_id": first.index, "joined_on": first.dt.date.to_numpy()})
    frame["birth_date"] = pd.to_datetime(frame["member_id"].map(born), format="mixed").dt.date
    frame["id_number"] = [_id_number(serial) for serial in range(len(frame))]
    frame["name"] = [f"借款人{serial:05d}" for serial in range(len(frame))]
    frame["village_code"], frame["household_id"] = VILLAGE, frame["member_id"]
    frame["occupation"] = "services"
    frame["recorded_at"] = pd.to_datetime(frame["joined_on"])
    return frame


def _id_number(serial: int) -> str:
    """Return a generated id number of an unassigned region with a valid GB 11643 check digit."""
    body = f"999901{19000101 + serial // 1000:08d}{serial % 1000:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True))
    return body + "10X98765432"[total % 11]


def _loan_rows(loans: pd.DataFrame) -> pd.DataFrame:
    years = loans["termdays"] / 365
    return pd.DataFrame(
        {
            "loan_id": loans["systemloanid"],
            "member_id": loans["customerid"],
            "applied_on": loans["creationdate"].dt.date,
            "decision": "approved",
            "disbursed_on": loans["approveddate"].dt.date,
            "amount": loans["loanamount"].map(_money),
            "annual_rate": [
                Decimal(f"{rate:.6f}")
                for rate in (loans["totaldue"] / loans["loanamount"] - 1) / years
            ],
            "months": (loans["termdays"] / 30).round().clip(lower=1).astype(int),
            "repayment": "harvest_bullet",
            "recorded_at": loans["approveddate"],
        }
    )


def _repayment_rows(loans: pd.DataFrame) -> pd.DataFrame:
    """Return a row per loan and month on book: bullet due at the end, unpaid until settled.

    The days past due of a month are the worst in it, so that a loan settled late within a month
    still shows. An unpaid loan is followed for six months after its due day.
    """
    rows = [row for loan in loans.to_dict("records") for row in _months_of(loan)]
    return pd.DataFrame(rows)


def _months_of(loan: Mapping[Hashable, Any]) -> list[dict[str, object]]:
    due, settled, owed = loan["due_on"], loan["settled_on"], _money(loan["totaldue"])
    last = min(max(settled, due), due + pd.DateOffset(months=6))
    rows = []
    for month in pd.period_range(loan["approveddate"], last, freq="M"):
        end = month.end_time.normalize()
        paid = settled <= end
        rows.append(
            {
                "loan_id": loan["systemloanid"],
                "month": month.start_time.date(),
                "due": owed if month.start_time <= due <= end else Decimal(0),
                "paid": owed if month.start_time <= settled <= end else Decimal(0),
                "days_past_due": loan["late"] if paid else max((end - due).days, 0),
                "balance": Decimal(0) if paid else owed,
                # Booked when the month closes, so that July's profiles see all of June.
                "recorded_at": end + pd.Timedelta(hours=20),
            }
        )
    return rows


def _instalment_rows(loans: pd.DataFrame) -> pd.DataFrame:
    """Return the instalments of the earlier loans: the first, and the last if it falls due later.

    The files know the day of the first repayment and the day a loan was closed. A row is known from
    the day of approval, its payment from the day it was made.
    """
    rows = [
        {**row, **seen}
        for loan in loans[loans["closeddate"].notna()].to_dict("records")
        for row in _instalments_of(loan)
        for seen in (
            {"recorded_at": loan["approveddate"]},
            {"recorded_at": pd.Timestamp(row["paid_day"]), "paid_on": row["paid_day"],
             "paid": row["principal_due"]},
        )
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _instalments_of(loan: Mapping[Hashable, Any]) -> list[dict[str, Any]]:
    owed, first, last = loan["totaldue"], loan["firstduedate"], loan["due_on"]
    days = [(first, loan["firstrepaiddate"]), (last, loan["closeddate"])]
    if pd.isna(first) or pd.isna(loan["firstrepaiddate"]) or (last - first).days < _ONE_TERM:
        days = days[1:]
    return [
        {
            "loan_id": loan["systemloanid"],
            "number": number,
            "due_on": due.date(),
            "principal_due": _money(owed / len(days)),
            "interest_due": Decimal(0),
            "paid_day": paid.date(),
        }
        for number, (due, paid) in enumerate(days, 1)
    ]


def _money(value: float) -> Decimal:
    return Decimal(f"{value:.2f}")


def _arrow(name: str, frame: pd.DataFrame) -> pa.Table:
    """Return `frame` under the stored schema of archive table `name`, absent columns blank."""
    schema = arrow_schema(archive_tables()[name])
    fields = [field for field in schema if field.name != EVENT_ON]
    columns = [
        pa.array(frame[field.name].tolist(), field.type, from_pandas=True)
        if field.name in frame
        else pa.nulls(len(frame), field.type)
        for field in fields
    ]
    return pa.table(columns, schema=pa.schema(fields))
