"""The gates stop faulty cards with a reason, and pass all others."""

from dataclasses import replace

import numpy as np
import pytest

from model.card.bins import Bins, Term
from model.card.card_file import read_card, write_card
from model.errors import ContractError, TrainingError
from tests.support.planted_card import DAY, HONEST, ROWS, card_over, evidence, gates, people
from training.gates.evidence import Evidence, read_evidence, write_evidence
from training.gates.exactness import broken_directions
from training.gates.judge import judge
from training.gates.verdict import GATE_LIMITS, status
from training.measures.discrimination import delong
from training.measures.evaluate import Interval


def test_an_honest_card_passes_every_gate():
    verdicts = judge(evidence(HONEST, people()), None, GATE_LIMITS.on(DAY))
    assert verdicts.passed
    assert {v.status for v in verdicts.verdicts} <= {"pass", "none"}


def test_a_planted_worse_challenger_is_stopped():
    worse = card_over({"income": (0, 40), "noise": (0, 40)}, 490)
    found = gates(evidence(worse, people()), champion=HONEST)["AUC_AGAINST_CHAMPION"]
    assert found.status == "fail"
    assert found.value > 0.05
    assert "keep the champion" in found.remedy.en


def test_the_champion_itself_is_not_worse_than_the_champion():
    found = gates(evidence(HONEST, people()), champion=HONEST)["AUC_AGAINST_CHAMPION"]
    assert (found.status, found.value) == ("pass", 0.0)


def test_a_champion_whose_attributes_are_gone_cannot_be_compared():
    other = card_over({"land": (0, 40)}, 490)
    found = gates(evidence(HONEST, people()), champion=other)["AUC_AGAINST_CHAMPION"]
    assert found.status == "fail"
    assert "scores land, which" in found.finding.en
    assert "--home" in found.remedy.en


def test_of_a_champion_of_other_data_only_the_first_attributes_are_named():
    other = card_over({f"land_{n}": (0, 4) for n in range(7)}, 490)
    found = gates(evidence(HONEST, people()), champion=other)["AUC_AGAINST_CHAMPION"]
    assert "land_0, land_1, land_2, land_3, land_4 and 2 more, which" in found.finding.en
    assert "land_4 等 7 项" in found.finding.zh


@pytest.mark.parametrize(("wrong", "expected"), [(0.02, "fail"), (0.30, "flag")])
def test_a_planted_leak_is_stopped_or_flagged(wrong, expected):
    def recovery_calls(bad, columns, rng):
        return np.where(bad ^ (rng.random(ROWS) < wrong / 2), -1.0, 1.0)

    leaky = card_over({"recovery_calls": (0, 150), "income": (0, 10)}, 400)
    found = gates(evidence(leaky, people(recovery_calls=recovery_calls)))
    statuses = {found["ATTRIBUTE_TOO_GOOD"].status, found["ATTRIBUTE_LEAD"].status}
    assert expected in statuses
    assert "recovery_calls" in found["ATTRIBUTE_TOO_GOOD"].finding.en


@pytest.mark.parametrize(
    ("shift", "gate"), [(30, "MORE_BADS_THAN_EXPECTED"), (-30, "FEWER_BADS_THAN_EXPECTED")]
)
def test_a_planted_miscalibration_is_stopped(shift, gate):
    wrong = replace(HONEST, pd_points=HONEST.pd_points - shift)
    found = gates(evidence(wrong, people()))
    assert found[gate].status == "fail"
    assert found["CALIBRATION_ERROR"].status == "fail"
    assert "rongzi recalibrate" in found[gate].remedy.en


def test_chance_alone_does_not_fail_a_small_sample():
    few = people().take(np.arange(150))
    assert gates(evidence(HONEST, few))["CALIBRATION_ERROR"].status != "fail"


@pytest.mark.parametrize(
    ("promised", "status"), [((0.95, 0.005), "fail"), ((0.82, 0.05), "flag"), ((0.7, 0.01), "pass")]
)
def test_a_promise_of_cross_validation_that_does_not_hold_is_stopped(promised, status):
    found = gates(evidence(HONEST, people(), cross_validated_auc=promised))
    found = found["AUC_AGAINST_CROSS_VALIDATION"]
    assert found.status == status
    assert f"AUC {promised[0]:.4f} cross-validated" in found.finding.en


def test_evidence_of_an_earlier_release_has_no_cross_validated_figure():
    found = gates(evidence(HONEST, people()))["AUC_AGAINST_CROSS_VALIDATION"]
    assert found.status == "none"


def test_a_card_that_ranks_worse_than_one_of_its_attributes_is_stopped():
    spoilt = card_over({"income": (0, 10), "noise": (0, 90)}, 490)
    found = gates(evidence(spoilt, people()))["CARD_AGAINST_ONE_ATTRIBUTE"]
    assert found.status == "fail"
    assert "income alone" in found.finding.en
    assert gates(evidence(HONEST, people()))["CARD_AGAINST_ONE_ATTRIBUTE"].status == "pass"


