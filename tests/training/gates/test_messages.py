"""What a gate says: the figure it judged, the limit that decided, and a remedy that can help."""

from dataclasses import replace

import numpy as np
import pytest

from cli.gate_lines import next_line
from model.profile.dictionary import Text
from tests.support.planted_card import DAY, HONEST, card_over, evidence, gates, people
from training.gates.judge import judge
from training.gates.verdict import GATE_LIMITS, judge_limit
from training.measures.evaluate import Interval

WHAT = Text("某数", "a figure")


@pytest.mark.parametrize(
    ("rounding", "status", "limit"),
    [(0.0004, "pass", 0.005), (0.0022, "flag", 0.001), (0.006, "fail", 0.005)],
)
def test_a_verdict_names_the_limit_that_decided(rounding, status, limit):
    found = gates(evidence(HONEST, people(), rounding_auc=rounding))["ROUNDING_LOSS"]
    assert (found.status, found.limit) == (status, limit)
    assert f"{rounding:.4f}" in found.finding.en
    assert "at most 0.005, flagged if above 0.001" in found.finding.en
    assert "至多 0.005，高于 0.001 提请注意" in found.finding.zh


def test_a_finding_says_whether_chance_could_explain_it():
    def said(low, high):
        return judge_limit("GATE", Interval(0.3, low, high), 0.2, "most", WHAT, WHAT).finding.en

    assert said(0.1, 0.5).endswith("so chance could explain it")
    assert said(0.25, 0.5).endswith("the whole interval lies beyond the limit")
    assert said(0.3, 0.3).endswith("limit at most 0.2")


def test_the_calibration_error_is_shown_with_what_chance_gives():
    wrong = replace(HONEST, pd_points=HONEST.pd_points - 30)
    found = gates(evidence(wrong, people()))["CALIBRATION_ERROR"]
    assert found.status == "fail"
    assert f"{found.value:.4f} lies beyond chance" in found.finding.en
    few = gates(evidence(HONEST, people().take(np.arange(150))))["CALIBRATION_ERROR"]
    assert few.status == "flag"
    assert f"calibration error {few.value:.4f}; chance alone reaches" in few.finding.en
    assert "chance explains it" in few.remedy.en


def test_recalibration_is_advised_for_the_level_only_and_never_for_a_recalibrated_card():
    shifted = replace(HONEST, pd_points=HONEST.pd_points - 30)
    level = gates(evidence(shifted, people()))
    assert "rongzi recalibrate" in level["CALIBRATION_ERROR"].remedy.en
    again = gates(evidence(shifted, people(), recalibrated=True))
    for gate in ("CALIBRATION_ERROR", "MORE_BADS_THAN_EXPECTED"):
        assert again[gate].status == "flag"
        assert "rongzi recalibrate" not in again[gate].remedy.en + again[gate].remedy.zh
    rows = people()
    flat = replace(HONEST, pd_values=np.full(len(HONEST.pd_values), rows.bad.mean()))
    shape = gates(evidence(flat, rows))
    assert shape["MORE_BADS_THAN_EXPECTED"].status == "pass"
    assert "--calibration" in shape["CALIBRATION_ERROR"].remedy.en


@pytest.mark.parametrize(
    ("seed", "status", "said"),
    [(6, "fail", "no significant loss is allowed"), (8, "flag", "not significant")],
)
def test_a_loss_below_the_limit_says_whether_it_is_significant(seed, status, said):
    coarser = card_over({"income": (0, 40), "thrift": (0, 30)}, 490)
    found = gates(evidence(coarser, people(seed)), champion=HONEST)["AUC_AGAINST_CHAMPION"]
    assert 0 < found.value < 0.01
    assert (found.status, found.limit) == (status, 0.0)
    assert said in found.finding.en


def test_after_a_failed_gate_the_next_step_is_not_promotion():
    limits = GATE_LIMITS.on(DAY)
    passed = judge(evidence(HONEST, people()), None, limits)
    failed = judge(evidence(HONEST, people(), points_psi=0.5), None, limits)
    assert next_line(passed, "RUN").endswith("rongzi promote RUN --approved-by NAME")
    assert next_line(passed, "RUN", 2, " --home h").endswith(
        "rongzi promote RUN --approved-by NAME --approved-by ANOTHER --home h"
    )
    assert "promote RUN" not in next_line(failed, "RUN")
    assert "POINTS_STABILITY" in next_line(failed, "RUN")


def test_a_gate_names_an_attribute_in_words_with_its_code_in_brackets():
    names = {"net_sales_12m": (0, 40), "crop_kinds": (0, 10), "trainings_24m": (0, 1),
             "parcels_sent_12m": (0, 1), "qr_payers_6m": (0, 1)}  # fmt: skip
    rows = people(
        net_sales_12m=lambda bad, columns, rng: columns["income"],
        **dict.fromkeys(list(names)[1:], lambda bad, columns, rng: columns["thrift"]),
    )
    gaps = {"age_years": {"group": "<30", "value": 0.5, "low": 0.4, "high": 0.6,
                          "sources": ["crop_kinds"]}}  # fmt: skip
    card = card_over(names, 490)
    directions = dict.fromkeys(names, "up")
    found = gates(evidence(card, rows, offer_gaps=gaps, directions=directions), HONEST)
    sales, crops = "近12个月净销售额（net_sales_12m）", "（crop_kinds）"
    assert sales in found["ATTRIBUTE_TOO_GOOD"].finding.zh
    assert "Net sales, 12 months (net_sales_12m)" in found["ATTRIBUTE_TOO_GOOD"].remedy.en
    assert sales in found["CARD_AGAINST_ONE_ATTRIBUTE"].finding.zh
    assert sales in found["ATTRIBUTE_STABILITY"].remedy.zh
    assert sales in found["LARGEST_RANGE"].finding.zh
    assert f"{sales}、" in found["DIRECTIONS"].finding.zh
    assert found["FAIRNESS_OFFERS_AGE_YEARS"].finding.zh.startswith("周岁年龄（age_years） = <30：")
    assert crops in found["FAIRNESS_OFFERS_AGE_YEARS"].remedy.zh
    absent = gates(evidence(HONEST, people()), champion=card)["AUC_AGAINST_CHAMPION"]
    assert sales in absent.finding.zh
    # A flat table without labels has no other word than the column's name.
    alone = gates(evidence(HONEST, people()))["ATTRIBUTE_TOO_GOOD"].finding.zh
    assert "（" not in alone.partition("单独的")[0]
