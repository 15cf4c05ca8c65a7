"""A card with known PDs, rows whose outcomes follow them, and the gates' verdicts on both."""

from dataclasses import replace
from datetime import date

import numpy as np

from model.card.bins import Bins, Term
from model.card.card_file import CardFile
from model.card.scorecard import Card, Grade, Scaling
from training.gates.evidence import Evidence, TrainingNotes
from training.gates.judge import judge
from training.gates.verdict import GATE_LIMITS
from training.samples.sample import Sample

DAY = date(2026, 1, 1)
ROWS = 3000
#: Log odds of PD are worth 20 points a doubling; 600 points are 50:1.
TOTALS = np.arange(300, 801, dtype=np.int64)
PD = np.round(1 / (1 + 50 * 2.0 ** ((TOTALS - 600) / 20)), 6)


def card_over(points, base):
    """A card whose terms earn `points` below zero and 0 above, calibrated to its scale."""
    bins = {name: Bins(name, (0.0,)) for name in points}
    terms = tuple(
        Term((name,), np.array([low, high, low, low], dtype=np.int64), (low + high) // 2)
        for name, (low, high) in points.items()
    )
    return Card(
        "planted", base, bins, terms, {}, TOTALS, PD, (Grade("A", 1.0),), Scaling(), {}
    )  # fmt: skip


HONEST = card_over({"income": (0, 40), "thrift": (0, 40)}, 490)


def people(seed=1, **more):
    """Rows whose outcome follows the honest card's own PDs."""
    rng = np.random.default_rng(seed)
    columns = {name: rng.normal(size=ROWS) for name in ("income", "thrift", "noise")}
    totals = HONEST.total(HONEST.points_by_attribute(HONEST.codes(columns)))
    bad = rng.random(ROWS) < HONEST.pd(totals)
    rows = np.arange(ROWS)
    columns |= {name: made(bad, columns, rng) for name, made in more.items()}
    return Sample(columns, bad, rows, rows * 0)


def evidence(card, rows, **notes):
    stated = TrainingNotes(
        card_digest="a" * 64, sample="held_out", trained_by="Trainer", source="table",
        directions=dict.fromkeys(card.attributes, "down"), points_psi=0.01,
        attribute_psi=dict.fromkeys(card.attributes, 0.01), rounding_auc=0.0, cut_off=None,
    )  # fmt: skip
    return Evidence(card, "a" * 64, replace(stated, **notes), rows)


def gates(found, champion=None):
    in_use = None if champion is None else CardFile(champion, "b" * 64, "Approver", "2025-01-01")
    return {v.gate: v for v in judge(found, in_use, GATE_LIMITS.on(DAY)).verdicts}
