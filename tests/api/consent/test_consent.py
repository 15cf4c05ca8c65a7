"""Consent from branch files and from the counter: the later record decides."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.access.audit import RecordAccess
from api.access.erased import ERASURE
from api.cases.case import case_of
from api.consent.commands import SetConsent
from api.consent.consent import CONSENT, consents_before, is_consent_in_force
from api.editions.approval import Approval
from api.editions.batch import publish_whitelist
from api.editions.edition import PlaceFilter
from api.ledger.database import Location
from api.payments.commands import Disburse
from api.persons.commands import Erase
from data.storage.archive import Archive
from model.decision.consent import (
    ConsentChange,
    consent_to_all,
    day_number,
    day_of,
    latest_consent,
)
from model.policy.policy import policy_on
from tests.support.ledger.filling import loaded

#: The desk's first day, in China, and the day of the edition that brings the branch's news.
TODAY, LATER = date(2023, 10, 9), date(2023, 10, 20)
TERMS = policy_on(TODAY).consent_terms
#: The demo plays on an earlier day than `LATER`.
APPROVAL = Approval("Tester", "the day after the branch's files")
#: Records of consent in branch files, one member each, recorded on 16 October.
NEWS = {
    "withdrew after": {"consent_withdrawn_on": date(2023, 10, 12)},
    "withdrew the same day": {"consent_withdrawn_on": TODAY},
    "withdrew before": {"consent_withdrawn_on": date(2023, 10, 5)},
    "gave again after": {"consent_given_on": date(2023, 10, 15)},
    "gave the same day": {"consent_given_on": TODAY},
    "no news": {},
}


@pytest.fixture(scope="module")
def affected(resources) -> dict[str, dict[str, object]]:
    """A member of the first tier for each of the branch's news."""
    rows = resources.edition.page(PlaceFilter(), "FIRST", None, 1_200)
    best = sorted(rows, key=lambda row: (-row["limit_yuan"], row["member_id"]))
    return dict(zip(NEWS, best, strict=False))


@pytest.fixture(scope="module")
def branch(published_home, simulated_archive, affected, tmp_path_factory):
    """A home, and the archive after the import of the branch's files."""
    folder = tmp_path_factory.mktemp("branch")
    shutil.copytree(published_home, folder / "home")
    archive = Archive(shutil.copytree(simulated_archive.folder, folder / "archive"))
    members = archive.read("members")
    for news, row in affected.items():
        old = members.filter(pc.equal(members["member_id"], row["member_id"])).to_pylist()
        last = max(old, key=lambda version: version["recorded_at"])
        new = last | NEWS[news] | {"recorded_at": datetime.fromisoformat("2023-10-16")}
        archive.append("members", pa.Table.from_pylist([new], members.schema))
    return folder / "home", archive


@pytest.fixture(scope="module")
def later(branch, tmp_path_factory):
    """The service's resources after the edition of 20 October is published."""
    home, archive = branch
    out = tmp_path_factory.mktemp("later") / "rows.parquet"
    publish_whitelist(archive, LATER, home, out, approval=APPROVAL)
    return loaded(home)


def say(desk, member, is_given):
    return desk.do(SetConsent(None, "o", member["member_id"], is_given, "paper", desk.resources))


def outcome(desk, member):
    decision = desk.decide(member, 3_000)
    with desk.ledger.read() as view:
        answer = case_of(view, decision).answer
    return answer["outcome"], [rule["code"] for rule in answer["knock_outs"]], answer["points"]


def is_consenting(desk, member):
    profile = desk.resources.edition.profile(member["member_id"])
    with desk.ledger.read() as view:
        subject = view.identities.known([member["member_id"]])[member["member_id"]]
        past = view.entries_of_subject(subject, CONSENT)
    return is_consent_in_force(past, profile, desk.resources.edition, TERMS)


@pytest.mark.parametrize("news", ["withdrew after", "withdrew the same day"])
def test_a_withdrawal_by_branch_file_is_not_overridden_by_an_older_consent_at_the_counter(
    desk, affected, later, news
):
    member = affected[news]
    say(desk, member, False)
    say(desk, member, True)
    decision = desk.decide(member, 3_000)
    pay = Disburse(None, "officer-1", decision, 1_000, desk.resources)
    assert desk.do(pay)["drawn_yuan"] == 1_000
    desk.resources, desk.now = later, desk.now + timedelta(days=11)
    assert desk.refusal(replace(pay, resources=later)) == "consent-not-in-force"
    answer, codes, points = outcome(desk, member)
    assert (answer, codes[0], points) == ("DECLINE", "NO_CONSENT", None)
    assert say(desk, member, True)["in_force"] is True
    assert is_consenting(desk, member)
    assert "NO_CONSENT" not in outcome(desk, member)[1]


