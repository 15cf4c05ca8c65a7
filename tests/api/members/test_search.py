"""An officer finds a person by what they say; nobody learns of people of other places."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from api.editions.batch import publish_profile
from api.editions.blind_index import SEARCH_KEY, BlindIndex
from api.editions.edition import PlaceFilter
from api.editions.in_use import load
from api.editions.manifest import DIRECTORY, current_folder
from api.http.problems import ProblemError
from api.members.schemas import SearchRequest
from api.members.search import Search
from api.scoring.kernel import Basis
from data.publishing.published_card import published_card
from data.storage.archive import Archive
from model.policy.policy import policy_on
from model.profile.dictionary import member_dictionary
from tests.support.fixtures.branch import ELSEWHERE, Branch
from tests.support.recording.home import old_home

ADDRESS = "/v1/members/search"


@pytest.fixture
def person(branch: Branch, simulated_archive: Archive) -> dict[str, Any]:
    """The archive's row of the branch's member, with the name of the village."""
    members, villages = simulated_archive.read("members"), simulated_archive.read("villages")
    member = members.filter(pc.equal(members["member_id"], branch.member["member_id"]))
    row: dict[str, Any] = member.to_pylist()[0]
    village = villages.filter(pc.equal(villages["village_code"], row["village_code"]))
    return row | {"village": village["village"].to_pylist()[0]}


def _search(branch: Branch, headers: dict[str, str], **body: str) -> Any:
    request = branch.client.request("post", ADDRESS, json=body, headers=headers)
    return branch.loop.run_until_complete(request)


def _officer(branch: Branch, name: str, place: str = "") -> dict[str, str]:
    # Each test searches as an account of its own, because the limit counts by account.
    return branch._bearer(branch.home, "officer", places=(place,), subject=name)


@pytest.mark.parametrize("field", ["id_number", "phone", "name"])
def test_a_person_is_found_by_each_field(
    branch: Branch, person: dict[str, Any], field: str
) -> None:
    answer = _search(branch, _officer(branch, f"by-{field}"), **{field: person[field]})
    found = {row["member_id"]: row for row in answer.json()["rows"]}
    row = found[person["member_id"]]
    assert row["place"]["village"] == person["village"]
    assert row["tier"] == "FIRST"
    for secret in ("id_number", "phone", "name"):
        assert person[secret] not in answer.text


def test_a_number_is_found_however_it_is_written(branch: Branch, person: dict[str, Any]) -> None:
    headers = _officer(branch, "spelling")
    full_width = person["id_number"].translate({48 + n: 0xFF10 + n for n in range(10)})
    spellings = {
        "id_number": [full_width, person["id_number"].lower()],
        "phone": ["+86 " + person["phone"], f"{person['phone'][:3]}-{person['phone'][3:]}"],
        "name": [" ".join(person["name"])],
    }
    for field, texts in spellings.items():
        for text in texts:
            rows = _search(branch, headers, **{field: text}).json()["rows"]
            assert person["member_id"] in {row["member_id"] for row in rows}, text


def test_every_field_that_is_given_must_match(branch: Branch, person: dict[str, Any]) -> None:
    headers = _officer(branch, "all-fields")
    both = {"name": person["name"], "village": person["village"]}
    rows = _search(branch, headers, **both).json()["rows"]
    assert person["member_id"] in {row["member_id"] for row in rows}
    assert all(row["place"]["village"] == person["village"] for row in rows)
    other = _search(branch, headers, id_number=person["id_number"], phone="13800000000")
    assert other.json()["rows"] == []


def test_a_village_is_given_by_code_or_name_and_listed_in_pages(
    branch: Branch, person: dict[str, Any], member_profile: pa.Table
) -> None:
    (village, _), *_ = Counter(member_profile["village_code"].to_pylist()).most_common(1)
    is_there = pc.equal(member_profile["village_code"], village)
    inhabitants = member_profile.filter(is_there)["member_id"]
    headers, found, cursor = _officer(branch, "pages"), [], {}
    while True:
        page = _search(branch, headers, village=village, **cursor).json()
        found += [row["member_id"] for row in page["rows"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert found == sorted(inhabitants.to_pylist())
    named = _search(branch, headers, village=person["village"]).json()["rows"]
    assert {row["place"]["village"] for row in named} == {person["village"]}


def test_a_person_of_another_place_is_not_found(branch: Branch, person: dict[str, Any]) -> None:
    headers = _officer(branch, "elsewhere", ELSEWHERE)
    for field in ("id_number", "phone", "name", "village"):
        answer = _search(branch, headers, **{field: person[field]}).json()
        assert (answer["rows"], answer["next_cursor"]) == ([], None), field
    cursor = {"cursor": person["member_id"]}
    foreign = _search(branch, headers, name=person["name"], **cursor)
    unknown = _search(branch, headers, name=person["name"], cursor="NOBODY")
    assert (foreign.status_code, foreign.content) == (422, unknown.content)


def test_a_search_for_nothing_or_by_an_address_is_refused(
    branch: Branch, person: dict[str, Any]
) -> None:
    headers = _officer(branch, "nothing")
    empty = _search(branch, headers)
    assert (empty.status_code, empty.json()["type"]) == (422, "/problems/invalid-body")
    address = f"{ADDRESS}?name={person['name']}"
    refused = branch.client.request("post", address, json={"name": "x"}, headers=headers)
    answer = branch.loop.run_until_complete(refused)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-parameter")
    assert person["name"] not in answer.text


def test_every_search_is_recorded_with_how_many_it_showed(
    branch: Branch, person: dict[str, Any]
) -> None:
    headers = _officer(branch, "recorded")
    _search(branch, headers, id_number=person["id_number"])
    _search(branch, headers, id_number="999901197001010014")
    auditor = branch.headers("auditor")
    rows = branch.send("get", "/v1/accesses?actor=recorded", auditor).json()["rows"]
    assert [(row["route"], row["persons"]) for row in rows] == [
        ("search_members", 0),
        ("search_members", 1),
    ]
    of_member = f"/v1/accesses?actor=recorded&member_id={person['member_id']}"
    shown = branch.send("get", of_member, auditor).json()["rows"]
    assert [row["number"] for row in shown] == [rows[1]["number"]]
    assert person["id_number"] not in json.dumps(rows)


def test_an_account_that_tries_out_numbers_is_slowed_down(branch: Branch) -> None:
    headers = _officer(branch, "guessing")
    answers = [_search(branch, headers, phone=f"138{n:08}") for n in range(32)]
    assert [answer.status_code for answer in answers[:30]] == [200] * 30
    assert answers[-1].json()["type"] == "/problems/too-many-requests"
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert _search(branch, _officer(branch, "other-desk"), phone="13800000000").status_code == 200


def test_a_household_shows_the_members_place_and_nothing_of_the_others(
    branch: Branch, member_profile: pa.Table
) -> None:
    homes = Counter(member_profile["household_id"].to_pylist())
    largest, count = max(
        ((home, n) for home, n in homes.items() if home is not None), key=lambda item: item[1]
    )
    assert count > 1
    of_home = member_profile.filter(pc.equal(member_profile["household_id"], largest))
    members = of_home["member_id"].to_pylist()
    headers, places = branch.headers("officer"), []
    for member in members:
        answer = branch.send("get", f"/v1/members/{member}/household", headers)
        body = answer.json()
        assert body["members_in_archive"] == count
        places.append(body["borrower"])
        assert not any(other in answer.text for other in members if other != member)
    assert places.count("THIS_MEMBER") <= 1
    assert ("THIS_MEMBER" in places) == ("ANOTHER_MEMBER" in places)


@pytest.fixture(scope="module")
def changed(
    card_home: Path,
    simulated_archive: Archive,
    batch_profile: pa.Table,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Any]:
    home = tmp_path_factory.mktemp("changes") / "home"
    shutil.copytree(card_home, home)

    def publish(profile: pa.Table, day: date) -> Any:
        basis = Basis(day, policy_on(day), published_card(home))
        return publish_profile(simulated_archive, profile, basis, home, home / "rows.parquet")

    before = publish(batch_profile, date(2023, 10, 1)).contents.rows.to_pylist()
    gone = next(row["member_id"] for row in before if row["tier"] == "FIRST")
    poorer = [row["member_id"] for row in before if row["tier"] == "SECOND"][:5]
    left = batch_profile.filter(pc.not_equal(batch_profile["member_id"], gone))
    is_poorer = pc.is_in(left["member_id"], pa.array(poorer))
    worst = min((row for row in before if row["tier"] == "THIRD"), key=lambda row: row["points"])
    (like,) = left.filter(pc.equal(left["member_id"], worst["member_id"])).to_pylist()
    for name in member_dictionary().named("scored"):
        at = left.schema.get_field_index(name)
        values = pc.if_else(is_poorer, pa.scalar(like[name], left[name].type), left[name])
        left = left.set_column(at, left.schema.field(at), values)
    after = publish(left, date(2023, 10, 2))
    return {"home": home, "before": before, "after": after, "gone": gone}


def test_each_change_of_tier_is_listed_once_with_its_points(changed: dict[str, Any]) -> None:
    resources = load(changed["home"])
    assert not isinstance(resources, tuple)
    page = Search(resources, ("",)).changes(PlaceFilter(), (), None, 500)
    was = {row["member_id"]: row for row in changed["before"]}
    now = {row["member_id"]: row for row in changed["after"].contents.rows.to_pylist()}
    expected = {m for m in was | now if _tier(was, m) != _tier(now, m)}
    assert {row.member_id for row in page.rows} == expected
    assert len(page.rows) == len(expected) > 1
    for row in page.rows:
        assert (row.tier_before, row.tier_after) == (
            _tier(was, row.member_id),
            _tier(now, row.member_id),
        )
        assert row.points_before == was.get(row.member_id, {}).get("points")
        assert row.points_after == now.get(row.member_id, {}).get("points")
    (left,) = (row for row in page.rows if row.member_id == changed["gone"])
    assert (left.change, left.reason, left.name) == ("LEAVES", "LEFT_ARCHIVE", None)
    assert (page.since, page.as_of) == (date(2023, 10, 1), date(2023, 10, 2))


def test_pages_of_changes_hold_each_once_and_only_of_the_place(changed: dict[str, Any]) -> None:
    resources = load(changed["home"])
    assert not isinstance(resources, tuple)
    search, found, cursor = Search(resources, ("",)), [], None
    while True:
        page = search.changes(PlaceFilter(), (), cursor, 2)
        found += page.rows
        cursor = page.next_cursor
        if cursor is None:
            break
    keys = [(row.village_code, row.member_id) for row in found]
    assert keys == sorted(set(keys))
    county = found[0].village_code[:6]
    of_county = search.changes(PlaceFilter(within=(county,)), (), None, 500).rows
    assert [r.member_id for r in of_county] == [
        r.member_id for r in found if r.village_code.startswith(county)
    ]
    falls = search.changes(PlaceFilter(), ("FALLS",), None, 500).rows
    assert {row.change for row in falls} == {"FALLS"}


def _tier(rows: dict[str, Any], member: str) -> str | None:
    found: str | None = rows.get(member, {}).get("tier")
    return found


def test_an_index_depends_on_its_key_and_its_field() -> None:
    one, other = BlindIndex(b"1" * 32), BlindIndex(b"2" * 32)
    assert one.of("name", "张三") == one.of("name", "张 三")
    assert one.of("name", "张三") != other.of("name", "张三")
    assert one.of("name", "13812345678") != one.of("phone", "13812345678")


def test_the_directory_names_nobody(published_home: Path, simulated_archive: Archive) -> None:
    written = (current_folder(published_home) / DIRECTORY).read_bytes()
    members = simulated_archive.read("members")
    for column in ("name", "id_number", "phone"):
        for value in members[column].drop_null().to_pylist()[:200]:
            assert value.encode() not in written
    key = published_home / "keys" / SEARCH_KEY
    assert key.stat().st_mode & 0o077 == 0
    assert key.read_bytes() not in written


def test_an_edition_of_an_earlier_release_serves_and_says_that_it_cannot_be_searched(
    tmp_path: Path,
) -> None:
    home = old_home(tmp_path / "home", with_ledger=False)
    resources = load(home, allow_unsigned=True)
    assert not isinstance(resources, tuple)
    assert resources.directory is None
    for asked in (
        lambda: Search(resources, ("",)).people(SearchRequest(name="x")),
        lambda: Search(resources, ("",)).changes(PlaceFilter(), (), None, 10),
    ):
        with pytest.raises(ProblemError) as refusal:
            asked()
        assert refusal.value.kind.name == "not-ready"
        assert refusal.value.errors[0].field == "edition"
