"""First and second reads of what is folded from the whole ledger, on a ledger of many entries.

    python -m benchmarks.large_ledger --home data

Fills a ledger in a temporary folder with real decisions, two thirds of them long past, as a ledger
of some years is; then appends copies of them under new ids, chained but without answers and seals,
which none of these reads looks at. Times what a process answers first after its start, and again;
how late an event loop is while the ledger is read ahead beside it; and what is kept in memory.
"""

from __future__ import annotations

import json
import tempfile
import threading
import time
import tracemalloc
import uuid
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
from sqlalchemy import insert, select

from api.china_time import date_in_china
from api.deciding import Decide
from api.edition import Place
from api.ledger.chain import Head, chained, entry_of, moment
from api.ledger.checkpoints import Span, seal_key_id, sealed
from api.ledger.commands import View
from api.ledger.engine import open_engine
from api.ledger.entries import NewEntry
from api.ledger.keys import read_keys
from api.ledger.location import Location
from api.ledger.look_chain import append_looks
from api.ledger.store import utc_now
from api.ledger.tables import checkpoints, entries
from api.ledger.transaction import read_head
from api.ledger.writer import Ledger
from api.lending.overrides_report import overrides
from api.lending.portfolio import portfolio
from api.lending.queue import queue_page
from api.lending.reading_ahead import read_ahead
from api.lending.tally import Tally
from api.resources import Resources
from api.running.workers import answer_while_deciding, spare_the_lasting
from api.settings import Settings
from benchmarks.ledger_filling import asks, fill, loaded
from benchmarks.loop_lag import lag_beside

#: Decisions that are really made.
_REAL = 1_000
_AT_ONCE = 1_000


@click.command()
@click.option("--home", default="data", type=click.Path(path_type=Path, exists=True))
@click.option("--entries", "count", default=100_000, show_default=True)
def main(home: Path, count: int) -> None:
    """Fill, read, and print seconds, in all and of the processor."""
    resources = loaded(home)
    answer_while_deciding()
    spare_the_lasting()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder))
        ledger = Ledger.open(settings)
        began = time.perf_counter()
        for is_past, share in ((True, 2 / 3), (False, 1.0)):
            fill(ledger, _some(resources, is_past))
            _copy(Location.of(settings), int(count * share))
        filled = time.perf_counter() - began
        print(json.dumps({"filled_s": round(filled, 1), **_timed(ledger, resources)}, indent=1))
        ledger.close()


def _some(resources: Resources, is_past: bool) -> Iterator[Decide]:
    """Yield commands on questions of their own: of the years before, or of today."""
    today = date_in_china(utc_now())
    for number, command in enumerate(asks(resources, _REAL)):
        once = command.once and replace(command.once, key=f"{is_past} {number}")
        day = today - timedelta(days=60 + number % 700) if is_past else today
        yield replace(command, once=once, today=day)


def _copy(location: Location, count: int) -> None:
    """Append copies of the last real entries until there are `count`, sealed as one commit."""
    engine = open_engine(location.url, writes=True)
    with engine.begin() as connection:
        began, rows = read_head(connection), []
        head = began
        found = select(entries).where(entries.c.seq > head.seq - _REAL)
        real = [entry_of(row) for row in connection.execute(found).mappings()]
        for number in range(count - head.seq):
            entry = real[number % len(real)]
            ids = {"decision_id": str(uuid.uuid4()), "entry_id": str(uuid.uuid4())}
            told = {each.name: getattr(entry, each.name) for each in fields(NewEntry)} | ids
            row = chained(NewEntry(**told), head, moment(entry.recorded_at), None)
            head = Head(row["seq"], row["digest"])
            rows.append(row)
        for start in range(0, len(rows), _AT_ONCE):
            connection.execute(insert(entries), rows[start : start + _AT_ONCE])
        looks = append_looks(connection, [])
        key = read_keys(location.keys, may_make=False).seal
        name = seal_key_id(key.public_key())
        made = sealed(Span(began, head, looks), moment(utc_now()), key, name)
        connection.execute(insert(checkpoints), [made.__dict__])
    engine.dispose()


def _timed(ledger: Ledger, resources: Resources) -> dict[str, Any]:
    tally, ahead = Tally(), Tally()

    def counted(view: View) -> object:
        return portfolio(resources.edition, tally.sums(view), "county", lambda _: True, 2026)

    def queue(view: View) -> object:
        return queue_page(tally, view, lambda _: True, 0, 50)

    looks: dict[str, Callable[[View], object]] = {
        "portfolio, first": counted,
        "portfolio, again": counted,
        "queue, first": queue,
        "queue, again": queue,
        "funnel of the edition": lambda _: resources.edition.funnel("county", Place()),
        "read ahead at the start": lambda _: read_ahead(ledger, ahead, threading.Event()),
        "portfolio, first, read ahead": lambda view: ahead.sums(view),
        "queue, first, read ahead": lambda v: queue_page(ahead, v, lambda _: True, 0, 50),
        "overrides": lambda view: overrides(view, lambda _: True),
    }
    told: dict[str, Any] = {}
    for name, look in looks.items():
        began, worked = time.perf_counter(), time.thread_time()
        with ledger.read() as view:
            look(view)
        seconds = time.perf_counter() - began, time.thread_time() - worked
        told[name] = dict(
            zip(("seconds", "of processor"), (round(s, 3) for s in seconds), strict=True)
        )
    told["loop late, ms"] = {
        "idle": lag_beside(lambda: time.sleep(1)),
        "beside reading ahead": lag_beside(lambda: read_ahead(ledger, Tally(), threading.Event())),
    }
    told["kept, KiB"] = _kept_kib(ledger)
    with ledger.read() as view:
        told |= {"entries": view.last_seq, "cases that wait": len(tally.open_cases(view))}
    return told


def _kept_kib(ledger: Ledger) -> dict[str, int]:
    """Return what a process keeps of a ledger that is read, and the most it held meanwhile."""
    tally = Tally()
    tracemalloc.start()
    read_ahead(ledger, tally, threading.Event())
    kept, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return {"after": kept // 1024, "meanwhile": most // 1024}


if __name__ == "__main__":
    main()
