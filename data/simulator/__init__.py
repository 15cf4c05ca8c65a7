"""The simulator: an agent-based village economy that produces a member archive."""

from data.simulator.scenario import Scenario, load_scenario
from data.simulator.simulation import Simulation, simulate, simulate_monthly, truth_alone
from data.simulator.totals import simulated_totals

__all__ = [
    "Scenario",
    "Simulation",
    "load_scenario",
    "simulate",
    "simulate_monthly",
    "simulated_totals",
    "truth_alone",
]
