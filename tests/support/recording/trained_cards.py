"""Cards trained with a fixed seed: on a small generated table, and on a small simulated archive.

Integer points come from floating-point sums, and the numeric libraries choose their instructions by
the processor. The digests were equal with AVX-512, with AVX2 and with neither, and with three
kernels of OpenBLAS; another kind of machine may still round a sum the other way. The digest of a
card from an archive also depends on the bytes of its Parquet files, so on the locked pyarrow.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from data.simulator import load_scenario, simulate
from data.storage.archive import Archive
from model.card.card_json import card_to_json
from training.run import TrainedRun
from training.settings import Settings
from training.train import train_archive, train_table

#: The values of ``--family``.
FAMILIES = ("woe", "boosted", "boosted_single", "blend", "auto")
ARCHIVE_FAMILIES = ("woe", "boosted")
#: Calibration curves and methods of reject inference, each once, with the fastest family.
VARIANTS: Mapping[str, Mapping[str, str]] = {
    "woe_beta": {"calibration": "beta"},
    "woe_isotonic": {"calibration": "isotonic"},
    "woe_centred_isotonic": {"calibration": "centred_isotonic"},
    "woe_parcelling": {"reject_inference": "parcelling"},
    "woe_fuzzy": {"reject_inference": "fuzzy"},
    "woe_ipw": {"reject_inference": "ipw"},
}
AS_OF = date(2023, 10, 1)
_ROWS, _MEMBERS = 1_500, 20_000


def write_loan_table(path: Path, unknown: int = 0) -> Path:
    """Write 1,500 loans as csv, the first `unknown` without outcome.

    NumPy's PCG64 draws the values, because its stream does not change between releases. They are
    rounded, so that the bytes of the file are the same everywhere.
    """
    dice = np.random.Generator(np.random.PCG64(7))
    sown, owed = dice.integers(2, 90, _ROWS), dice.integers(0, 400, _ROWS)
    age, late = dice.integers(20, 70, _ROWS), dice.integers(0, 6, _ROWS)
    crop, lost = dice.integers(0, 3, _ROWS), dice.random(_ROWS) < 0.1
    risk = 3 * late + owed // 40 - sown // 8 + 4 * (crop == 2) + (age < 30) * (late > 2) * 6
    bad = dice.integers(0, 24, _ROWS) < risk - 2
    outcome = np.where(bad, "bad", "good").tolist()
    rows = {
        "sown_mu": [None if gone else int(x) / 2 for x, gone in zip(sown, lost, strict=True)],
        "owed_yuan": (owed * 100).tolist(),
        "age": age.tolist(),
        "late": late.tolist(),
        "crop": [("wheat", "maize", "melon")[each] for each in crop],
        "always": [1] * _ROWS,
        "outcome": [None] * unknown + outcome[unknown:],
    }
    pa_csv.write_csv(pa.table(rows), path)
    return path


def train_on_table(folder: Path, name: str) -> TrainedRun:
    """Train the card `name`: a family, or one of `VARIANTS`."""
    variant = VARIANTS.get(name)
    settings = _settings("woe" if variant else name, **(variant or {}))
    needs_unknown = settings.reject_inference != "none"
    path = write_loan_table(folder / "loans.csv", 200 if needs_unknown else 0)
    return train_table(path, "outcome", settings, bad_value="bad")


def train_on_archive(archive: Archive, family: str) -> TrainedRun:
    """Train on the loans of `archive`, with minimum counts that a small archive can reach."""
    settings = _settings(family, least_bads=10, least_held_bads=5)
    return train_archive(archive, AS_OF, settings)


def simulate_archive(folder: Path) -> Archive:
    """Return an archive of 20,000 members; fewer would have too few loans for a card."""
    archive = Archive(folder)
    simulate(load_scenario(), _MEMBERS, 60, seed=54).write(archive)
    return archive


def card_content(run: TrainedRun) -> dict[str, Any]:
    """Return the digest of a card, and the card itself, so that a difference can be read."""
    return {"digest": run.digest, "card": json.loads(card_to_json(run.card))}


def _settings(family: str, **more: Any) -> Settings:
    # The defaults of the command line with fewer resamples and folds, which only cost time.
    return Settings(seed=54, family=family, resamples=20, folds=3, **more)


def all_cards(folder: Path) -> dict[str, Any]:
    """Train every card; those of the archive are named ``archive_<family>``."""
    found = {name: train_on_table(folder, name) for name in (*FAMILIES, *VARIANTS)}
    archive = simulate_archive(folder / "archive")
    for family in ARCHIVE_FAMILIES:
        found[f"archive_{family}"] = train_on_archive(archive, family)
    return {name: card_content(run) for name, run in found.items()}
