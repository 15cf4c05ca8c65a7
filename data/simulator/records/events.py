"""Records of events: assessments and adverse records."""

from __future__ import annotations

import numpy as np

from data.simulator import months
from data.simulator.arrays import NEVER, Ints, fen
from data.simulator.economy.assessing import observed_grade
from data.simulator.economy.distress import QUERY, AdverseEvents
from data.simulator.economy.economy import MonthResult
from data.simulator.economy.lending import Applications
from data.simulator.economy.state import State
from data.simulator.records.frames import NULL, Frame, blank_where, concat
from data.simulator.records.lateness import evening_times, record_versions, visible_at_end
from data.simulator.world.world import World

ASSESSMENT_KINDS = ("peer_review", "training", "field_visit")
PEER, TRAINING, VISIT = range(3)
_ASSESSORS_PER_TOWNSHIP = 6


def record_assessments(
    world: World, state: State, result: MonthResult, applications: Applications
) -> Frame:
    """Return the month's peer reviews, trainings and field visits."""
    rule, number = world.scenario.assessments, len(world.homes)
    rng = world.luck.shared("record assessments", result.month)
    trained = rng.random(number) < rule.training * np.exp(0.3 * world.homes.traits.ambition)
    visited = np.unique(applications.household[rng.random(len(applications)) < rule.field_visit])
    grade = observed_grade(world, state, result.month, rule.peer_noise)
    frames = [
        _assessed(world, result.month, rng, np.flatnonzero(result.reviewed), PEER, state.peer),
        _assessed(
            world, result.month, rng, np.flatnonzero(trained), TRAINING, np.full(number, NULL)
        ),
        _assessed(world, result.month, rng, visited, VISIT, grade),
    ]
    rows = concat(frames)
    better = np.where(rows.columns["grade"] == NULL, NULL, np.maximum(rows.columns["grade"] - 1, 0))
    return record_versions(
        world, "assessments", result.month, rows, rows.columns["date"], rows.replaced(grade=better)
    )


def record_adverse(world: World, month: int, events: AdverseEvents) -> Frame:
    """Return the adverse records opened in the month, and those resolved as later versions."""
    rng = world.luck.shared("record adverse", month)
    number = len(events.household)
    happened = np.where(events.resolved < NEVER, events.resolved, events.opened)
    # A query is recorded at once; records of courts and other lenders take weeks.
    delay = np.where(events.kind == QUERY, 0, rng.integers(1, 25, number))
    rows = Frame(
        {
            "member_id": world.people.principal_of[events.household],
            "date": events.opened,
            "kind": events.kind,
            "amount": blank_where(fen(events.amount), events.kind == QUERY),
            "resolved_on": blank_where(events.resolved, events.resolved >= NEVER),
            "recorded_at": evening_times(rng, happened + delay),
        }
    )
    return visible_at_end(world, rows)


def _assessed(
    world: World, month: int, rng: np.random.Generator, home: Ints, kind: int, grade: Ints
) -> Frame:
    town = world.homes.township[home]
    day = rng.integers(0, 27, len(world.homes))[home]
    return Frame(
        {
            "member_id": world.people.principal_of[home],
            "date": months.first_day(month) + day,
            "kind": np.full(len(home), kind),
            "grade": grade[home],
            "assessor_id": town * _ASSESSORS_PER_TOWNSHIP + home % _ASSESSORS_PER_TOWNSHIP,
        }
    )
