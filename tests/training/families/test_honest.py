"""The out-of-fold loss of a family against its true loss, on planted truths of several sizes."""

import numpy as np
import pytest

from model.profile.dictionary import Attribute, Dictionary, Text
from training.contest import contest
from training.families.cross_fit import choose, loss_of
from training.samples.sample import Sample
from training.settings import Settings

NAMES = ("a", "b", "c", "d", "e")
FRESH = 30_000


def dictionary():
    def declared(name):
        text = Text(name, name)
        return Attribute(name, text, "information", "number", "scored", text, text)

    return Dictionary({name: declared(name) for name in NAMES}, "0" * 64)


def drawn(truth, rows, seed):
    rng = np.random.default_rng(seed)
    columns = dict(zip(NAMES, rng.normal(size=(len(NAMES), rows)), strict=True))
    risk = {
        "additive": -1.2 + 0.7 * columns["a"] + 0.5 * np.abs(columns["b"]) - 0.4 * columns["c"],
        "interactions": -1.2 + 1.6 * (columns["a"] > 0) * (columns["b"] > 0) - columns["c"] * 0.3,
        "noise": np.full(rows, -1.2),
    }[truth]
    bad = rng.random(rows) < 1 / (1 + np.exp(-risk))
    return Sample(columns, bad, np.arange(rows), np.zeros(rows, dtype=np.int64))


@pytest.mark.parametrize("truth", ["additive", "interactions", "noise"])
@pytest.mark.parametrize(("rows", "repeats"), [(300, 3), (1_000, 2), (10_000, 1)])
def test_the_loss_out_of_fold_is_the_true_loss_within_its_error(truth, rows, repeats):
    gaps, errors = [], []
    for seed in range(repeats):
        known, fresh = drawn(truth, rows, seed), drawn(truth, FRESH, 1_000 + seed)
        tried = contest(known, dictionary(), Settings(family="auto", folds=4))
        for crossed in tried.tried.values():
            true_loss = loss_of(crossed.fit.additive.log_odds(fresh.columns), fresh)
            gaps.append(loss_of(crossed.unseen_log_odds, known) - true_loss)
            errors.append(error_of_loss(crossed.unseen_log_odds, known))
    # Candidates of one sample share its luck, so only the samples count as independent.
    assert np.mean(gaps) > -2.5 * np.mean(errors) / np.sqrt(repeats)
    # A fold's fits see four fifths of the rows, which costs a little and flatters nobody.
    assert np.mean(gaps) < 2.5 * np.mean(errors) / np.sqrt(repeats) + 20 / rows


def error_of_loss(log_odds, sample):
    losses = np.logaddexp(0.0, np.where(sample.bad, log_odds, -log_odds))
    return float(losses.std() / np.sqrt(len(losses)))


def test_the_choice_of_a_fold_does_not_see_its_own_outcomes():
    known = drawn("additive", 400, 1)
    fold = np.arange(400) % 4
    sign = np.where(known.bad, -1.0, 1.0)
    # Each guess knows the outcomes of one fold and is wrong everywhere else.
    guesses = {str(n): np.where(fold == n, 3.0 * sign, -0.5 * sign) for n in range(4)}
    _, unseen = choose(guesses, known, fold)
    assert loss_of(unseen, known) == pytest.approx(np.log1p(np.exp(0.5)))
