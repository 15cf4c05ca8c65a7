"""Every proposal, done in the raw records of a simulated archive, lifts the tier."""

from datetime import date

import pytest

from api.scoring.kernel import columns_of, member_ids
from data.storage.profiles import profile_as_of
from model.decision.whitelist import HOUSEHOLD_BORROWER, TIERS, assess, assess_edition
from model.explanation.nearest_changes import Basis, nearest_changes
from model.policy.policy import policy_on
from tests.support.explaining.members import DICTIONARY, SIDED_CARD, one
from tests.support.explaining.raw_records import archive_after

DAY = date(2023, 10, 1)
BASIS = Basis(DAY, policy_on(DAY), SIDED_CARD, DICTIONARY)


@pytest.fixture(scope="module")
def members(member_profile):
    """Profiles of simulated members, with the household's borrower, and their ids."""
    columns, ids = columns_of(member_profile), member_ids(member_profile)
    _, borrower = assess_edition(columns, ids, DAY, BASIS.policy, BASIS.card)
    return {**columns, HOUSEHOLD_BORROWER: borrower}, ids


def test_every_proposal_done_in_the_records_lifts_the_tier(simulated_archive, members, tmp_path):
    columns, ids = members
    proposed = {
        row: found.improvements
        for row in range(len(ids))
        if (found := nearest_changes(one(columns, row), BASIS)).improvements
    }
    kinds = set()
    for turn in range(max(len(each) for each in proposed.values())):
        now = {row: each[turn] for row, each in proposed.items() if turn < len(each)}
        deeds = deeds_by_name(now, columns, ids)
        kinds |= set(deeds)
        after = tiers_after(
            archive_after(simulated_archive, deeds, DAY, tmp_path / str(turn)), members
        )
        short = {
            ids[row]: (improvement.tier, after[ids[row]], improvement.changes)
            for row, improvement in now.items()
            if TIERS.index(after[ids[row]]) < TIERS.index(improvement.tier)
        }
        assert short == {}
    assert len(proposed) > 30
    assert len(kinds) >= 4


def deeds_by_name(improvements, columns, ids):
    found = {}
    for row, improvement in improvements.items():
        for deed in improvement.deeds:
            change = deed.changes[0]
            now = float(columns[change.attribute][row])
            found.setdefault(change.attribute, []).append((str(ids[row]), change.value, now))
    return found


def tiers_after(archive, members):
    table = profile_as_of(archive, DAY)
    columns, ids = columns_of(table), member_ids(table)
    assert ids.tolist() == members[1].tolist()
    same = {**columns, HOUSEHOLD_BORROWER: members[0][HOUSEHOLD_BORROWER]}
    tiers = assess(same, DAY, BASIS.policy, BASIS.card).tier
    return dict(zip(ids.tolist(), tiers.tolist(), strict=True))
