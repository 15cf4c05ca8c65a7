"""The whole line at the published size: first-tier share, and tiers against the truth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from api.editions.batch import publish_whitelist
from api.editions.contents import Contents
from cli.demo.summary import PUBLISHED_FIRST_TIER, true_bad_rates
from data.publishing.published_card import publish_card
from data.simulator import load_scenario, simulate
from data.storage.archive import Archive
from model.card.card_file import write_card
from training.promote import judge_run
from training.run import TrainedRun
from training.settings import Settings
from training.train import train_archive

pytestmark = pytest.mark.fullsize
AS_OF = date(2023, 10, 1)


@dataclass(frozen=True)
class Line:
    """What one pass over the line leaves."""

    run: TrainedRun
    edition: Contents
    truth: pa.Table


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Line:
    folder: Path = tmp_path_factory.mktemp("line")
    scenario = load_scenario()
    world = simulate(scenario, scenario.places.full_members, 60, 54)
    archive = Archive(folder / "archive")
    world.write(archive)
    run = train_archive(archive, AS_OF, Settings())
    write_card(folder / "card", run.card)
    publish_card(folder, folder / "card", "Tester", datetime(2023, 10, 1, tzinfo=UTC))
    published = publish_whitelist(archive, AS_OF, folder, folder / "rows.parquet")
    return Line(run, published.contents, world.truth(AS_OF, 6))


def test_the_first_tier_is_the_published_share_within_half_a_point(line: Line) -> None:
    total = line.edition.funnel[""]
    assert total.members == 87_459
    assert abs(total.first / total.members - PUBLISHED_FIRST_TIER) <= 0.005


def test_the_tiers_rank_the_true_bad_rates_strictly(line: Line) -> None:
    rates = true_bad_rates(line.edition.rows, line.truth)
    assert rates["FIRST"] * 2 < rates["SECOND"]
    assert rates["SECOND"] * 2 < rates["THIRD"]


def test_the_default_card_passes_every_gate(line: Line) -> None:
    found = judge_run(line.run, None, AS_OF).gates
    assert found is not None
    assert [verdict.finding.en for verdict in found.failed] == []


def test_the_card_ranks_loans_of_vintages_it_never_saw(line: Line) -> None:
    held = line.run.performance.evaluations[line.run.samples.validated_on].measures
    assert held["auc"].low > 0.7
    assert held["ece"].value < 0.02
