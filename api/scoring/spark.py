"""Scoring on Spark: the same kernel on the same rows, batch by batch through ``mapInArrow``.

The choice of a household's borrower needs all of its members at once. So the driver makes it
between two passes, from three columns; everything else runs where the rows are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql.pandas.types import from_arrow_schema

from api.scoring.kernel import (
    SCHEMA,
    Basis,
    Ranked,
    Scored,
    chosen_borrowers,
    refuse_unusable,
    score_part,
)
from data.storage.engines import spark_session
from model.card.bins import Floats
from model.decision.whitelist import HOUSEHOLD_BORROWER, TIERS


def score_profile_on_spark(profile: pa.Table, basis: Basis) -> Scored:
    """Score a whole archive's profiles on Spark; equal to `score_profile`, row by row.

    Raises
    ------
    EditionError
        If there is no member, or the profile lacks an attribute of the card.
    """
    refuse_unusable(profile, basis)
    spark = spark_session()
    vacant = np.full(profile.num_rows, np.nan)
    first = _rows(spark, profile, vacant, basis)
    borrowers = chosen_borrowers(_ranked(first), profile)
    return Scored(_rows(spark, profile, borrowers, basis), borrowers)


def _rows(spark: Any, profile: pa.Table, borrowers: Floats, basis: Basis) -> pa.Table:
    completed = profile.append_column(HOUSEHOLD_BORROWER, pa.array(borrowers, pa.float64()))
    frame: DataFrame = spark.createDataFrame(completed)

    def score(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            part = pa.Table.from_batches([batch])
            borrower = part[HOUSEHOLD_BORROWER].to_numpy(zero_copy_only=False)
            yield from score_part(part, borrower, basis).to_batches()

    scored: Any = frame.mapInArrow(score, from_arrow_schema(SCHEMA)).toArrow()
    return scored.cast(SCHEMA).sort_by("member_id").combine_chunks()


def _ranked(rows: pa.Table) -> Ranked:
    tiers = rows["tier"].to_numpy(zero_copy_only=False).tolist()
    points = rows["points"].fill_null(0).to_numpy()
    return Ranked(np.array([TIERS.index(tier) for tier in tiers], dtype=np.int64), points)