def test_a_consent_at_the_counter_outlives_a_withdrawal_dated_before_it(desk, affected, later):
    member = affected["withdrew before"]
    say(desk, member, False)
    say(desk, member, True)
    desk.resources, desk.now = later, desk.now + timedelta(days=11)
    assert is_consenting(desk, member)
    assert "NO_CONSENT" not in outcome(desk, member)[1]


@pytest.mark.parametrize(
    ("news", "holds"),
    [("gave again after", True), ("gave the same day", False), ("no news", False)],
)
def test_only_a_later_consent_overrides_a_withdrawal_at_the_counter(
    desk, affected, later, news, holds
):
    member = affected[news]
    say(desk, member, False)
    desk.resources, desk.now = later, desk.now + timedelta(days=11)
    assert is_consenting(desk, member) is holds
    assert ("NO_CONSENT" in outcome(desk, member)[1]) is not holds


def test_a_member_who_withdrew_at_the_counter_is_not_scored_by_the_next_batch(
    desk, affected, branch, ledger_settings, tmp_path
):
    home, archive = Path(shutil.copytree(branch[0], tmp_path / "copy")), branch[1]
    said = {
        "no news": [False],
        "withdrew after": [False, True],
        "withdrew before": [False, True],
        "gave again after": [False],
    }
    for news, words in said.items():
        for is_given in words:
            say(desk, affected[news], is_given)
    records = consents_before(Location.of(ledger_settings), LATER, TERMS)
    assert records == {
        affected[news]["member_id"]: dict.fromkeys(TERMS.purposes, ConsentChange(given[-1], TODAY))
        for news, given in said.items()
    }
    assert consents_before(Location.of(ledger_settings), TODAY, TERMS) == {}
    out = tmp_path / "rows.parquet"
    publish_whitelist(archive, LATER, home, out, consents=records, approval=APPROVAL)
    online = loaded(home)
    for news, row in affected.items():
        standing = online.edition.row(row["member_id"])
        is_refused = "NO_CONSENT" in standing["knock_outs"]
        assert (standing["points"] is None) is is_refused, news
        desk.resources, desk.now = online, datetime(2023, 10, 20, 2, tzinfo=UTC)
        assert ("NO_CONSENT" in outcome(desk, row)[1]) is is_refused, news
        assert is_refused is (news in ("no news", "withdrew after", "withdrew the same day")), news


def test_a_decision_needs_every_purpose_and_the_banks_own_consent(desk, affected):
    member = affected["no news"]

    def tell(is_given, *purposes, recipient="bank"):
        words = SetConsent(
            None, "o", member["member_id"], is_given, "paper", desk.resources, purposes, recipient
        )
        return desk.do(words)["in_force"]

    assert tell(False, "data_sharing") is True
    assert tell(False, "credit_bureau") is False
    assert tell(True, "credit_bureau", "personal_information", recipient="post") is False
    assert "NO_CONSENT" in outcome(desk, member)[1]
    assert tell(True, "credit_bureau") is True
    assert "NO_CONSENT" not in outcome(desk, member)[1]


def test_a_purpose_withdrawn_at_the_counter_counts_in_the_next_batch(
    desk, affected, branch, ledger_settings, tmp_path
):
    home, archive = Path(shutil.copytree(branch[0], tmp_path / "copy")), branch[1]
    bureau, sharing = affected["no news"], affected["gave again after"]
    for member, purpose in ((bureau, "credit_bureau"), (sharing, "data_sharing")):
        words = (None, "o", member["member_id"], False, "paper", desk.resources, (purpose,))
        desk.do(SetConsent(*words))
    records = consents_before(Location.of(ledger_settings), LATER, TERMS)
    out = tmp_path / "rows.parquet"
    publish_whitelist(archive, LATER, home, out, consents=records, approval=APPROVAL)
    desk.resources = loaded(home)
    standing = desk.resources.edition.row(bureau["member_id"])
    assert (standing["knock_outs"], standing["points"]) == ("NO_CONSENT", None)
    assert not is_consenting(desk, bureau)
    assert is_consenting(desk, sharing)


