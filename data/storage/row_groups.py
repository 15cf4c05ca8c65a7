"""Parquet files whose bytes depend on their rows alone, however the rows come."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


def write_row_groups(path: Path, schema: pa.Schema, pieces: Iterable[pa.Table], size: int) -> None:
    """Write `pieces` to `path` in row groups of `size` rows; only one group is in memory."""
    pending = schema.empty_table()
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for piece in pieces:
            pending = pa.concat_tables([pending, piece])
            while pending.num_rows >= size:
                writer.write_table(pending.slice(0, size).combine_chunks())
                pending = pending.slice(size)
        if pending.num_rows:
            writer.write_table(pending.combine_chunks())
