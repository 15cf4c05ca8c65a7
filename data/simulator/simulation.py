"""The simulation: run the months, record what the bank sees, return archive tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import pyarrow as pa

from data.simulator import months
from data.simulator.branch_files.branch_files import DirtyRow, SheetBuilder
from data.simulator.branch_files.export import export_files
from data.simulator.economy.commerce import SellingHabits, build_habits
from data.simulator.economy.economy import borrow_month, simulate_month
from data.simulator.economy.state import State, first_state
from data.simulator.records.frames import Frame, Vocabulary, to_arrow
from data.simulator.records.month import after_lending, before_lending
from data.simulator.records.vocabulary import vocabularies
from data.simulator.records.world import record_world
from data.simulator.scenario import Scenario
from data.simulator.totals import TOTALLED, simulated_totals
from data.simulator.truth import truth_table
from data.simulator.world.world import World, build_world
from data.storage.archive import Archive
from model.archive.tables import archive_tables


@dataclass(frozen=True)
class Simulation:
    """A finished simulation.

    Attributes
    ----------
    frames : mapping of str to list of Frame
        The recorded rows of each table as integers, in the order in which they were recorded.
    state : State
        The households at the end of the last month.
    """

    world: World
    state: State
    frames: Mapping[str, list[Frame]]
    words: Mapping[str, Vocabulary]

    def table(self, name: str) -> pa.Table:
        """Return the archive rows of one table, all versions, with the contract's types."""
        return pa.concat_tables(self.pieces(name))

    def pieces(self, name: str) -> Iterator[pa.Table]:
        """Yield the archive rows of one table in pieces, so that no table is held twice."""
        for frame in self.frames[name]:
            yield to_arrow(name, frame, self.words[name])

    def write(self, archive: Archive) -> None:
        """Append every table to `archive`; all of them become visible together."""
        with archive.writing() as written:
            for name in archive_tables():
                written.append_stream(name, self.pieces(name))

    @property
    def opening_day(self) -> date:
        """Return the first recorded day."""
        return date.fromisoformat(f"{months.format_month(self.world.start)}-01")

    @property
    def closing_day(self) -> date:
        """Return the day after the last recorded month: the as-of date of an up-to-date profile."""
        return date.fromisoformat(f"{months.format_month(self.world.end + 1)}-01")

    @cached_property
    def totals(self) -> dict[str, float]:
        """Return the totals by the names of the scenario's targets."""
        tables = {name: self.table(name) for name in TOTALLED}
        return {**simulated_totals(tables), "first_tier": float(self.state.listed.sum())}

    def export(self, folder: Path) -> Iterator[list[DirtyRow]]:
        """Write the archive rows as branch files; yield the dirty rows of each file."""
        builder = SheetBuilder(self.world.scenario, self.world.luck)
        return export_files(builder, self.table, folder)

    def truth(self, as_of: date, replications: int = 1, offers: pa.Table | None = None) -> pa.Table:
        """Return each member's outcome of a standard loan and of the loan offered on `as_of`.

        Parameters
        ----------
        as_of : date
            First day of a month, at most one month after the last recorded one.
        replications : int
            Number of draws of single households' luck after `as_of`; the first is the actual luck.
        offers : pa.Table, optional
            ``member_id``, ``limit_yuan``, ``annual_rate``, ``months`` and ``repayment`` of the
            loans that were offered, such as an edition's rows. Without it, the loan is the one
            that the household would ask for.

        Raises
        ------
        ValueError
            If `as_of` is not the first of a month or is outside the recorded months.
        """
        if as_of.day != 1 or not self.opening_day < as_of <= self.closing_day:
            span = f"after {self.opening_day} and not after {self.closing_day}"
            raise ValueError(f"{as_of}: the date must be the first of a month {span}")
        past = self.state if as_of == self.closing_day else None
        month = months.month_of(f"{as_of:%Y-%m}")
        return truth_table(self.world, month, replications, past, offers)


def truth_alone(
    scenario: Scenario,
    members: int,
    recorded: int,
    seed: int,
    replications: int = 1,
    offers: pa.Table | None = None,
) -> pa.Table:
    """Return `Simulation.truth` of the day after the last month, without recording anything."""
    world = build_world(scenario, members, recorded, seed)
    return truth_table(world, world.end + 1, replications, None, offers)


def simulate(scenario: Scenario, members: int, recorded: int, seed: int) -> Simulation:
    """Simulate the run-up and the `recorded` months; return what is recorded at their end.

    Parameters
    ----------
    members : int
        Exact number of member archives.
    recorded : int
        Number of months on record, ending with the scenario's last month.
    """
    *_, (_, simulation) = simulate_monthly(scenario, members, recorded, seed)
    if simulation is None:
        raise RuntimeError("the last month returned no simulation")
    return simulation


def simulate_monthly(
    scenario: Scenario, members: int, recorded: int, seed: int
) -> Iterator[tuple[int, Simulation | None]]:
    """Yield after each month, for a progress bar; the last month comes with the simulation."""
    world = build_world(scenario, members, recorded, seed)
    state, habits = first_state(world), build_habits(world)
    rows: dict[str, list[Frame]] = defaultdict(list)
    for name, frame in record_world(world).items():
        rows[name].append(frame)
    loans = 0
    for month in range(world.origin, world.end + 1):
        loans += _simulate_and_record(world, state, habits, month, loans, rows)
        if month < world.end:
            yield month, None
    yield world.end, Simulation(world, state, rows, vocabularies(world, loans))


def _simulate_and_record(
    world: World,
    state: State,
    habits: SellingHabits,
    month: int,
    loans: int,
    rows: dict[str, list[Frame]],
) -> int:
    """Simulate one month, add its recorded rows to `rows`, return its number of applications."""
    result = simulate_month(world, state, month)
    books = before_lending(world, state, habits, result)
    applications = borrow_month(world, state, month, loans)
    for frames in (books, after_lending(world, state, result, applications)):
        for name, recorded in frames.items():
            rows[name] += recorded
    return len(applications)
