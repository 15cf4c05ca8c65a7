"""Hidden traits of households, which no table records, and the visible groups they depend on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.simulator.arrays import Bools, Floats
from data.simulator.scenario import Scenario


@dataclass(frozen=True)
class Traits:
    """One entry per household; all but `woman` and `age` are close to standard normal.

    Attributes
    ----------
    ability : Floats
        Skill in farming and business.
    prudence : Floats
        Care with money and dates.
    honesty : Floats
        Will to repay.
    ambition : Floats
        Appetite for growth and debt.
    frailty : Floats
        Proneness to illness.
    digital : Floats
        Ease with phones and parcels.
    woman, age : Bools, Floats
        Sex and age in years of the first member, at the end of the window.
    """

    ability: Floats
    prudence: Floats
    honesty: Floats
    ambition: Floats
    frailty: Floats
    digital: Floats
    woman: Bools
    age: Floats

    @property
    def conduct(self) -> Floats:
        """Return how reliable each household appears: care and honesty together, about standard."""
        return np.asarray(0.6 * (self.prudence + self.honesty))


def draw_traits(rng: np.random.Generator, scenario: Scenario, number: int) -> Traits:
    """Draw the traits of `number` households; women, and people in mid-life, are more careful."""
    rule = scenario.traits
    woman = rng.random(number) < rule.women
    age = np.clip(rng.normal(47.0, 10.5, number), 21.0, 76.0)
    young = np.clip((36.0 - age) / 10.0, 0.0, 1.5)
    ability = rng.standard_normal(number)
    prudence = _correlated(rng, ability, rule.ability_prudence)
    prudence = prudence + rule.prudence_of_women * (woman - rule.women)
    prudence = prudence - rule.prudence_of_young * young
    honesty = _correlated(rng, prudence, rule.prudence_honesty)
    digital = _correlated(rng, ability, rule.ability_digital)
    return Traits(
        ability=ability,
        prudence=prudence,
        honesty=honesty,
        ambition=rng.standard_normal(number) + 0.2 * young,
        frailty=rng.standard_normal(number),
        digital=digital + 0.4 * young - 0.02 * np.maximum(age - 50.0, 0.0),
        woman=woman,
        age=age,
    )


def _correlated(rng: np.random.Generator, other: Floats, correlation: float) -> Floats:
    fresh = rng.standard_normal(len(other))
    return np.asarray(correlation * other + np.sqrt(1.0 - correlation**2) * fresh)
