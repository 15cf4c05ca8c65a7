"""An edition is published completely, named by its bytes, compared with the previous one."""

from __future__ import annotations

import csv
import hashlib
import shutil
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from api.editions.batch import publish_profile, publish_whitelist
from api.editions.manifest import current_folder, read_manifest
from api.editions.publish import Published
from api.scoring.kernel import Basis
from data.publishing.published_card import publish_card, published_card
from data.storage.archive import Archive
from model.card.card_file import write_card
from model.card.scorecard import Card
from model.errors import ArchiveError, CardError, GivenError
from model.policy.policy import policy_on
from model.profile.profile import CONSENT_DAYS


@pytest.fixture
def home(card_home: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(card_home, tmp_path / "home"))


@pytest.fixture
def archive(simulated_archive: Archive) -> Archive:
    return simulated_archive


def _publish(
    archive: Archive, profile: pa.Table, home: Path, day: date = date(2023, 10, 1)
) -> Published:
    basis = Basis(day, policy_on(day), published_card(home))
    return publish_profile(archive, profile, basis, home, home / "rows.parquet")


def _digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_the_same_inputs_give_the_same_bytes(
    archive: Archive, batch_profile: pa.Table, home: Path
) -> None:
    first = _publish(archive, batch_profile, home)
    before = _digests(first.folder)
    second = _publish(archive, batch_profile, home)
    assert second.folder == first.folder
    assert _digests(second.folder) == before
    assert len(before) == 8


def test_publishing_again_repairs_a_damaged_edition(
    archive: Archive, batch_profile: pa.Table, home: Path
) -> None:
    folder = _publish(archive, batch_profile, home).folder
    before = _digests(folder)
    for path in list(folder.iterdir()):
        path.write_bytes(b"damage")
        _publish(archive, batch_profile, home)
        assert _digests(current_folder(home)) == before


def test_the_rows_written_out_are_the_rows_published(
    archive: Archive, batch_profile: pa.Table, home: Path
) -> None:
    folder = _publish(archive, batch_profile, home).folder
    assert (home / "rows.parquet").read_bytes() == (folder / "whitelist.parquet").read_bytes()


def test_the_manifest_names_inputs_files_and_counts(
    archive: Archive, batch_profile: pa.Table, home: Path
) -> None:
    published = _publish(archive, batch_profile, home)
    manifest = read_manifest(current_folder(home))
    assert manifest == published.manifest
    assert manifest.inputs == (
        "2023-10-01",
        policy_on(date(2023, 10, 1)).digest,
        published_card(home).digest,
        archive.digest(),
        "",  # no word from a counter
    )
    digests = _digests(published.folder)
    beside = {"manifest.json", "manifest.signature"}
    assert manifest.files == {name: d for name, d in digests.items() if name not in beside}
    tiers = [manifest.counts[tier] for tier in ("first", "second", "third", "none")]
    assert sum(tiers) == manifest.counts["members"] == batch_profile.num_rows


def test_in_the_first_edition_everyone_in_the_first_tier_enters(
    archive: Archive, batch_profile: pa.Table, home: Path
) -> None:
    published = _publish(archive, batch_profile, home)
    counts = published.manifest.counts
    assert (counts["enters"], counts["leaves"]) == (counts["first"], 0)
    assert {change.reason for change in published.contents.changes} == {"FIRST_EDITION"}


def test_the_next_edition_names_entries_and_exits_with_their_reasons(
    archive: Archive, batch_profile: pa.Table, home: Path
) -> None:
    before = _publish(archive, batch_profile, home)
    first = _first(before)
    # Members without relatives in the archive: nobody else can be the household's borrower.
    gone, court, poorer = sorted(first & _alone(batch_profile))[:3]
    changed = _without(batch_profile, gone)
    changed = _with(changed, court, "court_unresolved", 1.0)
    for attribute in ("bills_on_time_share_12m", "average_balance_12m", "net_sales_12m"):
        changed = _with(changed, poorer, attribute, 0.0)
    after = _publish(archive, changed, home, date(2023, 10, 2))
    found = {change.member_id: (change.change, change.reason) for change in after.contents.changes}
    assert after.manifest.previous == before.folder.name
    assert found[gone] == ("LEAVES", "LEFT_ARCHIVE")
    assert found[court] == ("LEAVES", "COURT_RECORD")
    assert found[poorer] == ("LEAVES", "POINTS_FELL")
    entered = {member for member, (change, _) in found.items() if change == "ENTERS"}
    left = {member for member, (change, _) in found.items() if change == "LEAVES"}
    assert _first(after) == (first | entered) - left
    back = _publish(archive, batch_profile, home, date(2023, 10, 3))
    found = {change.member_id: (change.change, change.reason) for change in back.contents.changes}
    assert found[gone] == ("ENTERS", "NEW_MEMBER")
    assert found[court] == ("ENTERS", "KNOCK_OUT_LIFTED")
    assert found[poorer] == ("ENTERS", "POINTS_ROSE")


def test_another_card_is_a_reason_of_its_own(
    archive: Archive, batch_profile: pa.Table, member_card: Card, home: Path
) -> None:
    _publish(archive, batch_profile, home)
    write_card(home / "another", replace(member_card, base=member_card.base - 15))
    publish_card(home, home / "another", "Tester", datetime(2023, 10, 2, tzinfo=UTC))
    after = _publish(archive, batch_profile, home)
    assert after.manifest.counts["leaves"] > 0
    left = {change.reason for change in after.contents.changes if change.change == "LEAVES"}
    # A relative may rise past a member under the new card and become the household's borrower.
    assert "SCORECARD_CHANGED" in left <= {"SCORECARD_CHANGED", "HOUSEHOLD_BORROWER"}


