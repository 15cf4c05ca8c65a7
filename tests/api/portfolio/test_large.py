"""The tally over the whole ledger: read in ranges, begun when the service starts."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event

from api.payments.commands import CancelDisbursement, Disburse
from api.portfolio import tally as tally_module
from api.portfolio.tally import Tally, preload
from api.portfolio.totals import EntryRange, case_changes, totals_by_place
from api.reviews.commands import ClaimReview, GiveVerdict, Override, RequestReview, Ruling
from api.reviews.queue import queue_page

YES = Ruling("APPROVE", 3_000, "INCOME_VERIFIED", "到场核实无误")
NO = Ruling("DECLINE", None, "INCOME_NOT_VERIFIED", "到场核实无误")


def everywhere(_):
    return True


@pytest.fixture
def referred(desk):
    """Four referred cases, two of them expired."""
    member = desk.member("SECOND")
    old = [desk.decide(member, yuan) for yuan in (3_000, 4_000)]
    desk.now += timedelta(days=60)
    return old, [desk.decide(member, yuan) for yuan in (5_000, 6_000)]


def waiting(desk, tally):
    with desk.ledger.read() as view:
        return [decision for _, decision, _ in tally.open_cases(view)]


def test_a_preloaded_tally_equals_one_read_late_and_leaves_out_expired_cases(desk, referred):
    ahead, late = Tally(), Tally()
    preload(desk.ledger, ahead, threading.Event())
    with desk.ledger.read() as view:
        assert ahead.totals(view) == late.totals(view)
        assert ahead.open_cases(view) == late.open_cases(view)
        pages = [queue_page(tally, view, everywhere, 0, 10) for tally in (ahead, late)]
    assert pages[0] == pages[1]
    assert [row["decision_id"] for row in pages[0][0]] == referred[1] == waiting(desk, ahead)


def test_pages_of_the_queue_follow_each_other(desk, referred):
    with desk.ledger.read() as view:
        first, after = queue_page(Tally(), view, everywhere, 0, 1)
        second, end = queue_page(Tally(), view, everywhere, after, 1)
    assert [row["decision_id"] for row in first + second] == referred[1]
    assert end is None


def test_a_stopped_preload_ends(desk, referred):
    stop, tally = threading.Event(), Tally()
    stop.set()
    preload(desk.ledger, tally, stop)
    with desk.ledger.read() as view:
        assert tally.follow(view)


def test_the_tally_does_not_depend_on_where_a_range_ends(desk, monkeypatch):
    """A second reviewer is asked for, a member asks, people rule, both ways, and money moves."""
    policy = desk.resources.policy
    second, first, third = (desk.member(tier) for tier in ("SECOND", "FIRST", "THIRD"))
    lengthened, open_still, ruled = (desk.decide(second, yuan) for yuan in (9_000, 8_000, 7_000))
    approved, declined = desk.decide(first, 3_000), desk.decide(third, 3_000)
    strict = replace(policy, numbers={**policy.numbers, "four_eyes_above_yuan": 1_000})
    low = replace(desk.resources, policy=strict)
    desk.now += timedelta(days=20)
    for case, ruling, by in ((lengthened, YES, low), (ruled, NO, desk.resources)):
        desk.do(ClaimReview(None, "reviewer-1", case, policy))
        desk.do(GiveVerdict(None, "reviewer-1", case, ruling, by))
    desk.do(RequestReview(None, "officer-2", declined, None))
    desk.do(Disburse(None, "officer-1", approved, 1_000, desk.resources))
    desk.do(CancelDisbursement(None, "officer-1", approved, 1))
    desk.do(Override(None, "reviewer-1", approved, NO, desk.resources))
    desk.do(Override(None, "reviewer-2", approved, YES, desk.resources))
    whole = Tally()
    assert waiting(desk, whole) == [lengthened, open_still, declined]
    desk.now += timedelta(days=15)
    monkeypatch.setattr(tally_module, "_CLOCK_DAYS", 0)
    for length in (1, 2, 3, 5):
        monkeypatch.setattr(tally_module, "_RANGE_SIZE", length)
        fresh = Tally()
        assert waiting(desk, fresh) == waiting(desk, whole) == [lengthened, declined]
        with desk.ledger.read() as view:
            assert fresh.totals(view) == whole.totals(view)


def test_a_case_that_expired_by_a_wrong_clock_is_open_again(desk, referred):
    tally = Tally()
    assert waiting(desk, tally) == referred[1]
    desk.now += timedelta(days=40)
    desk.decide(desk.member("FIRST"), 3_000)
    assert waiting(desk, tally) == []
    desk.now -= timedelta(days=40)
    desk.decide(desk.member("FIRST"), 4_000)
    assert waiting(desk, tally) == referred[1]


def test_a_failing_database_leaves_the_tally_consistent(desk, referred):
    tally = Tally()
    with desk.ledger.read() as view:
        asked = []

        def fails(_connection, _cursor, statement, *_):
            asked.append(statement)
            if len(asked) == 3:
                raise OSError("away")

        event.listen(view.connection.engine, "before_cursor_execute", fails)
        with pytest.raises(OSError, match="away"):
            tally.follow(view)
        event.remove(view.connection.engine, "before_cursor_execute", fails)
    with desk.ledger.read() as view:
        assert tally.totals(view) == Tally().totals(view)
    assert waiting(desk, tally) == referred[1]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_range_is_read_by_index_and_never_the_whole_ledger(desk, referred):
    with desk.ledger.read() as view:
        asked = []
        engine = view.connection.engine
        event.listen(
            engine, "before_cursor_execute", lambda *arguments: asked.append(arguments[2:4])
        )
        assert list(totals_by_place(view.connection, EntryRange(0, view.last_seq)))
        assert list(case_changes(view.connection, EntryRange(0, view.last_seq)))
        for statement, bounds in list(asked):
            explained = view.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", bounds)
            plan = [row[3] for row in explained]
            assert any("seq>? AND seq<?" in step for step in plan)
            assert not any(step.startswith("SCAN entries") for step in plan)
            assert "SEARCH entries USING INDEX entries_by_kind (kind=?)" not in plan
