"""What explains a change of tier between editions: a rule that binds, never a note."""

from __future__ import annotations

from datetime import date

import pyarrow as pa

from api.editions.contents import Before, moves
from api.scoring.kernel import Basis
from model.card.card_file import CardFile
from model.policy.policy import policy_on
from tests.support.cards.hand_written import hand_written_card

DAY = date(2023, 10, 1)
BASIS = Basis(DAY, policy_on(DAY), CardFile(hand_written_card(), "c" * 64, None, None))


def rows(tier: str, *codes: str) -> pa.Table:
    columns = {"member_id": ["M1"], "tier": [tier], "points": [650], "knock_outs": [list(codes)]}
    types = {"knock_outs": pa.list_(pa.string())}
    return pa.table({n: pa.array(v, types.get(n)) for n, v in columns.items()})


def test_a_fall_is_explained_by_the_rule_that_binds_and_not_by_a_note_before_it() -> None:
    before = Before(rows("FIRST"), BASIS.card.digest)
    now = rows("SECOND", "RESOLVED_RECORD", "ARREARS_IN_24_MONTHS")
    (move,) = moves(before, now, BASIS)
    assert move.reason == "ARREARS_IN_24_MONTHS"


def test_a_note_that_lapsed_lifts_nobody() -> None:
    before = Before(rows("SECOND", "RESOLVED_RECORD"), BASIS.card.digest)
    (move,) = moves(before, rows("FIRST"), BASIS)
    assert move.reason != "KNOCK_OUT_LIFTED"
