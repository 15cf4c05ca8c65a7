"""The offers of an edition against the simulator's truth: PD, price and standing customers.

    make demo
    python -m benchmarks.offers --home data --as-of 2023-10-01

Prints the tables of docs/evidence/offers.md. Shares of bad loans are over all draws of the truth;
the interval is what a bank can observe, each offer lent once (Wilson 1927).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import click
import numpy as np
import pandas as pd
from scipy.stats import binomtest

from model.policy.policy import Policy, policy_on

_OFFERED = ["FIRST", "SECOND"]


@click.command()
@click.option("--home", default="data", type=click.Path(path_type=Path, exists=True))
@click.option("--as-of", required=True, type=click.DateTime(["%Y-%m-%d"]))
def main(home: Path, as_of: datetime) -> None:
    """Print what the demo in `home` offers, and what becomes of it."""
    day = as_of.date()
    policy = policy_on(day)
    rows = pd.read_parquet(home / "profiles" / f"whitelist-{day}.parquet")
    bad = _bad_share(home / "truth" / f"offers-{day}.parquet")
    offers = rows[rows["limit_yuan"] > 0].merge(bad, on="member_id")
    for line in (*_by_grade(offers, policy), *_by_tier(rows, offers), *_standing(home, rows, day)):
        click.echo(line)


def _bad_share(truth: Path) -> pd.Series[float]:
    """Return the share of draws in which the loan offered turns bad, by member."""
    found = pd.read_parquet(truth, columns=["member_id", "loan", "outcome"])
    offered = found[found["loan"] == "offered"]
    is_bad = (offered["outcome"] == "bad").astype(float)
    return is_bad.groupby(offered["member_id"]).mean().rename("bad")


def _by_grade(offers: pd.DataFrame, policy: Policy) -> Iterator[str]:
    fixed = (policy["funding_bp"] + policy["handling_bp"] + policy["capital_bp"]) / 10_000
    lost = policy["loss_given_default_percent"] * policy["exposure_at_default_percent"] / 10_000
    yield "| grade | offers | true bad rate | its 95 % interval | mean PD | rate | margin |"
    yield "|---|---|---|---|---|---|---|"
    for grade, own in offers.groupby("grade"):
        number, true, pd_ = len(own), own["bad"].mean(), own["pd"].mean()
        interval = binomtest(round(true * number), number).proportion_ci(method="wilson")
        rate = own["annual_rate"].mean()
        inside = "" if interval.low <= pd_ <= interval.high else ", outside"
        yield (
            f"| {grade} | {number:,} | {true:.2%} | {interval.low:.2%} – {interval.high:.2%} |"
            f" {pd_:.2%}{inside} | {rate:.2%} | {rate - fixed - lost * true:.2%} |"
        )


def _by_tier(rows: pd.DataFrame, offers: pd.DataFrame) -> Iterator[str]:
    for tier, own in offers.groupby("tier"):
        yield f"{tier}: true bad rate {own['bad'].mean():.2%} of {len(own):,} offers"
    first = rows[rows["tier"] == "FIRST"]
    lent = first.loc[first["limit_yuan"] > 0, "limit_yuan"].mean()
    yield (
        f"FIRST: {len(first) / len(rows):.1%} of {len(rows):,} members; limits above zero average"
        f" {lent:,.0f} yuan; {(first['limit_yuan'] == 0).mean():.0%} have none today"
    )


def _standing(home: Path, rows: pd.DataFrame, day: date) -> Iterator[str]:
    names = ["loans_open", "consent_in_force", "days_past_due_now", "worst_days_past_due_24m"]
    profile = pd.read_parquet(home / "profiles" / f"{day}.parquet", columns=["member_id", *names])
    known = rows.merge(profile, on="member_id", suffixes=("", "_profile"))
    late = (known["days_past_due_now"] > 0) | (known["worst_days_past_due_24m"] > 0)
    can_borrow = known["points"] >= policy_on(day).tiers["SECOND"]
    consents = known["consent_in_force"].fillna(value=False).astype(bool)
    good = known[(known["loans_open"] > 0) & consents & ~late & can_borrow]
    kept = np.isin(good["tier"], _OFFERED).mean()
    yield f"borrowers without arrears, with points for SECOND: {len(good):,}; {kept:.1%} keep one"


if __name__ == "__main__":
    main()
