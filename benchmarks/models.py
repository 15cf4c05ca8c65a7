"""The card against boosted trees on public data, fold by fold: AUC, Brier, calibration, losses.

``python -m benchmarks.models --folder FOLDER`` prints one line a set and the means; `--set NAME`
restricts it. Folds are StratifiedKFold(5, shuffle=True, random_state=1) for every model; each
learns, tunes and calibrates only on the other four folds. The card is that of ``rongzi train
--table … --family auto`` on those rows (which holds a quarter of them out, and then learns from all
of them), ranked by its integer points. Intervals are 1.96 standard errors over the folds; those of
differences are of the differences fold by fold.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold

from benchmarks.boosted_rivals import RIVALS
from benchmarks.public_sets import SETS, PublicSet, digests, read_set
from model.card.bins import Floats
from model.profile.dictionary import Dictionary
from training.learn import learn, totals
from training.measures.calibration import equal_groups, expected_calibration_error
from training.run import HELD_OUT, Source, TrainedRun
from training.samples.sample import Sample, held_out
from training.settings import FAMILIES, Family, Settings

FOLDS = StratifiedKFold(5, shuffle=True, random_state=1)


@dataclass(frozen=True)
class Measured:
    """Measures of one model on one fold of unseen rows."""

    auc: float
    brier: float
    ece: float
    seconds: float
    lost_auc: float = 0.0


@click.command()
@click.option("--folder", required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--set", "wanted", multiple=True, type=click.Choice([s.name for s in SETS]))
@click.option("--family", default="auto", show_default=True, type=click.Choice(FAMILIES))
@click.option("--model", "models", multiple=True, help="card or the name of a rival; default: all.")
def command(folder: Path, wanted: tuple[str, ...], family: Family, models: tuple[str, ...]) -> None:
    """Print the table of models by set."""
    for known in SETS:
        if not wanted or known.name in wanted:
            _print_set(known, folder, family, models)


def _print_set(known: PublicSet, folder: Path, family: Family, models: tuple[str, ...]) -> None:
    for name, digest in digests(known, folder).items():
        print(f"{name}  sha256 {digest}")
    sample, dictionary = read_set(known, folder)
    print(f"{known.name}: {len(sample):,} rows, {sample.bads:,} bad", flush=True)
    areas: dict[str, Floats] = {}
    for name in models or ("card", *RIVALS):
        found = list(_folds(name, sample, dictionary, family))
        areas[name] = np.array([fold.auc for fold in found])
        print(f"  {name:10s} {_summary(found)}{_less('card', name, areas)}", flush=True)


def _less(own: str, other: str, areas: dict[str, Floats]) -> str:
    if own not in areas or own == other:
        return ""
    gain = areas[own] - areas[other]
    return f"  {own} less {other} {gain.mean():+.4f} ± {_margin(gain):.4f}"


def _margin(values: Floats) -> float:
    return float(1.96 * values.std(ddof=1) / np.sqrt(len(values)))


def _summary(found: list[Measured]) -> str:
    mean = {key: float(np.mean([getattr(m, key) for m in found])) for key in vars(found[0])}
    by_fold = " ".join(f"{m.auc:.4f}" for m in found)
    margin = _margin(np.array([fold.auc for fold in found]))
    return (
        f"AUC {mean['auc']:.4f} ± {margin:.4f} Brier {mean['brier']:.4f} ECE {mean['ece']:.4f}"
        f" lost {mean['lost_auc']:+.4f}  cpu {mean['seconds']:.0f} s a fold  ({by_fold})"
    )


def _folds(name: str, sample: Sample, dictionary: Dictionary, family: Family) -> Iterator[Measured]:
    for train, test in FOLDS.split(np.zeros(len(sample)), sample.bad):
        known, unseen = sample.take(train), sample.take(test)
        began = time.process_time()
        if name == "card":
            run = _card(known, dictionary, family)
            points = totals(run.card, unseen)
            pd, lost = (
                run.card.pd(points),
                run.performance.rounding.auc if run.performance.rounding else 0.0,
            )
            score = -points.astype(np.float64)
        else:
            pd = RIVALS[name](known, unseen, dictionary)
            score, lost = pd, 0.0
        spent = time.process_time() - began
        yield Measured(
            float(roc_auc_score(unseen.bad, score)),
            float(brier_score_loss(unseen.bad, pd)),
            _calibration_error(pd, unseen),
            spent,
            lost,
        )


def _card(known: Sample, dictionary: Dictionary, family: Family) -> TrainedRun:
    settings = Settings(family=family, resamples=2)
    validation = held_out(known, settings)
    held = {HELD_OUT: known.take(validation)}
    return learn(known.take(~validation), held, dictionary, settings, Source("benchmark", {}))


def _calibration_error(pd: Floats, unseen: Sample) -> float:
    distinct, index = np.unique(pd, return_inverse=True)
    bads = np.bincount(index, weights=unseen.bad).astype(np.float64)
    rows = np.bincount(index).astype(np.float64)
    found = expected_calibration_error(rows - bads, bads, distinct, equal_groups(rows))
    return float(found)


if __name__ == "__main__":
    command()
