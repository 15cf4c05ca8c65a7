"""Compare methods of reject inference with the true outcomes of applicants never booked.

``python -m benchmarks.reject_inference --seed 54 --seed 55 --seed 56``. Each seed simulates an
archive of full size, learns a card on its ripe loans with every method and scores all members. The
truth is the outcome of a standard loan for each of them (the simulator's counterfactual, six
replications; a bad loan is 90 or more days past due).
"""

from __future__ import annotations

import json
import tempfile
import time
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import click
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.simulator import load_scenario, simulate
from data.storage.archive import Archive
from data.storage.profiles import columns_of, profile_as_of
from model.card.bins import Columns, Floats, Ints
from model.policy.policy import policy_on
from model.profile.dictionary import member_dictionary
from training.learn import learn
from training.measures.calibration import brier, equal_groups, expected_calibration_error
from training.measures.discrimination import auc
from training.reject.unobserved import Unobserved, unobserved_applicants
from training.run import OUT_OF_TIME, Source
from training.samples.archive import archive_sample
from training.samples.sample import Sample, out_of_time
from training.settings import (
    POPULATIONS,
    REJECT_METHODS,
    Family,
    Population,
    RejectMethod,
    Settings,
)

#: Shares of all members at which bad rates are compared: the published first tier, three fifths.
FIRST_TIER, THREE_FIFTHS = 0.135, 0.6


@dataclass(frozen=True)
class Truth:
    """All members with their profile; `bad` and `drawn` count replications by member."""

    columns: Columns
    bad: Floats
    drawn: Floats


@dataclass(frozen=True)
class Loans:
    """Ripe loans before and after the out-of-time cut, and the unobserved by population."""

    development: Sample
    late: Sample
    unobserved: dict[Population, Unobserved]


@click.command()
@click.option("--seed", "seeds", multiple=True, type=int, default=(54, 55, 56), show_default=True)
@click.option("--members", default=87_459, show_default=True)
@click.option("--replications", default=6, show_default=True)
@click.option("--family", default="woe", show_default=True)
@click.option("--most-unobserved", default=6_000, show_default=True)
@click.option("--folds", default=3, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="Also write the figures as JSON.")
def command(
    seeds: tuple[int, ...],
    members: int,
    replications: int,
    family: Family,
    most_unobserved: int,
    folds: int,
    out: Path | None,
) -> None:
    """Print the table of methods, by seed and as means."""
    settings = Settings(family=family, most_unobserved=most_unobserved, folds=folds, resamples=20)
    rows: list[dict[str, float | str]] = []
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder:
            archive, truth, as_of = _simulate(Path(folder), members, seed, replications)
            loans = _loans(archive, as_of, settings)
        for method, population in _variants():
            chosen = replace(settings, reject_inference=method, unobserved=population)
            rows.append({"seed": str(seed), **_measure(loans, truth, as_of, chosen)})
            print(_line(rows[-1]), flush=True)
    print("mean over seeds")
    for method, population in _variants():
        print(_line(_mean([r for r in rows if _variant_of(r) == (method, population)])))
    if out:
        out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def _variants() -> list[tuple[RejectMethod, Population]]:
    ways: list[tuple[RejectMethod, Population]] = [("none", "members")]
    return ways + [(m, p) for p in POPULATIONS for m in REJECT_METHODS[1:]]


def _simulate(
    folder: Path, members: int, seed: int, replications: int
) -> tuple[Archive, Truth, date]:
    simulation = simulate(load_scenario(), members, 60, seed)
    archive, as_of = Archive(folder), simulation.closing_day
    simulation.write(archive)
    profile = profile_as_of(archive, as_of)
    outcomes = simulation.truth(as_of, replications)
    outcomes = outcomes.filter(pc.equal(outcomes["loan"], "standard"))
    return archive, _truth(profile, outcomes), as_of


def _truth(profile: pa.Table, outcomes: pa.Table) -> Truth:
    ids, index = np.unique(outcomes["member_id"].to_numpy(), return_inverse=True)
    bad = np.bincount(index, weights=outcomes["outcome"].to_numpy() == "bad").astype(np.float64)
    at = np.searchsorted(ids, profile["member_id"].to_numpy())
    return Truth(columns_of(profile), bad[at], np.bincount(index)[at].astype(np.float64))


def _loans(archive: Archive, as_of: date, settings: Settings) -> Loans:
    ripe = archive_sample(archive, as_of, settings)
    late = out_of_time(ripe.vintage, ripe.sample.bad, settings)
    development = ripe.sample.take(~late)
    months = development.period.astype("datetime64[M]")
    unobserved = {
        name: unobserved_applicants(archive, as_of, months, replace(settings, unobserved=name))
        for name in POPULATIONS
    }
    for name, found in unobserved.items():
        print(f"{name}: {found.description}", flush=True)
    return Loans(development, ripe.sample.take(late), unobserved)


def _measure(loans: Loans, truth: Truth, as_of: date, settings: Settings) -> dict[str, float | str]:
    started = time.monotonic()
    run = learn(
        loans.development, {OUT_OF_TIME: loans.late}, member_dictionary(), settings,
        Source("benchmark", {"source": "archive"}),
        unobserved=loans.unobserved.get(settings.unobserved),
    )  # fmt: skip
    seconds = time.monotonic() - started
    booked = run.performance.evaluations[run.samples.validated_on].measures["auc"].value
    codes = run.card.codes(truth.columns)
    totals = run.card.total(run.card.points_by_attribute(codes))
    points, index = np.unique(totals, return_inverse=True)
    bads = np.bincount(index, weights=truth.bad).astype(np.float64)
    goods = np.bincount(index, weights=truth.drawn - truth.bad).astype(np.float64)
    pd, rows = run.card.pd(points), goods + bads
    offered = points >= policy_on(as_of).tiers["SECOND"]
    return {
        "method": settings.reject_inference, "population": settings.unobserved,
        "auc": float(auc(goods, bads)), "brier": float(brier(goods, bads, pd)),
        "ece": float(expected_calibration_error(goods, bads, pd, equal_groups(rows))),
        "expected": float((rows * pd).sum() / rows.sum()), "bad": float(bads.sum() / rows.sum()),
        "share_offered": float(rows[offered].sum() / rows.sum()),
        "bad_offered": float(bads[offered].sum() / rows[offered].sum()),
        "bad_first": _bad_rate_of_best(totals, truth, FIRST_TIER),
        "bad_fifths": _bad_rate_of_best(totals, truth, THREE_FIFTHS),
        "booked_auc": booked, "seconds": seconds,
    }  # fmt: skip


def _bad_rate_of_best(totals: Ints, truth: Truth, share: float) -> float:
    best = totals >= np.quantile(totals, 1 - share)
    return float(truth.bad[best].sum() / truth.drawn[best].sum())


def _variant_of(row: dict[str, float | str]) -> tuple[str, str]:
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
    figures = " ".join(f"{k} {v:.4f}" for k, v in row.items() if isinstance(v, float))
    return f"{row['seed']:5} {row['method']:10} {row['population']:8} {figures}"


if __name__ == "__main__":
    command()
