"""The plain scorecard: optimal bins, weights of evidence, logistic regression."""

from __future__ import annotations

from dataclasses import dataclass

from sklearn.linear_model import LogisticRegression

from model.dictionary import Dictionary
from model.errors import TrainingError
from model.scorecard import Floats
from training.additive import Additive, Dropped, Fit, Shape
from training.binning import Binned, bin_attribute
from training.logistic import Regression, fit_logistic
from training.sample import Sample
from training.selection import not_said_already, strong_enough
from training.settings import Settings
from training.steadiness import steady


@dataclass(frozen=True)
class WoeEstimator:
    """What joblib keeps for analysts: the bins, their WoE and the regression over them."""

    binned: dict[str, Binned]
    names: tuple[str, ...]
    regression: LogisticRegression


class WoeFamily:
    """Binned weights of evidence with a ridge; one candidate per penalty."""

    name = "woe"

    def fits(self, sample: Sample, dictionary: Dictionary, settings: Settings) -> dict[str, Fit]:
        """Return one fit per penalty; see `training.additive.Family`."""
        binned, dropped = _binned(sample, dictionary, settings)
        strong, weak = strong_enough(binned, settings)
        bins = {name: binned[name].bins for name in strong}
        ranked, unsteady = steady(strong, bins, sample, settings)
        woe = {name: _by_row(binned[name], sample) for name in ranked}
        kept, twins = not_said_already(ranked, woe, settings)
        dropped = [*dropped, *weak, *unsteady, *twins]
        fits = {}
        for penalty in settings.penalties:
            regression = fit_logistic(
                {name: woe[name] for name in kept}, sample.bad, penalty, sample.weight
            )
            if regression is not None:
                fits[f"C={penalty:g}"] = _fit(regression, binned, dropped)
        if not fits:
            raise TrainingError(_nothing_left(dropped))
        return fits


def _binned(
    sample: Sample, dictionary: Dictionary, settings: Settings
) -> tuple[dict[str, Binned], list[Dropped]]:
    found = {
        name: bin_attribute(
            dictionary[name], sample.columns[name], sample.bad, settings, sample.weight
        )
        for name in dictionary.named("scored")
    }
    dropped = [entry for entry in found.values() if isinstance(entry, Dropped)]
    return {name: b for name, b in found.items() if isinstance(b, Binned)}, dropped


def _by_row(binned: Binned, sample: Sample) -> Floats:
    return binned.woe[binned.bins.codes(sample.columns[binned.bins.attribute])]


def _fit(regression: Regression, binned: dict[str, Binned], dropped: list[Dropped]) -> Fit:
    shapes = tuple(
        # Points reward safety, WoE measures risk.
        Shape((name,), -coefficient * binned[name].woe)
        for name, coefficient in zip(regression.names, regression.coefficients, strict=True)
    )
    kept = {name: binned[name] for name in regression.names}
    return Fit(
        Additive(-regression.intercept, {name: b.bins for name, b in kept.items()}, shapes),
        (*dropped, *regression.dropped),
        {name: b.iv for name, b in kept.items()},
        WoeEstimator(kept, regression.names, regression.estimator),
    )


def _nothing_left(dropped: list[Dropped]) -> str:
    told = "; ".join(f"{d.attribute}: {d.reason.en}" for d in dropped[:10])
    more = f"; and {len(dropped) - 10} more" if len(dropped) > 10 else ""
    return f"no attribute can be used, so there is nothing to score by ({told}{more})"