def test_a_card_that_adds_almost_nothing_to_one_attribute_is_flagged():
    idle = card_over({"income": (0, 40), "noise": (0, 1)}, 510)
    found = gates(evidence(idle, people()))["CARD_AGAINST_ONE_ATTRIBUTE"]
    assert found.status == "flag"


def test_a_card_of_one_attribute_has_nothing_to_be_compared_with():
    only = card_over({"income": (0, 40)}, 510)
    assert gates(evidence(only, people()))["CARD_AGAINST_ONE_ATTRIBUTE"].status == "none"


def test_a_planted_unfair_proxy_is_stopped():
    woman = np.random.default_rng(5).random(ROWS) < 0.4

    def maternity(bad, columns, rng):
        return np.where(woman, -1.0, 1.0)

    rows = people(maternity=maternity)
    rows = replace(rows, groups={"gender": np.where(woman, "f", "m").astype(object)})
    unfair = card_over({"income": (0, 40), "thrift": (0, 40), "maternity": (0, 60)}, 450)
    found = gates(evidence(unfair, rows, cut_off=540))
    assert found["PROXY_GENDER"].status == "fail"
    assert "maternity" in found["PROXY_GENDER"].finding.en
    assert found["FAIRNESS_APPROVAL_RATIO_GENDER"].status == "fail"
    assert found["FAIRNESS_TRUE_POSITIVE_GAP_GENDER"].status == "fail"
    fair = gates(evidence(HONEST, rows, cut_off=530))
    assert {fair[name].status for name in fair if "GENDER" in name} == {"pass"}


def test_a_card_other_than_the_evaluated_one_is_stopped():
    found = gates(evidence(HONEST, people(), card_digest="c" * 64))
    assert found["CARD_AS_EVALUATED"].status == "fail"


def test_shift_of_points_and_rounding_beyond_limits_are_stopped():
    found = gates(
        evidence(HONEST, people(), points_psi=0.3, attribute_psi={"income": 0.6, "thrift": 0.0},
                 rounding_auc=0.02)
    )  # fmt: skip
    for gate in ("POINTS_STABILITY", "ROUNDING_LOSS"):
        assert found[gate].status == "fail"
    assert found["ATTRIBUTE_STABILITY"].status == "flag"
    assert "income" in found["ATTRIBUTE_STABILITY"].finding.en


@pytest.mark.parametrize(("shift", "status"), [(1.6, "flag"), (0.3, "flag"), (0.2, "pass")])
def test_an_attribute_that_moved_is_flagged_since_a_programme_that_grows_moves_it(shift, status):
    moved = evidence(HONEST, people(), attribute_psi={"income": shift, "thrift": 0.0})
    assert gates(moved)["ATTRIBUTE_STABILITY"].status == status


def test_a_reference_below_tier_second_would_leave_someone_without_a_reason():
    low = card_over({"income": (0, 40), "thrift": (0, 40)}, 490)
    found = gates(evidence(low, people(), source="archive"))["REASON_FOR_EVERYONE"]
    assert (found.status, found.value) == ("fail", 530.0)


def test_a_pair_that_reverses_a_direction_is_found():
    bins = {"a": Bins("a", (0.0,)), "b": Bins("b", (0.0,))}
    own = Term(("a",), np.array([0, 10, 0, 0], dtype=np.int64), 5)
    pair = np.zeros((4, 4), dtype=np.int64)
    pair[0, 1] = 10
    card = replace(HONEST, bins=bins, terms=(own, Term(("a", "b"), pair, 0)))
    assert broken_directions(card, {"a": "down", "b": "free"}) == []
    pair[0, 1] = 11
    assert broken_directions(card, {"a": "down", "b": "free"}) == ["a"]
    assert broken_directions(card, {"a": "free", "b": "up"}) == ["b"]


def test_an_attribute_with_one_ordinary_bin_takes_no_step_even_in_a_pair():
    bins = {"a": Bins("a", ()), "b": Bins("b", (0.0,))}
    pair = np.arange(12, dtype=np.int64).reshape(3, 4)
    card = replace(HONEST, bins=bins, terms=(Term(("a", "b"), pair, 0),))
    assert broken_directions(card, {"a": "down", "b": "free"}) == []


