"""Pages of models: what the routes answer, in words, with the orders of the existing four eyes."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.console.attribute_words import AttributeWords
from api.console.rendering import short
from api.models.schemas import GateShape, RunContent
from data.publishing.published_card import publish_card, published_card
from data.publishing.run_summaries import RunKind, run_summaries, runs_folder
from model.card.card_file import write_card
from model.card.card_json import card_from_json
from tests.api.console.test_pages import assert_plain
from tests.support.console.visitor import Visitor
from tests.support.fixtures.branch import ELSEWHERE, Branch
from tests.support.recording.model_runs import MODEL_RUNS, put_model_runs

MODELS = "/console/models"
JUDGES = ("analyst", "head", "manager", "auditor")


@pytest.fixture(scope="module")
def branch_with_runs(branch: Branch) -> Branch:
    put_model_runs(branch.home)
    return branch


@pytest.fixture
def analyst(branch_with_runs: Branch) -> Visitor:
    return Visitor.of(branch_with_runs, "analyst")


def _runs() -> dict[str, str]:
    """Return the id of each recorded training by the verdict of its gates."""
    found = run_summaries(MODEL_RUNS, "training")
    return {each.content["gates"]["verdict"]: each.id for each in found}


def _run() -> str:
    return run_summaries(MODEL_RUNS, "training")[0].id


@pytest.mark.parametrize("role", JUDGES)
def test_whoever_judges_finds_every_run(branch_with_runs: Branch, role: str) -> None:
    page = Visitor.of(branch_with_runs, role).get(MODELS)
    assert page.status_code == 200
    for each in run_summaries(MODEL_RUNS, "training"):
        assert f"{MODELS}/runs/{each.id}" in page.text
        assert each.content["card_digest"][:16] in page.text
    assert_plain(page)


def test_others_and_other_places_see_none(branch_with_runs: Branch) -> None:
    for visitor in (
        Visitor.of(branch_with_runs, "officer"),
        Visitor.of(branch_with_runs, "analyst", places=(ELSEWHERE,)),
    ):
        for path in (MODELS, f"{MODELS}/runs/{_run()}"):
            page = visitor.get(path)
            assert page.status_code == 403
            assert "li.hua" not in page.text


def test_a_run_shows_each_gate_with_its_verdict(analyst: Visitor) -> None:
    for each in run_summaries(MODEL_RUNS, "training"):
        page = analyst.get(f"{MODELS}/runs/{each.id}")
        assert_plain(page)
        gates = each.content["gates"]["verdicts"]
        shown = re.findall(r"<code>([A-Z_0-9]+)</code>", page.text)
        assert sorted(shown) == sorted(gate["gate"] for gate in gates)
        for gate in gates:
            assert f'gate-{gate["status"]}"' in page.text


NAME = re.compile(r"\b[a-z]+(?:_[a-z0-9]+)+\b")


@pytest.mark.parametrize(("language", "band"), [("zh", "不到 30 岁"), ("en", "below 30")])
def test_a_run_tells_attributes_groups_and_rates_in_words(
    analyst: Visitor, language: str, band: str
) -> None:
    analyst.cookies["__Host-rongzi-language"] = language
    for each in run_summaries(MODEL_RUNS, "training"):
        page = analyst.get(f"{MODELS}/runs/{each.id}").text
        said = re.sub(r"<[^>]+>", " ", page.partition("<main")[2])
        assert not NAME.findall(said)
        assert not re.search(r"\b(?:male|female|grower|livestock)\b|371502|（others）", said)
        # A gate's sentence says its limits, once.
        assert not re.search(r"· (?:限值|limit) [\d.]", said)
        assert band in said
        assert "东昌府区" in said
        assert f"{each.content['samples'][0]['measures']['bad_rate']['value']:.2%}" in said


def test_a_figure_is_written_without_zeros_that_say_nothing() -> None:
    assert [short(value) for value in (594.0, 0.148, -0.01184, 0.0, 12345.5, None)] == [
        "594", "0.148", "−0.0118", "0", "12,345.5", "–",
    ]  # fmt: skip


def test_every_number_of_a_picture_stands_in_its_table(analyst: Visitor) -> None:
    found = run_summaries(MODEL_RUNS, "training")[0]
    page = analyst.get(f"{MODELS}/runs/{found.id}").text
    for row in found.content["vintages"]:
        assert f'<th scope="row">{row["vintage"]}</th><td>{row["loans"]}</td>' in page


def test_a_card_is_folded_with_points_weight_and_direction_in_sight(analyst: Visitor) -> None:
    digest = run_summaries(MODEL_RUNS, "training")[0].content["card_digest"]
    page = analyst.get(f"{MODELS}/cards/{digest}").text
    folds = re.findall(r"<details class=\"fold\".*?<summary>(.*?)</summary>", page, re.DOTALL)
    said = [re.sub(r"<[^>]+>", "", each) for each in folds]
    assert len(said) > 10
    weights = [float(re.findall(r"([\d.]+)%", each)[0]) for each in said]
    assert sum(weights) == pytest.approx(100, abs=0.06 * len(weights))
    reviews = next(each for each in said if "村民评议" in each)
    assert "数值越高，分越高" in reviews
    (bins,) = re.findall(r'id="peer_review_grade_24m">.*?</details>', page, re.DOTALL)
    assert re.search(r">(?:[差中良优]|[差中良优]或[差中良优])<", bins)
    assert "&lt; 2" not in bins


def test_an_order_from_the_page_names_the_card_and_takes_somebody_else(
    branch_with_runs: Branch, analyst: Visitor
) -> None:
    fit = [
        each
        for each in run_summaries(MODEL_RUNS, "training")
        if each.content["gates"]["verdict"] != "failed"
    ]
    path, because = f"{MODELS}/runs/{fit[0].id}", "the card of January passed its gates"
    answer = analyst.submit(analyst.get(path), f"{path}/order", because=because)
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/key-orders")
    listed = branch_with_runs.send(
        "get", "/v1/key-orders", branch_with_runs.headers("auditor")
    ).json()
    (order,) = [each for each in listed if each["because"] == because]
    assert (order["act"], order["subject"]) == ("promote", fit[0].content["card_digest"])
    assert not order["is_approved"]
    assert "/approval" not in analyst.get("/console/key-orders").text


def test_a_reason_too_short_comes_back_to_the_run(analyst: Visitor) -> None:
    path = f"{MODELS}/runs/{next(id_ for verdict, id_ in _runs().items() if verdict != 'failed')}"
    answer = analyst.submit(analyst.get(path), f"{path}/order", because="ok")
    assert answer.status_code == 422
    assert 'id="because-error"' in answer.text
    assert "门槛" in answer.text


def test_an_auditor_reads_and_orders_nothing(branch_with_runs: Branch) -> None:
    page = Visitor.of(branch_with_runs, "auditor").get(f"{MODELS}/runs/{_run()}")
    assert "/order" not in page.text


@pytest.fixture
def altered(branch_with_runs: Branch) -> Path:
    path = next((runs_folder(branch_with_runs.home) / "training").glob("*.summary"))
    forged = path.with_stem("f" * 32)
    forged.write_bytes(path.read_bytes().replace(b"li.hua", b"liu.ye"))
    return forged


def test_what_does_not_verify_is_called_so_and_shows_nothing(
    analyst: Visitor, altered: Path
) -> None:
    listed, page = analyst.get(MODELS), analyst.get(f"{MODELS}/runs/{altered.stem}")
    altered.unlink()
    assert listed.text.count("未验证") == 1
    assert "摘要未通过验证" in page.text
    assert "liu.ye" not in listed.text + page.text
    assert "/order" not in page.text


def test_in_english_nothing_chinese_is_left_but_what_people_wrote(analyst: Visitor) -> None:
    analyst.cookies["__Host-rongzi-language"] = "en"
    page = analyst.get(f"{MODELS}/runs/{_run()}").text
    main = page[page.index("<main") : page.index("</main>")]
    # Counties are called by their names in either language.
    main = re.sub(r"<(td|th)[^>]*>[^<]*|[\u4e00-\u9fff]{1,3}[区县市]", "", main)
    assert not re.search(r"[\u4e00-\u9fff]", main), main


@pytest.mark.parametrize("kind", ["monitoring", "swap-sets"])
def test_what_moved_is_shown_with_every_number(
    branch_with_runs: Branch, analyst: Visitor, kind: RunKind
) -> None:
    (found,) = run_summaries(MODEL_RUNS, kind)
    listed = analyst.get(f"{MODELS}/{kind}")
    assert f"{MODELS}/{kind}/{found.id}" in listed.text
    page = analyst.get(f"{MODELS}/{kind}/{found.id}")
    assert_plain(page)
    if kind == "monitoring":
        cells = [cell for row in found.content["migration"]["matrix"] for cell in row]
        raised = [alert for alert in found.content["alerts"] if alert["level"] != "ok"]
        assert page.text.count("<code>") >= len(raised)
        assert all(each["quarter"] in page.text for each in found.content["vintage_curves"])
    else:
        cells = [cell for row in found.content["tiers"].values() for cell in row.values()]
    for cell in cells:
        assert re.search(rf'class="heat-(?:0|up-[1-4])">{cell:,}</td>', page.text), cell


def test_a_card_shows_each_bin_with_what_its_run_knew(analyst: Visitor) -> None:
    run = run_summaries(MODEL_RUNS, "training")[0].content
    page = analyst.get(f"{MODELS}/cards/{run['card_digest']}")
    assert_plain(page)
    for each in run["attributes"]:
        for woe in each["woe"]:
            assert f"<td>{woe:z.2f}</td>".replace("-", "−") in page.text
    assert "/order" not in page.text


def test_a_card_of_before_can_be_ordered_back(branch_with_runs: Branch, tmp_path: Path) -> None:
    """A card that another one replaced has the form; the order names it."""
    home, run = branch_with_runs.home, run_summaries(MODEL_RUNS, "training")[0].content
    earlier = published_card(home)
    for place, card in (("next", run["card"]), ("back", None)):
        folder = tmp_path / place
        write_card(folder, card_from_json(json.dumps(card).encode()) if card else earlier.card)
        if card:
            publish_card(home, folder, "Zhao Min", datetime(2023, 10, 8, tzinfo=UTC))
    digest, analyst = run["card_digest"], Visitor.of(branch_with_runs, "analyst")
    assert "已启用，待新名单" in analyst.get(f"{MODELS}/cards/{digest}").text
    publish_card(home, tmp_path / "back", "Zhao Min", datetime(2023, 10, 9, tzinfo=UTC))
    path = f"{MODELS}/cards/{digest}"
    assert "启用过" in analyst.get(path).text
    answer = analyst.submit(analyst.get(path), f"{path}/order", because="the other one was better")
    assert answer.headers["location"] == "/console/key-orders"
    assert digest in analyst.get("/console/key-orders").text
    assert analyst.get(f"{MODELS}/cards").text.count('class="row roomy"') == 2


def test_the_card_of_another_run_is_chosen_beside_it(analyst: Visitor) -> None:
    one, other = (each.content["card_digest"] for each in run_summaries(MODEL_RUNS, "training"))
    page = analyst.get(f"{MODELS}/cards/{one}?against={other}")
    assert page.headers["location"] == f"{MODELS}/cards/{one}/against/{other}"
    assert_plain(analyst.get(page.headers["location"]))


def test_a_gate_reads_the_same_whether_it_names_codes_alone_or_words_beside_them() -> None:
    run = RunContent.model_validate(run_summaries(MODEL_RUNS, "training")[0].content)
    words = AttributeWords(run, {"371502": "东昌府区"}.__getitem__)
    sales = "近12个月净销售额（net_sales_12m）"
    pairs = [
        (("最强指标 net_sales_12m 单独的 AUC", "AUC of net_sales_12m alone"),
         (f"最强指标 {sales} 单独的 AUC",
          "AUC of Net sales, 12 months (net_sales_12m) alone")),
        (("county_code = 371502：比例", "county_code = 371502: share"),
         ("县区代码（county_code） = 371502：比例", "County code (county_code) = 371502: share")),
    ]  # fmt: skip
    for old, new in pairs:
        said = [words.gate(_gate(*each))[0] for each in (old, new)]
        assert said[0] == said[1]
        assert "_" not in said[0].zh + said[0].en
    assert said[0].zh == "“县区” · 东昌府区：比例"


def _gate(zh: str, en: str) -> GateShape:
    told = {"zh": zh, "en": en}
    return GateShape.model_validate({
        "gate": "GATE", "status": "pass", "value": 0.5, "limit": 0.8, "told": told,
        "remedy": {"zh": "", "en": ""},
    })  # fmt: skip
