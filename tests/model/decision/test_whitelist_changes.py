"""Who enters and leaves the first tier, and the reason that is stated."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.decision.whitelist_changes import (
    Change,
    MemberStatus,
    Snapshot,
    changes,
    tier_changes,
)

CODES = ("NO_CONSENT", "COURT_RECORD", "ARREARS_IN_24_MONTHS", "HOUSEHOLD_BORROWER")


def first(points=650):
    return MemberStatus("FIRST", points, ())


def second(points=620, *codes):
    return MemberStatus("SECOND", points, codes)


def third(points=550, *codes):
    return MemberStatus("THIRD", points, codes)


def none(*codes, points=650):
    return MemberStatus("NONE", None if "NO_CONSENT" in codes else points, codes)


def reason(was, now, cards=("card", "card")):
    before = Snapshot(cards[0], {"M1": was} if was else {})
    after = Snapshot(cards[1], {"M1": now} if now else {})
    found = list(changes(before, after))
    return [(change.change, change.reason) for change in found]


@pytest.mark.parametrize(
    ("was", "now", "expected"),
    [
        (None, first(), "NEW_MEMBER"),
        (second(620), first(640), "POINTS_ROSE"),
        (second(640), first(640), "POLICY_CHANGED"),
        (second(650), first(645), "POLICY_CHANGED"),
        (second(650, "ARREARS_IN_24_MONTHS"), first(650), "KNOCK_OUT_LIFTED"),
        (second(610, "ARREARS_IN_24_MONTHS"), first(650), "KNOCK_OUT_LIFTED"),
        (none("NO_CONSENT"), first(650), "KNOCK_OUT_LIFTED"),
    ],
)
def test_an_entry_states_its_reason(was, now, expected):
    assert reason(was, now) == [("ENTERS", expected)]


@pytest.mark.parametrize(
    ("was", "now", "expected"),
    [
        (first(), None, "LEFT_ARCHIVE"),
        (first(645), second(639), "POINTS_FELL"),
        (first(645), second(645), "POLICY_CHANGED"),
        (first(645), second(650), "POLICY_CHANGED"),
        (first(), none("NO_CONSENT"), "NO_CONSENT"),
        (first(), none("COURT_RECORD", "ARREARS_IN_24_MONTHS"), "COURT_RECORD"),
        (first(645), second(600, "ARREARS_IN_24_MONTHS"), "ARREARS_IN_24_MONTHS"),
        (first(), none("HOUSEHOLD_BORROWER"), "HOUSEHOLD_BORROWER"),
    ],
)
def test_an_exit_states_its_reason(was, now, expected):
    assert reason(was, now) == [("LEAVES", expected)]


def test_points_that_move_under_another_card_are_the_cards_doing():
    assert reason(second(620), first(640), ("old", "new")) == [("ENTERS", "SCORECARD_CHANGED")]
    assert reason(first(645), second(639), ("old", "new")) == [("LEAVES", "SCORECARD_CHANGED")]


def test_a_new_card_does_not_hide_a_knock_out_or_a_moved_cut_off():
    exit_ = reason(first(), none("COURT_RECORD"), ("old", "new"))
    assert exit_ == [("LEAVES", "COURT_RECORD")]
    assert reason(first(645), second(645), ("old", "new")) == [("LEAVES", "POLICY_CHANGED")]


def test_the_first_edition_says_so_for_all_its_members():
    found = list(changes(None, Snapshot("card", {"B": first(), "A": first(), "C": second()})))
    assert found == [Change("A", "ENTERS", "FIRST_EDITION"), Change("B", "ENTERS", "FIRST_EDITION")]


@pytest.mark.parametrize(
    ("was", "now", "expected"),
    [
        (None, second(), ("RISES", "NEW_MEMBER")),
        (none("COURT_RECORD", points=600), second(600), ("RISES", "KNOCK_OUT_LIFTED")),
        (third(560), second(570), ("RISES", "POINTS_ROSE")),
        (second(570), third(560), ("FALLS", "POINTS_FELL")),
        (second(600), none("COURT_RECORD", points=600), ("FALLS", "COURT_RECORD")),
        (second(600, "ARREARS_IN_24_MONTHS"), third(560, "ARREARS_IN_24_MONTHS"),
         ("FALLS", "POINTS_FELL")),
        (third(), None, ("FALLS", "LEFT_ARCHIVE")),
        (first(), second(620), ("LEAVES", "POINTS_FELL")),
    ],
)  # fmt: skip
def test_a_move_outside_the_first_tier_states_its_reason(was, now, expected):
    before = Snapshot("card", {"M1": was} if was else {})
    (move,) = tier_changes(before, Snapshot("card", {"M1": now} if now else {}))
    assert (move.change, move.reason) == expected
    assert (move.before, move.after) == (was, now)


def test_an_unchanged_tier_is_no_move_whatever_the_points():
    before, after = (Snapshot("card", {"M1": second(points)}) for points in (570, 600))
    assert list(tier_changes(before, after)) == []


def status_of(points, codes, first_from):
    """Return the status that the whitelist gives."""
    if codes:
        severe = codes[0] != "ARREARS_IN_24_MONTHS"
        return none(*codes, points=points) if severe else second(points, *codes)
    return MemberStatus("FIRST" if points >= first_from else "SECOND", points, ())


@st.composite
def policies_and_editions(draw):
    """Draw a cut-off of the first tier and an edition made under it."""
    first_from = draw(st.sampled_from([620, 640]))
    rows = draw(st.dictionaries(st.sampled_from("ABCDEFGH"), members))
    statuses = {member: status_of(*row, first_from) for member, row in rows.items()}
    return first_from, Snapshot(draw(st.sampled_from(["old", "new"])), statuses)


codes = st.lists(st.sampled_from(CODES), unique=True, max_size=2).map(
    lambda drawn: tuple(sorted(drawn, key=CODES.index))
)
members = st.tuples(st.sampled_from([600, 619, 620, 630, 639, 640, 641]), codes)
law = settings(deadline=None)


@law
@given(policies_and_editions())
def test_an_edition_equal_to_the_last_changes_nothing(drawn):
    assert list(changes(drawn[1], drawn[1])) == []


@law
@given(policies_and_editions(), policies_and_editions())
def test_changes_lead_from_one_first_tier_to_the_next_and_each_is_explained(former, latter):
    (old_bar, before), (new_bar, after) = former, latter
    was_first = {m for m, status in before.members.items() if status.tier == "FIRST"}
    is_first = {m for m, status in after.members.items() if status.tier == "FIRST"}
    found = list(changes(before, after))
    assert [change.member_id for change in found] == sorted(was_first ^ is_first)
    for change in found:
        was, now = before.members.get(change.member_id), after.members.get(change.member_id)
        assert change.change == ("ENTERS" if change.member_id in is_first else "LEAVES")
        same_card = before.card_digest == after.card_digest
        assert true_of(change.reason, was, now, same_card, new_bar - old_bar), change


def true_of(why, was, now, same_card, raised):
    """Whether a stated reason is true of a member's two statuses."""
    match why:
        case "NEW_MEMBER":
            return was is None
        case "LEFT_ARCHIVE":
            return now is None
        case "KNOCK_OUT_LIFTED":
            return was.knock_outs != ()
        case "POINTS_ROSE":
            return same_card and now.points > was.points
        case "POINTS_FELL":
            return same_card and now.points < was.points
        case "SCORECARD_CHANGED":
            return not same_card and now.points != was.points
        case "POLICY_CHANGED":
            return raised != 0
    return why == now.knock_outs[0]
