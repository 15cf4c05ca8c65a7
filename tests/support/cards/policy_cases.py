"""The golden cases of the policy, and the card that they were worked out with."""

from __future__ import annotations

from typing import Any

import yaml

from model.card.card_json import card_from_json
from tests.support.paths import ROOT

#: A card written by hand.
CASES_CARD = card_from_json((ROOT / "tests/support/cards/policy_cases_card.json").read_bytes())
#: Each case is a sentence about a member, a request and the expected result; the file explains it.
POLICY_CASES: dict[str, Any] = yaml.safe_load(
    (ROOT / "tests/model/policy/cases.yaml").read_text(encoding="utf-8")
)
