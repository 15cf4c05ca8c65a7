"""Swaps of what is published, each taken up unasked under load and decided by before the next."""

from __future__ import annotations

import json
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from sqlalchemy import Engine, select

from api.editions.manifest import (
    CURRENT,
    MANIFEST,
    current_folder,
    folder_name,
    manifest_bytes,
    read_manifest,
)
from api.ledger.database import database_url, open_engine
from api.ledger.tables import entries
from data.publishing.published_card import cards_folder, publish_card, published_card
from model.card.card_file import write_card
from model.policy.policy import policy_on
from tests.support.faults.scene import Scene, loading_on
from tests.support.service.running import wait_until

#: Day of the edition, digest of its policy, digest of its card.
Version = tuple[str, str, str]

#: Decisions under a version before the next one is published.
_DECISIONS_EACH = 300
_SECONDS_OF_A_LOAD = 3.0
_CONNECTIONS = 8


def swaps(scene: Scene, times: int) -> tuple[bool, str]:
    """Swap card, policy and edition under load; count failures and versions that do not fit."""
    folders = [current_folder(scene.home), another_edition(scene.home)]
    known = {_version(folder): folder for folder in folders}
    with scene.serving() as running, _decided(scene) as decided:
        plans = (
            scene.plan(running, _SECONDS_OF_A_LOAD, turn=turn, connections=_CONNECTIONS)
            for turn in count()
        )
        with loading_on(plans) as found:
            decided.until(_version(folders[0]))
            taken = [
                _swapped(scene.home, folders[(turn + 1) % 2], decided) for turn in range(times)
            ]
        held, told = scene.judged(running, scene.plan(running, 0), found)
    by_version = list(decided.counted.values())
    clean = set(found["answers"]) == {"200"} and not found["unanswered"]
    fit = decided.counted.keys() == known.keys() and max(by_version) < 2 * min(by_version)
    # A request keeps the version it began with: at most those on their way come after the first.
    late = max(late for _, late in taken)
    line = (
        f"{times} swaps, each decided under {_DECISIONS_EACH} times or more before the next,"
        f" by version {by_version}, in use unasked within {max(s for s, _ in taken):.1f} s,"
        f" at most {late} decisions of the version before behind the first of the new: {told}"
    )
    return held and clean and fit and late <= _CONNECTIONS, line


class Decided:
    """The versions by which decisions were made, read from the ledger as it grows."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self._seq = engine, 0
        self.counted: Counter[Version] = Counter()

    def more(self) -> list[Version]:
        """Return the versions of the decisions since the last call, in the order of the chain."""
        behind = select(entries.c.seq, entries.c.kind, entries.c.body).order_by(entries.c.seq)
        with self._engine.connect() as connection, connection.begin():
            rows = connection.execute(behind.where(entries.c.seq > self._seq)).all()
        self._seq = rows[-1].seq if rows else self._seq
        bodies = [json.loads(row.body) for row in rows if row.kind == "DECISION"]
        found = [(b["as_of"], b["policy_digest"], b["card_digest"]) for b in bodies]
        self.counted.update(found)
        return found

    def until(self, wanted: Version) -> tuple[float, int]:
        """Wait for `_DECISIONS_EACH` decisions under `wanted`.

        Returns
        -------
        tuple
            Seconds to the first of them, and how many of another version came after it.
        """
        began, first, seen = time.monotonic(), 0.0, list[Version]()

        def enough() -> bool:
            nonlocal first
            seen.extend(self.more())
            if wanted in seen and not first:
                first = time.monotonic() - began
            return seen.count(wanted) >= _DECISIONS_EACH

        wait_until(enough, f"decided {_DECISIONS_EACH} times under what was published")
        behind = seen[seen.index(wanted) :]
        return first, len(behind) - behind.count(wanted)


@contextmanager
def _decided(scene: Scene) -> Iterator[Decided]:
    url = scene.environment.get("RONGZI_DATABASE_URL")
    engine = open_engine(database_url(url, scene.home / "ledger" / "ledger.db"), writes=False)
    try:
        yield Decided(engine)
    finally:
        engine.dispose()


def _swapped(home: Path, folder: Path, decided: Decided) -> tuple[float, int]:
    """Put an edition in use as publishing does, by one atomic replacement, and await decisions."""
    draft = home / "editions" / "swap.draft"
    draft.write_text(folder.name + "\n", encoding="utf-8")
    decided.more()
    draft.replace(home / "editions" / CURRENT)
    return decided.until(_version(folder))


def another_edition(home: Path) -> Path:
    """Publish beside the edition in use the same profiles under another card, day and policy."""
    folder = current_folder(home)
    made = read_manifest(folder)
    day = made.day - timedelta(days=70)
    used = published_card(home)
    draft = home / "another-card"
    write_card(draft, replace(used.card, base=used.card.base + 1))
    other = publish_card(home, draft, "Benchmark", datetime.now(tz=UTC)).card
    manifest = replace(
        made,
        as_of=day.isoformat(),
        card_digest=other.digest,
        policy_digest=policy_on(day).digest,
        previous=folder.name,
    )
    payload = manifest_bytes(manifest)
    copied = folder.with_name(folder_name(manifest.as_of, payload))
    shutil.copytree(folder, copied)
    (copied / MANIFEST).write_bytes(payload)
    # The card promoted last has no part in this: an edition takes the card it was made with.
    (cards_folder(home) / "champion").write_text(used.digest[:16] + "\n")
    return copied


def _version(folder: Path) -> Version:
    made = read_manifest(folder)
    return made.as_of, made.policy_digest, made.card_digest
