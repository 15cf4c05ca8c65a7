"""The words of the console: a sentence for every problem, and words for every code."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from api.access.account_events import Event
from api.access.account_routes import Factor
from api.access.key_orders import ACTS
from api.access.matrix import MATRIX
from api.access.order_routes import Action
from api.cases.state import Status
from api.consent.commands import Evidence, Purpose
from api.console import problems
from api.console.ledger import COUNTS
from api.console.orders import ORDER_STATES
from api.console.wording import WORDS
from api.core.principal import ROLES
from api.decisions.schemas import Bound, DecisionShape, Outcome, Repayment, Tier
from api.editions.catalogue import PUBLISHED, ROLLED_BACK
from api.http.fields import CROPS, INCOMES, PURPOSES
from api.http.problem_kinds import KINDS
from api.ledger.entries import Kind
from api.models.schemas import GateStatus, GateVerdict, Standing
from api.models.watch_schemas import AlertLevel
from api.operation.check import Level
from api.scoring.shadow import SETS
from api.verify.verifications import State
from api.visits.commands import Proof
from api.visits.withdrawal import WithdrawalReason
from model.archive.tables import HARVESTED_BY
from model.decision.whitelist_changes import ChangeKind
from model.policy.controls import DUTIES
from model.profile.dictionary import Direction
from model.reconciliation.comparison import DifferenceKind, Side
from tests.support.paths import ROOT

#: The kinds of finding, as the verification names them.
FINDINGS = sorted(
    {"no outside", "outside cut"}
    | {
        found
        for file in (ROOT / "api").glob("[vl]e*/*.py")
        for found in re.findall(
            r"""report\.add\(\s*"([a-z ]+)",""", file.read_text(encoding="utf-8")
        )
    }
)
#: The routes whose calls are on the access record.
PERSONAL = [name for name, rule in MATRIX.items() if rule.personal]
#: What only a program understands: addresses, headers, fields, files.
TECHNICAL = re.compile(
    r"/v1|docs/|GET |POST |Idempotency|Retry-After|errors|JSON|_|Content-Type|/ready"
)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_sentence_of_a_problem_speaks_to_people(kind: str) -> None:
    notice = problems.notice_of(kind)
    for text in (notice.title, notice.what_to_do):
        for words in (text.zh, text.en):
            assert words
            assert not TECHNICAL.search(words), words


@pytest.mark.parametrize(
    ("kind", "codes"),
    [
        ("tier", get_args(Tier)), ("tier_short", get_args(Tier)), ("outcome", get_args(Outcome)),
        ("status", get_args(Status)), ("change", get_args(ChangeKind)), ("bound", get_args(Bound)),
        ("side", get_args(Side)), ("book_difference", get_args(DifferenceKind)),
        ("repayment", get_args(Repayment)), ("purpose", PURPOSES), ("role", ROLES),
        ("event", get_args(Kind)), ("duty", DUTIES), ("consent", get_args(Purpose)),
        ("answer", DecisionShape.model_fields), ("access", (*PERSONAL, *get_args(Event))),
        ("evidence", get_args(Evidence)), ("act", ACTS), ("action", get_args(Action)),
        ("order", ORDER_STATES), ("factor", get_args(Factor)), ("proof", get_args(Proof)),
        ("income", INCOMES), ("crop", CROPS), ("season", HARVESTED_BY),
        ("verification", get_args(State)), ("verified", COUNTS), ("finding", FINDINGS),
        ("withdrawal", get_args(WithdrawalReason)),
        ("publication", (PUBLISHED, ROLLED_BACK)), ("level", get_args(Level)),
        ("gates", get_args(GateVerdict)), ("gate_status", get_args(GateStatus)),
        ("standing", get_args(Standing)), ("alert", get_args(AlertLevel)),
        ("swap_set", tuple(SETS)), ("swap_part", ("both", "enter", "leave")),
        ("direction", get_args(Direction)),
    ],
)  # fmt: skip
def test_every_code_that_a_page_shows_has_words(kind: str, codes: tuple[str, ...]) -> None:
    assert set(WORDS[kind]) == set(codes)
    assert all(text.zh and text.en for text in WORDS[kind].values())
