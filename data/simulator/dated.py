"""Numbers of the scenario that change by month: steps, series and straight lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from data.simulator import months


def value_on(dated: Mapping[str, float], month: int) -> float:
    """Return the value of the latest date not after `month`, or the first value before all."""
    values = {months.month_of(begins): value for begins, value in dated.items()}
    return float(values[max((begins for begins in values if begins <= month), default=min(values))])


def in_series(series: Mapping[str, Sequence[float]], month: int) -> float:
    """Return the value of `month` in series of monthly values by their first month, else 0."""
    for begins, values in series.items():
        index = month - months.month_of(begins)
        if 0 <= index < len(values):
            return float(values[index])
    return 0.0


def interpolated(dated: Mapping[str, float], month: int) -> float:
    """Return the value on the straight line between the dates around `month`."""
    at = [months.month_of(begins) for begins in dated]
    return float(np.interp(month, at, list(dated.values())))
