"""Which reject inference helps, against the truth of those never booked.

``python -m benchmarks.reject_inference --seed 54 --seed 55 --seed 56``. Each seed simulates an
archive of full size, learns a card on its ripe loans with every method, scores all members, and
compares with what a standard loan would have become for each of them (the simulator's
counterfactual, six replications; a bad loan is 90 or more days past due).
"""

from __future__ import annotations

import json
import tempfile
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import click
import numpy as np
import pyarrow as pa

from data.archive import Archive
from data.profiles import columns_of, profile_as_of
from data.simulator import load_scenario, simulate
from model.policy import policy_on
from model.scorecard import Columns, Floats
from training.calibration_error import brier, equal_groups, expected_calibration_error
from training.discrimination import auc
from training.reject.methods import METHODS
from training.reject.unobserved import POPULATIONS
from training.settings import Settings
from training.train import train_archive

#: The published share of members in the first tier.
FIRST_TIER = 0.135


@dataclass(frozen=True)
class Truth:
    """All members with their profile; `bad` and `drawn` count replications by member."""

    columns: Columns
    bad: Floats
    drawn: Floats


@click.command()
@click.option("--seed", "seeds", multiple=True, type=int, default=(54, 55, 56), show_default=True)
@click.option("--members", default=87_459, show_default=True)
@click.option("--replications", default=6, show_default=True)
@click.option("--family", default="woe", show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="Also write the figures as JSON.")
def command(
    seeds: tuple[int, ...], members: int, replications: int, family: str, out: Path | None
) -> None:
    """Print the table of methods, by seed and on the mean."""
    rows: list[dict[str, float | str]] = []
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder:
            archive, truth, as_of = _world(Path(folder), members, seed, replications)
            for method, population in _variants():
                rows.append(_measured(archive, truth, as_of, family, method, population, seed))
                print(_line(rows[-1]), flush=True)
    print("mean over seeds")
    for method, population in _variants():
        print(_line(_mean([r for r in rows if _named(r) == (method, population)])))
    if out:
        out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def _variants() -> list[tuple[str, str]]:
    return [("none", "")] + [(m, p) for p in POPULATIONS for m in METHODS[1:]]


def _world(folder: Path, members: int, seed: int, replications: int) -> tuple[Archive, Truth, date]:
    simulation = simulate(load_scenario(), members, 36, seed)
    archive, as_of = Archive(folder), simulation.closing_day
    simulation.write(archive)
    profile = profile_as_of(archive, as_of)
    told = simulation.truth(as_of, replications)
    return archive, _truth(profile, told), as_of


def _truth(profile: pa.Table, told: pa.Table) -> Truth:
    ids, place = np.unique(told["member_id"].to_numpy(), return_inverse=True)
    bad = np.bincount(place, weights=told["outcome"].to_numpy() == "bad")
    at = np.searchsorted(ids, profile["member_id"].to_numpy())
    return Truth(columns_of(profile), bad[at], np.bincount(place)[at].astype(np.float64))


def _measured(
    archive: Archive,
    truth: Truth,
    as_of: date,
    family: str,
    method: str,
    population: str,
    seed: int,
) -> dict[str, float | str]:
    started = time.monotonic()
    settings = Settings(
        family=family, reject_inference=method, unobserved=population or "members", resamples=20
    )
    run = train_archive(archive, as_of, settings)
    seconds = time.monotonic() - started
    held = run.evaluations[run.validated_on].measures["auc"].value
    codes = run.card.codes(truth.columns)
    totals = run.card.total(run.card.points_by_attribute(codes))
    points, place = np.unique(totals, return_inverse=True)
    bads = np.bincount(place, weights=truth.bad)
    goods = np.bincount(place, weights=truth.drawn - truth.bad)
    pd, rows = run.card.pd(points), goods + bads
    offered = points >= policy_on(as_of).tiers["SECOND"]
    best = (totals >= np.quantile(totals, 1 - FIRST_TIER)) + 0.0
    return {
        "seed": str(seed), "method": method, "population": population,
        "auc": float(auc(goods, bads)), "brier": float(brier(goods, bads, pd)),
        "ece": float(expected_calibration_error(goods, bads, pd, equal_groups(rows))),
        "expected": float((rows * pd).sum() / rows.sum()), "bad": float(bads.sum() / rows.sum()),
        "share_offered": float(rows[offered].sum() / rows.sum()),
        "bad_offered": float(bads[offered].sum() / rows[offered].sum()),
        "bad_best": float((best * truth.bad).sum() / (best * truth.drawn).sum()),
        "booked_auc": held, "seconds": seconds,
    }  # fmt: skip


def _named(row: dict[str, float | str]) -> tuple[str, str]:
    return str(row["method"]), str(row["population"])


def _mean(rows: list[dict[str, float | str]]) -> dict[str, float | str]:
    names = [name for name, value in rows[0].items() if isinstance(value, float)]
    means = {name: float(np.mean([float(row[name]) for row in rows])) for name in names}
    return {
        "seed": "mean",
        "method": rows[0]["method"],
        "population": rows[0]["population"],
        **means,
    }


def _line(row: dict[str, float | str]) -> str:
    told = " ".join(f"{k} {v:.4f}" for k, v in row.items() if isinstance(v, float))
    return f"{row['seed']:5} {row['method']:10} {row['population']:8} {told}"


if __name__ == "__main__":
    command()
