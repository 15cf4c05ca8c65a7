"""Interval of a bad rate from few bads: Jeffreys's, as supervisors' validation reports use it."""

from __future__ import annotations

from scipy.stats import beta


def jeffreys_interval(successes: float, trials: float) -> tuple[float, float]:
    """Return the 95 % Jeffreys interval of a proportion.

    Quantiles of Beta(x + ½, n − x + ½); an end is 0 or 1 where nothing, or everything, was seen
    (Brown, Cai & DasGupta 2001, *Statist. Sci.* 16, eq. 7; ECB 2019, *Instructions for reporting
    the validation results of internal models*, sec. 2.5.3.1).
    """
    a, b = successes + 0.5, trials - successes + 0.5
    low = float(beta.ppf(0.025, a, b)) if successes > 0 else 0.0
    high = float(beta.ppf(0.975, a, b)) if successes < trials else 1.0
    return low, high
