"""The scenario: all numbers of the simulation, read from ``scenario.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib import resources
from typing import Any, TypeVar, get_type_hints

import yaml

from data.simulator.economy_sections import (
    Assessments,
    Collection,
    Conduct,
    Dirt,
    Distress,
    Elsewhere,
    Lending,
    Livelihood,
    Money,
    Records,
    Repayment,
    Standing,
    Target,
)
from data.simulator.sections import (
    Farming,
    Habits,
    Network,
    People,
    Places,
    Shocks,
    Traits,
    Window,
)
from model.errors import ContractError

S = TypeVar("S")


@dataclass(frozen=True)
class Scenario:
    """All sections of ``scenario.yaml``, which states the unit and source of each number."""

    window: Window
    network: Network
    places: Places
    people: People
    traits: Traits
    habits: Habits
    farming: Farming
    shocks: Shocks
    livelihood: Livelihood
    money: Money
    standing: Standing
    elsewhere: Elsewhere
    lending: Lending
    conduct: Conduct
    repayment: Repayment
    collection: Collection
    distress: Distress
    assessments: Assessments
    records: Records
    dirt: Dirt
    targets: Mapping[str, Target]


@cache
def load_scenario() -> Scenario:
    """Return the scenario of this package."""
    text = resources.files("data.simulator").joinpath("scenario.yaml").read_text(encoding="utf-8")
    return scenario_from(yaml.safe_load(text))


def scenario_from(raw: Mapping[str, Any]) -> Scenario:
    """Return the content of a scenario file as a typed scenario.

    Raises
    ------
    ContractError
        If a section or a number is missing or unknown.
    """
    targets = {key: _section(Target, value, key) for key, value in raw["targets"].items()}
    types = get_type_hints(Scenario)
    sections = {
        name: _section(types[name], value, name) for name, value in raw.items() if name != "targets"
    }
    return Scenario(targets=targets, **sections)


def _section(section: type[S], values: Mapping[str, Any], name: str) -> S:
    declared = {item.name for item in fields(section)}  # type: ignore[arg-type]  # a dataclass
    if declared != values.keys():
        wrong = sorted(declared ^ values.keys())
        raise ContractError(f"scenario.yaml, {name}: missing or unknown numbers {wrong}")
    return section(**values)
