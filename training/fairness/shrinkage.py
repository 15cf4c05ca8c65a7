"""Shares of small groups, shrunk towards all groups as far as the data say that groups are alike.

Each group's share is beta-distributed about the pooled share with an unknown strength, in rows;
given the strength the count is beta-binomial (Efron & Morris 1975, *JASA* 70; Gelman et al. 2013,
*Bayesian Data Analysis*, sec. 5.3). The strength is averaged over by its likelihood, so that two
groups, which cannot tell it well, are not shrunk as if they could.
"""

from __future__ import annotations

import numpy as np
from scipy.special import betaln

from model.scorecard import Floats

#: From groups that have next to nothing in common to groups that are all but one.
_STRENGTHS = np.geomspace(2.0, 2000.0, 25)
_DRAWS = 4000


def shrunk_draws(successes: Floats, trials: Floats, seed: int) -> Floats:
    """Return draws from the posterior of each group's share, shape (draws, groups).

    Parameters
    ----------
    successes, trials : Floats
        Shape (groups,). A group without trials is drawn from what the others show.
    """
    pooled = (successes.sum() + 0.5) / (trials.sum() + 1.0)
    alpha, beta = pooled * _STRENGTHS, (1 - pooled) * _STRENGTHS
    failures = trials - successes
    told = betaln(alpha[:, None] + successes, beta[:, None] + failures)
    likelihood = (told - betaln(alpha, beta)[:, None]).sum(axis=1)
    weight = np.exp(likelihood - likelihood.max())
    dice = np.random.default_rng(seed)
    chosen = dice.choice(len(_STRENGTHS), size=_DRAWS, p=weight / weight.sum())
    drawn: Floats = dice.beta(
        alpha[chosen, None] + successes[None, :], beta[chosen, None] + failures[None, :]
    )
    return drawn
