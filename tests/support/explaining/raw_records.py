"""Deeds done in the raw records of an archive: what a member would have to have done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

import duckdb

from data.storage.archive import Archive

#: A member, the value after the deed, and the value now.
Deed = tuple[str, float, float]

#: The statement that does the deed named after each attribute, for members in ``doers``.
STATEMENTS = {
    "bills_on_time_share_12m": (
        "cashflow",
        "UPDATE cashflow SET bills_paid_on_time = bills_due, electricity_bills_paid_on_time ="
        " electricity_bills_due WHERE member_id IN (SELECT member_id FROM doers)"
        " AND month >= DATE '{day}' - INTERVAL 13 MONTH",
    ),
    "days_past_due_now": (
        "repayments",
        "UPDATE repayments SET days_past_due = 0 FROM latest WHERE repayments.loan_id ="
        " latest.loan_id AND repayments.month = latest.month",
    ),
    "balance_outstanding": (
        "repayments",
        "UPDATE repayments SET balance = round(floor(balance * 100 * share) / 100, 2) FROM latest"
        " WHERE repayments.loan_id = latest.loan_id AND repayments.month = latest.month",
    ),
    "bureau_queries_6m": (
        "adverse_records",
        "DELETE FROM adverse_records WHERE kind = 'bureau_query' AND member_id IN"
        " (SELECT member_id FROM doers) AND date >= DATE '{day}' - INTERVAL 7 MONTH",
    ),
    "trainings_24m": (
        "assessments",
        "INSERT INTO assessments (member_id, date, kind, recorded_at, event_on)"
        " SELECT member_id, DATE '{before}' - n::INTEGER, 'training', TIMESTAMP '{before}',"
        " DATE '{before}' - n::INTEGER FROM doers, range(1, 1 + (value - now)::INTEGER) AS r(n)",
    ),
    "lease_ending_share": (
        "plots",
        "UPDATE plots SET lease_end = DATE '{day}' + INTERVAL 30 MONTH WHERE tenure = 'leased'"
        " AND member_id IN (SELECT member_id FROM doers)",
    ),
    **{
        f"{kind}_unresolved": (
            "adverse_records",
            f"UPDATE adverse_records SET resolved_on = DATE '{{before}}' WHERE kind = '{kind}'"
            " AND resolved_on IS NULL AND member_id IN (SELECT member_id FROM doers)",
        )
        for kind in ("court", "blacklist", "overdue_elsewhere")
    },
}
#: A loan without a month on record is owed in full: the repayment is its first month.
_FIRST_MONTH = (
    "INSERT INTO repayments (loan_id, month, due, paid, days_past_due, balance, recorded_at,"
    " event_on) SELECT loan_id, month, 0, 0, 0, amount, TIMESTAMP '{before}', month FROM loans"
    " JOIN doers USING (member_id), (SELECT max(month) AS month FROM repayments WHERE event_on <"
    " DATE '{day}') WHERE decision = 'approved' AND disbursed_on < DATE '{day}' AND loan_id NOT IN"
    " (SELECT loan_id FROM repayments)"
)
_DOERS = "CREATE OR REPLACE TABLE doers (member_id VARCHAR, value DOUBLE, now DOUBLE)"
_LATEST = (
    "CREATE OR REPLACE TEMP VIEW latest AS SELECT loan_id, max(repayments.month) AS month,"
    " any_value(doers.value / doers.now) AS share FROM repayments JOIN loans USING (loan_id)"
    " JOIN doers USING (member_id) WHERE repayments.event_on < DATE '{day}' GROUP BY loan_id"
)


def archive_after(
    archive: Archive, deeds: Mapping[str, Sequence[Deed]], day: date, folder: Path
) -> Archive:
    """Return a copy of `archive` in which each member has done their deeds before `day`.

    Parameters
    ----------
    deeds
        By attribute that the deed is named after: member, value after it, value now.
    """
    connection = duckdb.connect()
    tables = sorted(path.name for path in archive.folder.iterdir() if path.is_dir())
    changed = {STATEMENTS[name][0] for name in deeds}
    for table in {*changed, "loans"}:
        parts = [str(path) for path in archive.parts(table)]
        connection.execute(f"CREATE TABLE {table} AS FROM read_parquet({parts})")
    words = {"day": day.isoformat(), "before": (day - timedelta(days=2)).isoformat()}
    for name, doers in deeds.items():
        connection.execute(
            "CREATE OR REPLACE TABLE doers (member_id VARCHAR, value DOUBLE, now DOUBLE)"
        )
        connection.executemany("INSERT INTO doers VALUES (?, ?, ?)", doers)
        if STATEMENTS[name][0] == "repayments":
            connection.execute(_FIRST_MONTH.format(**words))
            connection.execute(_LATEST.format(**words))
        connection.execute(STATEMENTS[name][1].format(**words))
    for table in tables:
        (folder / table).mkdir(parents=True)
        target = folder / table / "part-000000.parquet"
        if table in changed:
            connection.execute(f"COPY {table} TO '{target}' (FORMAT parquet)")
        else:
            for part in archive.parts(table):
                (folder / table / part.name).symlink_to(part)
    return Archive(folder)
