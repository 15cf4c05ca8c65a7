"""Profiles as of the month in which each of many members applied, or might have."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from data.archive import Archive
from data.profiles import columns_of, profile_spine
from model.scorecard import Columns
from training.sample import Bools


def applied_profiles(
    archive: Archive,
    member_id: NDArray[np.object_],
    applied: NDArray[np.datetime64],
    names: tuple[str, ...],
) -> tuple[Columns, Bools]:
    """Return the profile columns `names` by row, and which rows the archive knew by then.

    Each profile is as of the first day of the month `applied`, so that nothing the loan itself
    caused can leak into it; rows of one member and month share a profile. Columns hold only the
    known rows.
    """
    wanted = pd.MultiIndex.from_arrays([member_id, applied.astype("datetime64[D]")])
    spine = wanted.unique()
    table = profile_spine(
        archive,
        pa.table(
            {
                "member_id": pa.array(spine.get_level_values(0), pa.string()),
                "as_of": pa.array(spine.get_level_values(1).to_numpy("datetime64[D]"), pa.date32()),
            }
        ),
    )
    found = pd.MultiIndex.from_arrays(
        [table["member_id"].to_pylist(), table["as_of"].to_numpy().astype("datetime64[D]")]
    )
    place = found.get_indexer(wanted)
    known = place >= 0
    columns = columns_of(table.select(list(dict.fromkeys(names))))
    return {name: values[place[known]] for name, values in columns.items()}, known
