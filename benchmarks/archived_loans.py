"""Public loans through the archive: imported by a mapping, profiled on the day of application.

A card and its rivals learn from the profiles and from what is asked for, on the same five folds:
StratifiedKFold(5, shuffle=True, random_state=1). The card of each fold is learned, tuned and
calibrated on the other four, and ranks by its whole points.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from click.testing import CliRunner
from numpy.typing import NDArray
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.boosted_rivals import RIVALS
from cli.import_ import command as import_command
from data.storage.archive import Archive
from model.card.bins import Floats
from model.errors import TrainingError
from model.profile.dictionary import Dictionary, member_dictionary, read_dictionary
from training.learn import learn, totals
from training.run import Source
from training.samples.archive import applied_profiles
from training.samples.sample import Sample
from training.settings import Settings

FOLDS = StratifiedKFold(5, shuffle=True, random_state=1)
MAPPINGS = Path(__file__).with_name("mappings")
_ASKED = Path(__file__).with_name("asked.yaml")
#: The card, and the models beside it.
MODELS = ("card", "logistic", "lightgbm")


def imported(source: Path, files: Sequence[str], mapping: str, folder: Path) -> Archive:
    """Import `files` of `source` into an archive in `folder`, and print what was imported.

    Raises
    ------
    RuntimeError
        If the import fails; the message is the command's output.
    """
    for name in files:
        print(f"{name}  sha256 {hashlib.sha256((source / name).read_bytes()).hexdigest()}")
    options = ["--mapping", str(MAPPINGS / mapping), "--archive", str(folder / "archive")]
    result = CliRunner().invoke(import_command, [*(str(source / name) for name in files), *options])
    if result.exit_code:
        raise RuntimeError(result.output)
    print(result.output)
    return Archive(folder / "archive")


def request_dictionary(also: Sequence[str] = ()) -> Dictionary:
    """Return the member dictionary with what is asked for, `also` scored whatever their use."""
    asked = read_dictionary(_ASKED.read_text(encoding="utf-8"), _ASKED.name)
    known = member_dictionary().attributes
    scored = {name: replace(known[name], role="scored") for name in also}
    return Dictionary({**known, **scored, **asked.attributes}, asked.digest)


def loan_sample(
    archive: Archive,
    member_id: NDArray[np.object_],
    applied: NDArray[np.datetime64],
    asked: Mapping[str, Floats],
    bad: NDArray[np.bool_],
    dictionary: Dictionary,
) -> Sample:
    """Return loans with their borrowers' profiles of the day and what is asked for.

    What is `asked` may be empty; a loan of a borrower whom the archive did not know has no profile
    and is left out.
    """
    names = tuple(
        name for name in dictionary.named("scored") if name in member_dictionary().attributes
    )
    profiles, known = applied_profiles(archive, member_id, applied, names)
    own = {name: np.asarray(values, dtype=np.float64)[known] for name, values in asked.items()}
    borrower = np.unique(member_id[known].astype(str), return_inverse=True)[1].astype(np.int64)
    nothing = {
        name: np.full(len(borrower), np.nan)
        for name in dictionary.named("scored")
        if name not in profiles and name not in own
    }
    columns = {**profiles, **own, **nothing}
    return Sample(columns, bad[known], borrower, np.zeros(len(borrower), dtype=np.int64))


def print_aucs(
    title: str, sample: Sample, dictionary: Dictionary, models: Sequence[str] = MODELS
) -> None:
    """Print the AUC of each of `models`, by fold and in the mean."""
    print(f"{title}: {len(sample):,} loans, {sample.bads:,} bad", flush=True)
    for name in models:
        print(f"  {name:9s} {_told(name, sample, dictionary)}", flush=True)


def _told(model: str, sample: Sample, dictionary: Dictionary) -> str:
    try:
        aucs = fold_aucs(model, sample, dictionary)
    except TrainingError as refusal:
        return f"none is made on some fold: {refusal}"
    folds = " ".join(f"{auc:.4f}" for auc in aucs)
    return f"mean AUC {np.mean(aucs):.4f}  ({folds})"


def fold_aucs(model: str, sample: Sample, dictionary: Dictionary) -> list[float]:
    """Return the AUC of `model` on each fold, learned on the other four."""
    aucs = []
    for learned, unseen in FOLDS.split(np.zeros(len(sample)), sample.bad):
        known, rest = sample.take(learned), sample.take(unseen)
        aucs.append(float(roc_auc_score(rest.bad, _risk(model, known, rest, dictionary))))
    return aucs


def logistic_risk(known: Sample, unseen: Sample, dictionary: Dictionary) -> Floats:
    """Return the PDs of a ridge logistic regression; a missing value has the median and a flag."""
    model = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True),
        StandardScaler(),
        LogisticRegression(max_iter=2_000),
    )
    names = [name for name in dictionary.named("scored") if _varies(known.columns[name])]
    first, second = (
        np.column_stack([np.asarray(rows.columns[name], dtype=np.float64) for name in names])
        for rows in (known, unseen)
    )
    return np.asarray(model.fit(first, known.bad).predict_proba(second)[:, 1])


def _varies(values: NDArray[Any]) -> bool:
    return len(np.unique(values[~np.isnan(values.astype(np.float64))])) > 1


def _risk(model: str, known: Sample, unseen: Sample, dictionary: Dictionary) -> Floats:
    if model == "logistic":
        return logistic_risk(known, unseen, dictionary)
    if model != "card":
        return RIVALS[model](known, unseen, dictionary)
    settings, source = Settings(resamples=2), Source("benchmark", {})
    run = learn(known, {"fold": unseen}, dictionary, settings, source)
    return -totals(run.judged, unseen).astype(np.float64)
