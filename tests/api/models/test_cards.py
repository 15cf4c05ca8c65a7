"""Cards over HTTP as tables: the card's own points, and what a verified run knew of its bins."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from data.publishing.published_card import published_card
from data.publishing.run_summaries import runs_folder
from model.card.bin_labels import bin_labels
from model.card.card_json import card_from_json
from model.card.scorecard import Card
from tests.support.fixtures.branch import Branch
from tests.support.recording.model_runs import MODEL_RUNS, put_model_runs


@pytest.fixture(scope="module")
def branch_with_runs(branch: Branch) -> Branch:
    put_model_runs(branch.home)
    return branch


def _stored() -> list[dict[str, Any]]:
    files = (runs_folder(MODEL_RUNS) / "training").glob("*.summary")
    return [json.loads(each.read_bytes().split(b"\n", 4)[4]) for each in files]


def _get(branch: Branch, route: str, **named: str) -> Any:
    return branch.ask(route, branch.headers("analyst"), **named).json()


def _assert_tables_of(card: Card, answer: dict[str, Any]) -> None:
    single = {t.attributes[0]: t.points for t in card.terms if len(t.attributes) == 1}
    assert {each["attribute"] for each in answer["attributes"]} == set(card.attributes)
    for each in answer["attributes"]:
        name = each["attribute"]
        labels = [(label.zh, label.en) for label in bin_labels(card.bins[name])]
        told = [(b["label"]["zh"], b["label"]["en"]) for b in each["bins"]]
        if name == "peer_review_grade_24m":
            own = card.bins[name]
            for code, grade in zip(own.codes(np.arange(1.0, 5.0)), "差中良优", strict=True):
                assert [n for n, (zh, _) in enumerate(told) if grade in zh] == [code]
            told[: own.ordinary] = labels[: own.ordinary]
        assert told == labels
        expected = single[name].tolist() if name in single else [None] * len(labels)
        assert [b["points"] for b in each["bins"]] == expected
    pairs = {t.attributes: t.points.tolist() for t in card.terms if len(t.attributes) == 2}
    assert {(p["first"], p["second"]): p["points"] for p in answer["pairs"]} == pairs
    for each in answer["pairs"]:
        assert (len(each["rows"]), len(each["columns"])) == (
            len(each["points"]), len(each["points"][0]),
        )  # fmt: skip


def test_the_card_in_use_is_told_bin_by_bin(branch_with_runs: Branch) -> None:
    used = published_card(branch_with_runs.home)
    answer = _get(branch_with_runs, "get_card", digest=used.digest)
    _assert_tables_of(used.card, answer)
    assert (answer["standing"], answer["approved_by"]) == ("IN_USE", used.approved_by)
    assert answer["made_by_runs"] == []
    assert all(b["woe"] is None for each in answer["attributes"] for b in each["bins"])
    (listed,) = _get(branch_with_runs, "get_cards")
    assert listed.items() <= answer.items()


def test_a_challenger_is_told_from_its_run_with_weights_and_shares(
    branch_with_runs: Branch,
) -> None:
    stored = _stored()
    assert any(len(term["attributes"]) == 2 for run in stored for term in run["card"]["terms"])
    for run in stored:
        answer = _get(branch_with_runs, "get_card", digest=run["card_digest"])
        _assert_tables_of(card_from_json(json.dumps(run["card"]).encode()), answer)
        assert (answer["standing"], answer["approved_by"]) == ("NONE", None)
        assert answer["made_by_runs"] == [run["id"]]
        known = {each["attribute"]: each for each in run["attributes"]}
        for each in answer["attributes"]:
            evidence = known[each["attribute"]]
            assert [b["share"] for b in each["bins"]] == evidence["share"]
            if each["least_points"] is not None:
                assert [b["woe"] for b in each["bins"]] == evidence["woe"]


def test_two_cards_stand_side_by_side_by_attribute(branch_with_runs: Branch) -> None:
    one, other = (run["card_digest"] for run in _stored())
    found = _get(branch_with_runs, "get_cards_against", digest=one, other_digest=other)
    assert (found["one"]["digest"], found["other"]["digest"]) == (one, other)
    for side, digest in (("one", one), ("other", other)):
        alone = _get(branch_with_runs, "get_card", digest=digest)
        beside = [each[side] for each in found["attributes"] if each[side]]
        assert sorted(map(str, beside)) == sorted(map(str, alone["attributes"]))
    names = [each["attribute"] for each in found["attributes"]]
    assert len(set(names)) == len(names)


def test_a_summary_whose_card_is_another_lends_it_nothing(branch_with_runs: Branch) -> None:
    """The digest of a card is that of its bytes, whoever signed the summary."""
    from data.publishing.run_summaries import write_run_summary
    from data.publishing.signing import signing_key, trusted_folder

    run, used = _stored()[0], published_card(branch_with_runs.home)
    forged = {**run, "card_digest": "ab" * 32}
    path = write_run_summary(branch_with_runs.home, "training", "e" * 32, forged)
    assert signing_key(branch_with_runs.home, "run")
    headers = branch_with_runs.headers("analyst")
    answer = branch_with_runs.ask("get_card", headers, digest="ab" * 32)
    path.unlink()
    assert answer.status_code == 404
    assert len(list(trusted_folder(branch_with_runs.home, "run").glob("*.pem"))) == 2
    assert used.digest != "ab" * 32


def test_a_card_that_nobody_knows_is_not_found(branch_with_runs: Branch) -> None:
    headers = branch_with_runs.headers("auditor")
    assert branch_with_runs.ask("get_card", headers).status_code == 404
    used = published_card(branch_with_runs.home).digest
    answer = branch_with_runs.ask("get_cards_against", headers, digest=used)
    assert answer.status_code == 404
