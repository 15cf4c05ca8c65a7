"""The simulation: run the months, record what the post sees, return archive tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa

from data.simulator import months
from data.simulator.branch_files.branch_files import DirtyRow, SheetBuilder
from data.simulator.branch_files.export import export_files
from data.simulator.economy.commerce import Habits, build_habits
from data.simulator.economy.economy import borrow_month, simulate_month
from data.simulator.economy.state import State, first_state
from data.simulator.records.events import record_adverse, record_assessments, record_loans
from data.simulator.records.flows import record_flows, record_repayments
from data.simulator.records.frames import Frame, Vocabulary, concat, to_arrow
from data.simulator.records.people import record_members, record_villages
from data.simulator.records.plots import record_plots
from data.simulator.records.vocabulary import vocabularies
from data.simulator.scenario import Scenario
from data.simulator.totals import TOTALLED, simulated_totals
from data.simulator.truth import truth_table
from data.simulator.world.world import World, build_world
from data.storage.archive import Archive
from model.archive.tables import archive_tables


@dataclass(frozen=True)
class Simulation:
    """A finished simulation: its world, and the recorded rows as frames of integers."""

    world: World
    frames: Mapping[str, Frame]
    words: Mapping[str, Vocabulary]

    def table(self, name: str) -> pa.Table:
        """Return the archive rows of one table, all versions, with the contract's types."""
        return to_arrow(name, self.frames[name], self.words[name])

    def tables(self) -> dict[str, pa.Table]:
        """Return the archive rows of every table that is simulated."""
        return {name: self.table(name) for name in self.frames}

    def write(self, archive: Archive) -> None:
        """Append every simulated table to `archive`."""
        for name in self.frames:
            archive.append(name, self.table(name))

    @property
    def opening_day(self) -> date:
        """Return the first recorded day."""
        return date.fromisoformat(f"{months.format_month(self.world.start)}-01")

    @property
    def closing_day(self) -> date:
        """Return the day after the last recorded month: the as-of date of an up-to-date profile."""
        return date.fromisoformat(f"{months.format_month(self.world.end + 1)}-01")

    def totals(self) -> dict[str, float]:
        """Return the totals of the archive's rows by the names of the scenario's targets."""
        return simulated_totals({name: self.table(name) for name in TOTALLED})

    def export(self, folder: Path) -> Iterator[list[DirtyRow]]:
        """Write the archive rows as branch files; yield the dirty rows of each file."""
        builder = SheetBuilder(self.world.scenario, self.world.luck)
        return export_files(builder, self.tables(), folder)

    def truth(self, as_of: date, replications: int = 1) -> pa.Table:
        """Return the outcome of a standard loan granted to every member on `as_of`.

        Parameters
        ----------
        as_of : date
            First day of a month, at most one month after the last recorded one.
        replications : int
            Number of draws of single households' luck after `as_of`; the first is the actual luck.

        Raises
        ------
        ValueError
            If `as_of` is not the first of a month or is outside the recorded months.
        """
        if as_of.day != 1 or not self.opening_day < as_of <= self.closing_day:
            span = f"after {self.opening_day} and not after {self.closing_day}"
            raise ValueError(f"{as_of}: the date must be the first of a month {span}")
        return truth_table(self.world, months.month_of(f"{as_of:%Y-%m}"), replications)


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
    loans = 0
    for month in range(world.origin, world.end + 1):
        loans += _simulate_and_record(world, state, habits, month, loans, rows)
        if month < world.end:
            yield month, None
    rows["villages"], rows["members"] = [record_villages(world)], [record_members(world)]
    frames = {name: concat(rows[name]) for name in archive_tables() if name in rows}
    yield world.end, Simulation(world, frames, vocabularies(world, loans))


def _simulate_and_record(
    world: World, state: State, habits: Habits, month: int, loans: int, rows: dict[str, list[Frame]]
) -> int:
    """Simulate one month, add its recorded rows to `rows`, return its number of applications."""
    result = simulate_month(world, state, month)
    # The bank's own loans are recorded completely; other rows only in the window.
    rows["repayments"].append(record_repayments(world, state, result))
    if month >= world.start:
        for name, frame in record_flows(world, state, habits, result).items():
            rows[name].append(frame)
    applications = borrow_month(world, state, month, loans)
    rows["loans"].append(record_loans(world, month, applications))
    if month >= world.start:
        rows["plots"] += record_plots(world, state, month)
        rows["assessments"].append(record_assessments(world, state, result, applications))
        rows["adverse_records"].append(record_adverse(world, month, result.adverse))
    return len(applications)
