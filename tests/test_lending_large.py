"""What is folded over the whole ledger is read ahead at the start, and forgets what has run out."""

import threading
from datetime import timedelta

import pytest

from api.lending.queue import queue_page
from api.lending.reading_ahead import read_ahead
from api.lending.tally import Tally


def everywhere(_):
    return True


@pytest.fixture
def referred(desk):
    """Four referred cases, two of them run out."""
    member = desk.member("SECOND")
    old = [desk.decide(member, yuan) for yuan in (3_000, 4_000)]
    desk.now += timedelta(days=60)
    return old, [desk.decide(member, yuan) for yuan in (5_000, 6_000)]


def test_reading_ahead_finds_what_reading_finds_and_forgets_what_has_run_out(desk, referred):
    ahead, late = Tally(), Tally()
    read_ahead(desk.ledger, ahead, threading.Event())
    with desk.ledger.read() as view:
        assert ahead.sums(view) == late.sums(view)
        assert [case[1] for case in ahead.open_cases(view)] == referred[1]
        assert len(late.open_cases(view)) == 4
        pages = [queue_page(tally, view, everywhere, 0, 10) for tally in (ahead, late)]
        assert pages[0] == pages[1]
        assert [row["decision_id"] for row in pages[0][0]] == referred[1]
        assert ahead.open_cases(view) == late.open_cases(view)


def test_pages_of_the_queue_follow_each_other(desk, referred):
    with desk.ledger.read() as view:
        first, after = queue_page(Tally(), view, everywhere, 0, 1)
        second, end = queue_page(Tally(), view, everywhere, after, 1)
    assert [row["decision_id"] for row in first + second] == referred[1]
    assert end is None


def test_a_reader_that_is_told_to_stop_stops(desk, referred):
    stop, tally = threading.Event(), Tally()
    stop.set()
    read_ahead(desk.ledger, tally, stop)
    with desk.ledger.read() as view:
        assert len(tally.open_cases(view)) == 4
