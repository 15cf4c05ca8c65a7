"""Which card is monitored, and where the figures of its training are."""

from __future__ import annotations

from pathlib import Path

from data.publishing.published_card import card_in, published_card
from model.card.card_file import CardFile, read_card
from model.errors import TrainingError
from training.measures.baseline import Baseline, digests_of, read_baseline
from training.reports.record import FIGURES
from training.tracking.runs import card_of_run, file_of_run, run_of_card


def baseline_of_run(run_id: str, store: Path) -> Baseline:
    """Return the card that run `run_id` of `store` made, with its baseline.

    Raises
    ------
    TrainingError
        If there is no such run, or it left no baseline.
    """
    with card_of_run(run_id, store) as folder:
        return _tracked(read_card(folder), run_id, store)


def baseline_of_card(folder: Path | None, home: Path, store: Path) -> Baseline:
    """Return the card in `folder`, or the card in use, with the baseline of the run that made it.

    The figures are taken from beside the card if they are there, else from the latest run in
    `store` that made the same card.

    Raises
    ------
    CardError
        If the card does not verify, or none is in use.
    TrainingError
        If nothing is known of the card's training.
    """
    file = published_card(home) if folder is None else card_in(folder, home)
    if folder is not None and (folder / FIGURES).exists():
        return read_baseline(file, folder / FIGURES)
    made = (run_of_card(digest, store) for digest in digests_of(file))
    run_id = next((found for found in made if found is not None), None)
    if run_id is None:
        raise TrainingError(
            f"no run in {store} made card {file.digest[:16]}, so there is no baseline to monitor"
            " against; name the store with --mlruns, or the folder that rongzi train --out wrote"
            " with --card"
        )
    return _tracked(file, run_id, store)


def _tracked(file: CardFile, run_id: str, store: Path) -> Baseline:
    with file_of_run(run_id, FIGURES, store) as figures:
        return read_baseline(file, figures)