def test_delong_is_the_textbook_sum_over_pairs():
    """DeLong et al. (1988), eq. 1-6, pair by pair, in plain loops."""
    rng = np.random.default_rng(3)
    bad = rng.random(60) < 0.4
    scores = rng.integers(0, 12, (2, 60)) - 4 * bad
    goods, bads = scores[:, ~bad], scores[:, bad]
    psi = np.array([
        [[float(g > b) + 0.5 * float(g == b) for b in bads[k]] for g in goods[k]] for k in (0, 1)
    ])  # fmt: skip
    by_good, by_bad = psi.mean(axis=2), psi.mean(axis=1)
    covariance = np.cov(by_good) / goods.shape[1] + np.cov(by_bad) / bads.shape[1]
    contrast = np.array([1.0, -1.0])
    found = delong(*scores, bad)
    assert [found.first, found.second] == pytest.approx(psi.mean(axis=(1, 2)).tolist())
    assert found.standard_error == pytest.approx(np.sqrt(contrast @ covariance @ contrast))


def test_a_value_beyond_the_limit_fails_only_if_its_interval_is_too():
    assert status(Interval(0.3, 0.1, 0.5), 0.2, "most") == "flag"
    assert status(Interval(0.3, 0.21, 0.5), 0.2, "most") == "fail"
    assert status(Interval(0.7, 0.6, 0.79), 0.8, "least") == "fail"
    assert status(Interval(0.15, 0.1, 0.3), 0.2, "most", watch=0.1) == "flag"
    assert status(Interval(0.05, 0.0, 0.3), 0.2, "most", watch=0.1) == "pass"


def test_evidence_comes_back_as_it_was_written_and_its_rows_cannot_be_swapped(
    tmp_path, member_card
):
    rows = people()
    words = np.array(["小麦", None] * (ROWS // 2), dtype=object)
    rows = replace(rows, columns={**rows.columns, "crop": words}, groups={"gender": words})
    digest = write_card(tmp_path, member_card)
    written = evidence(HONEST, rows, card_digest=digest)
    write_evidence(tmp_path, written)
    read = read_evidence(tmp_path)
    assert (read.notes, read.digest, read.first_fit) == (written.notes, digest, None)
    assert read.rows.columns["crop"].tolist() == words.tolist()
    assert (read.rows.columns["income"] == rows.columns["income"]).all()
    write_evidence(tmp_path / "..", replace(written, rows=rows.take(np.arange(100))))
    (tmp_path / ".." / "validation.parquet").replace(tmp_path / "validation.parquet")
    with pytest.raises(TrainingError, match="not the rows this card was validated on"):
        read_evidence(tmp_path)


WORSE = card_over({"income": (0, 40)}, 510)


def refitted(card):
    """Evidence of `card`, fitted again to all rows after the honest card was judged."""
    return replace(evidence(card, people(), judged_digest="b" * 64), first_fit=HONEST)


def test_a_card_that_was_fitted_again_is_measured_by_the_fit_that_never_saw_the_rows():
    verdicts = gates(refitted(WORSE))
    own = gates(evidence(HONEST, people()))
    for gate in ("AUC_ABOVE_CHANCE", "CALIBRATION_ERROR", "ATTRIBUTE_TOO_GOOD"):
        assert verdicts[gate].value == own[gate].value
    assert own["REFIT"].status == "none"


def test_a_fit_to_all_rows_that_ranks_worse_or_moves_the_points_is_stopped():
    moved = replace(HONEST, base=HONEST.base + 30)
    worse, same, far = (gates(refitted(card)) for card in (WORSE, HONEST, moved))
    assert worse["REFIT_RANKS"].status == "fail"
    assert (same["REFIT_RANKS"].status, same["REFIT_POINTS"].status) == ("pass", "pass")
    assert (far["REFIT_RANKS"].status, far["REFIT_POINTS"].status) == ("pass", "fail")


def test_the_first_fit_comes_back_with_the_evidence_and_cannot_be_swapped(tmp_path, member_card):
    digest = write_card(tmp_path, member_card)
    first = replace(member_card, base=member_card.base + 1)
    judged = write_card(tmp_path / "first", first)
    notes = evidence(HONEST, people(), card_digest=digest, judged_digest=judged).notes
    write_evidence(tmp_path, Evidence(member_card, digest, notes, people(), first_fit=first))
    assert read_evidence(tmp_path).judged.base == read_card(tmp_path / "first").card.base
    write_card(tmp_path / "judged", member_card)
    with pytest.raises(TrainingError, match="not the card that was judged"):
        read_evidence(tmp_path)


LIMITS = """
auc_least: {unit: AUC, source: someone, values: {2020-01-01: 0.5}}
"""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (LIMITS, "gates.yaml: .*auc_loss_most.* unknown or missing"),
        (LIMITS.replace("source: someone, ", ""), "gates.yaml, limit auc_least: .*source"),
        (LIMITS.replace("2020-01-01", "2090-01-01"), "gates.yaml: auc_least has no value"),
    ],
)
def test_a_limit_without_source_date_or_name_is_refused(text, message):
    with pytest.raises(ContractError, match=message):
        GATE_LIMITS.read(text, DAY)
