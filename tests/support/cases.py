"""The golden cases that several rooms are tested by, and the root of the repository."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from model.card.card_json import card_from_json

ROOT = Path(__file__).parents[2]
#: A card written by hand; tests/model/policy/cases.yaml was worked out with it.
CASES_CARD = card_from_json((ROOT / "tests/support/cases_card.json").read_bytes())
#: Sentences about members, requests and what must come out; see the file's own head.
POLICY_CASES: dict[str, Any] = yaml.safe_load(
    (ROOT / "tests/model/policy/cases.yaml").read_text(encoding="utf-8")
)
