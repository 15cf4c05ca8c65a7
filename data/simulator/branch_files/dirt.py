"""Rows made dirty on purpose, each with the reason that an import must give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from data.simulator.arrays import Ints
from data.simulator.luck import Luck
from data.simulator.scenario import Scenario


@dataclass(frozen=True)
class Stain:
    """One way to spoil a row: `text` in `column`, for which an import must give `reason`."""

    kind: str
    column: str
    text: str
    reason: str


_UNKNOWN_MEMBER = Stain("unknown member", "member_id", "M379999000001", "UNKNOWN_MEMBER")
_BAD_DATE, _BAD_MONTH = "2023-02-30", "2023-13"

#: Numbers in words have no unit, so that no import can take a part of them for a unit.
STAINS: Mapping[str, Sequence[Stain]] = {
    "members": (
        # A valid number whose last character is replaced by a wrong one.
        Stain("wrong check digit", "id_number", "999901198001011234", "ID_NUMBER_CHECK_DIGIT"),
        Stain("id as a number", "id_number", "9.99901E+17", "ID_DIGITS_LOST"),
        Stain("impossible date", "joined_on", _BAD_DATE, "IMPOSSIBLE_DATE"),
        Stain("missing required", "name", "", "MISSING_VALUE"),
        Stain("missing required", "occupation", "", "MISSING_VALUE"),
        Stain("number as village", "village_code", "3.71521E+11", "ID_DIGITS_LOST"),
    ),
    "plots": (
        Stain("unknown choice", "tenure", "代耕", "UNKNOWN_CHOICE"),
        Stain("number with text", "area_mu", "约十", "NOT_A_NUMBER"),
        Stain("negative", "yield_kg_per_mu", "-1", "NEGATIVE_NUMBER"),
        Stain("missing required", "tenure", "", "MISSING_VALUE"),
        _UNKNOWN_MEMBER,
    ),
    "assessments": (
        Stain("impossible date", "date", _BAD_DATE, "IMPOSSIBLE_DATE"),
        Stain("unknown choice", "kind", "电话回访", "UNKNOWN_CHOICE"),
        Stain("missing required", "assessor_id", "", "MISSING_VALUE"),
        _UNKNOWN_MEMBER,
    ),
    "parcels": (
        Stain("number with text", "received", "约5", "NOT_A_NUMBER"),
        Stain("negative", "received", "-2", "NEGATIVE_NUMBER"),
        Stain("impossible date", "month", _BAD_MONTH, "IMPOSSIBLE_DATE"),
        _UNKNOWN_MEMBER,
    ),
    "sales": (
        Stain("unknown choice", "channel", "其他平台", "UNKNOWN_CHOICE"),
        Stain("number with text", "amount", "约500", "NOT_A_NUMBER"),
        Stain("negative", "amount", "-120", "NEGATIVE_NUMBER"),
        Stain("missing required", "orders", "", "MISSING_VALUE"),
        _UNKNOWN_MEMBER,
    ),
    "cashflow": (
        Stain("number with text", "average_balance", "约2000", "NOT_A_NUMBER"),
        Stain("negative", "average_balance", "-300", "NEGATIVE_NUMBER"),
        Stain("impossible date", "month", _BAD_MONTH, "IMPOSSIBLE_DATE"),
        Stain("missing required", "average_balance", "", "MISSING_VALUE"),
        _UNKNOWN_MEMBER,
    ),
    "repayments": (
        Stain("unknown loan", "loan_id", "LN99999999", "UNKNOWN_LOAN"),
        Stain("number with text", "due", "约800", "NOT_A_NUMBER"),
        Stain("negative", "paid", "-1", "NEGATIVE_NUMBER"),
    ),
    "loans": (
        Stain("impossible date", "applied_on", _BAD_DATE, "IMPOSSIBLE_DATE"),
        Stain("unknown choice", "decision", "待定", "UNKNOWN_CHOICE"),
        Stain("missing required", "amount", "", "MISSING_VALUE"),
        _UNKNOWN_MEMBER,
    ),
    "adverse_records": (
        Stain("unknown choice", "kind", "口头警告", "UNKNOWN_CHOICE"),
        Stain("impossible date", "date", _BAD_DATE, "IMPOSSIBLE_DATE"),
        _UNKNOWN_MEMBER,
    ),
    "network": (
        Stain("unknown choice", "kind", "水运", "UNKNOWN_CHOICE"),
        Stain("negative", "trips", "-1", "NEGATIVE_NUMBER"),
    ),
    "stations": (
        Stain("impossible date", "opened_on", _BAD_DATE, "IMPOSSIBLE_DATE"),
        Stain("short code", "village_code", "371502", "NOT_A_VILLAGE_CODE"),
    ),
    "station_months": (
        Stain("unknown station", "station_id", "ST99999", "UNKNOWN_STATION"),
        Stain("negative", "visits", "-1", "NEGATIVE_NUMBER"),
    ),
    "staff": (
        Stain("unknown choice", "role", "司机", "UNKNOWN_CHOICE"),
        Stain("short code", "place", "3715", "NOT_A_PLACE_CODE"),
    ),
    "consents": (
        Stain("unknown choice", "purpose", "其他", "UNKNOWN_CHOICE"),
        Stain("impossible date", "given_on", _BAD_DATE, "IMPOSSIBLE_DATE"),
        _UNKNOWN_MEMBER,
    ),
    "cooperatives": (
        Stain("missing required", "name", "", "MISSING_VALUE"),
        Stain("impossible date", "founded_on", _BAD_DATE, "IMPOSSIBLE_DATE"),
    ),
    "cooperative_members": (
        Stain("unknown choice", "role", "顾问", "UNKNOWN_CHOICE"),
        Stain("unknown cooperative", "cooperative_id", "CO99999", "UNKNOWN_COOPERATIVE"),
    ),
    "cooperative_sales": (
        Stain("number with text", "amount", "约500", "NOT_A_NUMBER"),
        Stain("unknown cooperative", "cooperative_id", "CO99999", "UNKNOWN_COOPERATIVE"),
    ),
    "accounts": (
        Stain("unknown choice", "role", "经办人", "UNKNOWN_CHOICE"),
        _UNKNOWN_MEMBER,
    ),
    "standing_payments": (
        Stain("negative", "amount", "-50", "NEGATIVE_NUMBER"),
        Stain("unknown account", "account_id", "AC999999999", "UNKNOWN_ACCOUNT"),
    ),
    "incomes": (
        Stain("unknown choice", "evidence", "听说", "UNKNOWN_CHOICE"),
        Stain("number with text", "yuan_a_year", "约三万", "NOT_A_NUMBER"),
        _UNKNOWN_MEMBER,
    ),
    "bureau_reports": (
        Stain("negative", "balance", "-1", "NEGATIVE_NUMBER"),
        Stain("impossible date", "reported_on", _BAD_DATE, "IMPOSSIBLE_DATE"),
        _UNKNOWN_MEMBER,
    ),
    "instalments": (
        Stain("unknown loan", "loan_id", "LN99999999", "UNKNOWN_LOAN"),
        Stain("number with text", "principal_due", "约800", "NOT_A_NUMBER"),
        Stain("impossible date", "due_on", _BAD_DATE, "IMPOSSIBLE_DATE"),
    ),
    "loan_events": (
        Stain("unknown choice", "kind", "减免", "UNKNOWN_CHOICE"),
        Stain("unknown loan", "loan_id", "LN99999999", "UNKNOWN_LOAN"),
    ),
    "villages": (
        Stain("missing required", "township", "", "MISSING_VALUE"),
        Stain("impossible date", "station_opened_on", _BAD_DATE, "IMPOSSIBLE_DATE"),
    ),
}
#: No other row refers to rows of these tables, so a dirty row may replace a clean one.
_REPLACEABLE = (
    "plots", "assessments", "parcels", "sales", "cashflow", "repayments", "station_months",
    "bureau_reports", "instalments",
)  # fmt: skip


@dataclass(frozen=True)
class Spoiled:
    """The rows of one table of one file, in file order, and which of them are dirty.

    ``source`` is the position of the clean row from which each row of the file was made, ``at`` the
    positions of the dirty rows in the file, ``replaced`` whether the clean row is left out.
    """

    source: Ints
    at: Ints
    stains: Sequence[Stain]
    replaced: Sequence[bool]


def spoil_rows(scenario: Scenario, luck: Luck, file: str, table: str, rows: int) -> Spoiled:
    """Choose which of `rows` rows get a dirty copy, or are replaced by one."""
    rng = luck.shared(f"dirt {file} {table}")
    chosen = np.flatnonzero(rng.random(rows) < scenario.dirt.rate)
    is_replaced = rng.random(len(chosen)) < scenario.dirt.replaced * (table in _REPLACEABLE)
    picked = rng.integers(0, len(STAINS[table]), len(chosen))
    # A dirty copy precedes its clean row; of a replaced row only the dirty copy remains.
    source = np.sort(np.concatenate([np.arange(rows), chosen[~is_replaced]]))
    return Spoiled(
        source=source,
        at=np.searchsorted(source, chosen),
        stains=[STAINS[table][which] for which in picked.tolist()],
        replaced=is_replaced.tolist(),
    )
