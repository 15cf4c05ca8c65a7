"""How much each attribute of an additive model says on its own."""

from __future__ import annotations

from training.additive import Additive
from training.binning.evidence import counts, information_value, smoothed
from training.samples.sample import Sample
from training.settings import Settings


def strength(additive: Additive, sample: Sample, settings: Settings) -> dict[str, float]:
    """Return the information value of each attribute over the model's bins."""
    found = {}
    for name, bins in additive.bins.items():
        tables = counts(bins.codes(sample.columns[name]), sample.bad, bins.size, sample.weight)
        found[name] = information_value(*smoothed(*tables, settings.prior_rows))
    return found
