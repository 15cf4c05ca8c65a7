"""Array types of the simulator, and the codes that its arrays hold."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

#: Crops of the archive contract, in the order of every array by crop.
CROPS = ("wheat", "maize", "melon", "pear", "cherry", "jujube", "vegetable", "other")
OCCUPATIONS = ("grower", "livestock", "trader", "cooperative", "services")
GROWER, LIVESTOCK, TRADER, COOPERATIVE, SERVICES = range(5)
CHANNELS = ("youle", "douyin", "wechat", "station")
STATION = 3
#: No special crop.
NO_CROP = -1
#: A day, month or second of an event that does not happen.
NEVER = np.int64(2**40)


def running_number(groups: Ints) -> Ints:
    """Return 0, 1, 2 … within each run of equal values of a sorted array."""
    return np.arange(len(groups)) - np.searchsorted(groups, groups, side="left")


def logistic(x: Floats) -> Floats:
    """Return 1 / (1 + exp(-x)), elementwise."""
    return np.asarray(1.0 / (1.0 + np.exp(-x)), dtype=np.float64)


def fen(yuan: Floats) -> Ints:
    """Round an amount in yuan to integer fen, the unit in which money is recorded and owed."""
    return np.rint(yuan * 100.0).astype(np.int64)
