"""Cards over many attributes of the member profile, and random members to explain."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from model.card.bins import Columns, Floats
from model.card.card_json import card_from_json
from model.card.scorecard import Card
from model.profile.dictionary import Dictionary, member_dictionary
from tests.support.cards.policy_cases import POLICY_CASES
from tests.support.paths import ROOT
from training.settings import Family, Settings
from training.train import train_table

DICTIONARY = member_dictionary()
SCORED = DICTIONARY.named("scored")
TEXTS = ("occupation", "household_id", "county_code", "township_code")
#: A typical largest value by unit; a few members lie far above it.
_SIZES = {
    "yuan": 60_000, "months": 12, "parcels": 300, "bills": 4, "loans": 3, "channels": 4,
    "people": 60, "queries": 5, "records": 2, "trainings": 5, "crops": 4, "days": 60, "years": 20,
    "mu": 80, "payments": 6, "lenders": 5, "share": 1.0, "ratio": 2.5, "change": 1.0, "grade": 4,
}  # fmt: skip
_WHOLE = {"months", "parcels", "bills", "loans", "channels", "people", "queries", "records",
          "trainings", "crops", "days", "grade", "payments", "lenders"}  # fmt: skip


def values_of(name: str, dice: np.random.Generator, rows: int) -> Floats:
    """Return plausible values of an attribute, a fifth of them missing, a fifth zero."""
    own = DICTIONARY[name]
    low = max(own.minimum, -60.0) if own.minimum is not None else 0.0
    assert own.maximum is not None
    most = min(own.maximum, _SIZES.get(own.unit, 10))
    spread = dice.random(rows) ** 2 if own.unit in ("yuan", "parcels") else dice.random(rows)
    drawn = low + (most - low) * spread
    if own.unit in _WHOLE:
        drawn = np.clip(np.round(drawn), low, own.maximum)
    elif own.unit == "yuan":
        drawn = np.round(drawn, 2)
    kind = dice.random(rows)
    drawn = np.where((kind < 0.2) & (low <= 0), 0.0, drawn)
    return np.where(kind > 0.8, np.nan, drawn)


def random_members(seed: int, rows: int) -> dict[str, Any]:
    """Return columns of random members: every attribute, most rules not matched."""
    dice = np.random.default_rng(seed)
    base = {**dict.fromkeys(DICTIONARY.attributes, np.nan), **POLICY_CASES["member"]}
    columns = {
        name: np.full(rows, value, dtype=object if name in TEXTS else np.float64)
        for name, value in base.items()
    }
    for name in SCORED:
        columns[name] = values_of(name, dice, rows)
    columns["average_balance_12m"] = np.fmax(
        columns["average_balance_12m"], columns["lowest_balance_12m"]
    )
    for name in ("court_unresolved", "overdue_elsewhere_unresolved", "days_past_due_now"):
        columns[name] = np.where(dice.random(rows) < 0.05, 1.0, 0.0)
    columns["age_years"] = np.where(dice.random(rows) < 0.05, np.nan, dice.integers(17, 70, rows))
    columns["area_melon_mu"] = np.where(dice.random(rows) < 0.7, 3.0, 0.0)
    columns["occupation"] = dice.choice(np.array(["grower", "livestock", "trader"], object), rows)
    return columns


def one(columns: Columns, row: int) -> Columns:
    """Return one member's profile, arrays of shape (1,)."""
    return {name: values[row : row + 1] for name, values in columns.items()}


#: Attributes of each unit and direction, few enough to train on in seconds.
TRAINED = (
    "net_sales_12m", "net_sales_growth_24m", "sales_volatility_12m", "refund_share_12m",
    "parcels_sent_12m", "fresh_share_12m", "average_balance_12m", "lowest_balance_12m",
    "bills_on_time_share_12m", "late_bills_6m", "months_since_last_loan", "balance_outstanding",
    "lease_ending_share", "peer_review_grade_24m", "bureau_queries_6m", "trainings_24m",
    "last_days_late",
)  # fmt: skip


def write_members(path: Path) -> Path:
    """Write random members whose risk follows their attributes, with their outcome."""
    columns, dice = random_members(5, 3_000), np.random.default_rng(6)
    known = {name: np.nan_to_num(columns[name]) for name in SCORED}
    risk = (
        -4.6 + 1.6 * (known["bills_on_time_share_12m"] < 0.6) - 0.5 * known["peer_review_grade_24m"]
        + 1.4 * (np.abs(known["fresh_share_12m"] - 0.5) > 0.3) - 0.3 * known["trainings_24m"]
        + 0.9 * (known["net_sales_12m"] < 9_000) + 0.7 * (known["lowest_balance_12m"] < 5_000)
        + 1.2 * (known["parcels_sent_12m"] < 60) * (known["refund_share_12m"] > 0.4)
        + 0.8 * (known["months_since_last_loan"] < 4) + 0.7 * (known["sales_volatility_12m"] > 1)
        + 0.9 * (known["net_sales_growth_24m"] < 0) + 0.5 * known["bureau_queries_6m"]
        + 1.2 * (known["last_days_late"] > 0) + 1.2 * (known["lease_ending_share"] > 0.5)
        + 0.7 * (known["balance_outstanding"] > 20_000)
    )  # fmt: skip
    bad = dice.random(len(risk)) < 1 / (1 + np.exp(-risk))
    pq.write_table(pa.table({**{n: columns[n] for n in TRAINED}, "bad": bad}), path)
    return path


def train_on(path: Path, family: Family) -> Card:
    """Return a card trained on the members of `write_members`.

    ``train_on(path, "boosted")`` wrote ``tests/support/cards/sided_card.json``, which has pairs.
    """
    chosen = Settings(family=family, resamples=5, folds=2)
    own = Dictionary({n: DICTIONARY[n] for n in TRAINED}, DICTIONARY.digest)
    return train_table(path, "bad", chosen, dictionary=own).card


#: A card of format 3 with pairs.
SIDED_CARD = card_from_json((ROOT / "tests/support/cards/sided_card.json").read_bytes())
