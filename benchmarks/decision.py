"""Time of one decision in process, and of publishing an edition from a profile.

    python -m benchmarks.decision --archive data/archive --as-of 2023-10-01 --home data

Prints one JSON object. Uses the published card and the archive; the edition is published into a
temporary copy of the home.
"""

from __future__ import annotations

import json
import resource
import shutil
import statistics
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from api.editions.batch import publish_profile
from api.editions.edition import Edition, PlaceFilter
from api.scoring.kernel import Basis
from data.publishing.published_card import cards_folder, published_card
from data.publishing.signing import keys_folder
from data.storage.archive import Archive
from data.storage.profiles import profile_as_of
from model.decision.decision import Request, decide
from model.policy.policy import policy_on

_REQUEST = Request(amount_yuan=10_000, months=12, purpose="inputs")


@click.command()
@click.option("--archive", required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--as-of", required=True, type=click.DateTime(["%Y-%m-%d"]))
@click.option("--home", default="data", type=click.Path(path_type=Path, exists=True))
@click.option("--decisions", default=2_000, show_default=True)
def main(archive: Path, as_of: datetime, home: Path, decisions: int) -> None:
    """Measure and print."""
    day = as_of.date()
    basis = Basis(day, policy_on(day), published_card(home))
    began = time.perf_counter()
    profile = profile_as_of(Archive(archive), day, with_consent_days=True)
    profiled = time.perf_counter() - began
    with tempfile.TemporaryDirectory() as folder:
        copy = _copy(home, Path(folder))
        began = time.perf_counter()
        publish_profile(Archive(archive), profile, basis, copy, copy / "rows.parquet")
        published = time.perf_counter() - began
        latencies = _time_decisions(Edition.current(copy), basis, decisions)
    found = {
        "members": profile.num_rows,
        "archive to profile, s": round(profiled, 2),
        "profile to published edition, s": round(published, 2),
        "peak memory, MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        **latencies,
    }
    print(json.dumps(found, indent=1, ensure_ascii=False))


def _copy(home: Path, folder: Path) -> Path:
    for source in (cards_folder(home), keys_folder(home) / "trusted"):
        shutil.copytree(source, folder / source.relative_to(home))
    return folder


def _time_decisions(edition: Edition, basis: Basis, decisions: int) -> dict[str, Any]:
    members = [row["member_id"] for row in edition.page(PlaceFilter(), None, None, decisions)]
    alone, with_store = [], []
    for member in members:
        started = time.perf_counter()
        columns = edition.columns(member)
        assert columns is not None
        began = time.perf_counter()
        decide(columns, _REQUEST, basis.as_of, basis.policy, basis.card.card)
        ended = time.perf_counter()
        alone.append((ended - began) * 1e6)
        with_store.append((ended - started) * 1e6)
    return {
        "decisions": len(alone),
        "decision, profile at hand, µs median": round(statistics.median(alone)),
        "decision, profile at hand, µs p99": round(statistics.quantiles(alone, n=100)[98]),
        "decision, profile read from the edition, µs median": round(statistics.median(with_store)),
    }


if __name__ == "__main__":
    main()
