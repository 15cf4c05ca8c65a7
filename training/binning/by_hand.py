"""Bins that an analyst sets by hand: cut points by attribute, read from a file and held by all.

Every family cuts these attributes at these points alone, on the whole sample and in each fold.
Neighbours that come out with equal points are printed as one bin.
"""

from __future__ import annotations

import math
from itertools import pairwise

import yaml

from model.card.bins import Bins
from model.errors import TrainingError
from model.profile.dictionary import Dictionary
from training.samples.sample import Sample

#: Cut points by attribute, ascending; a value equal to one belongs above it.
HandBins = tuple[tuple[str, tuple[float, ...]], ...]


def read_hand_bins(text: str, name: str) -> HandBins:
    """Return the cut points in the YAML `text`: ``attribute: [cut, cut, …]`` by line.

    Raises
    ------
    TrainingError
        If it is no such list; the message names the attribute and `name`, the file.
    """
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise TrainingError(f"{name}: no YAML: {error}") from error
    if not isinstance(found, dict) or not found:
        raise TrainingError(f"{name}: give cut points by attribute, such as age: [30, 50]")
    return tuple((str(key), _cuts(str(key), cuts, name)) for key, cuts in found.items())


def refuse_unfit_bins(bins: HandBins, dictionary: Dictionary, sample: Sample) -> None:
    """Refuse bins of what is not scored or is text, and bins without a row inside the range.

    Raises
    ------
    TrainingError
        The message names the attribute and the bin.
    """
    scored = dictionary.named("scored")
    for name, cuts in bins:
        if name not in scored:
            raise TrainingError(f"no scored attribute is called {name}")
        own = dictionary[name]
        if own.type == "text":
            raise TrainingError(f"{name} is text: bins by hand are cut points of numbers")
        _refuse_empty(Bins(name, cuts, (), own.minimum, own.maximum), sample)


def _refuse_empty(bins: Bins, sample: Sample) -> None:
    seen = set(bins.codes(sample.columns[bins.attribute]).tolist())
    bounds = ("its least value", *(f"{edge:g}" for edge in bins.edges), "its greatest value")
    for code, (low, high) in enumerate(pairwise(bounds)):
        if code not in seen:
            raise TrainingError(
                f"{bins.attribute}: no row of development lies from {low} to {high}; join this bin"
                " to a neighbour"
            )


def _cuts(attribute: str, cuts: object, name: str) -> tuple[float, ...]:
    found = cuts if isinstance(cuts, list) else []
    if not found or not all(_is_number(cut) for cut in found):
        raise TrainingError(f"{name}, {attribute}: give cut points as numbers, such as [30, 50]")
    numbers = tuple(float(cut) for cut in found)
    if any(low >= high for low, high in pairwise(numbers)):
        raise TrainingError(f"{name}, {attribute}: cut points ascend, each above the one before")
    return numbers


def _is_number(cut: object) -> bool:
    return isinstance(cut, int | float) and not isinstance(cut, bool) and math.isfinite(cut)
