"""Controls: dated, complete, and refused when they contradict the code that reads them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import yaml

from model.errors import ContractError
from model.policy.controls import controls_on, read_controls, shipped_controls
from model.policy.policy import policy_on
from model.policy.policy_file import shipped_policy

IN_FORCE = date(2026, 1, 1)


def test_the_controls_take_effect_on_their_date() -> None:
    before, since = controls_on(IN_FORCE - timedelta(days=1)), controls_on(IN_FORCE)
    assert (before.ruling_binds_days, since.ruling_binds_days) == (0, 90)
    assert not before.are_apart("ask", "pay")
    assert since.are_apart("ask", "pay")
    assert since.are_apart("pay", "ask")


def test_each_code_that_a_control_names_is_in_the_policy() -> None:
    policy, controls = policy_on(IN_FORCE), controls_on(IN_FORCE)
    # A code stays for the cases that were decided while its rule held.
    ever = {rule["code"] for rule in shipped_policy()["rules"]}
    assert controls.rules_for_two <= ever
    assert "HOUSEHOLD_MATTER" in controls_on(date(2027, 1, 1)).rules_for_two
    declines = {each.code for each in policy.review_reasons if each.justifies("decline")}
    assert controls.reasons_that_bind_nobody <= declines


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ruling_binds_days", -1),
        ("ruling_binds_days", True),
        ("duties_apart", [["ask", "ask"]]),
        ("duties_apart", [["ask", "dance"]]),
        ("duties_apart", "ask"),
        ("rules_for_two", "BLACKLIST"),
        ("no_such_control", 1),
    ],
)
def test_an_invalid_control_is_refused_by_name(name: str, value: object) -> None:
    spec = dict(shipped_controls())
    spec[name] = {"unit": "x", "source": "y", "values": {IN_FORCE: value}}
    with pytest.raises(ContractError, match=name):
        read_controls(yaml.safe_dump(spec), IN_FORCE)
