"""``rongzi simulate --check``: what its checks find, and what it says where it cannot tell."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner

from cli.simulate import command
from cli.trust import Loans, dominance_checks, history_check
from model.errors import TrainingError

ROWS = 3_000


def loans(**weights: float) -> Loans:
    """Loans whose risk is a sum of independent attributes, each with its weight in log odds."""
    rng = np.random.default_rng(7)
    names = [
        "balances__mean", "capital__bills", "commerce__sales", "logistics__sent",
        "information__grade", "months__late", "days__mean", "asked__amount",
    ]  # fmt: skip
    values = {name: rng.normal(size=ROWS) for name in names}
    odds = sum(weights.get(name.partition("__")[0], 0.6) * x for name, x in values.items())
    bad = rng.random(ROWS) < 1 / (1 + np.exp(2.5 - odds))
    members = [f"M{i // 2}" for i in range(ROWS)]
    return Loans(pa.table({"member_id": members, "bad": bad, **values}))


def verdicts(found: Loans) -> dict[str, bool]:
    return {check.name: check.holds for check in dominance_checks(found)}


def test_an_archive_in_which_every_flow_ranks_and_none_dominates_passes() -> None:
    assert all(verdicts(loans()).values())


def test_balances_that_outweigh_conduct_are_found() -> None:
    found = verdicts(loans(balances=2.5))
    assert not found["(a) balances alone"]
    assert not found["(a) margin over the best single attribute"]


def test_a_flow_that_ranks_nothing_is_found() -> None:
    found = verdicts(loans(logistics=0.0))
    assert [name for name, holds in found.items() if not holds] == ["(a) logistics alone"]


def test_arrears_that_tell_nothing_are_found() -> None:
    assert not verdicts(loans(months=0.0, days=0.0))["(a) arrears history of repeat borrowers"]


def test_days_that_tell_more_than_months_and_the_amount_more_still_pass() -> None:
    assert history_check(loans()).holds
    assert not history_check(loans(days=0.0, asked=0.0)).holds


def test_a_line_begins_with_its_verdict() -> None:
    (line,) = (c.line for c in dominance_checks(loans(balances=2.5)) if c.name.endswith("s alone")
               and "balances" in c.name)  # fmt: skip
    assert line.startswith("FAIL  (a) balances alone: AUC 0.")


def test_a_simulation_with_too_few_bad_loans_is_told_to_grow(tmp_path: Path) -> None:
    small = ["--members", "300", "--months", "24", "--out", str(tmp_path / "archive"), "--check"]
    with pytest.raises(TrainingError, match=r"need 100 bad loans.*simulate more members"):
        CliRunner().invoke(command, small, catch_exceptions=False)


def test_every_figure_of_the_seed_is_printed_with_its_tolerance(tmp_path: Path) -> None:
    small = ["--members", "300", "--months", "24", "--out", str(tmp_path / "archive")]
    output = CliRunner().invoke(command, small, catch_exceptions=False).output
    for name in ("members", "first_tier", "visits", "trunk_items", "demonstration_mu_visits"):
        assert f"\n{name} " in output
    assert "seed      simulated  tolerance  ok" in output
