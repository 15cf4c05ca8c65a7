"""``python -m data.simulator``: simulate at full size and print the totals and their targets."""

from __future__ import annotations

import sys

from data.simulator.scenario import load_scenario
from data.simulator.simulation import simulate
from data.simulator.totals import compared, comparison_lines


def main(seed: int = 54, recorded: int = 60) -> None:
    """Print one line per target, then the totals that have no target."""
    scenario = load_scenario()
    totals = simulate(scenario, scenario.places.full_members, recorded, seed).totals
    lines = [*comparison_lines(compared(scenario, totals))]
    lines += [
        f"{name:24} {'':>14} {value:>14,.0f}"
        for name, value in totals.items()
        if name not in scenario.targets
    ]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
