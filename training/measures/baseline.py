"""The baseline of a card: the shares of its development sample, which monitoring compares with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from model.card.bins import Floats, Ints
from model.card.card_file import CardFile
from model.errors import TrainingError

#: Totals are compared in this many groups, equal in size in development.
POINT_GROUPS = 10


@dataclass(frozen=True)
class PointsBaseline:
    """Share of development rows with totals at most each of `cuts`, and above the last."""

    cuts: Ints
    shares: Floats

    def group(self, totals: Ints) -> Ints:
        """Return the group of each total, shape (n,)."""
        group: Ints = np.searchsorted(self.cuts, totals, side="left").astype(np.int64)
        return group


@dataclass(frozen=True)
class Baseline:
    """A card with its development sample's shares.

    Attributes
    ----------
    attributes : mapping of str to Floats
        Share of development rows by bin code.
    rows : int
        Rows of the development sample.
    """

    file: CardFile
    attributes: Mapping[str, Floats]
    points: PointsBaseline
    rows: int


def points_baseline(totals: Ints) -> PointsBaseline:
    """Return the baseline of the development sample's `totals`, shape (n,)."""
    levels = np.arange(1, POINT_GROUPS) / POINT_GROUPS
    cuts = np.unique(np.quantile(totals, levels, method="inverted_cdf")).astype(np.int64)
    counts = np.bincount(np.searchsorted(cuts, totals, side="left"), minlength=len(cuts) + 1)
    return PointsBaseline(cuts, counts / len(totals))


def digests_of(file: CardFile) -> tuple[str, ...]:
    """Return the card's digest and, if it was recalibrated, that of the trained card.

    Recalibration changes PDs only, so bins, points and baseline are those of the trained card.
    """
    trained = file.card.provenance.get("recalibrated_from")
    return (file.digest, trained) if trained else (file.digest,)


def read_baseline(file: CardFile, figures: Path) -> Baseline:
    """Return the baseline in `figures`, the ``evaluation.json`` of the run that made the card.

    Raises
    ------
    TrainingError
        If the file is absent, or from an older release, or of another card.
    """
    try:
        content = json.loads(figures.read_text(encoding="utf-8"))
        points = content["points_baseline"]
        baseline = Baseline(
            file,
            {name: np.array(content["baseline"][name]) for name in file.card.attributes},
            PointsBaseline(np.array(points["cuts"], dtype=np.int64), np.array(points["shares"])),
            int(content["evaluations"]["development"]["rows"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(
            f"{figures}: no baseline to monitor against ({error!r}); it is written by rongzi train"
            " beside the card: train again with this release, or name the run with --run"
        ) from error
    if content["card_digest"] not in digests_of(file):
        raise TrainingError(
            f"{figures}: its figures are of card {content['card_digest'][:16]}, not of"
            f" {file.digest[:16]}; name the run that made the card with --run"
        )
    return baseline
