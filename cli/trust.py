"""The checks of ``rongzi simulate --check``: whether a simulated archive earns trust.

A card that training makes from a plain table of loans is judged on borrowers that it did not see,
beside single attributes and beside each flow alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sklearn.metrics import roc_auc_score

from data.simulator.trust.loan_table import GROUPS, SOURCES, columns_of, loan_table
from data.simulator.trust.shocks import harvest_effect
from data.simulator.world.id_numbers import member_ids
from model.errors import TrainingError
from training.families.cross_fit import cross_fit
from training.families.woe import WoeLearner
from training.samples.sample import Bools, Sample
from training.settings import Settings
from training.train import drafted_dictionary

if TYPE_CHECKING:
    from data.simulator import Simulation
    from model.card.bins import Floats

#: Limits of the checks (the issue's acceptance figures).
_MARGIN, _BALANCES, _ARREARS, _FLOW, _BAD_RATE = 0.05, 0.72, 0.65, 0.58, (0.02, 0.04)
#: Bads that an attribute must be known for to be compared.
_LEAST_BADS = 30
#: Bad loans without which no check says anything.
_LEAST_OF_ALL = 100


@dataclass(frozen=True)
class Check:
    """One check: what was found, in words, and whether it holds."""

    name: str
    found: str
    holds: bool

    @property
    def line(self) -> str:
        """Return the check as a line."""
        return f"{'ok  ' if self.holds else 'FAIL'}  {self.name}: {self.found}"


def trust_checks(simulation: Simulation) -> Iterator[Check]:
    """Yield the checks (a) to (d) of a simulation.

    Raises
    ------
    TrainingError
        If the simulation has too few bad loans to train a card on.
    """
    loans = Loans(loan_table({name: simulation.table(name) for name in SOURCES}))
    if loans.bad.sum() < _LEAST_OF_ALL:
        raise TrainingError(
            f"the checks need {_LEAST_OF_ALL} bad loans, and the simulation has"
            f" {int(loans.bad.sum())}; simulate more members"
        )
    yield from dominance_checks(loans)
    yield history_check(loans)
    yield _bad_rate(simulation)
    yield _harvests_matter(simulation, loans)
    yield from _truth(simulation)


@dataclass(frozen=True)
class Loans:
    """The loan table, with out-of-fold scores of cards trained on groups of its attributes."""

    table: pa.Table

    @cached_property
    def bad(self) -> Bools:
        """Return which loans are bad."""
        return np.asarray(self.table["bad"].to_numpy(), dtype=np.bool_)

    @cached_property
    def card(self) -> Floats:
        """Return each loan's log odds by a card on every group that did not see its borrower."""
        return self.unseen(columns_of(self.table, *GROUPS), np.ones(len(self.bad), dtype=np.bool_))

    def known(self, *groups: str) -> Bools:
        """Return the loans for which an attribute of `groups` is known."""
        names = columns_of(self.table, *groups)
        return np.asarray(np.any([np.isfinite(self.values(name)) for name in names], axis=0))

    def values(self, name: str) -> Floats:
        """Return an attribute, NaN where it is not known."""
        return np.asarray(pc.fill_null(self.table[name], np.nan).to_numpy(), dtype=np.float64)

    def unseen(self, names: Sequence[str], rows: Bools) -> Floats:
        """Return log odds of `rows` by cards on the attributes `names`, out of fold by borrower."""
        kept = self.table.filter(pa.array(rows))
        chosen = kept.select([*names, "bad"])
        dictionary = drafted_dictionary(chosen, "bad", "loans")
        borrower = np.unique(kept["member_id"].to_numpy(zero_copy_only=False), return_inverse=True)
        columns = {name: self.values(name)[rows] for name in names}
        sample = Sample(columns, self.bad[rows], borrower[1], np.zeros(int(rows.sum()), np.int64))
        settings = Settings(family="woe", folds=3)
        fitted = cross_fit(WoeLearner(), sample, dictionary, settings)
        return fitted["woe"].unseen_log_odds

    def auc(self, groups: Sequence[str], rows: Bools) -> float:
        """Return the AUC among `rows` of cards on the attributes of `groups`."""
        return _auc(self.bad[rows], -self.unseen(columns_of(self.table, *groups), rows))


