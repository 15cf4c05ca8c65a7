"""More members than one prefecture has: several prefectures, each simulated by itself.

Memory is that of one prefecture, whatever their number. Each has a seed of its own, up to
`SIMULATED` of them; the others are copies, whose ids name the prefecture and its copy. The first
is the prefecture that a smaller archive consists of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data.simulator.simulation import Simulation
from data.simulator.world.id_numbers import (
    PHONE_BLOCK,
    PHONE_NUMBERS,
    PHONE_STEP,
    with_check_digits,
)
from data.storage.archive import Archive, ArchiveWriter
from model.archive.tables import archive_tables

#: Members of one prefecture at most; its simulation takes about 2.5 GiB.
LARGEST = 100_000
#: Prefectures that are simulated; further ones are copies of these, in turn.
SIMULATED = 10
#: Prefectures at most: their places have the codes 9001 to 9999.
MOST = 1_000
#: Phone numbers between the blocks of two prefectures, more than one has.
_PHONES = 2 * LARGEST
_BATCH = 1 << 17

#: Simulates so many members by a seed.
Simulate = Callable[[int, int], Simulation]


@dataclass(frozen=True)
class Prefecture:
    """One prefecture of an archive.

    Attributes
    ----------
    number : int
        From 0; its places and members carry it, except the first's.
    copy_of : int or None
        The prefecture whose rows it repeats.
    """

    number: int
    members: int
    seed: int
    copy_of: int | None


def prefectures(members: int, seed: int) -> list[Prefecture]:
    """Divide `members` among prefectures of about the same size.

    A copy has the size of what it repeats, so copies make the number a little smaller than
    `members` if it does not divide.
    """
    number = -(-members // LARGEST)
    size, rest = divmod(members, number)
    if number > SIMULATED:
        rest = 0
    seeds = [seed, *np.random.SeedSequence(seed).generate_state(SIMULATED).tolist()]
    return [
        Prefecture(
            number=each,
            members=size + (each < rest),
            seed=seeds[each % SIMULATED],
            copy_of=each % SIMULATED if each >= SIMULATED else None,
        )
        for each in range(number)
    ]


def write_prefectures(
    archive: Archive, planned: list[Prefecture], simulate: Simulate
) -> Iterator[Prefecture]:
    """Write `planned` to `archive`, all of them visible together; yield each when it is written."""
    with archive.writing() as written:
        parts: dict[tuple[int, str], Path | None] = {}
        for each in planned:
            if each.copy_of is None:
                _write_simulated(written, each, simulate, parts)
            else:
                _write_copy(written, each, parts)
            yield each


def _write_simulated(
    written: ArchiveWriter,
    each: Prefecture,
    simulate: Simulate,
    parts: dict[tuple[int, str], Path | None],
) -> None:
    simulation = simulate(each.members, each.seed)
    for name in archive_tables():
        pieces = (moved(name, piece, each.number) for piece in simulation.pieces(name))
        parts[each.number, name] = written.append_stream(name, pieces)


def _write_copy(
    written: ArchiveWriter, each: Prefecture, parts: dict[tuple[int, str], Path | None]
) -> None:
    if each.copy_of is None:
        raise ValueError(f"prefecture {each.number} copies none")
    for name in archive_tables():
        if (part := parts[each.copy_of, name]) is not None:
            steps = each.number - each.copy_of
            written.append_stream(name, _copied(name, part, each.number, steps))


def _copied(table: str, part: Path, number: int, steps: int) -> Iterator[pa.Table]:
    with pq.ParquetFile(part) as file:
        for batch in file.iter_batches(_BATCH):
            yield moved(table, pa.Table.from_batches([batch]), number, steps)


def moved(table: str, rows: pa.Table, number: int, steps: int | None = None) -> pa.Table:
    """Return `rows` of one prefecture as rows of prefecture `number`, who are other people there.

    Ids get its number at their end, and places and id numbers codes of their own; the county's
    name says the number too. Rows of prefecture 0 stay as they are.

    Parameters
    ----------
    steps
        Prefectures between the two; None: the rows come from prefecture 0.
    """
    if number == 0:
        return rows
    steps = number if steps is None else steps
    for name, column in archive_tables()[table].columns.items():
        values = rows[name]
        if column.kind == "identifier":
            values = pc.binary_join_element_wise(values, str(number), "-")
        elif column.kind in ("village", "place"):
            values = pc.utf8_replace_slice(values, 0, 4, f"9{number:03d}")
        elif column.kind == "id_number":
            values = _of_region(values, f"99{number:04d}")
        elif column.kind == "phone":
            values = _of_block(values, steps)
        elif (table, name) == ("villages", "county"):
            values = pc.binary_join_element_wise(values, str(number), "")
        else:
            continue
        rows = rows.set_column(rows.schema.get_field_index(name), name, values)
    return rows


def _of_region(numbers: pa.ChunkedArray, region: str) -> pa.Array:
    """Return id numbers of `region`, a code of no place (GB/T 2260), with their check digit."""
    bodies = pc.utf8_replace_slice(pc.utf8_slice_codeunits(numbers, 0, 17), 0, 6, region)
    return pa.array(with_check_digits(bodies.to_pylist()), pa.string())


def _of_block(phones: pa.ChunkedArray, steps: int) -> pa.Array:
    """Return phones `steps` prefectures further in the invented block."""
    digits = pc.utf8_slice_codeunits(phones, len(PHONE_BLOCK), 11).cast(pa.int64())
    shift = steps * _PHONES * PHONE_STEP % PHONE_NUMBERS
    further = pc.add(digits, shift)
    wrapped = pc.if_else(
        pc.greater_equal(further, PHONE_NUMBERS), pc.subtract(further, PHONE_NUMBERS), further
    )
    padded = pc.utf8_lpad(wrapped.cast(pa.string()), 8, "0")
    return pc.binary_join_element_wise(PHONE_BLOCK, padded, "")