def test_changes_are_written_for_a_spreadsheet_in_both_languages(
    archive: Archive, batch_profile: pa.Table, home: Path
) -> None:
    published = _publish(archive, batch_profile, home)
    with (published.folder / "changes.csv").open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == published.manifest.counts["enters"]
    assert lines[0]["change_zh"] == "进入"
    assert lines[0]["reason_zh"] == "首期名单"


def test_the_funnel_is_written_for_a_spreadsheet_with_the_names_of_places(
    archive: Archive, batch_profile: pa.Table, home: Path
) -> None:
    published = _publish(archive, batch_profile, home)
    with (published.folder / "funnel.csv").open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    total, *places = lines
    assert (total["place_code"], total["members"]) == ("", str(batch_profile.num_rows))
    assert all(place["county"] for place in places)
    villages = [place for place in places if len(place["place_code"]) == 12]
    assert all(village["village"] for village in villages)
    assert sum(int(village["first"]) for village in villages) == int(total["first"])


def test_an_archive_of_members_alone_makes_an_edition(
    archive: Archive, home: Path, tmp_path: Path
) -> None:
    alone = Archive(tmp_path / "alone")
    alone.append("members", archive.read("members"))
    made = publish_whitelist(alone, date(2023, 10, 1), home, tmp_path / "rows.parquet").contents
    total = made.funnel[""]
    assert total.members == total.third + total.none == 1_200
    assert (total.applied, total.disbursed_yuan) == (0, 0)
    assert made.places == {}


def test_a_damaged_edition_in_use_is_named_and_does_not_block_a_sound_one(
    archive: Archive, batch_profile: pa.Table, home: Path
) -> None:
    damaged = _publish(archive, batch_profile, home).folder
    (damaged / "whitelist.parquet").write_bytes(b"damage")
    after = _publish(archive, batch_profile, home, date(2023, 10, 2))
    assert after.previous.damage is not None
    assert "whitelist.parquet" in after.previous.damage
    assert after.manifest.previous is None
    assert current_folder(home) == after.folder


def test_a_failed_run_leaves_the_edition_in_use_alone(
    archive: Archive, batch_profile: pa.Table, home: Path
) -> None:
    _publish(archive, batch_profile, home)
    before = sorted(path.name for path in (home / "editions").iterdir())
    with pytest.raises(ArchiveError, match="has no member"):
        _publish(archive, batch_profile.slice(0, 0), home, date(2023, 10, 2))
    assert sorted(path.name for path in (home / "editions").iterdir()) == before


def test_a_card_for_another_table_is_refused_by_name(
    archive: Archive, batch_profile: pa.Table, home: Path
) -> None:
    with pytest.raises(CardError, match=r"average_balance_12m.*trained on another table"):
        _publish(archive, batch_profile.drop_columns(["average_balance_12m"]), home)


def test_an_unsigned_card_makes_no_edition(
    archive: Archive, member_card: Card, tmp_path: Path
) -> None:
    write_card(tmp_path / "cards" / ("0" * 16), member_card)
    (tmp_path / "cards" / "champion").write_text("0" * 16)
    with pytest.raises(CardError, match="not signed"):
        publish_whitelist(archive, date(2023, 10, 1), tmp_path, tmp_path / "rows.parquet")


def test_rows_are_written_as_parquet_only(archive: Archive, home: Path) -> None:
    with pytest.raises(GivenError, match="Parquet"):
        publish_whitelist(archive, date(2023, 10, 1), home, home / "rows.csv")


def test_an_edition_contains_masked_identities_only(
    archive: Archive, batch_profile: pa.Table, home: Path
) -> None:
    folder = _publish(archive, batch_profile, home).folder
    written = b"".join(path.read_bytes() for path in folder.iterdir())
    members = archive.read("members")
    for column in ("id_number", "phone"):
        for value in members[column].drop_null().to_pylist()[:200]:
            assert value.encode() not in written


def test_editions_read_back_as_they_were_scored(
    archive: Archive, batch_profile: pa.Table, home: Path
) -> None:
    published = _publish(archive, batch_profile, home)
    assert pq.read_table(published.folder / "whitelist.parquet").equals(published.contents.rows)
    assert pq.read_table(published.folder / "profile.parquet").equals(
        batch_profile.drop([*CONSENT_DAYS])
    )


def _first(published: Published) -> set[str]:
    rows = published.contents.rows
    return {
        member
        for member, tier in zip(
            rows["member_id"].to_pylist(), rows["tier"].to_pylist(), strict=True
        )
        if tier == "FIRST"
    }


def _without(profile: pa.Table, member: str) -> pa.Table:
    return profile.filter(pc.not_equal(profile["member_id"], member))


def _with(profile: pa.Table, member: str, attribute: str, value: float) -> pa.Table:
    here = pc.equal(profile["member_id"], member)
    index = profile.schema.get_field_index(attribute)
    column = pc.if_else(here, pa.scalar(value, pa.float64()), profile[attribute])
    return profile.set_column(index, attribute, column)


def _alone(profile: pa.Table) -> set[str]:
    homes = Counter(profile["household_id"].to_pylist())
    pairs = zip(*(profile[n].to_pylist() for n in ("member_id", "household_id")), strict=True)
    return {member for member, home in pairs if homes[home] == 1}