def dominance_checks(loans: Loans) -> Iterator[Check]:
    """Check (a): single attributes, balances, arrears, and each flow alone."""
    card = _auc(loans.bad, -loans.card)
    yield Check("(a) card of all attributes", f"AUC {card:.3f}", card > 0.5)
    margin, name = min(_margins(loans))
    yield Check(
        "(a) margin over the best single attribute", f"{margin:.3f} ({name})", margin >= _MARGIN
    )
    balances = loans.auc(["balances"], loans.known("balances"))
    yield Check(
        "(a) balances alone", f"AUC {balances:.3f}, at most {_BALANCES}", balances <= _BALANCES
    )
    arrears = loans.auc(["months", "days"], loans.known("months"))
    found = f"AUC {arrears:.3f}, at least {_ARREARS}"
    yield Check("(a) arrears history of repeat borrowers", found, arrears >= _ARREARS)
    for flow in ("commerce", "logistics", "information"):
        alone = loans.auc([flow], loans.known(flow))
        yield Check(f"(a) {flow} alone", f"AUC {alone:.3f}, at least {_FLOW}", alone >= _FLOW)


def _margins(loans: Loans) -> Iterator[tuple[float, str]]:
    """Yield the card's AUC less each attribute's, on the loans for which it is known."""
    for name in columns_of(loans.table, *GROUPS):
        values = loans.values(name)
        known = np.isfinite(values)
        if loans.bad[known].sum() >= _LEAST_BADS:
            alone = _auc(loans.bad[known], values[known])
            yield _auc(loans.bad[known], -loans.card[known]) - max(alone, 1 - alone), name


def history_check(loans: Loans) -> Check:
    """Check (b): on repeat borrowers, days tell more than months, and the amount more still."""
    repeat = loans.known("months")
    steps = [["months"], ["months", "days"], ["months", "days", "asked"]]
    found = [loans.auc(groups, repeat) for groups in steps]
    rises = found[0] < found[1] < found[2]
    words = " → ".join(f"{auc:.3f}" for auc in found)
    return Check("(b) arrears by month → days early and late → what is asked", words, rises)


def _bad_rate(simulation: Simulation) -> Check:
    rate, (low, high) = simulation.totals["bad_rate"], _BAD_RATE
    return Check("(c) bad rate", f"{rate:.2%}, within {low:.0%} to {high:.0%}", low <= rate <= high)


def _harvests_matter(simulation: Simulation, loans: Loans) -> Check:
    effect = harvest_effect(simulation.world, loans.table)
    found = (
        f"{effect.bad_rate:.2%} of {effect.hit:,} hit, {effect.bad_rate_of_others:.2%} of others"
    )
    return Check(
        "(c) growers' loans hit by a bad harvest",
        found,
        effect.bad_rate > effect.bad_rate_of_others,
    )


def _truth(simulation: Simulation) -> Iterator[Check]:
    """Check (d): both counterfactual loans are known for everyone and rank by hidden conduct."""
    truth = simulation.truth(simulation.closing_day)
    conduct = simulation.world.homes.traits.conduct[simulation.world.people.household]
    third = np.searchsorted(np.quantile(conduct, [1 / 3, 2 / 3]), conduct)
    ids = pa.array(member_ids(len(conduct)))
    for loan in ("standard", "offered"):
        rows = truth.filter(pc.equal(truth["loan"], loan))
        of = third[pc.index_in(rows["member_id"], ids).to_numpy()]
        bad = pc.equal(rows["outcome"], "bad").to_numpy()
        rates = [float(bad[of == number].mean()) for number in range(3)]
        words = ", ".join(f"{rate:.2%}" for rate in rates)
        name = f"(d) true bad rate of the {loan} loan, least to most reliable third"
        holds = rows.num_rows == len(conduct) and rates[0] > rates[1] > rates[2]
        yield Check(name, f"{words} of {rows.num_rows:,} members", holds)


def _auc(bad: Bools, risk: Floats) -> float:
    return float(roc_auc_score(bad, risk))