def test_an_erasure_undoes_no_withdrawal_and_is_one_itself(
    desk, affected, branch, ledger_settings, tmp_path
):
    home, archive = Path(shutil.copytree(branch[0], tmp_path / "copy")), branch[1]
    withdrew, erased = affected["no news"], affected["gave the same day"]
    say(desk, withdrew, False)
    outcome(desk, erased)

    def erase(member):
        return Erase(None, "reviewer-1", member["member_id"], desk.resources)

    def night(day):
        ids = [each["member_id"] for each in affected.values()]
        records = consents_before(Location.of(ledger_settings), day, TERMS, lambda: ids)
        rows = tmp_path / f"{day}.parquet"
        publish_whitelist(archive, day, home, rows, consents=records, approval=APPROVAL)
        desk.resources = loaded(home)

    assert desk.refusal(erase(withdrew)) == "still-counted"
    desk.do(erase(erased))
    night(LATER)
    for member in (withdrew, erased):
        assert "NO_CONSENT" in outcome(desk, member)[1]
    desk.now = datetime(2023, 10, 20, 2, tzinfo=UTC)
    desk.do(erase(withdrew))
    night(LATER + timedelta(days=9))
    for member in (withdrew, erased):
        assert "NO_CONSENT" in outcome(desk, member)[1]
    say(desk, erased, True)
    assert "NO_CONSENT" not in outcome(desk, erased)[1]
    night(LATER + timedelta(days=10))
    assert "NO_CONSENT" not in outcome(desk, erased)[1]


def test_an_erasure_that_was_refused_withdraws_nothing(desk, affected, ledger_settings):
    member = affected["no news"]
    member_id, village = member["member_id"], member["village_code"]
    pay = Disburse(None, "officer-2", desk.decide(member, 3_000), 1_000, desk.resources)
    desk.do(pay)
    erase = Erase(None, "reviewer-1", member_id, desk.resources)
    assert desk.refusal(erase) == "loan-outstanding"
    # A refusal that tells of a loan is on record by the route of the erasure.
    row = RecordAccess("reviewer-1", ERASURE, village, 1, "request", member_id, None)
    desk.ledger.write_now(row)
    location = Location.of(ledger_settings)
    assert consents_before(location, LATER, TERMS, lambda: [member_id]) == {}


def test_without_a_ledger_the_batch_uses_the_archive(ledger_settings):
    assert consents_before(Location.of(ledger_settings), LATER, TERMS) == {}


def test_all_purposes_must_be_given_and_the_day_is_that_of_the_present_state():
    given, withdrawn = ConsentChange(True, TODAY), ConsentChange(False, LATER)
    needed = ("personal_information", "credit_bureau")
    assert consent_to_all({}, needed) is None
    assert consent_to_all({needed[0]: given}, needed) == ConsentChange(False, TODAY)
    assert consent_to_all(dict.fromkeys(needed, given), needed) == given
    assert consent_to_all({needed[0]: given, needed[1]: withdrawn}, needed) == withdrawn
    extra = {**dict.fromkeys(needed, given), "data_sharing": withdrawn}
    assert consent_to_all(extra, needed) == given


days = st.dates(date(2023, 10, 1), date(2023, 10, 6))
words = st.lists(st.builds(ConsentChange, st.booleans(), days), max_size=6)


@given(words)
def test_no_withdrawal_is_overridden_by_an_older_consent(said):
    word = latest_consent(*said)
    if word is None:
        assert not said
    elif word.is_given:
        assert all(other.is_given or other.on < word.on for other in said)
    else:
        assert all(other.on <= word.on for other in said)


@given(words)
def test_records_of_consent_combine_in_any_order_and_more_than_once(said):
    word = latest_consent(*said)
    assert latest_consent(*reversed(said)) == word
    assert latest_consent(word, *said[::2], None) == word
    for one, other in pairwise(said):
        assert latest_consent(latest_consent(one, other), other) == latest_consent(one, other)


@given(st.dates(date(1950, 1, 1), date(2100, 1, 1)))
def test_a_day_is_stored_exactly_as_a_number(day):
    assert day_of(day_number(day)) == day
