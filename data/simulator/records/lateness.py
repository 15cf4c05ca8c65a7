"""Recording of rows: on time, late, wrong first and corrected later, or never."""

from __future__ import annotations

import numpy as np

from data.simulator import months
from data.simulator.arrays import Ints
from data.simulator.months import SECONDS_A_DAY
from data.simulator.records.frames import Frame, concat
from data.simulator.world.world import World


def evening_times(rng: np.random.Generator, day: Ints) -> Ints:
    """Return recording times in the evening of each day, in seconds since 1970-01-01."""
    return day * SECONDS_A_DAY + rng.integers(18 * 3600, 23 * 3600, len(day))


def record_versions(
    world: World,
    purpose: str,
    month: int,
    rows: Frame,
    day: Ints,
    wrong: Frame,
    lossy: bool = True,
    prompt: bool = False,
) -> Frame:
    """Return the versions of `rows` that reach the archive, with ``recorded_at``.

    Parameters
    ----------
    day : Ints
        The day on which each row is recorded if it is on time.
    wrong : Frame
        The same rows with the values of a wrong first version.
    lossy : bool
        Whether some rows are never recorded.
    prompt : bool
        Whether every row is recorded on its day, because others refer to it.
    """
    rule, rng = world.scenario.records, world.luck.shared(f"record {purpose}", month)
    number = len(rows)
    is_recorded = rng.random(number) >= (rule.missing if lossy else 0.0)
    delay = np.where(
        rng.random(number) < (0.0 if prompt else rule.late),
        rng.integers(rule.late_days[0], rule.late_days[1], number),
        0,
    )
    at = evening_times(rng, day + delay)
    corrected = rng.random(number) < rule.corrected
    later = (
        at + rng.integers(rule.corrected_days[0], rule.corrected_days[1], number) * SECONDS_A_DAY
    )
    first = {
        name: np.where(corrected, wrong.columns[name], rows.columns[name]) for name in rows.columns
    }
    versions = concat(
        [
            Frame({**first, "recorded_at": at}).take(is_recorded),
            Frame({**rows.columns, "recorded_at": later}).take(is_recorded & corrected),
        ]
    )
    return visible_at_end(world, versions)


def visible_at_end(world: World, rows: Frame) -> Frame:
    """Return the rows that are known by the end of the last recorded month."""
    close = int(months.first_day(world.end + 1)) * SECONDS_A_DAY
    return rows.take(rows.columns["recorded_at"] < close)
