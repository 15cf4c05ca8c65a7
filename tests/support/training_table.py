"""A flat table of invented loans, small enough to train on in a second."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROWS = 800


def write_loans(path: Path) -> None:
    """Write a number with missing values, a text, and the target ``bad`` to `path`, a Parquet."""
    rng = np.random.default_rng(4)
    income, crop = rng.normal(size=ROWS).round(3), rng.choice(["小麦", "玉米"], ROWS)
    bad = rng.random(ROWS) < 1 / (1 + np.exp(1 + 1.5 * income - (crop == "玉米")))
    income[::17] = np.nan
    table = pa.table(
        {"income": pa.array(income, from_pandas=True), "crop": crop.tolist(), "bad": bad.tolist()}
    )
    pq.write_table(table, path)
